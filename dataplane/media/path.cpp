#include "dataplane/media/path.hpp"

#include <algorithm>

namespace pollux::media {

std::uint32_t Path::resampled_from_hz(std::size_t format) const {
  return states_[format].resampler ? states_[format].rate : 0;
}

void Path::push(const Input& input, std::uint64_t now_us) {
  incoming_ = input;
  incoming_us_ = now_us;
  has_incoming_ = true;
  usual_.length = 0;
  counters_.packets_in = counters_.packets_in + 1;
}

void Path::discard(void* token, Fate fate, Step& step) {
  step.kind = Step::Kind::kDiscard;
  step.fate = fate;
  step.token = token;
}

Path::Offer Path::offer_incoming(Step& step) {
  if (has_ssrc_ && incoming_.ssrc != ssrc_) {
    if (!window_.empty()) {
      return Offer::kBlocked;
    }
    window_.reset();
    resync_ = started_;
  }
  ssrc_ = incoming_.ssrc;
  has_ssrc_ = true;
  const std::uint8_t index = incoming_.payload_type == kTakenOut ? kNone : format_of_[incoming_.payload_type];
  Held packet;
  packet.token = incoming_.token;
  packet.payload = incoming_.payload;
  packet.arrival_us = incoming_us_;
  packet.timestamp = incoming_.timestamp;
  packet.payload_length = incoming_.payload_length;
  packet.sequence = incoming_.sequence;
  packet.payload_type = incoming_.payload_type;
  packet.marker = incoming_.marker;
  packet.timed = index != kNone;
  packet.clock_rate = index != kNone ? plan_.formats[index].in.params.clock_rate : 8000;
  const auto pushed = window_.push(packet);
  if (pushed == packetizer::JitterWindow::Push::kNoRoom) {
    return Offer::kBlocked;
  }
  has_incoming_ = false;
  counters_.reordered = window_.reordered();
  counters_.window_us = window_.wait_us();
  if (pushed == packetizer::JitterWindow::Push::kTaken) {
    return Offer::kTaken;
  }
  counters_.late = counters_.late + (pushed == packetizer::JitterWindow::Push::kLate ? 1U : 0U);
  discard(incoming_.token, Fate::kLate, step);
  return Offer::kRefused;
}

bool Path::take_from_window(std::uint64_t now_us, bool all) {
  std::uint32_t lost = 0;
  if (!window_.pop(now_us, all, current_, lost)) {
    return false;
  }
  lost_ += lost;
  counters_.lost = counters_.lost + lost;
  has_current_ = true;
  concealed_ = paid_ = false;
  return true;
}

bool Path::next(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step) {
  for (;;) {
    if (emit(now_us, room, step)) {
      return true;
    }
    if (has_current_) {
      if (settle(now_us, step)) {
        has_current_ = false;
        return true;
      }
      continue;
    }
    bool all = closing_;
    if (has_incoming_) {
      const Offer offer = offer_incoming(step);
      if (offer == Offer::kRefused) {
        return true;
      }
      all |= offer == Offer::kBlocked;
    }
    if (take_from_window(now_us, all)) {
      continue;
    }
    if (fill_due_us_ <= now_us && !closing_) {
      fill_with_noise();
      continue;
    }
    return false;
  }
}

std::uint64_t Path::due_us() const {
  std::uint64_t due = std::min(
      {window_.due_us(), window_.empty() ? flush_due_us_ : kNever, closing_ ? kNever : fill_due_us_});
  if (queue_full()) {
    due = std::min(due, pace_due_us_);
  }
  return due;
}

}  // namespace pollux::media
