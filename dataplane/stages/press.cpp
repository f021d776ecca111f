#include "dataplane/stages/press.hpp"

#include <algorithm>

#include "dataplane/dtmf/tone_generator.hpp"
#include "dataplane/stages/dtmf_send.hpp"

namespace pollux::stages {

namespace {

using dtmf::Outcome;
using dtmf::PressReport;
using dtmf::Rendering;
using session::DtmfLeg;

// Presses of one source leg are told apart from those of another, and from events that are no presses.
constexpr dtmf::PressId kNoPress = 0x8000;
// What is known from one packet only can't be believed whatever length it tells: there would be no end of it.
constexpr std::uint32_t kMostAtOnceMs = 2000;

dtmf::PressId id_at_sink(const DtmfLeg& from, dtmf::PressId press) {
  return static_cast<dtmf::PressId>(from.leg->spec->id) << 16 |
         ((press & kNoPress) != 0 ? press & 0xffffU : press % (kNoPress - 1) + 1);
}

bool takes(const session::DtmfSettings& settings, std::uint8_t event) {
  return std::ranges::any_of(settings.event_formats,
                             [event](const session::EventFormat& format) { return format.takes(event); });
}

void tell(Context& context, DtmfLeg& leg, const Outcome& outcome, DtmfPhase phase) {
  Event event;
  event.type = EventType::kDtmf;
  event.session = leg.leg->session->handle;
  event.leg_id = leg.leg->spec->id;
  event.press = {.event = outcome.event,
                 .way = outcome.way,
                 .phase = phase,
                 .volume = outcome.volume,
                 .duration_ms = phase == DtmfPhase::kEnd ? outcome.duration_ms : 0,
                 .began_ms_ago = static_cast<std::uint32_t>(context.now_ms - outcome.began_ms)};
  raise_event(context, event);
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

// Those whose parties may be sent something.
template <typename Function>
void for_each_sink(const DtmfLeg& from, Function&& function) {
  for (const session::Route& route : from.leg->routing->routes) {
    if (route.sink->dtmf != nullptr && (route.sink->rtp->tx_flags & session::kTxForward) != 0) {
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
    if (to.settings.send == DtmfSend::kSipInfo && from.settings.block == DtmfBlock::kOff) {
      count(context, to, DtmfWay::kSipInfo, DtmfCount::kSent);  // control has been told of it
    }
    if (render(context, to, from.settings.block, order, way) && !queue_digit(context, to, order)) {
      count(context, to, way, DtmfCount::kRefused);
    }
  });
}

// `press` is the order for a press that begins, but for what the outcome tells.
void take(Context& context, DtmfLeg& leg, const Outcome& outcome, DtmfWay way, dtmf::DigitOrder press) {
  switch (outcome.kind) {
    case Outcome::Kind::kBegan:
      tell(context, leg, outcome, DtmfPhase::kStart);
      press.id = outcome.id;
      press.event = outcome.event;
      begin_at_sinks(context, leg, way, press);
      break;
    case Outcome::Kind::kProgress:
      for_each_sink(
          leg, [&](DtmfLeg& to) { to.sender.progress(id_at_sink(leg, outcome.id), outcome.duration_ms); });
      break;
    case Outcome::Kind::kEnded:
      tell(context, leg, outcome, DtmfPhase::kEnd);
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

// Events that are no key presses: on to those who take them, and to nobody else. One goes on at a time.
void relay_event(Context& context, DtmfLeg& leg, const PressReport& report) {
  if (report.kind == PressReport::Kind::kBegin) {
    leg.relayed_event = report.event;
    leg.relayed_id = static_cast<std::uint16_t>(kNoPress | (leg.relayed_id + 1));
  } else if (report.event != leg.relayed_event) {
    return;
  }
  const dtmf::PressId id = id_at_sink(leg, leg.relayed_id);
  for_each_sink(leg, [&](DtmfLeg& to) {
    if (report.kind == PressReport::Kind::kEnd) {
      to.sender.end(id, report.duration_ms);
      dtmf_send(context, to);
    } else if (report.kind == PressReport::Kind::kProgress) {
      to.sender.progress(id, report.duration_ms);
    } else if (to.settings.send != DtmfSend::kRfc4733 || leg.settings.block != DtmfBlock::kOff ||
               !takes(to.settings, report.event) ||
               !queue_digit(context, to,
                            {.id = id,
                             .rendering = Rendering::kEvent,
                             .event = report.event,
                             .level = report.volume,
                             .live = true,
                             .way = DtmfWay::kRfc4733,
                             .duration_ms = report.duration_ms})) {
      count(context, to, DtmfWay::kRfc4733, DtmfCount::kRefused);
    }
  });
}

// Whether the press that begins is one to be told and sent.
bool believed(Context& context, DtmfLeg& leg, DtmfWay way) {
  count(context, leg, way, DtmfCount::kSeen);
  if ((way == DtmfWay::kRfc4733 && !leg.settings.takes_events) || !leg.limit.take(context.now_ms)) {
    count(context, leg, way, DtmfCount::kRefused);
    return false;
  }
  return true;
}

}  // namespace

void take_reports(Context& context, DtmfLeg& leg, DtmfWay way, const dtmf::PressReports& reports) {
  bool began = false;  // in this call
  for (PressReport report : reports) {
    if (report.repaired) {
      count(context, leg, way, DtmfCount::kRepaired);
    }
    if (report.kind == PressReport::Kind::kBegin) {
      began = true;
      if (!believed(context, leg, way)) {
        continue;  // of what the merger doesn't know it makes nothing
      }
    } else if (began && way == DtmfWay::kRfc4733) {
      report.duration_ms = std::min(report.duration_ms, kMostAtOnceMs);
    }
    if (!is_digit(report.event) && report.event != kFlashEvent) {
      relay_event(context, leg, report);
      continue;
    }
    take(context, leg, leg.merger.take(way, report, context.now_ms), way,
         {.live = true, .duration_ms = report.duration_ms});
  }
}

void expire_presses(Context& context, DtmfLeg& leg, std::uint64_t until_ms) {
  for (;;) {
    const Outcome outcome = leg.merger.expire(until_ms);
    if (outcome.kind == Outcome::Kind::kNothing) {
      return;
    }
    take(context, leg, outcome, outcome.way, {});
  }
}

namespace {

// Whether a press of `from` has to wait in the sink's queue.
bool queues_at(const DtmfLeg& from, const DtmfLeg& to) {
  return from.settings.block != DtmfBlock::kDrop && to.settings.send != DtmfSend::kNone;
}

bool has_room(const DtmfLeg& leg, const DtmfInjection& injection) {
  const std::size_t wanted = injection.events.size();
  if (!injection.pressed_by_party) {
    return leg.sender.room() >= wanted;
  }
  bool room = leg.info.capacity() - (leg.info.size() - leg.next_info) >= wanted;
  for_each_sink(leg, [&](DtmfLeg& to) { room &= !queues_at(leg, to) || to.sender.room() >= wanted; });
  return room;
}

void queue_info(const Context& context, DtmfLeg& leg, const DtmfInjection& injection) {
  if (leg.next_info == leg.info.size()) {
    leg.info.clear();
    leg.info_due_ms = std::max(leg.info_due_ms, context.now_ms);
  } else if (leg.next_info != 0) {
    StaticVector<session::InfoPress, kMaxQueuedPresses> rest;
    for (std::size_t i = leg.next_info; i < leg.info.size(); ++i) {
      rest.push_back(leg.info[i]);
    }
    leg.info = rest;
  }
  leg.next_info = 0;
  const std::uint16_t duration_ms = std::max(injection.duration_ms, kMinPressMs);
  const std::uint16_t gap_ms = std::max(injection.gap_ms, kMinGapMs);
  for (const std::uint8_t event : injection.events) {
    leg.info.push_back({event, duration_ms, gap_ms});
  }
}

}  // namespace

std::uint64_t info_due_ms(const DtmfLeg& leg) {
  return leg.next_info == leg.info.size() ? dtmf::PressMerger::kNever : leg.info_due_ms;
}

void take_info(Context& context, DtmfLeg& leg) {
  while (info_due_ms(leg) <= context.now_ms) {
    const session::InfoPress press = leg.info[leg.next_info++];
    leg.info_due_ms = context.now_ms + press.duration_ms + press.gap_ms;
    count(context, leg, DtmfWay::kSipInfo, DtmfCount::kSeen);
    take(context, leg, leg.merger.take_info(press.event, press.duration_ms, context.now_ms),
         DtmfWay::kSipInfo, {.duration_ms = press.duration_ms, .gap_ms = press.gap_ms});
  }
}

bool inject_presses(Context& context, DtmfLeg& leg, const DtmfInjection& injection) {
  if (injection.pressed_by_party && !leg.settings.takes_info) {
    for (std::size_t i = 0; i < injection.events.size(); ++i) {
      count(context, leg, DtmfWay::kSipInfo, DtmfCount::kRefused);
    }
    return true;
  }
  if (!has_room(leg, injection)) {
    return false;
  }
  if (injection.pressed_by_party) {
    queue_info(context, leg, injection);
    take_info(context, leg);
    return true;
  }
  for (const std::uint8_t event : injection.events) {
    dtmf::DigitOrder order{.event = event,
                           .level = injection.level_dbm0 != 0 ? injection.level_dbm0 : leg.settings.level,
                           .way = DtmfWay::kSipInfo,
                           .duration_ms = injection.duration_ms,
                           .gap_ms = injection.gap_ms};
    if (leg.settings.send == DtmfSend::kSipInfo) {
      order.rendering = Rendering::kTell;
    } else if (leg.settings.send == DtmfSend::kNone ||
               !render(context, leg, DtmfBlock::kOff, order, DtmfWay::kSipInfo)) {
      continue;
    }
    queue_digit(context, leg, order);
  }
  return true;
}

}  // namespace pollux::stages
