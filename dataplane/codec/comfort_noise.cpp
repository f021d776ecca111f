#include "dataplane/codec/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

namespace pollux::codec {

ComfortNoise::ComfortNoise(std::uint8_t channels, std::uint8_t level) : level_(level), channels_(channels) {
  set_level(level);
}

// The filter amplifies by 1 / (product of 1 - k²), the excitation makes up for it. 0 dBov: full scale.
void ComfortNoise::set_level(std::uint8_t level) {
  level_ = level;
  float power = 1;
  for (std::size_t i = 0; i < order_; ++i) {
    power *= 1 - reflection_[i] * reflection_[i];
  }
  gain_ = 32768.0F * std::pow(10.0F, -static_cast<float>(level) / 20) * std::sqrt(power);
}

bool ComfortNoise::describe(std::span<const std::uint8_t> payload) {
  if (payload.empty()) {
    return false;
  }
  order_ = static_cast<std::uint8_t>(std::min(payload.size() - 1, kMostOrder));
  for (std::size_t i = 0; i < order_; ++i) {
    // Octets 0..254 stand for -1..1 (RFC 3389 §3.2); 255 is reserved. All stay inside, so the filter is
    // stable.
    const int octet = std::min<int>(payload[i + 1], 254);
    reflection_[i] = 258.0F * static_cast<float>(octet - 127) / 32768;
  }
  set_level(payload[0] & 0x7f);
  return true;
}

// Uniform, of variance 1: the sum of a filter's many makes it sound like any other.
float ComfortNoise::white() {
  seed_ = seed_ * 1'664'525 + 1'013'904'223;
  return static_cast<float>(static_cast<std::int32_t>(seed_)) * (1.7320508F / 2147483648.0F);
}

void ComfortNoise::generate(std::span<Sample> pcm) {
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    auto& backward = backward_[i % channels_];
    float forward = gain_ * white();
    for (std::size_t m = order_; m-- > 0;) {
      forward -= reflection_[m] * backward[m];
      backward[m + 1] = backward[m] + reflection_[m] * forward;
    }
    backward[0] = forward;
    pcm[i] = static_cast<Sample>(std::clamp(std::lrintf(forward), -32768L, 32767L));
  }
}

}  // namespace pollux::codec
