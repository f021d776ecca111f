// The forms that presses come in besides the plain one: segments, several events in a packet, redundancy, and
// senders that give every packet a new timestamp.
#include <gtest/gtest.h>

#include "tests/unit/dtmf/receiver_fixture.hpp"

namespace pollux::dtmf {
namespace {

using Told = std::vector<std::string>;
using Events = std::vector<EventPayload>;

class EventReceiverForms : public ReceiverTest {
 protected:
  // Begins, ends and repairs among the reports so far.
  struct Count {
    int begins = 0;
    int ends = 0;
    int repaired = 0;
    std::uint32_t duration_ms = 0;  // of the last end
  };
  Count count() {
    Count found;
    for (const PressReport& report : take_reports()) {
      found.begins += report.kind == PressReport::Kind::kBegin;
      found.repaired += report.repaired;
      if (report.kind == PressReport::Kind::kEnd) {
        ++found.ends;
        found.duration_ms = report.duration_ms;
      }
    }
    return found;
  }
};

TEST_F(EventReceiverForms, SegmentsAreOnePress) {
  std::uint16_t sequence = 1;
  send(1000, {.sequence = sequence++, .timestamp = 5, .duration = 65'440, .marker = true});
  for (int i = 0; i < 3; ++i) {
    send(1012, {.sequence = sequence++, .timestamp = 5, .duration = 0xffff});
  }
  send(1012, {.sequence = sequence++, .timestamp = 5 + 0xffff, .duration = 65});
  send(1032, {.sequence = sequence++, .timestamp = 5 + 0xffff, .duration = 225});
  EXPECT_EQ(told(), (Told{"5 begin 8180", "5 progress 8191", "5 progress 8200", "5 progress 8220"}));
  // One of the first segment comes late, and one of the second again: neither tells anything.
  send(1033, {.sequence = 2, .timestamp = 5, .duration = 0xffff});
  send(1034, {.sequence = 5, .timestamp = 5 + 0xffff, .duration = 65});
  EXPECT_EQ(told(), Told{});
  send(1040, {.sequence = sequence++, .timestamp = 5 + 0xffff, .duration = 0xffff});
  send(1060, {.sequence = sequence++, .timestamp = 5 + 2 * 0xffff, .duration = 2, .end = true});
  EXPECT_EQ(told(), (Told{"5 progress 16383", "5 end 16384"}));
  send(1060, {.sequence = sequence++, .timestamp = 5 + 2 * 0xffff, .duration = 2, .end = true});
  EXPECT_EQ(told(), Told{});
}

TEST_F(EventReceiverForms, TheIntervalIsNotLearnedFromTheEndOfASegment) {
  send(1000, {.sequence = 1, .duration = 64'800, .marker = true});
  send(1050, {.sequence = 2, .duration = 65'200});
  send(1092, {.sequence = 3, .duration = 0xffff});
  EXPECT_EQ(receiver.due_ms(), 1242U);
  send(1100, {.sequence = 4, .timestamp = 8000 + 0xffff, .duration = 65});
  EXPECT_EQ(receiver.due_ms(), 1250U);
}

TEST_F(EventReceiverForms, TheEndOfASegmentMayBeLost) {
  send(1000, {.sequence = 1, .duration = 65'440, .marker = true});
  send(1040, {.sequence = 5, .timestamp = 8000 + 0xffff, .duration = 225});
  send(1060, {.sequence = 6, .timestamp = 8000 + 0xffff, .duration = 385, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 8180", "5 progress 8220", "5 end 8240"}));
}

TEST_F(EventReceiverForms, SegmentsMayEndBeforeTheyMust) {
  // At a whole number of packets, as some senders do.
  send(1000, {.sequence = 1, .duration = 65'440, .marker = true});
  send(1020, {.sequence = 2, .timestamp = 8000 + 65'440, .duration = 160});
  send(1040, {.sequence = 3, .timestamp = 8000 + 65'440, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 8180", "5 progress 8200", "5 end 8220"}));
}

TEST_F(EventReceiverForms, APressThatIsTheEndOfASegmentIsOver) {
  send(1000, {.sequence = 1, .duration = 0xffff, .end = true, .marker = true});
  send(1060, {.sequence = 4, .timestamp = 8000 + 0xffff + 320, .duration = 160, .marker = true});
  EXPECT_EQ(told(), (Told{"5 begin 8191", "5 end 8191", "5 begin 20"}));
}

TEST_F(EventReceiverForms, SeveralEventsFollowOneAnotherInTime) {
  const Events events{{1, true, 0, 800}, {2, true, 0, 400}, {3, false, 0, 160}};
  send(1000, {.sequence = 1, .timestamp = 8000}, events);
  const PressReports reports = take_reports();
  ASSERT_EQ(reports.size(), 5U);
  EXPECT_EQ(text(reports[0]), "1 begin 100");
  EXPECT_EQ(reports[0].began_ms, 830U);
  EXPECT_EQ(text(reports[1]), "1 end 100");
  EXPECT_EQ(text(reports[2]), "2 begin 50");
  EXPECT_EQ(reports[2].began_ms, 930U);
  EXPECT_EQ(text(reports[3]), "2 end 50");
  EXPECT_EQ(text(reports[4]), "3 begin 20");
  EXPECT_EQ(reports[4].began_ms, 980U);
  // The last one goes on by itself, at the timestamp that it had in the packet.
  send(1020, {.sequence = 2, .timestamp = 9200, .event = 3, .duration = 320, .end = true});
  EXPECT_EQ(told(), Told{"3 end 40"});
  send(1021, {.sequence = 1, .timestamp = 8000}, events);
  EXPECT_EQ(told(), Told{});
}

TEST_F(EventReceiverForms, AnEventThatAnotherFollowsIsOver) {
  send(1000, {.sequence = 1}, {{1, false, 0, 800}, {1, false, 0, 160}});
  EXPECT_EQ(told(), (Told{"1 begin 100", "1 end 100", "1 begin 20"}));
}

TEST_F(EventReceiverForms, SegmentsInOnePacketAreOnePress) {
  send(1000, {.sequence = 1}, {{1, false, 0, 0xffff}, {1, true, 0, 160}});
  EXPECT_EQ(told(), (Told{"1 begin 8191", "1 end 8211"}));
}

TEST_F(EventReceiverForms, PacketsThatRepeatTheEventsBeforeMakeUpForLostOnes) {
  send(1000, {.sequence = 1, .timestamp = 8000}, {{1, true, 0, 800}});
  // That with event 2 alone is lost.
  send(1100, {.sequence = 3, .timestamp = 8000}, {{1, true, 0, 800}, {2, true, 0, 400}, {3, true, 0, 400}});
  EXPECT_EQ(told(), (Told{"1 begin 100", "1 end 100", "2 begin 50", "2 end 50", "3 begin 50", "3 end 50"}));
}

TEST_F(EventReceiverForms, ManyEventsAPacketAgainAndAgain) {
  // The 16 last events each time, a press more with each packet.
  int begins = 0;
  for (std::uint16_t i = 0; i < 100; ++i) {
    Events events;
    for (std::uint16_t j = 0; j < 16; ++j) {
      events.push_back({static_cast<std::uint8_t>((i + j) % 16), true, 0, 800});
    }
    send(1000U + 100U * i, {.sequence = i, .timestamp = 8000U + 800U * i}, events);
    send(1001U + 100U * i, {.sequence = i, .timestamp = 8000U + 800U * i}, events);
    begins += count().begins;
  }
  EXPECT_EQ(begins, 115);
}

TEST_F(EventReceiverForms, ANewTimestampForEachPacket) {
  send(1000, {.sequence = 1, .timestamp = 8000, .duration = 160, .marker = true});
  send(1020, {.sequence = 2, .timestamp = 8160, .duration = 320});
  send(1040, {.sequence = 3, .timestamp = 8320, .duration = 480});
  send(1060, {.sequence = 4, .timestamp = 8480, .duration = 640, .end = true});
  send(1060, {.sequence = 5, .timestamp = 8640, .duration = 640, .end = true});
  send(1060, {.sequence = 6, .timestamp = 8800, .duration = 640, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 progress 40", "5 progress 60", "5 end 80!"}));
  // Each of them once more.
  for (std::uint16_t i = 0; i < 6; ++i) {
    send(1061, {.sequence = static_cast<std::uint16_t>(1 + i),
                .timestamp = 8000U + 160U * i,
                .duration = static_cast<std::uint16_t>(std::min(160 + 160 * i, 640)),
                .end = i >= 3,
                .marker = i == 0});
  }
  EXPECT_EQ(told(), Told{});
  // The same key 40 ms later, from the same sender.
  send(1120, {.sequence = 9, .timestamp = 8000 + 640 + 320, .duration = 160, .marker = true});
  send(1140, {.sequence = 10, .timestamp = 9120, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 40!"}));
}

TEST_F(EventReceiverForms, ANewTimestampForEachPacketWhicheverWayTheyTurn) {
  // Timestamps without sense: sequence numbers and durations go on.
  const std::array<std::uint32_t, 4> timestamps{8000, 4'000'000, 17, 0x90000000};
  for (std::uint16_t i = 0; i < 4; ++i) {
    send(1000U + 20U * i, {.sequence = i,
                           .timestamp = timestamps[i],
                           .duration = static_cast<std::uint16_t>(160 + 160 * i),
                           .end = i == 3,
                           .marker = i == 0});
  }
  const Count found = count();
  EXPECT_EQ(found.begins, 1);
  EXPECT_EQ(found.ends, 1);
  EXPECT_EQ(found.repaired, 1);
  EXPECT_EQ(found.duration_ms, 80U);
}

TEST_F(EventReceiverForms, ANewTimestampForEachPacketAtFiftyMilliseconds) {
  send(1000, {.sequence = 1, .timestamp = 8000, .duration = 0, .marker = true});
  send(1050, {.sequence = 2, .timestamp = 8400, .duration = 400});
  send(1100, {.sequence = 3, .timestamp = 8800, .duration = 800, .end = true});
  send(1150, {.sequence = 4, .timestamp = 9200, .duration = 800, .end = true});
  send(1200, {.sequence = 5, .timestamp = 9600, .duration = 800, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 50", "5 end 100!"}));
}

TEST_F(EventReceiverForms, ANewTimestampForEachRepeatedEnd) {
  for (std::uint32_t press = 0; press < 2; ++press) {
    const std::uint32_t timestamp = 8000 + 2000 * press;
    const auto sequence = static_cast<std::uint16_t>(20 * press);
    const std::uint64_t at = 1000 + 250 * press;
    send(at, {.sequence = sequence, .timestamp = timestamp, .duration = 160, .marker = true});
    for (std::uint16_t i = 1; i < 4; ++i) {
      send(at + 20, {.sequence = static_cast<std::uint16_t>(sequence + i),
                     .timestamp = timestamp + 160U * (i - 1U),
                     .duration = 320,
                     .end = true});
    }
  }
  // That the first needed repair shows only when it is over: the next report says so.
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 40", "5 begin 20!", "5 end 40"}));
}

TEST_F(EventReceiverForms, ANewTimestampForEachPacketSomeOfThemLostOrLate) {
  send(1020, {.sequence = 2, .timestamp = 8160, .duration = 320});
  send(1021, {.sequence = 1, .timestamp = 8000, .duration = 160, .marker = true});
  send(1060, {.sequence = 4, .timestamp = 8480, .duration = 640});
  send(1061, {.sequence = 3, .timestamp = 8320, .duration = 480});
  send(1120, {.sequence = 7, .timestamp = 8960, .duration = 960, .end = true});
  send(1121, {.sequence = 6, .timestamp = 8800, .duration = 960, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 40", "5 progress 80", "5 end 120!"}));
}

TEST_F(EventReceiverForms, PiecesThatEachTellTheirOwnLength) {
  for (std::uint16_t i = 0; i < 5; ++i) {
    send(1000U + 20U * i, {.sequence = i, .timestamp = 8000U + 160U * i, .duration = 160, .marker = i == 0});
  }
  expire_all();
  const Count found = count();
  EXPECT_EQ(found.begins, 1);
  EXPECT_EQ(found.duration_ms, 100U);
}

TEST_F(EventReceiverForms, AMarkerABreakOrAFallingDurationIsAnotherPress) {
  // Marker.
  send(1000, {.sequence = 1, .timestamp = 8000, .duration = 160, .marker = true});
  send(1100, {.sequence = 2, .timestamp = 8800, .duration = 160, .marker = true});
  EXPECT_EQ(count().begins, 2);
  // A falling duration.
  send(2000, {.sequence = 10, .timestamp = 16'000, .duration = 320});
  send(2100, {.sequence = 11, .timestamp = 16'800, .duration = 160});
  EXPECT_EQ(count().begins, 2);
  // A break in the numbers, and further on than one press reaches.
  send(3000, {.sequence = 20, .timestamp = 24'000, .duration = 160});
  send(3100, {.sequence = 22, .timestamp = 24'800, .duration = 160});
  EXPECT_EQ(count().begins, 2);
  // Another event.
  send(4000, {.sequence = 30, .timestamp = 32'000, .event = 1, .duration = 160});
  send(4020, {.sequence = 31, .timestamp = 32'160, .event = 2, .duration = 320});
  EXPECT_EQ(count().begins, 2);
  // After an end there is no going on.
  send(5000, {.sequence = 40, .timestamp = 40'000, .duration = 320, .end = true});
  send(5060, {.sequence = 41, .timestamp = 40'640, .duration = 320});
  EXPECT_EQ(count().begins, 2);
}

TEST_F(EventReceiverForms, EndsOfTwoPressesWithoutAnythingBetween) {
  // All that survives of two presses, 40 ms apart, without audio between them: the last end of the first, the
  // first end of the second.
  send(1100, {.sequence = 7, .timestamp = 8000, .duration = 320, .end = true});
  send(1180, {.sequence = 9, .timestamp = 8640, .duration = 320, .end = true});
  EXPECT_EQ(told(), (Told{"5 begin 40", "5 end 40", "5 begin 40", "5 end 40"}));
}

TEST_F(EventReceiverForms, RedundantBlocksBringBackWhatWasLost) {
  send(1000, {.sequence = 1, .timestamp = 8000, .duration = 160, .marker = true});
  // Its ends are lost; a packet of the next press repeats the end.
  send(1100,
       {.sequence = 6, .timestamp = 8000, .duration = 480, .end = true, .marker = true, .redundant = true});
  send(1100, {.sequence = 6, .timestamp = 8800, .event = 6, .duration = 160, .marker = true});
  EXPECT_EQ(told(), (Told{"5 begin 20", "5 end 60", "6 begin 20"}));
  // And again.
  send(1120, {.sequence = 7, .timestamp = 8000, .duration = 480, .end = true, .redundant = true});
  send(1120, {.sequence = 7, .timestamp = 8800, .event = 6, .duration = 320});
  EXPECT_EQ(told(), Told{"6 progress 40"});
}

TEST_F(EventReceiverForms, RedundantBlocksTellOfAWholePressThatWasLost) {
  send(1000, {.sequence = 1, .timestamp = 8000, .event = 6, .duration = 160, .marker = true});
  send(1020, {.sequence = 2, .timestamp = 7200, .event = 5, .duration = 320, .end = true, .redundant = true});
  send(1020, {.sequence = 2, .timestamp = 8000, .event = 6, .duration = 320});
  EXPECT_EQ(told(), (Told{"6 begin 20", "5 begin 40", "5 end 40", "6 progress 40"}));
}

TEST_F(EventReceiverForms, RedundantBlocksKeepNoPressAlive) {
  send(1000, {.sequence = 1, .timestamp = 8000, .duration = 160, .marker = true});
  // Only audio is sent, with the old event beside it.
  for (std::uint16_t i = 1; i < 8; ++i) {
    send(1000U + 20U * i, {.sequence = static_cast<std::uint16_t>(1 + i),
                           .timestamp = 8000,
                           .duration = 160,
                           .redundant = true});
  }
  EXPECT_EQ(receiver.due_ms(), 1150U);
}

}  // namespace
}  // namespace pollux::dtmf
