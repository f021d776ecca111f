#include "dataplane/crypto/libsrtp_engine.hpp"

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/secret.hpp"
#include "dataplane/crypto/opening_rtcp.hpp"

namespace pollux::crypto {

namespace {

LibsrtpSession& session_of(Context& context) {
  return *static_cast<LibsrtpSession*>(context.cold().library);
}

// The library knows a stream by its SSRC as it lies in the packet.
void remove_stream(LibsrtpSession& session, std::uint32_t ssrc) {
  srtp_remove_stream(session.session, be32(ssrc).raw());
}

unsigned has_mki(const Context& context) {
  return context.mki_length != 0 ? 1 : 0;
}

bool knows(const LibsrtpSession& session, std::uint32_t ssrc) {
  std::uint32_t roc = 0;
  return srtp_get_stream_roc(session.session, ssrc, &roc) == srtp_err_status_ok;
}

void set_suite(SrtpSuite suite, srtp_crypto_policy_t& rtp, srtp_crypto_policy_t& rtcp) {
  switch (suite) {
    case SrtpSuite::kAesCm128HmacSha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&rtcp);
      break;
    case SrtpSuite::kAesCm128HmacSha1_32:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&rtp);
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&rtcp);
      break;
    case SrtpSuite::kAes256CmHmacSha1_80:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&rtcp);
      break;
    case SrtpSuite::kAes256CmHmacSha1_32:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&rtp);
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&rtcp);
      break;
    case SrtpSuite::kAeadAes128Gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&rtp);
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&rtcp);
      break;
    case SrtpSuite::kAeadAes256Gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&rtp);
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&rtcp);
      break;
    case SrtpSuite::kNullHmacSha1_80:
      srtp_crypto_policy_set_null_cipher_hmac_sha1_80(&rtp);
      srtp_crypto_policy_set_null_cipher_hmac_sha1_80(&rtcp);
      break;
  }
}

}  // namespace

bool LibsrtpSession::add_stream(std::uint32_t ssrc) {
  srtp_policy_t policy;
  std::memset(&policy, 0, sizeof policy);
  set_suite(params->suite, policy.rtp, policy.rtcp);
  std::array<std::uint8_t, kMaxMasterKeyBytes + kMaxMasterSaltBytes> key{};
  std::memcpy(key.data(), params->master_key.bytes().data(), params->master_key.size());
  std::memcpy(key.data() + params->master_key.size(), params->master_salt.bytes().data(),
              params->master_salt.size());
  std::array<std::uint8_t, kMaxMkiBytes> mki{};
  std::memcpy(mki.data(), params->mki.begin(), params->mki.size());
  srtp_master_key_t master{key.data(), mki.data(), static_cast<unsigned>(params->mki.size())};
  srtp_master_key_t* masters[] = {&master};
  if (params->mki.empty()) {
    policy.key = key.data();
  } else {
    policy.keys = masters;
    policy.num_master_keys = 1;
  }
  policy.ssrc.type = ssrc_specific;
  policy.ssrc.value = ssrc;
  policy.window_size = window;
  const bool added = srtp_add_stream(session, &policy) == srtp_err_status_ok;
  wipe(key.data(), key.size());
  if (added && sender) {
    // The library can't be told where to go on: the indices are passed over by using them on nothing.
    for (std::uint32_t i = 0; i < rtcp_burn; ++i) {
      std::array<std::uint8_t, 8 + SRTP_MAX_TRAILER_LEN + 4> nothing{0x80, 201, 0, 1};
      store_be32(nothing.data() + 4, ssrc);
      int length = 8;
      srtp_protect_rtcp_mki(session, nothing.data(), &length, params->mki.empty() ? 0 : 1, 0);
    }
  }
  return added;
}

// A stream of the library for the SSRC whose first packet has this rollover counter.
bool LibsrtpEngine::begin_stream(LibsrtpSession& session, std::uint32_t ssrc, std::uint32_t roc,
                                 bool& added) {
  added = !knows(session, ssrc);  // SRTCP may have come before
  if (added && !session.add_stream(ssrc)) {
    return false;
  }
  return srtp_set_stream_roc(session.session, ssrc, roc) == srtp_err_status_ok;
}

ContextId LibsrtpEngine::set_former(ContextId receiver, ContextId former) {
  Context& now = context(receiver);
  const ContextId before = now.former;
  now.former = former;
  return before;
}

void LibsrtpEngine::protect_rtp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    Context& context = this->context(job.context);
    LibsrtpSession& session = session_of(context);
    SendPlace place;
    if (!take_place(context, job, place)) {
      continue;
    }
    bool added = false;
    // SRTCP may have made the SSRC known to the library, but not where it stands.
    if (place.new_stream || place.stream->started == kResumed) {
      if (!begin_stream(session, place.ssrc, srtp::roc_of(place.index), added)) {
        job.status = SrtpStatus::kStreamsFull;
        continue;
      }
      place.stream->started = kStarted;
    }
    int length = job.length;
    const srtp_err_status_t status =
        srtp_protect_mki(session.session, job.bytes, &length, has_mki(context), 0);
    job.status = status == srtp_err_status_ok ? SrtpStatus::kOk : SrtpStatus::kReplayed;
    job.length = static_cast<std::uint16_t>(length);
  }
}

void LibsrtpEngine::protect_rtcp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    Context& context = this->context(job.context);
    LibsrtpSession& session = session_of(context);
    if (job.length < srtp::kRtcpHeaderLength) {
      job.status = SrtpStatus::kMalformed;
      continue;
    }
    const std::uint32_t ssrc = load_be32(job.bytes + 4);
    if (!knows(session, ssrc)) {
      if (context.rtcp_stream_count >= context.cold().capacity || !session.add_stream(ssrc)) {
        job.status = SrtpStatus::kStreamsFull;
        continue;
      }
      context.rtcp_stream_count = static_cast<std::uint16_t>(context.rtcp_stream_count + 1);
    }
    if (!spend_rtcp(context, job)) {
      continue;
    }
    int length = job.length;
    const srtp_err_status_t status =
        srtp_protect_rtcp_mki(session.session, job.bytes, &length, has_mki(context), 0);
    if (status != srtp_err_status_ok) {
      refuse_expired(context, job, kOfRtcp);
      continue;
    }
    context.cold().rtcp_index = context.cold().rtcp_index + 1;
    job.status = SrtpStatus::kOk;
    job.length = static_cast<std::uint16_t>(length);
  }
}

void LibsrtpEngine::unprotect_rtp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    Opening(*this, job).by_any();
  }
}

bool LibsrtpEngine::open(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index,
                         bool new_stream) {
  LibsrtpSession& session = session_of(context);
  bool added = false;
  Stream* const stream = new_stream ? nullptr : find_stream(context, ssrc);
  const bool begins = stream == nullptr || stream->started == kResumed;
  if (job.length > copy_.size() || (begins && !begin_stream(session, ssrc, srtp::roc_of(index), added))) {
    return false;
  }
  std::memcpy(copy_.data(), job.bytes, job.length);
  int length = job.length;
  if (srtp_unprotect_mki(session.session, job.bytes, &length, has_mki(context)) == srtp_err_status_ok) {
    if (stream != nullptr) {
      stream->started = kStarted;
    }
    return true;
  }
  std::memcpy(job.bytes, copy_.data(), job.length);
  if (added) {
    remove_stream(session, ssrc);
  }
  return false;
}

void LibsrtpEngine::unprotect_rtcp(std::span<SrtpJob> jobs) {
  for (SrtpJob& job : jobs) {
    Context& current = context(job.context);
    const ContextId former = current.former;
    open_rtcp_by_any(current, former != 0 ? &context(former) : nullptr, job,
                     [&](Context& one) { return open_rtcp(one, job); });
  }
}

bool LibsrtpEngine::open_rtcp(Context& context, SrtpJob& job) {
  RtcpPlace place;
  if (!find_rtcp_place(context, job, place)) {
    return false;
  }
  LibsrtpSession& session = session_of(context);
  const bool added = !knows(session, place.ssrc);
  if (job.length > copy_.size() || (added && !session.add_stream(place.ssrc))) {
    job.status = SrtpStatus::kAuthenticationFailed;
    return false;
  }
  std::memcpy(copy_.data(), job.bytes, job.length);
  // libsrtp 2.5 looks for SRTCP's MKI by the length of SRTP's tag, which the _32 suites have shorter. It has
  // been checked already: taken out, the packet is one without.
  const std::size_t mki = mki_offset(context, job.length, context.cold().rtcp_tag);
  std::memmove(job.bytes + mki, job.bytes + mki + context.mki_length,
               std::size_t{job.length} - mki - context.mki_length);
  int length = job.length - context.mki_length;
  if (srtp_unprotect_rtcp_mki(session.session, job.bytes, &length, 0) != srtp_err_status_ok) {
    std::memcpy(job.bytes, copy_.data(), job.length);
    if (added) {
      remove_stream(session, place.ssrc);
    }
    job.status = SrtpStatus::kAuthenticationFailed;
    return false;
  }
  return rtcp_opened(context, job, place, static_cast<std::size_t>(length) - srtp::kRtcpHeaderLength);
}

}  // namespace pollux::crypto
