// Tells blocks in which spandsp can't find a digit from those in which it may, for an eighth of its cost.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/dtmf/tone_detector.hpp"

namespace pollux::dtmf {

// spandsp wants 82.2 % of a block's energy in one low and one high tone. False: it is less than 78 %,
// whichever two they are.
bool may_hold_tones(std::span<const std::int16_t, kDetectorBlock> pcm);

}  // namespace pollux::dtmf
