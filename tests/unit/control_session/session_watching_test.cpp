// Quality and one-way audio as clients see them: in views and events.
#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;

class WatchingTest : public ::testing::Test {
 public:
  void SetUp() override {
    fixture.create("call", answer);
    fixture.settle();
    ASSERT_TRUE(answer.arrived());
    const SessionSpec spec = *fixture.dataplane.spec(fixture.dataplane.last_handle());
    for (const LegSpec& leg : spec.legs) {
      LegStats stats_of_leg;
      stats_of_leg.id = leg.id;
      stats_of_leg.rtp.destination = leg.remote_rtp;
      stats.legs.push_back(stats_of_leg);
    }
  }
  // A second in which A speaks, with one packet in ten lost, and B doesn't.
  void pass() {
    LegStats& a = stats.legs[0];
    a.rtp.rx_packets += 45;
    a.reception.expected += 50;
    a.reception.received += 45;
    a.reception.gaps += 5;
    a.reception.payload_type = 8;
    a.port = 1;
    stats.legs[1].rtp.tx_packets += 45;
    fixture.dataplane.set_stats(fixture.dataplane.last_handle(), stats);
    fixture.steady += 1s;
    fixture.settle();
  }
  std::vector<std::shared_ptr<const LoggedEvent>> events(LogEventType type) {
    auto all = fixture.manager.events().read(1, "call", 1000).events;
    std::erase_if(all, [type](const auto& event) { return event->type != type; });
    return all;
  }

  test::ManagerFixture fixture;
  test::ManagerFixture::Answer answer;
  SessionStats stats;
};

TEST_F(WatchingTest, OneWayAudioIsAnEventAndShowsInTheSession) {
  for (int i = 0; i < 20; ++i) {
    pass();
  }
  const auto suspected = events(LogEventType::kOneWayAudioSuspected);
  ASSERT_EQ(suspected.size(), 1U);
  EXPECT_EQ(suspected[0]->leg_id, "b");
  EXPECT_EQ(suspected[0]->one_way_cause, OneWayCause::kNeverHeard);
  EXPECT_EQ(suspected[0]->to, test::at("198.51.100.7:5000"));
  test::ManagerFixture::Answer got;
  fixture.manager.get("call", fixture.into(got));
  EXPECT_EQ(got.session().legs[1].one_way, OneWayCause::kNeverHeard);
  EXPECT_EQ(got.session().legs[0].one_way, OneWayCause::kNone);
  stats.legs[1].rtp.rx_packets = 500;
  for (int i = 0; i < 6; ++i) {
    pass();
  }
  EXPECT_EQ(events(LogEventType::kOneWayAudioEnded).size(), 1U);
}

TEST_F(WatchingTest, AViewHasQualityAndPort) {
  for (int i = 0; i < 12; ++i) {
    pass();
  }
  test::ManagerFixture::Answer got;
  fixture.manager.get("call", fixture.into(got));
  const LegView& a = got.session().legs[0];
  ASSERT_TRUE(a.quality);
  EXPECT_EQ(a.quality->codec, "PCMA");
  EXPECT_EQ(a.quality->counts.lost(), 60U);
  ASSERT_TRUE(a.quality->mos);
  EXPECT_LT(*a.quality->mos, 3.7);
  EXPECT_EQ(a.port, "wan");
  EXPECT_FALSE(got.session().legs[1].quality);
}

TEST_F(WatchingTest, TheEndSumsUp) {
  for (int i = 0; i < 12; ++i) {
    pass();
  }
  test::ManagerFixture::Answer ended;
  fixture.manager.remove("call", fixture.into(ended));
  fixture.settle();
  const auto end = events(LogEventType::kSessionEnded);
  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0]->end_reason, EndReason::kDeleted);
  EXPECT_EQ(end[0]->duration, 12s);
  ASSERT_EQ(end[0]->quality.size(), 2U);
  EXPECT_EQ(end[0]->quality[0].leg_id, "a");
  EXPECT_EQ(end[0]->quality[0].rx_packets, 540U);
  ASSERT_TRUE(end[0]->quality[0].stream);
  EXPECT_TRUE(end[0]->quality[0].stream->mos);
  EXPECT_EQ(end[0]->quality[1].tx_packets, 540U);
  EXPECT_FALSE(end[0]->quality[1].stream);
}

}  // namespace
}  // namespace pollux::control
