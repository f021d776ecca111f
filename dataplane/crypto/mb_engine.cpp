#include "dataplane/crypto/mb_engine.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/secret.hpp"

namespace pollux::crypto {

namespace {

constexpr std::uint64_t kHmacTag = 12;  // bytes that the library can give; 10 or 4 of them are used
constexpr std::size_t kRocLength = 4;

}  // namespace

MbEngine::MbEngine(const MbChoice& choice, std::byte* contexts)
    : managers_(choice), round_(choice.round), contexts_(contexts) {
  for (std::size_t i = 0; i < kMbBatch; ++i) {
    IMB_JOB& hash = hash_jobs_[i];
    hash.hash_alg = IMB_AUTH_HMAC_SHA_1;
    hash.auth_tag_output = tags_.data() + i * kTagRoom;
    hash.auth_tag_output_len_in_bytes = kHmacTag;
    for (std::size_t kind = 0; kind < 2; ++kind) {
      IMB_JOB& cipher = cipher_jobs_[kind][i];
      cipher.cipher_mode = IMB_CIPHER_CNTR;
      cipher.cipher_direction = IMB_DIR_ENCRYPT;
      cipher.key_len_in_bytes = kind == 0 ? 16 : 32;
      cipher.iv = counters_[kind * kMbBatch + i].data();
      cipher.iv_len_in_bytes = 16;
    }
  }
  lone_hash_ = hash_jobs_[0];
  lone_hash_.auth_tag_output = lone_tag_.data();
  lone_cipher_ = cipher_jobs_[0][0];
  lone_cipher_.iv = lone_counter_.data();
}

ContextId MbEngine::set_former(ContextId receiver, ContextId former) {
  Context& now = context(receiver);
  const ContextId before = now.former;
  now.former = former;
  return before;
}

// Pre, of both: `length` bytes, and as many jobs as are free. An empty payload needs no cipher, which takes
// none.
void MbEngine::add_hash(const MbKeys& keys, const std::uint8_t* bytes, std::size_t length) {
  IMB_JOB& job = hash_jobs_[hashes_++];
  job.src = bytes;
  job.msg_len_to_hash_in_bytes = length;
  job.u.HMAC._hashed_auth_key_xor_ipad = keys.inner_hash;
  job.u.HMAC._hashed_auth_key_xor_opad = keys.outer_hash;
}

void MbEngine::add_cipher(Context& context, const MbKeys& keys, std::uint8_t* bytes, std::size_t length,
                          std::uint32_t ssrc, std::uint64_t index) {
  if (length == 0 || is_null(context)) [[unlikely]] {
    return;
  }
  const std::size_t kind = is_long_key(context) ? 1 : 0;
  const std::size_t number = ciphers_[kind]++;
  srtp::counter_mode_iv(keys.salt, ssrc, index, counters_[kind * kMbBatch + number].data());
  IMB_JOB& job = cipher_jobs_[kind][number];
  job.src = job.dst = bytes;
  job.msg_len_to_cipher_in_bytes = length;
  job.enc_keys = job.dec_keys = const_cast<MbKeys&>(keys).cipher();
}

void MbEngine::run_hashes() {
  if (hashes_ != 0) {
    IMB_SUBMIT_HASH_BURST_NOCHECK(managers_.hash(hashes_), hash_jobs_.data(),
                                  static_cast<std::uint32_t>(hashes_), IMB_AUTH_HMAC_SHA_1);
    hashes_ = 0;
  }
}

void MbEngine::run_ciphers() {
  for (std::size_t kind = 0; kind < 2; ++kind) {
    if (const std::size_t count = ciphers_[kind]; count != 0) {
      IMB_SUBMIT_CIPHER_BURST_NOCHECK(managers_.cipher(count), cipher_jobs_[kind].data(),
                                      static_cast<std::uint32_t>(count), IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                      kind == 0 ? IMB_KEY_128_BYTES : IMB_KEY_256_BYTES);
      ciphers_[kind] = 0;
    }
  }
}

// Keys, by the suite that the first line tells.
void MbEngine::prefetch_keys(Round jobs) {
  for (const SrtpJob& job : jobs) {
    Context& context = this->context(job.context);
    const std::byte* const keys = context.at(context.keys_at);
    const unsigned lines = key_lines(context);
    for (unsigned line = 0; line < lines; ++line) {
      __builtin_prefetch(keys + std::size_t{line} * 64, 0);
    }
  }
}

// While a round is worked on, the keys of the next one are loaded: all of a batch's at once would not fit
// into the first cache beside its packets. First lines, which are written too, are few enough.
template <typename Work>
void MbEngine::in_rounds(std::span<SrtpJob> jobs, Work work) {
  for (const SrtpJob& job : jobs) {
    __builtin_prefetch(&context(job.context), 1);
  }
  Round round = jobs.first(std::min(round_, jobs.size()));
  prefetch_keys(round);
  while (!round.empty()) {
    jobs = jobs.subspan(round.size());
    const Round next = jobs.first(std::min(round_, jobs.size()));
    prefetch_keys(next);
    work(round);
    round = next;
  }
}

// -- sending

void MbEngine::protect_rtp(std::span<SrtpJob> jobs) {
  in_rounds(jobs, [this](Round round) { protect_round(round); });
}

void MbEngine::protect_round(Round jobs) {
  std::size_t count = 0;
  for (SrtpJob& job : jobs) {
    Context& context = this->context(job.context);
    SendPlace place;
    if (!take_place(context, job, place)) [[unlikely]] {
      continue;
    }
    if (is_gcm(context)) {
      seal_gcm(context, job, place);
      continue;
    }
    const MbKeys& keys = rtp_keys(context);
    add_cipher(context, keys, job.bytes + job.header_length, std::size_t{job.length} - job.header_length,
               place.ssrc, place.index);
    Pending& pending = pending_[count++];
    pending.job = &job;
    pending.context = &context;
    pending.index = place.index;
  }
  run_ciphers();
  for (std::size_t i = 0; i < count; ++i) {
    SrtpJob& job = *pending_[i].job;
    // RFC 3711 §4.2: what is authenticated ends with the ROC; MKI and tag then take its place.
    store_be32(job.bytes + job.length, srtp::roc_of(pending_[i].index));
    add_hash(rtp_keys(*pending_[i].context), job.bytes, job.length + kRocLength);
  }
  run_hashes();
  for (std::size_t i = 0; i < count; ++i) {
    SrtpJob& job = *pending_[i].job;
    Context& context = *pending_[i].context;
    std::uint8_t* end = job.bytes + job.length;
    if (context.mki_length != 0) [[unlikely]] {
      std::memcpy(end, context.cold().mki.data(), context.mki_length);
      end += context.mki_length;
    }
    std::memcpy(end, tag(i), context.rtp_tag);
    job.length = static_cast<std::uint16_t>(job.length + context.mki_length + context.rtp_tag);
  }
}

// -- receiving

void MbEngine::unprotect_rtp(std::span<SrtpJob> jobs) {
  in_rounds(jobs, [this](Round round) { unprotect_round(round); });
}

// The usual packet of a known SSRC: everything up to its hash. False: it has been decided about.
bool MbEngine::prepare(SrtpJob& job, Pending& pending) {
  Context& context = this->context(job.context);
  const std::size_t trailer = std::size_t{context.rtp_tag} + context.mki_length;
  Stream* stream = nullptr;
  if (job.length >= job.header_length + trailer &&
      mki_matches(context, job.bytes, job.length, context.rtp_tag)) [[likely]] {
    stream = find_stream(context, load_be32(job.bytes + 8));
  }
  if (stream == nullptr || is_spent(context) || is_gcm(context)) [[unlikely]] {
    Opening(*this, job).by_any();  // a packet at a time; so goes all of GCM
    return false;
  }
  pending.index = srtp::estimate_index(stream->highest, load_be16(job.bytes + 2));
  if (pending.index >= srtp::kIndexEnd) [[unlikely]] {
    Opening(*this, job).by_any();  // the former key's, or nobody's
    return false;
  }
  if (const SrtpStatus status = check_index(context, *stream, pending.index); status != SrtpStatus::kOk)
      [[unlikely]] {
    job.status = status;
    if (context.former != 0) {
      Opening(*this, job).by_any();
    }
    return false;
  }
  pending.job = &job;
  pending.context = &context;
  pending.stream = stream;
  pending.end = static_cast<std::uint16_t>(job.length - trailer);
  std::uint8_t* const end = job.bytes + pending.end;
  std::memcpy(pending.saved, end, kRocLength);
  store_be32(end, srtp::roc_of(pending.index));
  add_hash(rtp_keys(context), job.bytes, pending.end + kRocLength);
  return true;
}

// The hash is there: right or wrong, and only a right one changes anything.
void MbEngine::settle(Pending& pending, const std::uint8_t* computed) {
  SrtpJob& job = *pending.job;
  Context& context = *pending.context;
  std::memcpy(job.bytes + pending.end, pending.saved, kRocLength);
  if (!equal_in_constant_time(job.bytes + job.length - context.rtp_tag, computed, context.rtp_tag))
      [[unlikely]] {
    job.status = SrtpStatus::kAuthenticationFailed;
    if (const ContextId former = context.former; former != 0) {
      if (!Opening(*this, job).by(this->context(former))) {
        job.status = SrtpStatus::kAuthenticationFailed;
      }
    }
    return;
  }
  job.status = commit(context, *pending.stream, pending.index);
  if (job.status == SrtpStatus::kOk && spend_rtp(context, job)) [[likely]] {
    add_cipher(context, rtp_keys(context), job.bytes + job.header_length,
               std::size_t{pending.end} - job.header_length, pending.stream->ssrc, pending.index);
    job.length = pending.end;
  }
}

void MbEngine::unprotect_round(Round jobs) {
  std::size_t count = 0;
  for (SrtpJob& job : jobs) {
    if (prepare(job, pending_[count])) {
      ++count;
    }
  }
  run_hashes();
  for (std::size_t i = 0; i < count; ++i) {
    settle(pending_[i], tag(i));
  }
  run_ciphers();
}

}  // namespace pollux::crypto
