// Codec lists and media paths between the API's messages and the control plane's types.
#pragma once

#include <string>

#include "controlplane/session/session_patch.hpp"
#include "controlplane/session/session_types.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Of the fields named, what has to do with codecs. What can't be read is added to `violations`; codecs beyond
// kMaxCodecs are reported, not read.
void read_codecs(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
                 control::LegRequest& leg, control::Violations& violations);

void write_codec(const CodecFormat& codec, v1::Codec& message);
void write_codecs(const control::LegRequest& leg, v1::LegSpec& message);
void write_paths(const control::LegView& leg, v1::LegState& message);

}  // namespace pollux::rpc
