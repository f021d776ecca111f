#include "dataplane/stages/dtmf_send.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/dtmf/redundancy.hpp"
#include "dataplane/session/clocks.hpp"
#include "dataplane/stages/egress.hpp"
#include "dataplane/stages/own_stream.hpp"
#include "dataplane/stages/srtp_protect.hpp"

namespace pollux::stages {

namespace {

using dtmf::Rendering;
using dtmf::SendStep;
using session::DtmfLeg;

constexpr std::uint16_t kRtpHeader = rtp::kFixedHeaderLength;

std::uint32_t now_ms_of(const Context& context) {
  return static_cast<std::uint32_t>(context.now_ms);
}

struct Room {
  rte_mbuf* mbuf = nullptr;
  std::uint8_t* rtp = nullptr;
};

Room make_room(Context& context) {
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(context.mempool);
  if (mbuf == nullptr) [[unlikely]] {
    context.counters.drop(DropReason::no_mbuf).add(1);
    return {};
  }
  return {mbuf, rte_pktmbuf_mtod(mbuf, std::uint8_t*)};
}

void insert(Context& context, DtmfLeg& leg, Room room, std::uint8_t payload_type, std::uint32_t timestamp,
            bool marker, std::size_t length) {
  session::Endpoint& sink = *leg.rtp;
  rtp::RewrittenHeader out;
  sink.rewriter.insert(timestamp, now_ms_of(context), out);
  room.rtp[0] = 0x80;
  room.rtp[1] = 0;
  rtp::set_payload_type(room.rtp, payload_type);
  rtp::set_marker(room.rtp, marker);
  rtp::set_sequence(room.rtp, out.sequence);
  rtp::set_timestamp(room.rtp, out.timestamp);
  rtp::set_ssrc(room.rtp, out.ssrc);
  MediaBatch& made = context.dtmf.inserted;
  if (made.full()) {
    send_inserted(context);
  }
  room.mbuf->data_len = static_cast<std::uint16_t>(kRtpHeader + length);
  room.mbuf->pkt_len = room.mbuf->data_len;
  room.mbuf->packet_type = kUnframed;
  MediaPacket& packet = made.add();
  packet.mbuf = room.mbuf;
  packet.endpoint = packet.source = &sink;
  packet.payload = room.rtp;
  packet.payload_length = room.mbuf->data_len;
  packet.checksum_unknown = true;
  packet.opaque = false;
  packet.header.header_length = kRtpHeader;
}

// What the stream is told in: of several formats the one that has its clock (RFC 4733 §2.1).
session::EventFormat format_for(const session::DtmfSettings& settings, std::uint32_t clock_rate) {
  session::EventFormat best;
  for (const session::EventFormat& format : settings.event_formats) {
    if (best.payload_type == session::kNoPayloadType || format.clock_rate == clock_rate) {
      best = format;
    }
  }
  return best;
}

// The packet's payload: the event, with the ends of those before it where that is negotiated (RFC 2198).
std::size_t write_payload(const DtmfLeg& leg, const dtmf::EventPayload& event, std::uint32_t timestamp,
                          std::uint8_t* out) {
  std::array<std::array<std::uint8_t, dtmf::kEventBytes>, DtmfLeg::kMostFormer + 1> bytes;
  dtmf::write_event(event, bytes[0]);
  if (leg.event_format.red_payload_type == session::kNoPayloadType) {
    std::memcpy(out, bytes[0].data(), dtmf::kEventBytes);
    return dtmf::kEventBytes;
  }
  const std::uint8_t type = leg.event_format.payload_type;
  StaticVector<dtmf::RedBlock, DtmfLeg::kMostFormer + 1> blocks;
  const std::size_t repeated = std::min<std::size_t>(leg.former_count, leg.event_format.redundancy);
  for (std::size_t i = leg.former_count - repeated; i < leg.former_count; ++i) {
    auto& former = bytes[blocks.size() + 1];
    dtmf::write_event(leg.former[i].event, former);
    blocks.push_back({type, leg.former[i].timestamp, former});
  }
  blocks.push_back({type, timestamp, bytes[0]});
  return dtmf::write_red(blocks.span(), timestamp, {out, media::ToneSource::kRoom});
}

void remember(DtmfLeg& leg, const dtmf::EventPayload& event, std::uint32_t timestamp) {
  if (leg.former_count != 0 && leg.former[leg.former_count - 1].timestamp == timestamp) {
    return;  // the end is sent three times
  }
  if (leg.former_count == DtmfLeg::kMostFormer) {
    std::move(leg.former.begin() + 1, leg.former.end(), leg.former.begin());
    --leg.former_count;
  }
  leg.former[leg.former_count++] = {event, timestamp};
}

void send_event(Context& context, DtmfLeg& leg, const SendStep& step) {
  const Room room = make_room(context);
  if (room.mbuf == nullptr) {
    return;
  }
  const session::EventFormat& format = leg.event_format;
  // Segments are counted in the event's clock, timestamps in the stream's.
  const std::uint64_t segment = std::uint64_t{step.segment_ticks} * leg.clock_rate / format.clock_rate;
  const std::uint32_t timestamp = leg.start_timestamp + static_cast<std::uint32_t>(segment);
  const dtmf::EventPayload event{step.order.event, step.end, step.order.level, step.duration_ticks};
  const bool red = format.red_payload_type != session::kNoPayloadType;
  const std::size_t length = write_payload(leg, event, timestamp, room.rtp + kRtpHeader);
  insert(context, leg, room, red ? format.red_payload_type : format.payload_type, timestamp, step.marker,
         length);
  if (step.end) {
    remember(leg, event, timestamp);
  }
}

// Ticks of the tones' clock in the stream's.
std::uint32_t in_stream(const DtmfLeg& leg, std::uint64_t tone_ticks) {
  return static_cast<std::uint32_t>(tone_ticks * leg.clock_rate / leg.settings.tone_clock_rate);
}

void send_audio(Context& context, DtmfLeg& leg, const SendStep& step) {
  if (leg.tones == nullptr) {
    return;  // taken away by an update in mid-press
  }
  const Room room = make_room(context);
  if (room.mbuf == nullptr) {
    return;
  }
  std::uint32_t ticks = 0;
  const std::size_t length = leg.tones->packet(
      step.packet_ms, step.order.rendering == Rendering::kSilence ? std::uint16_t{0} : step.tone_ms,
      {room.rtp + kRtpHeader, media::ToneSource::kRoom}, ticks);
  const std::uint32_t timestamp = leg.start_timestamp + in_stream(leg, leg.tone_ticks);
  leg.tone_ticks += ticks;
  if (length == 0) {
    rte_pktmbuf_free(room.mbuf);
    return;
  }
  insert(context, leg, room, leg.settings.tone_payload_type, timestamp, step.offset_ms == 0, length);
}

void begin(Context& context, DtmfLeg& leg, const SendStep& step) {
  session::Endpoint& sink = *leg.rtp;
  const Rendering rendering = step.order.rendering;
  if (rendering == Rendering::kTell) {
    tell_outgoing(context, leg, step.order.event, DtmfPhase::kStart, 0);
    return;
  }
  leg.clock_rate = session::kClockRates[stream_clock(sink)];
  leg.event_format = format_for(leg.settings, leg.clock_rate);
  leg.sender.set({leg.event_format.clock_rate, leg.settings.packet_ms});
  own_stream(context, sink);
  leg.start_timestamp = sink.rewriter.timestamp_at(now_ms_of(context), leg.clock_rate,
                                                   leg.settings.packet_ms * leg.clock_rate / 1000);
  leg.tone_ticks = 0;
  if (rendering == Rendering::kTone && leg.tones != nullptr) {
    leg.tones->begin(step.order.event, step.order.level);
  }
  if (rendering != Rendering::kEvent || !leg.settings.keep_audio) {
    sink.tx_flags |= session::kTxDtmf;
  }
}

void end(Context& context, DtmfLeg& leg, const SendStep& step) {
  const Rendering rendering = step.order.rendering;
  if (rendering == Rendering::kTell) {
    tell_outgoing(context, leg, step.order.event, DtmfPhase::kEnd, step.duration_ms);
    count(context, leg, DtmfWay::kSipInfo, DtmfCount::kSent);
    return;
  }
  const std::uint64_t ticks = std::uint64_t{step.duration_ms} * leg.clock_rate / 1000;
  leg.resume_timestamp =
      leg.start_timestamp + std::max(static_cast<std::uint32_t>(ticks), in_stream(leg, leg.tone_ticks));
  leg.over_ms = context.now_ms;
  if (rendering == Rendering::kEvent) {
    count(context, leg, DtmfWay::kRfc4733, DtmfCount::kSent);
  } else if (rendering == Rendering::kTone && is_digit(step.order.event)) {
    count(context, leg, DtmfWay::kInBand, DtmfCount::kSent);
  }
}

// Whether audio of this moment belongs to a press that is over but for the audio on its way.
bool is_from_before_the_end(const Context& context, const DtmfLeg& leg, const MediaPacket& packet) {
  session::Endpoint& sink = *packet.endpoint;
  const auto timestamp =
      sink.rewriter.timestamp_of({packet.header.ssrc, packet.source->index}, packet.header);
  const std::uint32_t half_packet = leg.settings.packet_ms * leg.clock_rate / 2000;
  if (!timestamp || static_cast<std::int32_t>(*timestamp + half_packet - leg.resume_timestamp) >= 0) {
    return false;
  }
  if (context.now_ms - leg.over_ms <= DtmfLeg::kResumeMs) {
    return true;
  }
  // Its time line is another one by now (frozen during a hold, begun anew): it joins by the clock.
  sink.rewriter.rejoin();
  return false;
}

}  // namespace

void count(Context& context, DtmfLeg& leg, DtmfWay way, DtmfCount what) {
  const auto row = static_cast<std::size_t>(way);
  const auto column = static_cast<std::size_t>(what);
  leg.counts[row][column].add(1);
  context.counters.dtmf[row][column].add(1);
}

void tell_outgoing(Context& context, DtmfLeg& leg, std::uint8_t press, DtmfPhase phase,
                   std::uint32_t duration_ms) {
  Event event;
  event.type = EventType::kDtmf;
  event.session = leg.leg->session->handle;
  event.leg_id = leg.leg->spec->id;
  event.outgoing = true;
  event.press = {.event = press,
                 .way = DtmfWay::kSipInfo,
                 .phase = phase,
                 .volume = 0,
                 .duration_ms = duration_ms,
                 .began_ms_ago = duration_ms};
  raise_event(context, event);
}

bool queue_digit(Context& context, DtmfLeg& leg, const dtmf::DigitOrder& order) {
  if (leg.sender.room() == 0) {
    return false;
  }
  leg.sender.queue(order, context.now_ms);
  dtmf_send(context, leg);
  return true;
}

void dtmf_send(Context& context, DtmfLeg& leg) {
  const StageTimer timer(context, Stage::dtmf_send, 1);
  SendStep step;
  while (leg.sender.next(context.now_ms, step)) {
    switch (step.kind) {
      case SendStep::Kind::kBegin:
        begin(context, leg, step);
        break;
      case SendStep::Kind::kEvent:
        send_event(context, leg, step);
        break;
      case SendStep::Kind::kAudio:
        send_audio(context, leg, step);
        break;
      case SendStep::Kind::kEnd:
        end(context, leg, step);
        break;
    }
  }
  if (const std::uint64_t due_ms = leg.sender.due_ms(); due_ms != dtmf::DigitSender::kNever) {
    context.wheel->arm(leg.send_timer, due_ms);
  } else {
    session::TimingWheel::disarm(leg.send_timer);
  }
}

void send_inserted(Context& context) {
  MediaBatch& batch = context.dtmf.inserted;
  std::uint16_t to_protect = 0;
  for (std::uint16_t i = 0; i < batch.count; ++i) {
    MediaPacket& packet = batch.packets[i];
    if ((packet.endpoint->tx_flags & session::kTxRemote) == 0) {
      drop(context, *packet.endpoint, packet.mbuf, DropReason::no_remote);
    } else if ((packet.endpoint->tx_flags & session::kTxSrtp) != 0) {
      batch.packets[to_protect++] = packet;
    } else {
      emit(context, *packet.endpoint, *packet.source, packet.mbuf, packet.payload, packet.payload_length,
           UdpChecksum{});
    }
  }
  batch.count = to_protect;
  srtp_protect(context, batch);
}

// Audio comes when it is over: what was spoken during the press comes after its end.
bool gives_way(Context& context, const MediaPacket& packet) {
  session::Endpoint& sink = *packet.endpoint;
  DtmfLeg& leg = *sink.leg->dtmf;
  if (leg.sender.active() || (leg.over_ms != 0 && is_from_before_the_end(context, leg, packet))) {
    leave_out(context, sink, *packet.source, packet.header, false);
    return true;
  }
  leg.over_ms = 0;
  if (leg.tones != nullptr && leg.tones->follows_audio()) {
    if (packet.payload_type == leg.settings.tone_payload_type) {
      leg.tones->sent({packet.payload + packet.header.header_length, packet.header.payload_length});
    }
  } else {
    sink.tx_flags &= static_cast<std::uint8_t>(~session::kTxDtmf);
  }
  return false;
}

void end_sending(Context& context, DtmfLeg& leg, DtmfWay way) {
  for (std::size_t left = leg.sender.clear(); left != 0; --left) {
    count(context, leg, way, DtmfCount::kRefused);
  }
  session::TimingWheel::disarm(leg.send_timer);
  leg.over_ms = 0;
  if (leg.tones == nullptr || !leg.tones->follows_audio()) {
    leg.rtp->tx_flags &= static_cast<std::uint8_t>(~session::kTxDtmf);
  }
}

}  // namespace pollux::stages
