#include "dataplane/dtmf/event_payload.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace pollux::dtmf {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(EventPayload, ReadsTheFieldsWhereTheRfcHasThem) {
  // RFC 4733 §2.3, figure 1: event, E R volume, duration.
  EventPayloads events;
  ASSERT_TRUE(read_events(Bytes{11, 0x8a, 0x03, 0x20}, events));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0], (EventPayload{.event = 11, .end = true, .volume = 10, .duration = 800}));
}

TEST(EventPayload, TheReservedBitIsIgnored) {
  EventPayloads events;
  ASSERT_TRUE(read_events(Bytes{5, 0x7f, 0xff, 0xff}, events));
  EXPECT_EQ(events[0], (EventPayload{.event = 5, .end = false, .volume = 63, .duration = 0xffff}));
}

TEST(EventPayload, SeveralEventsOfOnePacketKeepTheirOrder) {
  EventPayloads events;
  ASSERT_TRUE(read_events(Bytes{1, 0x80, 0, 100, 255, 0x85, 1, 0, 16, 0, 0, 7}, events));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0], (EventPayload{1, true, 0, 100}));
  EXPECT_EQ(events[1], (EventPayload{255, true, 5, 256}));
  EXPECT_EQ(events[2], (EventPayload{16, false, 0, 7}));
}

TEST(EventPayload, RefusesWhatIsNoWholeNumberOfEvents) {
  EventPayloads events;
  events.push_back({});
  for (const std::size_t size : {0U, 1U, 2U, 3U, 5U, 6U, 7U, 9U, 67U}) {
    EXPECT_FALSE(read_events(Bytes(size, 1), events)) << size;
    EXPECT_TRUE(events.empty()) << size;
  }
}

TEST(EventPayload, LeavesOutWhatIsBeyondTheLimit) {
  EventPayloads events;
  Bytes payload;
  for (std::uint8_t i = 0; i < 20; ++i) {
    payload.insert(payload.end(), {i, 0, 0, i});
  }
  ASSERT_TRUE(read_events(payload, events));
  ASSERT_EQ(events.size(), kMaxEventsPerPacket);
  EXPECT_EQ(events[15].event, 15);
}

TEST(EventPayload, WritesWhatItReads) {
  std::array<std::uint8_t, kEventBytes> bytes{0xee, 0xee, 0xee, 0xee};
  write_event({.event = 15, .end = true, .volume = 63, .duration = 0x1234}, bytes);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{15, 0xbf, 0x12, 0x34}));
  write_event({.event = 0, .end = false, .volume = 0x7f, .duration = 1}, bytes);
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{0, 0x3f, 0, 1}));  // R stays 0, whatever the volume
}

}  // namespace
}  // namespace pollux::dtmf
