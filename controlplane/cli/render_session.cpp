#include "controlplane/cli/render_session.hpp"

#include <map>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/leg_view.hpp"
#include "controlplane/cli/load.hpp"
#include "controlplane/cli/render_dtmf.hpp"
#include "controlplane/cli/render_media.hpp"
#include "controlplane/cli/render_quality.hpp"
#include "controlplane/cli/render_srtp.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/verdict.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

std::string heard_text(const v1::StreamState& stream) {
  return stream.has_last_rx_age() ? human_duration(seconds_of(stream.last_rx_age())) + " ago" : "never";
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const auto& part : parts) {
    out += (out.empty() ? "" : separator) + part;
  }
  return out;
}

std::string timeout_text(const v1::SessionSpec& spec) {
  if (!spec.has_media_timeout()) {
    return "after the node's default of silence";
  }
  const double seconds = seconds_of(spec.media_timeout());
  return seconds <= 0 ? "never, however silent" : "after " + human_duration(seconds) + " of silence";
}

std::string payload_types_text(const v1::LegSpec& leg) {
  std::vector<std::string> parts;
  for (const auto& mapping : leg.payload_types()) {
    parts.push_back(std::to_string(mapping.wire()) + "→" + std::to_string(mapping.common()) +
                    (mapping.clock_rate() == 0 ? "" : "@" + std::to_string(mapping.clock_rate())) +
                    (mapping.encoding().empty() ? "" : "/" + printable(mapping.encoding())));
  }
  return parts.empty() ? "all" : join(parts, " ");
}

void add_media(const v1::LegSpec& leg, std::vector<std::string>& parts) {
  parts.push_back("codecs " + codecs_text(leg));
  if (leg.ptime_ms() > 0) {
    parts.push_back("ptime " + std::to_string(leg.ptime_ms()) + " ms");
  }
  if (leg.has_jitter_window_ms()) {
    parts.push_back("jitter window " + std::to_string(leg.jitter_window_ms()) + " ms");
  }
  if (leg.silence() == v1::SILENCE_POLICY_NOTHING) {
    parts.push_back("nothing sent in silence");
  }
  if (leg.dtx()) {
    parts.push_back("DTX");
  }
  if (leg.rtcp_xr()) {
    parts.push_back("RTCP XR");
  }
  if (const std::string dtmf = dtmf_text(leg); !dtmf.empty()) {
    parts.push_back(dtmf);
  }
}

std::string leg_line(const v1::LegSpec& leg) {
  std::vector<std::string> parts;
  if (!leg.network().empty()) {
    parts.push_back("network " + leg.network());
  }
  parts.push_back(family_word(leg));
  parts.push_back(word(leg.direction()));
  if (leg.rtcp_mux()) {
    parts.push_back("rtcp-mux");
  }
  parts.push_back("learning " + word(leg.learning()));
  parts.push_back(word(leg.source_policy()));
  parts.push_back("stream " + word(leg.stream_mode()));
  parts.push_back(leg.has_dscp() ? "DSCP " + std::to_string(leg.dscp()) : "the network's DSCP");
  if (leg.codecs().empty()) {
    parts.push_back("payload types " + payload_types_text(leg));
  } else {
    add_media(leg, parts);
  }
  if (leg.has_remote_rtp()) {
    parts.push_back("signalled " + address_text(leg.remote_rtp()));
  }
  if (!leg.sinks().empty()) {
    parts.push_back("sinks " + join({leg.sinks().begin(), leg.sinks().end()}, " "));
  }
  return join(parts, ", ");
}

Cell next_hop_cell(const v1::StreamState& stream) {
  switch (stream.next_hop()) {
    case v1::NEXT_HOP_RESOLVED:
      return "resolved";
    case v1::NEXT_HOP_UNRESOLVED:
      return {"UNRESOLVED", Tone::kBad};
    case v1::NEXT_HOP_NO_ROUTE:
      return {"NO ROUTE", Tone::kBad};
    default:
      return "-";
  }
}

void add_stream(Table& table, const std::string& leg_id, const char* name, const v1::StreamState& stream) {
  table.add({leg_id, name, stream.has_local() ? address_text(stream.local()) : "-",
             stream.has_destination() ? Cell(address_text(stream.destination()))
                                      : Cell("nowhere yet", Tone::kWarning),
             stream.source_confirmed() ? Cell("yes") : Cell("no", Tone::kFaint), next_hop_cell(stream),
             human_count(stream.rx_packets()), human_count(stream.tx_packets()), heard_text(stream),
             stream.dropped() == 0 ? Cell("0") : Cell(human_count(stream.dropped()), Tone::kWarning),
             stream.rx_packets() == 0 ? "-" : hex_ssrc(stream.ssrc())});
}

std::string stream_table(const v1::SessionState& state, const Style& style) {
  Table table({{"LEG"},
               {"STREAM"},
               {"LOCAL"},
               {"DESTINATION"},
               {"CONFIRMED"},
               {"NEXT HOP"},
               {"IN", Align::kRight},
               {"OUT", Align::kRight},
               {"LAST HEARD", Align::kRight},
               {"DROPPED", Align::kRight},
               {"SSRC"}});
  for (const auto& leg : state.legs()) {
    add_stream(table, leg.leg_id(), "RTP", leg.rtp());
    add_stream(table, leg.leg_id(), "RTCP", leg.rtcp());
  }
  return table.empty() ? "" : table.render(style);
}

std::string worker_line(const v1::Session& session, std::optional<double> load, const Style& style) {
  std::string line = "  worker  " + std::to_string(session.state().worker());
  if (load) {
    const bool high = *load >= kOverloaded;
    line += " (" +
            style.paint(high ? Tone::kBad : Tone::kPlain,
                        "load " + decimal(*load * 100, 0) + " %" +
                            (high ? ": OVERLOADED, packets may be lost here; polluxctl top" : "")) +
            ")";
  }
  if (session.state().has_media_worker()) {
    line += ", transcoding on worker " + std::to_string(session.state().media_worker()) + " (reckoned at " +
            decimal(session.state().media_cost() * 100, 1) + " % of its core)";
  }
  return line + "\n";
}

std::string verdict_lines(const v1::Session& session, const Style& style) {
  std::string out;
  for (const auto& verdict : verdicts(session)) {
    out += style.paint(verdict.tone(), verdict.line()) + "\n";
    out += verdict.advice.empty() ? "" : "  what to do: " + verdict.advice + "\n";
    for (const auto& remark : verdict.remarks) {
      out += "  note: " + remark + "\n";
    }
  }
  return out;
}

std::string head(const v1::Session& session, double now_seconds, std::optional<double> worker_load,
                 const Style& style) {
  std::string out = style.paint(Tone::kHeading, "Session " + session.session_id()) + "\n";
  const auto& state = session.state();
  out += "  age     " + (state.has_create_time()
                             ? human_duration(now_seconds - seconds_of(state.create_time())) + " (since " +
                                   utc_time(state.create_time()) + ")"
                             : std::string("-"));
  out += "\n" + worker_line(session, worker_load, style) + "  ends    " + timeout_text(session.spec()) + "\n";
  const std::map<std::string, std::string> labels(session.spec().labels().begin(),
                                                  session.spec().labels().end());
  for (const auto& [key, value] : labels) {
    out += "  label   " + printable(key + "=" + value) + "\n";
  }
  for (const auto& leg : session.spec().legs()) {
    const LegView view = find_leg(session, leg.leg_id());
    out += "  leg " + leg.leg_id() + ": " + leg_line(leg) +
           (view.state->port().empty() ? "" : ", port " + view.state->port()) +
           (view.port_down() ? " " + style.paint(Tone::kBad, "DOWN") : "") + "\n";
  }
  return out;
}

}  // namespace

std::string render_session(const v1::Session& session, double now_seconds, std::optional<double> worker_load,
                           const Style& style) {
  std::string out = head(session, now_seconds, worker_load, style);
  for (const std::string& part :
       {stream_table(session.state(), style), render_srtp(session, style), render_media(session, style),
        render_dtmf(session, style), render_quality(session.state(), style),
        render_leg_drops(session.state(), style), verdict_lines(session, style)}) {
    out += part.empty() ? "" : "\n" + part;
  }
  return out;
}

}  // namespace pollux::cli
