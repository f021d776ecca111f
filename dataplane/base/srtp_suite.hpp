// The SRTP protection suites: RFC 3711, RFC 6188 (AES-256 counter mode), RFC 7714 (AES-GCM).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pollux {

enum class SrtpSuite : std::uint8_t {
  kAesCm128HmacSha1_80,
  kAesCm128HmacSha1_32,
  kAes256CmHmacSha1_80,
  kAes256CmHmacSha1_32,
  kAeadAes128Gcm,
  kAeadAes256Gcm,
  kNullHmacSha1_80,  // authenticated, not encrypted
};

enum class SrtpCipher : std::uint8_t { kAesCm, kAesGcm, kNull };

struct SrtpSuiteFacts {
  SrtpSuite suite;
  std::string_view name;  // as in a=crypto (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.1)
  SrtpCipher cipher;
  std::uint8_t key_bytes;   // of the master key, and of the session encryption key
  std::uint8_t salt_bytes;  // of the master salt
  std::uint8_t rtp_tag;     // bytes that authentication adds to an RTP packet
  std::uint8_t
      rtcp_tag;  // and to an RTCP packet; the _32 suites shorten RTP's only (RFC 3711 §5.2, RFC 4568)
};

inline constexpr auto kSrtpSuites = std::to_array<SrtpSuiteFacts>({
    {SrtpSuite::kAesCm128HmacSha1_80, "AES_CM_128_HMAC_SHA1_80", SrtpCipher::kAesCm, 16, 14, 10, 10},
    {SrtpSuite::kAesCm128HmacSha1_32, "AES_CM_128_HMAC_SHA1_32", SrtpCipher::kAesCm, 16, 14, 4, 10},
    {SrtpSuite::kAes256CmHmacSha1_80, "AES_256_CM_HMAC_SHA1_80", SrtpCipher::kAesCm, 32, 14, 10, 10},
    {SrtpSuite::kAes256CmHmacSha1_32, "AES_256_CM_HMAC_SHA1_32", SrtpCipher::kAesCm, 32, 14, 4, 10},
    {SrtpSuite::kAeadAes128Gcm, "AEAD_AES_128_GCM", SrtpCipher::kAesGcm, 16, 12, 16, 16},
    {SrtpSuite::kAeadAes256Gcm, "AEAD_AES_256_GCM", SrtpCipher::kAesGcm, 32, 12, 16, 16},
    {SrtpSuite::kNullHmacSha1_80, "NULL_HMAC_SHA1_80", SrtpCipher::kNull, 16, 14, 10, 10},
});

constexpr const SrtpSuiteFacts& facts_of(SrtpSuite suite) {
  return kSrtpSuites[static_cast<std::size_t>(suite)];
}

constexpr std::optional<SrtpSuite> srtp_suite_named(std::string_view name) {
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    if (facts.name == name) {
      return facts.suite;
    }
  }
  return std::nullopt;
}

inline constexpr std::size_t kMaxMasterKeyBytes = 32;
inline constexpr std::size_t kMaxMasterSaltBytes = 14;
inline constexpr std::size_t kMaxMkiBytes = 128;  // RFC 4568 §6.1
inline constexpr std::uint64_t kMaxSrtpLifetime = std::uint64_t{1}
                                                  << 48;  // packets under one key, RFC 3711 §9.2
inline constexpr std::uint64_t kMaxSrtcpLifetime = std::uint64_t{1} << 31;

}  // namespace pollux
