#include "controlplane/sdp/base64.hpp"

#include <algorithm>
#include <array>

namespace pollux::sdp {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoLetter = 0xff;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint8_t value_of(char letter) {
  return kValues[static_cast<std::uint8_t>(letter)];
}

Base64Result check(std::string_view text, std::size_t bytes) {
  const std::size_t end = text.find_last_not_of('=');
  const std::size_t letters = end == std::string_view::npos ? 0 : end + 1;
  for (std::size_t i = 0; i < letters; ++i) {
    if (value_of(text[i]) == kNoLetter) {
      return {Base64Fault::kLetter, i};
    }
  }
  if (letters != base64_length(bytes, Base64Padding::kBare)) {
    return {Base64Fault::kLength};
  }
  if (text.size() != letters && text.size() != base64_length(bytes, Base64Padding::kPadded)) {
    return {Base64Fault::kPadding};
  }
  const std::size_t unused = letters * 6 - bytes * 8;  // bits: 0, 2 or 4
  const unsigned mask = (1U << unused) - 1;
  if (letters != 0 && (value_of(text[letters - 1]) & mask) != 0) {
    return {Base64Fault::kTrailing};
  }
  return {};
}

}  // namespace

Base64Result base64_decode(std::string_view text, std::span<std::uint8_t> out) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const Base64Result result = check(text, out.size());
  if (result.fault != Base64Fault::kNone) {
    return result;
  }
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t next = 0;
  for (std::uint8_t& byte : out) {
    while (held < 8) {
      bits = bits << 6 | value_of(text[next++]);
      held += 6;
    }
    held -= 8;
    byte = static_cast<std::uint8_t>(bits >> held);
  }
  return result;
}

void base64_append(SecretText& text, std::span<const std::uint8_t> bytes, Base64Padding padding) {
  const std::span<char> out = text.extend(base64_length(bytes.size(), padding));
  std::fill(out.begin(), out.end(), '=');
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t next = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out[next++] = kAlphabet[bits >> held & 63];
    }
  }
  if (held != 0) {
    out[next] = kAlphabet[bits << (6 - held) & 63];
  }
}

}  // namespace pollux::sdp
