#include "dataplane/dtmf/tone_generator.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dtmf/tone_sound.hpp"

namespace pollux::dtmf::test {
namespace {

Pcm tone(std::uint8_t event, std::uint32_t rate, std::uint8_t level, std::size_t samples,
         std::size_t packet) {
  ToneGenerator generator;
  generator.begin(event, rate, level);
  Pcm pcm(samples);
  for (std::size_t at = 0; at < samples; at += packet) {
    generator.make(std::span(pcm).subspan(at, std::min(packet, samples - at)), at + packet >= samples);
  }
  return pcm;
}

// The amplitude at one frequency, of the second from 100 ms on.
double amplitude(const Pcm& pcm, std::uint32_t rate, double hz) {
  double real = 0;
  double imaginary = 0;
  double weight = 0;
  for (std::size_t i = 0; i < rate; ++i) {
    const double angle = 2 * M_PI * hz * static_cast<double>(i) / rate;
    const double window = 1 - std::cos(2 * M_PI * static_cast<double>(i) / rate);
    real += window * pcm[rate / 10 + i] * std::cos(angle);
    imaginary += window * pcm[rate / 10 + i] * std::sin(angle);
    weight += window;
  }
  return 2 * std::sqrt(real * real + imaginary * imaginary) / weight;
}

// Where the spectrum is highest near `hz`, to 0.01 Hz.
double found_near(const Pcm& pcm, std::uint32_t rate, double hz) {
  double best = 0;
  double most = 0;
  for (double at = hz - 1; at <= hz + 1; at += 0.05) {
    if (const double value = amplitude(pcm, rate, at); value > most) {
      most = value;
      best = at;
    }
  }
  return best;
}

TEST(ToneGenerator, HasTheFrequenciesOfTheKeypad) {
  const std::array<const char*, 4> rows = {"123A", "456B", "789C", "*0#D"};
  const std::array<double, 4> low = {697, 770, 852, 941};
  const std::array<double, 4> high = {1209, 1336, 1477, 1633};
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      const ToneFrequencies hz = tone_frequencies(*dtmf_event(rows[row][column]));
      EXPECT_EQ(hz.low, low[row]);
      EXPECT_EQ(hz.high, high[column]);
    }
  }
}

TEST(ToneGenerator, IsExactInFrequencyAndLevel) {
  for (const std::uint32_t rate : {8'000U, 16'000U, 44'100U, 48'000U}) {
    for (const std::uint8_t event : std::initializer_list<std::uint8_t>{1, 5, 10, 15}) {
      const Pcm pcm = tone(event, rate, kDefaultDtmfLevel, rate + rate / 5, rate / 50);
      const ToneFrequencies hz = tone_frequencies(event);
      EXPECT_NEAR(found_near(pcm, rate, hz.low) / hz.low, 1, 0.0005);
      EXPECT_NEAR(found_near(pcm, rate, hz.high) / hz.high, 1, 0.0005);
      EXPECT_NEAR(amplitude(pcm, rate, hz.low) / peak_of(-9), 1, 0.005);
      EXPECT_NEAR(amplitude(pcm, rate, hz.high) / peak_of(-7), 1, 0.005);
    }
  }
}

TEST(ToneGenerator, KeepsItsLevelForAsLongAsAKeyIsHeld) {
  ToneGenerator generator;
  generator.begin(3, 8000, 10);
  Pcm pcm(160);
  for (int i = 0; i < 20 * 50; ++i) {
    generator.make(pcm, false);
  }
  Pcm later;
  for (int i = 0; i < 60; ++i) {
    generator.make(pcm, false);
    later.insert(later.end(), pcm.begin(), pcm.end());
  }
  EXPECT_NEAR(amplitude(later, 8000, 697) / peak_of(-11), 1, 0.005);
  EXPECT_NEAR(amplitude(later, 8000, 1477) / peak_of(-9), 1, 0.005);
}

TEST(ToneGenerator, TakesEveryLevel) {
  for (std::uint8_t level = 0; level <= kMaxDtmfLevel; ++level) {
    const Pcm pcm = tone(6, 8000, level, 9600, 160);
    // Above -3 dBm0 both together are more than fits.
    EXPECT_NEAR(20 * std::log10(amplitude(pcm, 8000, 770) / peak_of(-level - 1)), 0, level < 3 ? 1.2 : 0.1)
        << int{level};
  }
}

// Over any 5 ms the loudest sample is no louder than the ramp allows.
TEST(ToneGenerator, RampsInAndOut) {
  for (const std::uint32_t rate : {8'000U, 48'000U}) {
    const std::size_t ramp = rate / 200;
    const double full = peak_of(-9) + peak_of(-7);
    for (const std::size_t packet : {rate / 50, rate / 100, rate}) {
      const Pcm pcm = tone(9, rate, kDefaultDtmfLevel, rate / 10, packet);
      for (std::size_t i = 0; i < ramp; ++i) {
        const double most =
            full * (1 - std::cos(M_PI * static_cast<double>(i + 1) / static_cast<double>(ramp))) / 2;
        EXPECT_LE(std::abs(pcm[i]), most + 1);
        EXPECT_LE(std::abs(pcm[pcm.size() - 1 - i]), most + 1);
      }
      double most = 0;
      for (std::size_t i = 2 * ramp; i + 2 * ramp < pcm.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(pcm[i])));
      }
      EXPECT_GT(most, 0.9 * full);
    }
  }
}

// A ramp that is cut short by the packet it is in still ends in silence.
TEST(ToneGenerator, RampsDownInWhatThereIs) {
  ToneGenerator generator;
  generator.begin(2, 8000, 5);
  Pcm pcm(160);
  generator.make(pcm, false);
  Pcm rest(16);
  generator.make(rest, true);
  EXPECT_LT(std::abs(rest.back()), 100);
}

// Between packets the tone goes on as if it were one.
TEST(ToneGenerator, DoesNotKnowPackets) {
  EXPECT_EQ(tone(7, 8000, 8, 1600, 1600), tone(7, 8000, 8, 1600, 160));
}

TEST(ToneGenerator, MakesATonePlainlyNoDigit) {
  const Pcm pcm = tone(kBlockToneEvent, 8000, 10, 9600, 160);
  EXPECT_NEAR(found_near(pcm, 8000, 1000), 1000, 0.5);
  EXPECT_NEAR(amplitude(pcm, 8000, 1000) / peak_of(-10), 1, 0.005);
  EXPECT_EQ(digits(hear(pcm)), "");
}

TEST(ToneGenerator, IsHeard) {
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (const std::uint8_t level : std::initializer_list<std::uint8_t>{0, 8, 25}) {
      Pcm pcm = tone(event, 8000, level, 50 * kMs, 160);
      pcm.insert(pcm.begin(), 777, 0);
      pcm.resize(pcm.size() + 800);
      const auto heard = hear(pcm);
      ASSERT_EQ(digits(heard), digit(event)) << int{level};
      EXPECT_NEAR(heard[0].volume, level, level < 3 ? 2 : 0);
    }
  }
}

}  // namespace
}  // namespace pollux::dtmf::test
