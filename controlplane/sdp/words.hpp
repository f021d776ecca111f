// Words of a line of SDP, which blanks separate.
#pragma once

#include <string_view>

namespace pollux::sdp {

inline std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the next word off `rest`, whatever number of blanks stands before it; empty: there is none.
inline std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

// As ASCII letters go, whatever the locale.
inline bool same_word(std::string_view a, std::string_view b) {
  constexpr auto kLower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (kLower(a[i]) != kLower(b[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace pollux::sdp
