// A party that speaks SRTP, by libsrtp2: it knows nothing of how Pollux does it.
#pragma once

#include <srtp2/srtp.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "dataplane/base/srtp_params.hpp"
#include "tests/support/frame.hpp"

namespace pollux::testing {

// Key and salt of a suite, all bytes made from `seed`.
inline SrtpParamsRef test_key(SrtpSuite suite, std::uint8_t seed, std::vector<std::uint8_t> mki = {},
                              std::uint64_t lifetime = 0, std::optional<std::uint32_t> roc = std::nullopt) {
  const SrtpSuiteFacts& facts = facts_of(suite);
  std::vector<std::uint8_t> key(facts.key_bytes);
  std::vector<std::uint8_t> salt(facts.salt_bytes);
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(seed * 31 + i);
  }
  for (std::size_t i = 0; i < salt.size(); ++i) {
    salt[i] = static_cast<std::uint8_t>(seed * 17 + 3 * i + 1);
  }
  return SrtpParamsRef::make(suite, key, salt, mki, lifetime, roc);
}

// One direction.
class SrtpParty {
 public:
  enum class Role { kSends, kReceives };

  SrtpParty(const SrtpParams& params, Role role) : mki_(!params.mki.empty()) {
    static const bool initialised = srtp_init() == srtp_err_status_ok;
    (void)initialised;
    srtp_policy_t policy;
    std::memset(&policy, 0, sizeof policy);
    set_suite(params.suite, policy);
    std::vector<std::uint8_t> key(params.master_key.bytes().begin(), params.master_key.bytes().end());
    key.insert(key.end(), params.master_salt.bytes().begin(), params.master_salt.bytes().end());
    std::vector<std::uint8_t> mki(params.mki.begin(), params.mki.end());
    srtp_master_key_t master{key.data(), mki.data(), static_cast<unsigned>(mki.size())};
    srtp_master_key_t* masters[] = {&master};
    if (mki_) {
      policy.keys = masters;
      policy.num_master_keys = 1;
    } else {
      policy.key = key.data();
    }
    policy.ssrc.type = role == Role::kSends ? ssrc_any_outbound : ssrc_any_inbound;
    policy.window_size = 1024;
    srtp_create(&session_, &policy);
  }
  ~SrtpParty() { srtp_dealloc(session_); }
  SrtpParty(const SrtpParty&) = delete;
  SrtpParty& operator=(const SrtpParty&) = delete;

  Bytes seal(Bytes packet) {
    return process(std::move(packet), kSpare,
                   [this](auto... at) { return srtp_protect_mki(session_, at..., mki_ ? 1 : 0, 0); })
        .value_or(Bytes());
  }
  Bytes seal_rtcp(Bytes packet) {
    return process(std::move(packet), kSpare,
                   [this](auto... at) { return srtp_protect_rtcp_mki(session_, at..., mki_ ? 1 : 0, 0); })
        .value_or(Bytes());
  }
  // Nothing: not genuine, or seen before.
  std::optional<Bytes> open(Bytes packet) {
    return process(std::move(packet), 0,
                   [this](auto... at) { return srtp_unprotect_mki(session_, at..., mki_ ? 1 : 0); });
  }
  std::optional<Bytes> open_rtcp(Bytes packet) {
    return process(std::move(packet), 0,
                   [this](auto... at) { return srtp_unprotect_rtcp_mki(session_, at..., mki_ ? 1 : 0); });
  }

 private:
  static constexpr std::size_t kSpare = SRTP_MAX_TRAILER_LEN + 4;

  template <typename Call>
  static std::optional<Bytes> process(Bytes packet, std::size_t spare, Call call) {
    int length = static_cast<int>(packet.size());
    packet.resize(packet.size() + spare);
    if (call(packet.data(), &length) != srtp_err_status_ok) {
      return std::nullopt;
    }
    packet.resize(static_cast<std::size_t>(length));
    return packet;
  }

  static void set_suite(SrtpSuite suite, srtp_policy_t& policy) {
    const auto set = [suite](srtp_crypto_policy_t& part, bool rtcp) {
      switch (suite) {
        case SrtpSuite::kAesCm128HmacSha1_80:
          return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&part);
        case SrtpSuite::kAesCm128HmacSha1_32:
          return rtcp ? srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&part)
                      : srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&part);
        case SrtpSuite::kAes256CmHmacSha1_80:
          return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&part);
        case SrtpSuite::kAes256CmHmacSha1_32:
          return rtcp ? srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&part)
                      : srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&part);
        case SrtpSuite::kAeadAes128Gcm:
          return srtp_crypto_policy_set_aes_gcm_128_16_auth(&part);
        case SrtpSuite::kAeadAes256Gcm:
          return srtp_crypto_policy_set_aes_gcm_256_16_auth(&part);
        case SrtpSuite::kNullHmacSha1_80:
          return srtp_crypto_policy_set_null_cipher_hmac_sha1_80(&part);
      }
    };
    set(policy.rtp, false);
    set(policy.rtcp, true);
  }

  srtp_t session_ = nullptr;
  const bool mki_;
};

}  // namespace pollux::testing
