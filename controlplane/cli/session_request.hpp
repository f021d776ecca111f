// Options of `session create` → the request.
#pragma once

#include <istream>

#include "controlplane/cli/options.hpp"
#include "controlplane/cli/parsed.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// Reads --file (standard input is `in`), then adds the legs and labels of the command line and lets
// --media-timeout win over the file's.
Parsed<v1::CreateRequest> make_create_request(const Options& options, std::istream& in);

}  // namespace pollux::cli
