#include "controlplane/rpc/watch_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::details_of;
using test::RpcFixture;

// One stream; its first response has been read.
struct Watch {
  Watch(RpcFixture& fixture, std::uint64_t from, const std::string& session = {},
        const std::string& run = {}) {
    RpcFixture::set_deadline(context);
    v1::WatchEventsRequest request;
    request.set_from_sequence(from);
    request.set_session_id(session);
    request.set_node_run(run);
    reader = fixture.sessions->WatchEvents(&context, request);
    opened = reader->Read(&first);
  }
  v1::WatchEventsResponse next() {
    v1::WatchEventsResponse response;
    EXPECT_TRUE(reader->Read(&response));
    return response;
  }
  grpc::Status finish() {
    v1::WatchEventsResponse response;
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>> reader;
  v1::WatchEventsResponse first;
  bool opened = false;
};

Event first_media(SessionHandle session) {
  Event event;
  event.type = EventType::kFirstMedia;
  event.session = session;
  event.leg_id = 1;
  return event;
}

TEST(WatchEvents, StreamsWhatHappensFromNowOn) {
  RpcFixture f;
  ASSERT_TRUE(f.create("before").status.ok());
  Watch watch(f, 0);
  ASSERT_TRUE(watch.opened);
  EXPECT_FALSE(watch.first.has_event());
  EXPECT_EQ(watch.first.node_run(), "run-1");
  EXPECT_EQ(watch.first.next_sequence(), 2U);
  ASSERT_TRUE(f.create("call").status.ok());
  const auto started = watch.next();
  EXPECT_EQ(started.event().sequence(), 2U);
  EXPECT_EQ(started.next_sequence(), 3U);
  EXPECT_EQ(started.node_run(), "run-1");
  EXPECT_EQ(started.event().type(), v1::EVENT_TYPE_SESSION_STARTED);
  EXPECT_EQ(started.event().session_id(), "call");
  EXPECT_GT(started.event().time().seconds(), 0);
  f.dataplane.inject(first_media(f.dataplane.last_handle()));
  const auto media = watch.next();
  EXPECT_EQ(media.event().type(), v1::EVENT_TYPE_FIRST_MEDIA);
  EXPECT_EQ(media.event().leg_id(), "a");
  ASSERT_TRUE(f.remove("call").status.ok());
  const auto ended = watch.next();
  EXPECT_EQ(ended.event().type(), v1::EVENT_TYPE_SESSION_ENDED);
  EXPECT_EQ(ended.event().end_reason(), v1::END_REASON_DELETED);
  EXPECT_EQ(ended.event().sequence(), 4U);
}

TEST(WatchEvents, TellsASilentSessionsEnd) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  Watch watch(f, 0);
  Event silent = first_media(f.dataplane.last_handle());
  silent.type = EventType::kMediaTimeout;
  f.dataplane.inject(silent);
  EXPECT_EQ(watch.next().event().type(), v1::EVENT_TYPE_SESSION_TIMED_OUT);
  const auto ended = watch.next();
  EXPECT_EQ(ended.event().type(), v1::EVENT_TYPE_SESSION_ENDED);
  EXPECT_EQ(ended.event().end_reason(), v1::END_REASON_TIMED_OUT);
}

TEST(WatchEvents, GivesAReturningClientWhatItMissed) {
  RpcFixture f;
  for (int i = 0; i < 100; ++i) {  // more than a batch
    ASSERT_TRUE(f.create("call-" + std::to_string(i)).status.ok());
  }
  Watch watch(f, 11, {}, "run-1");
  EXPECT_EQ(watch.first.next_sequence(), 101U);
  EXPECT_EQ(watch.first.missed(), 0U);
  for (std::uint64_t sequence = 11; sequence <= 100; ++sequence) {
    const auto response = watch.next();
    ASSERT_EQ(response.event().sequence(), sequence);
    EXPECT_EQ(response.event().session_id(), "call-" + std::to_string(sequence - 1));
    EXPECT_EQ(response.missed(), 0U);
  }
}

TEST(WatchEvents, SaysHowManyEventsAreGone) {
  RpcFixture f([](config::NodeConfig& config) { config.event_log_size = 10; });
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(f.create("call-" + std::to_string(i)).status.ok());
  }
  Watch watch(f, 5);
  EXPECT_EQ(watch.first.missed(), 16U);  // 5..20
  EXPECT_EQ(watch.next().event().sequence(), 21U);
}

TEST(WatchEvents, StartsOverAfterARestart) {
  RpcFixture f;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(f.create("call-" + std::to_string(i)).status.ok());
  }
  Watch watch(f, 1000, {}, "another-run");
  EXPECT_EQ(watch.first.node_run(), "run-1");
  EXPECT_EQ(watch.first.missed(), 0U);
  EXPECT_EQ(watch.next().event().sequence(), 1U);
}

TEST(WatchEvents, ShowsOneSessionOnly) {
  RpcFixture f;
  Watch watch(f, 1, "mine");
  ASSERT_TRUE(f.create("other").status.ok());
  ASSERT_TRUE(f.create("mine").status.ok());
  ASSERT_TRUE(f.remove("other").status.ok());
  ASSERT_TRUE(f.remove("mine").status.ok());
  const auto started = watch.next();
  EXPECT_EQ(started.event().session_id(), "mine");
  EXPECT_EQ(started.event().sequence(), 2U);
  const auto ended = watch.next();
  EXPECT_EQ(ended.event().type(), v1::EVENT_TYPE_SESSION_ENDED);
  EXPECT_EQ(ended.event().sequence(), 4U);
}

TEST(WatchEvents, RefusesWhatCannotBe) {
  RpcFixture f;
  Watch beyond(f, 1000);
  EXPECT_FALSE(beyond.opened);
  const grpc::Status status = beyond.reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(details_of(status).violations.contains("from_sequence"));
  Watch bad_id(f, 0, "not an id");
  EXPECT_TRUE(details_of(bad_id.reader->Finish()).violations.contains("session_id"));
}

TEST(WatchEvents, TellsASlowClientWhatItLost) {
  RpcFixture f([](config::NodeConfig& config) { config.event_log_size = 32; });
  ASSERT_TRUE(f.create("call").status.ok());
  Watch watch(f, 0);
  // The client reads nothing while far more happens than gRPC's buffers and the log hold together.
  constexpr std::uint64_t kEvents = 60000;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    f.dataplane.inject(first_media(f.dataplane.last_handle()));
  }
  ASSERT_TRUE(f.create("last").status.ok());
  std::uint64_t expected = 2;
  std::uint64_t missed = 0;
  std::string last;
  while (last != "last") {
    const auto response = watch.next();
    expected += response.missed();
    missed += response.missed();
    ASSERT_EQ(response.event().sequence(), expected++);  // whatever is lost is told
    last = response.event().session_id();
  }
  EXPECT_GT(missed, 0U);
}

TEST(WatchEvents, LetsClientsGoAtAnyTime) {
  RpcFixture f;
  for (int i = 0; i < 50; ++i) {
    Watch watch(f, 0);
    ASSERT_TRUE(watch.opened);
    if (i % 2 == 0) {
      f.create("call-" + std::to_string(i));
    }
    watch.context.TryCancel();
    EXPECT_EQ(watch.finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  Watch watch(f, 0);
  ASSERT_TRUE(f.create("after").status.ok());
  EXPECT_EQ(watch.next().event().session_id(), "after");
}

TEST(WatchEvents, EndsWithTheServerAfterTheLastEvent) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  Watch watch(f, 0);
  Watch other(f, 0, "never");
  EXPECT_EQ(f.control.drain(std::chrono::seconds(10)), 0U);
  std::thread shutdown([&f] { f.server->shutdown(); });
  const auto ended = watch.next();
  EXPECT_EQ(ended.event().type(), v1::EVENT_TYPE_SESSION_ENDED);
  EXPECT_EQ(ended.event().end_reason(), v1::END_REASON_NODE_STOPPED);
  const grpc::Status status = watch.finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(details_of(status).reason, "NODE_DRAINING");
  EXPECT_EQ(other.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  shutdown.join();
}

}  // namespace
}  // namespace pollux::rpc
