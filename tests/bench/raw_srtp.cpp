#include "tests/bench/raw_srtp.hpp"

#include <rte_cycles.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/crypto/ipsec_mb.hpp"
#include "tests/bench/bench_net.hpp"

namespace pollux::bench {

namespace {

constexpr std::size_t kRtpHeader = 12;
constexpr std::size_t kPacket = kRtpHeader + kPayload;
constexpr std::size_t kStride = 512;
constexpr unsigned kRuns = 400;

bool is_long(SrtpSuite suite) {
  return facts_of(suite).key_bytes == 32;
}

}  // namespace

struct RawIpsecMb::State {
  alignas(64) std::array<std::uint8_t, crypto::kMbBatch * kStride> packets{};
  alignas(64) std::array<std::uint8_t, crypto::kMbBatch * 32> tags{};
  alignas(64) std::array<std::uint8_t, crypto::kMbBatch * 16> counters{};
  alignas(64) std::array<std::uint8_t, 240> round_keys{};
  alignas(64) std::array<std::uint8_t, 64> pads{};
  alignas(64) gcm_key_data gcm_key{};
  std::array<IMB_JOB, crypto::kMbBatch> ciphers{};
  std::array<IMB_JOB, crypto::kMbBatch> hashes{};
  crypto::MbManagers managers{crypto::measure_mb_choice()};

  double bursts(SrtpSuite suite, std::uint32_t at_once) {
    const IMB_KEY_SIZE_BYTES key_size = is_long(suite) ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES;
    for (std::size_t i = 0; i < at_once; ++i) {
      IMB_JOB& cipher = ciphers[i];
      cipher.src = cipher.dst = &packets[i * kStride + kRtpHeader];
      cipher.msg_len_to_cipher_in_bytes = kPayload;
      cipher.enc_keys = cipher.dec_keys = round_keys.data();
      cipher.key_len_in_bytes = key_size;
      cipher.iv = &counters[i * 16];
      cipher.iv_len_in_bytes = 16;
      cipher.cipher_mode = IMB_CIPHER_CNTR;
      cipher.cipher_direction = IMB_DIR_ENCRYPT;
      IMB_JOB& hash = hashes[i];
      hash.src = &packets[i * kStride];
      hash.msg_len_to_hash_in_bytes = kPacket + 4;
      hash.hash_alg = IMB_AUTH_HMAC_SHA_1;
      hash.auth_tag_output = &tags[i * 32];
      hash.auth_tag_output_len_in_bytes = 12;
      hash.u.HMAC._hashed_auth_key_xor_ipad = pads.data();
      hash.u.HMAC._hashed_auth_key_xor_opad = pads.data() + 32;
    }
    const std::uint64_t start = rte_rdtsc();
    for (unsigned run = 0; run < kRuns; ++run) {
      IMB_SUBMIT_CIPHER_BURST_NOCHECK(managers.cipher(at_once), ciphers.data(), at_once, IMB_CIPHER_CNTR,
                                      IMB_DIR_ENCRYPT, key_size);
      IMB_SUBMIT_HASH_BURST_NOCHECK(managers.hash(at_once), hashes.data(), at_once, IMB_AUTH_HMAC_SHA_1);
    }
    return static_cast<double>(rte_rdtsc() - start) / (kRuns * at_once);
  }

  double gcm(SrtpSuite suite, std::uint32_t at_once) {
    IMB_MGR* const manager = managers.gcm();
    gcm_context_data context;
    if (is_long(suite)) {
      IMB_AES256_GCM_PRE(manager, round_keys.data(), &gcm_key);
    } else {
      IMB_AES128_GCM_PRE(manager, round_keys.data(), &gcm_key);
    }
    const std::uint64_t start = rte_rdtsc();
    for (unsigned run = 0; run < kRuns; ++run) {
      for (std::size_t i = 0; i < at_once; ++i) {
        std::uint8_t* const packet = &packets[i * kStride];
        if (is_long(suite)) {
          IMB_AES256_GCM_ENC(manager, &gcm_key, &context, packet + kRtpHeader, packet + kRtpHeader, kPayload,
                             &counters[i * 16], packet, kRtpHeader, &tags[i * 32], 16);
        } else {
          IMB_AES128_GCM_ENC(manager, &gcm_key, &context, packet + kRtpHeader, packet + kRtpHeader, kPayload,
                             &counters[i * 16], packet, kRtpHeader, &tags[i * 32], 16);
        }
      }
    }
    return static_cast<double>(rte_rdtsc() - start) / (kRuns * at_once);
  }
};

RawIpsecMb::RawIpsecMb() : state_(std::make_unique<State>()) {}
RawIpsecMb::~RawIpsecMb() = default;

double RawIpsecMb::protect(SrtpSuite suite, std::uint32_t at_once) {
  const auto most = static_cast<std::uint32_t>(crypto::kMbBatch);
  const std::uint32_t packets = std::min(at_once == 0 ? most : at_once, most);
  return facts_of(suite).cipher == SrtpCipher::kAesGcm ? state_->gcm(suite, packets)
                                                       : state_->bursts(suite, packets);
}

struct RawLibsrtp::State {
  srtp_t sender = nullptr;
  srtp_t receiver = nullptr;
  std::uint16_t sequence = 0;
  std::vector<std::uint8_t> packet = std::vector<std::uint8_t>(kPacket + SRTP_MAX_TRAILER_LEN);

  int seal() {
    std::memset(packet.data(), 0xd5, kPacket);
    packet[0] = 0x80;
    store_be16(packet.data() + 2, sequence++);
    store_be32(packet.data() + 8, 1);
    int length = kPacket;
    if (srtp_protect(sender, packet.data(), &length) != srtp_err_status_ok) {
      die("libsrtp could not protect a packet");
    }
    return length;
  }
};

RawLibsrtp::RawLibsrtp(SrtpSuite suite) : state_(std::make_unique<State>()) {
  static const bool initialised = srtp_init() == srtp_err_status_ok;
  srtp_policy_t policy;
  std::memset(&policy, 0, sizeof policy);
  std::array<std::uint8_t, 46> key{};
  if (facts_of(suite).cipher == SrtpCipher::kAesGcm) {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  }
  policy.key = key.data();
  policy.ssrc.type = ssrc_any_outbound;
  const bool made = initialised && srtp_create(&state_->sender, &policy) == srtp_err_status_ok;
  policy.ssrc.type = ssrc_any_inbound;
  if (!made || srtp_create(&state_->receiver, &policy) != srtp_err_status_ok) {
    die("libsrtp could not be set up");
  }
}

RawLibsrtp::~RawLibsrtp() {
  srtp_dealloc(state_->sender);
  srtp_dealloc(state_->receiver);
}

double RawLibsrtp::protect() {
  std::uint64_t cycles = 0;
  for (unsigned run = 0; run < kRuns; ++run) {
    const std::uint64_t start = rte_rdtsc();
    state_->seal();
    cycles += rte_rdtsc() - start;
  }
  return static_cast<double>(cycles) / kRuns;
}

double RawLibsrtp::unprotect() {
  std::uint64_t cycles = 0;
  for (unsigned run = 0; run < kRuns; ++run) {
    int length = state_->seal();
    const std::uint64_t start = rte_rdtsc();
    const auto status = srtp_unprotect(state_->receiver, state_->packet.data(), &length);
    cycles += rte_rdtsc() - start;
    if (status != srtp_err_status_ok) {
      die("libsrtp could not open a packet");
    }
  }
  return static_cast<double>(cycles) / kRuns;
}

}  // namespace pollux::bench
