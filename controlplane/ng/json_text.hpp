// JSON of the NG protocol. json_text.cpp is the only file that knows the JSON library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/ng/bencode.hpp"
#include "controlplane/ng/value.hpp"

namespace pollux::ng {

// The value that `text` is. true and false are 1 and 0, null is an empty text, and a number with a fraction
// loses it. Hostile bytes: bounded as read_bencode().
std::optional<Value> read_json(std::string_view text);

// Bytes that aren't UTF-8 become U+FFFD.
std::string print_json(const Value& value);

// The end of an object in a stream of bytes, by its braces; it needn't be right inside. Pre: begins with '{'.
Extent json_extent(std::string_view text);

}  // namespace pollux::ng
