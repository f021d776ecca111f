// Key presses from packets, tones and INFO as hostile as the fuzzer likes, at times of its choice, through
// receiver and merger to a sender. Whatever comes: each press begins once and ends once, times don't go back,
// and what leaves keeps RFC 4733's rules.
#include <algorithm>
#include <map>
#include <memory>

#include "dataplane/dtmf/digit_sender.hpp"
#include "dataplane/dtmf/event_receiver.hpp"
#include "dataplane/dtmf/press_merger.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::dtmf {
namespace {

class Run {
 public:
  void play(FuzzInput& input) {
    sender_.set({.event_clock_rate = (input.u8() & 1) != 0 ? 48'000U : 8000U, .packet_ms = input.u8()});
    rendering_ = static_cast<Rendering>(input.u8() % 4);
    while (!input.empty()) {
      const std::uint8_t operation = input.u8();
      wait_until(now_ms_ + ((operation & 0x80) != 0 ? input.u8() : 0));
      switch (operation & 7) {
        case 5:
          tone(input);
          break;
        case 6:
          note(merger_.take_info(input.u8() % 17, input.u16(), now_ms_));
          break;
        case 7:
          wait_until(now_ms_ + input.u16());
          break;
        default:
          packet(operation, input);
      }
    }
    // Everything that was begun ends by itself, but for tones of which nobody tells the end.
    wait_until(now_ms_ + 3'000'000);
    POLLUX_FUZZ_CHECK(receiver_.due_ms() == EventReceiver::kNever);
    POLLUX_FUZZ_CHECK(merger_.due_ms() == PressMerger::kNever);
    POLLUX_FUZZ_CHECK(sender_.due_ms() == DigitSender::kNever && !sender_.active());
    POLLUX_FUZZ_CHECK(open_ == 0);
  }

 private:
  void packet(std::uint8_t operation, FuzzInput& input) {
    // Small steps from where the stream is, now and then a jump.
    if ((operation & 0x40) != 0) {
      sequence_ = input.u16();
      timestamp_ = input.u32();
      ssrc_ = input.u8() & 1;
    }
    const std::uint8_t step = input.u8();
    sequence_ = static_cast<std::uint16_t>(sequence_ + (step & 3) - ((step & 4) != 0 ? 3 : 0));
    timestamp_ += (step & 8) != 0 ? input.u16() : 0U;
    const auto payload = input.bytes((operation & 0x20) != 0 ? input.u8() % 70U : kEventBytes);
    PressReports reports;
    const bool read = receiver_.take({.payload = payload,
                                      .timestamp = timestamp_,
                                      .ssrc = ssrc_,
                                      .clock_rate = (step & 0x40) != 0 ? input.u16() : 8000U,
                                      .sequence = sequence_,
                                      .marker = (step & 0x10) != 0,
                                      .redundant = (step & 0x20) != 0},
                                     now_ms_, reports);
    POLLUX_FUZZ_CHECK(read || reports.empty());
    take(reports);
  }

  void tone(FuzzInput& input) {
    const std::uint8_t what = input.u8();
    PressReport report;
    report.kind = static_cast<PressReport::Kind>(what % 3);
    report.event = what >> 4;
    report.duration_ms = input.u16();
    report.began_ms = now_ms_ + 50 - input.u8();
    note(merger_.take(DtmfWay::kInBand, report, now_ms_));
  }

  void take(const PressReports& reports) {
    for (const PressReport& report : reports) {
      POLLUX_FUZZ_CHECK(report.began_ms <= now_ms_);
      open_ += report.kind == PressReport::Kind::kBegin ? 1 : 0;
      open_ -= report.kind == PressReport::Kind::kEnd ? 1 : 0;
      POLLUX_FUZZ_CHECK(open_ >= 0 && open_ <= 16);
      if (is_digit(report.event) || report.event == kFlashEvent) {
        note(merger_.take(DtmfWay::kRfc4733, report, now_ms_));
      }
    }
  }

  void note(const Outcome& outcome) {
    using Kind = Outcome::Kind;
    POLLUX_FUZZ_CHECK((outcome.kind == Kind::kNothing) == (outcome.id == 0));
    POLLUX_FUZZ_CHECK(outcome.began_ms <= now_ms_);
    if (outcome.kind == Kind::kBegan) {
      POLLUX_FUZZ_CHECK(over_.try_emplace(outcome.id, false).second);
      if (sender_.room() != 0) {
        sender_.queue({.id = outcome.id,
                       .rendering = rendering_,
                       .event = outcome.event,
                       .level = outcome.volume,
                       .live = outcome.way != DtmfWay::kSipInfo,
                       .way = outcome.way,
                       .duration_ms = outcome.duration_ms},
                      now_ms_);
      }
    } else if (outcome.kind == Kind::kProgress) {
      POLLUX_FUZZ_CHECK(!over_.at(outcome.id));
      sender_.progress(outcome.id, outcome.duration_ms);
    } else if (outcome.kind == Kind::kReopened) {
      POLLUX_FUZZ_CHECK(!over_.at(outcome.id));
      sender_.reopen(outcome.id);
    } else if (outcome.kind == Kind::kEnded) {
      POLLUX_FUZZ_CHECK(!over_.at(outcome.id));
      over_[outcome.id] = true;
      sender_.end(outcome.id, outcome.duration_ms);
    }
  }

  // All that there is to do until then, when it is due.
  void wait_until(std::uint64_t until_ms) {
    for (;;) {
      const std::uint64_t due_ms = std::min({receiver_.due_ms(), merger_.due_ms(), sender_.due_ms()});
      if (due_ms > until_ms) {
        break;
      }
      now_ms_ = std::max(now_ms_, due_ms);
      if (receiver_.due_ms() <= now_ms_) {
        PressReports reports;
        receiver_.expire(now_ms_, reports);
        POLLUX_FUZZ_CHECK(!reports.empty() && receiver_.due_ms() > now_ms_);
        take(reports);
      } else if (merger_.due_ms() <= now_ms_) {
        note(merger_.expire(now_ms_));
      } else {
        SendStep step;
        POLLUX_FUZZ_CHECK(sender_.next(now_ms_, step));
        look(step);
      }
    }
    now_ms_ = until_ms;
  }

  void look(const SendStep& step) {
    using Kind = SendStep::Kind;
    POLLUX_FUZZ_CHECK((step.kind == Kind::kBegin) != sending_);
    POLLUX_FUZZ_CHECK(sender_.active() == (step.kind != Kind::kEnd));
    POLLUX_FUZZ_CHECK(step.order.rendering == rendering_);
    if (step.kind == Kind::kBegin) {
      POLLUX_FUZZ_CHECK(over_ms_ == 0 || now_ms_ >= over_ms_ + kMinGapMs);
      sending_ = true;
      ticks_ = ends_ = packets_ = 0;
    } else if (step.kind == Kind::kEvent) {
      POLLUX_FUZZ_CHECK(rendering_ == Rendering::kEvent);
      POLLUX_FUZZ_CHECK(step.marker == (packets_ == 0));
      POLLUX_FUZZ_CHECK(step.segment_ticks % 0xffff == 0 && step.duration_ticks != 0);
      POLLUX_FUZZ_CHECK(step.segment_ticks + step.duration_ticks >= ticks_);
      POLLUX_FUZZ_CHECK(step.end || ends_ == 0);
      ticks_ = step.segment_ticks + step.duration_ticks;
      ends_ += step.end ? 1 : 0;
      ++packets_;
    } else if (step.kind == Kind::kAudio) {
      POLLUX_FUZZ_CHECK(rendering_ == Rendering::kTone || rendering_ == Rendering::kSilence);
      POLLUX_FUZZ_CHECK(step.tone_ms <= step.packet_ms && step.offset_ms == packets_ * step.packet_ms);
      POLLUX_FUZZ_CHECK(step.offset_ms <= kMaxPressMs);
      ++packets_;
    } else {
      POLLUX_FUZZ_CHECK(rendering_ != Rendering::kEvent || ends_ == 3);
      POLLUX_FUZZ_CHECK(step.duration_ms <= kMaxPressMs &&
                        step.duration_ms >= (rendering_ == Rendering::kTone ? kMinToneMs : kMinPressMs));
      sending_ = false;
      over_ms_ = now_ms_;
    }
  }

  EventReceiver receiver_;
  PressMerger merger_;
  DigitSender sender_;
  std::map<PressId, bool> over_;
  std::uint64_t now_ms_ = 1000;
  std::uint64_t over_ms_ = 0;
  std::uint32_t timestamp_ = 0xfffff000;
  std::uint32_t ssrc_ = 0;
  std::uint32_t ticks_ = 0;
  std::uint32_t ends_ = 0;
  std::uint32_t packets_ = 0;
  std::uint16_t sequence_ = 65'530;
  Rendering rendering_ = Rendering::kEvent;
  int open_ = 0;
  bool sending_ = false;
};

}  // namespace
}  // namespace pollux::dtmf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::FuzzInput input(data, size);
  pollux::dtmf::Run().play(input);
  return 0;
}
