// Tells talk from silence by the level, and describes the silence (RFC 3389).
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/codec/types.hpp"

namespace pollux::codec {

// Follows the noise floor and takes for talk what is well above it, and 200 ms more. Takes no memory beyond
// itself.
class SilenceDetector {
 public:
  SilenceDetector(std::uint32_t pcm_rate, std::uint8_t channels) : rate_(pcm_rate), channels_(channels) {}

  // The next packet's sound: is there talk? Pre: not empty.
  bool talk(std::span<const Sample> pcm);

  // The CN payload for the silence now: its level and no spectrum (M = 0). Gives the octets written.
  // Pre: `out` has room for one.
  std::size_t describe(std::span<std::uint8_t> out) const;

  // -dBov of the noise.
  std::uint8_t level() const;

 private:
  static constexpr float kUnknown = -200;

  std::uint32_t rate_;
  std::uint8_t channels_;
  float floor_ = kUnknown;  // dBov; of the quietest of late
  float noise_ = kUnknown;  // dBov; the mean of what was silence
  float hangover_ms_ = 0;
};

}  // namespace pollux::codec
