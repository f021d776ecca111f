#include "dataplane/stages/repacketize.hpp"

#include <rte_prefetch.h>
#include <rte_ring_elem.h>

#include <cstring>

#include "dataplane/stages/rtp_send.hpp"
#include "dataplane/stages/transcode.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kRtpHeader = rtp::kFixedHeaderLength;
constexpr unsigned kAhead = 4;  // packets whose paths are on their way to the cache

// Writes the fields of an outgoing header at `rtp`.
void write_fields(std::uint8_t* rtp, const media::OutHeader& header, std::uint32_t ssrc) {
  rtp::set_payload_type(rtp, header.payload_type);
  rtp::set_marker(rtp, header.marker);
  rtp::set_sequence(rtp, header.sequence);
  rtp::set_timestamp(rtp, header.timestamp);
  rtp::set_ssrc(rtp, ssrc);
}

DropReason reason_of(media::Fate fate) {
  switch (fate) {
    case media::Fate::kLate:
      return DropReason::media_late;
    case media::Fate::kTooFast:
      return DropReason::media_too_fast;
    case media::Fate::kMalformed:
      return DropReason::media_malformed;
    default:
      return DropReason::payload_type_unmapped;
  }
}

// The leg's own counters are its session's worker's to write.
void discard(Context& context, session::MediaRoute& route, const media::Step& step) {
  auto* const mbuf = static_cast<rte_mbuf*>(step.token);
  if (step.fate == media::Fate::kUsed) {
    rte_pktmbuf_free(mbuf);
  } else if (route.worker == context.worker) {
    blame(context, *route.source, reason_of(step.fate));
    rte_pktmbuf_free(mbuf);
  } else {
    mbuf->packet_type = kRefused | static_cast<std::uint32_t>(reason_of(step.fate));
    return_from_media(context, {mbuf, &route});
  }
}

void send_spare(Context& context, session::MediaRoute& route, const media::Step& step) {
  rte_mbuf* const mbuf = std::exchange(context.media.spare, nullptr);
  if (mbuf == nullptr) {
    context.counters.drop(DropReason::no_mbuf).add(1);
    return;
  }
  auto* const rtp = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  rtp[0] = 0x80;
  rtp[1] = 0;
  write_fields(rtp, step.header, route.ssrc);
  mbuf->data_len = static_cast<std::uint16_t>(kRtpHeader + step.length);
  mbuf->pkt_len = mbuf->data_len;
  deliver(context, route, mbuf);
}

// Where a packet may be written when buffers have run out: the path has to go on, and it is counted.
thread_local constinit std::array<std::uint8_t, media::Path::kRoom> nowhere;

std::span<std::uint8_t> spare_room(Context& context) {
  if (context.media.spare == nullptr) {
    context.media.spare = rte_pktmbuf_alloc(context.mempool);
    if (context.media.spare == nullptr) [[unlikely]] {
      return nowhere;
    }
  }
  return {rte_pktmbuf_mtod(context.media.spare, std::uint8_t*) + kRtpHeader, media::Path::kRoom};
}

// Those whose path is being closed wait for what will take its place.
void hold(Context& context, session::MediaRoute& route, rte_mbuf* mbuf) {
  if (route.held_count == session::MediaRoute::kMostHeld) {
    blame(context, *route.source, DropReason::media_overloaded);
    rte_pktmbuf_free(mbuf);
    return;
  }
  route.held[route.held_count++] = mbuf;
}

void gather(Context& context, const MediaPacket& packet, session::MediaRoute& route, std::uint32_t kind) {
  MediaStages& media = context.media;
  if (media.work_count == MediaStages::kMostWork) {
    forward_media(context);
  }
  rte_mbuf* const mbuf = packet.mbuf;
  mbuf->data_off = static_cast<std::uint16_t>(packet.payload - static_cast<std::uint8_t*>(mbuf->buf_addr));
  mbuf->data_len = packet.payload_length;
  mbuf->pkt_len = packet.payload_length;
  mbuf->packet_type = kind;
  media.work[media.work_count++] = {mbuf, &route};
  rte_prefetch0(&route.path);
  rte_prefetch0(&route.closing_for);
}

}  // namespace

void gather_media(Context& context, const MediaPacket& packet, session::MediaRoute& route) {
  constexpr std::uint8_t kBoth = session::kTxRemote | session::kTxForward;
  if (const std::uint8_t flags = route.sink->tx_flags; (flags & kBoth) != kBoth) [[unlikely]] {
    // Nobody hears it: no work for a codec.
    drop(context, *route.source, packet.mbuf,
         (flags & session::kTxForward) == 0 ? DropReason::direction : DropReason::no_remote);
    return;
  }
  gather(context, packet, route, kUnframed);
}

void gather_taken_out(Context& context, const MediaPacket& packet, session::MediaRoute& route) {
  gather(context, packet, route, kTakenOut);
}

void run_media(Context& context, session::MediaRoute& route, rte_mbuf* mbuf) {
  auto* const bytes = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  rtp::RtpHeader header;
  if (!rtp::parse_rtp(bytes, mbuf->data_len, header)) [[unlikely]] {
    drop(context, mbuf, DropReason::rtp_malformed);
    return;
  }
  media::Input input;
  input.token = mbuf;
  input.payload = bytes + header.header_length;
  input.payload_length = header.payload_length;
  input.sequence = header.sequence;
  input.timestamp = header.timestamp;
  input.ssrc = header.ssrc;
  input.payload_type = mbuf->packet_type == kTakenOut ? media::kTakenOut : header.payload_type;
  input.marker = header.marker;
  media::OutHeader out;
  switch (route.path->pass(input, context.now_us, out)) {
    case media::Path::Passed::kForwarded:
      write_fields(bytes, out, route.ssrc);
      deliver(context, route, mbuf);
      return;
    case media::Path::Passed::kQueued:
      rte_pktmbuf_free(mbuf);
      break;
    case media::Path::Passed::kNo:
      route.path->push(input, context.now_us);
      break;
  }
  run_path(context, route);
}

void forward_media(Context& context) {
  MediaStages& media = context.media;
  if (media.work_count == 0) {
    return;
  }
  std::uint16_t in_line = 0;
  for (std::uint16_t i = 0; i < media.work_count; ++i) {
    in_line = static_cast<std::uint16_t>(in_line + (media.work[i].route->in_line ? 1 : 0));
  }
  if (in_line != 0) {
    const StageTimer timer(context, Stage::repacketize, in_line);
    for (std::uint16_t i = 0; i < media.work_count; ++i) {
      MediaWork& work = media.work[i];
      if (i + kAhead < media.work_count) {
        media.work[i + kAhead].route->path->prefetch();
      }
      if (work.route->in_line && work.route->closing_for == nullptr) {
        const std::uint64_t start = context.sample_cycles ? rte_rdtsc() : 0;
        run_media(context, *work.route, work.mbuf);
        if (start != 0) [[unlikely]] {
          work.route->busy_cycles.add(kSampleEvery * (rte_rdtsc() - start));
        }
      }
    }
  }
  std::uint16_t handed = 0;
  for (std::uint16_t i = 0; i < media.work_count; ++i) {
    const MediaWork work = media.work[i];
    if (work.route->closing_for != nullptr) {
      hold(context, *work.route, work.mbuf);
    } else if (!work.route->in_line) {
      media.work[handed++] = work;
    }
  }
  hand_to_media(context, {media.work.data(), handed});
  media.work_count = 0;
  send_made(context);
}

void run_path(Context& context, session::MediaRoute& route) {
  media::Step step;
  while (route.path->next(context.now_us, spare_room(context), step)) {
    switch (step.kind) {
      case media::Step::Kind::kSend:
        send_spare(context, route, step);
        break;
      case media::Step::Kind::kForward: {
        auto* const mbuf = static_cast<rte_mbuf*>(step.token);
        write_fields(rte_pktmbuf_mtod(mbuf, std::uint8_t*), step.header, route.ssrc);
        deliver(context, route, mbuf);
        break;
      }
      case media::Step::Kind::kDiscard:
        discard(context, route, step);
        break;
    }
  }
  // A timer that is armed for an earlier moment stays: moving it with every packet costs more than a look in
  // vain once it expires.
  const std::uint64_t due_us = route.path->due_us();
  const std::uint64_t due_ms = due_us / 1000 + 1;
  if (due_us != media::Path::kNever && (!route.timer.armed() || due_ms < route.timer.due_ms)) {
    context.wheel->arm(route.timer, due_ms);
  }
}

void deliver(Context& context, session::MediaRoute& route, rte_mbuf* mbuf) {
  if (route.worker != context.worker) {
    return_from_media(context, {mbuf, &route});
    return;
  }
  MediaBatch& made = context.media.made;
  if (made.full()) {
    rtp_send(context, made);
  }
  rte_prefetch0(route.sink->v4_header);
  rte_prefetch0(&route.sink->tx_packets);
  MediaPacket& packet = made.add();
  mbuf->packet_type = kUnframed;
  packet.mbuf = mbuf;
  packet.endpoint = route.sink;
  packet.source = route.source;
  packet.payload = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  packet.payload_length = mbuf->data_len;
  packet.checksum_unknown = true;
  packet.opaque = false;
  packet.clock = route.clock;
  rtp::parse_rtp(packet.payload, packet.payload_length, packet.header);
  packet.payload_type = packet.header.payload_type;
}

void send_made(Context& context) {
  rtp_send(context, context.media.made);
}

}  // namespace pollux::stages
