#include "dataplane/dtmf/digit_sender.hpp"

#include <algorithm>

namespace pollux::dtmf {

namespace {

constexpr std::uint8_t kLastPacketTimes = 3;  // RFC 4733 §2.5.1.4
constexpr std::uint32_t kSegmentTicks = 0xffff;
constexpr std::uint16_t kLeastPacketMs = 5;
constexpr std::uint16_t kMostPacketMs = 60;

constexpr std::uint16_t capped(std::uint32_t duration_ms) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(duration_ms, kMaxPressMs));
}

}  // namespace

void DigitSender::queue(const DigitOrder& order, std::uint64_t now_ms) {
  if (room() == 0) {
    return;
  }
  Waiting& place = queue_[(first_ + waiting_) % queue_.size()];
  place.id = order.id;
  place.duration_ms = capped(order.duration_ms);
  place.gap_ms = std::max(order.gap_ms, kMinGapMs);
  place.event = order.event;
  place.level = order.level;
  place.rendering = order.rendering;
  place.way = order.way;
  place.live = order.live && order.id != 0;  // nobody could end it
  if (phase_ == Phase::kIdle && waiting_ == 0) {
    ready_ms_ = std::max(ready_ms_, now_ms);
  }
  ++waiting_;
}

// One that can still be told about.
DigitSender::Waiting* DigitSender::find(PressId id, bool live) {
  if (id == 0) {
    return nullptr;
  }
  if (phase_ == Phase::kSending && !ending_ && now_.id == id && now_.live == live) {
    return &now_;
  }
  for (std::size_t i = 0; i < waiting_; ++i) {
    Waiting& place = queue_[(first_ + i) % queue_.size()];
    if (place.id == id && place.live == live) {
      return &place;
    }
  }
  return nullptr;
}

void DigitSender::progress(PressId id, std::uint32_t duration_ms) {
  Waiting* const press = find(id, true);
  if (press != nullptr) {
    press->duration_ms = std::max(press->duration_ms, capped(duration_ms));
  }
}

void DigitSender::end(PressId id, std::uint32_t duration_ms) {
  Waiting* const press = find(id, true);
  if (press == nullptr) {
    return;
  }
  press->live = false;
  press->duration_ms = capped(duration_ms);
  if (press == &now_) {
    settle();
  }
}

void DigitSender::reopen(PressId id) {
  Waiting* const press = find(id, false);
  if (press != nullptr) {
    press->live = true;
    press->duration_ms = press == &now_ ? capped(sent_ms_) : std::uint16_t{0};
  }
}

std::uint32_t DigitSender::least_ms() const {
  return now_.rendering == Rendering::kTone ? kMinToneMs : kMinPressMs;
}

// The length of the press that is being sent is known now: not less than what has been sent.
void DigitSender::settle() {
  now_.live = false;
  now_.duration_ms = capped(std::max({std::uint32_t{now_.duration_ms}, least_ms(), sent_ms_}));
}

DigitOrder DigitSender::order() const {
  return {.id = now_.id,
          .rendering = now_.rendering,
          .event = now_.event,
          .level = now_.level,
          .live = now_.live,
          .way = now_.way,
          .duration_ms = now_.duration_ms,
          .gap_ms = now_.gap_ms};
}

std::size_t DigitSender::clear() {
  const std::size_t forgotten = waiting_ + (active() ? 1U : 0U);
  first_ = waiting_ = 0;
  phase_ = Phase::kIdle;
  ready_ms_ = 0;
  return forgotten;
}

std::uint64_t DigitSender::send_due_ms() const {
  if (now_.rendering == Rendering::kMute || now_.rendering == Rendering::kTell) {
    return begin_ms_ + (now_.live ? kMaxPressMs : now_.duration_ms);
  }
  if (now_.rendering == Rendering::kEvent && !now_.live && started_) {
    // The end isn't put off to the next packet time.
    return std::min(next_ms_, begin_ms_ + now_.duration_ms);
  }
  return next_ms_;
}

std::uint64_t DigitSender::due_ms() const {
  switch (phase_) {
    case Phase::kIdle:
      return waiting_ == 0 ? kNever : ready_ms_;
    case Phase::kSending:
      return send_due_ms();
    default:
      return over_ms_;
  }
}

bool DigitSender::next(std::uint64_t now_ms, SendStep& step) {
  if (now_ms < due_ms()) {
    return false;
  }
  step = {};
  switch (phase_) {
    case Phase::kIdle:
      begin(now_ms, step);
      return true;
    case Phase::kSending:
      if (send(now_ms, step)) {
        return true;
      }
      if (now_ms < over_ms_) {
        return false;
      }
      [[fallthrough]];
    default:
      phase_ = Phase::kIdle;
      ready_ms_ = now_ms + now_.gap_ms;
      step.kind = SendStep::Kind::kEnd;
      step.order = order();
      step.duration_ms = sent_ms_;
      return true;
  }
}

void DigitSender::begin(std::uint64_t now_ms, SendStep& step) {
  now_ = queue_[first_];
  first_ = static_cast<std::uint8_t>((first_ + 1U) % queue_.size());
  --waiting_;
  current_ = settings_;
  current_.packet_ms = std::clamp(current_.packet_ms, kLeastPacketMs, kMostPacketMs);
  phase_ = Phase::kSending;
  repeats_ = 0;
  started_ = ending_ = false;
  sent_ms_ = 0;
  segment_ticks_ = 0;
  begin_ms_ = next_ms_ = now_ms;
  if (now_.rendering == Rendering::kTone || now_.rendering == Rendering::kSilence) {
    next_ms_ += current_.packet_ms / 2;
  }
  if (!now_.live) {
    settle();
  }
  step.kind = SendStep::Kind::kBegin;
  step.order = order();
}

// All of the press has been sent.
void DigitSender::finish(std::uint64_t over_ms) {
  phase_ = Phase::kOver;
  over_ms_ = over_ms;
}

// False: nothing more is to be sent, the press is over.
bool DigitSender::send(std::uint64_t now_ms, SendStep& step) {
  if (now_.live && now_ms - begin_ms_ + current_.packet_ms >= kMaxPressMs) {
    settle();
  }
  switch (now_.rendering) {
    case Rendering::kEvent:
      return send_event(now_ms, step);
    case Rendering::kTone:
    case Rendering::kSilence:
      return send_audio(step);
    default:
      sent_ms_ = now_.duration_ms;
      finish(now_ms);
      return false;
  }
}

bool DigitSender::send_event(std::uint64_t now_ms, SendStep& step) {
  const bool first = !started_;
  if (repeats_ == 0) {
    // The first packet tells of one packet time; from then on the duration grows as time passes. Once the
    // whole time has passed there is nothing to wait for.
    const std::uint64_t passed_ms = now_ms - begin_ms_;
    const bool whole = !now_.live && passed_ms >= now_.duration_ms;
    std::uint64_t wanted_ms = first ? current_.packet_ms : current_.packet_ms + passed_ms;
    if (whole || !(first && now_.live)) {
      wanted_ms = whole ? now_.duration_ms : std::min<std::uint64_t>(wanted_ms, now_.duration_ms);
    }
    sent_ms_ = std::max(sent_ms_, static_cast<std::uint32_t>(wanted_ms));
  }
  step.kind = SendStep::Kind::kEvent;
  step.order = order();
  step.segment_ticks = segment_ticks_;
  step.marker = first;
  const auto ticks = static_cast<std::uint32_t>(std::uint64_t{sent_ms_} * current_.event_clock_rate / 1000);
  const std::uint32_t in_segment = ticks - segment_ticks_;
  started_ = true;
  if (in_segment > kSegmentTicks) {
    step.duration_ticks = kSegmentTicks;
    if (++repeats_ == kLastPacketTimes) {
      repeats_ = 0;
      segment_ticks_ += kSegmentTicks;
    }
    return true;
  }
  step.duration_ticks = static_cast<std::uint16_t>(in_segment);
  step.end = !first && !now_.live && sent_ms_ >= now_.duration_ms;
  if (!step.end) {
    next_ms_ = begin_ms_ + ((now_ms - begin_ms_) / current_.packet_ms + 1) * current_.packet_ms;
    return true;
  }
  ending_ = true;
  if (++repeats_ == kLastPacketTimes) {
    finish(std::max(now_ms, begin_ms_ + sent_ms_));
  }
  return true;
}

bool DigitSender::send_audio(SendStep& step) {
  if (!now_.live && started_ && now_.duration_ms <= sent_ms_) {
    finish(next_ms_);
    return false;
  }
  const std::uint32_t packet_ms = current_.packet_ms;
  step.kind = SendStep::Kind::kAudio;
  step.order = order();
  step.offset_ms = sent_ms_;
  step.packet_ms = current_.packet_ms;
  const std::uint32_t left_ms = now_.live ? packet_ms : now_.duration_ms - sent_ms_;
  const auto tone_ms = static_cast<std::uint16_t>(std::min(packet_ms, left_ms));
  step.tone_ms = now_.rendering == Rendering::kTone ? tone_ms : std::uint16_t{0};
  started_ = true;
  sent_ms_ += tone_ms;
  next_ms_ += packet_ms;
  if (!now_.live && sent_ms_ >= now_.duration_ms) {
    finish(next_ms_);
  }
  return true;
}

}  // namespace pollux::dtmf
