// A format of a leg's codec list in one line.
#pragma once

#include "dataplane/base/codec_params.hpp"

namespace pollux::test {

constexpr CodecFormat format(CodecId id, std::uint8_t payload_type, std::uint32_t clock_rate = 8000) {
  CodecFormat made;
  made.params.id = id;
  made.params.clock_rate = clock_rate;
  made.payload_type = payload_type;
  return made;
}

}  // namespace pollux::test
