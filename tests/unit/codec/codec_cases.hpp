// Cases for each codec that this build has, named for it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "dataplane/codec/payload.hpp"

namespace pollux::codec {

inline CodecId id_of(CodecId id) {
  return id;
}
template <typename Case>
CodecId id_of(const Case& one) {
  return one.id;
}

// Those of codecs that the build was made without are left out: meson says so when it is configured.
template <typename Case>
std::vector<Case> of_this_build(std::vector<Case> cases) {
  std::erase_if(cases, [](const Case& one) { return !codec_available(id_of(one)); });
  return cases;
}

inline constexpr auto kNamedForCodec = [](const auto& info) {
  std::string name(codec_facts(id_of(info.param)).name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
};

}  // namespace pollux::codec
