#include "dataplane/dtmf/event_receiver.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dtmf/receiver_fixture.hpp"

namespace pollux::dtmf {
namespace {

using Told = std::vector<std::string>;

TEST_F(ReceiverTest, APressAsItShouldBe) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true, .volume = 10});
  EXPECT_EQ(told(), Told{"5 begin 20"});
  EXPECT_EQ(last().began_ms, 980U);
  EXPECT_EQ(last().volume, 10);
  send(1020, {.sequence = 2, .duration = 320});
  EXPECT_EQ(told(), Told{"5 progress 40"});
  send(1040, {.sequence = 3, .duration = 480, .end = true});
  EXPECT_EQ(told(), Told{"5 end 60"});
  EXPECT_EQ(last().began_ms, 980U);
  send(1040, {.sequence = 4, .duration = 480, .end = true});
  send(1040, {.sequence = 5, .duration = 480, .end = true});
  EXPECT_EQ(told(), Told{});
  EXPECT_EQ(receiver.due_ms(), EventReceiver::kNever);
}

TEST_F(ReceiverTest, WhicheverPacketSurvivesIsThePress) {
  const std::vector<Sent> press = {{.sequence = 1, .duration = 160, .marker = true},
                                   {.sequence = 2, .duration = 320},
                                   {.sequence = 3, .duration = 480, .end = true},
                                   {.sequence = 4, .duration = 480, .end = true},
                                   {.sequence = 5, .duration = 480, .end = true}};
  // Every subset of the packets but the empty one.
  for (unsigned survivors = 1; survivors < 32; ++survivors) {
    receiver = {};
    std::uint32_t longest = 0;
    for (std::size_t i = 0; i < press.size(); ++i) {
      if ((survivors >> i & 1U) != 0) {
        send(1000 + 20 * i, press[i]);
        longest = std::max<std::uint32_t>(longest, press[i].duration / 8);
      }
    }
    expire_all();
    const PressReports reports = take_reports();
    ASSERT_GE(reports.size(), 2U) << survivors;
    std::size_t begins = 0;
    std::size_t ends = 0;
    for (const PressReport& report : reports) {
      begins += report.kind == PressReport::Kind::kBegin;
      ends += report.kind == PressReport::Kind::kEnd;
    }
    EXPECT_EQ(begins, 1U) << survivors;
    EXPECT_EQ(ends, 1U) << survivors;
    EXPECT_EQ(reports[reports.size() - 1].kind, PressReport::Kind::kEnd);
    EXPECT_EQ(reports[reports.size() - 1].duration_ms, longest) << survivors;
    EXPECT_EQ(reports[reports.size() - 1].repaired, survivors < 4) << survivors;  // no end packet among them
  }
}

TEST_F(ReceiverTest, BackwardsAndTwiceIsStillOnePress) {
  for (int i = 0; i < 2; ++i) {
    send(1100, {.sequence = 5, .duration = 480, .end = true});
    send(1101, {.sequence = 4, .duration = 480, .end = true});
    send(1102, {.sequence = 3, .duration = 480, .end = true});
    send(1103, {.sequence = 2, .duration = 320});
    send(1104, {.sequence = 1, .duration = 160, .marker = true});
  }
  EXPECT_EQ(told(), (Told{"5 begin 60", "5 end 60"}));
  EXPECT_EQ(last().began_ms, 1040U);
}

TEST_F(ReceiverTest, ShorterDurationsTellNothing) {
  send(1000, {.sequence = 2, .duration = 320});
  send(1001, {.sequence = 1, .duration = 160, .marker = true});
  send(1020, {.sequence = 3, .duration = 320});
  EXPECT_EQ(told(), Told{"5 begin 40"});
  send(1040, {.sequence = 4, .duration = 100, .end = true});  // a broken end doesn't make it shorter
  EXPECT_EQ(told(), Told{"5 end 40"});
}

// RFC 4733 §2.3.5.
TEST_F(ReceiverTest, DurationZeroTellsNothing) {
  send(1000, {.sequence = 1, .duration = 0, .marker = true});
  send(1020, {.sequence = 2, .duration = 0, .end = true});
  EXPECT_EQ(told(), Told{});
  send(1040, {.sequence = 3, .duration = 320});
  EXPECT_EQ(told(), Told{"5 begin 40"});
  send(1060, {.sequence = 4, .duration = 0, .end = true});
  EXPECT_EQ(told(), Told{"5 end 40"});
}

TEST_F(ReceiverTest, LostEndsAfterThreeIntervalsOfSilence) {
  // Not known yet: 50 ms.
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  EXPECT_EQ(receiver.due_ms(), 1150U);
  expire(1149);
  EXPECT_EQ(told(), Told{"5 begin 20"});
  expire(1150);
  EXPECT_EQ(told(), Told{"5 end 20!"});
  EXPECT_EQ(receiver.due_ms(), EventReceiver::kNever);
}

TEST_F(ReceiverTest, TheIntervalIsLearned) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  send(1020, {.sequence = 2, .duration = 320});
  EXPECT_EQ(receiver.due_ms(), 1080U);
  // The next press of this sender knows it from the start.
  send(1040, {.sequence = 3, .duration = 400, .end = true});
  send(2000, {.sequence = 50, .timestamp = 16'000, .duration = 160, .marker = true});
  EXPECT_EQ(receiver.due_ms(), 2060U);
  // Faster than 20 ms and slower than 60 ms count as such.
  send(2005, {.sequence = 51, .timestamp = 16'000, .duration = 200});
  EXPECT_EQ(receiver.due_ms(), 2065U);
  send(2105, {.sequence = 52, .timestamp = 16'000, .duration = 1000});
  EXPECT_EQ(receiver.due_ms(), 2285U);
}

TEST_F(ReceiverTest, LostPacketsDontMakeTheIntervalLonger) {
  send(1000, {.sequence = 1, .duration = 400, .marker = true});
  send(1050, {.sequence = 2, .duration = 800});
  send(1200, {.sequence = 5, .duration = 2000});
  EXPECT_EQ(receiver.due_ms(), 1350U);
  // Audio between them (keep_audio): numbers jump, durations tell.
  receiver = {};
  send(1000, {.sequence = 1, .duration = 400, .marker = true});
  send(1050, {.sequence = 4, .duration = 800});
  send(1100, {.sequence = 7, .duration = 1200});
  EXPECT_EQ(receiver.due_ms(), 1250U);
}

TEST_F(ReceiverTest, GoingOnAfterTheTimeoutIsNoSecondPress) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  expire(1150);
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 20!"}));
  send(1200, {.sequence = 11, .duration = 1760});
  send(1220, {.sequence = 12, .duration = 1920, .end = true});
  EXPECT_EQ(told(), Told{});
}

TEST_F(ReceiverTest, TwoPressesOfAKeyFortyMillisecondsApart) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  send(1020, {.sequence = 2, .duration = 320, .end = true});
  send(1060, {.sequence = 5, .timestamp = 8640, .duration = 160, .marker = true});
  send(1080, {.sequence = 6, .timestamp = 8640, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 40", "5 begin 20", "5 end 40"}));
}

TEST_F(ReceiverTest, TwoPressesAlsoWhenTheEndsOfTheFirstAreLost) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  send(1020, {.sequence = 2, .duration = 320});
  send(1080, {.sequence = 6, .timestamp = 8640, .duration = 160, .marker = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 progress 40", "5 end 40!", "5 begin 20"}));
}

TEST_F(ReceiverTest, TwoPressesAlsoWhenTheBeginOfTheSecondIsLostToo) {
  send(1000, {.sequence = 1, .duration = 160, .marker = true});
  // 2 (40 ms), three ends, the second press's 20 and 40 ms are lost.
  send(1120, {.sequence = 8, .timestamp = 8640, .duration = 480});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 20!", "5 begin 60"}));
}

TEST_F(ReceiverTest, ALatePressIsToldWhole) {
  send(1100, {.sequence = 9, .timestamp = 9000, .event = 6, .duration = 160, .marker = true});
  send(1105, {.sequence = 6, .timestamp = 8200, .event = 5, .duration = 480, .end = true});
  EXPECT_EQ(told(), (Told{"6 begin 20", "5 begin 60", "5 end 60"}));
  EXPECT_EQ(last().began_ms, 980U);  // 100 ms before the other one by the sender's clock
  send(1106, {.sequence = 7, .timestamp = 8200, .event = 5, .duration = 480, .end = true});
  EXPECT_EQ(told(), Told{});
  send(1120, {.sequence = 10, .timestamp = 9000, .event = 6, .duration = 320, .end = true});
  EXPECT_EQ(told(), Told{"6 end 40"});
}

TEST_F(ReceiverTest, ALatePressWithoutItsEndIsToldWholeToo) {
  send(1100, {.sequence = 9, .timestamp = 9000, .duration = 160, .marker = true});
  send(1105, {.sequence = 3, .timestamp = 8200, .duration = 320});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 begin 40", "5 end 40!"}));
}

TEST_F(ReceiverTest, AnotherEventWithTheSameTimestampIsAnotherPress) {
  send(1000, {.sequence = 1, .event = 5, .duration = 160, .marker = true});
  send(1001, {.sequence = 2, .event = 6, .duration = 160});
  send(1020, {.sequence = 3, .event = 5, .duration = 320, .end = true});
  send(1021, {.sequence = 4, .event = 6, .duration = 480, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "6 begin 20", "5 end 40", "6 end 60"}));
}

TEST_F(ReceiverTest, AnotherSourceIsAnotherPress) {
  send(1000, {.ssrc = 1, .sequence = 1, .duration = 160, .marker = true});
  send(1010, {.ssrc = 2, .sequence = 900, .duration = 160, .marker = true});
  send(1020, {.ssrc = 1, .sequence = 2, .duration = 320, .end = true});
  send(1030, {.ssrc = 2, .sequence = 901, .duration = 480, .end = true});
  send(1040, {.ssrc = 1, .sequence = 3, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 begin 20", "5 end 40", "5 end 60"}));
}

TEST_F(ReceiverTest, NumbersAndTimestampsWrapAround) {
  send(1000, {.sequence = 65535, .timestamp = 0xffffff00, .duration = 160, .marker = true});
  send(1020, {.sequence = 0, .timestamp = 0xffffff00, .duration = 320});
  EXPECT_EQ(receiver.due_ms(), 1080U);
  send(1040, {.sequence = 1, .timestamp = 0xffffff00, .duration = 480, .end = true});
  send(1100, {.sequence = 4, .timestamp = 0x00000200, .duration = 160, .marker = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 progress 40", "5 end 60", "5 begin 20"}));
  // And back: late by both.
  send(1101, {.sequence = 65530, .timestamp = 0xfffffa00, .event = 7, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"7 begin 40", "7 end 40"}));
}

TEST_F(ReceiverTest, TheClockRateIsThePackets) {
  send(1000, {.sequence = 1, .clock_rate = 48'000, .duration = 960, .marker = true});
  send(1020, {.sequence = 2, .clock_rate = 48'000, .duration = 1920, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 40"}));
}

TEST_F(ReceiverTest, ASenderThatGoesBackInTimeBeginsANewPress) {
  send(1000, {.sequence = 20'000, .timestamp = 800'000, .duration = 160, .marker = true});
  send(1020, {.sequence = 20'001, .timestamp = 800'000, .duration = 320, .end = true});
  // The same SSRC counts from elsewhere: it isn't a press from the past.
  send(1500, {.sequence = 20'002, .timestamp = 790'000, .event = 6, .duration = 160, .marker = true});
  send(1520, {.sequence = 20'003, .timestamp = 790'000, .event = 6, .duration = 320});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 40", "6 begin 20", "6 progress 40"}));
  send(1600, {.sequence = 3, .timestamp = 789'000, .event = 7, .duration = 160, .marker = true});
  EXPECT_EQ(told(), (Told{"6 end 40!", "7 begin 20"}));
  EXPECT_EQ(receiver.due_ms(), 1660U);
}

TEST_F(ReceiverTest, BeforeTheClockBeganIsWhenItBegan) {
  send(5, {.sequence = 1, .duration = 800});
  EXPECT_EQ(last().began_ms, 0U);
}

TEST_F(ReceiverTest, RefusesWhatIsNoEventAndChangesNothing) {
  PressReports reports;
  for (const std::size_t size : {0U, 3U, 6U}) {
    const std::vector<std::uint8_t> payload(size, 5);
    EXPECT_FALSE(receiver.take({.payload = payload}, 1000, reports));
  }
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(receiver.due_ms(), EventReceiver::kNever);
}

TEST_F(ReceiverTest, OldPressesAreNotToldAgainWhenThereAreTooManyToRemember) {
  for (std::uint16_t i = 0; i < 40; ++i) {
    send(1000U + i, {.sequence = static_cast<std::uint16_t>(100 + i),
                     .timestamp = 8000U + 800U * i,
                     .duration = 320,
                     .end = true,
                     .marker = true});
  }
  take_reports();
  for (std::uint16_t i = 0; i < 40; ++i) {
    send(1040, {.sequence = static_cast<std::uint16_t>(100 + i),
                .timestamp = 8000U + 800U * i,
                .duration = 320,
                .end = true,
                .marker = true});
  }
  EXPECT_EQ(told(), Told{});
}

TEST_F(ReceiverTest, MoreOpenPressesThanItRemembersEndTheOldest) {
  for (std::uint8_t i = 0; i < 17; ++i) {
    send(1000, {.sequence = i, .event = i, .duration = 160});
  }
  const PressReports reports = take_reports();
  ASSERT_EQ(reports.size(), 18U);
  EXPECT_EQ(text(reports[16]), "0 end 20!");
  EXPECT_EQ(text(reports[17]), "16 begin 20");
}

TEST_F(ReceiverTest, AKeyIsForgottenAfterAWhile) {
  send(1000, {.sequence = 1, .duration = 320, .end = true});
  send(60'000, {.sequence = 2, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 40", "5 end 40", "5 begin 40", "5 end 40"}));
}

}  // namespace
}  // namespace pollux::dtmf
