// Bencode: "i42e", "4:text", "l...e", "d4:key15:valuee". Any order of keys is read; replies keep the given
// one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/ng/value.hpp"

namespace pollux::ng {

// The value that `text` is, whole; nothing follows it but line ends. Hostile bytes: bounded in depth and in
// values, never throws but for lack of memory. Cost: linear.
std::optional<Value> read_bencode(std::string_view text);

std::string print_bencode(const Value& value);

// Where a value ends in a stream of bytes.
struct Extent {
  enum class Kind { kWhole, kUnfinished, kBroken };
  Kind kind = Kind::kBroken;
  std::size_t length = 0;  // with kWhole
};
Extent bencode_extent(std::string_view text);

}  // namespace pollux::ng
