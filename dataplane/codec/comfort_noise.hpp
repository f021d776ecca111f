// Comfort noise as RFC 3389 describes it: a level and, if the sender likes, a spectrum.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/codec/types.hpp"

namespace pollux::codec {

// White noise through an all-pole filter (RFC 3389 §3.2). Takes no memory beyond itself.
class ComfortNoise {
 public:
  static constexpr std::size_t kMostOrder = 12;
  static constexpr std::uint8_t kFaintLevel = 65;  // -dBov: what a quiet line has

  // `channels`: of what generate() fills; each has noise of its own.
  explicit ComfortNoise(std::uint8_t channels = 1, std::uint8_t level = kFaintLevel);

  // From now on the noise that `payload` describes; coefficients beyond kMostOrder are ignored (RFC 3389 §3.2
  // lets the receiver choose). False, and nothing changed: it is empty.
  bool describe(std::span<const std::uint8_t> payload);

  void generate(std::span<Sample> pcm);

  std::uint8_t level() const { return level_; }  // -dBov

 private:
  void set_level(std::uint8_t level);
  float white();

  std::array<float, kMostOrder> reflection_{};
  std::array<std::array<float, kMostOrder + 1>, 2> backward_{};  // of the lattice, per channel
  std::uint32_t seed_ = 0x2545'f491;
  float gain_ = 0;
  std::uint8_t order_ = 0;
  std::uint8_t level_;
  std::uint8_t channels_;
};

}  // namespace pollux::codec
