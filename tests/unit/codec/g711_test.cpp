#include "dataplane/codec/g711.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

// G.711 table 1a: the value at the middle of each interval, counted up segment by segment.
std::vector<int> alaw_magnitudes() {
  std::vector<int> values;
  int edge = 0;
  for (int segment = 0; segment < 8; ++segment) {
    const int width = segment < 2 ? 16 : 16 << (segment - 1);
    for (int step = 0; step < 16; ++step) {
      values.push_back(edge + width / 2);
      edge += width;
    }
  }
  return values;
}

// G.711 table 2a: 0, then steps that double with each segment, as 16 bits.
std::vector<int> ulaw_magnitudes() {
  std::vector<int> values;
  int value = 0;
  for (int segment = 0; segment < 8; ++segment) {
    for (int step = 0; step < 16; ++step) {
      values.push_back(value);
      value += step < 15 ? 8 << segment : 12 << segment;
    }
  }
  return values;
}

Sample decoded(Law law, std::uint8_t octet) {
  Sample sample = 0;
  decode_g711(law, {&octet, 1}, {&sample, 1});
  return sample;
}

std::uint8_t encoded(Law law, Sample sample) {
  std::uint8_t octet = 0;
  encode_g711(law, {&sample, 1}, {&octet, 1});
  return octet;
}

TEST(G711, DecodesAllOctetsAsTheTablesSay) {
  const auto alaw = alaw_magnitudes();
  const auto ulaw = ulaw_magnitudes();
  ASSERT_EQ(alaw.back(), 32256);
  ASSERT_EQ(ulaw.back(), 32124);
  for (unsigned code = 0; code < 128; ++code) {
    const auto a = static_cast<std::uint8_t>(code ^ 0x55);
    EXPECT_EQ(decoded(Law::kA, a | 0x80), alaw[code]) << code;
    EXPECT_EQ(decoded(Law::kA, a & 0x7f), -alaw[code]) << code;
    const auto u = static_cast<std::uint8_t>(~code);
    EXPECT_EQ(decoded(Law::kMu, u | 0x80), ulaw[code]) << code;
    EXPECT_EQ(decoded(Law::kMu, u & 0x7f), -ulaw[code]) << code;
  }
}

// G.191's reference takes the bits away first: A-law has 12 of magnitude, mu-law 13 with a bias of 33,
// negative samples in one's complement. Then it counts segments in a loop.
TEST(G711, EncodesAllSamplesAsTheReferenceDoes) {
  for (int sample = -32768; sample <= 32767; ++sample) {
    const int magnitude = sample < 0 ? ~sample : sample;
    int a = magnitude >> 4;
    if (a > 15) {
      int segment = 1;
      while (a > 31) {
        a >>= 1;
        ++segment;
      }
      a = a - 16 + (segment << 4);
    }
    const int alaw = (sample < 0 ? a : a | 0x80) ^ 0x55;
    ASSERT_EQ(encoded(Law::kA, static_cast<Sample>(sample)), alaw) << sample;

    const int biased = std::min((magnitude >> 2) + 33, 0x1fff);
    int segment = 1;
    for (int rest = biased >> 6; rest != 0; rest >>= 1) {
      ++segment;
    }
    const int ulaw = (8 - segment) << 4 | (15 - (biased >> segment & 15)) | (sample < 0 ? 0 : 0x80);
    ASSERT_EQ(encoded(Law::kMu, static_cast<Sample>(sample)), ulaw) << sample;
  }
}

TEST(G711, GoesFromLawToLawAsByWayOfPcm) {
  Bytes alaw(256);
  std::iota(alaw.begin(), alaw.end(), std::uint8_t{0});
  Bytes ulaw = alaw;
  alaw_to_ulaw(alaw);
  ulaw_to_alaw(ulaw);
  for (unsigned i = 0; i < 256; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    EXPECT_EQ(alaw[i], encoded(Law::kMu, decoded(Law::kA, octet))) << i;
    EXPECT_EQ(ulaw[i], encoded(Law::kA, decoded(Law::kMu, octet))) << i;
  }
}

// Whole blocks of 32 and what is left of them, at any address, and nothing beyond.
TEST(G711, GoesFromLawToLawAtAnyLengthAndAddress) {
  for (std::size_t from = 0; from < 3; ++from) {
    for (std::size_t length = 0; length < 200; ++length) {
      Bytes bytes(256, 0x37);
      for (std::size_t i = from; i < from + length; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 89);
      }
      Bytes expected = bytes;
      for (std::size_t i = from; i < from + length; ++i) {
        expected[i] = encoded(Law::kA, decoded(Law::kMu, bytes[i]));
      }
      ulaw_to_alaw(std::span(bytes).subspan(from, length));
      ASSERT_EQ(bytes, expected) << from << ' ' << length;
    }
  }
}

}  // namespace
}  // namespace pollux::codec
