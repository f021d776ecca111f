// DTMF tones in audio (ITU-T Q.23, limits of Q.24), by spandsp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/static_vector.hpp"
#include "dataplane/dtmf/tone_analysis.hpp"

struct dtmf_rx_state_s;

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
  // A digit that spandsp reports is a suspicion: it becomes a press when what was heard of it a little later
  // has been looked at closely, and is over when it stays away for longer than an interruption may last.
  enum class State : std::uint8_t {
    kIdle,
    kSuspected,  // at decide_at_ there is enough to look at
    kDoubted,    // looked at and not believed; again at the end of the next block, a few times
    kOn,
    kHeld,  // spandsp has lost it, but it went on after an interruption
  };
  struct Samples {  // of the history, as the analysis wants them
    std::array<float, kMostAnalysed> pcm;
    std::uint64_t first = 0;
    std::size_t count = 0;
    std::span<const float> between(std::uint64_t from, std::uint64_t to) const {
      return std::span(pcm).subspan(static_cast<std::size_t>(from - first),
                                    static_cast<std::size_t>(to - from));
    }
  };
  static constexpr std::size_t kHistory = 2048;  // samples, a power of two
  static constexpr std::size_t kPiece = 320;     // taken at once: the rest of the history stays

  ToneDetector() = default;
  static void on_report(void* self, int code, int level, int delay);
  void take_piece(std::span<const std::int16_t> pcm, ToneChanges& changes);
  void store(std::span<const std::int16_t> pcm);
  void run_block(ToneChanges& changes);
  void reported(ToneChanges& changes);
  void decide(ToneChanges& changes);
  bool believe(ToneChange& change);
  void lost_sight(ToneChanges& changes);
  void give_up(ToneChanges& changes);
  void end(std::uint64_t sample, ToneChanges& changes);
  void suspect(std::uint8_t event);
  void flush();
  void load(std::uint64_t from, std::uint64_t to, Samples& samples) const;
  Unknown unknown_in(const Samples& samples) const;

  dtmf_rx_state_s* rx_ = nullptr;
  std::uint64_t head_ = 0;  // samples that were given
  std::uint64_t fed_ = 0;   // of them, gone through spandsp
  std::uint64_t decide_at_ = 0;
  std::array<std::uint64_t, 3> blocks_{};  // where the last ones began, the latest first
  std::uint64_t valid_from_ = 0;           // nothing before it belongs to a tone to come
  std::uint64_t gap_first_ = 0;            // the last that was lost
  std::uint64_t gap_last_ = 0;
  std::uint64_t hold_until_ = 0;
  std::uint64_t tone_end_ = 0;        // in kHeld, where the tone went on
  float offset_ = 0;                  // the mean
  std::uint32_t offset_samples_ = 0;  // that it was learned from
  State state_ = State::kIdle;
  std::uint8_t event_ = 0;
  std::uint8_t doubts_ = 0;
  std::uint8_t empty_blocks_ = 2;  // in a row, in which there can be no digit
  bool fired_ = false;             // spandsp has reported in this block
  bool sounding_ = false;          // what it believes
  std::uint8_t fired_event_ = 0;
  TwoTones tones_;  // in kOn and kHeld, as they were when they were last looked at
  std::array<std::int16_t, kHistory> history_{};
};

}  // namespace pollux::dtmf
