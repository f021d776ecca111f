// SRTP keys for tests: of the right lengths, told apart by a byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/srtp_params.hpp"

namespace pollux::test {

inline std::string key_bytes(std::uint8_t first, std::size_t length) {
  std::string bytes;
  for (std::size_t i = 0; i < length; ++i) {
    bytes += static_cast<char>(first + i * 7);
  }
  return bytes;
}

inline SrtpParamsRef srtp_key(std::uint8_t first, SrtpSuite suite = SrtpSuite::kAesCm128HmacSha1_80,
                              std::uint64_t lifetime = 0, const std::vector<std::uint8_t>& mki = {},
                              std::optional<std::uint32_t> roc = std::nullopt) {
  const auto secret = [first](std::uint8_t offset, std::size_t length) {
    const std::string bytes = key_bytes(static_cast<std::uint8_t>(first + offset), length);
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  };
  const SrtpSuiteFacts& facts = facts_of(suite);
  return SrtpParamsRef::make(suite, secret(0, facts.key_bytes), secret(100, facts.salt_bytes), mki, lifetime,
                             roc);
}

}  // namespace pollux::test
