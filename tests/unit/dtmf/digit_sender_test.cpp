#include "dataplane/dtmf/digit_sender.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::dtmf {
namespace {

static_assert(sizeof(DigitSender) <= 1200, "it lies in every leg that sends digits");

using Kind = SendStep::Kind;

struct Done {
  std::uint64_t at_ms = 0;
  SendStep step;
};

// Turns the sender at the times it asks for, until nothing is due or `until_ms`.
std::vector<Done> run(DigitSender& sender, std::uint64_t until_ms) {
  std::vector<Done> done;
  while (sender.due_ms() <= until_ms) {
    const std::uint64_t now_ms = sender.due_ms();
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
void PrintTo(const Sent& sent, std::ostream* out) {
  *out << "{" << sent.at_ms << " ms, " << sent.segment << "+" << sent.ticks << (sent.end ? " E" : "")
       << (sent.marker ? " M" : "") << "}";
}

std::vector<Sent> events(const std::vector<Done>& done) {
  std::vector<Sent> sent;
  for (const Done& one : done) {
    if (one.step.kind == Kind::kEvent) {
      sent.push_back(
          {one.at_ms, one.step.duration_ticks, one.step.end, one.step.marker, one.step.segment_ticks});
    }
  }
  return sent;
}

DigitOrder whole(std::uint8_t event, std::uint32_t duration_ms, std::uint16_t gap_ms = kMinGapMs) {
  return {.event = event, .level = 10, .duration_ms = duration_ms, .gap_ms = gap_ms};
}

TEST(DigitSender, APressAsEveryReceiverKnowsIt) {
  DigitSender sender;
  EXPECT_EQ(sender.due_ms(), DigitSender::kNever);
  sender.queue(whole(5, 100), 1000);
  EXPECT_EQ(sender.due_ms(), 1000U);
  const std::vector<Done> done = run(sender, 5000);
  EXPECT_EQ(events(done), (std::vector<Sent>{{1000, 160, false, true},
                                             {1020, 320},
                                             {1040, 480},
                                             {1060, 640},
                                             {1080, 800, true},
                                             {1080, 800, true},
                                             {1080, 800, true}}));
  EXPECT_EQ(done.front().step.kind, Kind::kBegin);
  EXPECT_EQ(done.front().at_ms, 1000U);
  EXPECT_EQ(done.back().step.kind, Kind::kEnd);
  EXPECT_EQ(done.back().at_ms, 1100U);
  EXPECT_EQ(done.back().step.duration_ms, 100U);
}

}  // namespace
}  // namespace pollux::dtmf
