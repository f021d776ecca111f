#include "dataplane/stages/dtmf.hpp"

#include <algorithm>

#include "dataplane/dtmf/redundancy.hpp"
#include "dataplane/dtmf/tone_generator.hpp"
#include "dataplane/stages/dtmf_send.hpp"
#include "dataplane/stages/repacketize.hpp"
#include "dataplane/stages/rtp_receive.hpp"
#include "dataplane/stages/rtp_send.hpp"

namespace pollux::stages {

namespace {

using dtmf::Outcome;
using dtmf::PressReport;
using dtmf::Rendering;
using session::DtmfLeg;

// Presses of one source leg are told apart from those of another, and from events that are no presses.
constexpr dtmf::PressId kNoPress = 0x8000;

void count(Context& context, DtmfLeg& leg, DtmfWay way, DtmfCount what) {
  const auto row = static_cast<std::size_t>(way);
  const auto column = static_cast<std::size_t>(what);
  leg.counts[row][column].add(1);
  context.counters.dtmf[row][column].add(1);
}

dtmf::PressId id_at_sink(const DtmfLeg& from, dtmf::PressId press) {
  return static_cast<dtmf::PressId>(from.leg->spec.id) << 16 | (press & 0xffffU);
}

bool takes(const session::DtmfSettings& settings, std::uint8_t event) {
  return settings.event_payload_type != session::kNoPayloadType && event < 128 &&
         (settings.events[event / 64] >> (event % 64) & 1U) != 0;
}

void tell(Context& context, DtmfLeg& leg, const Outcome& outcome, DtmfPhase phase, bool outgoing) {
  Event event;
  event.type = EventType::kDtmf;
  event.session = leg.leg->session->handle;
  event.leg_id = leg.leg->spec.id;
  event.outgoing = outgoing;
  event.press = {.event = outcome.event,
                 .way = outcome.way,
                 .phase = phase,
                 .volume = outcome.volume,
                 .duration_ms = phase == DtmfPhase::kEnd ? outcome.duration_ms : 0,
                 .began_ms_ago = static_cast<std::uint32_t>(context.now_ms - outcome.began_ms)};
  raise_event(context, event);
}

// The signalling is told what it has to send to the leg's party.
void tell_outgoing(Context& context, DtmfLeg& leg, std::uint8_t event, std::uint32_t duration_ms) {
  Outcome outcome;
  outcome.event = event;
  outcome.way = DtmfWay::kSipInfo;
  outcome.duration_ms = duration_ms;
  outcome.began_ms = context.now_ms;
  tell(context, leg, outcome, DtmfPhase::kStart, true);
  tell(context, leg, outcome, DtmfPhase::kEnd, true);
  count(context, leg, DtmfWay::kSipInfo, DtmfCount::kSent);
}

std::uint8_t other_digit(Context& context, std::uint8_t digit) {
  return static_cast<std::uint8_t>((digit + 1 + context.dtmf.random() % (kDtmfDigits - 1)) % kDtmfDigits);
}

// How a press is sent on a leg; false: not at all.
bool render(Context& context, DtmfLeg& to, DtmfBlock block, dtmf::DigitOrder& order, DtmfWay way) {
  const session::DtmfSettings& settings = to.settings;
  if (block == DtmfBlock::kDrop) {
    return false;
  }
  if (block == DtmfBlock::kRandom && is_digit(order.event)) {
    order.event = other_digit(context, order.event);
  }
  if (block == DtmfBlock::kSilence || block == DtmfBlock::kTone) {
    if (to.tones == nullptr) {
      order.rendering = Rendering::kMute;
    } else if (block == DtmfBlock::kSilence) {
      order.rendering = Rendering::kSilence;
    } else {
      order.rendering = Rendering::kTone;
      order.event = dtmf::kBlockToneEvent;
    }
    return true;
  }
  switch (settings.send) {
    case DtmfSend::kRfc4733:
      order.rendering = Rendering::kEvent;
      if (takes(settings, order.event)) {
        return true;
      }
      break;
    case DtmfSend::kInBand:
      order.rendering = Rendering::kTone;
      if (is_digit(order.event) && to.tones != nullptr) {
        return true;
      }
      break;
    default:
      // Reported only: what its party would hear of the key is left out as well.
      order.rendering = Rendering::kMute;
      return is_digit(order.event);
  }
  count(context, to, way, DtmfCount::kRefused);
  return false;
}

template <typename Function>
void for_each_sink(const DtmfLeg& from, Function&& function) {
  for (const session::Route& route : from.leg->routing->routes) {
    if (route.sink->dtmf != nullptr) {
      function(*route.sink->dtmf);
    }
  }
}

// Tones that are heard reach sinks in the audio where they aren't cut out of it.
bool in_audio(const DtmfLeg& from, DtmfWay way) {
  return way == DtmfWay::kInBand && !from.settings.cuts_tones;
}

void begin_at_sinks(Context& context, DtmfLeg& from, DtmfWay way, const dtmf::DigitOrder& press) {
  if (in_audio(from, way)) {
    return;
  }
  for_each_sink(from, [&](DtmfLeg& to) {
    dtmf::DigitOrder order = press;
    order.id = id_at_sink(from, press.id);
    order.way = way;
    order.level = to.settings.level;
    if (render(context, to, from.settings.block, order, way) && !queue_digit(context, to, order)) {
      count(context, to, way, DtmfCount::kRefused);
    }
  });
}

// `press` is the order for a press that begins, but for what the outcome tells.
void take(Context& context, DtmfLeg& leg, const Outcome& outcome, DtmfWay way, dtmf::DigitOrder press) {
  switch (outcome.kind) {
    case Outcome::Kind::kBegan:
      tell(context, leg, outcome, DtmfPhase::kStart, false);
      press.id = outcome.id;
      press.event = outcome.event;
      begin_at_sinks(context, leg, way, press);
      break;
    case Outcome::Kind::kProgress:
      for_each_sink(
          leg, [&](DtmfLeg& to) { to.sender.progress(id_at_sink(leg, outcome.id), outcome.duration_ms); });
      break;
    case Outcome::Kind::kEnded:
      tell(context, leg, outcome, DtmfPhase::kEnd, false);
      for_each_sink(leg, [&](DtmfLeg& to) {
        to.sender.end(id_at_sink(leg, outcome.id), outcome.duration_ms);
        dtmf_send(context, to);
      });
      break;
    case Outcome::Kind::kReopened:
      for_each_sink(leg, [&](DtmfLeg& to) { to.sender.reopen(id_at_sink(leg, outcome.id)); });
      count(context, leg, way, DtmfCount::kMerged);
      break;
    case Outcome::Kind::kMerged:
      count(context, leg, way, DtmfCount::kMerged);
      break;
    case Outcome::Kind::kNothing:
      break;
  }
}

// Events that are no key presses: on to those who take them, and to nobody else.
void relay_event(Context& context, DtmfLeg& leg, const PressReport& report) {
  const dtmf::PressId id = kNoPress | report.event;
  if (report.kind == PressReport::Kind::kBegin) {
    for_each_sink(leg, [&](DtmfLeg& to) {
      const dtmf::DigitOrder order{.id = id_at_sink(leg, id),
                                   .rendering = Rendering::kEvent,
                                   .event = report.event,
                                   .level = report.volume,
                                   .live = true,
                                   .way = DtmfWay::kRfc4733,
                                   .duration_ms = report.duration_ms};
      if (!takes(to.settings, report.event) || !queue_digit(context, to, order)) {
        count(context, to, DtmfWay::kRfc4733, DtmfCount::kRefused);
      }
    });
  } else {
    for_each_sink(leg, [&](DtmfLeg& to) {
      if (report.kind == PressReport::Kind::kEnd) {
        to.sender.end(id_at_sink(leg, id), report.duration_ms);
        dtmf_send(context, to);
      } else {
        to.sender.progress(id_at_sink(leg, id), report.duration_ms);
      }
    });
  }
}

void take_reports(Context& context, DtmfLeg& leg, DtmfWay way, const dtmf::PressReports& reports) {
  for (const PressReport& report : reports) {
    if (way == DtmfWay::kRfc4733 && !leg.settings.takes_events) {
      if (report.kind == PressReport::Kind::kBegin) {
        count(context, leg, way, DtmfCount::kRefused);
      }
      continue;
    }
    if (report.kind == PressReport::Kind::kBegin) {
      count(context, leg, way, DtmfCount::kSeen);
    }
    if (report.repaired) {
      count(context, leg, way, DtmfCount::kRepaired);
    }
    if (!is_digit(report.event) && report.event != kFlashEvent) {
      relay_event(context, leg, report);
      continue;
    }
    take(context, leg, leg.merger.take(way, report, context.now_ms), way,
         {.live = true, .duration_ms = report.duration_ms});
  }
}

const CodecFormat* format_of(const DtmfLeg& leg, std::uint8_t payload_type) {
  for (const CodecFormat& format : leg.leg->spec.codecs) {
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
  auto* const mbuf = static_cast<rte_mbuf*>(leg.hold.front().mbuf);
  leg.hold.pop();
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
  if (leg.settings.guard_ms == 0 && leg.hold.count == 0) {
    event ? take_out(context, packet, true) : cut_and_pass(context, leg, packet);
    return;
  }
  if (leg.hold.count == session::DtmfHold::kMost) {
    release_front(context, leg);
  }
  rte_mbuf* const mbuf = packet.mbuf;
  mbuf->data_off = static_cast<std::uint16_t>(packet.payload - static_cast<std::uint8_t*>(mbuf->buf_addr));
  mbuf->data_len = packet.payload_length;
  mbuf->pkt_len = packet.payload_length;
  mbuf->packet_type = event ? kTakenOut : kUnframed;
  leg.hold.push({mbuf, context.now_ms + leg.settings.guard_ms});
}

// False: malformed, and dropped.
bool take_events(DtmfLeg& leg, const MediaPacket& packet, const CodecFormat& format, std::uint64_t now_ms,
                 dtmf::PressReports& reports) {
  dtmf::EventPacket event;
  event.payload = payload_of(packet);
  event.timestamp = packet.header.timestamp;
  event.ssrc = packet.header.ssrc;
  event.clock_rate = format.params.clock_rate;
  event.sequence = packet.header.sequence;
  event.marker = packet.header.marker;
  if (format.params.id == CodecId::kTelephoneEvent) {
    return leg.receiver.take(event, now_ms, reports);
  }
  dtmf::RedBlocks blocks;
  if (!dtmf::read_red(event.payload, event.timestamp, blocks)) {
    return false;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const CodecFormat* const inner = format_of(leg, blocks[i].payload_type);
    if (inner == nullptr || inner->params.id != CodecId::kTelephoneEvent) {
      continue;
    }
    event.payload = blocks[i].data;
    event.timestamp = blocks[i].timestamp;
    event.redundant = i + 1 != blocks.size();
    if (!leg.receiver.take(event, now_ms, reports)) {
      return false;
    }
  }
  return true;
}

void arm(Context& context, DtmfLeg& leg) {
  std::uint64_t due_ms = std::min(leg.receiver.due_ms(), leg.merger.due_ms());
  if (leg.listener != nullptr) {
    due_ms = std::min(due_ms, leg.listener->due_ms());
  }
  if (leg.hold.count != 0) {
    due_ms = std::min(due_ms, leg.hold.front().due_ms);
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
  } else if (take_events(leg, packet, *format, context.now_ms, reports)) {
    // The number first: what is sent for the press follows it.
    go_on(context, leg, packet, true);
    take_reports(context, leg, DtmfWay::kRfc4733, reports);
  } else {
    blame(context, *packet.source, DropReason::media_malformed);
    go_on(context, leg, packet, true);
  }
  arm(context, leg);
}

}  // namespace

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
  for (;;) {
    const Outcome outcome = leg.merger.expire(context.now_ms);
    if (outcome.kind == Outcome::Kind::kNothing) {
      break;
    }
    take(context, leg, outcome, outcome.way, {});
  }
  while (leg.hold.count != 0 && leg.hold.front().due_ms <= context.now_ms) {
    release_front(context, leg);
  }
  send_inserted(context);
  rtp_send(context, context.copies);
  forward_media(context);
  arm(context, leg);
}

bool inject_dtmf(Context& context, session::Session& session, const DtmfInjection& injection) {
  const auto found = std::ranges::find_if(
      session.legs, [&](const session::Leg* leg) { return leg->spec.id == injection.leg_id; });
  if (found == session.legs.end() || (*found)->dtmf == nullptr) {
    return true;
  }
  DtmfLeg& leg = *(*found)->dtmf;
  const std::size_t wanted = injection.events.size();
  bool room = true;
  if (injection.pressed_by_party) {
    for_each_sink(leg, [&](DtmfLeg& to) { room &= to.sender.room() >= wanted; });
  } else {
    room = leg.sender.room() >= wanted;
  }
  if (!room) {
    return false;
  }
  for (const std::uint8_t event : injection.events) {
    if (injection.pressed_by_party) {
      count(context, leg, DtmfWay::kSipInfo,
            leg.settings.takes_info ? DtmfCount::kSeen : DtmfCount::kRefused);
      if (leg.settings.takes_info) {
        take(context, leg, leg.merger.take_info(event, injection.duration_ms, context.now_ms),
             DtmfWay::kSipInfo, {.duration_ms = injection.duration_ms, .gap_ms = injection.gap_ms});
      }
    } else if (leg.settings.send == DtmfSend::kSipInfo) {
      tell_outgoing(context, leg, event, injection.duration_ms);
    } else {
      dtmf::DigitOrder order{.event = event,
                             .level = injection.level_dbm0 != 0 ? injection.level_dbm0 : leg.settings.level,
                             .way = DtmfWay::kSipInfo,
                             .duration_ms = injection.duration_ms,
                             .gap_ms = injection.gap_ms};
      if (leg.settings.send != DtmfSend::kNone &&
          render(context, leg, DtmfBlock::kOff, order, DtmfWay::kSipInfo)) {
        queue_digit(context, leg, order);
      }
    }
  }
  arm(context, leg);
  return true;
}

void release_dtmf(Context& context, DtmfLeg& leg, bool drop_all) {
  if (!drop_all) {
    while (leg.hold.count != 0) {
      release_front(context, leg);
    }
    rtp_send(context, context.copies);
    forward_media(context);
    return;
  }
  session::TimingWheel::disarm(leg.timer);
  session::TimingWheel::disarm(leg.send_timer);
  leg.leg->rtp->tx_flags &= static_cast<std::uint8_t>(~session::kTxDtmf);
  leg.sender.clear();
  while (leg.hold.count != 0) {
    drop(context, static_cast<rte_mbuf*>(leg.hold.front().mbuf), DropReason::no_sink);
    leg.hold.pop();
  }
}

}  // namespace pollux::stages
