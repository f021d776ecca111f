// libsrtp by its own interface, with nothing of Pollux between: what both backends are compared with.
#pragma once

#include <srtp2/srtp.h>

#include <cstring>
#include <set>

#include "dataplane/base/srtp_params.hpp"
#include "tests/support/srtp_packets.hpp"

namespace pollux::crypto::test {

class Oracle {
 public:
  explicit Oracle(const SrtpParamsRef& key, unsigned long window = 128) : key_(key), window_(window) {
    srtp_init();
    srtp_create(&session_, nullptr);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // `roc`: of the stream's first packet, where this is it.
  bool protect(Bytes& packet, std::uint32_t roc) {
    add(load_be32(&packet[8]), roc);
    return run(packet, [this](void* bytes, int* length) {
      return srtp_protect_mki(session_, bytes, length, has_mki(), 0);
    });
  }
  bool open(Bytes& packet, std::uint32_t roc) {
    add(load_be32(&packet[8]), roc);
    return run(packet, [this](void* bytes, int* length) {
      return srtp_unprotect_mki(session_, bytes, length, has_mki());
    });
  }
  bool protect_rtcp(Bytes& packet, std::uint32_t roc) {
    add(load_be32(&packet[4]), roc);
    return run(packet, [this](void* bytes, int* length) {
      return srtp_protect_rtcp_mki(session_, bytes, length, has_mki(), 0);
    });
  }
  // Not of the _32 suites with an MKI, which this version of the library looks for in the wrong place.
  bool open_rtcp(Bytes& packet, std::uint32_t roc) {
    add(load_be32(&packet[4]), roc);
    return run(packet, [this](void* bytes, int* length) {
      return srtp_unprotect_rtcp_mki(session_, bytes, length, has_mki());
    });
  }

 private:
  unsigned has_mki() const { return key_->mki.empty() ? 0 : 1; }

  template <typename Call>
  bool run(Bytes& packet, Call call) {
    int length = static_cast<int>(packet.size());
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    const bool ok = call(packet.data(), &length) == srtp_err_status_ok;
    packet.resize(static_cast<std::size_t>(length));
    return ok;
  }

  void add(std::uint32_t ssrc, std::uint32_t roc) {
    if (!streams_.insert(ssrc).second) {
      return;
    }
    srtp_policy_t policy;
    std::memset(&policy, 0, sizeof policy);
    using Set = void (*)(srtp_crypto_policy_t*);
    constexpr Set kRtp[] = {srtp_crypto_policy_set_rtp_default,
                            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
                            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
                            srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
                            srtp_crypto_policy_set_aes_gcm_128_16_auth,
                            srtp_crypto_policy_set_aes_gcm_256_16_auth,
                            srtp_crypto_policy_set_null_cipher_hmac_sha1_80};
    constexpr Set kRtcp[] = {srtp_crypto_policy_set_rtcp_default,
                             srtp_crypto_policy_set_rtcp_default,
                             srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
                             srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
                             srtp_crypto_policy_set_aes_gcm_128_16_auth,
                             srtp_crypto_policy_set_aes_gcm_256_16_auth,
                             srtp_crypto_policy_set_null_cipher_hmac_sha1_80};
    kRtp[static_cast<std::size_t>(key_->suite)](&policy.rtp);
    kRtcp[static_cast<std::size_t>(key_->suite)](&policy.rtcp);
    Bytes key(key_->master_key.bytes().begin(), key_->master_key.bytes().end());
    key.insert(key.end(), key_->master_salt.bytes().begin(), key_->master_salt.bytes().end());
    key.resize(SRTP_MAX_KEY_LEN);
    Bytes mki(key_->mki.begin(), key_->mki.end());
    srtp_master_key_t master{key.data(), mki.data(), static_cast<unsigned>(mki.size())};
    srtp_master_key_t* masters[] = {&master};
    if (mki.empty()) {
      policy.key = key.data();
    } else {
      policy.keys = masters;
      policy.num_master_keys = 1;
    }
    policy.ssrc = {ssrc_specific, ssrc};
    policy.window_size = window_;
    srtp_add_stream(session_, &policy);
    srtp_set_stream_roc(session_, ssrc, roc);
  }

  const SrtpParamsRef key_;
  const unsigned long window_;
  srtp_t session_ = nullptr;
  std::set<std::uint32_t> streams_;
};

}  // namespace pollux::crypto::test
