#include "controlplane/session/session_watch.hpp"

#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;

// Two legs that hear each other; every second each party that speaks sends 50 packets.
struct Watched {
  std::vector<LegRequest> requests{2};
  std::vector<LegStats> stats{2};
  std::vector<LegWatch> watches;
  std::chrono::steady_clock::time_point now{1000s};

  Watched() {
    for (std::size_t i = 0; i < 2; ++i) {
      requests[i].id = i == 0 ? "a" : "b";
      requests[i].sinks = {i == 0 ? "b" : "a"};
      stats[i].id = static_cast<std::uint16_t>(i + 1);
      stats[i].rtp.destination = test::at("192.0.2.9:4000");
    }
    look();
  }

  std::vector<OneWayChange> look() {
    return look_at(watches, {{&requests[0], &stats[0], 1}, {&requests[1], &stats[1], 2}}, now, 10s);
  }

  void speak(std::size_t leg, std::uint64_t packets) {
    stats[leg].rtp.rx_packets += packets;
    stats[1 - leg].rtp.tx_packets += packets;
  }

  // All changes while the parties speak or don't.
  std::vector<OneWayChange> pass(int seconds, bool a, bool b) {
    std::vector<OneWayChange> all;
    for (int i = 0; i < seconds; ++i) {
      speak(0, a ? 50 : 0);
      speak(1, b ? 50 : 0);
      now += 1s;
      const auto changes = look();
      all.insert(all.end(), changes.begin(), changes.end());
    }
    return all;
  }
};

TEST(SessionWatch, TwoWaysIsNoNews) {
  Watched session;
  EXPECT_TRUE(session.pass(60, true, true).empty());
}

TEST(SessionWatch, SilenceOnBothSidesIsNoOneWayAudio) {
  Watched session;
  EXPECT_TRUE(session.pass(60, false, false).empty());
  session.pass(5, true, true);
  EXPECT_TRUE(session.pass(60, false, false).empty());
}

TEST(SessionWatch, APartyThatNeverSpeaksIsSuspectedOnce) {
  Watched session;
  EXPECT_TRUE(session.pass(9, true, false).empty());
  const auto changes = session.pass(30, true, false);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].leg, 1U);
  EXPECT_EQ(changes[0].cause, OneWayCause::kNeverHeard);
}

TEST(SessionWatch, APartyThatFallsSilentIsSuspectedAndClears) {
  Watched session;
  session.pass(20, true, true);
  const auto changes = session.pass(15, true, false);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].cause, OneWayCause::kFellSilent);
  const auto end = session.pass(2, true, true);
  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].leg, 1U);
  EXPECT_EQ(end[0].cause, OneWayCause::kNone);
}

TEST(SessionWatch, SuspicionStaysWhenTheOtherFallsSilentToo) {
  Watched session;
  session.pass(20, true, false);
  EXPECT_TRUE(session.pass(20, false, false).empty());
  EXPECT_EQ(session.watches[1].one_way, OneWayCause::kNeverHeard);
}

TEST(SessionWatch, APartyWhosePacketsAllEndOnTheWayOutIsNotHeard) {
  Watched session;
  std::vector<OneWayChange> all;
  for (int i = 0; i < 15; ++i) {
    session.stats[0].rtp.dropped += 50;
    session.stats[0].drops[static_cast<std::size_t>(DropReason::payload_type_unmapped)] += 50;
    const auto changes = session.pass(1, true, true);
    all.insert(all.end(), changes.begin(), changes.end());
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].leg, 0U);
  EXPECT_EQ(all[0].cause, OneWayCause::kRefused);
  EXPECT_EQ(session.pass(1, true, true).size(), 1U) << "over, with the first packets that pass";
}

TEST(SessionWatch, SomePacketsThatEndOnTheWayOutAreNoOneWayAudio) {
  Watched session;
  for (int i = 0; i < 15; ++i) {
    session.stats[0].drops[static_cast<std::size_t>(DropReason::exceeds_mtu)] += 25;
    EXPECT_TRUE(session.pass(1, true, true).empty());
  }
}

TEST(SessionWatch, MediaOnTheRtcpPortIsRefused) {
  Watched session;
  std::vector<OneWayChange> all;
  for (int i = 0; i < 15; ++i) {
    session.stats[1].drops[static_cast<std::size_t>(DropReason::rtp_on_rtcp_port)] += 50;
    const auto changes = session.pass(1, true, false);
    all.insert(all.end(), changes.begin(), changes.end());
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].leg, 1U);
  EXPECT_EQ(all[0].cause, OneWayCause::kRefused);
}

TEST(SessionWatch, PacketsThatAreAllDroppedAreAnotherCause) {
  Watched session;
  std::vector<OneWayChange> all;
  for (int i = 0; i < 15; ++i) {
    session.stats[1].rtp.dropped += 50;
    const auto changes = session.pass(1, true, false);
    all.insert(all.end(), changes.begin(), changes.end());
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].cause, OneWayCause::kRefused);
}

TEST(SessionWatch, HoldIsNoFault) {
  Watched session;
  session.requests[1].direction = Direction::kRecvOnly;
  EXPECT_TRUE(session.pass(60, true, false).empty());
  session.requests[1].direction = Direction::kSendRecv;
  EXPECT_TRUE(session.pass(9, true, false).empty()) << "the silence counts from the end of the hold";
  EXPECT_EQ(session.pass(5, true, false).size(), 1U);
}

TEST(SessionWatch, ALegThatStaysWithoutAnAddressIsSuspected) {
  Watched session;
  session.stats[1].rtp.destination.reset();
  EXPECT_TRUE(session.pass(9, true, true).empty());  // its answer may be on the way
  const auto changes = session.pass(5, true, true);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].leg, 1U);
  EXPECT_EQ(changes[0].cause, OneWayCause::kNoAddress);
  EXPECT_TRUE(session.pass(5, false, true).empty());  // still the same trouble
  session.stats[1].rtp.destination = test::at("192.0.2.9:4000");
  EXPECT_EQ(session.pass(1, true, true).size(), 1U);
}

// With rtcp-mux RTCP that is relayed counts as sent, but nobody speaks.
TEST(SessionWatch, RelayedRtcpIsNoMedia) {
  Watched session;
  session.pass(5, true, true);
  for (int i = 0; i < 30; ++i) {
    ++session.stats[0].rtp.tx_packets;
    ++session.stats[1].rtp.tx_packets;
    EXPECT_TRUE(session.pass(1, false, false).empty());
  }
}

TEST(SessionWatch, ALegThatOnlyListensHasNothingToSay) {
  Watched session;
  session.requests[1].sinks.clear();
  EXPECT_TRUE(session.pass(60, true, false).empty());
}

TEST(SessionWatch, ZeroNeverSuspects) {
  Watched session;
  session.stats[0].rtp.destination.reset();
  for (int i = 0; i < 100; ++i) {
    session.speak(0, 50);
    session.now += 1s;
    EXPECT_TRUE(
        look_at(session.watches,
                {{&session.requests[0], &session.stats[0], 1}, {&session.requests[1], &session.stats[1], 2}},
                session.now, 0s)
            .empty());
  }
}

TEST(SessionWatch, RemembersTheWorstInterval) {
  Watched session;
  ReceptionStats& reception = session.stats[0].reception;
  reception.payload_type = 8;
  const auto interval = [&](std::uint64_t expected, std::uint64_t received) {
    reception.expected += expected;
    reception.received += received;
    session.pass(1, true, true);
  };
  interval(250, 250);
  ASSERT_LT(session.watches[0].lowest_r, LegWatch::kNoR);
  const double best = session.watches[0].lowest_r;
  interval(250, 200);
  const double worst = session.watches[0].lowest_r;
  EXPECT_LT(worst, best - 20);
  interval(250, 250);
  EXPECT_EQ(session.watches[0].lowest_r, worst);
}

TEST(SessionWatch, ForgetsLegsThatAreGone) {
  Watched session;
  session.pass(1, true, true);
  EXPECT_EQ(session.watches.size(), 2U);
  look_at(session.watches, {{&session.requests[0], &session.stats[0], 1}}, session.now, 10s);
  ASSERT_EQ(session.watches.size(), 1U);
  EXPECT_EQ(session.watches[0].number, 1);
}

TEST(WatchSchedule, GivesEachSessionItsTurnWhenItIsDue) {
  WatchSchedule schedule;
  const std::chrono::steady_clock::time_point start{};
  EXPECT_FALSE(schedule.take(start));
  schedule.add(1, start + 1s);
  schedule.add(2, start + 2s);
  EXPECT_FALSE(schedule.take(start));
  EXPECT_EQ(schedule.take(start + 1s), 1U);
  EXPECT_FALSE(schedule.take(start + 1s));
  EXPECT_EQ(schedule.take(start + 5s), 2U);
  EXPECT_FALSE(schedule.take(start + 5s));
}

}  // namespace
}  // namespace pollux::control
