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

}  // namespace

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

void expire_presses(Context& context, DtmfLeg& leg) {
  for (;;) {
    const Outcome outcome = leg.merger.expire(context.now_ms);
    if (outcome.kind == Outcome::Kind::kNothing) {
      return;
    }
    take(context, leg, outcome, outcome.way, {});
  }
}

bool inject_presses(Context& context, DtmfLeg& leg, const DtmfInjection& injection) {
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
  return true;
}

}  // namespace pollux::stages
