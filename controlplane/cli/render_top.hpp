// The node live, as one screen of text.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/rates.hpp"
#include "controlplane/cli/style.hpp"
#include "pollux/v1/node.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// One look.
struct TopView {
  v1::InfoResponse info;
  v1::StatsResponse stats;
  Rates rates;
  bool with_calls = false;         // sessions were asked for
  std::vector<v1::Session> calls;  // the worst ones
  double now_seconds = 0;          // since 1970
};

std::string render_top(const TopView& view, const Style& style);
std::string top_json(const TopView& view);  // one line

// Calls with one-way audio suspected, then by MOS; those of which nothing bad is known aren't among them.
std::vector<v1::Session> worst_calls(const v1::ListResponse& sessions, std::size_t count);

}  // namespace pollux::cli
