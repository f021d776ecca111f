#include "dataplane/stages/dtmf.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/dtmf/redundancy.hpp"
#include "dataplane/stages/dtmf_send.hpp"
#include "dataplane/stages/own_stream.hpp"
#include "dataplane/stages/press.hpp"
#include "dataplane/stages/repacketize.hpp"
#include "dataplane/stages/rtp_receive.hpp"
#include "dataplane/stages/rtp_send.hpp"

namespace pollux::stages {

namespace {

using session::DtmfLeg;

const CodecFormat* format_of(const DtmfLeg& leg, std::uint8_t payload_type) {
  for (const CodecFormat& format : leg.leg->spec->codecs) {
    if (format.payload_type == payload_type) {
      return &format;
    }
  }
  return nullptr;
}

std::span<std::uint8_t> payload_of(const MediaPacket& packet) {
  return {packet.payload + packet.header.header_length, packet.header.payload_length};
}

media::HeardPacket heard(const MediaPacket& packet) {
  return {.payload = payload_of(packet),
          .timestamp = packet.header.timestamp,
          .ssrc = packet.header.ssrc,
          .sequence = packet.header.sequence,
          .payload_type = packet.header.payload_type};
}

// Only its number goes on: to paths, or to the streams that it would have gone to.
void take_out(Context& context, const MediaPacket& packet, bool event) {
  const session::Endpoint& source = *packet.source;
  const auto& routes = source.leg->routing->routes;
  rte_mbuf* own = packet.mbuf;
  for (std::size_t i = routes.size(); i-- > 0;) {
    if (routes[i].media == nullptr) {
      leave_out(context, *routes[i].sink->rtp, source, packet.header, event);
      continue;
    }
    MediaPacket twin = packet;
    if (i != 0) {
      twin.mbuf = rte_pktmbuf_copy(packet.mbuf, context.mempool, 0, UINT32_MAX);
      if (twin.mbuf == nullptr) {
        blame(context, *packet.source, DropReason::no_mbuf);
        continue;
      }
      twin.payload = rte_pktmbuf_mtod(twin.mbuf, std::uint8_t*) +
                     (packet.payload - rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*));
    } else {
      own = nullptr;
    }
    gather_taken_out(context, twin, *routes[i].media);
  }
  rte_pktmbuf_free(own);
}

// What is known by now to be a tone doesn't go on.
void cut_and_pass(Context& context, DtmfLeg& leg, MediaPacket& packet) {
  if (packet.source->sink == nullptr) {
    drop(context, *packet.source, packet.mbuf, DropReason::no_sink);
    return;
  }
  if (leg.listener != nullptr && leg.settings.cuts_tones) {
    const auto tone = leg.listener->tone_in(heard(packet));
    if (tone && !tone->empty()) {
      packet.checksum_unknown = true;
      if (!leg.listener->silence(packet.header.payload_type, payload_of(packet), *tone)) {
        take_out(context, packet, false);
        return;
      }
    }
  }
  pass_on(context, packet, context.copies);
}

// A packet as it was when it was held back.
bool unhold(Context& context, DtmfLeg& leg, MediaPacket& packet) {
  auto* const mbuf = static_cast<rte_mbuf*>(leg.hold->front().mbuf);
  leg.hold->pop();
  packet = {};
  packet.mbuf = mbuf;
  packet.source = packet.endpoint = leg.leg->rtp;
  packet.payload = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  packet.payload_length = mbuf->data_len;
  packet.checksum_unknown = true;
  if (!rtp::parse_rtp(packet.payload, packet.payload_length, packet.header)) {
    drop(context, *packet.source, mbuf, DropReason::rtp_malformed);
    return false;
  }
  packet.clock = packet.source->payload_types->clock[packet.header.payload_type];
  return true;
}

void release_front(Context& context, DtmfLeg& leg) {
  MediaPacket packet;
  if (!unhold(context, leg, packet)) {
    return;
  }
  packet.mbuf->packet_type == kTakenOut ? take_out(context, packet, true)
                                        : cut_and_pass(context, leg, packet);
}

void go_on(Context& context, DtmfLeg& leg, MediaPacket& packet, bool event) {
  if (leg.settings.guard_ms == 0 && !leg.holds()) {
    event ? take_out(context, packet, true) : cut_and_pass(context, leg, packet);
    return;
  }
  if (leg.hold->count == session::DtmfHold::kMost) {
    release_front(context, leg);
  }
  rte_mbuf* const mbuf = packet.mbuf;
  mbuf->data_off = static_cast<std::uint16_t>(packet.payload - static_cast<std::uint8_t*>(mbuf->buf_addr));
  mbuf->data_len = packet.payload_length;
  mbuf->pkt_len = packet.payload_length;
  mbuf->packet_type = event ? kTakenOut : kUnframed;
  leg.hold->push({mbuf, context.now_ms + leg.settings.guard_ms});
}

// What of a packet's payload is needed when the packet itself has gone on.
constexpr std::size_t kMostEventBytes = 512;

// False: malformed.
bool take_events(Context& context, DtmfLeg& leg, const rtp::RtpHeader& header, const CodecFormat& format,
                 std::span<const std::uint8_t> payload) {
  dtmf::PressReports& reports = context.dtmf.reports;
  dtmf::EventPacket event;
  event.payload = payload;
  event.timestamp = header.timestamp;
  event.ssrc = header.ssrc;
  event.clock_rate = format.params.clock_rate;
  event.sequence = header.sequence;
  event.marker = header.marker;
  if (format.params.id == CodecId::kTelephoneEvent) {
    const bool read = leg.receiver.take(event, context.now_ms, reports);
    take_reports(context, leg, DtmfWay::kRfc4733, reports);
    return read;
  }
  dtmf::RedBlocks blocks;
  bool read = dtmf::read_red(event.payload, event.timestamp, blocks);
  for (std::size_t i = 0; read && i < blocks.size(); ++i) {
    const CodecFormat* const inner = format_of(leg, blocks[i].payload_type);
    if (inner == nullptr || inner->params.id != CodecId::kTelephoneEvent) {
      continue;
    }
    event.payload = blocks[i].data;
    event.timestamp = blocks[i].timestamp;
    event.clock_rate = inner->params.clock_rate;
    event.redundant = i + 1 != blocks.size();
    reports.clear();
    read = leg.receiver.take(event, context.now_ms, reports);
    take_reports(context, leg, DtmfWay::kRfc4733, reports);
  }
  return read;
}

void arm(Context& context, DtmfLeg& leg) {
  std::uint64_t due_ms = std::min({leg.receiver.due_ms(), leg.merger.due_ms(), info_due_ms(leg)});
  if (leg.listener != nullptr) {
    due_ms = std::min(due_ms, leg.listener->due_ms());
  }
  if (leg.holds()) {
    due_ms = std::min(due_ms, leg.hold->front().due_ms);
  }
  if (due_ms == dtmf::EventReceiver::kNever) {
    session::TimingWheel::disarm(leg.timer);
  } else if (!leg.timer.armed() || due_ms < leg.timer.due_ms) {
    // One that is armed for an earlier moment stays, as with paths.
    context.wheel->arm(leg.timer, due_ms);
  }
}

void take_packet(Context& context, MediaPacket& packet) {
  DtmfLeg& leg = *packet.source->leg->dtmf;
  const CodecFormat* const format = format_of(leg, packet.header.payload_type);
  dtmf::PressReports& reports = context.dtmf.reports;
  reports.clear();
  if (format == nullptr || codec_facts(format->params.id).audio) {
    if (leg.listener != nullptr) {
      leg.listener->listen(heard(packet), context.now_ms, reports);
    }
    take_reports(context, leg, DtmfWay::kInBand, reports);
    go_on(context, leg, packet, false);
  } else {
    const std::span<const std::uint8_t> payload = payload_of(packet);
    std::array<std::uint8_t, kMostEventBytes> bytes;
    const std::size_t size = std::min(payload.size(), bytes.size());
    std::memcpy(bytes.data(), payload.data(), size);
    const rtp::RtpHeader header = packet.header;
    // The number first: what is sent for the press follows it.
    go_on(context, leg, packet, true);
    if (size != payload.size() || !take_events(context, leg, header, *format, {bytes.data(), size})) {
      blame(context, *leg.leg->rtp, DropReason::media_malformed);
    }
  }
  arm(context, leg);
}

}  // namespace

bool is_event(const DtmfLeg& leg, std::uint8_t payload_type) {
  const CodecFormat* const format = format_of(leg, payload_type);
  return format != nullptr && !codec_facts(format->params.id).audio;
}

void gather_dtmf(Context& context, const MediaPacket& packet) {
  context.dtmf.work[context.dtmf.work_count++] = packet;
}

void dtmf(Context& context) {
  const std::uint16_t count = context.dtmf.work_count;
  if (count == 0) {
    return;
  }
  const StageTimer timer(context, Stage::dtmf, count);
  context.dtmf.work_count = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    take_packet(context, context.dtmf.work[i]);
  }
  send_inserted(context);
}

void expire_dtmf(Context& context, DtmfLeg& leg) {
  dtmf::PressReports& reports = context.dtmf.reports;
  reports.clear();
  leg.receiver.expire(context.now_ms, reports);
  take_reports(context, leg, DtmfWay::kRfc4733, reports);
  if (leg.listener != nullptr) {
    reports.clear();
    leg.listener->expire(context.now_ms, reports);
    take_reports(context, leg, DtmfWay::kInBand, reports);
  }
  take_info(context, leg);
  expire_presses(context, leg, context.now_ms);
  while (leg.holds() && leg.hold->front().due_ms <= context.now_ms) {
    release_front(context, leg);
  }
  send_inserted(context);
  rtp_send(context, context.copies);
  forward_media(context);
  arm(context, leg);
}

bool inject_dtmf(Context& context, session::Session& session, const DtmfInjection& injection) {
  const auto found = std::ranges::find_if(
      session.legs, [&](const session::Leg* leg) { return leg->spec->id == injection.leg_id; });
  if (found == session.legs.end() || (*found)->dtmf == nullptr) {
    return true;
  }
  const bool taken = inject_presses(context, *(*found)->dtmf, injection);
  arm(context, *(*found)->dtmf);
  return taken;
}

void change_dtmf(Context& context, DtmfLeg& leg, const session::LegPlan& plan) {
  const session::DtmfSettings to = plan.dtmf_settings.value_or(session::DtmfSettings{});
  if (plan.changes_listener || !(plan.spec->sinks == leg.leg->spec->sinks) ||
      to.block != leg.settings.block) {
    end_presses(context, leg);
  }
  if (plan.changes_listener || to.guard_ms == 0) {
    release_dtmf(context, leg, false);
  }
  const bool had_events = !leg.settings.event_formats.empty();
  if (to.send != leg.settings.send || (had_events && to.event_formats.empty()) ||
      (plan.changes_tones && plan.tones == nullptr)) {
    end_sending(context, leg, DtmfWay::kSipInfo);
  }
}

void end_presses(Context& context, DtmfLeg& leg) {
  const std::uint64_t late_ms = context.now_ms + kMaxPressMs + 60'000;
  dtmf::PressReports& reports = context.dtmf.reports;
  reports.clear();
  leg.receiver.expire(late_ms, reports);
  take_reports(context, leg, DtmfWay::kRfc4733, reports);
  if (leg.listener != nullptr) {
    reports.clear();
    leg.listener->expire(late_ms, reports);
    take_reports(context, leg, DtmfWay::kInBand, reports);
  }
  leg.info.clear();
  leg.next_info = 0;
  expire_presses(context, leg, late_ms);
  send_inserted(context);
}

void release_dtmf(Context& context, DtmfLeg& leg, bool drop_all) {
  if (!drop_all) {
    while (leg.holds()) {
      release_front(context, leg);
    }
    rtp_send(context, context.copies);
    forward_media(context);
    return;
  }
  session::TimingWheel::disarm(leg.timer);
  session::TimingWheel::disarm(leg.send_timer);
  leg.sender.clear();
  while (leg.holds()) {
    drop(context, static_cast<rte_mbuf*>(leg.hold->front().mbuf), DropReason::no_sink);
    leg.hold->pop();
  }
}

}  // namespace pollux::stages
