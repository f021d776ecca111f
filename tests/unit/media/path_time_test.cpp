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

std::uint32_t end_of(const Sent& packet, const CodecFormat& format) {
  return packet.header.timestamp + *codec::payload_ticks(format.params, packet.payload);
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

TEST(PathTime, NoLossIsSoLongThatSequenceNumbersWouldGoBack) {
  PathBed bed({kPcma}, {kPcma}, 1);
  bed.give(0, given(0, 0, 8));
  bed.give(9'500'000, given(100, 9'500 * 8, 8));
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].header.timestamp - sent[0].header.timestamp, 9'500U * 8U);
  EXPECT_GT(sent[1].header.sequence - sent[0].header.sequence, 1);
  EXPECT_LT(sent[1].header.sequence - sent[0].header.sequence, 3'000) << "RFC 3550 A.1: a new beginning";
}

TEST(PathTime, ALossBeforeAPauseIsntMadeUpForBehindIt) {
  PathBed bed({kPcma}, {kG729});
  for (std::uint16_t i = 0; i < 5; ++i) {
    bed.give(i * 20'000ULL, given(i, i * 160U, 160));
  }
  bed.sent();
  Given after = given(6, 50 * 160, 160);  // number 5 was the last before the pause
  after.marker = true;
  bed.give(1'000'000, after);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].header.timestamp, PathBed::kFirstTimestamp + 50 * 160);
  EXPECT_TRUE(sent[0].header.marker);
}

TEST(PathTime, NothingIsDueForWhatTheResamplerKeeps) {
  PathBed bed({format(CodecId::kL16, 97, 44100)}, {kPcma});
  for (std::uint16_t i = 0; i < 10; ++i) {
    bed.give(i * 1'000ULL, given(i, i, 2, 97));  // a single sample, of which five make one
  }
  bed.wait_until(1'000'000);
  EXPECT_EQ(bed.path().due_us(), Path::kNever);
}

TEST(PathTime, NothingIsDueOnceClosed) {
  PathBed bed({kG729}, {kPcma});
  bed.give(0, given(0, 0, 20, 18));
  bed.give(20'000, given(1, 160, 2, 18));
  bed.wait_until(500'000);
  bed.close();
  EXPECT_EQ(bed.path().due_us(), Path::kNever) << "noise goes no further";
}

TEST(PathTime, NoFrameIsFilledUpWhilePacketsWait) {
  PathBed bed({kPcma}, {kG729}, 0, 100);
  std::uint16_t number = 0;
  std::uint64_t at_us = 0;
  for (int round = 0; round < 20; ++round) {
    for (const std::uint16_t i : std::vector<std::uint16_t>{0, 1, 3, 4, 5, 6, 2, 7, 8, 9}) {
      bed.give(at_us, given(static_cast<std::uint16_t>(number + i), (number + i) * 40U, 40));  // 5 ms
      at_us += 5'000;
    }
    number = static_cast<std::uint16_t>(number + 10);
  }
  bed.close();
  const auto sent = bed.sent();
  EXPECT_EQ(bed.path().counters().lost.get(), 0U);
  EXPECT_EQ(end_of(sent.back(), kG729) - PathBed::kFirstTimestamp, 200U * 40U);
}

TEST(PathTime, NoFrameIsFilledUpBecauseAPacketIsLate) {
  PathBed bed({kPcma}, {kGsm});
  std::uint64_t at_us = 0;
  for (std::uint16_t i = 0; i < 101; ++i) {
    at_us += i % 5 == 1 ? 120'000 : i % 5 <= 3 ? 10'000 : 30'000;
    bed.give(at_us, given(i, i * 240U, 240));
  }
  bed.close();
  const auto sent = bed.sent();
  EXPECT_EQ(bed.path().counters().lost.get(), 0U);
  EXPECT_NEAR(end_of(sent.back(), kGsm) - PathBed::kFirstTimestamp, 101 * 240, 160);
}

TEST(PathTime, ALossTakesBackWhatFilledAFrame) {
  PathBed bed({kPcma}, {kGsm});
  std::uint64_t at_us = 0;
  for (std::uint16_t i = 0; i < 60; ++i) {
    at_us += i % 20 == 1 ? 600'000 : 30'000;  // far too late: half a frame had to be filled up
    if (i % 20 != 10) {
      bed.give(at_us, given(i, i * 240U, 240));
    }
  }
  bed.close();
  EXPECT_NEAR(end_of(bed.sent().back(), kGsm) - PathBed::kFirstTimestamp, 60 * 240, 160);
}

TEST(PathTime, DescriptionsOfTheNoiseDontShiftTheTimeLine) {
  PathBed bed({kPcma, kNoise}, {kG729});
  bed.give(0, given(0, 0, 160));
  std::uint16_t sequence = 1;
  std::uint32_t ms = 20;
  for (int i = 0; i < 100; ++i, ms += 105) {  // now between two packets of noise, now behind one
    bed.give(ms * 1000ULL,
             {.sequence = sequence++, .timestamp = ms * 8, .payload_type = 13, .payload = {50}});
  }
  bed.give(ms * 1000ULL, given(sequence, ms * 8, 160));
  bed.wait_until(ms * 1000ULL + 200'000);
  EXPECT_NEAR(end_of(bed.sent().back(), kG729) - PathBed::kFirstTimestamp, (ms + 20) * 8, 240);
}

// As ffmpeg sends what its encoders take 256 ms at once: the rest that fills no frame of ours waits for more.
TEST(PathBursts, PaddingDoesNotAddUp) {
  PathBed bed({kPcma}, {kG729}, 20, 60);
  constexpr std::uint32_t kBursts = 40;
  constexpr std::uint32_t kPackets = 16;
  constexpr std::uint32_t kSamples = 128;  // 16 ms; a burst is 25.6 frames of G.729
  std::uint32_t number = 0;
  for (std::uint32_t burst = 0; burst < kBursts; ++burst) {
    for (std::uint32_t i = 0; i < kPackets; ++i, ++number) {
      bed.give(burst * 256'000ULL, {.sequence = static_cast<std::uint16_t>(number),
                                    .timestamp = number * kSamples,
                                    .payload = Bytes(kSamples, 0x55)});
    }
  }
  bed.wait_until(kBursts * 256'000ULL);
  const auto sent = bed.sent();
  ASSERT_FALSE(sent.empty());
  std::size_t frames = 0;
  for (const Sent& packet : sent) {
    frames += packet.payload.size() / 10;
  }
  EXPECT_NEAR(static_cast<double>(frames) * 80, number * kSamples, 160) << "as much media as came";
  EXPECT_NEAR(sent.back().header.timestamp - PathBed::kFirstTimestamp, number * kSamples, 320) << "no drift";
}

}  // namespace
}  // namespace pollux::media::test
