// The replay list as receivers apply it (RFC 3711 §3.3.2).
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Replay : public testing::TestWithParam<OneLibrary> {
 protected:
  Library library() const { return std::get<0>(GetParam()); }
  SrtpSuite suite() const { return std::get<1>(GetParam()); }
};

TEST_P(Replay, IsNeverOpened) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  std::vector<Bytes> packets;
  for (unsigned i = 0; i <= 200; ++i) {
    packets.push_back(party.protect(sender, make_rtp(static_cast<std::uint16_t>(65450 + i))).bytes);
    ASSERT_EQ(party.open(receiver, packets.back()).status, SrtpStatus::kOk) << i;
    for (unsigned old = 0; old <= i; ++old) {
      const SrtpStatus wanted = i - old < 128 ? SrtpStatus::kReplayed : SrtpStatus::kTooOld;
      ASSERT_EQ(party.open(receiver, packets[old]).status, wanted) << old << " after " << i;
    }
  }
  EXPECT_EQ(party.state(receiver).rtp_packets, 201U);
}

TEST_P(Replay, OfRtcpIsNeverOpened) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  std::vector<Bytes> packets;
  for (unsigned i = 0; i <= 140; ++i) {
    packets.push_back(party.protect_rtcp(sender, make_rtcp(3, 4, i)).bytes);
    ASSERT_EQ(party.open_rtcp(receiver, packets.back()).status, SrtpStatus::kOk);
    for (unsigned old = 0; old <= i; ++old) {
      const SrtpStatus wanted = i - old < 128 ? SrtpStatus::kReplayed : SrtpStatus::kTooOld;
      ASSERT_EQ(party.open_rtcp(receiver, packets[old]).status, wanted) << old << " after " << i;
    }
  }
  EXPECT_EQ(party.state(receiver).rtcp_packets, 141U);
}

TEST_P(Replay, InsideOneBatchOneIsOpened) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  const Bytes first = party.protect(sender, make_rtp(1)).bytes;
  const Bytes second = party.protect(sender, make_rtp(2)).bytes;
  const Bytes third = party.protect(sender, make_rtp(3)).bytes;
  // Of a stream that isn't known yet, and then of one that is.
  for (const std::vector<Bytes>& batch :
       {std::vector<Bytes>{first, first, first}, std::vector<Bytes>{third, second, third, second, third}}) {
    std::map<Bytes, unsigned> opened;
    const std::vector<Outcome> outcomes = party.open_batch(receiver, batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (outcomes[i].status == SrtpStatus::kOk) {
        ++opened[batch[i]];
      } else {
        EXPECT_EQ(outcomes[i].status, SrtpStatus::kReplayed) << i;
      }
    }
    for (const auto& [packet, times] : opened) {
      EXPECT_EQ(times, 1U);
    }
    EXPECT_EQ(outcomes[0].status, SrtpStatus::kOk);
  }
  EXPECT_EQ(party.state(receiver).rtp_packets, 3U);
}

TEST_P(Replay, WindowEndsWhereItIsSaid) {
  for (const std::uint16_t window : Numbers{64, 128, 192, 1024}) {
    Party party(library(), {.replay_window = window});
    const SrtpParamsRef key = make_key(suite());
    const ContextId receiver = party.receiver(key);
    const ContextId sender = party.sender(key);
    std::vector<Bytes> packets;
    std::vector<Bytes> plain;
    constexpr unsigned kStart = 65000;  // the window reaches back over the wrap
    for (unsigned i = 0; i <= window + 1000U; ++i) {
      plain.push_back(make_rtp(static_cast<std::uint16_t>(kStart + i), {.payload = 8}));
      packets.push_back(party.protect(sender, plain.back()).bytes);
    }
    ASSERT_EQ(party.open(receiver, packets[0]).status, SrtpStatus::kOk);
    const std::size_t newest = packets.size() - 1;
    ASSERT_EQ(party.open(receiver, packets[newest]).status, SrtpStatus::kOk);
    EXPECT_EQ(party.open(receiver, packets[newest - window]).status, SrtpStatus::kTooOld) << window;
    const std::size_t oldest = newest - window + 1U;
    EXPECT_EQ(party.open(receiver, packets[oldest]).bytes, plain[oldest]) << window;
    EXPECT_EQ(party.open(receiver, packets[oldest]).status, SrtpStatus::kReplayed) << window;
    // Inside, in any order, each once.
    std::size_t opened = 0;
    for (std::size_t i = newest - 1; i > oldest; i -= 3) {
      EXPECT_EQ(party.open(receiver, packets[i]).bytes, plain[i]) << window << " " << i;
      EXPECT_EQ(party.open(receiver, packets[i]).status, SrtpStatus::kReplayed) << window << " " << i;
      ++opened;
      if (i < oldest + 3) {
        break;
      }
    }
    EXPECT_EQ(party.state(receiver).rtp_packets, 3 + opened);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Replay, each_library(), name_of_case);

}  // namespace
}  // namespace pollux::crypto::test
