#include "dataplane/worker/dtmf_planner.hpp"

#include <algorithm>
#include <utility>

namespace pollux::worker {

namespace {

constexpr std::uint16_t kDefaultPacketMs = 20;
constexpr std::uint16_t kMaxPacketMs = 60;

const LegSpec* find_leg(const SessionSpec& spec, std::uint16_t id) {
  const auto found = std::ranges::find(spec.legs, id, &LegSpec::id);
  return found == spec.legs.end() ? nullptr : &*found;
}

DtmfSend send_of(const LegSpec& leg) {
  return leg.codecs.empty() ? DtmfSend::kNone : resolve_send(leg.codecs.span(), leg.dtmf.send);
}

// Its tones reach every sink as tones, and nobody has asked for anything else.
bool tones_may_pass(const SessionSpec& spec, const LegSpec& leg) {
  return leg.dtmf.block == DtmfBlock::kOff && std::ranges::all_of(leg.sinks, [&](std::uint16_t id) {
           const LegSpec* const sink = find_leg(spec, id);
           return sink == nullptr || send_of(*sink) == DtmfSend::kInBand;
         });
}

// The first format that carries tones: what they are sent in.
const CodecFormat* tone_format(const LegSpec& leg) {
  const auto found = std::ranges::find_if(leg.codecs, [](const CodecFormat& format) {
    return codec_facts(format.params.id).audio && carries_tones(format.params.id);
  });
  return found == leg.codecs.end() ? nullptr : &*found;
}

// A block that puts something in the place of digits.
bool blocked_towards(const SessionSpec& spec, const LegSpec& leg) {
  return std::ranges::any_of(spec.legs, [&](const LegSpec& from) {
    return (from.dtmf.block == DtmfBlock::kTone || from.dtmf.block == DtmfBlock::kSilence) &&
           std::ranges::find(from.sinks, leg.id) != from.sinks.end();
  });
}

bool makes_tones(const SessionSpec& spec, const LegSpec& leg) {
  return tone_format(leg) != nullptr && (send_of(leg) == DtmfSend::kInBand || blocked_towards(spec, leg));
}

session::EventFormat events_of(const LegSpec& leg, const CodecFormat& events) {
  session::EventFormat made;
  made.payload_type = events.payload_type;
  made.clock_rate = events.params.clock_rate;
  made.events = events.params.events;
  for (const CodecFormat& format : leg.codecs) {
    if (format.params.id == CodecId::kRed && format.params.redundancy != 0 &&
        format.params.redundant_payload_type == events.payload_type) {
      made.red_payload_type = format.payload_type;
      made.redundancy = format.params.redundancy;
    }
  }
  return made;
}

session::DtmfSettings settings_of(const SessionSpec& spec, const LegSpec& leg) {
  const auto codecs = leg.codecs.span();
  session::DtmfSettings settings;
  settings.takes_events = leg.dtmf.receive_rfc4733 != DtmfReceive::kOff;
  settings.takes_info = leg.dtmf.receive_sip_info != DtmfReceive::kOff;
  // Of what events tell of as well, tones that pass would be a second press.
  settings.cuts_tones = !tones_may_pass(spec, leg) || event_format(codecs, 8000) != nullptr;
  settings.block = leg.dtmf.block;
  settings.guard_ms = listens(spec, leg) ? leg.dtmf.tone_guard_ms : std::uint16_t{0};
  settings.send = send_of(leg);
  settings.keep_audio = leg.dtmf.keep_audio;
  settings.level = leg.dtmf.level_dbm0;
  settings.packet_ms = leg.ptime_ms == 0 ? kDefaultPacketMs : std::min(leg.ptime_ms, kMaxPacketMs);
  if (const CodecFormat* const audio = first_audio(codecs)) {
    settings.audio_clock_rate = audio->params.clock_rate;
  }
  for (const CodecFormat& format : leg.codecs) {
    if (format.params.id == CodecId::kTelephoneEvent) {
      settings.event_formats.push_back(events_of(leg, format));
    }
  }
  if (makes_tones(spec, leg)) {
    const CodecFormat& tones = *tone_format(leg);
    settings.tone_payload_type = tones.payload_type;
    settings.tone_clock_rate = tones.params.clock_rate;
    if (tones.params.id == CodecId::kL16) {
      const std::uint32_t bytes_per_ms = 2U * tones.params.channels * tones.params.clock_rate / 1000;
      settings.packet_ms =
          std::min(settings.packet_ms, static_cast<std::uint16_t>(media::ToneSource::kRoom / bytes_per_ms));
    }
  }
  return settings;
}

}  // namespace

bool listens(const SessionSpec& spec, const LegSpec& leg) {
  if (leg.codecs.empty() || leg.dtmf.receive_in_band == DtmfReceive::kOff) {
    return false;
  }
  if (leg.dtmf.receive_in_band == DtmfReceive::kOn) {
    return true;
  }
  return event_format(leg.codecs.span(), 8000) == nullptr && !tones_may_pass(spec, leg);
}

bool is_listened_to_only(const SessionSpec& spec, const LegSpec& sink) {
  std::size_t feeders = 0;
  std::size_t listened = 0;
  for (const LegSpec& from : spec.legs) {
    if (std::ranges::find(from.sinks, sink.id) != from.sinks.end()) {
      ++feeders;
      listened += listens(spec, from) ? 1U : 0U;
    }
  }
  return feeders == 1 && listened == 1;
}

Expected<void> plan_dtmf(const SessionSpec& spec, std::size_t index, session::Leg& leg, DtmfRecord& record,
                         session::LegPlan& plan) {
  const LegSpec& wish = spec.legs[index];
  const bool hears = listens(spec, wish);
  SharedList<CodecFormat> heard = hears ? wish.codecs : SharedList<CodecFormat>{};
  const auto tones = makes_tones(spec, wish) ? std::optional(tone_format(wish)->params) : std::nullopt;
  if (!(heard == record.heard) && hears) {
    auto listener = media::ToneListener::make(heard.span());
    if (!listener) {
      return tl::unexpected(listener.error());
    }
    plan.listener = std::move(*listener);
  }
  if (tones != record.tones && tones) {
    auto source = media::ToneSource::make(*tones);
    if (!source) {
      return tl::unexpected(source.error());
    }
    plan.tones = std::move(*source);
  }
  plan.changes_listener = !(heard == record.heard);
  plan.changes_tones = tones != record.tones;
  if (!wish.codecs.empty()) {
    plan.dtmf_settings = settings_of(spec, wish);
    if (record.state == nullptr) {
      plan.dtmf = std::make_unique<session::DtmfLeg>(leg, *leg.rtp);
      record.state = plan.dtmf.get();
    }
    if (plan.dtmf_settings->guard_ms != 0 && !record.holds) {
      plan.dtmf_hold = std::make_unique<session::DtmfHold>();
      record.holds = true;
    }
  }
  record.heard = std::move(heard);
  record.tones = tones;
  return {};
}

void fill_dtmf(const DtmfRecord& record, LegStats& stats) {
  if (record.state == nullptr) {
    return;
  }
  for (std::size_t way = 0; way < kDtmfWayCount; ++way) {
    for (std::size_t what = 0; what < kDtmfCountCount; ++what) {
      stats.dtmf[way][what] = record.state->counts[way][what].get();
    }
  }
}

}  // namespace pollux::worker
