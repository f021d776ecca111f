// What is done to a session's media, and what it costs, as text.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/node.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// "PCMA:8 opus:96/48000/2;useinbandfec=1", as --leg takes them.
std::string codecs_text(const v1::LegSpec& leg);

// A line per path towards each leg: formats, what is done, delay, cost; a second one where something was
// lost. Empty where all media is just relayed.
std::string render_media(const v1::Session& session, const Style& style);

// Table of the node's codecs; empty without any.
std::string render_codecs(const v1::InfoResponse& info, const Style& style);

}  // namespace pollux::cli
