#include <cstring>

#include "dataplane/base/secret.hpp"
#include "dataplane/crypto/backend_ipsec_mb.hpp"

namespace pollux::crypto {

namespace {

constexpr std::size_t kRoundKeys128 = 176;
constexpr std::size_t kRoundKeys256 = 240;
constexpr std::size_t kAuthenticationKey = 20;
constexpr std::size_t kShaBlock = 64;

// gcm_key_data holds as many powers of the hash key as the widest instruction set wants; the others write,
// and read, its beginning only.
std::size_t gcm_key_bytes(MbArch arch) {
  return arch == MbArch::kAvx512
             ? sizeof(gcm_key_data)
             : sizeof(gcm_key_data::expanded_keys) + sizeof(gcm_key_data::ghash_keys.sse_avx);
}

void expand(IMB_MGR* manager, bool long_key, const std::uint8_t* key, void* round_keys) {
  alignas(16) std::uint8_t unused[kRoundKeys256];  // for decryption, which counter mode never does
  if (long_key) {
    IMB_AES_KEYEXP_256(manager, key, round_keys, unused);
  } else {
    IMB_AES_KEYEXP_128(manager, key, round_keys, unused);
  }
  wipe(unused, sizeof unused);
}

void hash_pad(IMB_MGR* manager, const std::uint8_t* key, std::uint8_t pad, std::uint8_t* out) {
  std::uint8_t block[kShaBlock];
  std::memset(block, pad, sizeof block);
  for (std::size_t i = 0; i < kAuthenticationKey; ++i) {
    block[i] = static_cast<std::uint8_t>(block[i] ^ key[i]);
  }
  IMB_SHA1_ONE_BLOCK(manager, block, out);
  wipe(block, sizeof block);
}

}  // namespace

MbKeyMaker::MbKeyMaker(MbArch gcm_arch)
    : manager_(make_mb_manager(MbArch::kSse)), gcm_manager_(make_mb_manager(gcm_arch)), gcm_arch_(gcm_arch) {}

std::size_t MbKeyMaker::key_bytes(SrtpSuite suite, MbArch gcm_arch) {
  const SrtpSuiteFacts& facts = facts_of(suite);
  switch (facts.cipher) {
    case SrtpCipher::kAesCm:
      return sizeof(MbKeys) + (facts.key_bytes == 32 ? kRoundKeys256 : kRoundKeys128);
    case SrtpCipher::kAesGcm:
      return sizeof(MbKeys) + gcm_key_bytes(gcm_arch);
    case SrtpCipher::kNull:
      return sizeof(MbKeys);
  }
  __builtin_unreachable();
}

// AES in counter mode over zeros. Pre: `length` is at most 32.
void MbKeyMaker::derive(const SrtpParams& params, const void* round_keys, srtp::KeyLabel label,
                        std::uint8_t* out, std::size_t length) {
  srtp::Counter counter = srtp::derivation_counter(label, params.master_salt.bytes());
  std::memset(out, 0, length);
  IMB_JOB job;
  std::memset(&job, 0, sizeof job);
  job.src = job.dst = out;
  job.msg_len_to_cipher_in_bytes = length;
  job.enc_keys = job.dec_keys = round_keys;
  job.key_len_in_bytes = params.master_key.size();
  job.iv = counter.data();
  job.iv_len_in_bytes = counter.size();
  job.cipher_mode = IMB_CIPHER_CNTR;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  IMB_SUBMIT_CIPHER_BURST(manager_.get(), &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                          params.master_key.size() == 32 ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES);
  wipe(counter.data(), counter.size());
}

void MbKeyMaker::fill_half(Context& context, const SrtpParams& params, const void* round_keys, bool rtcp) {
  using srtp::KeyLabel;
  const SrtpSuiteFacts& facts = facts_of(params.suite);
  MbKeys& keys = rtcp ? rtcp_keys(context) : rtp_keys(context);
  alignas(16) std::uint8_t key[32];
  derive(params, round_keys, rtcp ? KeyLabel::kRtcpSalt : KeyLabel::kRtpSalt, keys.salt, facts.salt_bytes);
  if (facts.cipher != SrtpCipher::kAesGcm) {
    derive(params, round_keys, rtcp ? KeyLabel::kRtcpAuthentication : KeyLabel::kRtpAuthentication, key,
           kAuthenticationKey);
    hash_pad(manager_.get(), key, 0x36, keys.inner_hash);
    hash_pad(manager_.get(), key, 0x5c, keys.outer_hash);
  }
  if (facts.cipher != SrtpCipher::kNull) {
    derive(params, round_keys, rtcp ? KeyLabel::kRtcpEncryption : KeyLabel::kRtpEncryption, key,
           facts.key_bytes);
    if (facts.cipher == SrtpCipher::kAesCm) {
      expand(manager_.get(), facts.key_bytes == 32, key, keys.cipher());
    } else {
      alignas(64) gcm_key_data expanded;
      if (facts.key_bytes == 32) {
        IMB_AES256_GCM_PRE(gcm_manager_.get(), key, &expanded);
      } else {
        IMB_AES128_GCM_PRE(gcm_manager_.get(), key, &expanded);
      }
      std::memcpy(keys.cipher(), &expanded, gcm_key_bytes(gcm_arch_));
      wipe(&expanded, sizeof expanded);
    }
  }
  wipe(key, sizeof key);
}

void MbKeyMaker::fill(Context& context, const SrtpParams& params) {
  alignas(16) std::uint8_t round_keys[kRoundKeys256];
  expand(manager_.get(), params.master_key.size() == 32, params.master_key.bytes().data(), round_keys);
  fill_half(context, params, round_keys, false);
  fill_half(context, params, round_keys, true);
  wipe(round_keys, sizeof round_keys);
}

}  // namespace pollux::crypto
