#include "controlplane/cli/render_dtmf.hpp"

#include <algorithm>
#include <vector>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/leg_view.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const auto& part : parts) {
    out += (out.empty() ? "" : separator) + part;
  }
  return out;
}

v1::DtmfSend send_of(v1::DtmfWay way) {
  switch (way) {
    case v1::DTMF_WAY_IN_BAND:
      return v1::DTMF_SEND_IN_BAND;
    case v1::DTMF_WAY_RFC4733:
      return v1::DTMF_SEND_RFC4733;
    case v1::DTMF_WAY_SIP_INFO:
      return v1::DTMF_SEND_SIP_INFO;
    default:
      return v1::DTMF_SEND_UNSPECIFIED;
  }
}

Cell count_cell(std::uint64_t count, Tone tone = Tone::kPlain) {
  return count == 0 ? Cell("0") : Cell(human_count(count), tone);
}

std::string way_table(const v1::SessionState& state, const Style& style) {
  Table table({{"LEG"},
               {"KEY PRESSES BY"},
               {"TAKEN"},
               {"SEEN", Align::kRight},
               {"MERGED", Align::kRight},
               {"REPAIRED", Align::kRight},
               {"SENT BY IT"},
               {"SENT", Align::kRight},
               {"REFUSED", Align::kRight}});
  for (const auto& leg : state.legs()) {
    for (const auto& way : leg.dtmf().ways()) {
      const bool sends = send_of(way.way()) == leg.dtmf().send();
      if (!sends && !way.received() && way.seen() + way.sent() + way.refused() == 0) {
        continue;
      }
      table.add({leg.leg_id(), word(way.way()), way.received() ? Cell("yes") : Cell("no", Tone::kFaint),
                 count_cell(way.seen()), count_cell(way.merged()), count_cell(way.repaired(), Tone::kWarning),
                 sends ? Cell("yes") : Cell("no", Tone::kFaint), count_cell(way.sent()),
                 count_cell(way.refused(), Tone::kWarning)});
    }
  }
  return table.empty() ? "" : table.render(style);
}

const v1::DtmfWayState& find_way(const v1::DtmfState& state, v1::DtmfWay way) {
  const auto found = std::find_if(state.ways().begin(), state.ways().end(),
                                  [way](const auto& candidate) { return candidate.way() == way; });
  return found == state.ways().end() ? v1::DtmfWayState::default_instance() : *found;
}

bool blocked(const v1::LegSpec& leg) {
  return leg.dtmf().block() != v1::DTMF_BLOCK_UNSPECIFIED && leg.dtmf().block() != v1::DTMF_BLOCK_OFF;
}

// What somebody has to know who asks why a party doesn't get the other one's keys.
std::vector<std::string> notes_of(const v1::Session& session, const v1::LegSpec& leg) {
  std::vector<std::string> notes;
  const v1::DtmfState& state = find_leg(session, leg.leg_id()).state->dtmf();
  const std::string who = "leg " + leg.leg_id();
  std::uint64_t seen = 0;
  std::uint64_t refused = 0;
  for (const auto& way : state.ways()) {
    seen += way.seen();
    refused += way.refused();
  }
  if (blocked(leg)) {
    notes.push_back("key presses of " + who + " are kept from its sinks (block: " + word(leg.dtmf().block()) +
                    "); polluxctl dtmf unblock " + session.session_id() + " " + leg.leg_id());
  }
  if (seen == 0 && !find_way(state, v1::DTMF_WAY_IN_BAND).received() &&
      find_way(state, v1::DTMF_WAY_RFC4733).received()) {
    notes.push_back("no key press of " + who +
                    " has come. It agreed to telephone-event, so tones in its audio aren't looked for: if it "
                    "sends those all the same, dtmf-receive=in-band");
  }
  if (refused > 0) {
    notes.push_back(who + ": " + human_count(refused) +
                    " key presses refused: by a way that isn't taken, an event that isn't in the fmtp of "
                    "telephone-event, or more than 64 waiting");
  }
  for (const auto& sink : sinks_of(session, leg)) {
    const v1::DtmfSend send = find_leg(session, sink).state->dtmf().send();
    if (send == v1::DTMF_SEND_NONE) {
      notes.push_back("leg " + sink + " gets no key presses of " + who + ": its dtmf-send is none");
    } else if (send == v1::DTMF_SEND_SIP_INFO && !blocked(leg)) {
      notes.push_back(
          "leg " + sink + " gets those of " + who +
          " by SIP INFO, which the signalling has to send: polluxctl events shows what it is told");
    }
  }
  return notes;
}

}  // namespace

std::string render_dtmf(const v1::Session& session, const Style& style) {
  std::string out = way_table(session.state(), style);
  if (out.empty()) {
    return out;
  }
  for (const auto& leg : session.spec().legs()) {
    for (const std::string& note : notes_of(session, leg)) {
      out += "  note: " + note + "\n";
    }
  }
  return out;
}

std::string press_text(const v1::Event& event) {
  const v1::DtmfEvent& press = event.dtmf();
  const std::string digit = press.digit() == "!" ? "flash" : printable(press.digit());
  const bool ends = press.phase() == v1::DTMF_PHASE_END;
  std::string text = "leg " + event.leg_id();
  if (event.outgoing()) {
    text += ends ? ": " + digit + " is to be sent by SIP INFO" : ": " + digit + " begins, for SIP INFO";
  } else {
    text += (ends ? " pressed " : " presses ") + digit + " (" + word(press.way()) + ")";
  }
  if (ends) {
    text += ", " + std::to_string(press.duration_ms()) + " ms";
  }
  if (press.has_volume_dbm0()) {
    text += ", " + std::to_string(press.volume_dbm0()) + " dBm0";
  }
  if (!event.outgoing() && !press.info_leg_ids().empty()) {
    text += "; SIP INFO due to leg " + join({press.info_leg_ids().begin(), press.info_leg_ids().end()}, ", ");
  }
  return text;
}

std::string dtmf_text(const v1::LegSpec& leg) {
  const v1::DtmfPolicy& policy = leg.dtmf();
  std::vector<std::string> parts;
  const auto add_way = [&parts](v1::DtmfReceive wish, const char* way) {
    if (wish == v1::DTMF_RECEIVE_ON || wish == v1::DTMF_RECEIVE_OFF) {
      parts.push_back(std::string(way) + (wish == v1::DTMF_RECEIVE_ON ? " taken" : " not taken"));
    }
  };
  if (policy.send() != v1::DTMF_SEND_UNSPECIFIED && policy.send() != v1::DTMF_SEND_AUTO) {
    parts.push_back("sent " + word(policy.send()));
  }
  add_way(policy.receive_in_band(), "in-band");
  add_way(policy.receive_rfc4733(), "RFC 4733");
  add_way(policy.receive_sip_info(), "SIP INFO");
  if (blocked(leg)) {
    parts.push_back("blocked (" + word(policy.block()) + ")");
  }
  if (policy.tone_guard_ms() > 0) {
    parts.push_back("guard " + std::to_string(policy.tone_guard_ms()) + " ms");
  }
  if (policy.has_level_dbm0() && policy.level_dbm0() != -8) {
    parts.push_back("level " + std::to_string(policy.level_dbm0()) + " dBm0");
  }
  if (policy.keep_audio()) {
    parts.push_back("audio kept");
  }
  return parts.empty() ? "" : "DTMF " + join(parts, ", ");
}

}  // namespace pollux::cli
