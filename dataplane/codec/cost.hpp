// What the codecs cost on this machine.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/codec_params.hpp"

namespace pollux::codec {

// Of one core, for one stream in one direction, in real time: 0.01 is a hundred streams on a core.
struct CodecCost {
  CodecId id = CodecId::kPcma;
  double decode_share = 0;
  double encode_share = 0;
};

// Each audio codec of this build on 200 ms of something like speech; the best of a few runs. Takes about
// 100 ms. For start, control thread.
std::vector<CodecCost> measure_costs();

// Of one core, for one channel resampled in real time; the dearest of what was measured for pairs of rates
// other than 8, 16 and 48 kHz. The first call measures, some 10 ms. Control thread.
double resampling_share(std::uint32_t from_hz, std::uint32_t to_hz);

}  // namespace pollux::codec
