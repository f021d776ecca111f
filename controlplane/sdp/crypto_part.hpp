// What the readers of an a=crypto line share: pieces of it, its numbers, and errors without a word of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/expected.hpp"

namespace pollux::sdp {

using Failure = tl::unexpected<Error>;

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kNameLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

// A piece of the line and where it begins: the index of its first letter.
struct Part {
  std::string_view text;
  std::size_t at = 0;

  Part from(std::size_t offset) const { return {text.substr(offset), at + offset}; }
  Part first(std::size_t length) const { return {text.substr(0, length), at}; }
};

// At every `separator`; "" gives one empty part.
std::vector<Part> split(const Part& part, char separator);

bool consists_of(std::string_view text, std::string_view letters);

// A decimal number without leading zeros, which RFC 4568 forbids wherever it has numbers.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t least, std::uint64_t most);

// Every message is made here. Pre: `words` are fixed or numbers of our own, never from the line, which may
// have its key anywhere.
Failure refuse(const char* cause, std::string field, std::size_t at, std::string_view words);
Failure malformed(std::string field, std::size_t at, std::string_view words);

}  // namespace pollux::sdp
