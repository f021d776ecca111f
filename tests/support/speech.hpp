// Recorded speech, and how like it comes back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pollux::test {

using Pcm = std::vector<std::int16_t>;

// tests/vectors/speech/sentences.wav at `rate`; whole frames of 20 ms. Empty: it can't be read.
Pcm recorded_speech(std::uint32_t rate);

// dB, of the pieces of 20 ms in which somebody speaks, each between -10 and 35; of `heard` what lies within
// `reference`. Alike to the bit: 100.
double segmental_snr(std::span<const std::int16_t> reference, std::span<const std::int16_t> heard,
                     std::uint32_t rate);

// The lag of `heard`, in samples, 0..most, with which it is most like `reference`.
std::size_t lag_of(std::span<const std::int16_t> reference, std::span<const std::int16_t> heard,
                   std::size_t most);

// dB below full scale, over all.
double level_db(std::span<const std::int16_t> pcm);
int peak(std::span<const std::int16_t> pcm);

}  // namespace pollux::test
