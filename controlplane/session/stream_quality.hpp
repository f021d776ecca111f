// From the data plane's counts to figures for people.
#pragma once

#include <optional>
#include <string>

#include "controlplane/session/session_types.hpp"

namespace pollux::control {

// Encoding name of what a leg receives with this payload type: as the client said, else RFC 3551's; empty
// where nobody knows.
std::string encoding_of(const LegRequest& leg, std::uint8_t payload_type);

// What the quality of an interval is reckoned from, at its beginning: a third of ReceptionStats.
struct LossCounts {
  std::uint64_t expected = 0;
  std::uint64_t lost = 0;
  std::uint64_t gaps = 0;
  std::uint64_t reordered = 0;

  static LossCounts of(const ReceptionStats& stats) {
    return {stats.expected, stats.lost(), stats.gaps, stats.reordered};
  }
};

// The E-model's view of what came between two looks: `before` is all zero for the whole of it. None: the
// codec isn't tabled, or fewer than kFewestPackets were due.
inline constexpr std::uint64_t kFewestPackets = 20;
std::optional<double> r_factor_between(const std::string& encoding, const LossCounts& before,
                                       const ReceptionStats& now);

// None: no RTP was received. `lowest_r`: R of the worst interval, for lowest_mos.
std::optional<StreamQuality> quality_of(const LegRequest& request, const LegStats& stats,
                                        std::optional<double> lowest_r);

}  // namespace pollux::control
