#include "controlplane/cli/render_session.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/verdict.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

std::string age_text(const v1::Session& session, double now_seconds) {
  return session.state().has_create_time()
             ? human_duration(now_seconds - seconds_of(session.state().create_time()))
             : "-";
}

std::string heard_text(const v1::StreamState& stream) {
  return stream.has_last_rx_age() ? human_duration(seconds_of(stream.last_rx_age())) + " ago" : "never";
}

// Share of the packets that the sender numbered and we never got (RFC 3550 A.3).
std::string loss_text(const v1::StreamState& stream) {
  if (stream.rx_packets() == 0) {
    return "-";
  }
  if (stream.lost() < 0) {
    return "0.00 % (" + human_count(static_cast<std::uint64_t>(-stream.lost())) + " duplicates)";
  }
  const auto lost = static_cast<double>(stream.lost());
  return human_percent(lost / (lost + static_cast<double>(stream.rx_packets())));
}

// The clock that the jitter is counted in: that of the leg's first mapped format; without a map that of most
// telephony formats. The API doesn't say which format the packets have.
double clock_rate(const v1::LegSpec& leg) {
  if (leg.payload_types().empty()) {
    return 8000;
  }
  const auto& mapping = leg.payload_types(0);
  if (mapping.clock_rate() != 0) {
    return mapping.clock_rate();
  }
  switch (mapping.wire()) {  // RFC 3551 tables 4 and 5, those that differ from 8000
    case 6:
      return 16000;
    case 10:
    case 11:
      return 44100;
    case 16:
      return 11025;
    case 17:
      return 22050;
    case 14:
    case 25:
    case 26:
    case 28:
    case 31:
    case 32:
    case 33:
    case 34:
      return 90000;
    default:
      return 8000;
  }
}

std::string jitter_text(const v1::LegSpec& leg, const v1::StreamState& stream) {
  if (stream.rx_packets() == 0) {
    return "-";
  }
  const double ms = stream.jitter_rtp_ticks() * 1000.0 / clock_rate(leg);
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f ms", ms);
  return buffer;
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
                    (mapping.clock_rate() == 0 ? "" : "@" + std::to_string(mapping.clock_rate())));
  }
  return parts.empty() ? "all" : join(parts, " ");
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
  parts.push_back("payload types " + payload_types_text(leg));
  if (leg.has_remote_rtp()) {
    parts.push_back("signalled " + address_text(leg.remote_rtp()));
  }
  if (!leg.sinks().empty()) {
    parts.push_back("sinks " + join({leg.sinks().begin(), leg.sinks().end()}, " "));
  }
  return join(parts, ", ");
}

void add_stream(Table& table, const std::string& leg_id, const v1::LegSpec& spec, bool rtcp,
                const v1::StreamState& stream) {
  table.add({leg_id, rtcp ? "RTCP" : "RTP", stream.has_local() ? address_text(stream.local()) : "-",
             stream.has_destination() ? Cell(address_text(stream.destination()))
                                      : Cell("nowhere yet", Tone::kWarning),
             stream.source_confirmed() ? Cell("yes") : Cell("no", Tone::kFaint),
             human_count(stream.rx_packets()), human_count(stream.tx_packets()),
             rtcp ? "-" : loss_text(stream), rtcp ? "-" : jitter_text(spec, stream), heard_text(stream),
             stream.dropped() == 0 ? Cell("0") : Cell(human_count(stream.dropped()), Tone::kWarning),
             stream.rx_packets() == 0 ? "-" : hex_ssrc(stream.ssrc())});
}

}  // namespace

std::string render_session_list(const std::vector<v1::Session>& sessions, std::uint64_t total,
                                double now_seconds, const Style& style) {
  if (sessions.empty()) {
    return "No sessions.\n";
  }
  Table table({{"SESSION"},
               {"AGE", Align::kRight},
               {"WORKER", Align::kRight},
               {"LEGS"},
               {"IN", Align::kRight},
               {"OUT", Align::kRight},
               {"DROPPED", Align::kRight},
               {"STATE"}});
  for (const auto& session : sessions) {
    std::vector<std::string> legs;
    for (const auto& leg : session.spec().legs()) {
      legs.push_back(leg.leg_id());
    }
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;
    for (const auto& leg : session.state().legs()) {
      received += leg.rtp().rx_packets();
      sent += leg.rtp().tx_packets();
      dropped += leg.rtp().dropped();
    }
    const Summary summary = summarize(session);
    table.add({session.session_id(), age_text(session, now_seconds), std::to_string(session.state().worker()),
               join(legs, " "), human_count(received), human_count(sent), human_count(dropped),
               Cell(summary.text, summary.tone)});
  }
  std::string out = table.render(style);
  if (total > sessions.size()) {
    out += std::to_string(sessions.size()) + " of " + std::to_string(total) +
           " sessions; --all shows all, --limit N so many.\n";
  }
  return out;
}

std::string render_session(const v1::Session& session, double now_seconds, const Style& style) {
  std::string out = style.paint(Tone::kHeading, "Session " + session.session_id()) + "\n";
  out += "  age     " + age_text(session, now_seconds);
  if (session.state().has_create_time()) {
    out += " (since " + utc_time(session.state().create_time()) + ")";
  }
  out += "\n  worker  " + std::to_string(session.state().worker()) + "\n  ends    " +
         timeout_text(session.spec()) + "\n";
  const std::map<std::string, std::string> labels(session.spec().labels().begin(),
                                                  session.spec().labels().end());
  for (const auto& [key, value] : labels) {
    out += "  label   " + printable(key + "=" + value) + "\n";
  }
  for (const auto& leg : session.spec().legs()) {
    out += "  leg " + leg.leg_id() + ": " + leg_line(leg) + "\n";
  }
  Table table({{"LEG"},
               {"STREAM"},
               {"LOCAL"},
               {"DESTINATION"},
               {"CONFIRMED"},
               {"IN", Align::kRight},
               {"OUT", Align::kRight},
               {"LOSS", Align::kRight},
               {"JITTER", Align::kRight},
               {"LAST HEARD", Align::kRight},
               {"DROPPED", Align::kRight},
               {"SSRC"}});
  for (const auto& state : session.state().legs()) {
    const auto& legs = session.spec().legs();
    const auto spec = std::find_if(legs.begin(), legs.end(),
                                   [&](const v1::LegSpec& leg) { return leg.leg_id() == state.leg_id(); });
    const v1::LegSpec& leg = spec == legs.end() ? v1::LegSpec::default_instance() : *spec;
    add_stream(table, state.leg_id(), leg, false, state.rtp());
    add_stream(table, state.leg_id(), leg, true, state.rtcp());
  }
  if (!table.empty()) {
    out += "\n" + table.render(style);
  }
  const auto all = verdicts(session);
  out += all.empty() ? "" : "\n";
  for (const auto& verdict : all) {
    out += style.paint(verdict.tone(), verdict.line()) + "\n";
  }
  return out;
}

}  // namespace pollux::cli
