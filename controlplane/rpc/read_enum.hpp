// Enumerations of the API as the control plane's own.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "controlplane/session/session_types.hpp"

namespace pollux::rpc {

template <typename To>
using EnumNames = std::initializer_list<std::pair<int, To>>;

// `known` lists every value but UNSPECIFIED, which means `fallback`.
template <typename To>
To read_enum(int value, To fallback, EnumNames<To> known, const std::string& field,
             control::Violations& violations) {
  for (const auto& [number, to] : known) {
    if (value == number) {
      return to;
    }
  }
  if (value != 0) {
    violations.push_back({field, "unknown value " + std::to_string(value)});
  }
  return fallback;
}

}  // namespace pollux::rpc
