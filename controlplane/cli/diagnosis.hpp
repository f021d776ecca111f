// The single questions of a verdict: does the party's media come, can it be sent on, how good is it?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/leg_view.hpp"
#include "controlplane/cli/verdict.hpp"

namespace pollux::cli {

struct Finding {
  Flow flow = Flow::kFlowing;
  std::string text;
  std::string advice;
};

// Why nothing comes from the party of `from`, or nothing any more.
std::optional<Finding> reception_fault(const LegView& from, const std::string& session_id);

// Why what comes from `from` doesn't leave to `to`. Pre: no reception_fault().
std::optional<Finding> sending_fault(const LegView& from, const LegView& to, const std::string& session_id);

// How it flows. Pre: neither fault.
Finding flowing(const LegView& from, const LegView& to, const std::string& session_id);

// What SRTP has to do with it, by the reason that dropped most of what came to `from`.
std::optional<Finding> srtp_reception_fault(const LegView& from, const std::string& session_id);
// So many were dropped that they may be what is missing since `from` was heard last.
bool srtp_refuses_now(const LegView& from);
// Without a good key nothing leaves.
std::optional<Finding> srtp_sending_fault(const LegView& from, const LegView& to);
std::optional<std::string> srtp_remark(const LegView& from);

// Where media is transcoded: why what comes from `from` isn't. Pre: its packets come, and have somewhere to
// go.
std::optional<Finding> media_fault(const LegView& from, const LegView& to, const std::string& session_id);
std::optional<std::string> media_remark(const LegView& from);

// About `from`, whatever the verdict is.
std::vector<std::string> remarks(const LegView& from);

}  // namespace pollux::cli
