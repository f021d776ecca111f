// Base64 of RFC 4648 §4, strictly: what isn't written as an encoder writes it is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux::cli {

// The bytes; nothing for other characters, white space included, a length that is no multiple of four,
// padding elsewhere than at the end, and bits behind the last byte that aren't zero.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace pollux::cli
