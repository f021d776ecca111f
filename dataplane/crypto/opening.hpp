// Opening one SRTP packet whose place isn't clear at once: a new SSRC, or a key that is being replaced. The
// slow path of both backends, and libsrtp's only one.
#pragma once

#include <cstdint>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/static_vector.hpp"
#include "dataplane/crypto/context.hpp"

namespace pollux::crypto {

// `Cipher` has two functions:
//   Context& context(ContextId)
//   bool open(Context&, const SrtpJob&, std::uint32_t ssrc, PacketIndex, bool new_stream)
//     authenticates and, if the tag is right, decrypts one packet in place; leaves it as it was otherwise.
// No state moves before open() has said yes.
template <typename Cipher>
class Opening {
 public:
  Opening(Cipher& cipher, SrtpJob& job)
      : cipher_(cipher), job_(job), sequence_(load_be16(job.bytes + 2)), ssrc_(load_be32(job.bytes + 8)) {}

  // By the context that the job names, and by the former key's where there is one. Until the new key has
  // opened something, the party is thought to use the former one still.
  void by_any() {
    Context& current = cipher_.context(job_.context);
    const ContextId former = current.former;
    if (former == 0) {
      if (!by(current)) {
        tell_expired(current);
      }
      return;
    }
    Context& other = cipher_.context(former);
    const bool other_first = current.stream_count == 0;
    if (by(other_first ? other : current)) {
      return;
    }
    const SrtpStatus first = job_.status;
    if (by(other_first ? current : other)) {
      return;
    }
    const SrtpStatus status = other_first ? job_.status : first;
    const SrtpStatus other_status = other_first ? first : job_.status;
    const bool other_decides = status == SrtpStatus::kMkiUnknown;
    job_.status = other_decides ? other_status : status;
    tell_expired(other_decides ? other : current);
  }

  // By this context alone. True: opened. That the key has expired is for the caller to tell: another may open
  // the packet.
  bool by(Context& context) {
    if (std::size_t{job_.length} < std::size_t{job_.header_length} + context.rtp_tag + context.mki_length) {
      return refuse(SrtpStatus::kMalformed);
    }
    if (!mki_matches(context, job_.bytes, job_.length, context.rtp_tag)) {
      return refuse(SrtpStatus::kMkiUnknown);
    }
    if (is_spent(context)) {
      return refuse(SrtpStatus::kKeyExpired);
    }
    Stream* const stream = find_stream(context, ssrc_);
    return stream != nullptr ? by_known(context, *stream) : by_new(context);
  }

 private:
  bool refuse(SrtpStatus status) {
    job_.status = status;
    return false;
  }

  void tell_expired(Context& context) {
    if (job_.status == SrtpStatus::kKeyExpired) {
      refuse_expired(context, job_, kOfRtp);
    }
  }

  bool by_known(Context& context, Stream& stream) {
    const srtp::PacketIndex index = srtp::estimate_index(stream.highest, sequence_);
    if (index >= srtp::kIndexEnd) {
      return refuse(SrtpStatus::kKeyExpired);
    }
    if (const SrtpStatus status = check_index(context, stream, index); status != SrtpStatus::kOk) {
      return refuse(status);
    }
    if (!cipher_.open(context, job_, ssrc_, index, false)) {
      return refuse(SrtpStatus::kAuthenticationFailed);
    }
    commit(context, stream, index);
    return opened(context);
  }

  // The rollover counter isn't known from packets before: each that it may be is tried.
  bool by_new(Context& context) {
    if (!has_room(context)) {
      return refuse(SrtpStatus::kStreamsFull);
    }
    const Candidates list = candidates(context);  // a temporary's span would outlive it
    for (const srtp::PacketIndex index : list.span()) {
      if (cipher_.open(context, job_, ssrc_, index, true)) {
        add_stream(context, ssrc_, index);
        return opened(context);
      }
    }
    return refuse(SrtpStatus::kAuthenticationFailed);
  }

  bool opened(Context& context) {
    job_.status = SrtpStatus::kOk;
    job_.length = static_cast<std::uint16_t>(job_.length - context.rtp_tag - context.mki_length);
    spend_rtp(context, job_);
    return true;
  }

  using Candidates = StaticVector<srtp::PacketIndex, 4>;

  static void consider(Candidates& list, std::uint64_t index) {
    for (const srtp::PacketIndex known : list) {
      if (known == index) {
        return;
      }
    }
    if (index < srtp::kIndexEnd) {
      list.push_back(index);
    }
  }

  Candidates candidates(Context& context) {
    const ContextCold& cold = context.cold();
    const auto with = [this](std::uint64_t roc) { return roc << 16 | sequence_; };
    Candidates list;
    consider(list, with(cold.initial_roc));
    if (cold.has_roc) {
      // The sequence number may have wrapped since the counter was signalled, or just before (RFC 4771 §1).
      consider(list, with(std::uint64_t{cold.initial_roc} + 1));
      if (cold.initial_roc != 0) {
        consider(list, with(cold.initial_roc - 1U));
      }
    }
    if (const ContextId former = context.former; former != 0) {
      // Changing the key resets the counter in SDES, and doesn't in RFC 3711 §3.3.1: parties do either.
      if (const Stream* const stream = find_stream(cipher_.context(former), ssrc_); stream != nullptr) {
        consider(list, srtp::estimate_index(stream->highest, sequence_));
      }
    }
    return list;
  }

  Cipher& cipher_;
  SrtpJob& job_;
  const std::uint16_t sequence_;
  const std::uint32_t ssrc_;
};

// A packet from shortly before the stream's first one, of a cycle that there is not: sent, it would count as
// a jump ahead by nearly a cycle, and take the rollover counter with it.
inline bool is_before_start(std::uint64_t highest, std::uint16_t sequence) {
  constexpr std::uint64_t kMostMisorder = 1000;
  return highest < kMostMisorder && sequence > 0x10000 - kMostMisorder + highest;
}

// Where a packet to be sent stands: finds or begins its stream and uses up its index and a packet of the
// key's lifetime. False: job.status says why not. Of a new stream the index begins with the initial rollover
// counter.
struct SendPlace {
  Stream* stream = nullptr;
  srtp::PacketIndex index = 0;
  std::uint32_t ssrc = 0;
  bool new_stream = false;
};
inline bool take_place(Context& context, SrtpJob& job, SendPlace& place) {
  const std::uint16_t sequence = load_be16(job.bytes + 2);
  place.ssrc = load_be32(job.bytes + 8);
  place.stream = find_stream(context, place.ssrc);
  place.new_stream = place.stream == nullptr;
  if (!place.new_stream) [[likely]] {
    place.index = srtp::estimate_index(place.stream->highest, sequence);
  } else {
    place.index = std::uint64_t{context.cold().initial_roc} << 16 | sequence;
    if (!has_room(context)) {
      job.status = SrtpStatus::kStreamsFull;
      return false;
    }
  }
  if (place.index >= srtp::kIndexEnd) {
    refuse_expired(context, job, kOfRtp);
    return false;
  }
  if (!place.new_stream) [[likely]] {
    const SrtpStatus status = is_before_start(place.stream->highest, sequence)
                                  ? SrtpStatus::kTooOld
                                  : check_index(context, *place.stream, place.index);
    if (status != SrtpStatus::kOk) [[unlikely]] {
      job.status = status;
      return false;
    }
  }
  if (!spend_rtp(context, job)) {
    return false;
  }
  if (place.new_stream) {
    place.stream = &add_stream(context, place.ssrc, place.index);
  } else {
    commit(context, *place.stream, place.index);
  }
  job.status = SrtpStatus::kOk;
  return true;
}

}  // namespace pollux::crypto
