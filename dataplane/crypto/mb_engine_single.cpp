#include "dataplane/crypto/mb_engine.hpp"

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/secret.hpp"
#include "dataplane/crypto/opening_rtcp.hpp"
#include "dataplane/srtp/packet_layout.hpp"

namespace pollux::crypto {

namespace {

constexpr std::size_t kRocLength = 4;
constexpr std::size_t kGcmTag = 16;
constexpr std::uint32_t kMostRtcpIndex = 0x7fffffffU;

}  // namespace

void MbEngine::gcm(bool seal, const Context& context, MbKeys& keys, const std::uint8_t* iv,
                   const std::uint8_t* aad, std::size_t aad_length, std::uint8_t* bytes, std::size_t length,
                   std::uint8_t* tag) {
  IMB_MGR* const manager = managers_.gcm();
  const auto* const key = reinterpret_cast<const gcm_key_data*>(keys.cipher());
  gcm_context_data state;
  if (is_long_key(context)) {
    if (seal) {
      IMB_AES256_GCM_ENC(manager, key, &state, bytes, bytes, length, iv, aad, aad_length, tag, kGcmTag);
    } else {
      IMB_AES256_GCM_DEC(manager, key, &state, bytes, bytes, length, iv, aad, aad_length, tag, kGcmTag);
    }
  } else if (seal) {
    IMB_AES128_GCM_ENC(manager, key, &state, bytes, bytes, length, iv, aad, aad_length, tag, kGcmTag);
  } else {
    IMB_AES128_GCM_DEC(manager, key, &state, bytes, bytes, length, iv, aad, aad_length, tag, kGcmTag);
  }
}

void MbEngine::seal_gcm(Context& context, SrtpJob& job, const SendPlace& place) {
  MbKeys& keys = rtp_keys(context);
  const srtp::GcmIv iv = srtp::gcm_rtp_iv(keys.salt, place.ssrc, place.index);
  gcm(true, context, keys, iv.data(), job.bytes, job.header_length, job.bytes + job.header_length,
      std::size_t{job.length} - job.header_length, job.bytes + job.length);
  job.length = static_cast<std::uint16_t>(job.length + kGcmTag);
  if (context.mki_length != 0) [[unlikely]] {
    std::memcpy(job.bytes + job.length, context.cold().mki.data(), context.mki_length);
    job.length = static_cast<std::uint16_t>(job.length + context.mki_length);
  }
}

// One hash, beside those that a batch has gathered. 12 bytes, until the next one.
const std::uint8_t* MbEngine::lone_hash(const MbKeys& keys, const std::uint8_t* bytes, std::size_t length) {
  lone_hash_.src = bytes;
  lone_hash_.msg_len_to_hash_in_bytes = length;
  lone_hash_.u.HMAC._hashed_auth_key_xor_ipad = keys.inner_hash;
  lone_hash_.u.HMAC._hashed_auth_key_xor_opad = keys.outer_hash;
  IMB_SUBMIT_HASH_BURST_NOCHECK(managers_.hash(1), &lone_hash_, 1, IMB_AUTH_HMAC_SHA_1);
  return lone_tag_.data();
}

void MbEngine::lone_cipher(const Context& context, MbKeys& keys, std::uint8_t* bytes, std::size_t length,
                           std::uint32_t ssrc, std::uint64_t index) {
  if (length == 0 || is_null(context)) {
    return;
  }
  const bool long_key = is_long_key(context);
  srtp::counter_mode_iv(keys.salt, ssrc, index, lone_counter_.data());
  lone_cipher_.src = lone_cipher_.dst = bytes;
  lone_cipher_.msg_len_to_cipher_in_bytes = length;
  lone_cipher_.enc_keys = lone_cipher_.dec_keys = keys.cipher();
  lone_cipher_.key_len_in_bytes = long_key ? 32 : 16;
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(managers_.cipher(1), &lone_cipher_, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                  long_key ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES);
}

bool MbEngine::open(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index, bool) {
  return is_gcm(context) ? open_gcm(context, job, ssrc, index) : open_hmac(context, job, ssrc, index);
}

bool MbEngine::open_hmac(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index) {
  MbKeys& keys = rtp_keys(context);
  std::uint8_t* const end = job.bytes + job.length - context.rtp_tag - context.mki_length;
  std::uint8_t saved[kRocLength];
  std::memcpy(saved, end, kRocLength);
  store_be32(end, srtp::roc_of(index));
  const std::uint8_t* const computed =
      lone_hash(keys, job.bytes, static_cast<std::size_t>(end - job.bytes) + kRocLength);
  std::memcpy(end, saved, kRocLength);
  if (!equal_in_constant_time(job.bytes + job.length - context.rtp_tag, computed, context.rtp_tag)) {
    return false;
  }
  std::uint8_t* const payload = job.bytes + job.header_length;
  lone_cipher(context, keys, payload, static_cast<std::size_t>(end - payload), ssrc, index);
  return true;
}

// The library decrypts while it authenticates: what turns out to be forged is put back.
bool MbEngine::open_gcm(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index) {
  MbKeys& keys = rtp_keys(context);
  const srtp::GcmIv iv = srtp::gcm_rtp_iv(keys.salt, ssrc, index);
  std::uint8_t* const payload = job.bytes + job.header_length;
  const std::size_t length = std::size_t{job.length} - job.header_length - kGcmTag - context.mki_length;
  std::uint8_t computed[kGcmTag];
  gcm(false, context, keys, iv.data(), job.bytes, job.header_length, payload, length, computed);
  if (equal_in_constant_time(payload + length, computed, kGcmTag)) {
    return true;
  }
  gcm(true, context, keys, iv.data(), job.bytes, job.header_length, payload, length, computed);
  return false;
}

// -- SRTCP: RFC 3711 §3.4, RFC 7714 §9

void MbEngine::protect_rtcp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    protect_rtcp_one(job);
  }
}

void MbEngine::protect_rtcp_one(SrtpJob& job) {
  Context& context = this->context(job.context);
  ContextCold& cold = context.cold();
  if (job.length < srtp::kRtcpHeaderLength) {
    job.status = SrtpStatus::kMalformed;
    return;
  }
  if (cold.rtcp_index == kMostRtcpIndex) {
    refuse_expired(context, job, kOfRtcp);
    return;
  }
  if (!spend_rtcp(context, job)) {
    return;
  }
  // One count for all SSRCs: each receiver sees its own indices rise, with gaps.
  const std::uint32_t index = cold.rtcp_index + 1;
  cold.rtcp_index = index;
  MbKeys& keys = rtcp_keys(context);
  const std::uint32_t ssrc = load_be32(job.bytes + 4);
  std::uint8_t* const payload = job.bytes + srtp::kRtcpHeaderLength;
  const std::size_t length = std::size_t{job.length} - srtp::kRtcpHeaderLength;
  std::uint8_t* end = payload + length;
  if (is_gcm(context)) {
    std::uint8_t aad[srtp::kRtcpHeaderLength + srtp::kRtcpIndexLength];
    std::memcpy(aad, job.bytes, srtp::kRtcpHeaderLength);
    store_be32(aad + srtp::kRtcpHeaderLength, srtp::kEncryptedFlag | index);
    const srtp::GcmIv iv = srtp::gcm_rtcp_iv(keys.salt, ssrc, index);
    gcm(true, context, keys, iv.data(), aad, sizeof aad, payload, length, end);
    end += kGcmTag;
    store_be32(end, srtp::kEncryptedFlag | index);
    end += srtp::kRtcpIndexLength;
    std::memcpy(end, cold.mki.data(), context.mki_length);
    end += context.mki_length;
  } else {
    const std::uint32_t flag = is_null(context) ? 0 : srtp::kEncryptedFlag;
    lone_cipher(context, keys, payload, length, ssrc, index);
    store_be32(end, flag | index);
    end += srtp::kRtcpIndexLength;
    const std::uint8_t* const tag = lone_hash(keys, job.bytes, static_cast<std::size_t>(end - job.bytes));
    std::memcpy(end, cold.mki.data(), context.mki_length);
    end += context.mki_length;
    std::memcpy(end, tag, cold.rtcp_tag);
    end += cold.rtcp_tag;
  }
  job.length = static_cast<std::uint16_t>(end - job.bytes);
  job.status = SrtpStatus::kOk;
}

void MbEngine::unprotect_rtcp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    Context& current = context(job.context);
    const ContextId former = current.former;
    open_rtcp_by_any(current, former != 0 ? &context(former) : nullptr, job,
                     [&](Context& one) { return open_rtcp(one, job); });
  }
}

bool MbEngine::open_rtcp(Context& context, SrtpJob& job) {
  RtcpPlace place;
  if (!find_rtcp_place(context, job, place)) {
    return false;
  }
  MbKeys& keys = rtcp_keys(context);
  std::uint8_t* const payload = job.bytes + srtp::kRtcpHeaderLength;
  std::size_t length = std::size_t{place.index_offset} - srtp::kRtcpHeaderLength;
  if (is_gcm(context)) {
    length -= kGcmTag;
    std::uint8_t aad[srtp::kRtcpHeaderLength + srtp::kRtcpIndexLength];
    std::memcpy(aad, job.bytes, srtp::kRtcpHeaderLength);
    std::memcpy(aad + srtp::kRtcpHeaderLength, job.bytes + place.index_offset, srtp::kRtcpIndexLength);
    const srtp::GcmIv iv = srtp::gcm_rtcp_iv(keys.salt, place.ssrc, place.index);
    std::uint8_t computed[kGcmTag];
    gcm(false, context, keys, iv.data(), aad, sizeof aad, payload, length, computed);
    if (!equal_in_constant_time(payload + length, computed, kGcmTag)) {
      gcm(true, context, keys, iv.data(), aad, sizeof aad, payload, length, computed);
      job.status = SrtpStatus::kAuthenticationFailed;
      return false;
    }
  } else {
    const std::size_t tag = context.cold().rtcp_tag;
    const std::uint8_t* const computed =
        lone_hash(keys, job.bytes, place.index_offset + srtp::kRtcpIndexLength);
    if (!equal_in_constant_time(job.bytes + job.length - tag, computed, tag)) {
      job.status = SrtpStatus::kAuthenticationFailed;
      return false;
    }
    lone_cipher(context, keys, payload, length, place.ssrc, place.index);
  }
  return rtcp_opened(context, job, place, length);
}

}  // namespace pollux::crypto
