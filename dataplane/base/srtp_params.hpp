// One master key with what belongs to it: what protects one direction of a leg (RFC 3711 §3.2.1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "dataplane/base/secret.hpp"
#include "dataplane/base/secret_memory.hpp"
#include "dataplane/base/srtp_suite.hpp"
#include "dataplane/base/static_vector.hpp"

namespace pollux {

// Immutable once made. Lives in memory that is left out of core dumps.
struct SrtpParams {
  SrtpSuite suite = SrtpSuite::kAesCm128HmacSha1_80;
  Secret<kMaxMasterKeyBytes> master_key;         // facts_of(suite).key_bytes of it
  Secret<kMaxMasterSaltBytes> master_salt;       // facts_of(suite).salt_bytes of it
  StaticVector<std::uint8_t, kMaxMkiBytes> mki;  // empty: packets carry none
  std::uint64_t lifetime = 0;                    // packets, RTP and RTCP each; 0: as many as the suite allows
  // Rollover counter of the first packet: for who joins late, or goes on where another left off. Unset: 0.
  std::optional<std::uint32_t> roc;

  // Protects with the same key, whatever else differs.
  bool same_key(const SrtpParams& other) const {
    const bool key = master_key == other.master_key;
    const bool salt = master_salt == other.master_salt;
    return key && salt;
  }
  friend bool operator==(const SrtpParams& a, const SrtpParams& b) {
    return a.suite == b.suite && a.same_key(b) && a.mki == b.mki && a.lifetime == b.lifetime &&
           a.roc == b.roc;
  }
};

// Shared ownership of SrtpParams, or none; copies cost no copy of the key, and equal contents compare equal.
// The last owner wipes: never let a worker be that.
class SrtpParamsRef {
 public:
  SrtpParamsRef() = default;
  // Pre: key and salt have the lengths that the suite wants; at most kMaxMkiBytes of MKI.
  static SrtpParamsRef make(SrtpSuite suite, std::span<const std::uint8_t> master_key,
                            std::span<const std::uint8_t> master_salt, std::span<const std::uint8_t> mki = {},
                            std::uint64_t lifetime = 0, std::optional<std::uint32_t> roc = std::nullopt) {
    auto params = std::allocate_shared<SrtpParams>(SecretAllocator<SrtpParams>());
    params->suite = suite;
    params->master_key.assign(master_key);
    params->master_salt.assign(master_salt);
    for (const std::uint8_t byte : mki) {
      params->mki.push_back(byte);
    }
    params->lifetime = lifetime;
    params->roc = roc;
    SrtpParamsRef ref;
    ref.params_ = std::move(params);
    return ref;
  }

  explicit operator bool() const { return params_ != nullptr; }
  const SrtpParams& operator*() const { return *params_; }
  const SrtpParams* operator->() const { return params_.get(); }
  friend bool operator==(const SrtpParamsRef& a, const SrtpParamsRef& b) {
    return a.params_ == b.params_ || (a.params_ && b.params_ && *a.params_ == *b.params_);
  }

 private:
  std::shared_ptr<const SrtpParams> params_;
};

}  // namespace pollux
