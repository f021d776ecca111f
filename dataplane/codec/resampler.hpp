// From one sampling rate to another, by speexdsp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/expected.hpp"
#include "dataplane/codec/types.hpp"

struct SpeexResamplerState_;

namespace pollux::codec {

// Made and destroyed by the control thread, used by one worker.
class Resampler {
 public:
  // Rates 8000 to 48000 Hz, 1 or 2 channels.
  static Expected<Resampler> make(std::uint32_t from_hz, std::uint32_t to_hz, std::uint8_t channels);

  // Takes all of `in` and gives the samples per channel that are in `out` then. Blocks of whole milliseconds
  // (rates of whole kHz; otherwise of whole periods of the two) give as many, no more and no fewer. Pre:
  // `out` has room for most_samples() of each channel.
  std::size_t process(std::span<const Sample> in, std::span<Sample> out);

  // The most that `samples` in can give.
  std::size_t most_samples(std::size_t samples) const { return (samples * to_ + from_ - 1) / from_ + 1; }

  std::uint32_t delay_samples() const;  // at the rate that comes out
  std::uint32_t from_hz() const { return from_; }
  std::uint32_t to_hz() const { return to_; }

 private:
  struct Free {
    void operator()(SpeexResamplerState_* state) const;
  };
  using State = std::unique_ptr<SpeexResamplerState_, Free>;
  Resampler(State state, std::uint32_t from_hz, std::uint32_t to_hz, std::uint8_t channels)
      : state_(std::move(state)), from_(from_hz), to_(to_hz), channels_(channels) {}
  static State make_state(std::uint32_t from_hz, std::uint32_t to_hz, std::uint8_t channels);

  State state_;
  std::uint32_t from_;
  std::uint32_t to_;
  std::uint8_t channels_;
};

}  // namespace pollux::codec
