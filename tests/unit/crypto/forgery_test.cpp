// What an attacker can send: nothing of it is opened, and nothing of it moves any state.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Forgery : public testing::TestWithParam<OneLibrary> {
 protected:
  Forgery() : party_(std::get<0>(GetParam())) {}
  SrtpSuite suite() const { return std::get<1>(GetParam()); }

  using Open = Outcome (Party::*)(ContextId, const Bytes&);

  // Each bit of a packet that was protected is turned over, and turned back.
  void turn_every_bit(ContextId receiver, const Bytes& packet, Open open) {
    const ContextState before = party_.state(receiver);
    Bytes forged = packet;
    for (std::size_t bit = 0; bit < 8 * packet.size(); ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      forged[bit / 8] ^= mask;
      const Outcome outcome = (party_.*open)(receiver, forged);
      forged[bit / 8] ^= mask;
      ASSERT_NE(outcome.status, SrtpStatus::kOk) << "byte " << bit / 8 << ", bit " << bit % 8;
      ASSERT_EQ(outcome.note, SrtpNote::kNone);
      ASSERT_TRUE(same_state(party_.state(receiver), before)) << "byte " << bit / 8 << ", bit " << bit % 8;
    }
  }

  Party party_;
};

TEST_P(Forgery, EveryBitOfRtp) {
  for (const std::size_t mki : {std::size_t{0}, std::size_t{3}}) {
    const SrtpParamsRef key = make_key(suite(), {.mki_bytes = mki});
    for (const std::size_t payload : {std::size_t{0}, std::size_t{5}, std::size_t{500}}) {
      const ContextId sender = party_.sender(key);
      const ContextId receiver = party_.receiver(key);
      const RtpShape shape{.payload = payload, .csrcs = 1, .extension_words = 1};
      // The first is of a stream that isn't known, the second of one that is.
      for (const std::uint16_t sequence : Numbers{std::uint16_t{1000}, std::uint16_t{1001}}) {
        const Bytes plain = make_rtp(sequence, shape);
        const Outcome packet = party_.protect(sender, plain);
        ASSERT_EQ(packet.status, SrtpStatus::kOk);
        turn_every_bit(receiver, packet.bytes, &Party::open);
        EXPECT_EQ(party_.open(receiver, packet.bytes).bytes, plain);
      }
      ASSERT_EQ(party_.state(receiver).streams.size(), 1U);
      EXPECT_EQ(party_.state(receiver).rtp_packets, 2U);
    }
  }
}

TEST_P(Forgery, EveryBitOfRtcp) {
  for (const std::size_t mki : {std::size_t{0}, std::size_t{3}}) {
    const SrtpParamsRef key = make_key(suite(), {.mki_bytes = mki});
    for (const std::size_t words : {std::size_t{0}, std::size_t{6}, std::size_t{120}}) {
      const ContextId sender = party_.sender(key);
      const ContextId receiver = party_.receiver(key);
      for (unsigned i = 0; i < 2; ++i) {
        const Bytes plain = make_rtcp(77, words, i);
        const Outcome packet = party_.protect_rtcp(sender, plain);
        ASSERT_EQ(packet.status, SrtpStatus::kOk);
        turn_every_bit(receiver, packet.bytes, &Party::open_rtcp);
        EXPECT_EQ(party_.open_rtcp(receiver, packet.bytes).bytes, plain);
      }
      EXPECT_EQ(party_.state(receiver).rtcp_packets, 2U);
    }
  }
}

TEST_P(Forgery, SequenceNumbersFarAwayDisturbNothing) {
  const SrtpParamsRef key = make_key(suite());
  for (const unsigned start : {100U, 40000U, 65500U}) {
    const ContextId sender = party_.sender(key);
    const ContextId receiver = party_.receiver(key);
    for (unsigned i = 0; i < 100; ++i) {
      const auto sequence = static_cast<std::uint16_t>(start + i);
      const Bytes plain = make_rtp(sequence);
      const Outcome packet = party_.protect(sender, plain);
      for (const unsigned jump : {0x8000U, 0x4000U, 0x7fffU, 0xc000U, 0x8001U}) {
        Bytes forged = packet.bytes;
        store_be16(&forged[2], static_cast<std::uint16_t>(sequence + jump));
        EXPECT_NE(party_.open(receiver, forged).status, SrtpStatus::kOk);
      }
      ASSERT_EQ(party_.open(receiver, packet.bytes).bytes, plain) << start << " " << i;
    }
  }
}

TEST_P(Forgery, NewSsrcsTakeNoRoom) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party_.sender(key);
  const ContextId receiver = party_.receiver(key);
  const Bytes plain = make_rtp(5);
  const Bytes packet = party_.protect(sender, plain).bytes;
  const Bytes rtcp = party_.protect_rtcp(sender, make_rtcp()).bytes;
  for (std::uint32_t ssrc = 1; ssrc <= 100; ++ssrc) {
    Bytes forged = packet;
    store_be32(&forged[8], ssrc);
    EXPECT_EQ(party_.open(receiver, forged).status, SrtpStatus::kAuthenticationFailed);
    forged = rtcp;
    store_be32(&forged[4], ssrc);
    EXPECT_EQ(party_.open_rtcp(receiver, forged).status, SrtpStatus::kAuthenticationFailed);
  }
  EXPECT_TRUE(party_.state(receiver).streams.empty());
  EXPECT_EQ(party_.open(receiver, packet).bytes, plain);
  EXPECT_EQ(party_.open_rtcp(receiver, rtcp).bytes, make_rtcp());
}

TEST_P(Forgery, TruncatedPacketsAreRefused) {
  for (const std::size_t mki : {std::size_t{0}, std::size_t{4}}) {
    const SrtpParamsRef key = make_key(suite(), {.mki_bytes = mki});
    const ContextId sender = party_.sender(key);
    const ContextId receiver = party_.receiver(key);
    const Bytes rtp = party_.protect(sender, make_rtp(9, {.payload = 60, .csrcs = 2})).bytes;
    const Bytes rtcp = party_.protect_rtcp(sender, make_rtcp(1, 12)).bytes;
    ASSERT_GT(rtp.size(), 60U);
    ASSERT_GT(rtcp.size(), 60U);
    for (std::ptrdiff_t length = 0; length <= 60; ++length) {
      EXPECT_NE(party_.open(receiver, {rtp.begin(), rtp.begin() + length}).status, SrtpStatus::kOk);
      EXPECT_NE(party_.open_rtcp(receiver, {rtcp.begin(), rtcp.begin() + length}).status, SrtpStatus::kOk);
      // Their ends alone: where MKI and tag are right, but for the rest.
      EXPECT_NE(party_.open_rtcp(receiver, {rtcp.end() - length, rtcp.end()}).status, SrtpStatus::kOk);
      Bytes tail(rtp.end() - length, rtp.end());
      if (length >= 12) {
        tail[0] = 0x80;
        EXPECT_NE(party_.open(receiver, tail).status, SrtpStatus::kOk);
      }
    }
    const SrtpSuiteFacts& facts = facts_of(suite());
    const auto shortest = static_cast<std::ptrdiff_t>(20 + mki + facts.rtp_tag);
    EXPECT_EQ(party_.open(receiver, {rtp.begin(), rtp.begin() + shortest - 1}).status,
              SrtpStatus::kMalformed);
    EXPECT_NE(party_.open(receiver, {rtp.begin(), rtp.begin() + shortest}).status, SrtpStatus::kMalformed);
    EXPECT_TRUE(party_.state(receiver).streams.empty());
    EXPECT_EQ(party_.open(receiver, rtp).status, SrtpStatus::kOk);
  }
}

TEST_P(Forgery, RtcpWithTheOtherEFlagIsMalformed) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party_.sender(key);
  const ContextId receiver = party_.receiver(key);
  Bytes packet = party_.protect_rtcp(sender, make_rtcp()).bytes;
  const bool gcm = facts_of(suite()).cipher == SrtpCipher::kAesGcm;
  packet[packet.size() - 4 - (gcm ? 0U : facts_of(suite()).rtcp_tag)] ^= 0x80;
  EXPECT_EQ(party_.open_rtcp(receiver, packet).status, SrtpStatus::kMalformed);
}

INSTANTIATE_TEST_SUITE_P(All, Forgery, each_library(), name_of_case);

}  // namespace
}  // namespace pollux::crypto::test
