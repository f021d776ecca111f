#include "dataplane/dtmf/tone_detector.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/unit/dtmf/tone_sound.hpp"

namespace pollux::dtmf::test {
namespace {

constexpr std::size_t kMostOff = 7 * kMs;

std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

// Onset and end of presses of all digits, in and without noise.
TEST(ToneDetector, KnowsWhenAPressBeganAndEnded) {
  for (const double snr : {kNoNoise, 15.0}) {
    std::uint64_t most = 0;
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      for (std::size_t phase = 0; phase < kDetectorBlock; phase += 7) {
        for (const std::size_t length : {400U, 1000U, 8000U}) {
          const Press press{.event = event, .from = 900 + phase, .length = length};
          const auto heard = hear(sound_of(press, snr));
          ASSERT_EQ(heard.size(), 2U);
          EXPECT_TRUE(heard[0].on);
          EXPECT_FALSE(heard[1].on);
          EXPECT_EQ(heard[1].event, event);
          EXPECT_LE(heard[0].earliest, press.from);
          EXPECT_GE(heard[0].earliest + 15 * kMs, press.from);
          most = std::max(
              {most, distance(heard[0].sample, press.from), distance(heard[1].sample, press.from + length)});
        }
      }
    }
    EXPECT_LE(most, kMostOff) << snr;
    if (std::getenv("POLLUX_TABLE") != nullptr) {
      std::printf("S/N %3.0f dB: onset and end to within %.1f ms\n", snr, static_cast<double>(most) / kMs);
    }
  }
}

TEST(ToneDetector, IsNeverLateWithTheEarliestMoment) {
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (std::size_t phase = 0; phase < kDetectorBlock; phase += 3) {
      for (const std::size_t ramp : {0U, 40U, 80U}) {
        for (const double twist : {-6.0, 0.0, 4.0}) {
          const Press press{.event = event,
                            .low_dbm0 = -12,
                            .high_dbm0 = -12 + twist,
                            .from = 800 + phase,
                            .length = 480,
                            .ramp = ramp};
          const auto heard = hear(sound_of(press, 20));
          ASSERT_FALSE(heard.empty());
          EXPECT_LE(heard[0].earliest, press.from) << ramp;
        }
      }
    }
  }
}

TEST(ToneDetector, TellsTheVolume) {
  for (const double level : {-3.0, -8.0, -20.0, -36.0}) {
    const auto heard = hear(sound_of({.low_dbm0 = level - 1, .high_dbm0 = level + 1}));
    ASSERT_FALSE(heard.empty()) << level;
    EXPECT_EQ(heard[0].volume, -level);
  }
}

// Speech before a press, of which a tone is a part, doesn't hide where it begins.
TEST(ToneDetector, FindsTheOnsetBehindNoise) {
  for (std::size_t phase = 0; phase < kDetectorBlock; phase += 5) {
    Sound noise(2000 + phase);
    add_noise(noise, std::pow(peak_of(-16), 2), 0, static_cast<unsigned>(phase));
    Sound sound(noise.size());
    add(sound, {.from = noise.size(), .length = 800});
    std::copy(noise.begin(), noise.end(), sound.begin());
    const auto heard = hear(to_pcm(sound));
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_LE(distance(heard[0].sample, noise.size()), kMostOff);
  }
}

// The same changes, however the samples come.
TEST(ToneDetector, DoesNotMindPackets) {
  Sound sound;
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    add(sound, {.event = event, .from = 500 + event * 1000U, .length = 500});
  }
  const Pcm pcm = to_pcm(sound);
  const auto once = hear(*ToneDetector::make(), pcm, 160);
  ASSERT_EQ(digits(once), "0123456789*#ABCD");
  for (const std::size_t packet : {1U, 8U, 80U, 102U, 240U, 480U, 960U}) {
    const auto heard = hear(*ToneDetector::make(), pcm, packet);
    ASSERT_EQ(heard.size(), once.size()) << packet;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      EXPECT_EQ(heard[i].on, once[i].on);
      EXPECT_EQ(heard[i].event, once[i].event);
      EXPECT_LE(distance(heard[i].sample, once[i].sample), 2U);
      EXPECT_EQ(heard[i].known_at, once[i].known_at);
    }
  }
}

TEST(ToneDetector, TakesOutAConstantOffset) {
  for (const double offset : {-12'000.0, -3000.0, 500.0, 12'000.0}) {
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      Sound sound;
      add(sound, {.event = event, .low_dbm0 = -12, .high_dbm0 = -12, .from = 4000, .length = 400});
      for (double& sample : sound) {
        sample += offset;
      }
      EXPECT_EQ(digits(hear(to_pcm(sound))), digit(event)) << offset;
    }
  }
}

// An interruption after which the tones go on in another phase, as of a packet that was repeated or left out.
TEST(ToneDetector, BearsAnInterruptionThatBreaksThePhase) {
  for (const std::size_t pause : {0U, 40U, 80U}) {
    for (std::size_t phase = 0; phase < kDetectorBlock; ++phase) {
      Sound sound;
      add(sound, {.event = 3, .from = 800 + phase, .length = 480});
      Sound later;
      add(later, {.event = 3, .from = 37, .length = 480});
      const std::size_t at = 800 + phase + 480 + pause;
      sound.resize(at);
      sound.insert(sound.end(), later.begin() + 37, later.end());
      const auto heard = hear(to_pcm(sound));
      ASSERT_EQ(digits(heard), "3") << pause << " at " << phase;
      EXPECT_LE(distance(heard.back().sample, at + 480), kMostOff) << pause << " at " << phase;
    }
  }
}

// A press whose last part, behind an interruption, is too short for a digit of its own ends with that part.
TEST(ToneDetector, EndsWithTheRestBehindAnInterruption) {
  for (std::size_t phase = 0; phase < kDetectorBlock; phase += 5) {
    Sound sound;
    add(sound, {.from = 800 + phase, .length = 480});
    add(sound, {.from = 800 + phase + 560, .length = 140});
    sound.resize(sound.size() + 800);
    const auto heard = hear(to_pcm(sound));
    ASSERT_EQ(digits(heard), "5") << phase;
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_GE(heard[1].sample, 800 + phase + 480 - kMostOff);
    EXPECT_LE(heard[1].sample, 800 + phase + 700 + kMostOff);
  }
}

std::vector<ToneChange> hear_with_loss(const Pcm& pcm, std::size_t from, std::size_t count) {
  auto detector = ToneDetector::make();
  auto heard = hear(*detector, std::span(pcm).first(from));
  ToneChanges changes;
  detector->lost(static_cast<std::uint32_t>(count), changes);
  heard.insert(heard.end(), changes.begin(), changes.end());
  const auto rest = hear(*detector, std::span(pcm).subspan(from + count));
  heard.insert(heard.end(), rest.begin(), rest.end());
  return heard;
}

TEST(ToneDetector, BearsLosses) {
  const Press press{.from = 800, .length = 2400};
  const Pcm pcm = sound_of(press);
  for (const std::size_t lost : {80U, 160U, 320U, 480U}) {
    for (std::size_t from = 320; from < 3400; from += 37) {
      const auto heard = hear_with_loss(pcm, from, lost);
      ASSERT_EQ(digits(heard), "5") << lost << " from " << from;
      ASSERT_EQ(heard.size(), 2U);
      EXPECT_LE(heard[0].earliest, 800U);
      // What is lost tells nothing.
      EXPECT_LE(distance(heard[0].sample, 800), lost + kMostOff) << from;
      EXPECT_LE(distance(heard[1].sample, 3200), lost + kMostOff) << from;
    }
  }
}

TEST(ToneDetector, DoesNotBridgeWhatCanHideAPause) {
  const Pcm pcm = sound_of({.from = 800, .length = 4000});
  const auto heard = hear_with_loss(pcm, 2400, 640);
  EXPECT_EQ(digits(heard), "55");
  ASSERT_GE(heard.size(), 2U);
  EXPECT_EQ(heard[1].sample, 2400U);
}

TEST(ToneDetector, BeginsAnewWhenToldSo) {
  const Pcm pcm = sound_of({.from = 800, .length = 1600});
  auto detector = ToneDetector::make();
  EXPECT_EQ(digits(hear(*detector, std::span(pcm).first(1600))), "5");
  detector->reset();
  const auto heard = hear(*detector, pcm);
  EXPECT_EQ(digits(heard), "5");
  EXPECT_LE(distance(heard[0].sample, 1600 + 800), kMostOff);  // positions go on
}

}  // namespace
}  // namespace pollux::dtmf::test
