// An MKI as SDP writes it: a decimal number of up to 1024 bits with its length in bytes (RFC 4568 §6.1).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pollux::sdp {

inline constexpr std::size_t kMaxMkiDigits = 309;  // of 2^1024 - 1

// Big-endian, as packets carry it. False, and `out` of no use, when the number needs more bytes.
// Pre: 1 to kMaxMkiDigits decimal digits.
bool mki_from_decimal(std::string_view digits, std::span<std::uint8_t> out);

// Without leading zeros; "0" for zero. Pre: at most kMaxMkiBytes.
std::string mki_to_decimal(std::span<const std::uint8_t> bytes);

}  // namespace pollux::sdp
