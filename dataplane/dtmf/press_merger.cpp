#include "dataplane/dtmf/press_merger.hpp"

#include <algorithm>

namespace pollux::dtmf {

namespace {

constexpr std::uint8_t bit(DtmfWay way) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(way));
}
constexpr std::uint8_t kExactWays = bit(DtmfWay::kRfc4733) | bit(DtmfWay::kInBand);
constexpr std::uint32_t kMaxDurationMs = 1U << 30;  // longer than anybody presses; times stay comparable

// From `earlier` to `later`, by clocks that wrap around.
constexpr std::int32_t apart(std::uint32_t earlier, std::uint32_t later) {
  return static_cast<std::int32_t>(later - earlier);
}

}  // namespace

// A report as it is looked at.
struct PressMerger::Told {
  std::uint64_t now_ms = 0;
  std::uint32_t began_ms = 0;
  std::uint32_t duration_ms = 0;
  DtmfWay way = DtmfWay::kRfc4733;
  std::uint8_t event = 0;
  std::uint8_t volume = 0;

  std::uint32_t end_ms() const { return began_ms + duration_ms; }
  std::uint32_t now_low() const { return static_cast<std::uint32_t>(now_ms); }
  bool exact() const { return way != DtmfWay::kSipInfo; }
};

Outcome PressMerger::take(DtmfWay way, const PressReport& report, std::uint64_t now_ms) {
  const Told told{.now_ms = now_ms,
                  .began_ms = static_cast<std::uint32_t>(std::min(report.began_ms, now_ms)),
                  .duration_ms = std::min(report.duration_ms, kMaxDurationMs),
                  .way = way,
                  .event = report.event,
                  .volume = report.volume};
  return report.kind == PressReport::Kind::kBegin ? begin(told)
                                                  : go_on(told, report.kind == PressReport::Kind::kEnd);
}

Outcome PressMerger::take_info(std::uint8_t event, std::uint32_t duration_ms, std::uint64_t now_ms) {
  const Told told{.now_ms = now_ms,
                  .began_ms = static_cast<std::uint32_t>(now_ms),
                  .duration_ms = std::min(duration_ms, kMaxDurationMs),
                  .way = DtmfWay::kSipInfo,
                  .event = event,
                  .volume = 0};
  const Outcome result = begin(told);
  for (Press& press : presses_) {
    if (press.id == result.id) {
      press.open &= static_cast<std::uint8_t>(~bit(DtmfWay::kSipInfo));
      if (result.kind == Outcome::Kind::kBegan) {
        press.timed = true;
        press.end_ms = told.end_ms();
      }
    }
  }
  find_due(now_ms);
  return result;
}

Outcome PressMerger::begin(const Told& told) {
  Press* press = fitting(told);
  const bool fresh = press == nullptr;
  Outcome::Kind kind = Outcome::Kind::kBegan;
  if (fresh) {
    press = &free_place();
    *press = {};
    last_id_ = last_id_ + 1 == 0 ? 1 : last_id_ + 1;
    press->id = last_id_;
    press->began_ms = told.began_ms;
    press->event = told.event;
    press->volume = told.volume;
    press->first = press->length = told.way;
  } else if ((press->told & bit(told.way)) != 0) {
    kind = Outcome::Kind::kNothing;
  } else if (told.way == DtmfWay::kRfc4733 && !press->over) {
    kind = Outcome::Kind::kReopened;
    press->length = told.way;
    press->timed = false;
  } else {
    kind = Outcome::Kind::kMerged;
  }
  if (told.exact()) {
    const bool known = (press->told & kExactWays) != 0;
    press->from_ms = known && apart(press->from_ms, told.began_ms) > 0 ? press->from_ms : told.began_ms;
    press->to_ms = known && apart(told.end_ms(), press->to_ms) > 0 ? press->to_ms : told.end_ms();
    press->event_ms = told.way == DtmfWay::kRfc4733 ? told.now_low() : known ? press->event_ms : press->to_ms;
  }
  press->told |= bit(told.way);
  press->open |= bit(told.way);
  press->report_began_ms[static_cast<std::size_t>(told.way)] = told.began_ms;
  if (kind == Outcome::Kind::kReopened) {
    find_due(told.now_ms);
  }
  return kind == Outcome::Kind::kNothing ? Outcome{} : outcome(kind, *press, told.duration_ms, told.now_ms);
}

// The oldest press that this report may be of.
PressMerger::Press* PressMerger::fitting(const Told& told) {
  Press* found = nullptr;
  for (Press& press : presses_) {
    if (press.id == 0 || press.event != told.event) {
      continue;
    }
    const bool exact = (press.told & kExactWays) != 0;
    const bool down = exact ? (press.open & kExactWays) != 0 : !press.over && !press.timed;
    const std::uint32_t from = exact ? press.from_ms : press.began_ms;
    std::uint32_t to = exact ? press.to_ms : press.end_ms;
    if (exact && !told.exact() && apart(to, press.event_ms) > 0) {
      to = press.event_ms;
    }
    if ((press.told & bit(told.way)) != 0) {
      // A detector that lost the tone for a moment has found the same key again, if RFC 4733 has told that it
      // was down all the time.
      const bool again = told.way == DtmfWay::kInBand && (press.open & bit(told.way)) == 0 &&
                         (press.told & bit(DtmfWay::kRfc4733)) != 0 && press.length == DtmfWay::kRfc4733 &&
                         apart(press.from_ms, told.began_ms) >= 0 && apart(told.began_ms, press.to_ms) > 0;
      if (again) {
        return &press;
      }
      continue;
    }
    const bool tones = told.way == DtmfWay::kInBand || (press.told & bit(DtmfWay::kInBand)) != 0;
    const auto slack = static_cast<std::int32_t>(told.exact() && exact ? kSlackMs
                                                 : tones               ? kInfoWindowMs + kSlackMs
                                                                       : kInfoWindowMs);
    const bool fits = (down || apart(to, told.began_ms) <= slack) && apart(told.end_ms(), from) <= slack;
    if (fits && (found == nullptr || apart(press.began_ms, found->began_ms) > 0)) {
      found = &press;
    }
  }
  return found;
}

// The press that this way has told of and that isn't over for it.
PressMerger::Press* PressMerger::told_by(const Told& told) {
  Press* found = nullptr;
  for (Press& press : presses_) {
    if (press.id == 0 || press.event != told.event || (press.open & bit(told.way)) == 0) {
      continue;
    }
    if (press.report_began_ms[static_cast<std::size_t>(told.way)] == told.began_ms) {
      return &press;
    }
    if (found == nullptr || apart(press.began_ms, found->began_ms) > 0) {
      found = &press;
    }
  }
  return found;
}

Outcome PressMerger::go_on(const Told& told, bool end) {
  Press* const press = told_by(told);
  if (press == nullptr) {
    return {};
  }
  if (told.exact() && apart(press->to_ms, told.end_ms()) > 0) {
    press->to_ms = told.end_ms();
  }
  if (told.way == DtmfWay::kRfc4733) {
    press->event_ms = told.now_low();
  }
  if (end) {
    press->open &= static_cast<std::uint8_t>(~bit(told.way));
  }
  if (press->over || press->length != told.way) {
    return {};
  }
  if (end) {
    press->over = true;
    press->end_ms = told.end_ms();
  }
  return outcome(end ? Outcome::Kind::kEnded : Outcome::Kind::kProgress, *press, told.duration_ms,
                 told.now_ms);
}

Outcome PressMerger::expire(std::uint64_t now_ms) {
  if (now_ms < due_ms_) {
    return {};
  }
  Press* first = nullptr;
  for (Press& press : presses_) {
    if (press.id != 0 && press.timed && apart(press.end_ms, static_cast<std::uint32_t>(now_ms)) >= 0 &&
        (first == nullptr || apart(press.end_ms, first->end_ms) > 0)) {
      first = &press;
    }
  }
  if (first == nullptr) {
    find_due(now_ms);
    return {};
  }
  first->timed = false;
  first->over = true;
  find_due(now_ms);
  return outcome(Outcome::Kind::kEnded, *first, first->end_ms - first->began_ms, now_ms);
}

void PressMerger::find_due(std::uint64_t now_ms) {
  due_ms_ = kNever;
  for (const Press& press : presses_) {
    if (press.id != 0 && press.timed) {
      const std::int32_t left = apart(static_cast<std::uint32_t>(now_ms), press.end_ms);
      due_ms_ = std::min(due_ms_, left > 0 ? now_ms + static_cast<std::uint32_t>(left) : now_ms);
    }
  }
}

PressMerger::Press& PressMerger::free_place() {
  Press* oldest = &presses_[0];
  for (Press& press : presses_) {
    if (press.id == 0) {
      return press;
    }
    // One that is over before one that isn't.
    if (press.over != oldest->over ? press.over : apart(press.began_ms, oldest->began_ms) > 0) {
      oldest = &press;
    }
  }
  return *oldest;
}

Outcome PressMerger::outcome(Outcome::Kind kind, const Press& press, std::uint32_t duration_ms,
                             std::uint64_t now_ms) const {
  const std::uint64_t ago_ms = static_cast<std::uint32_t>(now_ms) - press.began_ms;
  return {.kind = kind,
          .way = press.first,
          .event = press.event,
          .volume = press.volume,
          .id = press.id,
          .duration_ms = duration_ms,
          .began_ms = now_ms - std::min(ago_ms, now_ms)};
}

}  // namespace pollux::dtmf
