// Bencode: "i42e", "4:text", "l...e", "d4:key15:valuee". Any order of keys is read; replies keep the given
// one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/ng/value.hpp"

namespace pollux::ng {

// The value that `text` is, whole; nothing follows it but line ends. Hostile bytes: bounded in depth and in
// values, never throws but for lack of memory. Cost: linear.
std::optional<Value> read_bencode(std::string_view text);

std::string print_bencode(const Value& value);
// Appends; what `out` has already is moved once at most, and what is added never.
void append_bencode(std::string& out, const Dict& dict);

// Where a value ends in a stream of bytes.
struct Extent {
  enum class Kind { kWhole, kUnfinished, kBroken };
  Kind kind = Kind::kBroken;
  std::size_t length = 0;  // with kWhole
};

// Finds the end while the bytes come in: goes on where it stopped, so that all calls together are linear.
class BencodeScanner {
 public:
  // Pre: begins with what was given before, and the answer was kUnfinished.
  Extent scan(std::string_view text);

 private:
  enum class Expects : std::uint8_t { kItem, kKey, kValue };

  Extent::Kind take_one(std::string_view text);
  void value_over();

  std::array<Expects, kDeepest> open_{};  // lists and dictionaries around the place
  std::size_t depth_ = 0;
  std::size_t at_ = 0;  // where a number, a text or an end begins
  std::size_t values_ = 0;
};

Extent bencode_extent(std::string_view text);

}  // namespace pollux::ng
