#include "dataplane/rtp/stream_quality.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace pollux::rtp {
namespace {

RtpHeader header(std::uint16_t sequence, std::uint32_t timestamp = 0, std::uint32_t ssrc = 1) {
  RtpHeader result;
  result.sequence = sequence;
  result.timestamp = timestamp;
  result.ssrc = ssrc;
  return result;
}

struct Stream {
  Reception reception;
  StreamQuality quality;

  void take(std::uint16_t sequence, std::uint32_t ssrc = 1) {
    receive(reception, quality, header(sequence, 0, ssrc), 0);
  }
  std::uint64_t lost() const { return quality.expected(reception) - quality.received(reception); }
};

TEST(StreamQuality, NothingReceivedIsNothingExpected) {
  const Stream stream;
  EXPECT_EQ(stream.quality.expected(stream.reception), 0U);
  EXPECT_EQ(stream.quality.received(stream.reception), 0U);
}

TEST(StreamQuality, TellsLossReorderingAndDuplicatesApart) {
  Stream stream;
  for (const std::uint16_t sequence : std::to_array<std::uint16_t>(
           {100, 101, 104 /* 102, 103 missing */, 103 /* late */, 103 /* again */, 104, 105, 109, 101})) {
    stream.take(sequence);
  }
  EXPECT_EQ(stream.quality.expected(stream.reception), 10U);
  EXPECT_EQ(stream.lost(), 4U);  // 102, 106, 107, 108
  EXPECT_EQ(stream.quality.reordered(), 1U);
  EXPECT_EQ(stream.quality.duplicates(), 3U);
  EXPECT_EQ(stream.quality.gaps(), 2U);
  EXPECT_EQ(stream.quality.longest_gap_packets(), 3U);
}

TEST(StreamQuality, RemembersWhatIsMissingAcrossTheWrapAndALongWay) {
  Stream stream;
  stream.take(65400);
  for (std::uint16_t sequence = 65402; sequence != 65402 + 98 - 65536 + 65536; ++sequence) {
    stream.take(sequence);
  }
  stream.take(65401);  // 98 behind: within Reception's window
  EXPECT_EQ(stream.quality.reordered(), 1U);
  EXPECT_EQ(stream.lost(), 0U);
  stream.take(static_cast<std::uint16_t>(65499 + 50));  // over the wrap
  for (int back = 1; back < 50; ++back) {
    stream.take(static_cast<std::uint16_t>(65499 + 50 - back));
  }
  EXPECT_EQ(stream.quality.reordered(), 50U);
  EXPECT_EQ(stream.quality.duplicates(), 0U);
  EXPECT_EQ(stream.lost(), 0U);
}

TEST(StreamQuality, CountsGoOnOverNewSsrcsAndRestarts) {
  Stream stream;
  stream.take(1);
  stream.take(3);
  stream.take(500, 2);
  stream.take(502, 2);
  stream.take(30000, 2);
  stream.take(30001, 2);  // the sender has started over
  EXPECT_EQ(stream.quality.expected(stream.reception), 3U + 3U + 1U);
  EXPECT_EQ(stream.lost(), 2U);
  EXPECT_EQ(stream.quality.stream_changes(), 1U);
}

// G.711 in 20 ms packets: sound for ten seconds, quiet for ten, a pause of one more between the quiet ones.
TEST(StreamQuality, CreditsTalkAndSilence) {
  Stream stream;
  std::uint32_t timestamp = 0;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    RtpHeader packet = header(i, timestamp);
    packet.marker = i == 750;
    receive(stream.reception, stream.quality, packet, timestamp);
    if (is_sampled(stream.reception.received())) {
      stream.quality.on_sample(packet, i < 500, 8000, stream.reception);
    }
    timestamp += i == 749 ? 8160 : 160;
  }
  EXPECT_EQ(stream.quality.ptime_rtp_ticks(), 160U);
  EXPECT_NEAR(static_cast<double>(stream.quality.talk_us()), 10e6, 1.3e6);
  EXPECT_NEAR(static_cast<double>(stream.quality.silence_us()), 11e6, 1.3e6);
  EXPECT_EQ(stream.quality.clock_rate(), 8000U);
}

TEST(StreamQuality, TimestampJumpsAreNoMedia) {
  Stream stream;
  const auto sample = [&](std::uint16_t sequence, std::uint32_t timestamp) {
    stream.quality.on_sample(header(sequence, timestamp), true, 8000, stream.reception);
  };
  sample(1, 0);
  sample(2, 160);
  sample(3, 0x70000000);
  sample(4, 5);
  EXPECT_EQ(stream.quality.talk_us(), 20'000U);
  EXPECT_EQ(stream.quality.silence_us(), 0U);
}

std::uint8_t encode_mulaw(double sample) {  // -1..1
  constexpr int kBias = 33;
  int value = static_cast<int>(std::lround(sample * 8158));
  const int sign = value < 0 ? 0x80 : 0;
  value = std::min(std::abs(value), 8158) + kBias;
  int exponent = 7;
  while (exponent > 0 && (value >> (exponent + 5)) == 0) {
    --exponent;
  }
  const int mantissa = (value >> (exponent + 1)) & 15;
  return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

std::vector<std::uint8_t> tone(double dbm0) {
  const double amplitude = std::pow(10, (dbm0 - 3.17) / 20);
  std::vector<std::uint8_t> payload;
  for (int i = 0; i < 160; ++i) {
    payload.push_back(encode_mulaw(amplitude * std::sin(2 * std::numbers::pi * 440 * i / 8000)));
  }
  return payload;
}

TEST(HasSound, HearsG711Above45BelowFullScale) {
  for (const double level : {0.0, -20.0, -40.0}) {
    EXPECT_TRUE(has_sound(0, tone(level).data(), 160)) << level;
  }
  for (const double level : {-50.0, -70.0}) {
    EXPECT_FALSE(has_sound(0, tone(level).data(), 160)) << level;
  }
  const std::vector<std::uint8_t> quiet_alaw(160, 0xd5);
  EXPECT_FALSE(has_sound(8, quiet_alaw.data(), 160));
  const std::vector<std::uint8_t> loud_alaw(160, 0x2a);
  EXPECT_TRUE(has_sound(8, loud_alaw.data(), 160));
}

TEST(HasSound, KnowsComfortNoiseAndShortFrames) {
  const std::array<std::uint8_t, 20> bytes{};
  EXPECT_FALSE(has_sound(13, bytes.data(), 11));
  EXPECT_FALSE(has_sound(18, bytes.data(), 2));   // G.729 SID
  EXPECT_FALSE(has_sound(111, bytes.data(), 1));  // Opus DTX
  EXPECT_FALSE(has_sound(101, bytes.data(), 4));  // RFC 4733
  EXPECT_TRUE(has_sound(18, bytes.data(), 20));
  EXPECT_FALSE(has_sound(0, nullptr, 0));
}

}  // namespace
}  // namespace pollux::rtp
