// Checks, translates and relays RTCP.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Takes all of `batch`.
void rtcp(Context& context, MediaBatch& batch);

}  // namespace pollux::stages
