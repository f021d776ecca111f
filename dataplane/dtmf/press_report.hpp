// What one way of receiving tells of a key.
#pragma once

#include <cstdint>

#include "dataplane/base/static_vector.hpp"

namespace pollux::dtmf {

struct PressReport {
  enum class Kind : std::uint8_t {
    kBegin,     // the key went down; `duration_ms` is what is known already
    kProgress,  // it is still down, so much is known: `duration_ms`
    kEnd,       // it came up after `duration_ms`
  };
  Kind kind = Kind::kBegin;
  std::uint8_t event = 0;   // RFC 4733 §3.2
  std::uint8_t volume = 0;  // -dBm0; 0: not told
  // With kBegin or kEnd: its source broke the rules. Told once for each press; where it shows only after the
  // end has been reported, with the next report.
  bool repaired = false;
  std::uint32_t duration_ms = 0;
  std::uint64_t began_ms = 0;  // by the caller's clock: as near as can be told, never later than now
};

// Of one call. A whole press that only now becomes known is a kBegin with its kEnd.
using PressReports = StaticVector<PressReport, 64>;

}  // namespace pollux::dtmf
