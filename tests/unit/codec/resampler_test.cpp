#include "dataplane/codec/resampler.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

Pcm resampled(std::uint32_t from, std::uint32_t to, const Pcm& in, std::size_t block,
              std::uint8_t channels = 1) {
  auto resampler = Resampler::make(from, to, channels);
  Pcm out;
  Pcm piece(resampler->most_samples(block) * channels);
  for (std::size_t at = 0; at + block * channels <= in.size(); at += block * channels) {
    const std::size_t made = resampler->process(std::span(in).subspan(at, block * channels), piece);
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(made * channels));
  }
  return out;
}

TEST(Resampler, GivesExactlyAsMuchAsItTakes) {
  const std::uint32_t rates[] = {8'000, 12'000, 16'000, 24'000, 32'000, 48'000};
  for (const std::uint32_t from : rates) {
    for (const std::uint32_t to : rates) {
      for (const std::uint8_t channels : Bytes{1, 2}) {
        for (const unsigned ms : {1U, 10U, 20U, 25U, 120U}) {
          auto resampler = Resampler::make(from, to, channels);
          ASSERT_TRUE(resampler);
          const Pcm in(std::size_t{from} / 1000 * ms * channels);
          Pcm out(resampler->most_samples(in.size() / channels) * channels);
          for (int i = 0; i < 20; ++i) {
            ASSERT_EQ(resampler->process(in, out), to / 1000 * ms) << from << ' ' << to << ' ' << ms;
          }
        }
      }
    }
  }
}

// 44.1 kHz has no whole number of samples in a millisecond: 10 ms are the least common.
TEST(Resampler, GivesExactlyAsMuchAt44100) {
  for (const std::uint32_t other : {8'000U, 16'000U, 48'000U}) {
    EXPECT_EQ(resampled(44'100, other, Pcm(441 * 100), 441).size(), other);
    EXPECT_EQ(resampled(other, 44'100, Pcm(other), other / 100).size(), 44'100U);
    EXPECT_NEAR(static_cast<double>(resampled(44'100, other, Pcm(44'100), 7).size()), other, 8);
  }
}

// Tones below 3.4 kHz keep their level within 1 dB. When the rate is halved or less, what lies above the new
// band's upper edge by a fifth and more comes back, folded down, 50 dB lower at least.
TEST(Resampler, KeepsTheBandAndLittleElse) {
  for (const std::uint32_t high : {16'000U, 48'000U}) {
    for (const double hz : {300.0, 1000.0, 3000.0}) {
      const Pcm up = resampled(8'000, high, sine(8'000, 1000, hz), 160);
      const Pcm down = resampled(high, 8'000, sine(high, 1000, hz), high / 50);
      EXPECT_NEAR(dbov(std::span(up).subspan(up.size() / 4)), -15.25, 1) << high << ' ' << hz;
      EXPECT_NEAR(dbov(std::span(down).subspan(down.size() / 4)), -15.25, 1) << high << ' ' << hz;
    }
    for (const double hz : {4800.0, 5500.0, 7000.0}) {
      const Pcm alias = resampled(high, 8'000, sine(high, 1000, hz), high / 50);
      EXPECT_LT(dbov(std::span(alias).subspan(alias.size() / 4)), -65) << high << ' ' << hz;
    }
  }
}

// A second, from 300 to 2500 Hz: the same sound at any rate.
Pcm chirp(std::uint32_t rate) {
  Pcm pcm(rate);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    pcm[i] = static_cast<Sample>(8000 * std::sin(2 * M_PI * (300 + 1100 * t) * t));
  }
  return pcm;
}

TEST(Resampler, DelaysByWhatItSays) {
  for (const auto& [from, to] : {std::pair{8'000U, 48'000U}, {48'000U, 8'000U}, {16'000U, 8'000U}}) {
    auto resampler = Resampler::make(from, to, 1);
    const Pcm there = chirp(to);
    const Pcm in = chirp(from);
    const Pcm out = resampled(from, to, in, from / 100);
    EXPECT_LT(resampler->delay_samples(), to / 200);  // less than 5 ms
    const std::size_t lag = best_lag(there, out, to, to / 100);
    EXPECT_NEAR(static_cast<double>(lag), resampler->delay_samples(), to / 4000.0) << from << ' ' << to;
  }
}

TEST(Resampler, RefusesOtherRates) {
  EXPECT_FALSE(Resampler::make(4'000, 8'000, 1));
  EXPECT_FALSE(Resampler::make(8'000, 96'000, 1));
  EXPECT_FALSE(Resampler::make(8'000, 16'000, 3));
}

}  // namespace
}  // namespace pollux::codec
