// SRTP by ipsec-mb: keys prepared when a context is made, whole batches handed to the library. Internal to
// the crypto room.
#pragma once

#include <cstdint>

#include "dataplane/crypto/context_store.hpp"
#include "dataplane/crypto/ipsec_mb.hpp"
#include "dataplane/srtp/initial_counter.hpp"

namespace pollux::crypto {

// One key schedule, for RTP or for RTCP, of the suites with HMAC-SHA1 (and of GCM: the salt only). The first
// line holds what every packet needs besides the round keys, which follow: 176 bytes, or 240 for AES-256.
struct alignas(64) MbKeys {
  std::uint8_t inner_hash[20] = {};  // SHA-1 state after the key's inner pad
  std::uint8_t outer_hash[20] = {};
  std::uint8_t salt[16] = {};
  std::uint8_t reserved[8] = {};

  std::byte* cipher() { return reinterpret_cast<std::byte*>(this + 1); }  // round keys, or gcm_key_data
};
static_assert(sizeof(MbKeys) == 64);

inline MbKeys& rtp_keys(Context& context) {
  return *reinterpret_cast<MbKeys*>(context.at(context.keys_at));
}
inline MbKeys& rtcp_keys(Context& context) {
  return *reinterpret_cast<MbKeys*>(context.at(context.cold().rtcp_keys_at));
}
// Lines of a schedule that a packet reads, where the instruction set is narrower than AVX-512.
inline unsigned key_lines(const Context& context) {
  return is_gcm(context) ? 9 : is_null(context) ? 1 : is_long_key(context) ? 5 : 4;
}

// Derives the session keys from the master key (RFC 3711 §4.3) and prepares both schedules. Thread: control.
class MbKeyMaker {
 public:
  explicit MbKeyMaker(MbArch gcm_arch);
  bool ok() const { return manager_ != nullptr && gcm_manager_ != nullptr; }
  static std::size_t key_bytes(SrtpSuite suite, MbArch gcm_arch);
  void fill(Context& context, const SrtpParams& params);

 private:
  void fill_half(Context& context, const SrtpParams& params, const void* round_keys, bool rtcp);
  void derive(const SrtpParams& params, const void* round_keys, srtp::KeyLabel label, std::uint8_t* out,
              std::size_t length);

  MbManager manager_;
  MbManager gcm_manager_;
  const MbArch gcm_arch_;
};

}  // namespace pollux::crypto
