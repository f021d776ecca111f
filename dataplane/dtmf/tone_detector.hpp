// DTMF tones in audio (ITU-T Q.23, limits of Q.24), by spandsp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/static_vector.hpp"

namespace pollux::dtmf {

inline constexpr std::uint32_t kDetectorRate = 8000;  // Hz
inline constexpr std::uint32_t kDetectorBlock = 102;  // samples: 12.75 ms

// A tone begins or ends. Samples are counted from the first one that the detector was given.
struct ToneChange {
  bool on = false;
  std::uint8_t event = 0;      // 0..15, RFC 4733 §3.2
  std::uint8_t volume = 0;     // -dBm0, with `on`
  std::uint64_t sample = 0;    // where it began or ended, as near as can be told
  std::uint64_t earliest = 0;  // with `on`: no part of it lies before this sample
  std::uint64_t known_at = 0;  // sample with which it became known
};

using ToneChanges = StaticVector<ToneChange, 32>;

// Accepts ±1.5 %, rejects ±3.5 %; twist +4/-8 dB; 0…-25 dBm0; accepts 40 ms, rejects 23 ms; pauses of 40 ms
// (docs/dtmf.md). No digit in speech and music. Any constant offset is taken out first.
//
// Made by the control thread; then one thread. Nothing allocates after make().
class ToneDetector {
 public:
  // nullptr: no memory.
  static std::unique_ptr<ToneDetector> make();
  ~ToneDetector();
  ToneDetector(const ToneDetector&) = delete;
  ToneDetector& operator=(const ToneDetector&) = delete;

  // Mono at 8 kHz, at most 960 samples at once.
  void take(std::span<const std::int16_t> pcm, ToneChanges& changes);
  // Samples that were lost: a tone before and after it isn't two, unless there is too much of it.
  void lost(std::uint32_t samples, ToneChanges& changes);
  // The stream begins anew. Positions go on.
  void reset();

 private:
  ToneDetector() = default;
  // (the implementer's)
};

}  // namespace pollux::dtmf
