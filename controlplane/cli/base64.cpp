#include "controlplane/cli/base64.hpp"

#include <cstdint>

namespace pollux::cli {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.size() - text.substr(0, text.find('=')).size();
  if (padding > 2 || text.substr(text.size() - padding) != std::string_view("==").substr(0, padding)) {
    return std::nullopt;
  }
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;  // of the bits that are waiting, the lowest of `bits`
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 0xff);
      bits &= (1U << count) - 1;
    }
  }
  if (bits != 0) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace pollux::cli
