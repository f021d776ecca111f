// Key presses over networks that lose, repeat and shuffle: each of them once, whatever carries it.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "dataplane/dtmf/digit_sender.hpp"
#include "dataplane/dtmf/event_receiver.hpp"
#include "dataplane/dtmf/press_merger.hpp"
#include "tests/property/dtmf_network.hpp"

namespace pollux::dtmf {
namespace {

// A receiver and a merger, turned when they ask for it.
class Listener {
 public:
  struct Heard {
    std::uint8_t event = 0;
    std::uint64_t began_ms = 0;
    std::uint32_t duration_ms = 0;
    int ends = 0;
  };

  void packet(const Packet& packet, const Sending& how) {
    wait_until(packet.at_ms);
    std::array<std::uint8_t, kEventBytes> payload;
    write_event(packet.payload, payload);
    PressReports reports;
    RC_ASSERT(receiver_.take({.payload = payload,
                              .timestamp = packet.timestamp,
                              .ssrc = 1,
                              .clock_rate = how.clock_rate,
                              .sequence = packet.sequence,
                              .marker = packet.marker},
                             packet.at_ms, reports));
    reports_of(DtmfWay::kRfc4733, reports, packet.at_ms);
  }
  void report(DtmfWay way, const PressReport& report, std::uint64_t now_ms) {
    wait_until(now_ms);
    note(merger_.take(way, report, now_ms));
  }
  void info(std::uint8_t event, std::uint32_t duration_ms, std::uint64_t now_ms) {
    wait_until(now_ms);
    note(merger_.take_info(event, duration_ms, now_ms));
  }
  void wait_until(std::uint64_t now_ms) {
    while (std::min(receiver_.due_ms(), merger_.due_ms()) <= now_ms) {
      if (receiver_.due_ms() <= merger_.due_ms()) {
        const std::uint64_t due_ms = receiver_.due_ms();
        PressReports reports;
        receiver_.expire(due_ms, reports);
        RC_ASSERT(!reports.empty());
        reports_of(DtmfWay::kRfc4733, reports, due_ms);
      } else {
        const Outcome outcome = merger_.expire(merger_.due_ms());
        RC_ASSERT(outcome.kind == Outcome::Kind::kEnded);
        note(outcome);
      }
    }
  }

  // In the order of their beginnings.
  std::vector<Heard> heard() {
    std::vector<Heard> all;
    for (const auto& [id, one] : heard_) {
      all.push_back(one);
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Heard& a, const Heard& b) { return a.began_ms < b.began_ms; });
    return all;
  }
  std::size_t merged() const { return merged_; }
  std::size_t repaired() const { return repaired_; }

 private:
  void reports_of(DtmfWay way, const PressReports& reports, std::uint64_t now_ms) {
    for (const PressReport& report : reports) {
      RC_ASSERT(report.began_ms <= now_ms);
      repaired_ += report.repaired;
      note(merger_.take(way, report, now_ms));
    }
  }
  void note(const Outcome& outcome) {
    using Kind = Outcome::Kind;
    if (outcome.kind == Kind::kBegan) {
      RC_ASSERT(outcome.id != 0U);
      RC_ASSERT(heard_.try_emplace(outcome.id, Heard{outcome.event, outcome.began_ms, 0, 0}).second);
    } else if (outcome.kind != Kind::kNothing) {
      RC_ASSERT(heard_.count(outcome.id) == 1U);
      Heard& one = heard_[outcome.id];
      RC_ASSERT(one.event == outcome.event);
      merged_ += outcome.kind == Kind::kMerged || outcome.kind == Kind::kReopened;
      if (outcome.kind == Kind::kEnded) {
        ++one.ends;
        one.duration_ms = outcome.duration_ms;
      }
    }
  }

  EventReceiver receiver_;
  PressMerger merger_;
  std::map<PressId, Heard> heard_;
  std::size_t merged_ = 0;
  std::size_t repaired_ = 0;
};

void check_same(const std::vector<Listener::Heard>& heard, const std::vector<Press>& expected) {
  RC_ASSERT(heard.size() == expected.size());
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RC_ASSERT(heard[i].event == expected[i].event);
    RC_ASSERT(heard[i].ends == 1);
  }
}

RC_GTEST_PROP(Dtmf, EveryPressOfWhichAPacketSurvivesIsHeardOnce, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  const std::vector<Press> pressed = presses(chance, 1000);
  const Sending how = some_sending(chance);
  // Presses begin 80 ms apart at least: up to 60 ms late they can still be told apart by their beginnings.
  const std::vector<Packet> arrived = carry(render(pressed, how), chance.in(0, 60), chance);
  Listener listener;
  std::vector<bool> survived(pressed.size());
  for (const Packet& packet : arrived) {
    survived[packet.press] = true;
    listener.packet(packet, how);
  }
  listener.wait_until(arrived.back().at_ms + 1000);
  std::vector<Press> expected;
  for (std::size_t i = 0; i < pressed.size(); ++i) {
    if (survived[i]) {
      expected.push_back(pressed[i]);
    }
  }
  const std::vector<Listener::Heard> heard = listener.heard();
  check_same(heard, expected);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RC_ASSERT(heard[i].duration_ms <= expected[i].duration_ms);
  }
}

RC_GTEST_PROP(Dtmf, WithoutLossTheLengthsAreExact, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  const std::vector<Press> pressed = presses(chance, 200);
  const Sending how = some_sending(chance);
  Listener listener;
  for (const Packet& packet : render(pressed, how)) {
    listener.packet(packet, how);
  }
  const std::vector<Listener::Heard> heard = listener.heard();
  check_same(heard, pressed);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RC_ASSERT(heard[i].duration_ms == pressed[i].duration_ms);
  }
  RC_ASSERT(listener.repaired() == 0U);
}

// A sender that gives each packet a new timestamp and is heard without loss.
RC_GTEST_PROP(Dtmf, ANewTimestampForEachPacketIsRepaired, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  const std::vector<Press> pressed = presses(chance, 200);
  const Sending how = some_sending(chance);
  const bool ends_only = chance.percent(50);
  Listener listener;
  std::size_t press = ~std::size_t{0};
  std::uint32_t shift = 0;
  std::size_t broken = 0;
  for (Packet packet : render(pressed, how)) {
    shift = packet.press != press ? 0 : shift;
    press = packet.press;
    packet.timestamp += shift;
    broken += shift != 0 && !packet.marker && packet.payload.end;
    shift += ends_only && !packet.payload.end ? 0 : how.clock_rate / 50;
    listener.packet(packet, how);
  }
  check_same(listener.heard(), pressed);
  RC_ASSERT(broken != 0U);
  RC_ASSERT(listener.repaired() >= pressed.size() - 1);
}

RC_GTEST_PROP(Dtmf, WhatDigitSenderSendsIsHeardAsItWasOrdered, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  const Sending how = some_sending(chance);
  DigitSender sender;
  sender.set({.event_clock_rate = how.clock_rate, .packet_ms = static_cast<std::uint16_t>(chance.in(5, 60))});
  Listener listener;
  std::vector<Press> ordered;
  std::uint32_t timestamp = how.timestamp;
  std::uint16_t sequence = how.sequence;
  std::uint64_t now_ms = 1000;
  std::uint64_t over_ms = 0;
  std::uint16_t gap_ms = 0;
  const auto turn = [&](std::uint64_t until_ms) {
    for (; sender.due_ms() <= until_ms;) {
      now_ms = std::max(now_ms, sender.due_ms());
      SendStep step;
      RC_ASSERT(sender.next(now_ms, step));
      if (step.kind == SendStep::Kind::kBegin) {
        RC_ASSERT(over_ms == 0U || now_ms >= over_ms + std::max(gap_ms, kMinGapMs));
        gap_ms = step.order.gap_ms;
        timestamp = how.timestamp + static_cast<std::uint32_t>(now_ms * how.clock_rate / 1000);
      } else if (step.kind == SendStep::Kind::kEvent) {
        listener.packet({now_ms,
                         0,
                         timestamp + step.segment_ticks,
                         sequence++,
                         {step.order.event, step.end, step.order.level, step.duration_ticks},
                         step.marker},
                        how);
      } else {
        over_ms = now_ms;
      }
    }
  };
  for (int burst = 0; burst < 4; ++burst) {
    const std::uint32_t count = chance.in(1, 64);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t duration_ms = chance.percent(5) ? chance.in(400, 20'000) : chance.in(1, 400);
      ordered.push_back(
          {0, std::max<std::uint32_t>(duration_ms, kMinPressMs), static_cast<std::uint8_t>(chance.in(0, 3))});
      sender.queue({.event = ordered.back().event,
                    .level = 10,
                    .duration_ms = duration_ms,
                    .gap_ms = static_cast<std::uint16_t>(chance.in(0, 100))},
                   now_ms);
    }
    turn(chance.percent(50) ? DigitSender::kNever - 1 : now_ms);
    turn(DigitSender::kNever - 1);
  }
  const std::vector<Listener::Heard> heard = listener.heard();
  check_same(heard, ordered);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RC_ASSERT(heard[i].duration_ms == ordered[i].duration_ms);
  }
  RC_ASSERT(listener.repaired() == 0U);
}

// All three ways at once. Tones are detected 25 to 40 ms late and their times are off by up to 13 ms; INFO
// comes up to 400 ms after the key has come up.
void three_ways(Chance& chance, bool lossy) {
  const std::vector<Press> pressed = presses(chance, 300);
  const Sending how = some_sending(chance);
  std::vector<Packet> packets = render(pressed, how);
  if (lossy) {
    packets = carry(packets, 20, chance);
  }
  struct Happening {
    std::uint64_t at_ms = 0;
    const Packet* packet = nullptr;
    const Press* info = nullptr;
    PressReport report;
  };
  std::vector<Happening> all;
  for (const Packet& packet : packets) {
    all.push_back({packet.at_ms, &packet, nullptr, {}});
  }
  std::vector<bool> survived(pressed.size());
  for (const Packet& packet : packets) {
    survived[packet.press] = true;
  }
  const auto off = [&chance](std::uint64_t ms) { return ms + chance.in(0, 26) - 13; };
  for (const Press& press : pressed) {
    PressReport report{
        .kind = PressReport::Kind::kBegin, .event = press.event, .began_ms = off(press.down_ms)};
    all.push_back({press.down_ms + chance.in(25, 40), nullptr, nullptr, report});
    report.kind = PressReport::Kind::kEnd;
    report.duration_ms = static_cast<std::uint32_t>(off(press.up_ms()) - report.began_ms);
    all.push_back({press.up_ms() + chance.in(25, 40), nullptr, nullptr, report});
    all.push_back({press.up_ms() + chance.in(0, 400), nullptr, &press, {}});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Happening& a, const Happening& b) { return a.at_ms < b.at_ms; });
  Listener listener;
  for (const Happening& one : all) {
    if (one.packet != nullptr) {
      listener.packet(*one.packet, how);
    } else if (one.info != nullptr) {
      listener.info(one.info->event, one.info->duration_ms, one.at_ms);
    } else {
      listener.report(DtmfWay::kInBand, one.report, one.at_ms);
    }
  }
  listener.wait_until(all.back().at_ms + 60'000);
  check_same(listener.heard(), pressed);
  const auto heard = static_cast<std::size_t>(std::count(survived.begin(), survived.end(), true));
  RC_ASSERT(listener.merged() == pressed.size() + heard);
}

RC_GTEST_PROP(Dtmf, AllThreeWaysAtOnceAreOnePressEach, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  three_ways(chance, false);
}

RC_GTEST_PROP(Dtmf, AllThreeWaysAtOnceAreOnePressEachOverALossyNetwork, ()) {
  Chance chance(*rc::gen::arbitrary<std::uint32_t>());
  three_ways(chance, true);
}

}  // namespace
}  // namespace pollux::dtmf
