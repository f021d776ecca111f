// The rollover counter between sender and receiver (RFC 3711 §3.3.1), by each library against each.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Rollover : public testing::TestWithParam<TwoLibraries> {
 protected:
  Rollover() : near_(std::get<0>(GetParam())), far_(std::get<1>(GetParam())) {}
  SrtpSuite suite() const { return std::get<2>(GetParam()); }

  // Packets `from`, `from` + 1, ... as sent in that order.
  std::vector<Bytes> send(ContextId sender, unsigned from, unsigned count) {
    std::vector<Bytes> packets;
    for (unsigned i = 0; i < count; ++i) {
      const Outcome sent = near_.protect(sender, make_rtp(static_cast<std::uint16_t>(from + i)));
      EXPECT_EQ(sent.status, SrtpStatus::kOk);
      packets.push_back(sent.bytes);
    }
    return packets;
  }
  bool opens(ContextId receiver, const Bytes& packet) {
    const Outcome outcome = far_.open(receiver, packet);
    return outcome.status == SrtpStatus::kOk && outcome.bytes == make_rtp(load_be16(&packet[2]));
  }
  std::uint64_t highest(ContextId receiver) { return far_.state(receiver).streams.at(0).highest_index; }

  Party near_;
  Party far_;
};

TEST_P(Rollover, ForwardsThroughSeveralCycles) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = near_.sender(key);
  const ContextId receiver = far_.receiver(key);
  std::uint64_t index = 65000;
  for (unsigned i = 0; i < 40; ++i, index += 9000) {
    const auto sequence = static_cast<std::uint16_t>(index);
    ASSERT_TRUE(opens(receiver, send(sender, sequence, 1)[0])) << index;
    ASSERT_EQ(highest(receiver), index);
    ASSERT_EQ(near_.state(sender).streams.at(0).highest_index, index);
  }
}

TEST_P(Rollover, ReorderAroundTheWrapBothWays) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = near_.sender(key);
  const std::vector<Bytes> packets = send(sender, 65530, 12);  // 65530..65535, 0..5
  for (const std::vector<std::size_t>& order :
       {std::vector<std::size_t>{0, 6, 5, 4, 7, 3, 11, 2, 10, 1, 9, 8},
        std::vector<std::size_t>{0, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
        std::vector<std::size_t>{5, 6, 4, 7, 3, 8, 2, 9, 1, 10, 0, 11}}) {
    const ContextId receiver = far_.receiver(key);
    for (const std::size_t i : order) {
      EXPECT_TRUE(opens(receiver, packets[i])) << i;
    }
    EXPECT_EQ(highest(receiver), 0x10000U + 5);
    EXPECT_EQ(far_.state(receiver).rtp_packets, 12U);
  }
}

TEST_P(Rollover, SenderReordersAroundTheWrap) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = near_.sender(key);
  const ContextId receiver = far_.receiver(key);
  for (const std::uint16_t sequence : Numbers{65533, 65535, 1, 65534, 0, 2}) {
    EXPECT_TRUE(opens(receiver, send(sender, sequence, 1)[0])) << sequence;
  }
  EXPECT_EQ(highest(receiver), 0x10002U);
}

TEST_P(Rollover, LateJoinerNeedsTheCounter) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = near_.sender(key);
  send(sender, 40000, 1);
  send(sender, 65000, 1);
  const std::vector<Bytes> packets = send(sender, 20, 3);  // rollover counter 1 by now
  const ContextId unknowing = far_.receiver(key);
  EXPECT_EQ(far_.open(unknowing, packets[0]).status, SrtpStatus::kAuthenticationFailed);
  const ContextId told = far_.receiver(make_key(suite(), {.roc = 1}));
  EXPECT_TRUE(opens(told, packets[0]));
  EXPECT_TRUE(opens(told, packets[2]));
  EXPECT_TRUE(opens(told, packets[1]));
  EXPECT_EQ(highest(told), 0x10000U + 22);
}

TEST_P(Rollover, TheSequenceMayHaveWrappedSinceTheCounterWasTold) {
  const SrtpParamsRef key = make_key(suite(), {.roc = 7});
  const ContextId sender = near_.sender(key);
  send(sender, 65535, 1);
  const std::vector<Bytes> after = send(sender, 0, 2);  // counter 8
  const ContextId receiver = far_.receiver(key);
  EXPECT_TRUE(opens(receiver, after[0]));
  EXPECT_TRUE(opens(receiver, after[1]));
  EXPECT_EQ(highest(receiver), (std::uint64_t{8} << 16) + 1);
  // Or the packet is one from before it was told.
  const ContextId early = near_.sender(make_key(suite(), {.roc = 6}));
  const ContextId other = far_.receiver(key);
  EXPECT_TRUE(opens(other, send(early, 65535, 1)[0]));
  EXPECT_TRUE(opens(other, after[0]) == false);  // two cycles ahead
  EXPECT_EQ(highest(other), (std::uint64_t{6} << 16) + 65535);
}

TEST_P(Rollover, TwoCyclesAwayIsTooFar) {
  const ContextId sender = near_.sender(make_key(suite(), {.roc = 9}));
  const ContextId receiver = far_.receiver(make_key(suite(), {.roc = 7}));
  EXPECT_EQ(far_.open(receiver, send(sender, 5, 1)[0]).status, SrtpStatus::kAuthenticationFailed);
  EXPECT_TRUE(far_.state(receiver).streams.empty());
}

TEST_P(Rollover, EachSsrcHasItsOwn) {
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = near_.sender(key);
  const ContextId receiver = far_.receiver(key);
  const auto pass = [&](std::uint32_t ssrc, std::uint16_t sequence) {
    const Bytes plain = make_rtp(sequence, {.ssrc = ssrc});
    return far_.open(receiver, near_.protect(sender, plain).bytes).bytes == plain;
  };
  EXPECT_TRUE(pass(1, 65535));
  EXPECT_TRUE(pass(2, 30000));
  EXPECT_TRUE(pass(1, 0));
  EXPECT_TRUE(pass(2, 30001));
  EXPECT_TRUE(pass(1, 1));
  EXPECT_EQ(far_.state(receiver).streams.at(0).highest_index, 0x10001U);
  EXPECT_EQ(far_.state(receiver).streams.at(1).highest_index, 30001U);
}

TEST_P(Rollover, TheLastIndexEndsTheKey) {
  const SrtpParamsRef key = make_key(suite(), {.roc = 0xffffffff});
  const ContextId sender = near_.sender(key);
  const ContextId receiver = far_.receiver(key);
  for (const unsigned sequence : {65533U, 65535U}) {
    EXPECT_TRUE(opens(receiver, send(sender, sequence, 1)[0])) << sequence;
  }
  EXPECT_EQ(highest(receiver), (std::uint64_t{1} << 48) - 1);
  const Outcome beyond = near_.protect(sender, make_rtp(0));
  EXPECT_EQ(beyond.status, SrtpStatus::kKeyExpired);
  EXPECT_EQ(beyond.note, SrtpNote::kKeyExpired);
  EXPECT_EQ(near_.protect(sender, make_rtp(1)).note, SrtpNote::kNone);
  // A receiver doesn't take it for index 0 either.
  const ContextId first = near_.sender(make_key(suite()));
  const Bytes wrapped = near_.protect(first, make_rtp(0)).bytes;
  EXPECT_EQ(far_.open(receiver, wrapped).status, SrtpStatus::kKeyExpired);
  // What was on its way before still comes.
  EXPECT_TRUE(opens(receiver, near_.protect(sender, make_rtp(65534)).bytes));
}

INSTANTIATE_TEST_SUITE_P(All, Rollover, each_pair(), name_of_pair);

}  // namespace
}  // namespace pollux::crypto::test
