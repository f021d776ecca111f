// The key of one direction of a leg as one command-line word → SrtpParams. No text made here has key
// material.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/cli/parsed.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// "SUITE:BASE64[|LIFETIME][|MKI:LENGTH]", the words of a=crypto (RFC 4568 §6.1): BASE64 is key and salt one
// behind the other, LIFETIME a number of packets or 2^N, MKI a number in LENGTH bytes.
Parsed<v1::SrtpParams> parse_srtp(std::string_view text);

// The same, or "@FILE" for a file with such a value on its first line: other users see command lines.
Parsed<v1::SrtpParams> read_srtp(std::string_view text);

// Text that may quote a command line, with "..." in place of what is or might be a key.
std::string without_keys(std::string_view text);

}  // namespace pollux::cli
