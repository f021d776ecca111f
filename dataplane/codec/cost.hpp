// What the codecs cost on this machine.
#pragma once

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

}  // namespace pollux::codec
