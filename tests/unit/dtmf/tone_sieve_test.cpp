#include "dataplane/dtmf/tone_sieve.hpp"

#include <gtest/gtest.h>

#include "tests/unit/dtmf/tone_sound.hpp"

// Behind them: it makes macros of functions of <cmath>.
#include <spandsp.h>

namespace pollux::dtmf::test {
namespace {

// spandsp alone, with the settings that the detector gives it.
std::string spandsp_hears(const Pcm& pcm) {
  std::string letters;
  dtmf_rx_state_t* const state = dtmf_rx_init(nullptr, nullptr, nullptr);
  dtmf_rx_parms(state, 0, 12, 12, -99);
  dtmf_rx_set_realtime_callback(
      state,
      [](void* to, int code, int, int) {
        if (code != 0) {
          static_cast<std::string*>(to)->push_back(static_cast<char>(code));
        }
      },
      &letters);
  dtmf_rx(state, pcm.data(), static_cast<int>(pcm.size()));
  dtmf_rx_free(state);
  return letters;
}

// No block that spandsp alone would take for a part of a digit is kept from it.
TEST(ToneSieve, LosesNothing) {
  std::mt19937 random(3);
  unsigned taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    Press press{.event = static_cast<std::uint8_t>(random() % 16),
                .low_dbm0 = -3.0 - static_cast<double>(random() % 37),
                .high_dbm0 = 0,
                .low_drift = (static_cast<double>(random() % 100) - 50) / 1000,
                .high_drift = (static_cast<double>(random() % 100) - 50) / 1000,
                .from = random() % 40,
                .length = 204};
    press.high_dbm0 = press.low_dbm0 + static_cast<double>(random() % 17) - 9;
    Sound sound;
    add(sound, press);
    add_noise(sound, std::pow(peak_of(press.low_dbm0), 2), static_cast<double>(10 + random() % 30),
              static_cast<unsigned>(random()));
    sound.resize(kDetectorBlock);
    const Pcm block = to_pcm(sound);
    Pcm twice = block;
    twice.insert(twice.end(), block.begin(), block.end());
    if (!spandsp_hears(twice).empty()) {
      ++taken;
      EXPECT_TRUE(may_hold_tones(std::span(block).first<kDetectorBlock>()));
    }
  }
  EXPECT_GT(taken, 500U);
}

TEST(ToneSieve, KeepsNoiseBack) {
  Sound sound(kDetectorBlock * 100);
  add_noise(sound, 1e6, 0, 1);
  const Pcm pcm = to_pcm(sound);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(may_hold_tones(std::span(pcm).subspan(i * kDetectorBlock).first<kDetectorBlock>()));
  }
  const Pcm loudest(kDetectorBlock, -32'768);
  EXPECT_FALSE(may_hold_tones(std::span(loudest).first<kDetectorBlock>()));
}

}  // namespace
}  // namespace pollux::dtmf::test
