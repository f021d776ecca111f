// Text of known length: replies have SDP with keys (RFC 4568), which a growing string would leave behind.
#pragma once

#include <string>
#include <string_view>

namespace pollux::ng {

// `print(put)` calls put(std::string_view) for each piece, and does the same each time it is called: the
// first time counts, the second one writes into memory that doesn't move any more.
template <typename Print>
void append_once(std::string& out, const Print& print) {
  std::size_t length = out.size();
  print([&length](std::string_view piece) { length += piece.size(); });
  out.reserve(length);
  print([&out](std::string_view piece) { out += piece; });
}

}  // namespace pollux::ng
