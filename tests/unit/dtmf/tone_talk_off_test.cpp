// No digit in speech and music: a few minutes of both, or as many as POLLUX_MINUTES says.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "dataplane/codec/resampler.hpp"
#include "tests/unit/dtmf/tone_sound.hpp"

namespace pollux::dtmf::test {
namespace {

constexpr std::size_t kDefaultMinutes = 4;
constexpr std::size_t kSecond = kDetectorRate;
constexpr std::size_t kWavHeader = 44;
constexpr std::uint32_t kSpokenRate = 22'050;  // of espeak-ng
constexpr int kWords = 70;

constexpr const char* kVoices[] = {"en-us", "en-gb", "de", "fr-fr", "es", "it", "pt", "ru", "pl",
                                   "nl",    "sv",    "tr", "fi",    "cs", "hu", "el", "ja", "cmn"};
constexpr const char* kVariants[] = {"m1", "m3", "m7", "f1", "f2", "f4", "f5", "klatt2", "whisper", "croak"};
constexpr const char* kVocabulary[] = {
    "zero",    "one",    "two",    "three", "four",   "five",  "six",    "seven",   "eight",  "nine",
    "star",    "hash",   "please", "hold",  "the",    "line",  "who",    "is",      "there",  "yes",
    "no",      "hello",  "good",   "bye",   "ooh",    "aah",   "eee",    "loose",   "green",  "blue",
    "meeting", "noon",   "woman",  "rain",  "silver", "river", "yellow", "canoe",   "smooth", "evening",
    "you",     "me",     "we",     "are",   "going",  "home",  "now",    "million", "memory", "lemon",
    "nearly",  "really", "owe",    "moo",   "whistle"};

std::size_t minutes() {
  const char* const wish = std::getenv("POLLUX_MINUTES");
  return wish == nullptr ? kDefaultMinutes : std::strtoul(wish, nullptr, 10);
}

template <typename T, std::size_t kCount>
const T& any_of(const T (&choices)[kCount], std::mt19937& random) {
  return choices[random() % kCount];
}

std::vector<char> output_of(const std::string& command) {
  std::vector<char> bytes;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::array<char, 4096> buffer;
  while (pipe != nullptr) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (count == 0) {
      break;
    }
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return bytes;
}

void scale(Pcm& pcm, double peak) {
  double most = 1;
  for (const std::int16_t sample : pcm) {
    most = std::max(most, std::abs(static_cast<double>(sample)));
  }
  for (std::int16_t& sample : pcm) {
    sample = static_cast<std::int16_t>(std::lrint(sample * peak / most));
  }
}

double any_peak(std::mt19937& random) {
  return 32'000 * std::pow(10, -static_cast<double>(random() % 30) / 20);
}

// Words in no order, in a voice of any language.
Pcm speech(std::mt19937& random) {
  std::string command =
      std::string("espeak-ng -v ") + any_of(kVoices, random) + "+" + any_of(kVariants, random);
  command += " -p " + std::to_string(5 + random() % 90) + " -s " + std::to_string(110 + random() % 120);
  command += " --stdout '";
  for (int i = 0; i < kWords; ++i) {
    command += std::string(any_of(kVocabulary, random)) + (random() % 9 == 0 ? ". " : " ");
  }
  const std::vector<char> bytes = output_of(command + "' 2>/dev/null");
  Pcm spoken;
  for (std::size_t at = kWavHeader; at + 1 < bytes.size(); at += 2) {
    const auto low = static_cast<std::uint8_t>(bytes[at]);
    const auto high = static_cast<std::uint8_t>(bytes[at + 1]);
    spoken.push_back(static_cast<std::int16_t>(high << 8 | low));
  }
  auto resampler = codec::Resampler::make(kSpokenRate, kDetectorRate, 1);
  Pcm pcm(resampler->most_samples(spoken.size()));
  pcm.resize(resampler->process(spoken, pcm));
  scale(pcm, any_peak(random));
  return pcm;
}

// Chords and runs of notes with their harmonics, struck or bowed, some with vibrato.
Pcm music(std::mt19937& random) {
  Sound sound(20 * kSecond);
  for (std::size_t at = 0; at < sound.size();) {
    const std::size_t length = kSecond / 8 << random() % 4;
    const unsigned voices = 1 + random() % 4;
    const bool struck = random() % 2 == 0;
    const double vibrato = random() % 3 == 0 ? 0.004 : 0;
    for (unsigned voice = 0; voice < voices; ++voice) {
      const double hz = 110 * std::pow(2, static_cast<double>(random() % 36) / 12);
      for (int harmonic = 1; harmonic * hz < 3400 && harmonic <= 12; ++harmonic) {
        const double phase = static_cast<double>(random() % 628) / 100;
        for (std::size_t i = 0; i < length && at + i < sound.size(); ++i) {
          const double t = static_cast<double>(i) / kDetectorRate;
          const double decay = struck ? std::exp(-t * (2 + harmonic)) : std::min(1.0, 20 * t);
          const double bend = vibrato * std::sin(2 * M_PI * 5.5 * t) / (2 * M_PI * 5.5);
          sound[at + i] += 3000 * decay / harmonic * std::sin(2 * M_PI * hz * harmonic * (t + bend) + phase);
        }
      }
    }
    at += length;
  }
  Pcm pcm = to_pcm(sound);
  scale(pcm, any_peak(random));
  return pcm;
}

// What a network plays to its callers: two tones, no digit.
Pcm signals(std::mt19937& random) {
  static constexpr std::array<std::array<double, 2>, 8> kSignals = {
      {{350, 440}, {440, 480}, {480, 620}, {425, 425}, {400, 450}, {1100, 1100}, {2100, 2100}, {950, 1400}}};
  const auto& hz = kSignals[random() % kSignals.size()];
  Sound sound(5 * kSecond);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double t = static_cast<double>(i) / kDetectorRate;
    const bool on = std::fmod(t, 0.5) < 0.3;
    sound[i] = on ? 5000 * (std::sin(2 * M_PI * hz[0] * t) + std::sin(2 * M_PI * hz[1] * t)) : 0;
  }
  return to_pcm(sound);
}

TEST(ToneTalkOff, HearsNothingInSpeechAndMusic) {
  ASSERT_FALSE(output_of("espeak-ng --version 2>/dev/null").empty())
      << "there is no espeak-ng, so nobody speaks: scripts/bootstrap installs it";
  std::mt19937 random(1);
  std::size_t spoken = 0;
  std::size_t all = 0;
  std::size_t pieces = 0;
  auto detector = ToneDetector::make();
  while (all < minutes() * 60 * kSecond) {
    const bool speaks = pieces % 4 != 3;
    const Pcm pcm = speaks ? speech(random) : pieces % 8 == 3 ? music(random) : signals(random);
    ASSERT_GT(pcm.size(), 2 * kSecond);
    EXPECT_EQ(digits(hear(*detector, pcm)), "") << "piece " << pieces;
    // It does listen.
    ASSERT_EQ(digits(hear(*detector, sound_of({.event = static_cast<std::uint8_t>(pieces % 16)}))),
              digit(static_cast<std::uint8_t>(pieces % 16)));
    spoken += speaks ? pcm.size() : 0;
    all += pcm.size();
    ++pieces;
  }
  if (minutes() != kDefaultMinutes || std::getenv("POLLUX_TABLE") != nullptr) {
    std::printf("%.1f minutes, %.1f of them speech: no digit\n", static_cast<double>(all) / kSecond / 60,
                static_cast<double>(spoken) / kSecond / 60);
  }
}

}  // namespace
}  // namespace pollux::dtmf::test
