#include "dataplane/dtmf/tone_detector.hpp"

#include <spandsp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/dtmf/tone_generator.hpp"
#include "dataplane/dtmf/tone_sieve.hpp"

namespace pollux::dtmf {
namespace {

constexpr std::uint64_t kBlock = kDetectorBlock;
// spandsp wants most of two blocks, so a tone of 23 ms can be enough for it: the first 84 samples of it may
// be the end of the first block. Then it is over 184 samples later; one of 40 ms isn't, and if the block
// before was too empty for spandsp it lasts until kWait samples after the second one.
constexpr std::uint64_t kWait = 20;
constexpr std::uint64_t kLeastSamples = 195;
constexpr std::uint64_t kSlack = 18;        // that a block may lack at one end
constexpr std::uint64_t kLookBack = 408;    // for the onset, from the first block on
constexpr std::uint64_t kOnsetMargin = 64;  // half a slow ramp, and what noise makes of it
constexpr double kMostDrift = 0.025;        // between what Q.24 wants accepted and what it wants rejected
constexpr double kMostTwist = 5;            // dB, the high tone louder
constexpr double kLeastTwist = -9;
constexpr double kMostResidue = 0.12;
constexpr std::uint8_t kMostDoubts = 3;
constexpr std::uint64_t kMostInterruption = 100;  // 12.5 ms; a pause has 320
constexpr std::uint64_t kResumed = 40;            // at the end of a block that spandsp can't hear a tone in
constexpr std::uint64_t kHold = 3 * kBlock;       // spandsp needs two blocks and may miss the first
constexpr std::uint32_t kMostBridged = 480;       // 60 ms: more may hide a pause and a new press
constexpr std::uint32_t kOffsetSamples = 2560;    // 320 ms: how slowly the offset is followed
constexpr float kLeastOffset = 16;                // -66 dB: changes nothing
constexpr std::uint8_t kBlocksToForget = 2;       // without a digit, and spandsp believes in none

double to_dbm0(double amplitude) {
  return 20 * std::log10(amplitude / 32'768) + kFullScaleDbm0;
}

double step_of(double hz) {
  return 2 * M_PI * hz / kDetectorRate;
}

}  // namespace

void ToneDetector::on_report(void* self, int code, int /*level*/, int /*delay*/) {
  auto& detector = *static_cast<ToneDetector*>(self);
  detector.fired_ = true;
  detector.sounding_ = code != 0;
  detector.fired_event_ = dtmf_event(static_cast<char>(code)).value_or(0);
}

void ToneDetector::take(std::span<const std::int16_t> pcm, ToneChanges& changes) {
  while (!pcm.empty()) {
    const std::size_t count = std::min(pcm.size(), kPiece);
    take_piece(pcm.first(count), changes);
    pcm = pcm.subspan(count);
  }
}

void ToneDetector::take_piece(std::span<const std::int16_t> pcm, ToneChanges& changes) {
  store(pcm);
  head_ += pcm.size();
  for (;;) {
    const bool deciding = state_ == State::kSuspected && decide_at_ <= head_;
    if (deciding && decide_at_ <= fed_ + kBlock) {
      decide(changes);
    } else if (fed_ + kBlock <= head_) {
      run_block(changes);
    } else {
      return;
    }
  }
}

// Without the offset. Tones have next to no mean over a piece, and what they have is forgotten.
void ToneDetector::store(std::span<const std::int16_t> pcm) {
  std::int32_t sum = 0;
  for (const std::int16_t sample : pcm) {
    sum += sample;
  }
  const auto count = static_cast<std::uint32_t>(pcm.size());
  offset_samples_ = std::min(offset_samples_ + count, kOffsetSamples);
  offset_ += (static_cast<float>(sum) - offset_ * static_cast<float>(count)) /
             static_cast<float>(std::max(offset_samples_, count));
  const bool level = std::abs(offset_) < kLeastOffset;
  const auto offset = static_cast<std::int32_t>(offset_);
  std::size_t at = head_ % kHistory;
  while (!pcm.empty()) {
    const auto part = pcm.first(std::min(pcm.size(), kHistory - at));
    std::int16_t* const out = history_.data() + at;
    if (level) {
      std::memcpy(out, part.data(), part.size_bytes());
    } else {
      for (std::size_t i = 0; i < part.size(); ++i) {
        out[i] = static_cast<std::int16_t>(std::clamp(part[i] - offset, -32'768, 32'767));
      }
    }
    pcm = pcm.subspan(part.size());
    at = 0;
  }
}

// Of a block in which no digit can be, spandsp needn't be asked once it has seen two of them: it believes in
// none then, and would go on so.
void ToneDetector::run_block(ToneChanges& changes) {
  blocks_ = {fed_, blocks_[0], blocks_[1]};
  std::array<std::int16_t, kBlock> block;
  const std::size_t at = fed_ % kHistory;
  const std::size_t first = std::min<std::size_t>(kBlock, kHistory - at);
  std::memcpy(block.data(), history_.data() + at, first * sizeof(block[0]));
  std::memcpy(block.data() + first, history_.data(), (kBlock - first) * sizeof(block[0]));
  if (may_hold_tones(block)) {
    empty_blocks_ = 0;
  } else if (empty_blocks_ <= kBlocksToForget) {
    ++empty_blocks_;
  }
  fired_ = false;
  if (empty_blocks_ <= kBlocksToForget) {
    dtmf_rx(rx_, block.data(), static_cast<int>(kBlock));
  }
  fed_ += kBlock;
  if (fired_) {
    reported(changes);
  } else if (state_ == State::kDoubted && sounding_) {
    suspect(event_);
  } else if (state_ == State::kHeld && fed_ >= hold_until_) {
    give_up(changes);
  }
}

void ToneDetector::suspect(std::uint8_t event) {
  state_ = State::kSuspected;
  event_ = event;
  decide_at_ = fed_ + kWait;
}

void ToneDetector::reported(ToneChanges& changes) {
  if (!sounding_) {
    if (state_ == State::kOn) {
      lost_sight(changes);
    } else if (state_ != State::kHeld) {
      state_ = State::kIdle;
    }
    return;
  }
  if (state_ == State::kHeld && fired_event_ == event_) {
    state_ = State::kOn;
    return;
  }
  if (state_ == State::kHeld) {
    end(tone_end_, changes);
  } else if (state_ == State::kOn) {
    lost_sight(changes);
  }
  doubts_ = 0;
  suspect(fired_event_);
}

void ToneDetector::decide(ToneChanges& changes) {
  ToneChange change;
  if (blocks_[0] == blocks_[1] + kBlock && believe(change)) {
    state_ = State::kOn;
    changes.push_back(change);
    return;
  }
  state_ = doubts_++ < kMostDoubts ? State::kDoubted : State::kIdle;
}

// The tones of the last two blocks: their frequencies, levels and purity, and whether they are long enough.
bool ToneDetector::believe(ToneChange& change) {
  const std::uint64_t start = blocks_[1];
  std::uint64_t back = kLookBack;
  if (gap_last_ + back > start) {
    back += std::min<std::uint64_t>(gap_last_ - gap_first_, kMostBridged);
  }
  const std::uint64_t earliest = start > back ? start - back : 0;
  const std::uint64_t inside_first = start + kSlack;
  Samples samples;
  load(std::min(std::max(earliest, valid_from_), inside_first), decide_at_, samples);
  const std::uint64_t inside_last = start + 2 * kBlock - kSlack;
  const auto inside = samples.between(inside_first, inside_last);
  const ToneFrequencies hz = tone_frequencies(event_);
  const double low_step = step_of(hz.low);
  const double high_step = step_of(hz.high);
  const TwoTones tones = find_tones(inside, low_step, high_step);
  const double low = to_dbm0(tones.low.amplitude());
  const double high = to_dbm0(tones.high.amplitude());
  const bool near = std::abs(tones.low.step / low_step - 1) <= kMostDrift &&
                    std::abs(tones.high.step / high_step - 1) <= kMostDrift;
  if (!near || high - low > kMostTwist || high - low < kLeastTwist || residue(inside, tones) > kMostResidue) {
    return false;
  }
  const auto origin = static_cast<std::size_t>(inside_first - samples.first);
  const ToneExtent extent = find_extent({samples.pcm.data(), samples.count}, tones, origin, origin + 20,
                                        origin + inside.size() - 20, unknown_in(samples));
  if (extent.last - extent.first < kLeastSamples) {
    return false;
  }
  tones_ = tones;
  change.on = true;
  change.event = event_;
  change.volume = static_cast<std::uint8_t>(std::clamp(std::lround(-(low + high) / 2), 0L, 63L));
  change.sample = samples.first + extent.first;
  change.known_at = decide_at_;
  const std::uint64_t either = samples.first + extent.first_of_either;
  change.earliest = std::max(either > kOnsetMargin ? either - kOnsetMargin : 0, valid_from_);
  // Its beginning may have been lost.
  if (gap_last_ != 0 && change.earliest < gap_last_ && change.sample >= gap_last_ - kOnsetMargin) {
    const std::uint64_t before = gap_first_ > kOnsetMargin ? gap_first_ - kOnsetMargin : 0;
    change.earliest = std::min(change.earliest, std::max(before, valid_from_));
  }
  return true;
}

// Two blocks without the digit. Its end is in the one before them, or in the first of them; unless it has
// come back already.
void ToneDetector::lost_sight(ToneChanges& changes) {
  const std::uint64_t start = blocks_[2];
  if (start < valid_from_ || fed_ - start > kMostAnalysed || start + kHistory < head_) {
    end(std::min(start + kBlock, fed_), changes);
    return;
  }
  Samples samples;
  load(start, fed_, samples);
  constexpr std::size_t kHeard = kBlock - kSlack;
  const TwoTones tones = fit_tones(std::span(samples.pcm).first(kHeard), tones_.low.step, tones_.high.step);
  const std::span<const float> pcm(samples.pcm.data(), samples.count);
  const ToneExtent before = find_extent(pcm, tones, 0, 0, kHeard / 2, unknown_in(samples));
  const std::size_t resumed = samples.count - kResumed;
  const auto tail = pcm.subspan(resumed);
  const TwoTones again = fit_tones(tail, tones_.low.step, tones_.high.step);
  const bool loud = again.low.amplitude() > tones.low.amplitude() / 2 &&
                    again.high.amplitude() > tones.high.amplitude() / 2 && residue(tail, again) < 0.5;
  tone_end_ = start + before.last;
  bool goes_on = before.last > resumed;
  if (loud && !goes_on) {
    const std::size_t origin = resumed - before.last;
    const ToneExtent after =
        find_extent(pcm.subspan(before.last), again, origin, origin + kResumed / 2, origin + kResumed, {});
    goes_on = after.first <= kMostInterruption;
  }
  if (goes_on && !sounding_) {
    state_ = State::kHeld;
    hold_until_ = fed_ + kHold;
    return;
  }
  end(tone_end_, changes);
}

// What went on after the interruption was too short for spandsp.
void ToneDetector::give_up(ToneChanges& changes) {
  const std::uint64_t start = hold_until_ - kHold - kResumed;
  if (start >= valid_from_ && fed_ - start <= kMostAnalysed) {
    Samples samples;
    load(start, fed_, samples);
    const std::span<const float> pcm(samples.pcm.data(), samples.count);
    const TwoTones tones = fit_tones(pcm.first(kResumed), tones_.low.step, tones_.high.step);
    tone_end_ = start + find_extent(pcm, tones, 0, 0, kResumed / 2, unknown_in(samples)).last;
  }
  end(tone_end_, changes);
}

void ToneDetector::end(std::uint64_t sample, ToneChanges& changes) {
  ToneChange change;
  change.event = event_;
  change.sample = change.earliest = sample;
  change.known_at = std::max(fed_, sample);
  changes.push_back(change);
  valid_from_ = sample;
  state_ = State::kIdle;
}

void ToneDetector::lost(std::uint32_t samples, ToneChanges& changes) {
  if (samples == 0) {
    return;
  }
  const bool on = state_ == State::kOn || state_ == State::kHeld;
  if (gap_last_ != head_ || gap_last_ == 0) {
    gap_first_ = head_;
  }
  const std::uint64_t first = head_;
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(samples, kHistory); ++i) {
    history_[(first + i) % kHistory] = 0;
  }
  head_ += samples;
  gap_last_ = head_;
  fed_ = head_;  // the block that was under way says nothing
  if (state_ == State::kSuspected) {
    state_ = State::kDoubted;
  }
  if (gap_last_ - gap_first_ <= kMostBridged) {
    return;
  }
  if (on) {
    end(gap_first_, changes);
  }
  flush();
}

void ToneDetector::reset() {
  gap_first_ = gap_last_ = head_;
  fed_ = head_;
  offset_ = 0;
  offset_samples_ = 0;
  flush();
}

// Two blocks of silence after which spandsp believes in nothing.
void ToneDetector::flush() {
  static constexpr std::array<std::int16_t, 2 * kDetectorBlock> kSilence{};
  dtmf_rx(rx_, kSilence.data(), static_cast<int>(kSilence.size()));
  state_ = State::kIdle;
  sounding_ = false;
  empty_blocks_ = kBlocksToForget;
  valid_from_ = head_;
}

void ToneDetector::load(std::uint64_t from, std::uint64_t to, Samples& samples) const {
  samples.first = from;
  samples.count = static_cast<std::size_t>(to - from);
  for (std::size_t i = 0; i < samples.count; ++i) {
    samples.pcm[i] = history_[(from + i) % kHistory];
  }
}

Unknown ToneDetector::unknown_in(const Samples& samples) const {
  const auto clamped = [&](std::uint64_t at) {
    return static_cast<std::size_t>(std::clamp(at, samples.first, samples.first + samples.count) -
                                    samples.first);
  };
  return {clamped(gap_first_), clamped(gap_last_)};
}

}  // namespace pollux::dtmf
