// The limits of ITU-T Q.24, each at the limit and a step beyond, at every place of the press against the
// detector's blocks where that counts.
#include <gtest/gtest.h>

#include "tests/unit/dtmf/tone_sound.hpp"

namespace pollux::dtmf::test {
namespace {

constexpr std::size_t kStart = 800;
constexpr std::size_t kPhases = kDetectorBlock;

// Of all digits at every `step`th phase: how many of the presses were heard as the one digit they are, and
// how many as nothing.
struct Tally {
  unsigned presses = 0;
  unsigned right = 0;
  unsigned unheard = 0;
};

template <typename Change>
Tally tally(Change change, double snr_db = kNoNoise, std::size_t step = 1) {
  Tally tally;
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (std::size_t phase = 0; phase < kPhases; phase += step) {
      Press press{.event = event, .from = kStart + phase};
      change(press);
      const std::string heard = digits(hear(sound_of(press, snr_db)));
      ++tally.presses;
      tally.right += heard == digit(event);
      tally.unheard += heard.empty();
    }
  }
  return tally;
}

template <typename Change>
void expect_all(Change change, double snr_db = kNoNoise, std::size_t step = 1) {
  const Tally all = tally(change, snr_db, step);
  EXPECT_EQ(all.right, all.presses);
}

template <typename Change>
void expect_none(Change change, double snr_db = kNoNoise, std::size_t step = 1) {
  const Tally all = tally(change, snr_db, step);
  EXPECT_EQ(all.unheard, all.presses);
}

TEST(ToneLimits, TakesOneAndAHalfPercent) {
  for (const double drift : {-0.015, 0.015}) {
    SCOPED_TRACE(drift);
    expect_all([&](Press& press) { press.low_drift = drift; });
    expect_all([&](Press& press) { press.high_drift = drift; });
  }
}

TEST(ToneLimits, LeavesThreeAndAHalfPercent) {
  for (const double drift : {-0.035, 0.035, -0.04, 0.04, -0.05, 0.05}) {
    for (const std::size_t length : {400U, 4000U}) {
      SCOPED_TRACE(drift);
      const std::size_t step = length == 400 && std::abs(drift) < 0.036 ? 1 : 17;
      expect_none([&](Press& press) { press.low_drift = drift, press.length = length; }, kNoNoise, step);
      expect_none([&](Press& press) { press.high_drift = drift, press.length = length; }, kNoNoise, step);
    }
  }
}

TEST(ToneLimits, TakesATwistOfFourAndEightDecibels) {
  expect_all([](Press& press) { press.low_dbm0 = press.high_dbm0 - 4; });
  expect_all([](Press& press) { press.high_dbm0 = press.low_dbm0 - 8; });
}

TEST(ToneLimits, LeavesATwistFarBeyond) {
  expect_none([](Press& press) { press.low_dbm0 = press.high_dbm0 - 6.5; }, kNoNoise, 5);
  expect_none([](Press& press) { press.high_dbm0 = press.low_dbm0 - 10.5; }, kNoNoise, 5);
}

TEST(ToneLimits, TakesLevelsFromZeroToTwentyFiveBelow) {
  for (const double level : {0.0, -1.0, -3.0, -20.0, -25.0, -26.0}) {
    SCOPED_TRACE(level);
    expect_all([&](Press& press) { press.low_dbm0 = press.high_dbm0 = level; }, kNoNoise, 3);
  }
}

TEST(ToneLimits, LeavesWhatIsTooSoft) {
  expect_none([](Press& press) { press.low_dbm0 = press.high_dbm0 = -46; }, kNoNoise, 5);
}

TEST(ToneLimits, TakesFortyMilliseconds) {
  expect_all([](Press& press) { press.length = 320; });
}

TEST(ToneLimits, LeavesTwentyThreeMilliseconds) {
  for (const std::size_t length : {184U, 176U, 160U, 100U, 40U}) {
    SCOPED_TRACE(length);
    expect_none([&](Press& press) { press.length = length; }, kNoNoise, length == 184 ? 1 : 7);
  }
}

TEST(ToneLimits, HoldsInNoiseOfFifteenDecibels) {
  expect_all([](Press& press) { press.length = 400; }, 15);
  expect_all([](Press& press) { press.length = 320; }, 16);
  expect_none([](Press& press) { press.length = 184; }, 15);
}

TEST(ToneLimits, TellsWithinSixtyMillisecondsInPacketsOfTwenty) {
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (std::size_t phase = 0; phase < 160; ++phase) {
      const Pcm pcm = sound_of({.event = event, .from = kStart + phase, .length = 800});
      const auto heard = hear(pcm);
      ASSERT_EQ(heard.size(), 2U);
      for (const ToneChange& change : heard) {
        const std::size_t truth = kStart + phase + (change.on ? 0 : 800);
        // It is known when the packet with sample known_at - 1 has come.
        const std::uint64_t told = (change.known_at + 159) / 160 * 160;
        EXPECT_LE(told - truth, 60 * kMs) << phase;
      }
    }
  }
}

// Two presses of one digit.
std::string with_pause(std::uint8_t event, std::size_t phase, std::size_t pause, std::size_t length) {
  Sound sound;
  add(sound, {.event = event, .from = kStart + phase, .length = length});
  add(sound, {.event = event, .from = kStart + phase + length + pause, .length = length});
  return digits(hear(to_pcm(sound)));
}

TEST(ToneLimits, SeesAPauseOfFortyMilliseconds) {
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      for (const std::size_t length : {320U, 400U}) {
        ASSERT_EQ(with_pause(event, phase, 40 * kMs, length), digit(event) + digit(event)) << phase;
      }
    }
  }
}

TEST(ToneLimits, BearsInterruptionsOfTenMilliseconds) {
  for (const std::size_t pause : {8U, 24U, 40U, 56U, 72U, 80U}) {
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      for (std::size_t phase = 0; phase < kPhases; phase += pause == 80 ? 1 : 5) {
        ASSERT_EQ(with_pause(event, phase, pause, 480), digit(event)) << pause << " at " << phase;
      }
    }
  }
}

TEST(ToneLimits, KnowsTheDigitsApart) {
  for (std::uint8_t first = 0; first < kDtmfDigits; ++first) {
    for (std::uint8_t second = 0; second < kDtmfDigits; ++second) {
      for (const std::size_t gap : {0U, 40U, 320U}) {
        if (gap < 320 && first == second) {
          continue;
        }
        Sound sound;
        add(sound, {.event = first, .from = kStart + first * 7U, .length = 480});
        add(sound, {.event = second, .from = kStart + first * 7U + 480 + gap, .length = 480});
        EXPECT_EQ(digits(hear(to_pcm(sound))), digit(first) + digit(second)) << gap;
      }
    }
  }
}

}  // namespace
}  // namespace pollux::dtmf::test
