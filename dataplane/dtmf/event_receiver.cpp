#include "dataplane/dtmf/event_receiver.hpp"

#include <algorithm>

#include "dataplane/base/sequence.hpp"

namespace pollux::dtmf {

namespace {

constexpr std::uint8_t kUnknownIntervalMs = 50;
constexpr std::uint32_t kLeastIntervalMs = 20;
constexpr std::uint32_t kMostIntervalMs = 60;
constexpr unsigned kSilentIntervals = 3;
constexpr std::uint64_t kMemoryMs = 10'000;  // later than that no packet of a press comes any more
constexpr std::int16_t kMaxMisorder = 100;   // packets; further behind: the sender has begun anew
constexpr std::uint32_t kMaxLatenessS = 5;   // by the sender's clock
constexpr std::int16_t kMaxLostOfPress = 16;
// Two presses of a key are further apart, even of careless senders; packets of one that sends a new timestamp
// with each of them aren't.
constexpr std::uint32_t kLeastGapMs = 20;
constexpr std::uint32_t kSegmentTicks = 0xffff;

constexpr std::uint32_t to_ms(std::uint64_t ticks, std::uint32_t clock_rate) {
  return static_cast<std::uint32_t>(ticks * 1000 / clock_rate);
}

}  // namespace

struct EventReceiver::Told {
  std::uint64_t now_ms = 0;
  std::uint32_t ssrc = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t clock_rate = 0;
  std::uint32_t since_ticks = 0;  // from its beginning to the end of the last event of the packet
  std::uint16_t sequence = 0;
  std::uint16_t duration = 0;
  std::uint8_t event = 0;
  std::uint8_t volume = 0;
  bool end = false;
  bool marker = false;
  bool history = false;  // earlier than what the packet was sent for: the sequence number isn't its own
  bool plain = true;     // the packet is of this event only

  std::uint32_t gap_ticks() const { return kLeastGapMs * clock_rate / 1000; }
};

// Whether its timestamps go on with the time, so that those between the first and the last are its too.
bool EventReceiver::Press::covers_time() const {
  const std::int32_t span = timestamp_distance(first_timestamp, last_timestamp);
  return segmented || (moving && span > 0 && static_cast<std::uint32_t>(span) <= ticks + clock_rate / 5);
}

bool EventReceiver::take(const EventPacket& packet, std::uint64_t now_ms, PressReports& reports) {
  EventPayloads events;
  if (!read_events(packet.payload, events)) {
    return false;
  }
  std::uint32_t ticks = 0;
  for (const EventPayload& event : events) {
    ticks += event.duration;
  }
  Told told;
  told.now_ms = now_ms;
  told.ssrc = packet.ssrc;
  told.timestamp = packet.timestamp;
  told.clock_rate = packet.clock_rate == 0 ? 8000 : packet.clock_rate;
  told.sequence = packet.sequence;
  told.plain = events.size() == 1 && !packet.redundant;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventPayload& event = events[i];
    const bool last = i + 1 == events.size();
    told.since_ticks = ticks;
    told.duration = event.duration;
    told.event = event.event;
    told.volume = event.volume;
    told.history = packet.redundant || !last;
    told.marker = packet.marker && !packet.redundant && i == 0;
    // What another event follows is over, unless that is its next segment.
    told.end =
        event.end || (!last && !(events[i + 1].event == event.event && event.duration == kSegmentTicks));
    take_one(told, reports);
    told.timestamp += event.duration;
    ticks -= event.duration;
  }
  find_due();
  return true;
}

void EventReceiver::take_one(const Told& told, PressReports& reports) {
  Press* press = known(told);
  if (press == nullptr) {
    press = continued(told);
  }
  if (press == nullptr) {
    begin(told, reports);
  } else {
    update(*press, told, reports);
  }
}

// The press of which the packet is one by its timestamp.
EventReceiver::Press* EventReceiver::known(const Told& told) {
  for (Press& press : presses_) {
    if (press.order == 0 || press.ssrc != told.ssrc || press.event != told.event ||
        (!press.open && told.now_ms >= press.heard_ms + kMemoryMs)) {
      continue;
    }
    if (told.timestamp == press.first_timestamp || told.timestamp == press.last_timestamp ||
        (press.covers_time() && timestamp_distance(press.first_timestamp, told.timestamp) > 0 &&
         timestamp_distance(told.timestamp, press.last_timestamp) > 0)) {
      return &press;
    }
  }
  return nullptr;
}

// Whether another press has begun between what is known of this one and the packet.
bool EventReceiver::another_between(const Press& press, const Told& told) const {
  return std::any_of(presses_.begin(), presses_.end(), [&press, &told](const Press& other) {
    return other.order != 0 && other.ssrc == press.ssrc &&
           sequence_newer(other.first_sequence, press.last_sequence) &&
           !sequence_newer(other.first_sequence, told.sequence);
  });
}

// The press that goes on with another timestamp: its next segment, or that of a sender that breaks the rules.
EventReceiver::Press* EventReceiver::continued(const Told& told) {
  for (Press& press : presses_) {
    if (press.order == 0 || press.ssrc != told.ssrc || press.event != told.event ||
        (!press.open && told.now_ms >= press.heard_ms + kMemoryMs)) {
      continue;
    }
    const std::int32_t ahead = timestamp_distance(press.last_timestamp, told.timestamp);
    const std::int16_t step = sequence_distance(press.last_sequence, told.sequence);
    // Right behind what has been told without an end.
    const auto next = static_cast<std::uint32_t>(ahead);
    if (!told.marker && !press.ended && !press.moving && ahead > 0 && told.duration <= press.duration &&
        (next == press.duration || next == kSegmentTicks)) {
      press.segmented = true;
      return &press;
    }
    if (!told.plain) {
      continue;
    }
    if (step <= 0) {
      // Of a press whose packets all have their own timestamps one came late.
      const std::int32_t before = timestamp_distance(told.timestamp, press.first_timestamp);
      const bool within = sequence_distance(press.first_sequence, told.sequence) >= 0;
      const bool touching = before > 0 && step >= -kMaxMisorder && told.duration <= press.ticks &&
                            static_cast<std::uint32_t>(before) <= told.duration + told.gap_ticks();
      if (within || (touching && !told.end)) {
        press.moving = true;
        return &press;
      }
      continue;
    }
    if (told.marker || told.duration < press.duration || step > kMaxLostOfPress ||
        (press.ended && !told.end)) {
      continue;
    }
    const bool near = ahead <= 0 || next <= press.duration + told.gap_ticks();
    if ((near || (step == 1 && press.open)) && !another_between(press, told)) {
      press.moving = true;
      return &press;
    }
  }
  return nullptr;
}

// Whether it is a press from before one that has begun already. By the sequence number: a sender that jumps
// back in time is another matter.
bool EventReceiver::is_late(const Told& told, const Press& newest) const {
  const std::int32_t behind = timestamp_distance(told.timestamp, newest.first_timestamp);
  if (behind <= 0 || static_cast<std::uint32_t>(behind) > kMaxLatenessS * told.clock_rate) {
    return false;
  }
  const std::int16_t step = sequence_distance(newest.last_sequence, told.sequence);
  return told.history || (step <= 0 && step >= -kMaxMisorder);
}

void EventReceiver::begin(const Told& told, PressReports& reports) {
  if (told.duration == 0) {
    return;  // RFC 4733 §2.3.5: tells nothing
  }
  const Press* const before = newest(told.ssrc);
  const bool late = before != nullptr && is_late(told, *before);
  std::uint64_t ago_ms = to_ms(told.since_ticks, told.clock_rate);
  std::uint8_t interval_ms = 0;
  if (before != nullptr) {
    interval_ms = before->interval_ms;
  }
  if (late) {
    const std::int32_t lost = timestamp_distance(told.timestamp, forgotten_timestamp_);
    if (forgot_ && forgotten_ssrc_ == told.ssrc && lost >= 0 &&
        static_cast<std::uint32_t>(lost) <= kMaxLatenessS * told.clock_rate) {
      return;
    }
    const auto behind =
        static_cast<std::uint32_t>(timestamp_distance(told.timestamp, before->first_timestamp));
    ago_ms = std::max(ago_ms, told.now_ms - before->began_ms + to_ms(behind, told.clock_rate));
  } else {
    // One key at a time: those before it are over, though their ends have been lost.
    for (Press& press : presses_) {
      if (press.open && press.ssrc == told.ssrc && press.last_timestamp != told.timestamp) {
        finish(press, true, reports);
      }
    }
  }
  Press& press = free_place(reports);
  press = {};
  press.began_ms = told.now_ms - std::min(ago_ms, told.now_ms);
  press.heard_ms = told.now_ms;
  press.order = ++order_;
  press.ssrc = told.ssrc;
  press.first_timestamp = press.last_timestamp = told.timestamp;
  press.clock_rate = told.clock_rate;
  press.ticks = press.duration = told.duration;
  press.first_sequence = press.last_sequence = told.sequence;
  press.event = told.event;
  press.volume = told.volume;
  press.interval_ms = interval_ms;
  press.open = true;
  press.ended = told.end;
  press.late = late;
  reports.push_back({.kind = PressReport::Kind::kBegin,
                     .event = press.event,
                     .volume = press.volume,
                     .repaired = blame(),
                     .duration_ms = to_ms(press.ticks, press.clock_rate),
                     .began_ms = press.began_ms});
  if (told.end || late) {
    finish(press, !told.end, reports);
  }
}

void EventReceiver::update(Press& press, const Told& told, PressReports& reports) {
  const std::int16_t step = sequence_distance(press.last_sequence, told.sequence);
  const std::int32_t ahead = timestamp_distance(press.last_timestamp, told.timestamp);
  const std::int32_t from_first = timestamp_distance(press.first_timestamp, told.timestamp);
  std::uint32_t ticks = told.duration;
  if (press.segmented && from_first > 0) {
    ticks += static_cast<std::uint32_t>(from_first);
  }
  const bool own_sequence = !told.history;
  // Ends of a press and of a segment come when they come, not after an interval.
  const bool paced = !told.end && told.duration != kSegmentTicks && (ahead == 0 || press.moving);
  if (own_sequence && step > 0 && paced && press.open && ticks > press.ticks) {
    const std::uint32_t apart_ms =
        std::clamp(to_ms(ticks - press.ticks, press.clock_rate), kLeastIntervalMs, kMostIntervalMs);
    // Where packets are missing between the two, or audio was sent, it may be several intervals.
    if (step == 1 || press.interval_ms == 0 || apart_ms < press.interval_ms) {
      press.interval_ms = static_cast<std::uint8_t>(apart_ms);
    }
  }
  if (ahead > 0 || (own_sequence && step > 0 && ahead != 0)) {
    press.last_timestamp = told.timestamp;
    press.duration = told.duration;
  } else if (ahead == 0) {
    press.duration = std::max(press.duration, told.duration);
  }
  if (from_first < 0 && press.moving && step <= 0) {
    press.first_timestamp = told.timestamp;
    press.first_sequence = told.sequence;
  }
  if (own_sequence && step > 0) {
    press.last_sequence = told.sequence;
  }
  if (!told.history) {
    press.heard_ms = told.now_ms;
  }
  press.ended = press.ended || told.end;
  if (!press.open) {
    if (press.moving && !press.blamed) {
      press.blamed = blame_ = true;
    }
    return;
  }
  const bool longer = ticks > press.ticks;
  press.ticks = std::max(press.ticks, ticks);
  if (told.end) {
    finish(press, false, reports);
  } else if (longer) {
    reports.push_back({.kind = PressReport::Kind::kProgress,
                       .event = press.event,
                       .volume = press.volume,
                       .duration_ms = to_ms(press.ticks, press.clock_rate),
                       .began_ms = press.began_ms});
  }
}

void EventReceiver::finish(Press& press, bool repaired, PressReports& reports) {
  press.open = false;
  press.blamed = repaired || press.moving;
  reports.push_back({.kind = PressReport::Kind::kEnd,
                     .event = press.event,
                     .volume = press.volume,
                     .repaired = press.blamed || blame(),
                     .duration_ms = to_ms(press.ticks, press.clock_rate),
                     .began_ms = press.began_ms});
}

bool EventReceiver::blame() {
  const bool told = blame_;
  blame_ = false;
  return told;
}

EventReceiver::Press& EventReceiver::free_place(PressReports& reports) {
  Press* oldest = nullptr;
  for (Press& press : presses_) {
    if (press.order == 0) {
      return press;
    }
    // One that is over before one that isn't.
    if (oldest == nullptr || press.open < oldest->open ||
        (press.open == oldest->open && press.order < oldest->order)) {
      oldest = &press;
    }
  }
  if (oldest->open) {
    finish(*oldest, true, reports);
  }
  if (!forgot_ || forgotten_ssrc_ != oldest->ssrc ||
      timestamp_distance(forgotten_timestamp_, oldest->first_timestamp) > 0) {
    forgot_ = true;
    forgotten_ssrc_ = oldest->ssrc;
    forgotten_timestamp_ = oldest->first_timestamp;
  }
  return *oldest;
}

const EventReceiver::Press* EventReceiver::newest(std::uint32_t ssrc) const {
  const Press* found = nullptr;
  for (const Press& press : presses_) {
    if (press.order != 0 && press.ssrc == ssrc && !press.late &&
        (found == nullptr || press.order > found->order)) {
      found = &press;
    }
  }
  return found;
}

void EventReceiver::expire(std::uint64_t now_ms, PressReports& reports) {
  if (now_ms < due_ms_) {
    return;
  }
  for (Press& press : presses_) {
    const unsigned interval_ms = press.interval_ms == 0 ? kUnknownIntervalMs : press.interval_ms;
    if (press.open && now_ms >= press.heard_ms + kSilentIntervals * interval_ms) {
      finish(press, true, reports);
    }
  }
  find_due();
}

void EventReceiver::find_due() {
  due_ms_ = kNever;
  for (const Press& press : presses_) {
    if (press.open) {
      const unsigned interval_ms = press.interval_ms == 0 ? kUnknownIntervalMs : press.interval_ms;
      due_ms_ = std::min(due_ms_, press.heard_ms + kSilentIntervals * interval_ms);
    }
  }
}

}  // namespace pollux::dtmf
