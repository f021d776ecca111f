// Two keys at once: a receiver whose party changes its key opens packets of both until the former is
// forgotten.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Rekey : public testing::TestWithParam<TwoLibraries> {
 protected:
  Rekey() : near_(std::get<0>(GetParam())), far_(std::get<1>(GetParam())) {}
  SrtpSuite suite() const { return std::get<2>(GetParam()); }

  Bytes sent(ContextId sender, unsigned sequence, std::uint32_t ssrc = 5) {
    const Outcome packet =
        near_.protect(sender, make_rtp(static_cast<std::uint16_t>(sequence), {.ssrc = ssrc}));
    EXPECT_EQ(packet.status, SrtpStatus::kOk) << sequence;
    return packet.bytes;
  }
  bool opens(ContextId receiver, const Bytes& packet) {
    const Outcome outcome = far_.open(receiver, packet);
    return outcome.status == SrtpStatus::kOk &&
           outcome.bytes == make_rtp(load_be16(&packet[2]), {.ssrc = load_be32(&packet[8])});
  }

  Party near_;
  Party far_;
};

TEST_P(Rekey, PacketsOfBothOpenInAnyOrder) {
  constexpr std::pair<std::size_t, std::size_t> kMkis[] = {{0, 0}, {4, 4}, {0, 2}, {2, 0}, {1, 128}};
  for (const auto& [former_mki, mki] : kMkis) {
    const SrtpParamsRef old_key = make_key(suite(), {.seed = 1, .mki_bytes = former_mki});
    const SrtpParamsRef new_key = make_key(suite(), {.seed = 2, .mki_bytes = mki});
    const ContextId old_sender = near_.sender(old_key);
    const ContextId new_sender = near_.sender(new_key);
    const ContextId former = far_.receiver(old_key);
    EXPECT_TRUE(opens(former, sent(old_sender, 99)));
    const ContextId receiver = far_.receiver(new_key, former);
    EXPECT_TRUE(far_.state(receiver).overlap);
    std::vector<Bytes> packets;
    for (unsigned i = 0; i < 40; ++i) {
      packets.push_back(sent(i < 20 ? old_sender : new_sender, 100 + i));
    }
    Random random(3);
    std::shuffle(packets.begin(), packets.end(), random);
    for (const Bytes& packet : packets) {
      EXPECT_TRUE(opens(receiver, packet)) << load_be16(&packet[2]) << " MKI " << former_mki << " " << mki;
      EXPECT_NE(far_.open(receiver, packet).status, SrtpStatus::kOk);
    }
    EXPECT_EQ(far_.state(receiver).rtp_packets, 20U);
    EXPECT_EQ(far_.state(former).rtp_packets, 21U);
  }
}

// As one batch, where ipsec-mb hashes all of them before any is decided about.
TEST_P(Rekey, PacketsOfBothInOneBatch) {
  const SrtpParamsRef old_key = make_key(suite(), {.seed = 1});
  const SrtpParamsRef new_key = make_key(suite(), {.seed = 2});
  const ContextId old_sender = near_.sender(old_key);
  const ContextId new_sender = near_.sender(new_key);
  const ContextId former = far_.receiver(old_key);
  const ContextId receiver = far_.receiver(new_key, former);
  std::vector<Bytes> batch;
  for (unsigned i = 0; i < 64; ++i) {
    batch.push_back(sent(i % 3 == 0 ? old_sender : new_sender, 100 + i));
  }
  const std::vector<Outcome> outcomes = far_.open_batch(receiver, batch);
  for (unsigned i = 0; i < 64; ++i) {
    EXPECT_EQ(outcomes[i].status, SrtpStatus::kOk) << i;
    EXPECT_EQ(outcomes[i].bytes, make_rtp(static_cast<std::uint16_t>(100 + i), {.ssrc = 5})) << i;
  }
  for (const Outcome& outcome : far_.open_batch(receiver, batch)) {
    EXPECT_NE(outcome.status, SrtpStatus::kOk);
  }
}

// RFC 3711 §3.3.1 keeps the counter, SDES resets it.
TEST_P(Rekey, CounterKeptOrReset) {
  const SrtpParamsRef old_key = make_key(suite(), {.seed = 1});
  for (const bool kept : {true, false}) {
    const ContextId old_sender = near_.sender(old_key);
    const ContextId former = far_.receiver(old_key);
    EXPECT_TRUE(opens(former, sent(old_sender, 65535)));
    EXPECT_TRUE(opens(former, sent(old_sender, 0)));  // counter 1
    const ContextId new_sender = near_.sender(
        make_key(suite(), {.seed = 2, .roc = kept ? std::optional<std::uint32_t>(1) : std::nullopt}));
    const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
    EXPECT_TRUE(opens(receiver, sent(new_sender, 1))) << kept;
    EXPECT_TRUE(opens(receiver, sent(old_sender, 2))) << kept;
    EXPECT_TRUE(opens(receiver, sent(new_sender, 3))) << kept;
    EXPECT_EQ(far_.state(receiver).streams.at(0).highest_index, (kept ? 0x10000U : 0U) + 3) << kept;
  }
}

// The first packet under the new key comes after the wrap that the old key hasn't seen.
TEST_P(Rekey, CounterKeptOverTheWrap) {
  const ContextId old_sender = near_.sender(make_key(suite(), {.seed = 1}));
  const ContextId former = far_.receiver(make_key(suite(), {.seed = 1}));
  EXPECT_TRUE(opens(former, sent(old_sender, 65535)));
  const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2, .roc = 1}));
  const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
  EXPECT_TRUE(opens(receiver, sent(new_sender, 0)));
  EXPECT_EQ(far_.state(receiver).streams.at(0).highest_index, 0x10000U);
}

TEST_P(Rekey, ForgettingEndsTheFormerKey) {
  const ContextId old_sender = near_.sender(make_key(suite(), {.seed = 1}));
  const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2}));
  const ContextId former = far_.receiver(make_key(suite(), {.seed = 1}));
  const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
  EXPECT_TRUE(opens(receiver, sent(old_sender, 10)));
  EXPECT_TRUE(opens(receiver, sent(new_sender, 11)));
  EXPECT_EQ(far_.engine().set_former(receiver, 0), former);
  EXPECT_FALSE(far_.state(receiver).overlap);
  EXPECT_EQ(far_.open(receiver, sent(old_sender, 12)).status, SrtpStatus::kAuthenticationFailed);
  EXPECT_NE(far_.open_rtcp(receiver, near_.protect_rtcp(old_sender, make_rtcp()).bytes).status,
            SrtpStatus::kOk);
  EXPECT_TRUE(opens(receiver, sent(new_sender, 13)));
  EXPECT_EQ(far_.engine().set_former(receiver, 0), 0U);
}

TEST_P(Rekey, RtcpOfBoth) {
  for (const auto& [former_mki, mki] : {std::pair<std::size_t, std::size_t>{0, 0}, {4, 4}, {0, 3}, {3, 0}}) {
    const SrtpParamsRef old_key = make_key(suite(), {.seed = 1, .mki_bytes = former_mki});
    const SrtpParamsRef new_key = make_key(suite(), {.seed = 2, .mki_bytes = mki});
    const ContextId senders[] = {near_.sender(old_key), near_.sender(new_key)};
    const ContextId former = far_.receiver(old_key);
    const ContextId receiver = far_.receiver(new_key, former);
    for (unsigned i = 0; i < 20; ++i) {
      const Bytes plain = make_rtcp(9, i % 4, i);
      const Bytes packet = near_.protect_rtcp(senders[(i / 2 + i) % 2], plain).bytes;
      EXPECT_EQ(far_.open_rtcp(receiver, packet).bytes, plain) << i;
      EXPECT_NE(far_.open_rtcp(receiver, packet).status, SrtpStatus::kOk) << i;
    }
    EXPECT_EQ(far_.state(receiver).rtcp_packets + far_.state(former).rtcp_packets, 20U);
  }
}

TEST_P(Rekey, OtherSuites) {
  for (const SrtpSuiteFacts& other : kSrtpSuites) {
    const ContextId old_sender = near_.sender(make_key(other.suite, {.seed = 1}));
    const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2}));
    const ContextId former = far_.receiver(make_key(other.suite, {.seed = 1}));
    const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
    for (unsigned i = 0; i < 12; ++i) {
      const ContextId sender = i % 4 < 2 ? old_sender : new_sender;
      EXPECT_TRUE(opens(receiver, sent(sender, i))) << other.name << " " << i;
      const Bytes rtcp = near_.protect_rtcp(sender, make_rtcp(1, 3, i)).bytes;
      EXPECT_EQ(far_.open_rtcp(receiver, rtcp).bytes, make_rtcp(1, 3, i)) << other.name << " " << i;
    }
  }
}

TEST_P(Rekey, ForgedPacketsMoveNeitherKey) {
  const ContextId old_sender = near_.sender(make_key(suite(), {.seed = 1}));
  const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2}));
  const ContextId former = far_.receiver(make_key(suite(), {.seed = 1}));
  const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
  for (unsigned i = 0; i < 6; ++i) {
    const Bytes packet = sent(i % 2 == 0 ? old_sender : new_sender, 65534 + i);
    const ContextState before[] = {far_.state(former), far_.state(receiver)};
    Bytes forged = packet;
    for (std::size_t at = 1; at < packet.size(); ++at) {
      forged[at] ^= 0x10;
      const Outcome outcome = far_.open(receiver, forged);
      EXPECT_NE(outcome.status, SrtpStatus::kOk) << at;
      forged[at] ^= 0x10;
    }
    EXPECT_TRUE(same_state(far_.state(former), before[0]));
    EXPECT_TRUE(same_state(far_.state(receiver), before[1]));
    EXPECT_TRUE(opens(receiver, packet)) << i;
  }
}

// The new key has come to its last index while packets of the former one are still on their way.
TEST_P(Rekey, FormerKeyOpensWhatIsBeyondTheLastIndex) {
  const ContextId old_sender = near_.sender(make_key(suite(), {.seed = 1}));
  const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2, .roc = 0xffffffff}));
  const ContextId former = far_.receiver(make_key(suite(), {.seed = 1}));
  const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2, .roc = 0xffffffff}), former);
  EXPECT_TRUE(opens(receiver, sent(old_sender, 65534)));
  EXPECT_TRUE(opens(receiver, sent(new_sender, 65535)));
  const Outcome late = far_.open(receiver, sent(old_sender, 0));
  EXPECT_EQ(late.status, SrtpStatus::kOk);
  EXPECT_EQ(late.note, SrtpNote::kNone);
  const Outcome nobodys = far_.open(receiver, sent(near_.sender(make_key(suite(), {.seed = 3})), 1));
  EXPECT_EQ(nobodys.status, SrtpStatus::kKeyExpired);
}

// That the former key is used up says nothing of the one that counts.
TEST_P(Rekey, AFormerKeyThatIsUsedUpIsNotToldOfByOthersPackets) {
  const SrtpParamsRef old_key = make_key(suite(), {.seed = 1, .lifetime = 2});
  const ContextId old_sender = near_.sender(old_key);
  const ContextId new_sender = near_.sender(make_key(suite(), {.seed = 2}));
  const ContextId former = far_.receiver(old_key);
  EXPECT_TRUE(opens(former, sent(old_sender, 1)));
  EXPECT_TRUE(opens(former, sent(old_sender, 2)));
  for (unsigned i = 0; i < 2; ++i) {
    EXPECT_EQ(far_.open_rtcp(former, near_.protect_rtcp(old_sender, make_rtcp()).bytes).status,
              SrtpStatus::kOk);
  }
  const ContextId receiver = far_.receiver(make_key(suite(), {.seed = 2}), former);
  const Outcome first = far_.open(receiver, sent(new_sender, 3));
  EXPECT_EQ(first.status, SrtpStatus::kOk);
  EXPECT_EQ(first.note, SrtpNote::kNone);
  Bytes forged = sent(new_sender, 4);
  forged.back() ^= 1;
  const Outcome second = far_.open(receiver, forged);
  EXPECT_EQ(second.status, SrtpStatus::kAuthenticationFailed);
  EXPECT_EQ(second.note, SrtpNote::kNone);
  forged = near_.protect_rtcp(new_sender, make_rtcp()).bytes;
  forged.back() ^= 1;
  EXPECT_EQ(far_.open_rtcp(receiver, forged).note, SrtpNote::kNone);
}

INSTANTIATE_TEST_SUITE_P(All, Rekey, each_pair(), name_of_pair);

}  // namespace
}  // namespace pollux::crypto::test
