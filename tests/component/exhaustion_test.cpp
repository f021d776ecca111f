// Rings towards the control thread that are full: counted under their own names, media goes on, and
// everything works again when there is room. What else can run out has its cases in full_drops.cpp and
// capture_test.cpp.
#include "dataplane/stages/context.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

struct ExhaustionTest : CallTest {
  std::uint64_t events_lost() { return bed().dataplane().stats().workers[0].events_lost; }
  std::uint64_t poll_all() {
    std::array<Event, 256> some;
    std::uint64_t count = 0;
    while (const std::size_t polled = bed().dataplane().poll_events(some)) {
      count += polled;
    }
    return count;
  }
};

TEST_F(ExhaustionTest, AFullEventRingLosesEventsAndNoMedia) {
  const SessionHandle former = bed().add(call());
  warm_up();  // the next hops are known
  bed().remove(former);
  bed().add(call());
  for (const std::size_t port : {std::size_t{0}, std::size_t{1}}) {
    bed().received(port);  // BYE
  }
  bed().events();
  // In the place of the worker, whose turns this thread takes.
  auto& context = const_cast<stages::Context&>(bed().dataplane().worker(0).context());
  std::uint64_t raised = 0;
  while (context.counters.events_lost.get() == 0) {
    Event event;
    event.type = EventType::kSourceRejected;
    stages::raise_event(context, event);
    ++raised;
  }
  const Bytes first = rtp({.sequence = 1, .ssrc = 0xaaaaaaaa});
  send(a, first);
  while (bed().turn_worker(0)) {
  }
  EXPECT_EQ(events_lost(), 1U + 2U);  // kSourceLearned, kFirstMedia
  EXPECT_EQ(poll_all(), raised - 1);
  bed().turn();
  EXPECT_EQ(heard_by(b), Heard{first});
  const Bytes other = rtp({.sequence = 1, .ssrc = 0xbbbbbbbb});
  EXPECT_EQ(relay(b, a, other), Heard{other});
  EXPECT_EQ(events_lost(), 3U);
  EXPECT_EQ(events(EventType::kFirstMedia).size(), 1U);
}

TEST_F(ExhaustionTest, AFullMailboxRefusesCommandsAndTouchesNoMedia) {
  const SessionHandle session = bed().add(call());
  warm_up();
  Expected<CaptureId> capture;
  for (int orders = 0; capture && orders < 100'000; ++orders) {
    capture = bed().dataplane().start_capture({.session = session});
    if (capture) {
      bed().dataplane().stop_capture(*capture);
    }
  }
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().cause, "WORKER_BUSY");
  const Expected<void> answer = bed().dataplane().update_session(session, call(), 1);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().cause, "WORKER_BUSY");
  const Bytes packet = rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa});
  send(a, packet);
  bed().turn_worker(0);
  bed().turn_workers();
  EXPECT_EQ(heard_by(b), Heard{packet});
  bed().turn();  // all of them are taken
  bed().events();
  EXPECT_TRUE(bed().dataplane().update_session(session, call(), 1).has_value());
  bed().turn();
  EXPECT_EQ(events(EventType::kSessionUpdated).size(), 1U);
}

}  // namespace
}  // namespace pollux::testing
