#include "dataplane/stages/srtp_unprotect.hpp"

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/srtp/packet_layout.hpp"
#include "dataplane/stages/source.hpp"
#include "dataplane/stages/srtp_key.hpp"

namespace pollux::stages {

namespace {

bool needs_opening(const MediaPacket& packet) {
  return (packet.endpoint->rx_flags & session::kRxSrtp) != 0;
}

bool any_to_open(const MediaBatch& batch) {
  for (std::uint16_t i = 0; i < batch.count; ++i) {
    if (needs_opening(batch.packets[i])) {
      return true;
    }
  }
  return false;
}

// False: the packet has been dropped.
bool gather(Context& context, MediaPacket& packet, bool rtcp, std::uint16_t& count) {
  session::Endpoint& endpoint = *packet.endpoint;
  if (endpoint.protection == session::Protection::kPassthrough) {
    packet.opaque = true;
    return true;
  }
  if (endpoint.srtp_in == 0) {
    drop(context, endpoint, packet.mbuf, DropReason::srtp_no_key);
    return false;
  }
  if (!may_open(context, packet)) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::rate_exceeded);
    return false;
  }
  crypto::SrtpJob& job = context.srtp_scratch.jobs[count];
  job = {};
  job.bytes = packet.payload;
  job.length = packet.payload_length;
  job.context = endpoint.srtp_in;
  if (!rtcp) {
    job.header_length =
        static_cast<std::uint16_t>(srtp::rtp_header_length(packet.payload, packet.payload_length));
    if (job.header_length == 0) {
      drop(context, endpoint, packet.mbuf, DropReason::rtp_malformed);
      return false;
    }
  }
  const bool captured = (endpoint.rx_flags & session::kRxCapture) != 0 && !captures_decrypted(endpoint);
  context.srtp_scratch.copies[count] = captured ? capture_ahead(context, endpoint, *packet.mbuf) : nullptr;
  ++count;
  return true;
}

// A capture that looks inside gets a frame whose headers fit what is in it. The UDP check sum, which nobody
// reads any more, stays that of the bytes that came.
void shorten_frame(const MediaPacket& packet) {
  auto* const ip = rte_pktmbuf_mtod_offset(packet.mbuf, std::uint8_t*, packet.ip_offset);
  const auto udp_length = static_cast<std::uint16_t>(packet.payload_length + 8);
  store_be16(packet.payload - 4, udp_length);
  if (packet.v6) {
    store_be16(ip + 4, udp_length);
  } else {
    store_be16(ip + 2, static_cast<std::uint16_t>(udp_length + 20));
    std::memset(ip + 10, 0, 2);
    const std::uint16_t sum = checksum_finish(checksum_add(0, ip, 20));
    std::memcpy(ip + 10, &sum, 2);
  }
  packet.mbuf->data_len = static_cast<std::uint16_t>(packet.payload + packet.payload_length -
                                                     rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*));
  packet.mbuf->pkt_len = packet.mbuf->data_len;
}

// False: the packet has been dropped.
bool settle(Context& context, MediaPacket& packet, const crypto::SrtpJob& job, rte_mbuf* copy) {
  session::Endpoint& endpoint = *packet.endpoint;
  tell_key_life(context, endpoint, job.note, false);
  if (job.status == crypto::SrtpStatus::kOk) [[likely]] {
    packet.payload_length = job.length;
    packet.checksum_unknown = true;  // UDP's was about the bytes that came; the tag says more
    if (copy != nullptr) [[unlikely]] {
      captured_as(context, copy, CapturePoint::kReceived);
    } else if ((endpoint.rx_flags & session::kRxCapture) != 0 && captures_decrypted(endpoint)) [[unlikely]] {
      shorten_frame(packet);
    }
    return true;
  }
  const DropReason reason = drop_reason_of(job.status);
  if (copy != nullptr) {
    captured_as(context, copy, CapturePoint::kDropped, reason);
    blame(context, endpoint, reason);
    rte_pktmbuf_free(packet.mbuf);
  } else {
    drop(context, endpoint, packet.mbuf, reason);
  }
  return false;
}

void open(Context& context, MediaBatch& batch, bool rtcp) {
  if (!any_to_open(batch)) [[likely]] {
    return;
  }
  const StageTimer timer(context, Stage::srtp_unprotect, batch.count);
  SrtpScratch& scratch = context.srtp_scratch;
  std::uint16_t count = 0;
  std::uint16_t kept = 0;
  std::array<bool, kBatch> opening;
  for (std::uint16_t i = 0; i < batch.count; ++i) {
    MediaPacket& packet = batch.packets[i];
    const std::uint16_t before = count;
    if (needs_opening(packet) && !gather(context, packet, rtcp, count)) {
      continue;
    }
    opening[kept] = count != before;
    if (kept != i) {
      batch.packets[kept] = packet;
    }
    ++kept;
  }
  const std::span<crypto::SrtpJob> jobs(scratch.jobs.data(), count);
  if (rtcp) {
    context.srtp->unprotect_rtcp(jobs);
  } else {
    context.srtp->unprotect_rtp(jobs);
  }
  batch.count = 0;
  for (std::uint16_t i = 0, job = 0; i < kept; ++i) {
    MediaPacket& packet = batch.packets[i];
    if (opening[i]) {
      const std::uint16_t number = job++;
      if (!settle(context, packet, scratch.jobs[number], scratch.copies[number])) {
        continue;
      }
    }
    if (batch.count != i) {
      batch.packets[batch.count] = packet;
    }
    ++batch.count;
  }
}

}  // namespace

void srtp_unprotect(Context& context, MediaBatch& rtp) {
  open(context, rtp, false);
}

void srtp_unprotect_rtcp(Context& context, MediaBatch& rtcp) {
  open(context, rtcp, true);
}

}  // namespace pollux::stages
