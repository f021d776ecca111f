#include "controlplane/cli/render_quality.hpp"

#include <algorithm>

#include "controlplane/cli/format.hpp"

namespace pollux::cli {

namespace {

constexpr double kFairMos = 3.6;  // below: many users dissatisfied (ITU-T G.107, annex B)
constexpr double kPoorMos = 3.1;  // below: nearly all

std::string milliseconds(double value) {
  return decimal(value, 1) + " ms";
}

std::string loss_text(const v1::StreamQuality& quality) {
  return quality.expected() == 0
             ? "-"
             : human_percent(static_cast<double>(quality.lost()) / static_cast<double>(quality.expected()));
}

std::optional<double> value_of(bool has, double value) {
  return has ? std::optional(value) : std::nullopt;
}

std::optional<double> least(std::optional<double> a, std::optional<double> b) {
  return !a ? b : !b ? a : std::min(*a, *b);
}

std::string party_line(const v1::LegState& leg) {
  const auto& report = leg.quality().party_report();
  return "leg " + leg.leg_id() + " reports of what it gets from us: " + decimal(report.loss_percent(), 1) +
         " % lost, " + std::to_string(report.lost()) + " packets in all, jitter " +
         milliseconds(report.jitter_ms()) + " (" + human_duration(seconds_of(report.age())) + " ago)\n";
}

}  // namespace

std::string render_quality(const v1::SessionState& state, const Style& style) {
  Table table({{"LEG"},
               {"CODEC"},
               {"PTIME", Align::kRight},
               {"LOST", Align::kRight},
               {"REORDERED", Align::kRight},
               {"DUPLICATES", Align::kRight},
               {"GAPS", Align::kRight},
               {"LONGEST", Align::kRight},
               {"JITTER", Align::kRight},
               {"MAX", Align::kRight},
               {"TALK", Align::kRight},
               {"SILENCE", Align::kRight},
               {"RTT", Align::kRight},
               {"SSRCS", Align::kRight},
               {"MOS", Align::kRight},
               {"LOWEST", Align::kRight}});
  std::string reports;
  for (const auto& leg : state.legs()) {
    if (!leg.has_quality()) {
      continue;
    }
    const auto& quality = leg.quality();
    table.add({leg.leg_id(), quality.codec().empty() ? "-" : printable(quality.codec()),
               quality.ptime_ms() > 0 ? decimal(quality.ptime_ms(), 0) + " ms" : "-", loss_text(quality),
               human_count(quality.reordered()), human_count(quality.duplicates()),
               human_count(quality.gaps()), std::to_string(quality.longest_gap()),
               milliseconds(quality.jitter_ms()), milliseconds(quality.max_jitter_ms()),
               human_duration(seconds_of(quality.talk())), human_duration(seconds_of(quality.silence())),
               quality.has_round_trip_ms() ? milliseconds(quality.round_trip_ms()) : "-",
               human_count(quality.stream_changes() + 1),
               mos_cell(value_of(quality.has_mos(), quality.mos())),
               mos_cell(value_of(quality.has_lowest_mos(), quality.lowest_mos()))});
    reports += quality.has_party_report() ? party_line(leg) : "";
  }
  return table.empty() ? "" : table.render(style) + reports;
}

std::string render_leg_drops(const v1::SessionState& state, const Style& style) {
  Table table({{"LEG"}, {"DROPPED", Align::kRight}, {"REASON"}, {"MEANING"}});
  for (const auto& leg : state.legs()) {
    std::vector<v1::DropCounter> drops(leg.drops().begin(), leg.drops().end());
    std::stable_sort(drops.begin(), drops.end(),
                     [](const auto& a, const auto& b) { return a.packets() > b.packets(); });
    for (const auto& drop : drops) {
      table.add(
          {leg.leg_id(), human_count(drop.packets()), Cell(drop.reason(), Tone::kWarning), drop.help()});
    }
  }
  return table.empty() ? "" : table.render(style);
}

std::string quality_words(const v1::StreamQuality& quality) {
  std::string out;
  if (quality.has_mos()) {
    out = "MOS " + decimal(quality.mos(), 1);
    out += quality.has_lowest_mos() ? " (lowest " + decimal(quality.lowest_mos(), 1) + ")" : "";
  }
  if (quality.expected() > 0) {
    out +=
        (out.empty() ? "" : ", ") + loss_text(quality) + " lost, jitter " + milliseconds(quality.jitter_ms());
  }
  return out;
}

std::optional<double> worst_mos(const v1::Session& session) {
  std::optional<double> worst;
  for (const auto& leg : session.state().legs()) {
    worst = least(worst, value_of(leg.quality().has_mos(), leg.quality().mos()));
  }
  return worst;
}

std::optional<double> lowest_mos(const v1::Session& session) {
  std::optional<double> lowest = worst_mos(session);
  for (const auto& leg : session.state().legs()) {
    lowest = least(lowest, value_of(leg.quality().has_lowest_mos(), leg.quality().lowest_mos()));
  }
  return lowest;
}

Cell mos_cell(std::optional<double> mos) {
  if (!mos) {
    return "-";
  }
  return {decimal(*mos, 1), *mos < kPoorMos ? Tone::kBad : *mos < kFairMos ? Tone::kWarning : Tone::kPlain};
}

}  // namespace pollux::cli
