// Packets into an EventReceiver, and what it tells as text: "5 end 60!" is event 5, over after 60 ms,
// repaired.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "dataplane/dtmf/event_receiver.hpp"

namespace pollux::dtmf {

class ReceiverTest : public testing::Test {
 protected:
  struct Sent {
    std::uint32_t ssrc = 7;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 8000;
    std::uint32_t clock_rate = 8000;
    std::uint8_t event = 5;
    std::uint16_t duration = 0;
    bool end = false;
    bool marker = false;
    bool redundant = false;
    std::uint8_t volume = 0;
  };

  void send(std::uint64_t now_ms, const Sent& sent) {
    send(now_ms, sent, {{sent.event, sent.end, sent.volume, sent.duration}});
  }
  // A packet with these events; those of `sent` don't count.
  void send(std::uint64_t now_ms, const Sent& sent, const std::vector<EventPayload>& events) {
    std::vector<std::uint8_t> payload;
    for (const EventPayload& event : events) {
      std::array<std::uint8_t, kEventBytes> bytes;
      write_event(event, bytes);
      payload.insert(payload.end(), bytes.begin(), bytes.end());
    }
    now_ms_ = now_ms;
    EXPECT_TRUE(receiver.take({.payload = payload,
                               .timestamp = sent.timestamp,
                               .ssrc = sent.ssrc,
                               .clock_rate = sent.clock_rate,
                               .sequence = sent.sequence,
                               .marker = sent.marker,
                               .redundant = sent.redundant},
                              now_ms, reports_));
  }
  void expire(std::uint64_t now_ms) {
    now_ms_ = now_ms;
    receiver.expire(now_ms, reports_);
  }
  void expire_all() {
    while (receiver.due_ms() != EventReceiver::kNever) {
      expire(receiver.due_ms());
    }
  }

  static std::string text(const PressReport& report) {
    static constexpr const char* kKinds[] = {" begin ", " progress ", " end "};
    return std::to_string(report.event) + kKinds[static_cast<int>(report.kind)] +
           std::to_string(report.duration_ms) + (report.repaired ? "!" : "");
  }
  // Since it was asked last.
  PressReports take_reports() {
    const PressReports taken = reports_;
    for (const PressReport& report : taken) {
      last_ = report;
      EXPECT_LE(report.began_ms, now_ms_);
    }
    reports_.clear();
    return taken;
  }
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    for (const PressReport& report : take_reports()) {
      lines.push_back(text(report));
    }
    return lines;
  }
  // The latest report.
  PressReport last() {
    take_reports();
    return last_;
  }

  EventReceiver receiver;

 private:
  PressReports reports_;
  PressReport last_;
  std::uint64_t now_ms_ = 0;
};

}  // namespace pollux::dtmf
