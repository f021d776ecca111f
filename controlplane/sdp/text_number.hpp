// Decimal numbers in SDP and in what SIP carries.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pollux::sdp {

// The whole of `text` as a number within the range; none otherwise.
inline std::optional<std::uint32_t> number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace pollux::sdp
