// Something like speech, the same in every run, and what a party's codec makes of it.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/codec_params.hpp"

namespace pollux::bench {

inline constexpr std::uint32_t kPacketMs = 20;  // of what parties send

// Four seconds: syllables of a voice whose pitch moves, consonants of noise, a pause of half a second.
std::vector<std::int16_t> speech(std::uint32_t rate);

// The payloads of `speech`, 20 ms each, as a party of a call sends them. Every stream plays the same
// recording from a place of its own, over and over.
using Recording = std::vector<std::vector<std::uint8_t>>;
Recording record(const CodecParams& params);

// Where in a recording a stream is.
struct Reader {
  Reader(const Recording& recording, std::uint32_t stream)
      : recording_(&recording), at_(stream * 37 % recording.size()) {}
  const std::vector<std::uint8_t>& next() {
    const auto& payload = (*recording_)[at_];
    at_ = at_ + 1 == recording_->size() ? 0 : at_ + 1;
    return payload;
  }

 private:
  const Recording* recording_;
  std::size_t at_;
};

}  // namespace pollux::bench
