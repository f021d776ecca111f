#include "dataplane/codec/silence_detector.hpp"

#include <algorithm>
#include <cmath>

namespace pollux::codec {
namespace {

constexpr float kHangoverMs = 200;      // ends of words are faint
constexpr float kMarginDb = 8;          // above the floor
constexpr float kLeastTalkDb = -55;     // nobody talks below, whatever the floor
constexpr float kMostFloorDb = -35;     // nor is a line noisier than that: it is sound, a tone for one
constexpr float kRiseDbPerMs = 0.003F;  // of the floor: 3 dB/s, so that no sentence becomes it
constexpr float kLeastDb = -90;

float level_db(std::span<const Sample> pcm) {
  double power = 0;
  for (const Sample sample : pcm) {
    power += static_cast<double>(sample) * sample;
  }
  power /= static_cast<double>(std::max<std::size_t>(pcm.size(), 1)) * 32768.0 * 32768.0;
  return std::max(kLeastDb, 10 * std::log10(static_cast<float>(power) + 1e-12F));
}

}  // namespace

bool SilenceDetector::talk(std::span<const Sample> pcm) {
  const float level = level_db(pcm);
  const float ms = static_cast<float>(pcm.size() / channels_) * 1000 / static_cast<float>(rate_);
  if (floor_ == kUnknown) {
    floor_ = std::min(level, kMostFloorDb);
  }
  floor_ = std::min({level, floor_ + kRiseDbPerMs * ms, kMostFloorDb});
  if (level > std::max(floor_ + kMarginDb, kLeastTalkDb)) {
    hangover_ms_ = kHangoverMs;
    return true;
  }
  noise_ = noise_ == kUnknown ? level : noise_ + (level - noise_) * std::min(1.0F, ms / 200);
  hangover_ms_ = std::max(0.0F, hangover_ms_ - ms);
  return hangover_ms_ > 0;
}

std::uint8_t SilenceDetector::level() const {
  const float noise = noise_ == kUnknown ? kLeastDb : noise_;
  return static_cast<std::uint8_t>(std::clamp(std::lrintf(-noise), 0L, 127L));
}

std::size_t SilenceDetector::describe(std::span<std::uint8_t> out) const {
  out[0] = level();
  return 1;
}

}  // namespace pollux::codec
