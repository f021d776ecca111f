// The paths of an Update's field mask.
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <string>
#include <vector>

#include "controlplane/session/session_patch.hpp"

namespace pollux::rpc {

struct LegMask {
  std::string leg_id;
  bool whole = false;  // "legs.LEG_ID"
  control::LegFields fields;
};

struct UpdateMask {
  bool all_legs = false;
  bool media_timeout = false;
  bool labels = false;
  std::vector<LegMask> legs;  // each id once
};

inline constexpr int kMaxMaskPaths = 256;

// Anything wrong (no path at all, an unknown one, too many) goes to `violations` as "update_mask".
UpdateMask parse_update_mask(const google::protobuf::FieldMask& mask, control::Violations& violations);

}  // namespace pollux::rpc
