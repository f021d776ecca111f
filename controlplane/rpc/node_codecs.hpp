// The data plane's codecs and their costs as the API tells them.
#pragma once

#include "dataplane/api/dataplane.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::rpc {

void write_codec_costs(const Dataplane& dataplane, v1::InfoResponse& response);

}  // namespace pollux::rpc
