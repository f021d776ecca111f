// How a session begins, falls silent, comes back and ends, and what is left of it.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint32_t kSsrcA = 0xaaaaaaaa;
constexpr std::uint32_t kSsrcB = 0xbbbbbbbb;

class LifeCycleTest : public CallTest {
 public:
  static SessionSpec with_timeout(std::uint32_t milliseconds) {
    SessionSpec spec = call();
    spec.media_timeout_ms = milliseconds;
    return spec;
  }
  void begin(const SessionSpec& spec) {
    session = bed().add(spec);
    warm_up(1000);
  }
  void pass_ms(std::uint64_t milliseconds) {
    bed().advance_ms(milliseconds);
    bed().turn();
  }
  std::size_t timeouts() { return events(EventType::kMediaTimeout).size(); }
  // Polls once: what the data plane tells is kept until the next time.
  std::vector<Event> poll() {
    std::array<Event, 64> room;
    const std::size_t count = bed().dataplane().poll_events(room);
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  // The RTCP that the party gets when the session ends, apart from what it got before.
  Heard end_and_hear(const Party& party) {
    bed().received(party.port);
    bed().remove(session);
    return heard_by(party);
  }

  SessionHandle session = 0;
};

TEST_F(LifeCycleTest, SilenceBeforeAnyMediaCounts) {
  session = bed().add(with_timeout(500));
  pass_ms(490);
  EXPECT_EQ(timeouts(), 0U);
  pass_ms(20);
  EXPECT_EQ(timeouts(), 1U);
}

TEST_F(LifeCycleTest, TimesOutAgainAfterMediaCameBack) {
  begin(with_timeout(500));
  for (std::uint16_t round = 0; round < 3; ++round) {
    pass_ms(510);
    EXPECT_EQ(timeouts(), 1U);
    pass_ms(100);
    send(b, rtp({.sequence = static_cast<std::uint16_t>(1001 + round), .ssrc = kSsrcB}));
    bed().turn();
    pass_ms(410);  // when the worker looks next
    EXPECT_EQ(events(EventType::kMediaResumed).size(), 1U);
  }
}

TEST_F(LifeCycleTest, RtcpKeepsASessionAliveAndStrangersDont) {
  begin(with_timeout(500));
  for (int i = 0; i < 4; ++i) {
    pass_ms(400);
    send(a.next_port(), rtcp_sender_report(kSsrcA, 1, 2, 3));
    bed().turn();
  }
  EXPECT_EQ(timeouts(), 0U);
  for (std::uint16_t i = 0; i < 2; ++i) {
    pass_ms(300);
    send(sprayer, rtp({.sequence = i}));
    bed().turn();
  }
  EXPECT_EQ(timeouts(), 1U);
}

// On hold the party may go on sending: it is there.
TEST_F(LifeCycleTest, MediaAgainstTheDirectionKeepsASessionAlive) {
  SessionSpec spec = with_timeout(500);
  spec.legs[0].direction = Direction::kInactive;
  begin(spec);
  for (std::uint16_t i = 0; i < 4; ++i) {
    pass_ms(400);
    send(a, rtp({.sequence = static_cast<std::uint16_t>(1001 + i), .ssrc = kSsrcA}));
    bed().turn();
  }
  EXPECT_EQ(timeouts(), 0U);
}

TEST_F(LifeCycleTest, AnUpdateChangesTheTimeout) {
  begin(with_timeout(500));
  bed().update(session, with_timeout(0));
  pass_ms(5000);
  EXPECT_EQ(timeouts(), 0U);
  bed().update(session, with_timeout(300));
  pass_ms(310);
  EXPECT_EQ(timeouts(), 1U);
}

TEST_F(LifeCycleTest, ARemovedSessionTimesOutNoMore) {
  begin(with_timeout(500));
  bed().remove(session);
  pass_ms(5000);
  EXPECT_EQ(timeouts(), 0U);
}

// RFC 3550 §6.1, §6.6: an empty RR, a CNAME, and the BYE of the stream that the party was sent.
TEST_F(LifeCycleTest, PartiesAreSentABye) {
  begin(call());
  const Heard heard = end_and_hear(b.next_port());
  ASSERT_EQ(heard.size(), 1U);
  const Bytes& compound = heard[0];
  ASSERT_GE(compound.size(), 24U);
  EXPECT_EQ(load_be32(&compound[0]), 0x80c90001U);
  EXPECT_EQ(load_be32(&compound[4]), kSsrcA);
  EXPECT_EQ(compound[9], 202);
  const std::size_t bye = 8 + 4 * (std::size_t{load_be16(&compound[10])} + 1);
  ASSERT_GE(compound.size(), bye + 8);
  EXPECT_EQ(compound[bye + 1], 203);
  EXPECT_EQ(load_be32(&compound[bye + 4]), kSsrcA);
  const Heard of_a = heard_by(a.next_port());
  ASSERT_EQ(of_a.size(), 1U);
  EXPECT_EQ(load_be32(&of_a[0][4]), kSsrcB);
}

TEST_F(LifeCycleTest, TheByeOfARewrittenStreamNamesItsOwnSsrc) {
  begin(rewriting_call());
  const Heard media = relay(a, b, rtp({.sequence = 1001, .timestamp = 1001 * 160, .ssrc = kSsrcA}));
  ASSERT_EQ(media.size(), 1U);
  const Heard heard = end_and_hear(b.next_port());
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(load_be32(&heard[0][4]), load_be32(&media[0][8]));
  bed().received(0);
}

TEST_F(LifeCycleTest, TheByeGoesToTheSharedPort) {
  begin(mux_call());
  const Heard heard = end_and_hear(b);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0][1], 201);
  bed().received(0);
}

TEST_F(LifeCycleTest, NoByeForThoseWhoWereSentNothing) {
  session = bed().add(call());
  EXPECT_TRUE(end_and_hear(b).empty());
  EXPECT_TRUE(heard_by(a).empty());
}

TEST_F(LifeCycleTest, NoByeWhereItIsTurnedOff) {
  DataplaneConfig config = RingBed::two_ports();
  config.send_bye = false;
  restart(config);
  begin(call());
  EXPECT_TRUE(end_and_hear(b).empty());
  EXPECT_TRUE(heard_by(a).empty());
}

TEST_F(LifeCycleTest, PacketsInTheQueueBeforeTheEndStillGo) {
  begin(call());
  constexpr std::uint16_t kPackets = 20;
  for (std::uint16_t i = 0; i < kPackets; ++i) {
    send(a, rtp({.sequence = static_cast<std::uint16_t>(1001 + i), .ssrc = kSsrcA}));
  }
  bed().remove(session);
  EXPECT_EQ(bed().received_udp(1).size(), kPackets + 1U);  // and the BYE
  bed().received(0);
  send(a, rtp({.sequence = 1100, .ssrc = kSsrcA}));
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);
}

TEST_F(LifeCycleTest, StatisticsAreReadableUntilTheNextPoll) {
  begin(call());
  poll();
  ASSERT_TRUE(bed().dataplane().remove_session(session, 9).has_value());
  EXPECT_TRUE(bed().dataplane().session_stats(session).has_value());
  bed().turn_worker(0);
  const std::vector<Event> told = poll();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].type, EventType::kSessionUnlinked);
  EXPECT_EQ(told[0].token, 9U);
  const auto last = bed().dataplane().session_stats(session);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->legs[0].rtp.rx_packets, 1U);
  EXPECT_EQ(last->legs[1].rtp.tx_packets, 1U);
  EXPECT_EQ(last->legs[1].rtcp.tx_packets, 1U);  // the BYE counts
  EXPECT_EQ(bed().dataplane().remove_session(session, 10).error().cause, "SESSION_BUSY");

  // Its ports are free already, while its statistics are still there.
  const auto next = bed().dataplane().add_session(call(), 11);
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_NE(*next, session);
  EXPECT_TRUE(bed().dataplane().session_stats(session).has_value());
  poll();
  EXPECT_EQ(bed().dataplane().session_stats(session).error().cause, "SESSION_UNKNOWN");
  EXPECT_EQ(bed().dataplane().remove_session(session, 12).error().cause, "SESSION_UNKNOWN");
  EXPECT_EQ(bed().dataplane().update_session(session, call(), 13).error().cause, "SESSION_UNKNOWN");
  bed().turn();
  bed().received(0);
  bed().received(1);
}

TEST_F(LifeCycleTest, PortsAreUsedAgainWithNothingLeftOfBefore) {
  begin(rewriting_call());
  std::uint32_t former = 0;
  for (std::uint16_t round = 0; round < 5; ++round) {
    EXPECT_EQ(bed().dataplane().add_session(call(), 1).error().cause, "PORT_IN_USE");
    const Heard heard =
        relay(a, b, rtp({.sequence = static_cast<std::uint16_t>(2000 + round), .ssrc = kSsrcA}));
    ASSERT_EQ(heard.size(), 1U) << bed().describe();
    EXPECT_NE(load_be32(&heard[0][8]), former);  // a new SSRC for each session
    former = load_be32(&heard[0][8]);
    bed().remove(session);
    session = bed().add(rewriting_call());
    bed().received(0);
    bed().received(1);
    const SessionStats stats = bed().stats(session);
    for (const LegStats& leg : stats.legs) {
      EXPECT_EQ(leg.rtp.rx_packets + leg.rtp.tx_packets + leg.rtcp.rx_packets + leg.rtcp.tx_packets, 0U);
      EXPECT_FALSE(leg.rtp.source_confirmed);
    }
  }
}

TEST_F(LifeCycleTest, EveryCommandIsAnsweredOnceAndInOrder) {
  bed().events();
  const auto added = bed().dataplane().add_session(call(), 71);
  ASSERT_TRUE(added.has_value());
  send(a, rtp({.sequence = 1, .ssrc = kSsrcA}));
  bed().turn();
  ASSERT_TRUE(bed().dataplane().update_session(*added, rewriting_call(), 72).has_value());
  send(a, rtp({.sequence = 2, .ssrc = kSsrcA}));
  bed().turn();
  ASSERT_TRUE(bed().dataplane().remove_session(*added, 73).has_value());
  bed().turn();
  std::vector<std::uint64_t> tokens;
  for (const Event& event : bed().events()) {
    if (event.token != 0) {
      EXPECT_EQ(event.session, *added);
      tokens.push_back(event.token);
    }
  }
  EXPECT_EQ(tokens, (std::vector<std::uint64_t>{71, 72, 73}));
  bed().received(0);
  bed().received(1);
}

}  // namespace
}  // namespace pollux::testing
