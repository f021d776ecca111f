// A call as the replies to query and delete show it, in rtpengine's layout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "controlplane/ng/value.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

// Only parties with these tags are shown; both empty: all.
struct TagFilter {
  std::string from_tag;
  std::string to_tag;
};

Dict view_of(const v1::Call& call, const TagFilter& filter);

// The state of a leg of the call's session; null: it has none.
const v1::LegState* leg_state(const v1::Call& call, std::string_view leg_id);
const v1::LegSpec* leg_spec(const v1::Call& call, std::string_view leg_id);
// What the proxy has called the party; empty: nothing.
std::string label_of(const v1::Call& call, const std::string& tag);

std::string suite_name(v1::SrtpSuite suite);

}  // namespace pollux::ng
