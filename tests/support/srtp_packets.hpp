// Packets and keys to protect: made from seeds, so that a failure comes back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/srtp_params.hpp"

namespace pollux::crypto::test {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;
using Numbers = std::initializer_list<std::uint16_t>;  // for loops over a few of them

inline Bytes random_bytes(Random& random, std::size_t length) {
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

// [from, to]
inline std::size_t between(Random& random, std::size_t from, std::size_t to) {
  return from + random() % (to - from + 1);
}

struct KeyShape {
  unsigned seed = 1;
  std::size_t mki_bytes = 0;
  std::uint64_t lifetime = 0;
  std::optional<std::uint32_t> roc = std::nullopt;
};

// A key of this suite; the MKI follows from its own length and the seed.
inline SrtpParamsRef make_key(SrtpSuite suite, const KeyShape& shape = {}) {
  Random random(shape.seed * 7919U + static_cast<unsigned>(suite));
  const SrtpSuiteFacts& facts = facts_of(suite);
  const Bytes key = random_bytes(random, facts.key_bytes);
  const Bytes salt = random_bytes(random, facts.salt_bytes);
  return SrtpParamsRef::make(suite, key, salt, random_bytes(random, shape.mki_bytes), shape.lifetime,
                             shape.roc);
}

struct RtpShape {
  std::uint32_t ssrc = 0x11223344;
  std::size_t payload = 40;
  std::size_t csrcs = 0;
  std::optional<std::size_t> extension_words = std::nullopt;
  bool padding = false;
};

// Payload, CSRCs, extension and timestamp are random bytes that follow from the sequence number.
inline Bytes make_rtp(std::uint16_t sequence, const RtpShape& shape = {}) {
  Random random(shape.ssrc ^ (std::uint32_t{sequence} << 8));
  const std::size_t extension = shape.extension_words ? 4 + 4 * *shape.extension_words : 0;
  Bytes bytes = random_bytes(random, 12 + 4 * shape.csrcs + extension + shape.payload);
  bytes[0] = static_cast<std::uint8_t>(0x80U | (shape.padding ? 0x20U : 0U) | (extension != 0 ? 0x10U : 0U) |
                                       shape.csrcs);
  store_be16(&bytes[2], sequence);
  store_be32(&bytes[8], shape.ssrc);
  if (extension != 0) {
    store_be16(&bytes[12 + 4 * shape.csrcs + 2], static_cast<std::uint16_t>(*shape.extension_words));
  }
  return bytes;
}

// A sender report or something like it: header, SSRC and `words` words of random bytes.
inline Bytes make_rtcp(std::uint32_t ssrc = 0x11223344, std::size_t words = 6, unsigned seed = 1) {
  Random random(seed);
  Bytes bytes = random_bytes(random, 8 + 4 * words);
  bytes[0] = 0x80;
  bytes[1] = 200;
  store_be16(&bytes[2], static_cast<std::uint16_t>(1 + words));
  store_be32(&bytes[4], ssrc);
  return bytes;
}

}  // namespace pollux::crypto::test
