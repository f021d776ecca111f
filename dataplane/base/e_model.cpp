#include "dataplane/base/e_model.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <string>

namespace pollux {

namespace {

struct Row {
  std::string_view encoding;
  Impairment impairment;
};

// G.113 Appendix I, tables I.1 to I.4; G.711 with packet loss concealment. The rows after GSM-EFR stand in no
// table of G.113: their Ie are those of their nearest relative there.
constexpr auto kRows = std::to_array<Row>({
    {"PCMU", {0, 25.1}},
    {"PCMA", {0, 25.1}},
    {"G729", {10, 19}},
    {"G723", {15, 16.1}},
    {"GSM", {20, 43}},
    {"GSM-EFR", {5, 10}},
    {"G726-16", {50, 10}},
    {"G726-24", {25, 10}},
    {"G726-32", {7, 10}},
    {"G726-40", {2, 10}},
    {"G728", {7, 17}},
    {"iLBC", {11, 32}},
    {"AMR", {5, 10}},
    {"AMR-WB", {0, 10}},
    {"EVS", {0, 20}},
    {"G722", {0, 14}},
    {"opus", {0, 25.1}},
    {"L16", {0, 4.3}},
});

constexpr double kBestR = 93.2;  // with all of G.107's default values
constexpr double kDelayThresholdMs = 177.3;

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<Impairment> impairment_of(std::string_view encoding) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return same_name(r.encoding, encoding); });
  return row == kRows.end() ? std::nullopt : std::optional(row->impairment);
}

double r_factor(const Impairment& codec, const ReceptionQuality& reception) {
  const double delay = reception.delay_ms;
  const double delay_impairment =
      0.024 * delay + (delay > kDelayThresholdMs ? 0.11 * (delay - kDelayThresholdMs) : 0);
  // G.107 7.2.2: loss in bursts is worse than alone.
  const double loss = std::clamp(reception.loss, 0.0, 1.0);
  const double burst_ratio = std::max(1.0, reception.mean_gap_packets * (1 - loss));
  const double loss_percent = loss * 100;
  const double effective = codec.equipment + (95 - codec.equipment) * loss_percent /
                                                 (loss_percent / burst_ratio + codec.robustness);
  return std::clamp(kBestR - delay_impairment - effective, 0.0, 100.0);
}

double mos_of(double r) {
  if (r <= 0) {
    return 1;
  }
  if (r >= 100) {
    return 4.5;
  }
  // The cubic dips below 1 for the lowest values of R.
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace pollux
