// Base64 (RFC 4648 §4) for keys: exact lengths, one encoding for each value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "controlplane/sdp/secret_text.hpp"

namespace pollux::sdp {

// Whether "=" fills up the last group of four letters. RFC 4568 §6.1 can be read both ways, so
// implementations differ: what is read may have either, what is written depends on the peer.
enum class Base64Padding : std::uint8_t { kPadded, kBare };

// Letters that encode so many bytes, "=" included or not.
constexpr std::size_t base64_length(std::size_t bytes, Base64Padding padding = Base64Padding::kPadded) {
  return padding == Base64Padding::kPadded ? (bytes + 2) / 3 * 4 : (bytes * 8 + 5) / 6;
}

enum class Base64Fault : std::uint8_t {
  kNone,
  kLetter,    // not of the alphabet, or "=" before the end
  kLength,    // not as many letters as the bytes need
  kPadding,   // some "=", but not as many as the length needs
  kTrailing,  // bits of the last letter that belong to no byte aren't 0: RFC 4648 §3.5
};

struct Base64Result {
  Base64Fault fault = Base64Fault::kNone;
  std::size_t at = 0;  // kLetter: index of the letter
};

// Fills all of `out`, whose size is what the text must hold. On a fault `out` is all zeros.
Base64Result base64_decode(std::string_view text, std::span<std::uint8_t> out);

void base64_append(SecretText& text, std::span<const std::uint8_t> bytes,
                   Base64Padding padding = Base64Padding::kPadded);

}  // namespace pollux::sdp
