#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_quality.hpp"
#include "controlplane/cli/render_session.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/verdict.hpp"

namespace pollux::cli {

namespace {

constexpr std::size_t kStateWidth = 96;

// A list's lines stay short: the rest is in `session show`.
std::string shortened(const std::string& text) {
  if (text.size() <= kStateWidth) {
    return text;
  }
  std::size_t end = kStateWidth;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;  // not within a character of UTF-8
  }
  return text.substr(0, end) + "…";
}

std::string age_text(const v1::Session& session, double now_seconds) {
  return session.state().has_create_time()
             ? human_duration(now_seconds - seconds_of(session.state().create_time()))
             : "-";
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
               {"MOS", Align::kRight},
               {"LOWEST", Align::kRight},
               {"STATE"}});
  for (const auto& session : sessions) {
    std::string legs;
    for (const auto& leg : session.spec().legs()) {
      legs += (legs.empty() ? "" : " ") + leg.leg_id();
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
               legs, human_count(received), human_count(sent), human_count(dropped),
               mos_cell(worst_mos(session)), mos_cell(lowest_mos(session)),
               Cell(shortened(summary.text), summary.tone)});
  }
  std::string out = table.render(style);
  if (total > sessions.size()) {
    out += std::to_string(sessions.size()) + " of " + std::to_string(total) +
           " sessions; --all shows all, --limit N so many.\n";
  }
  return out;
}

}  // namespace pollux::cli
