// Events as lines.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// "2024-05-01 02:59:01.123Z  #12  call-1  leg a: source learned: …", ended by a newline.
std::string render_event(const v1::Event& event, const Style& style);

}  // namespace pollux::cli
