// What both backends do alike around the cryptography of an SRTCP packet that came (RFC 3711 §3.4, RFC 7714
// §9).
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/crypto/context.hpp"
#include "dataplane/srtp/packet_layout.hpp"

namespace pollux::crypto {

struct RtcpPlace {
  std::uint16_t index_offset = 0;  // of E flag and index; GCM's tag lies before it, HMAC's behind it
  std::uint32_t index = 0;
  std::uint32_t ssrc = 0;
  Stream* stream = nullptr;  // nullptr: a new SSRC
};

// Length, MKI, E flag and replay list. False: job.status says why not; nothing has changed.
inline bool find_rtcp_place(Context& context, SrtpJob& job, RtcpPlace& place) {
  ContextCold& cold = context.cold();
  const std::size_t trailer = srtp::kRtcpIndexLength + context.mki_length + std::size_t{cold.rtcp_tag};
  const auto refuse = [&job](SrtpStatus status) {
    job.status = status;
    return false;
  };
  if (job.length < srtp::kRtcpHeaderLength + trailer) {
    return refuse(SrtpStatus::kMalformed);
  }
  if (!mki_matches(context, job.bytes, job.length, cold.rtcp_tag)) {
    return refuse(SrtpStatus::kMkiUnknown);
  }
  place.index_offset =
      static_cast<std::uint16_t>(mki_offset(context, job.length, cold.rtcp_tag) - srtp::kRtcpIndexLength);
  const std::uint32_t word = load_be32(job.bytes + place.index_offset);
  const bool encrypted = (word & srtp::kEncryptedFlag) != 0;
  if (encrypted != (facts_of(context.suite).cipher != SrtpCipher::kNull)) {
    return refuse(SrtpStatus::kMalformed);
  }
  if (cold.rtcp_left == 0) {
    return refuse(SrtpStatus::kKeyExpired);  // open_rtcp_by_any tells so
  }
  place.index = word & ~srtp::kEncryptedFlag;
  place.ssrc = load_be32(job.bytes + 4);
  place.stream = find_rtcp_stream(context, place.ssrc);
  if (place.stream == nullptr) {
    return context.rtcp_stream_count < cold.capacity || refuse(SrtpStatus::kStreamsFull);
  }
  const SrtpStatus status = check_index(context, *place.stream, place.index);
  return status == SrtpStatus::kOk || refuse(status);
}

// It was genuine: from now on its index has been seen. `length`: of what was encrypted.
inline bool rtcp_opened(Context& context, SrtpJob& job, const RtcpPlace& place, std::size_t length) {
  if (place.stream != nullptr) {
    commit(context, *place.stream, place.index);
  } else {
    start_stream(context.rtcp_stream(context.rtcp_stream_count), place.ssrc, place.index);
    context.rtcp_stream_count = static_cast<std::uint16_t>(context.rtcp_stream_count + 1);
  }
  spend_rtcp(context, job);
  job.status = SrtpStatus::kOk;
  job.length = static_cast<std::uint16_t>(srtp::kRtcpHeaderLength + length);
  return true;
}

// By the context that the job names, and by the former key's (nullptr: there is none) where that one says no.
// `open`: bool(Context&), by one context alone. A key's end is told by the context that decides only.
template <typename Open>
void open_rtcp_by_any(Context& current, Context* former, SrtpJob& job, Open open) {
  if (open(current)) {
    return;
  }
  Context* decides = &current;
  if (former != nullptr) {
    const SrtpStatus status = job.status;
    if (open(*former)) {
      return;
    }
    if (status == SrtpStatus::kMkiUnknown) {
      decides = former;
    } else {
      job.status = status;
    }
  }
  if (job.status == SrtpStatus::kKeyExpired) {
    refuse_expired(*decides, job, kOfRtcp);
  }
}

}  // namespace pollux::crypto
