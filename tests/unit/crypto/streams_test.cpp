// Several SSRCs under one key, and what happens when there are too many.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

class Streams : public testing::TestWithParam<OneLibrary> {
 protected:
  Library library() const { return std::get<0>(GetParam()); }
  SrtpSuite suite() const { return std::get<1>(GetParam()); }
};

TEST_P(Streams, TheNextOneIsRefusedTheOthersGoOn) {
  for (const std::uint16_t room : Numbers{1, 2, 5}) {
    Party wide(library());
    Party party(library(), {.streams_per_key = room});
    const SrtpParamsRef key = make_key(suite());
    const ContextId source = wide.sender(key);
    const ContextId sender = party.sender(key);
    const ContextId receiver = party.receiver(key);
    for (std::uint16_t round = 1; round <= 3; ++round) {
      for (std::uint32_t ssrc = 1; ssrc <= room + 2U; ++ssrc) {
        const Bytes plain = make_rtp(round, {.ssrc = ssrc});
        const Bytes rtcp = make_rtcp(ssrc, 3, round);
        const Outcome sent = party.protect(sender, plain);
        const Outcome opened = party.open(receiver, wide.protect(source, plain).bytes);
        const Outcome opened_rtcp = party.open_rtcp(receiver, wide.protect_rtcp(source, rtcp).bytes);
        if (ssrc <= room) {
          EXPECT_EQ(sent.status, SrtpStatus::kOk);
          EXPECT_EQ(opened.bytes, plain);
          EXPECT_EQ(opened_rtcp.bytes, rtcp);
        } else {
          EXPECT_EQ(sent.status, SrtpStatus::kStreamsFull);
          EXPECT_EQ(opened.status, SrtpStatus::kStreamsFull);
          EXPECT_EQ(opened_rtcp.status, SrtpStatus::kStreamsFull);
        }
      }
    }
    EXPECT_EQ(party.state(sender).streams.size(), room);
    EXPECT_EQ(party.state(receiver).streams.size(), room);
    EXPECT_EQ(party.state(receiver).rtp_packets, 3U * room);
    EXPECT_EQ(party.state(receiver).rtcp_packets, 3U * room);
  }
}

TEST_P(Streams, AreToldWithTheirPlaces) {
  Party party(library());
  const ContextId sender = party.sender(make_key(suite(), {.roc = 3}));
  for (std::uint32_t ssrc = 10; ssrc < 26; ++ssrc) {
    party.protect(sender, make_rtp(static_cast<std::uint16_t>(100 * ssrc), {.ssrc = ssrc}));
  }
  const ContextState state = party.state(sender);
  ASSERT_EQ(state.streams.size(), 16U);
  for (std::uint32_t i = 0; i < 16; ++i) {
    EXPECT_EQ(state.streams[i].ssrc, 10 + i);
    EXPECT_EQ(state.streams[i].highest_index, (std::uint64_t{3} << 16) + 100 * (10 + i));
  }
}

TEST_P(Streams, SsrcZeroIsOneAsAnyOther) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  for (const std::uint32_t ssrc : {0U, 7U, 0U, 0xffffffffU, 0U}) {
    static std::uint16_t sequence = 0;
    const Bytes plain = make_rtp(++sequence, {.ssrc = ssrc});
    const Bytes rtcp = make_rtcp(ssrc, 2, sequence);
    EXPECT_EQ(party.open(receiver, party.protect(sender, plain).bytes).bytes, plain) << ssrc;
    EXPECT_EQ(party.open_rtcp(receiver, party.protect_rtcp(sender, rtcp).bytes).bytes, rtcp) << ssrc;
  }
  EXPECT_EQ(party.state(receiver).streams.size(), 3U);
}

// RTCP of an SSRC comes before its RTP, whose first packet has another counter than 0.
TEST_P(Streams, RtcpMayComeFirst) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite(), {.roc = 5});
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  EXPECT_EQ(party.open_rtcp(receiver, party.protect_rtcp(sender, make_rtcp()).bytes).bytes, make_rtcp());
  for (const std::uint16_t sequence : Numbers{65534, 0, 65535, 1}) {
    const Bytes plain = make_rtp(sequence);
    EXPECT_EQ(party.open(receiver, party.protect(sender, plain).bytes).bytes, plain) << sequence;
  }
  EXPECT_EQ(party.open_rtcp(receiver, party.protect_rtcp(sender, make_rtcp()).bytes).bytes, make_rtcp());
}

// A context that was given back leaves nothing to the next one in its place.
TEST_P(Streams, APlaceThatIsUsedAgainIsNew) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  Backend& backend = party.backend();
  const auto run = [&](const SrtpParamsRef& params) {
    const ContextId sender = backend.make_sender(*params, {});
    EXPECT_NE(sender, 0U);
    EXPECT_TRUE(backend.state(sender).streams.empty());
    EXPECT_EQ(backend.state(sender).rtcp_index, 0U);
    EXPECT_FALSE(backend.state(sender).overlap);
    const Bytes first = party.protect(sender, make_rtp(500)).bytes;
    party.protect_rtcp(sender, make_rtcp());
    backend.release(sender);
    return std::make_pair(sender, first);
  };
  const auto [place, bytes] = run(key);
  const auto [other_place, other_bytes] = run(make_key(suite(), {.seed = 2}));
  const auto [again, same_bytes] = run(key);
  EXPECT_EQ(place, again);
  EXPECT_EQ(place, other_place);
  EXPECT_EQ(bytes, same_bytes);
  EXPECT_NE(bytes, other_bytes);
}

TEST(Backends, DescribeThemselves) {
  EXPECT_TRUE(shared_backend(Library::kIpsecMb, {}).description().starts_with("ipsec_mb "));
  EXPECT_TRUE(shared_backend(Library::kLibsrtp, {}).description().starts_with("libsrtp2 "));
}

TEST(Backends, ThatAreFullSaySo) {
  for (const Library library : kLibraries) {
    constexpr ContextOptions kLarge{.replay_window = 1024, .streams_per_key = 256};
    const auto backend =
        library == Library::kIpsecMb ? make_ipsec_mb_backend(kLarge, 40) : make_libsrtp_backend(kLarge, 40);
    ASSERT_NE(backend, nullptr);
    std::vector<ContextId> contexts;
    const SrtpParamsRef key = make_key(SrtpSuite::kAeadAes256Gcm);
    for (unsigned i = 0; i < 200; ++i) {
      if (const ContextId id = backend->make_receiver(*key, 0, {}); id != 0) {
        contexts.push_back(id);
      }
    }
    EXPECT_GE(contexts.size(), 40U);  // as many as were asked for, and what rounding leaves
    EXPECT_LT(contexts.size(), 200U);
    backend->release(contexts.back());
    EXPECT_EQ(backend->make_receiver(*key, 0, {}), contexts.back());
    for (const ContextId id : contexts) {
      backend->release(id);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Streams, each_library(), name_of_case);

}  // namespace
}  // namespace pollux::crypto::test
