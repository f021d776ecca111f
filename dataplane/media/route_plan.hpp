// What has to be done to each format that one party sends, for another party to take it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/static_vector.hpp"

namespace pollux::media {

inline constexpr std::size_t kMaxFormats = 24;
inline constexpr std::uint8_t kNoPayloadType = 0xff;

// The two ends of a way: what is sent on one side, and what is wanted on the other.
struct RouteWishes {
  std::span<const CodecFormat> from;
  std::span<const CodecFormat> to;  // the best first
  std::uint16_t ptime_ms = 0;       // of what goes out; 0: as it comes
  std::uint16_t window_ms = 0;      // for what comes in late
  bool comfort_noise = true;        // noise goes out in pauses that the sender's codec announces
  bool dtx = false;                 // and pauses that aren't announced are looked for
};

// What becomes of one format.
enum class Use : std::uint8_t {
  kUnmapped,   // the other side takes nothing of the kind; telephone-events, which never get to a path
  kPass,       // its frames go on as they are
  kToUlaw,     // A-law bytes become µ-law bytes
  kToAlaw,     //
  kTranscode,  // decoded and encoded
  kNoise,      // RFC 3389: goes on, or becomes sound, or nothing
};

struct FormatPlan {
  CodecFormat in;
  CodecFormat out;  // payload_type kNoPayloadType: none (kUnmapped; kNoise without CN on the other side)
  Use use = Use::kUnmapped;
};

struct RoutePlan {
  StaticVector<FormatPlan, kMaxFormats> formats;     // in the order of RouteWishes::from
  std::optional<CodecFormat> encoded;                // what kTranscode makes
  std::uint8_t noise_payload_type = kNoPayloadType;  // CN on the clock of `encoded`
  bool decodes = false;                              // there is work for a codec
  bool needs_path = false;                           // otherwise numbers are mapped at most
};

// Formats that pass go as they are, the others become the first audio format of `to` (of which there is one
// where `to` has any audio).
RoutePlan plan_route(const RouteWishes& wishes);

// The PCM rate that the encoder is run at, Hz: Opus takes that of the widest it gets, so that nothing is
// resampled in vain. Pre: plan.decodes.
std::uint32_t encoder_rate(const RoutePlan& plan);

}  // namespace pollux::media
