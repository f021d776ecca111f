// Live presses, whose length is told while they are being sent; and presses that leave as audio.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/dtmf/sender_fixture.hpp"

namespace pollux::dtmf::sender_test {
namespace {

TEST(DigitSender, ALivePressTellsNoMoreThanIsKnown) {
  DigitSender sender;
  sender.queue(live(1, 5, 10), 1000);
  EXPECT_EQ(events(run(sender, 1000)), (std::vector<Sent>{{1000, 160, false, true}}));
  EXPECT_EQ(events(run(sender, 1020)), (std::vector<Sent>{{1020, 160}}));  // nothing new is known
  sender.progress(1, 50);
  EXPECT_EQ(events(run(sender, 1040)), (std::vector<Sent>{{1040, 400}}));
  sender.progress(1, 30);  // never less than before
  sender.progress(1, 500);
  EXPECT_EQ(events(run(sender, 1060)), (std::vector<Sent>{{1060, 640}}));  // never more than has passed
  sender.end(1, 90);
  EXPECT_EQ(events(run(sender, 2000)),
            (std::vector<Sent>{{1080, 720, true}, {1080, 720, true}, {1080, 720, true}}));
}

TEST(DigitSender, TheEndOfALivePressThatComesLateIsSentAtOnce) {
  DigitSender sender;
  sender.set({.packet_ms = 50});
  sender.queue(live(1, 5, 50), 1000);
  run(sender, 1050);
  sender.end(1, 60);
  EXPECT_EQ(sender.due_ms(), 1060U);
  const std::vector<Done> done = run(sender, 2000);
  EXPECT_EQ(events(done), (std::vector<Sent>{{1060, 480, true}, {1060, 480, true}, {1060, 480, true}}));
  EXPECT_EQ(done.back().at_ms, 1060U);
}

TEST(DigitSender, AnEndNeverTakesBackWhatWasSent) {
  DigitSender sender;
  sender.queue(live(1, 5, 200), 1000);
  run(sender, 1040);  // 60 ms have been told
  sender.end(1, 45);
  const std::vector<Done> done = run(sender, 2000);
  EXPECT_EQ(events(done), (std::vector<Sent>{{1060, 480, true}, {1060, 480, true}, {1060, 480, true}}));
  EXPECT_EQ(done.back().step.duration_ms, 60U);
}

TEST(DigitSender, ALivePressThatWaitsKeepsItsLength) {
  DigitSender sender;
  sender.queue(whole(1, 100), 1000);
  sender.queue(live(9, 2, 20), 1010);
  sender.queue(live(10, 3, 20), 1020);
  sender.progress(9, 70);
  sender.end(9, 70);
  run(sender, 1160);
  sender.progress(10, 140);
  const std::vector<Done> begun = run(sender, 1260);
  EXPECT_EQ(begun.back().step.kind, Kind::kEvent);
  sender.end(10, 160);
  std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(done.back().step.duration_ms, 160U);
  EXPECT_EQ(done.back().at_ms, 1250U + 160);
  EXPECT_EQ(spans(begun).back(), (Span{3, 1250, 0, 0}));
}

TEST(DigitSender, APressWhoseEndNeverComesEndsAtLast) {
  DigitSender sender;
  sender.queue(live(1, 5, 20), 0);
  SendStep step;
  std::uint64_t now_ms = 0;
  std::size_t packets = 0;
  for (; sender.due_ms() != DigitSender::kNever; now_ms = std::max(now_ms, sender.due_ms())) {
    ASSERT_LE(now_ms, kMaxPressMs);
    sender.progress(1, static_cast<std::uint32_t>(now_ms + 20));
    ASSERT_TRUE(sender.next(now_ms, step));
    packets += step.kind == Kind::kEvent;
  }
  EXPECT_EQ(step.kind, Kind::kEnd);
  EXPECT_EQ(step.duration_ms, kMaxPressMs);
  // Nor does one of which nothing more is heard; and tones and pauses don't either.
  for (const Rendering rendering :
       {Rendering::kEvent, Rendering::kTone, Rendering::kSilence, Rendering::kMute}) {
    sender.clear();
    sender.queue(rendered(live(1, 5, 20), rendering), 0);
    const std::vector<Done> done = run(sender, 100'000);
    EXPECT_EQ(done.back().step.kind, Kind::kEnd);
    EXPECT_LE(done.back().at_ms, kMaxPressMs + 30U);
    EXPECT_GE(done.back().at_ms, kMaxPressMs - 60U) << static_cast<int>(rendering);
  }
}

TEST(DigitSender, ALivePressWithoutANameHasTheLengthThatIsKnown) {
  DigitSender sender;
  sender.queue(live(0, 5, 80), 0);
  EXPECT_EQ(spans(run(sender, 60'000)), (std::vector<Span>{{5, 0, 80, 80}}));
}

TEST(DigitSender, WhatIsUnknownIsIgnored) {
  DigitSender sender;
  sender.progress(1, 100);
  sender.end(1, 100);
  sender.reopen(1);
  sender.queue(whole(5, 100), 0);  // id 0
  sender.end(0, 500);
  sender.reopen(0);
  sender.progress(0, 400);
  EXPECT_EQ(spans(run(sender, 5000)), (std::vector<Span>{{5, 0, 100, 100}}));
  // Of one that isn't live there is nothing to tell either.
  DigitOrder order = whole(6, 100);
  order.id = 3;
  sender.queue(order, 6000);
  sender.end(3, 500);
  sender.progress(3, 400);
  EXPECT_EQ(spans(run(sender, 9000)), (std::vector<Span>{{6, 6000, 6100, 100}}));
  sender.reopen(3);
  EXPECT_EQ(sender.due_ms(), DigitSender::kNever);
}

TEST(DigitSender, AReopenedPressWaitsForItsEnd) {
  DigitSender sender;
  DigitOrder order = whole(6, 100);
  order.id = 3;
  sender.queue(order, 1000);
  run(sender, 1040);  // 60 ms have been told
  sender.reopen(3);
  run(sender, 1200);
  EXPECT_TRUE(sender.active());
  sender.progress(3, 150);
  run(sender, 1220);
  sender.end(3, 180);
  EXPECT_EQ(run(sender, 5000).back().step.duration_ms, 180U);
  // One that is still in the queue.
  sender.queue(whole(1, 200), 6000);
  sender.queue(order, 6000);
  sender.reopen(3);
  sender.end(3, 60);
  EXPECT_EQ(spans(run(sender, 9000)), (std::vector<Span>{{1, 6000, 6200, 200}, {6, 6240, 6300, 60}}));
}

TEST(DigitSender, WhatHasEndedIsNotReopened) {
  DigitSender sender;
  DigitOrder order = whole(6, 100);
  order.id = 3;
  sender.queue(order, 1000);
  SendStep step;
  while (!step.end) {
    ASSERT_TRUE(sender.next(sender.due_ms(), step));
  }
  sender.reopen(3);  // after the first of three
  sender.end(3, 900);
  const std::vector<Done> rest = run(sender, 60'000);
  EXPECT_EQ(events(rest), (std::vector<Sent>{{1080, 800, true}, {1080, 800, true}}));
  EXPECT_EQ(rest.back().at_ms, 1100U);
}

TEST(DigitSender, TonesArePacedFromHalfAPacketOn) {
  DigitSender sender;
  sender.queue(rendered(whole(5, 70), Rendering::kTone), 1000);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(done.front().step.kind, Kind::kBegin);
  EXPECT_EQ(done.front().at_ms, 1000U);
  EXPECT_EQ(audio(done), (std::vector<Audio>{{1010, 0, 20}, {1030, 20, 20}, {1050, 40, 20}, {1070, 60, 10}}));
  EXPECT_EQ(done[1].step.packet_ms, 20);
  EXPECT_EQ(spans(done), (std::vector<Span>{{5, 1000, 1090, 70}}));
}

TEST(DigitSender, ATonePressOfWholePacketsHasNoPacketBehindIt) {
  DigitSender sender;
  sender.queue(rendered(whole(5, 60), Rendering::kTone), 0);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(audio(done), (std::vector<Audio>{{10, 0, 20}, {30, 20, 20}, {50, 40, 20}}));
  EXPECT_EQ(done.back().at_ms, 70U);
}

TEST(DigitSender, ALiveToneEndsWhereItsEndIsKnownInTime) {
  DigitSender sender;
  sender.queue(rendered(live(1, 5, 20), Rendering::kTone), 0);
  run(sender, 55);
  sender.end(1, 72);
  EXPECT_EQ(audio(run(sender, 5000)), (std::vector<Audio>{{70, 60, 12}}));
  // Too late: the tone that has been sent is the press.
  sender.queue(rendered(live(2, 5, 20), Rendering::kTone), 1000);
  run(sender, 1055);
  sender.end(2, 52);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(audio(done), std::vector<Audio>{});
  EXPECT_EQ(done.back().at_ms, 1070U);
  EXPECT_EQ(done.back().step.duration_ms, 60U);
}

TEST(DigitSender, TonesThatAreLateAreMadeUpFor) {
  DigitSender sender;
  sender.queue(rendered(whole(5, 100), Rendering::kTone), 0);
  SendStep step;
  ASSERT_TRUE(sender.next(0, step));
  for (std::uint32_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(sender.next(55, step));
    EXPECT_EQ(step.offset_ms, 20 * i);
  }
  EXPECT_FALSE(sender.next(55, step));
  EXPECT_EQ(sender.due_ms(), 70U);
}

TEST(DigitSender, SilenceIsAudioWithoutTone) {
  DigitSender sender;
  sender.queue(rendered(whole(5, 50), Rendering::kSilence), 0);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(audio(done), (std::vector<Audio>{{10, 0, 0}, {30, 20, 0}, {50, 40, 0}}));
  EXPECT_EQ(done[1].step.order.rendering, Rendering::kSilence);
  EXPECT_EQ(done.back().step.duration_ms, 50U);
}

TEST(DigitSender, MuteSendsNothing) {
  DigitSender sender;
  sender.queue(rendered(whole(5, 100), Rendering::kMute), 0);
  sender.queue(rendered(live(1, 6, 20), Rendering::kMute), 0);
  const std::vector<Done> done = run(sender, 300);
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(spans(done).front(), (Span{5, 0, 100, 100}));
  sender.end(1, 70);
  EXPECT_EQ(run(sender, 300).back().step.duration_ms, 70U);
}

}  // namespace
}  // namespace pollux::dtmf::sender_test
