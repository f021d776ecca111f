// Pauses: announced ones (SID, CN), and those that the path finds itself; and events, which lie across.
#include <gtest/gtest.h>

#include <cmath>

#include "dataplane/codec/g711.hpp"
#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

Given g729(std::uint16_t number, std::size_t bytes) {
  return {.sequence = number, .timestamp = number * 160U, .payload_type = 18, .payload = Bytes(bytes, 0x42)};
}

std::size_t total(const std::vector<Sent>& sent) {
  std::size_t bytes = 0;
  for (const Sent& packet : sent) {
    bytes += packet.payload.size();
  }
  return bytes;
}

// Speech-like sound, or next to nothing, as A-law.
Given sound(std::uint16_t number, double level) {
  Given packet{.sequence = number, .timestamp = number * 160U, .payload = Bytes(160)};
  std::vector<std::int16_t> pcm(160);
  for (std::size_t i = 0; i < 160; ++i) {
    const double t = (number * 160.0 + static_cast<double>(i)) / 8000;
    pcm[i] = static_cast<std::int16_t>(
        level * (std::sin(t * 2 * M_PI * 310) + std::sin(t * 2 * M_PI * 973) * (1 + std::sin(t * 25)) / 2));
  }
  codec::encode_g711(codec::Law::kA, pcm, packet.payload);
  return packet;
}

TEST(PathSilence, NoiseGoesOnAfterASidFrameUntilSoundComes) {
  PathBed bed({kG729}, {kPcma});
  for (std::uint16_t i = 0; i < 10; ++i) {
    bed.give(i * 20'000ULL, g729(i, 20));
  }
  bed.give(200'000, g729(10, 2));
  bed.wait_until(999'999);
  const auto silence = bed.sent();
  EXPECT_NEAR(static_cast<double>(total(silence)), 8000, 200) << "a second of sound, noise included";
  Given after = g729(50, 20);
  after.sequence = 11;
  after.marker = true;
  bed.give(1'000'000, after);
  bed.wait_until(1'050'000);
  const auto talk = bed.sent();
  ASSERT_FALSE(talk.empty());
  const std::uint32_t end =
      talk.back().header.timestamp + static_cast<std::uint32_t>(talk.back().payload.size());
  EXPECT_NEAR(end - PathBed::kFirstTimestamp, 51 * 160, 160) << "no longer than the pause was";
  for (std::size_t i = 1; i < silence.size(); ++i) {
    EXPECT_EQ(silence[i].header.sequence, static_cast<std::uint16_t>(silence[i - 1].header.sequence + 1));
    EXPECT_EQ(silence[i].header.timestamp, silence[i - 1].header.timestamp + silence[i - 1].payload.size());
  }
}

TEST(PathSilence, ManyPausesDontShiftTheTimeLine) {
  PathBed bed({kG729}, {kPcma});
  std::uint16_t sequence = 0;
  std::uint64_t now_us = 0;
  std::uint32_t timestamp = 0;
  for (int talk = 0; talk < 200; ++talk) {
    for (int i = 0; i < 5; ++i, timestamp += 160, now_us += 20'000) {
      bed.give(now_us, {.sequence = sequence++,
                        .timestamp = timestamp,
                        .payload_type = 18,
                        .payload = Bytes(i == 4 ? 2 : 20, 0x42)});
    }
    const std::uint32_t pause_ms = 173 + static_cast<std::uint32_t>(talk) % 37;
    timestamp += pause_ms * 8;
    now_us += pause_ms * 1000;
  }
  bed.wait_until(now_us);
  const auto sent = bed.sent();
  const std::uint32_t end =
      sent.back().header.timestamp + static_cast<std::uint32_t>(sent.back().payload.size());
  EXPECT_NEAR(end - PathBed::kFirstTimestamp, timestamp, 400);
}

TEST(PathSilence, NothingIsSentWhereNothingIsWanted) {
  PathBed bed({kG729}, {kPcma}, 0, 0, false);
  bed.give(0, g729(0, 20));
  bed.give(20'000, g729(1, 2));
  bed.wait_until(999'999);
  EXPECT_EQ(bed.sent().size(), 2U);
  Given after = g729(50, 20);
  after.sequence = 2;
  bed.give(1'000'000, after);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].header.marker);
  EXPECT_EQ(sent[0].header.timestamp, PathBed::kFirstTimestamp + 50 * 160);
}

TEST(PathSilence, SidBecomesComfortNoiseWhereThatIsNegotiated) {
  PathBed bed({kG729}, {kPcma, kNoise});
  bed.give(0, g729(0, 20));
  bed.give(20'000, g729(1, 2));
  bed.wait_until(500'000);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1].payload.size(), 80U) << "the SID's own frame";
  EXPECT_EQ(sent[2].header.payload_type, 13);
  EXPECT_EQ(sent[2].payload.size(), 1U);
  EXPECT_LT(sent[2].payload[0], 128);
  EXPECT_FALSE(sent[2].header.marker);
}

TEST(PathSilence, ComfortNoiseBecomesSound) {
  PathBed bed({kPcma, kNoise}, {kG729});
  for (std::uint16_t i = 0; i < 5; ++i) {
    bed.give(i * 20'000ULL, sound(i, 8000));
  }
  bed.give(100'000, {.sequence = 5, .timestamp = 800, .payload_type = 13, .payload = {50}});
  bed.wait_until(499'999);
  const auto sent = bed.sent();
  EXPECT_NEAR(static_cast<double>(total(sent)), 500, 20) << "half a second of G.729";
  EXPECT_GE(bed.path().counters().noise_us.get(), 380'000U);
}

TEST(PathSilence, ComfortNoisePassesWithItsTimes) {
  PathBed bed({kPcma, kNoise}, {kPcmu, kNoise});
  bed.give(0, sound(0, 8000));
  bed.give(20'000, {.sequence = 1, .timestamp = 160, .payload_type = 13, .payload = {60}});
  Given after = sound(100, 8000);
  after.sequence = 2;
  bed.give(2'000'000, after);
  const auto sent = bed.sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1].header.payload_type, 13);
  EXPECT_EQ(sent[1].payload, Bytes{60});
  EXPECT_EQ(sent[1].header.timestamp, PathBed::kFirstTimestamp + 160);
  EXPECT_EQ(sent[2].header.timestamp, PathBed::kFirstTimestamp + 16000);
  EXPECT_TRUE(sent[2].header.marker);
}

TEST(PathSilence, PausesAreFoundWhereTheyMayBeSent) {
  PathBed bed({kG722}, {kPcma, kNoise}, 20, 0, true, true);
  auto encoder = codec::Encoder::make(kG722.params, 16000, 1);
  std::vector<std::int16_t> pcm(320);
  for (std::uint16_t i = 0; i < 300; ++i) {
    const double level = i < 100 || i >= 200 ? 6000 : 3;
    for (std::size_t k = 0; k < pcm.size(); ++k) {
      pcm[k] = static_cast<std::int16_t>(level * std::sin(0.17 * static_cast<double>(i * 320 + k)) *
                                         (1 + std::sin(0.002 * static_cast<double>(i * 320 + k))));
    }
    Bytes coded(codec::kMostPayloadBytes);
    coded.resize(encoder->encode(pcm, coded)[0].bytes);
    bed.give(i * 20'000ULL, {.sequence = i, .timestamp = i * 160U, .payload_type = 9, .payload = coded});
  }
  const auto sent = bed.sent();
  std::size_t noise = 0;
  for (std::size_t i = 1; i < sent.size(); ++i) {
    noise += sent[i].header.payload_type == 13 ? 1U : 0U;
    EXPECT_EQ(sent[i].header.sequence, static_cast<std::uint16_t>(sent[i - 1].header.sequence + 1));
  }
  EXPECT_GE(noise, 1U);
  EXPECT_LT(sent.size(), 230U) << "the pause of 2 s isn't sent";
  const Sent& last = sent.back();
  EXPECT_EQ(last.header.timestamp, PathBed::kFirstTimestamp + 299 * 160);
}

// Key presses are taken out before the path and put in behind it.
TEST(PathSilence, WhatWasTakenOutIsAPauseNotALoss) {
  for (const std::uint16_t ptime_ms : {std::uint16_t{0}, std::uint16_t{40}}) {
    PathBed bed({kPcma, kEvents}, {kPcmu, kEvents}, ptime_ms);
    bed.give(0, sound(0, 8000));
    bed.give(20'000, sound(1, 8000));
    for (std::uint16_t i = 2; i < 6; ++i) {
      bed.give(i * 20'000ULL,
               {.sequence = i, .timestamp = 320, .payload_type = kTakenOut, .payload = {5, 10, 0, 160}});
    }
    bed.give(120'000, sound(6, 8000));
    bed.give(140'000, sound(7, 8000));
    bed.wait_until(1'000'000);
    const auto sent = bed.sent();
    ASSERT_EQ(sent.size(), ptime_ms == 0 ? 4U : 2U);
    const std::size_t after = sent.size() / 2;
    EXPECT_EQ(sent[after].header.timestamp, PathBed::kFirstTimestamp + 960);
    EXPECT_EQ(sent[after].header.sequence, sent[0].header.sequence + after);
    EXPECT_TRUE(sent[after].header.marker);
    EXPECT_EQ(bed.path().counters().lost.get(), 0U);
    EXPECT_EQ(bed.discarded(Fate::kUnmapped), 0U);
  }
}

}  // namespace
}  // namespace pollux::media::test
