#include "dataplane/stages/srtp_protect.hpp"

#include "dataplane/stages/egress.hpp"
#include "dataplane/stages/srtp_key.hpp"

namespace pollux::stages {

namespace {

constexpr std::size_t kMostOverhead = kMaxMkiBytes + 16 + 4;  // MKI, tag, SRTCP index
constexpr UdpChecksum kFresh{UdpChecksum::Kind::kScratch, 0};

bool has_tailroom(const rte_mbuf& mbuf, const std::uint8_t* payload, std::uint16_t length) {
  const auto* const end = static_cast<const std::uint8_t*>(mbuf.buf_addr) + mbuf.buf_len;
  return static_cast<std::size_t>(end - payload) >= length + kMostOverhead;
}

// What a capture that may look inside gets to see: the frame that would have gone without SRTP.
void capture_plain(Context& context, session::Endpoint& endpoint, const rte_mbuf& mbuf,
                   const std::uint8_t* payload, std::uint16_t length) {
  rte_mbuf* const twin = rte_pktmbuf_copy(&mbuf, context.mempool, 0, UINT32_MAX);
  if (twin == nullptr) {
    context.counters.capture_lost.add(1);
    return;
  }
  auto* const twin_payload =
      rte_pktmbuf_mtod(twin, std::uint8_t*) + (payload - rte_pktmbuf_mtod(&mbuf, const std::uint8_t*));
  if (put_headers(endpoint, *twin, twin_payload, length, kFresh)) {
    capture_frame(context, endpoint, *twin, CapturePoint::kSent);
  }
  rte_pktmbuf_free(twin);
}

// False: the packet has been dropped. Else `job` is ready.
bool prepare(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
             std::uint8_t* payload, std::uint16_t length, crypto::SrtpJob& job) {
  if (endpoint.srtp_out == 0) {
    drop(context, blame, mbuf, DropReason::srtp_no_key);
    return false;
  }
  if (!has_tailroom(*mbuf, payload, length)) {
    drop(context, blame, mbuf, DropReason::exceeds_mtu);
    return false;
  }
  if ((endpoint.tx_flags & session::kTxCapture) != 0 && captures_decrypted(endpoint)) [[unlikely]] {
    capture_plain(context, endpoint, *mbuf, payload, length);
  }
  job = {};
  job.bytes = payload;
  job.length = length;
  job.context = endpoint.srtp_out;
  return true;
}

void finish(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
            std::uint16_t length, const crypto::SrtpJob& job) {
  tell_key_life(context, endpoint, job.note, true);
  if (job.status != crypto::SrtpStatus::kOk) [[unlikely]] {
    drop(context, blame, mbuf, send_drop_reason_of(job.status));
    return;
  }
  emit(context, endpoint, blame, mbuf, job.bytes, job.length, kFresh,
       static_cast<std::uint16_t>(job.length - length));
}

void protect_and_emit(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
                      std::uint8_t* payload, std::uint16_t length) {
  if ((endpoint.tx_flags & session::kTxSrtp) == 0) {
    emit(context, endpoint, blame, mbuf, payload, length, kFresh);
    return;
  }
  crypto::SrtpJob job;
  if (!prepare(context, endpoint, blame, mbuf, payload, length, job)) {
    return;
  }
  context.srtp->protect_rtcp({&job, 1});
  finish(context, endpoint, blame, mbuf, length, job);
}

}  // namespace

void srtp_protect(Context& context, MediaBatch& batch) {
  if (batch.count == 0) {
    return;
  }
  const StageTimer timer(context, Stage::srtp_protect, batch.count);
  auto& jobs = context.srtp_scratch.jobs;
  std::uint16_t count = 0;
  for (std::uint16_t i = 0; i < batch.count; ++i) {
    MediaPacket& packet = batch.packets[i];
    crypto::SrtpJob& job = jobs[count];
    if (!prepare(context, *packet.endpoint, *packet.source, packet.mbuf, packet.payload,
                 packet.payload_length, job)) {
      continue;
    }
    job.header_length = packet.header.header_length;
    if (count != i) {
      batch.packets[count] = packet;
    }
    ++count;
  }
  context.srtp->protect_rtp({jobs.data(), count});
  for (std::uint16_t i = 0; i < count; ++i) {
    const MediaPacket& packet = batch.packets[i];
    finish(context, *packet.endpoint, *packet.source, packet.mbuf, packet.payload_length, jobs[i]);
  }
  batch.count = 0;
}

void send_rtcp(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
               std::uint8_t* payload, std::uint16_t length) {
  const std::uint64_t packets = endpoint.tx_packets.get();
  const std::uint64_t bytes = endpoint.tx_bytes.get();
  protect_and_emit(context, endpoint, blame, mbuf, payload, length);
  session::Leg& leg = *endpoint.leg;
  if (leg.rtp == leg.rtcp) {
    leg.report.muxed_packets += endpoint.tx_packets.get() - packets;
    leg.report.muxed_bytes += endpoint.tx_bytes.get() - bytes;
  }
}

}  // namespace pollux::stages
