// How well media arrives, as text: measured here, and as the parties report it.
#pragma once

#include <optional>
#include <string>

#include "controlplane/cli/style.hpp"
#include "controlplane/cli/table.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// Each leg that received RTP, and under the table what its party tells by RTCP. Empty without any.
std::string render_quality(const v1::SessionState& state, const Style& style);

// Packets that ended here, by leg and reason. Empty without any.
std::string render_leg_drops(const v1::SessionState& state, const Style& style);

// "4.4 MOS, 0.10 % lost": a leg's quality in a few words; empty while it can't be told.
std::string quality_words(const v1::StreamQuality& quality);

// Of the leg that hears worst: over the whole call, and in its worst interval. Unset: not known.
std::optional<double> worst_mos(const v1::Session& session);
std::optional<double> lowest_mos(const v1::Session& session);

// "4.4", coloured; "-" when unset.
Cell mos_cell(std::optional<double> mos);

}  // namespace pollux::cli
