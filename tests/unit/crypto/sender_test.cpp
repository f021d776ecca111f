// A sender never uses an index twice (RFC 3711 §9.1): two-time pads end confidentiality, and GCM altogether.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Sender : public testing::TestWithParam<OneLibrary> {
 protected:
  Sender() : party_(std::get<0>(GetParam())), key_(make_key(std::get<1>(GetParam()))) {}
  SrtpSuite suite() const { return std::get<1>(GetParam()); }
  SrtpStatus send(ContextId sender, unsigned sequence, std::uint32_t ssrc = 1) {
    return party_.protect(sender, make_rtp(static_cast<std::uint16_t>(sequence), {.ssrc = ssrc})).status;
  }
  // Of an SRTCP packet that was protected.
  std::uint32_t rtcp_index(const Bytes& packet) const {
    const SrtpSuiteFacts& facts = facts_of(suite());
    const std::size_t behind = facts.cipher == SrtpCipher::kAesGcm ? 0 : facts.rtcp_tag;
    return load_be32(&packet[packet.size() - behind - 4]) & 0x7fffffffU;
  }

  Party party_;
  const SrtpParamsRef key_;
};

TEST_P(Sender, RefusesAnIndexThatWasUsed) {
  const ContextId sender = party_.sender(key_);
  for (unsigned i = 0; i < 300; ++i) {
    if (i % 3 != 2) {
      ASSERT_EQ(send(sender, 65400 + i), SrtpStatus::kOk);
    }
  }
  // 65698 was the last one, but for every third.
  for (unsigned i = 0; i < 300; ++i) {
    const SrtpStatus wanted = 298 - std::min(i, 298U) >= 128 ? SrtpStatus::kTooOld
                              : i % 3 != 2                   ? SrtpStatus::kReplayed
                                                             : SrtpStatus::kOk;
    ASSERT_EQ(send(sender, 65400 + i), wanted) << i;
    if (i == 297) {
      break;
    }
  }
  for (unsigned i = 0; i < 298; ++i) {
    ASSERT_NE(send(sender, 65400 + i), SrtpStatus::kOk) << i;
  }
}

TEST_P(Sender, RefusesADuplicateInsideOneBatch) {
  const ContextId sender = party_.sender(key_);
  for (const std::uint16_t sequence : Numbers{std::uint16_t{10}, std::uint16_t{11}}) {
    std::vector<Bytes> packets(3, make_rtp(sequence));
    std::vector<SrtpJob> jobs;
    for (Bytes& packet : packets) {
      packet.resize(packet.size() + party_.backend().overhead(sender));
      jobs.push_back({packet.data(), sender, 12, 52});
    }
    party_.engine().protect_rtp(jobs);
    EXPECT_EQ(jobs[0].status, SrtpStatus::kOk);
    EXPECT_EQ(jobs[1].status, SrtpStatus::kReplayed);
    EXPECT_EQ(jobs[2].status, SrtpStatus::kReplayed);
  }
}

TEST_P(Sender, GoesOnWhereTheKeyHadGot) {
  const ContextId before = party_.sender(key_);
  for (const unsigned sequence : {65000U, 65535U, 100U, 500U, 490U}) {
    ASSERT_EQ(send(before, sequence, 1), SrtpStatus::kOk);
  }
  ASSERT_EQ(send(before, 7, 2), SrtpStatus::kOk);
  std::uint32_t last_rtcp = 0;
  for (unsigned i = 0; i < 3; ++i) {
    last_rtcp = rtcp_index(party_.protect_rtcp(before, make_rtcp(1, 3, i)).bytes);
  }
  const ContextState used = party_.state(before);
  EXPECT_EQ(used.rtp_packets, 6U);
  EXPECT_EQ(used.rtcp_packets, 3U);
  EXPECT_EQ(used.rtcp_index, 3U);

  const ContextId sender = party_.sender(key_, used);
  EXPECT_TRUE(same_state(party_.state(sender), used));
  // 499 was never used, but the list of those that were is gone.
  for (unsigned sequence = 373; sequence <= 500; ++sequence) {
    EXPECT_EQ(send(sender, sequence, 1), SrtpStatus::kReplayed) << sequence;
  }
  EXPECT_EQ(send(sender, 372, 1), SrtpStatus::kTooOld);
  EXPECT_EQ(send(sender, 65535, 1), SrtpStatus::kTooOld);  // of the cycle before
  EXPECT_EQ(send(sender, 7, 2), SrtpStatus::kReplayed);
  EXPECT_EQ(send(sender, 6, 2), SrtpStatus::kReplayed);
  EXPECT_EQ(send(sender, 502, 1), SrtpStatus::kOk);
  EXPECT_EQ(send(sender, 501, 1), SrtpStatus::kOk);
  EXPECT_EQ(send(sender, 8, 2), SrtpStatus::kOk);
  EXPECT_GT(rtcp_index(party_.protect_rtcp(sender, make_rtcp()).bytes), last_rtcp);
  EXPECT_EQ(party_.state(sender).streams.at(0).highest_index, 0x10000U + 502);
  EXPECT_EQ(party_.state(sender).rtp_packets, 9U);
}

// And the receiver that has followed so far opens what comes then.
TEST_P(Sender, ReceiverFollowsAResumedSender) {
  const ContextId receiver = party_.receiver(key_);
  const ContextId before = party_.sender(key_);
  const auto pass = [&](ContextId sender, std::uint16_t sequence) {
    const Bytes plain = make_rtp(sequence);
    return party_.open(receiver, party_.protect(sender, plain).bytes).bytes == plain;
  };
  EXPECT_TRUE(pass(before, 65534));
  EXPECT_TRUE(pass(before, 2));
  EXPECT_EQ(party_.open_rtcp(receiver, party_.protect_rtcp(before, make_rtcp()).bytes).bytes, make_rtcp());
  const ContextId resumed = party_.sender(key_, party_.state(before));
  EXPECT_TRUE(pass(resumed, 3));
  EXPECT_TRUE(pass(resumed, 30000));
  EXPECT_TRUE(pass(resumed, 60000));
  EXPECT_TRUE(pass(resumed, 1));
  EXPECT_EQ(party_.open_rtcp(receiver, party_.protect_rtcp(resumed, make_rtcp()).bytes).bytes, make_rtcp());
  EXPECT_EQ(party_.state(receiver).streams.at(0).highest_index, 0x20001U);
}

TEST_P(Sender, RtcpIndexRises) {
  const ContextId sender = party_.sender(key_);
  std::uint32_t last = 0;
  for (unsigned i = 0; i < 50; ++i) {
    const Outcome packet = party_.protect_rtcp(sender, make_rtcp(1, i % 5, i));
    ASSERT_EQ(packet.status, SrtpStatus::kOk);
    EXPECT_EQ(rtcp_index(packet.bytes), last + 1);
    last = rtcp_index(packet.bytes);
    EXPECT_EQ(party_.state(sender).rtcp_index, last);
  }
}

TEST_P(Sender, RtcpOfSeveralSsrcsNeverSharesAnIndexAndSsrc) {
  const ContextId sender = party_.sender(key_);
  const ContextId receiver = party_.receiver(key_);
  std::map<std::uint32_t, std::uint32_t> last;
  for (unsigned i = 0; i < 60; ++i) {
    const std::uint32_t ssrc = 1 + i % 3;
    const Outcome packet = party_.protect_rtcp(sender, make_rtcp(ssrc, 2, i));
    EXPECT_GT(rtcp_index(packet.bytes), last[ssrc]);
    last[ssrc] = rtcp_index(packet.bytes);
    EXPECT_EQ(party_.open_rtcp(receiver, packet.bytes).bytes, make_rtcp(ssrc, 2, i));
  }
  const ContextId resumed = party_.sender(key_, party_.state(sender));
  for (std::uint32_t ssrc = 1; ssrc <= 4; ++ssrc) {
    const Outcome packet = party_.protect_rtcp(resumed, make_rtcp(ssrc));
    EXPECT_GT(rtcp_index(packet.bytes), last[ssrc]);
    EXPECT_EQ(party_.open_rtcp(receiver, packet.bytes).status, SrtpStatus::kOk) << ssrc;
  }
}

TEST_P(Sender, TooShortRtcpIsMalformed) {
  const ContextId sender = party_.sender(key_);
  const Bytes whole = make_rtcp(1, 0);
  ASSERT_EQ(whole.size(), 8U);
  EXPECT_EQ(party_.protect_rtcp(sender, whole).status, SrtpStatus::kOk);
  for (std::ptrdiff_t length = 0; length < 8; ++length) {
    EXPECT_EQ(party_.protect_rtcp(sender, {whole.begin(), whole.begin() + length}).status,
              SrtpStatus::kMalformed);
  }
  EXPECT_EQ(party_.state(sender).rtcp_packets, 1U);
}

TEST_P(Sender, PacketsGrowByNoMoreThanOverhead) {
  for (const unsigned mki : {0U, 1U, 4U, 128U}) {
    const SrtpParamsRef key = make_key(suite(), {.mki_bytes = mki});
    const ContextId sender = party_.sender(key);
    const std::size_t overhead = party_.backend().overhead(sender);
    const SrtpSuiteFacts& facts = facts_of(suite());
    const std::size_t rtp = party_.protect(sender, make_rtp(1)).bytes.size() - make_rtp(1).size();
    const std::size_t rtcp = party_.protect_rtcp(sender, make_rtcp()).bytes.size() - make_rtcp().size();
    EXPECT_EQ(rtp, facts.rtp_tag + mki);
    EXPECT_EQ(rtcp, facts.rtcp_tag + mki + 4);
    EXPECT_EQ(overhead, std::max(rtp, rtcp));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Sender, each_library(), name_of_case);

}  // namespace
}  // namespace pollux::crypto::test
