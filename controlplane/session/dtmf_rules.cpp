#include "controlplane/session/dtmf_rules.hpp"

#include <algorithm>
#include <span>

namespace pollux::control {

namespace {

std::span<const CodecFormat> codecs_of(const LegRequest& leg) {
  return std::span(leg.codecs).first(std::min(leg.codecs.size(), kMaxCodecs));
}

bool has_events(const LegRequest& leg) {
  return event_format(codecs_of(leg), 8000) != nullptr;
}

bool feeds(const LegRequest& from, const LegRequest& to) {
  const auto end = from.sinks.begin() + static_cast<std::ptrdiff_t>(std::min(from.sinks.size(), kMaxLegs));
  return std::find(from.sinks.begin(), end, to.id) != end;
}

class DtmfCheck {
 public:
  DtmfCheck(const LegRequest& leg, std::string path, Violations& violations)
      : leg_(leg), path_(std::move(path)), violations_(violations) {}

  void run() {
    if (leg_.codecs.empty()) {
      if (leg_.dtmf != DtmfPolicy{}) {
        add("dtmf", "has an effect only with codecs: give the leg codecs, or leave this out");
      }
      return;
    }
    send();
    receive();
    ranges();
    redundancy();
  }

 private:
  void send() {
    if (leg_.dtmf.send == DtmfSend::kRfc4733 && !has_events(leg_)) {
      add("dtmf.send", "can't be RFC4733: codecs has no telephone-event; offer it to the party, or use AUTO");
    }
    const CodecFormat* const audio = first_audio(codecs_of(leg_));
    if (leg_.dtmf.send == DtmfSend::kInBand && audio != nullptr && !carries_tones(audio->params.id)) {
      add("dtmf.send",
          "can't be IN_BAND: " + std::string(codec_facts(audio->params.id).name) +
              ", the first audio codec, doesn't carry tones; offer telephone-event to the party, "
              "or use SIP_INFO");
    }
  }

  void receive() {
    if (leg_.dtmf.receive_rfc4733 == DtmfReceive::kOn && !has_events(leg_)) {
      add("dtmf.receive_rfc4733",
          "can't be ON: codecs has no telephone-event; offer it to the party, or use AUTO");
    }
  }

  void ranges() {
    if (leg_.dtmf.tone_guard_ms > kMaxToneGuardMs) {
      add("dtmf.tone_guard_ms", "must be 0.." + std::to_string(kMaxToneGuardMs) + ", not " +
                                    std::to_string(leg_.dtmf.tone_guard_ms));
    }
    if (leg_.dtmf.level_dbm0 > kMaxDtmfLevel) {
      add("dtmf.level_dbm0", "must be -" + std::to_string(kMaxDtmfLevel) + "..0");
    }
  }

  // RFC 2198: what is inside must be a format of the same clock.
  void redundancy() {
    const auto codecs = codecs_of(leg_);
    for (std::size_t i = 0; i < codecs.size(); ++i) {
      if (codecs[i].params.id != CodecId::kRed) {
        continue;
      }
      const auto inside =
          std::ranges::find(codecs, codecs[i].params.redundant_payload_type, &CodecFormat::payload_type);
      const std::string at = "codecs[" + std::to_string(i) + "].";
      const std::string number = std::to_string(codecs[i].params.redundant_payload_type);
      if (inside == codecs.end() || inside->params.id != CodecId::kTelephoneEvent) {
        add(at + "fmtp",
            number +
                " must be the payload type of the leg's telephone-event: only that is "
                "repeated in red; " +
                (inside == codecs.end() ? "codecs has none with this number"
                                        : "it is " + std::string(codec_facts(inside->params.id).name)));
      } else if (inside->params.clock_rate != codecs[i].params.clock_rate) {
        add(at + "clock_rate", "must be " + std::to_string(inside->params.clock_rate) +
                                   ", as of payload type " + number + " inside, not " +
                                   std::to_string(codecs[i].params.clock_rate));
      }
    }
  }

  void add(const std::string& field, std::string description) {
    violations_.push_back({path_ + "." + field, std::move(description)});
  }

  const LegRequest& leg_;
  std::string path_;
  Violations& violations_;
};

bool believed(DtmfReceive wish, bool by_itself) {
  return wish == DtmfReceive::kOn || (wish == DtmfReceive::kAuto && by_itself);
}

}  // namespace

void check_dtmf(const SessionRequest& request, const LegPath& leg_path, Violations& violations) {
  for (std::size_t i = 0; i < std::min(request.legs.size(), kMaxLegs); ++i) {
    DtmfCheck(request.legs[i], leg_path(i), violations).run();
  }
}

DtmfWays dtmf_ways(const SessionRequest& request, const LegRequest& leg) {
  const bool events = has_events(leg);
  const bool needed =
      leg.dtmf.block != DtmfBlock::kOff || std::ranges::any_of(request.legs, [&leg](const LegRequest& other) {
        return !other.codecs.empty() && feeds(leg, other) &&
               resolve_send(other.codecs, other.dtmf.send) != DtmfSend::kInBand;
      });
  DtmfWays ways;
  ways.send = resolve_send(leg.codecs, leg.dtmf.send);
  ways.received = {believed(leg.dtmf.receive_in_band, !events && needed),
                   believed(leg.dtmf.receive_rfc4733, events), believed(leg.dtmf.receive_sip_info, true)};
  return ways;
}

std::vector<std::string> info_legs(const SessionRequest& request, const LegRequest& leg, bool outgoing) {
  if (outgoing) {
    return {leg.id};
  }
  std::vector<std::string> ids;
  if (leg.dtmf.block != DtmfBlock::kOff) {
    return ids;
  }
  for (const LegRequest& other : request.legs) {
    if (!other.codecs.empty() && feeds(leg, other) &&
        resolve_send(other.codecs, other.dtmf.send) == DtmfSend::kSipInfo) {
      ids.push_back(other.id);
    }
  }
  return ids;
}

}  // namespace pollux::control
