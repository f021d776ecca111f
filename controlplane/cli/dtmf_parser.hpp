// What a person types about a leg's key presses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pollux/v1/dtmf.pb.h"

namespace pollux::cli {

// "dtmf-send", "dtmf-receive", "dtmf-block", "dtmf-guard", "dtmf-level".
bool is_dtmf_key(std::string_view key);

// Puts one key of a leg into `policy`. Empty, or what is wrong. Pre: is_dtmf_key(key); `value` isn't empty.
std::string parse_dtmf_key(std::string_view key, std::string_view value, v1::DtmfPolicy& policy);

// "drop", "silence", "tone" or "random".
std::optional<v1::DtmfBlock> parse_block_mode(std::string_view text);

}  // namespace pollux::cli
