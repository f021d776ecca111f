// A key's lifetime: told once when it nears its end, once when it is over (RFC 3711 §9.2).
#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Expiry : public testing::TestWithParam<OneLibrary> {
 protected:
  Expiry() : party_(std::get<0>(GetParam())) {}
  SrtpSuite suite() const { return std::get<1>(GetParam()); }

  struct Course {
    std::vector<std::size_t> expiring;  // numbers of the packets that told so, from 1
    std::vector<std::size_t> expired;
    std::size_t ok = 0;
    void add(const Outcome& outcome, std::size_t number) {
      if (outcome.note == SrtpNote::kKeyExpiring) {
        expiring.push_back(number);
        EXPECT_EQ(outcome.status, SrtpStatus::kOk);
      } else if (outcome.note == SrtpNote::kKeyExpired) {
        expired.push_back(number);
        EXPECT_EQ(outcome.status, SrtpStatus::kKeyExpired);
      }
      if (outcome.status == SrtpStatus::kOk) {
        ++ok;
        EXPECT_TRUE(expired.empty());
      } else {
        EXPECT_EQ(outcome.status, SrtpStatus::kKeyExpired) << number;
      }
    }
    void check(std::size_t lifetime) const {
      EXPECT_EQ(ok, lifetime);
      EXPECT_EQ(expiring, std::vector<std::size_t>{lifetime - lifetime / 8});
      EXPECT_EQ(expired, std::vector<std::size_t>{lifetime + 1});
    }
  };

  Party party_;
};

TEST_P(Expiry, IsToldOnceAndOnceRtpAndRtcpApart) {
  for (const std::size_t lifetime : std::initializer_list<std::size_t>{1, 2, 7, 8, 9, 40, 100}) {
    const SrtpParamsRef key = make_key(suite(), {.lifetime = lifetime});
    const SrtpParamsRef longer = make_key(suite());
    const ContextId sender = party_.sender(key);
    const ContextId lasting = party_.sender(longer);  // the same key: what it sends goes on
    const ContextId receiver = party_.receiver(key);
    Course sending;
    Course receiving;
    for (std::size_t i = 1; i <= lifetime + 5; ++i) {
      const Bytes plain = make_rtp(static_cast<std::uint16_t>(i));
      sending.add(party_.protect(sender, plain), i);
      receiving.add(party_.open(receiver, party_.protect(lasting, plain).bytes), i);
      const ContextState state = party_.state(receiver);
      EXPECT_EQ(state.rtp_packets, std::min(i, lifetime));
      EXPECT_EQ(state.rtp_packets_left, lifetime - std::min(i, lifetime));
      EXPECT_EQ(party_.state(sender).rtp_packets, std::min(i, lifetime));
      EXPECT_EQ(state.rtcp_packets, 0U);
    }
    sending.check(lifetime);
    receiving.check(lifetime);
    Course sending_rtcp;
    Course receiving_rtcp;
    for (std::size_t i = 1; i <= lifetime + 5; ++i) {
      sending_rtcp.add(party_.protect_rtcp(sender, make_rtcp()), i);
      receiving_rtcp.add(party_.open_rtcp(receiver, party_.protect_rtcp(lasting, make_rtcp()).bytes), i);
      EXPECT_EQ(party_.state(receiver).rtcp_packets, std::min(i, lifetime));
      EXPECT_EQ(party_.state(sender).rtcp_packets, std::min(i, lifetime));
    }
    sending_rtcp.check(lifetime);
    receiving_rtcp.check(lifetime);
  }
}

TEST_P(Expiry, InsideABatch) {
  const ContextId sender = party_.sender(make_key(suite()));
  const ContextId receiver = party_.receiver(make_key(suite(), {.lifetime = 20}));
  std::vector<Bytes> batch;
  for (std::uint16_t i = 0; i < 30; ++i) {
    batch.push_back(party_.protect(sender, make_rtp(i)).bytes);
  }
  Course course;
  std::size_t number = 0;
  for (const Outcome& outcome : party_.open_batch(receiver, batch)) {
    course.add(outcome, ++number);
  }
  course.check(20);
}

TEST_P(Expiry, GoesOnWhenAKeyComesBack) {
  const SrtpParamsRef key = make_key(suite(), {.lifetime = 40});
  ContextState used;
  Course rtp;
  Course rtcp;
  // A new context every seven packets: across the reserve's beginning and the end.
  ContextId sender = 0;
  for (std::size_t i = 1; i <= 44; ++i) {
    if (i % 7 == 1) {
      sender = party_.sender(key, used);
    }
    rtp.add(party_.protect(sender, make_rtp(static_cast<std::uint16_t>(i))), i);
    rtcp.add(party_.protect_rtcp(sender, make_rtcp()), i);
    used = party_.state(sender);
    EXPECT_EQ(used.rtp_packets, std::min<std::size_t>(i, 40));
    EXPECT_EQ(used.rtp_packets_left, 40 - std::min<std::size_t>(i, 40));
    EXPECT_EQ(used.rtcp_packets, std::min<std::size_t>(i, 40));
  }
  EXPECT_EQ(rtp.ok, 40U);
  EXPECT_EQ(rtcp.ok, 40U);
  EXPECT_EQ(rtp.expiring, std::vector<std::size_t>{35});
}

TEST_P(Expiry, LongestLifetimes) {
  const ContextId sender = party_.sender(make_key(suite()));
  EXPECT_EQ(party_.state(sender).rtp_packets_left, std::uint64_t{1} << 48);
  party_.protect(sender, make_rtp(1));
  EXPECT_EQ(party_.state(sender).rtp_packets_left, (std::uint64_t{1} << 48) - 1);
  EXPECT_EQ(party_.state(sender).rtp_packets, 1U);
  const ContextId capped = party_.sender(make_key(suite(), {.lifetime = std::uint64_t{1} << 60}));
  EXPECT_EQ(party_.state(capped).rtp_packets_left, std::uint64_t{1} << 48);
}

TEST_P(Expiry, ForgedPacketsUseNothingUp) {
  const SrtpParamsRef key = make_key(suite(), {.lifetime = 3});
  const ContextId sender = party_.sender(key);
  const ContextId receiver = party_.receiver(key);
  for (std::uint16_t i = 0; i < 3; ++i) {
    const Bytes packet = party_.protect(sender, make_rtp(i)).bytes;
    for (unsigned n = 0; n < 10; ++n) {
      Bytes forged = packet;
      forged[packet.size() - 1 - n % 4] ^= 1;
      EXPECT_EQ(party_.open(receiver, forged).status, SrtpStatus::kAuthenticationFailed);
    }
    EXPECT_EQ(party_.open(receiver, packet).status, SrtpStatus::kOk);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Expiry, each_library(), name_of_case);

}  // namespace
}  // namespace pollux::crypto::test
