// The counters that SRTP's ciphers start from, and those that session keys are derived with.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/srtp/packet_index.hpp"

namespace pollux::srtp {

using Counter = std::array<std::uint8_t, 16>;
using GcmIv = std::array<std::uint8_t, 12>;

// A session salt, filled up with zeros on the right: 14 bytes of it for counter mode, 12 for GCM.
using Salt = std::array<std::uint8_t, 16>;

// RFC 3711 §4.1.1: (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16), `index` being the packet's 48 bits, or
// SRTCP's 31.
inline void counter_mode_iv(const std::uint8_t* salt, std::uint32_t ssrc, std::uint64_t index,
                            std::uint8_t* out) {
  std::uint64_t high;
  std::uint64_t low;
  std::memcpy(&high, salt, 8);
  std::memcpy(&low, salt + 8, 8);
  high ^= be64(ssrc).raw();
  low ^= be64(index << 16).raw();
  std::memcpy(out, &high, 8);
  std::memcpy(out + 8, &low, 8);
}

// RFC 7714 §8.1: 00 00 | SSRC | ROC | SEQ, XOR the salt.
inline GcmIv gcm_rtp_iv(const std::uint8_t* salt, std::uint32_t ssrc, PacketIndex index) {
  GcmIv iv;
  const be32 ssrc_field(ssrc);
  const be64 index_field(index << 16);  // its first six bytes are ROC and SEQ
  iv[0] = iv[1] = 0;
  std::memcpy(&iv[2], &ssrc_field, 4);
  std::memcpy(&iv[6], &index_field, 6);
  for (std::size_t i = 0; i < iv.size(); ++i) {
    iv[i] = static_cast<std::uint8_t>(iv[i] ^ salt[i]);
  }
  return iv;
}

// RFC 7714 §9.1: 00 00 | SSRC | 00 00 | 0 + 31-bit index, XOR the salt.
inline GcmIv gcm_rtcp_iv(const std::uint8_t* salt, std::uint32_t ssrc, std::uint32_t index) {
  return gcm_rtp_iv(salt, ssrc, index);  // the same layout, the two high bytes of the index being zero
}

// RFC 3711 §4.3.2.
enum class KeyLabel : std::uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};

// RFC 3711 §4.3.1, §4.3.3 with a key derivation rate of 0: the counter from which AES-CM under the master key
// makes the session key of this label. A 12-byte salt is filled up with zeros on the right (RFC 7714 §11).
inline Counter derivation_counter(KeyLabel label, std::span<const std::uint8_t> master_salt) {
  Counter counter{};
  std::memcpy(counter.data(), master_salt.data(), master_salt.size() < 14 ? master_salt.size() : 14);
  counter[7] = static_cast<std::uint8_t>(counter[7] ^ static_cast<std::uint8_t>(label));
  return counter;
}

}  // namespace pollux::srtp
