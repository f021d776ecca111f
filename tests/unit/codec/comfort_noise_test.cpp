#include "dataplane/codec/comfort_noise.hpp"

#include <gtest/gtest.h>

#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

Pcm noise(const Bytes& payload, std::uint8_t channels = 1) {
  ComfortNoise generator(channels);
  EXPECT_TRUE(generator.describe(payload));
  Pcm pcm(std::size_t{16'000} * channels);
  generator.generate(pcm);
  return pcm;
}

// How like its neighbour a sample is: 1 for a hum, -1 for a hiss.
double correlation(const Pcm& pcm) {
  double sum = 0;
  double power = 0;
  for (std::size_t i = 1; i < pcm.size(); ++i) {
    sum += pcm[i] * pcm[i - 1];
    power += pcm[i] * pcm[i];
  }
  return sum / power;
}

TEST(ComfortNoise, HasTheLevelThatIsAskedFor) {
  for (const std::uint8_t level : Bytes{10, 20, 30, 40, 50, 60, 70}) {
    EXPECT_NEAR(dbov(noise({level})), -level, 2) << int{level};
    EXPECT_NEAR(dbov(noise({static_cast<std::uint8_t>(level | 0x80)})), -level, 2);  // the first bit is 0
  }
  EXPECT_EQ(rms(noise({127})), 0);
}

TEST(ComfortNoise, HasTheLevelWhateverTheSpectrum) {
  for (const int octet : {20, 60, 127, 190, 235}) {
    EXPECT_NEAR(dbov(noise({40, static_cast<std::uint8_t>(octet)})), -40, 2) << octet;
  }
  EXPECT_NEAR(dbov(noise({40, 60, 160, 110, 140, 120, 130, 127, 127, 127, 127, 127, 127})), -40, 2);
  // longer than what is used
  EXPECT_EQ(noise({40, 60, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127}),
            noise({40, 60, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 9, 9, 9}));
}

// k = 258 (N - 127) / 32768 (RFC 3389 §3.2); of an all-pole filter of order 1, neighbours correlate by -k.
TEST(ComfortNoise, HasTheSpectrum) {
  for (const int octet : {27, 77, 127, 177, 227}) {
    const double k = 258.0 * (octet - 127) / 32768;
    EXPECT_NEAR(correlation(noise({30, static_cast<std::uint8_t>(octet)})), -k, 0.03) << octet;
  }
}

TEST(ComfortNoise, StaysFiniteWhateverIsAsked) {
  for (const int octet : {0, 1, 254, 255}) {
    for (std::size_t order = 1; order <= 14; ++order) {
      Bytes payload(order + 1, static_cast<std::uint8_t>(octet));
      payload[0] = 20;
      EXPECT_LT(dbov(noise(payload)), -5) << octet << ' ' << order;
    }
  }
}

TEST(ComfortNoise, NothingIsNoDescription) {
  ComfortNoise generator(1, 30);
  EXPECT_FALSE(generator.describe({}));
  EXPECT_EQ(generator.level(), 30);
}

TEST(ComfortNoise, ChannelsAreNotAlike) {
  const Pcm pcm = noise({30}, 2);
  double product = 0;
  for (std::size_t i = 0; i < pcm.size(); i += 2) {
    product += pcm[i] * pcm[i + 1];
  }
  EXPECT_LT(std::abs(product) / (rms(pcm) * rms(pcm) * static_cast<double>(pcm.size()) / 2), 0.1);
}

}  // namespace
}  // namespace pollux::codec
