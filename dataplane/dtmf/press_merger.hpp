// One key press from all the ways that tell of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/dtmf/press_report.hpp"

namespace pollux::dtmf {

// Names a press of one leg; 0 names none. Never used again while it could be mistaken.
using PressId = std::uint32_t;

// What is to be done about a report.
struct Outcome {
  enum class Kind : std::uint8_t {
    kNothing,   // told already by another way
    kBegan,     // a press has begun
    kProgress,  // it is still going on; `duration_ms` is known of it
    kEnded,     // it is over; `duration_ms` is its length
    kMerged,    // another way tells of press `id` too, for the first time
    kReopened,  // as kMerged, and from now on the way that was taken tells how long it is: an end that was
                // foreseen doesn't hold
  };
  Kind kind = Kind::kNothing;
  DtmfWay way = DtmfWay::kRfc4733;  // that told of the press first
  std::uint8_t event = 0;
  std::uint8_t volume = 0;
  PressId id = 0;
  std::uint32_t duration_ms = 0;
  std::uint64_t began_ms = 0;
};

// Reports of the same event by different ways whose times overlap, or for SIP INFO lie within kInfoWindowMs
// of each other, are one press, of which the first to tell is the way. Two by the same way are two. Where
// several presses fit, the oldest that this way hasn't told of is meant. RFC 4733 settles the length of a
// press once it tells of it while it goes on; otherwise the first way does. In-band times are known to within
// a detector block: kSlackMs.
//
// Events that are no digits (is_digit, flash) must not be given to it. Memory is fixed. One thread.
class PressMerger {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::uint32_t kInfoWindowMs = 400;
  static constexpr std::uint32_t kSlackMs = 40;
  // So many are kept that go on or may still be told of by another way. A party's burst is 20, seven more
  // come within kInfoWindowMs, and five by SIP INFO; of more the oldest give way. Every leg with codecs has
  // them.
  static constexpr std::size_t kPresses = 32;

  Outcome take(DtmfWay way, const PressReport& report, std::uint64_t now_ms);

  // SIP INFO tells of a whole press at once, with its length: the press begins now and ends by itself, by
  // expire(). kBegan, kMerged or kNothing.
  Outcome take_info(std::uint8_t event, std::uint32_t duration_ms, std::uint64_t now_ms);

  // The end of one press whose time has come (kEnded); kNothing: there is none. To be called until then.
  Outcome expire(std::uint64_t now_ms);
  std::uint64_t due_ms() const { return due_ms_; }

 private:
  // A press that goes on, or may still be told of by another way. Times are the low half of the clock.
  struct Press {
    PressId id = 0;              // 0: the place is free
    std::uint32_t began_ms = 0;  // as the first way told
    std::uint32_t end_ms = 0;    // over: when that was; timed: when it will be
    // When the key was down, by those ways that know: RFC 4733 and in-band.
    std::uint32_t from_ms = 0;
    std::uint32_t to_ms = 0;
    std::uint32_t event_ms = 0;  // when RFC 4733 told of it last: its times may be an update too early
    std::array<std::uint32_t, kDtmfWayCount> report_began_ms{};  // of each way's latest report
    std::uint8_t event = 0;
    std::uint8_t volume = 0;
    std::uint8_t told = 0;  // by which ways: a bit each
    std::uint8_t open = 0;  // which of them haven't told an end
    DtmfWay first = DtmfWay::kRfc4733;
    DtmfWay length = DtmfWay::kRfc4733;  // the way that says how long it is
    bool over = false;                   // kEnded has been given
    bool timed = false;                  // ends by itself at end_ms
  };

  struct Told;

  Outcome begin(const Told& told);
  Outcome go_on(const Told& told, bool end);
  Press* fitting(const Told& told);
  Press* told_by(const Told& told);
  Press& free_place();
  Outcome outcome(Outcome::Kind kind, const Press& press, std::uint32_t duration_ms,
                  std::uint64_t now_ms) const;
  void find_due(std::uint64_t now_ms);

  std::array<Press, kPresses> presses_{};
  std::uint64_t due_ms_ = kNever;
  PressId last_id_ = 0;
};

}  // namespace pollux::dtmf
