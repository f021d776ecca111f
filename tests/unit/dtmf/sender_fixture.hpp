// A DigitSender that is turned when it asks for it, and what it does in a form that tests can name.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <vector>

#include "dataplane/dtmf/digit_sender.hpp"

namespace pollux::dtmf::sender_test {

using Kind = SendStep::Kind;
struct Done {
  std::uint64_t at_ms = 0;
  SendStep step;
};

// Turns the sender at the times it asks for, until nothing is due or `until_ms`.
inline std::vector<Done> run(DigitSender& sender, std::uint64_t until_ms) {
  std::vector<Done> done;
  std::uint64_t now_ms = 0;
  while (sender.due_ms() <= until_ms) {
    now_ms = std::max(now_ms, sender.due_ms());
    SendStep step;
    if (!sender.next(now_ms, step)) {
      ADD_FAILURE() << "nothing to do at the time it asked for";
      break;
    }
    done.push_back({now_ms, step});
  }
  return done;
}

// A telephone-event packet, as the tests name it.
struct Sent {
  std::uint64_t at_ms = 0;
  std::uint16_t ticks = 0;
  bool end = false;
  bool marker = false;
  std::uint32_t segment = 0;
  friend bool operator==(const Sent&, const Sent&) = default;
};
inline void PrintTo(const Sent& sent, std::ostream* out) {
  *out << "{" << sent.at_ms << " ms, " << sent.segment << "+" << sent.ticks << (sent.end ? " E" : "")
       << (sent.marker ? " M" : "") << "}";
}

inline std::vector<Sent> events(const std::vector<Done>& done) {
  std::vector<Sent> sent;
  for (const Done& one : done) {
    if (one.step.kind == Kind::kEvent) {
      sent.push_back(
          {one.at_ms, one.step.duration_ticks, one.step.end, one.step.marker, one.step.segment_ticks});
    }
  }
  return sent;
}

inline DigitOrder whole(std::uint8_t event, std::uint32_t duration_ms, std::uint16_t gap_ms = kMinGapMs) {
  return {.event = event, .level = 10, .duration_ms = duration_ms, .gap_ms = gap_ms};
}
inline DigitOrder live(PressId id, std::uint8_t event, std::uint32_t known_ms) {
  return {.id = id, .event = event, .live = true, .way = DtmfWay::kInBand, .duration_ms = known_ms};
}
inline DigitOrder rendered(DigitOrder order, Rendering rendering) {
  order.rendering = rendering;
  return order;
}

// The audio packets: when, from where in the press, how much tone.
struct Audio {
  std::uint64_t at_ms = 0;
  std::uint32_t offset_ms = 0;
  std::uint16_t tone_ms = 0;
  friend bool operator==(const Audio&, const Audio&) = default;
};
inline void PrintTo(const Audio& audio, std::ostream* out) {
  *out << "{" << audio.at_ms << " ms, from " << audio.offset_ms << ", tone " << audio.tone_ms << "}";
}
inline std::vector<Audio> audio(const std::vector<Done>& done) {
  std::vector<Audio> sent;
  for (const Done& one : done) {
    if (one.step.kind == Kind::kAudio) {
      sent.push_back({one.at_ms, one.step.offset_ms, one.step.tone_ms});
    }
  }
  return sent;
}

// Begin and end of each press, and how long it was said to be.
struct Span {
  std::uint8_t event = 0;
  std::uint64_t from_ms = 0;
  std::uint64_t to_ms = 0;
  std::uint32_t duration_ms = 0;
  friend bool operator==(const Span&, const Span&) = default;
};
inline void PrintTo(const Span& span, std::ostream* out) {
  *out << "{" << int{span.event} << " from " << span.from_ms << " to " << span.to_ms << ", "
       << span.duration_ms << " ms}";
}
inline std::vector<Span> spans(const std::vector<Done>& done) {
  std::vector<Span> found;
  for (const Done& one : done) {
    if (one.step.kind == Kind::kBegin) {
      found.push_back({one.step.order.event, one.at_ms});
    } else if (one.step.kind == Kind::kEnd) {
      if (found.empty()) {
        found.emplace_back();  // it began before
      }
      found.back().to_ms = one.at_ms;
      found.back().duration_ms = one.step.duration_ms;
    }
  }
  return found;
}

}  // namespace pollux::dtmf::sender_test
