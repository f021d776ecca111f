#include "dataplane/packetizer/jitter_window.hpp"

#include <algorithm>

#include "dataplane/base/sequence.hpp"

namespace pollux::packetizer {

namespace {

constexpr std::uint32_t kFirstCycle = 0x10000;    // room for numbers before the first
constexpr std::uint32_t kDropout = 3000;          // further ahead: a new beginning (RFC 3550 A.1)
constexpr std::uint64_t kPeriodUs = 4'000'000;    // in which the fastest and the slowest count
constexpr std::int64_t kClockJumpUs = 5'000'000;  // no network delays by more: the timestamps have jumped
constexpr std::uint32_t kFirstGapWaitUs = 40'000;
constexpr std::uint32_t kLeastGapWaitUs = 10'000;

}  // namespace

void JitterWindow::reset() {
  started_ = clocked_ = has_bad_ = false;
  target_us_ = 0;
  gone_ = 0;
  skipped_ = 0;
}

std::uint32_t JitterWindow::first_held() const {
  std::uint32_t at = next_;
  while (!slot(at).used) {
    ++at;
  }
  return at;
}

// More are missing than can wait here: those far off are given up now.
void JitterWindow::skip_to(std::uint32_t extended) {
  const std::uint32_t steps = extended - next_;
  gone_ = steps < 64 ? gone_ << steps : 0;
  skipped_ += steps;
  next_ = extended;
}

std::uint64_t JitterWindow::due_of(std::uint32_t extended) const {
  const Slot& held = slot(extended);
  return extended == next_ ? held.due_us : held.gap_due_us;
}

// Far behind: a straggler, or the sender has started over. Two in a row tell.
bool JitterWindow::begins_anew(std::uint16_t sequence, std::int32_t ahead) {
  if (ahead >= -kMaxMisorder) {
    return false;
  }
  if (has_bad_ && sequence == bad_sequence_) {
    return true;
  }
  has_bad_ = true;
  bad_sequence_ = static_cast<std::uint16_t>(sequence + 1);
  return false;
}

JitterWindow::Push JitterWindow::push(const HeldPacket& packet) {
  if (!started_) {
    started_ = true;
    next_ = kFirstCycle | packet.sequence;
    gap_wait_us_ = std::min(cap_us_, kFirstGapWaitUs);
  }
  std::uint32_t extended = extend_sequence(next_, packet.sequence);
  const auto ahead = static_cast<std::int32_t>(extended - next_);
  if (ahead < 0) {
    if (begins_anew(packet.sequence, ahead)) {
      if (held_ != 0) {
        return Push::kNoRoom;
      }
      reset();
      return push(packet);
    }
    const auto back = static_cast<std::uint32_t>(-ahead - 1);
    if (back < 64 && (gone_ >> back & 1U) != 0) {
      return Push::kDuplicate;
    }
    if (back < 64) {
      gone_ |= std::uint64_t{1} << back;
      note_late(extended, packet.arrival_us);
    }
    return Push::kLate;
  }
  if (static_cast<std::uint32_t>(ahead) >= kSlots) {
    if (held_ != 0) {
      return Push::kNoRoom;
    }
    if (static_cast<std::uint32_t>(ahead) >= kDropout) {
      reset();
      return push(packet);
    }
    skip_to(extended - kSlots + 1);
  }
  Slot& to = slot(extended);
  if (to.used) {
    return Push::kDuplicate;
  }
  has_bad_ = false;
  if (held_ != 0 && extended < first_held()) {
    ++reordered_;
  }
  const std::uint64_t due_us = schedule(packet);
  to = {packet, due_us, std::max(due_us, packet.arrival_us + (cap_us_ == 0 ? 0 : gap_wait_us_)), true};
  ++held_;
  return Push::kTaken;
}

// What came too late says how long the wait should have been.
void JitterWindow::note_late(std::uint32_t extended, std::uint64_t arrival_us) {
  if (cap_us_ == 0 || extended > given_up_ || arrival_us < given_up_us_) {
    return;
  }
  const std::uint64_t needed = gap_wait_us_ + (arrival_us - given_up_us_) * 5 / 4;
  gap_wait_us_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(cap_us_, needed));
}

void JitterWindow::restart_clock(const HeldPacket& packet, std::int64_t transit_us) {
  clocked_ = true;
  clock_rate_ = packet.clock_rate;
  least_us_ = former_least_us_ = most_us_ = former_most_us_ = transit_us;
  period_end_us_ = packet.arrival_us + kPeriodUs;
}

// When the packet may go, were nothing missing before it.
std::uint64_t JitterWindow::schedule(const HeldPacket& packet) {
  if (cap_us_ == 0 || !packet.timed) {
    return packet.arrival_us;
  }
  if (!clocked_ || packet.clock_rate != clock_rate_) {
    media_ticks_ = 0;
    last_timestamp_ = packet.timestamp;
    restart_clock(packet, static_cast<std::int64_t>(packet.arrival_us));
    return packet.arrival_us;
  }
  media_ticks_ += static_cast<std::int32_t>(packet.timestamp - last_timestamp_);
  last_timestamp_ = packet.timestamp;
  const std::int64_t media_us = media_ticks_ * 1'000'000 / clock_rate_;
  const std::int64_t transit_us = static_cast<std::int64_t>(packet.arrival_us) - media_us;
  std::int64_t fastest = std::min(least_us_, former_least_us_);
  if (transit_us > fastest + kClockJumpUs || transit_us < fastest - kClockJumpUs) {
    media_ticks_ = 0;
    restart_clock(packet, static_cast<std::int64_t>(packet.arrival_us));
    return packet.arrival_us;
  }
  if (packet.arrival_us >= period_end_us_) {
    former_least_us_ = least_us_;
    former_most_us_ = most_us_;
    least_us_ = most_us_ = transit_us;
    period_end_us_ = packet.arrival_us + kPeriodUs;
  }
  least_us_ = std::min(least_us_, transit_us);
  most_us_ = std::max(most_us_, transit_us);
  fastest = std::min(least_us_, former_least_us_);
  const std::int64_t spread = std::max(most_us_, former_most_us_) - fastest;
  target_us_ = static_cast<std::uint32_t>(std::min<std::int64_t>(spread, cap_us_));
  const std::int64_t due = media_us + fastest + target_us_;
  return static_cast<std::uint64_t>(std::max(due, static_cast<std::int64_t>(packet.arrival_us)));
}

bool JitterWindow::pop(std::uint64_t now_us, bool all, HeldPacket& out, std::uint32_t& lost) {
  if (held_ == 0) {
    return false;
  }
  const std::uint32_t at = first_held();
  Slot& from = slot(at);
  if (!all && due_of(at) > now_us) {
    return false;
  }
  const std::uint32_t missing = at - next_;
  lost = missing + skipped_;
  skipped_ = 0;
  if (lost != 0) {
    given_up_ = at - 1;
    given_up_us_ = now_us;
    gap_wait_us_ -= std::min(gap_wait_us_ / 16, gap_wait_us_ - std::min(gap_wait_us_, kLeastGapWaitUs));
  }
  out = from.packet;
  from.used = false;
  --held_;
  const std::uint32_t steps = missing + 1;
  gone_ = (steps < 64 ? gone_ << steps : 0) | 1U;
  next_ = at + 1;
  return true;
}

std::uint64_t JitterWindow::due_us() const {
  return held_ == 0 ? kNever : due_of(first_held());
}

}  // namespace pollux::packetizer
