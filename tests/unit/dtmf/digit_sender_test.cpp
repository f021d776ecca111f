#include "dataplane/dtmf/digit_sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/dtmf/sender_fixture.hpp"

namespace pollux::dtmf::sender_test {
namespace {

static_assert(sizeof(DigitSender) <= 1200, "it lies in every leg that sends digits");

TEST(DigitSender, APressAsEveryReceiverKnowsIt) {
  DigitSender sender;
  EXPECT_EQ(sender.due_ms(), DigitSender::kNever);
  sender.queue(whole(5, 100), 1000);
  EXPECT_EQ(sender.due_ms(), 1000U);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(events(done), (std::vector<Sent>{{1000, 160, false, true},
                                             {1020, 320},
                                             {1040, 480},
                                             {1060, 640},
                                             {1080, 800, true},
                                             {1080, 800, true},
                                             {1080, 800, true}}));
  EXPECT_EQ(done.front().step.kind, Kind::kBegin);
  EXPECT_EQ(done.front().at_ms, 1000U);
  EXPECT_EQ(done.back().step.kind, Kind::kEnd);
  EXPECT_EQ(done.back().at_ms, 1100U);
  EXPECT_EQ(done.back().step.duration_ms, 100U);
}

TEST(DigitSender, TheStepsCarryTheOrder) {
  DigitSender sender;
  DigitOrder order = live(77, 11, 30);
  order.level = 12;
  order.gap_ms = 300;
  sender.queue(order, 0);
  SendStep step;
  ASSERT_TRUE(sender.next(0, step));
  EXPECT_EQ(step.order.id, 77U);
  EXPECT_EQ(step.order.rendering, Rendering::kEvent);
  EXPECT_EQ(step.order.event, 11);
  EXPECT_EQ(step.order.level, 12);
  EXPECT_TRUE(step.order.live);
  EXPECT_EQ(step.order.way, DtmfWay::kInBand);
  EXPECT_EQ(step.order.duration_ms, 30U);
  EXPECT_EQ(step.order.gap_ms, 300);
}

TEST(DigitSender, PacketsEveryFiftyMillisecondsWithTheClockOfTheEvents) {
  DigitSender sender;
  sender.set({.event_clock_rate = 48'000, .packet_ms = 50});
  sender.queue(whole(5, 120), 0);
  EXPECT_EQ(
      events(run(sender, 1000)),
      (std::vector<Sent>{
          {0, 2400, false, true}, {50, 4800}, {100, 5760, true}, {100, 5760, true}, {100, 5760, true}}));
}

TEST(DigitSender, TheEndDoesntWaitForThePaceOnceTheTimeHasPassed) {
  DigitSender sender;
  sender.set({.packet_ms = 60});
  sender.queue(whole(5, 40), 0);
  const std::vector<Done> done = run(sender, 1000);
  EXPECT_EQ(events(done),
            (std::vector<Sent>{{0, 320, false, true}, {40, 320, true}, {40, 320, true}, {40, 320, true}}));
  EXPECT_EQ(spans(done), (std::vector<Span>{{5, 0, 40, 40}}));
}

TEST(DigitSender, SettingsChangeBetweenPressesOnly) {
  DigitSender sender;
  sender.queue(whole(5, 60), 0);
  sender.queue(whole(6, 60), 0);
  run(sender, 0);
  sender.set({.event_clock_rate = 16'000, .packet_ms = 30});
  const std::vector<Sent> sent = events(run(sender, 1000));
  EXPECT_EQ(sent, (std::vector<Sent>{{20, 320},
                                     {40, 480, true},
                                     {40, 480, true},
                                     {40, 480, true},
                                     {100, 480, false, true},
                                     {130, 960, true},
                                     {130, 960, true},
                                     {130, 960, true}}));
}

TEST(DigitSender, ShortPressesAreLengthened) {
  DigitSender sender;
  sender.queue(whole(5, 1), 0);
  sender.queue(rendered(whole(6, 1), Rendering::kTone), 0);
  sender.queue(rendered(whole(7, 1), Rendering::kMute), 0);
  sender.queue(rendered(whole(8, 1), Rendering::kSilence), 0);
  const std::vector<Span> found = spans(run(sender, 5000));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].duration_ms, kMinPressMs);
  EXPECT_EQ(found[1].duration_ms, kMinToneMs);
  EXPECT_EQ(found[2].duration_ms, kMinPressMs);
  EXPECT_EQ(found[3].duration_ms, kMinPressMs);
}

TEST(DigitSender, BetweenTwoThereIsTheGapOfTheFirst) {
  DigitSender sender;
  sender.queue(whole(1, 100, 200), 1000);
  sender.queue(whole(2, 60, 0), 1000);
  sender.queue(whole(3, 40), 1000);
  EXPECT_EQ(spans(run(sender, 5000)),
            (std::vector<Span>{{1, 1000, 1100, 100}, {2, 1300, 1360, 60}, {3, 1400, 1440, 40}}));
  // Also when the second comes later.
  sender.queue(whole(4, 40), 1450);
  EXPECT_EQ(sender.due_ms(), 1480U);
  run(sender, 5000);
  sender.queue(whole(5, 40), 6000);
  EXPECT_EQ(sender.due_ms(), 6000U);
}

TEST(DigitSender, SixtyFourWait) {
  DigitSender sender;
  EXPECT_EQ(sender.room(), 64U);
  for (std::uint8_t i = 0; i < 64; ++i) {
    sender.queue(whole(i, 40), 0);
  }
  EXPECT_EQ(sender.room(), 0U);
  SendStep step;
  ASSERT_TRUE(sender.next(0, step));
  EXPECT_EQ(sender.room(), 1U);  // one is being sent
  sender.queue(whole(64, 40), 0);
  EXPECT_EQ(sender.room(), 0U);
  const std::vector<Span> found = spans({{0, step}});
  ASSERT_EQ(found.size(), 1U);
  std::vector<Done> done = run(sender, 60'000);
  done.insert(done.begin(), {0, step});
  const std::vector<Span> all = spans(done);
  ASSERT_EQ(all.size(), 65U);
  for (std::uint8_t i = 0; i < 65; ++i) {
    EXPECT_EQ(all[i], (Span{i, i * 80U, i * 80U + 40, 40}));
  }
  EXPECT_EQ(sender.room(), 64U);
  EXPECT_EQ(sender.due_ms(), DigitSender::kNever);
}

TEST(DigitSender, SegmentsOfALongPress) {
  DigitSender sender;
  sender.set({.event_clock_rate = 48'000, .packet_ms = 20});  // 0xFFFF ticks: 1365.3 ms
  sender.queue(whole(5, 3000), 0);
  const std::vector<Sent> sent = events(run(sender, 60'000));
  std::uint32_t total = 0;
  std::vector<Sent> ends;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].marker, i == 0);
    EXPECT_GE(sent[i].segment + sent[i].ticks, total);
    total = sent[i].segment + sent[i].ticks;
    if (sent[i].ticks == 0xffff) {
      EXPECT_FALSE(sent[i].end);
      ends.push_back(sent[i]);
    }
  }
  EXPECT_EQ(total, 144'000U);
  // The last packet of a segment three times, as that of the press; the next segment at the same moment.
  EXPECT_EQ(ends, (std::vector<Sent>{{1360, 0xffff, false, false, 0},
                                     {1360, 0xffff, false, false, 0},
                                     {1360, 0xffff, false, false, 0},
                                     {2720, 0xffff, false, false, 0xffff},
                                     {2720, 0xffff, false, false, 0xffff},
                                     {2720, 0xffff, false, false, 0xffff}}));
  const Sent last{2980, 12'930, true, false, 2 * 0xffff};
  ASSERT_GE(sent.size(), 4U);
  EXPECT_EQ(sent[sent.size() - 1], last);
  EXPECT_EQ(sent[sent.size() - 3], last);
  EXPECT_FALSE(sent[sent.size() - 4].end);
}

TEST(DigitSender, APressOfExactlyOneSegmentHasNoSecond) {
  DigitSender sender;
  sender.set({.event_clock_rate = 65'535, .packet_ms = 20});
  sender.queue(whole(5, 1000), 0);
  const std::vector<Sent> sent = events(run(sender, 60'000));
  EXPECT_EQ(sent.back(), (Sent{980, 0xffff, true, false, 0}));
}

TEST(DigitSender, ALateCallSendsOnePacketAndNotAllThatWereMissed) {
  DigitSender sender;
  sender.queue(whole(5, 500), 0);
  run(sender, 20);
  SendStep step;
  ASSERT_TRUE(sender.next(195, step));
  EXPECT_EQ(step.duration_ticks, (20 + 195) * 8);
  EXPECT_FALSE(sender.next(195, step));
  EXPECT_EQ(sender.due_ms(), 200U);
  // Later than the whole press.
  ASSERT_TRUE(sender.next(900, step));
  EXPECT_TRUE(step.end);
  EXPECT_EQ(step.duration_ticks, 4000);
  ASSERT_TRUE(sender.next(900, step));
  ASSERT_TRUE(sender.next(900, step));
  EXPECT_TRUE(step.end);
  ASSERT_TRUE(sender.next(900, step));
  EXPECT_EQ(step.kind, Kind::kEnd);
  EXPECT_EQ(step.duration_ms, 500U);
}

TEST(DigitSender, ActiveBetweenBeginAndEnd) {
  DigitSender sender;
  sender.queue(whole(5, 40), 0);
  EXPECT_FALSE(sender.active());
  SendStep step;
  while (sender.next(std::min<std::uint64_t>(sender.due_ms(), 10'000), step)) {
    EXPECT_EQ(sender.active(), step.kind != Kind::kEnd);
  }
  EXPECT_FALSE(sender.active());
}

TEST(DigitSender, ClearForgetsEverything) {
  DigitSender sender;
  sender.queue(whole(5, 100), 1000);
  sender.queue(whole(6, 100), 1000);
  run(sender, 1020);
  sender.clear();
  EXPECT_FALSE(sender.active());
  EXPECT_EQ(sender.room(), kMaxQueuedPresses);
  EXPECT_EQ(sender.due_ms(), DigitSender::kNever);
  SendStep step;
  EXPECT_FALSE(sender.next(9000, step));
  sender.queue(whole(7, 40), 1025);
  EXPECT_EQ(spans(run(sender, 5000)), (std::vector<Span>{{7, 1025, 1065, 40}}));
}

TEST(DigitSender, NothingIsDoneBeforeItIsDue) {
  DigitSender sender;
  SendStep step;
  EXPECT_FALSE(sender.next(1'000'000, step));
  sender.queue(whole(5, 100), 1000);
  run(sender, 1000);
  EXPECT_EQ(sender.due_ms(), 1020U);
  EXPECT_FALSE(sender.next(1019, step));
}

}  // namespace
}  // namespace pollux::dtmf::sender_test
