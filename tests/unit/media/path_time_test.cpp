// The time line: nothing that a path does moves what comes out against what came in.
#include <gtest/gtest.h>

#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

Given given(std::uint16_t number, std::uint32_t timestamp, std::size_t bytes, std::uint8_t payload_type = 8) {
  return {.sequence = number,
          .timestamp = timestamp,
          .payload_type = payload_type,
          .payload = ramp(timestamp, bytes)};
}

TEST(PathTime, AnotherSsrcComesAsMuchLaterOnTheOtherSidesClock) {
  PathBed bed({kPcma}, {kOpus});
  bed.give(0, given(0, 4000, 160));
  Given other = given(7000, 12345, 160);
  other.ssrc = 99;
  bed.give(120'000, other);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].header.timestamp, sent[0].header.timestamp + 120 * 48);
}

TEST(PathTime, WhatIsDecodedGoesBeforeWhatPassesBehindIt) {
  PathBed bed({kPcma, kG729}, {kG729});
  bed.give(0, given(0, 0, 120));  // 15 ms: half a frame waits
  bed.give(15'000, {.sequence = 1, .timestamp = 120, .payload_type = 18, .payload = Bytes(10, 0x77)});
  bed.wait_until(1'000'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].header.timestamp, PathBed::kFirstTimestamp);
  EXPECT_EQ(sent[1].header.timestamp, PathBed::kFirstTimestamp + 80);
  EXPECT_EQ(sent[2].header.timestamp, PathBed::kFirstTimestamp + 160);
  EXPECT_EQ(sent[2].payload, Bytes(10, 0x77));
}

}  // namespace
}  // namespace pollux::media::test
