#include "dataplane/codec/silence_detector.hpp"

#include <gtest/gtest.h>

#include "dataplane/codec/comfort_noise.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

// Of packets of 20 ms.
std::vector<bool> talk(SilenceDetector& detector, const Pcm& pcm, std::size_t length) {
  std::vector<bool> result;
  for (std::size_t at = 0; at + length <= pcm.size(); at += length) {
    result.push_back(detector.talk(std::span(pcm).subspan(at, length)));
  }
  return result;
}
auto count(const std::vector<bool>& packets) {
  return std::count(packets.begin(), packets.end(), true);
}

TEST(SilenceDetector, TellsTalkFromNoise) {
  for (const double noise : {3.0, 30.0, 150.0}) {
    SilenceDetector detector(8'000, 1);
    EXPECT_LE(count(talk(detector, white_noise(8'000, 2000, noise), 160)), 1) << noise;
    EXPECT_GE(count(talk(detector, speech(8'000, 1000), 160)), 49) << noise;
    const auto after = talk(detector, white_noise(8'000, 1000, noise), 160);
    EXPECT_NEAR(static_cast<double>(count(after)), 10, 1) << noise;  // 200 ms of hangover
    EXPECT_TRUE(after[0] && after[8] && !after[12]);
  }
}

TEST(SilenceDetector, DescribesTheNoise) {
  for (const double level : {30.0, 45.0, 60.0}) {
    SilenceDetector detector(16'000, 2);
    const Pcm noise = doubled(white_noise(16'000, 2000, 32768 * std::pow(10, -level / 20)));
    talk(detector, noise, 640);
    std::uint8_t octet = 0;
    ASSERT_EQ(detector.describe({&octet, 1}), 1U);
    EXPECT_NEAR(octet, level, level == 30 ? 128 : 2);
    if (level == 30) {
      continue;  // too loud for silence
    }
    ComfortNoise generator;
    ASSERT_TRUE(generator.describe({&octet, 1}));
    Pcm made(16'000);
    generator.generate(made);
    EXPECT_NEAR(dbov(made), -level, 2);
  }
}

TEST(SilenceDetector, TonesAreTalkForAsLongAsTheyLast) {
  SilenceDetector detector(8'000, 1);
  EXPECT_GE(count(talk(detector, sine(8'000, 60'000, 425, 3000), 160)), 2999);
}

TEST(SilenceDetector, DigitalSilenceIsSilence) {
  SilenceDetector detector(8'000, 1);
  EXPECT_EQ(count(talk(detector, Pcm(8'000), 160)), 0);
  EXPECT_EQ(detector.level(), 90);
}

}  // namespace
}  // namespace pollux::codec
