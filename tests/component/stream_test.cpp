// What becomes of a stream's sequence numbers, timestamps and SSRC: kept, or rewritten without a jump.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

std::uint16_t sequence_of(const Bytes& packet) {
  return load_be16(&packet[2]);
}
std::uint32_t timestamp_of(const Bytes& packet) {
  return load_be32(&packet[4]);
}
std::uint32_t ssrc_of(const Bytes& packet) {
  return load_be32(&packet[8]);
}
bool marked(const Bytes& packet) {
  return (packet[1] & 0x80) != 0;
}

struct StreamTest : CallTest {
  Bytes packet(std::uint16_t sequence, std::uint32_t ssrc = 0xaaaaaaaa, std::uint32_t offset = 0) {
    return rtp({.sequence = sequence, .timestamp = sequence * 160U + offset, .ssrc = ssrc});
  }
  // 20 ms apart, as they would come.
  Heard say(const std::vector<Bytes>& packets) {
    for (const Bytes& each : packets) {
      bed().advance_ms(20);
      send(a, each);
      bed().turn_workers();
    }
    bed().turn();
    return heard_by(b);
  }
  StreamStats stats(SessionHandle session) { return bed().dataplane().session_stats(session)->legs[0].rtp; }
};

TEST_F(StreamTest, LossReorderAndDuplicatesPassAsTheyCame) {
  const SessionHandle session = bed().add(call());
  warm_up(9);
  const std::vector<Bytes> packets = {packet(10), packet(12), packet(11), packet(12), packet(15)};
  EXPECT_EQ(say(packets), packets);
  EXPECT_EQ(stats(session).rx_packets, 6U);
  EXPECT_EQ(stats(session).lost, 1);  // 13 and 14 are missing, 12 came twice
}

TEST_F(StreamTest, WrapsLikeAnyOtherNumber) {
  const SessionHandle session = bed().add(call());
  warm_up(65533);
  const std::vector<Bytes> packets = {packet(65534), packet(65535), packet(0, 0xaaaaaaaa, 65536U * 160),
                                      packet(1, 0xaaaaaaaa, 65536U * 160)};
  EXPECT_EQ(say(packets), packets);
  EXPECT_EQ(stats(session).lost, 0);
  EXPECT_EQ(stats(session).jitter_rtp_ticks / 160, 0U);
}

TEST_F(StreamTest, AnEvenStreamHasNoJitterAndAnUnevenOneHas) {
  const SessionHandle session = bed().add(call());
  warm_up(99);
  std::vector<Bytes> even;
  for (std::uint16_t i = 100; i < 200; ++i) {
    even.push_back(packet(i));
  }
  say(even);
  EXPECT_LE(stats(session).jitter_rtp_ticks, 2U);
  for (std::uint16_t i = 200; i < 300; ++i) {
    bed().advance_ms(i % 2 == 0 ? 10 : 30);
    send(a, packet(i));
    bed().turn_workers();
  }
  EXPECT_NEAR(stats(session).jitter_rtp_ticks, 80, 8);  // 10 ms at 8 kHz
}

TEST_F(StreamTest, ANewSsrcPassesAndIsTold) {
  bed().add(call());
  warm_up();
  bed().advance_ms(2000);
  const std::vector<Bytes> packets = {packet(1, 0xcccccccc)};
  EXPECT_EQ(say(packets), packets);
  const auto changes = events(EventType::kStreamChanged);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].ssrc, 0xccccccccU);
}

TEST_F(StreamTest, RewritingGoesOnWithoutAJumpWhenTheSsrcChanges) {
  bed().add(rewriting_call());
  warm_up(99);  // what waits for its next hop comes behind what follows it
  const Heard before = say({packet(100), packet(101), packet(103)});
  ASSERT_EQ(before.size(), 3U);
  const Heard after = say({packet(7000, 0xcccccccc, 123456), packet(7001, 0xcccccccc, 123456)});
  ASSERT_EQ(after.size(), 2U);
  EXPECT_NE(ssrc_of(before[0]), 0xaaaaaaaaU);
  for (const Heard* heard : {&before, &after}) {
    for (const Bytes& each : *heard) {
      EXPECT_EQ(ssrc_of(each), ssrc_of(before[0]));
    }
  }
  const std::uint16_t first = sequence_of(before[0]);
  EXPECT_EQ(sequence_of(before[2]), static_cast<std::uint16_t>(first + 3));  // the source's gap stays
  EXPECT_EQ(sequence_of(after[0]), static_cast<std::uint16_t>(first + 4));
  EXPECT_EQ(sequence_of(after[1]), static_cast<std::uint16_t>(first + 5));
  EXPECT_TRUE(marked(after[0]));
  EXPECT_FALSE(marked(after[1]));
  EXPECT_EQ(timestamp_of(after[0]) - timestamp_of(before[2]), 160U);  // 20 ms passed
  EXPECT_EQ(timestamp_of(after[1]) - timestamp_of(after[0]), 160U);
}

TEST_F(StreamTest, FirstMediaIsToldOncePerLeg) {
  bed().add(call());
  say({packet(1), packet(2), packet(3)});
  EXPECT_EQ(events(EventType::kFirstMedia).size(), 1U);
}

TEST_F(StreamTest, SilenceIsToldAndSoIsItsEnd) {
  SessionSpec spec = call();
  spec.media_timeout_ms = 1000;
  bed().add(spec);
  warm_up();
  bed().advance_ms(999);
  bed().turn();
  EXPECT_TRUE(events(EventType::kMediaTimeout).empty());
  bed().advance_ms(5);
  bed().turn();
  EXPECT_EQ(events(EventType::kMediaTimeout).size(), 1U);
  bed().advance_ms(3000);
  bed().turn();
  EXPECT_TRUE(events(EventType::kMediaTimeout).empty());  // once
  say({packet(2000)});
  bed().advance_ms(990);  // when the worker looks next
  bed().turn();
  EXPECT_EQ(events(EventType::kMediaResumed).size(), 1U);
}

}  // namespace
}  // namespace pollux::testing
