// A session's key presses as text: by which ways they come and go, and why some may not arrive.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// A table of the ways that are open or have been used, and notes on what keeps presses from a party. Empty
// where no leg has codecs.
std::string render_dtmf(const v1::Session& session, const Style& style);

// "leg a pressed 5 (RFC 4733), 160 ms"
std::string press_text(const v1::Event& event);

// "DTMF sent in-band, blocked (drop)": what isn't as it would be by itself; empty where all is.
std::string dtmf_text(const v1::LegSpec& leg);

}  // namespace pollux::cli
