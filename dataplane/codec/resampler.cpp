#include "dataplane/codec/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <cmath>

namespace pollux::codec {
namespace {

// The least that leaves telephony's band alone: from 16 to 8 kHz, 3400 Hz lose 0.0 dB at 4, 1.1 dB at 3
// (speexdsp's own for VoIP), 2.6 dB at 2. It delays by 4 ms instead of 3, and takes a quarter more time, 5 us
// for 20 ms.
constexpr int kQuality = 4;

}  // namespace

void Resampler::Free::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Resampler::State Resampler::make_state(std::uint32_t from_hz, std::uint32_t to_hz, std::uint8_t channels) {
  return State(speex_resampler_init(channels, from_hz, to_hz, kQuality, nullptr));
}

std::size_t Resampler::process(std::span<const Sample> in, std::span<Sample> out) {
  std::size_t made = 0;
  while (in.size() >= channels_) {
    auto taken = static_cast<spx_uint32_t>(in.size() / channels_);
    auto given = static_cast<spx_uint32_t>(out.size() / channels_ - made);
    speex_resampler_process_interleaved_int(state_.get(), in.data(), &taken, out.data() + made * channels_,
                                            &given);
    made += given;
    in = in.subspan(std::size_t{taken} * channels_);
    if (taken == 0 && given == 0) {
      break;  // no room: against the precondition
    }
  }
  return made;
}

std::uint32_t Resampler::delay_samples() const {
  return static_cast<std::uint32_t>(speex_resampler_get_output_latency(state_.get()));
}

}  // namespace pollux::codec
