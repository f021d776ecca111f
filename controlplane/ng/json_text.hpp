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
// Appends; what `out` has already is moved once at most, and what is added never.
void append_json(std::string& out, const Dict& dict);

// Finds the end of an object by its braces, while the bytes come in; it needn't be right inside. Goes on
// where it stopped, so that all calls together are linear.
class JsonScanner {
 public:
  // Pre: begins with '{', and with what was given before.
  Extent scan(std::string_view text);

 private:
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool quoted_ = false;
};

Extent json_extent(std::string_view text);

}  // namespace pollux::ng
