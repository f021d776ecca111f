// Where paths put samples for a moment: one place per thread, so that it stays in the cache from path to
// path.
#pragma once

#include <array>

#include "dataplane/codec/types.hpp"

namespace pollux::media {

// Empty between two calls of a path.
struct Scratch {
  std::array<codec::Sample, codec::kMostPcmSamples> pcm;
  std::array<codec::Sample, codec::kMostPcmSamples + 64> resampled;
};
extern constinit thread_local Scratch scratch;

}  // namespace pollux::media
