#include "dataplane/media/path.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "dataplane/codec/g711.hpp"
#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

Given pcma(std::uint16_t number, std::size_t samples = 160) {
  return {.sequence = static_cast<std::uint16_t>(100 + number),
          .timestamp = static_cast<std::uint32_t>(4000 + number * samples),
          .payload = ramp(static_cast<std::uint32_t>(number * samples), samples)};
}

// Packets of the same number, one behind the other, from the path's beginning.
void expect_unbroken(const std::vector<Sent>& sent, std::uint32_t ticks, std::uint8_t payload_type) {
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].header.sequence, PathBed::kFirstSequence + i);
    EXPECT_EQ(sent[i].header.timestamp, PathBed::kFirstTimestamp + i * ticks);
    EXPECT_EQ(sent[i].header.payload_type, payload_type);
    EXPECT_EQ(sent[i].header.marker, i == 0);
  }
}

TEST(Path, ALawBecomesULawByteForByteAndPacketForPacket) {
  PathBed bed({kPcma}, {kPcmu});
  for (std::uint16_t i = 0; i < 5; ++i) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 5U);
  expect_unbroken(sent, 160, 0);
  for (std::uint16_t i = 0; i < 5; ++i) {
    Bytes expected = pcma(i).payload;
    codec::alaw_to_ulaw(expected);
    EXPECT_EQ(sent[i].payload, expected);
    EXPECT_EQ(sent[i].at_us, i * 20'000ULL);
  }
}

TEST(Path, TwoPacketsBecomeOne) {
  PathBed bed({kPcma}, {kPcma}, 40);
  for (std::uint16_t i = 0; i < 6; ++i) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 3U);
  expect_unbroken(sent, 320, 8);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].payload, ramp(i * 320, 320));
    EXPECT_EQ(sent[i].at_us, (2 * i + 1) * 20'000ULL);
  }
}

TEST(Path, OnePacketBecomesTwoInTheirOwnTime) {
  PathBed bed({kPcma}, {kPcma}, 10);
  for (std::uint16_t i = 0; i < 3; ++i) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  bed.wait_until(60'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 6U);
  expect_unbroken(sent, 80, 8);
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(sent[i].payload, ramp(i * 80, 80));
    EXPECT_EQ(sent[i].at_us, i * 10'000ULL);
  }
}

TEST(Path, WhatIsLeftGoesWhenNothingMoreComes) {
  PathBed bed({kPcma}, {kPcma}, 40);
  for (std::uint16_t i = 0; i < 3; ++i) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  ASSERT_EQ(bed.sent().size(), 1U);
  bed.wait_until(99'999);
  EXPECT_TRUE(bed.sent().empty());
  bed.wait_until(100'000);  // a packet that comes and one that goes out
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].payload, ramp(320, 160));
  EXPECT_EQ(bed.path().counters().flushed.get(), 1U);
}

TEST(Path, ALossIsAHoleAtItsPlace) {
  PathBed bed({kPcma}, {kPcma}, 40);
  for (const std::uint16_t i : std::vector<std::uint16_t>{0, 1, 2, 4, 5, 6}) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  bed.wait_until(400'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[1].payload, ramp(320, 160)) << "alone before the hole";
  EXPECT_EQ(sent[2].header.timestamp, PathBed::kFirstTimestamp + 640);
  EXPECT_EQ(sent[2].header.sequence, sent[1].header.sequence + 2) << "the receiver sees the loss";
  EXPECT_FALSE(sent[2].header.marker);
  EXPECT_EQ(sent[2].payload, ramp(640, 320));
  EXPECT_EQ(sent[3].payload, ramp(960, 160));
}

TEST(Path, APauseKeepsItsLengthAndEndsWithTheMarker) {
  PathBed bed({kPcma}, {kPcmu});
  bed.give(0, pcma(0));
  Given after = pcma(1);
  after.timestamp += 4000;
  bed.give(520'000, after);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].header.timestamp, PathBed::kFirstTimestamp + 160 + 4000);
  EXPECT_EQ(sent[1].header.sequence, sent[0].header.sequence + 1);
  EXPECT_TRUE(sent[1].header.marker);
}

TEST(Path, EncodesWhatTheCodecItselfWould) {
  PathBed bed({kPcma}, {kG729});
  auto encoder = codec::Encoder::make(kG729.params, 8000, 1);
  ASSERT_TRUE(encoder);
  std::vector<Bytes> expected;
  for (std::uint16_t i = 0; i < 50; ++i) {
    const Given packet = pcma(i);
    bed.give(i * 20'000ULL, packet);
    std::vector<std::int16_t> pcm(packet.payload.size());
    codec::decode_g711(codec::Law::kA, packet.payload, pcm);
    Bytes coded(codec::kMostPayloadBytes);
    const codec::Chunks chunks = encoder->encode(pcm, coded);
    ASSERT_EQ(chunks.size(), 1U);
    coded.resize(chunks[0].bytes);
    expected.push_back(coded);
  }
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 50U);
  expect_unbroken(sent, 160, 18);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(sent[i].payload, expected[i]) << i;
  }
}

TEST(Path, LossesAreMadeUpForWhereTheSoundIsDecoded) {
  PathBed bed({kPcma}, {kG729});
  for (std::uint16_t i = 0; i < 50; ++i) {
    if (i != 20 && i != 21 && i != 33) {
      bed.give(i * 20'000ULL, pcma(i));
    }
  }
  bed.wait_until(2'000'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 50U);
  expect_unbroken(sent, 160, 18);
  EXPECT_EQ(bed.path().counters().concealed_us.get(), 60'000U);
  EXPECT_EQ(bed.path().counters().lost.get(), 3U);
}

TEST(Path, ALongLossIsMadeUpForInPartAndTold) {
  PathBed bed({kPcma}, {kG729});
  bed.give(0, pcma(0));
  bed.give(20'000, pcma(1));
  bed.give(1'000'000, pcma(50));
  bed.wait_until(2'000'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U + 6U + 1U);
  EXPECT_EQ(sent[8].header.timestamp, PathBed::kFirstTimestamp + 50 * 160);
  EXPECT_EQ(sent[8].header.sequence, PathBed::kFirstSequence + 50);
}

TEST(Path, ALostPacketLateInsideTheWindowIsPutBack) {
  PathBed bed({kPcma}, {kPcma}, 40, 60);
  for (const std::uint16_t i : std::vector<std::uint16_t>{0, 2, 1, 3}) {
    bed.give(i == 2 ? 20'000 : i == 1 ? 40'000 : i * 20'000ULL, pcma(i));
  }
  bed.wait_until(400'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U);
  expect_unbroken(sent, 320, 8);
  EXPECT_EQ(sent[0].payload, ramp(0, 320));
  EXPECT_EQ(sent[1].payload, ramp(320, 320));
  EXPECT_EQ(bed.path().counters().reordered.get(), 1U);
}

TEST(Path, WithoutAWindowALatePacketIsRefused) {
  PathBed bed({kPcma}, {kPcmu});
  for (const std::uint16_t i : std::vector<std::uint16_t>{0, 2, 1, 3}) {
    bed.give(i * 20'000ULL, pcma(i));
  }
  EXPECT_EQ(bed.sent().size(), 3U);
  EXPECT_EQ(bed.discarded(Fate::kLate), 1U);
  EXPECT_EQ(bed.path().counters().late.get(), 1U);
}

TEST(Path, WhatTheOtherSideTakesGoesAsItIsAmongWhatIsTranscoded) {
  PathBed bed({kPcma, kG729}, {kG729});
  auto encoder = codec::Encoder::make(kG729.params, 8000, 1);
  for (std::uint16_t i = 0; i < 10; ++i) {
    Given packet = pcma(i);
    if (i >= 5) {
      packet.payload_type = 18;
      packet.payload = Bytes(20, static_cast<std::uint8_t>(i));
    }
    bed.give(i * 20'000ULL, packet);
  }
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 10U);
  expect_unbroken(sent, 160, 18);
  for (std::size_t i = 5; i < 10; ++i) {
    EXPECT_EQ(sent[i].payload, Bytes(20, static_cast<std::uint8_t>(i)));
  }
}

TEST(Path, OpusIsRunAtTheOtherSidesRate) {
  PathBed narrow({kPcma}, {kOpus});
  EXPECT_EQ(narrow.path().pcm_rate(), 8000U);
  EXPECT_EQ(narrow.path().resampled_from_hz(0), 0U);
  PathBed wide({kG722}, {kOpus});
  EXPECT_EQ(wide.path().pcm_rate(), 16000U);
  PathBed down({kG722}, {kPcma});
  EXPECT_EQ(down.path().pcm_rate(), 8000U);
  EXPECT_EQ(down.path().resampled_from_hz(0), 16000U);
}

TEST(Path, TimestampsCountInEachSidesOwnClock) {
  PathBed to_opus({kPcma}, {kOpus});
  PathBed to_g722({kPcma}, {kG722});
  for (std::uint16_t i = 0; i < 20; ++i) {
    to_opus.give(i * 20'000ULL, pcma(i));
    to_g722.give(i * 20'000ULL, pcma(i));
  }
  const auto opus = to_opus.sent();
  ASSERT_EQ(opus.size(), 20U);
  expect_unbroken(opus, 960, 111);
  const auto g722 = to_g722.sent();  // 16 kHz on a clock of 8000 (RFC 3551 §4.5.2)
  ASSERT_EQ(g722.size(), 20U);
  expect_unbroken(g722, 160, 9);
  EXPECT_EQ(g722[3].payload.size(), 160U);
}

TEST(Path, AnotherSsrcGoesOnInTheSameStream) {
  PathBed bed({kPcma}, {kPcmu});
  bed.give(0, pcma(0));
  Given other = pcma(0);
  other.ssrc = 99;
  other.sequence = 40000;
  other.timestamp = 12345;
  bed.give(120'000, other);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1].header.sequence, sent[0].header.sequence + 1);
  EXPECT_EQ(sent[1].header.timestamp, sent[0].header.timestamp + 960) << "120 ms later";
  EXPECT_TRUE(sent[1].header.marker);
}

TEST(Path, MalformedPayloadsAreCountedAndTheirPlaceIsMadeUpFor) {
  PathBed bed({kG729}, {kPcma});
  for (std::uint16_t i = 0; i < 10; ++i) {
    bed.give(
        i * 20'000ULL,
        {.sequence = i, .timestamp = i * 160U, .payload_type = 18, .payload = Bytes(i == 4 ? 7 : 20, 0x55)});
  }
  EXPECT_EQ(bed.discarded(Fate::kMalformed), 1U);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 10U);
  expect_unbroken(sent, 160, 8);
}

TEST(Path, NumbersThatAreNotInTheListAreRefusedWithoutAHole) {
  PathBed bed({kPcma}, {kPcmu});
  for (std::uint16_t i = 0; i < 4; ++i) {
    Given packet = pcma(i);
    if (i == 2) {
      packet.payload_type = 77;
    }
    bed.give(i * 20'000ULL, packet);
  }
  EXPECT_EQ(bed.discarded(Fate::kUnmapped), 1U);
  EXPECT_EQ(bed.sent().size(), 3U);
  EXPECT_EQ(bed.path().counters().lost.get(), 0U);
}

TEST(Path, ClosingGivesBackWhatIsInside) {
  PathBed bed({kPcma}, {kG729}, 60, 100);
  bed.give(0, pcma(0));
  bed.give(20'000, pcma(1));
  bed.give(25'000, pcma(3));
  EXPECT_TRUE(bed.sent().empty());
  bed.close();
  const auto sent = bed.sent();
  std::size_t frames = 0;
  for (const Sent& packet : sent) {
    frames += packet.payload.size() / 10;
  }
  EXPECT_EQ(frames, 8U) << "80 ms, the lost packet made up for";
}

}  // namespace
}  // namespace pollux::media::test
