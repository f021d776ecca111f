// Following events over lost connections and restarts of the node.
#include "controlplane/cli/event_command.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;
using Writer = grpc::ServerWriter<v1::WatchEventsResponse>;

const grpc::Status kLost(grpc::StatusCode::UNAVAILABLE, "the node stopped");

void write_head(Writer& writer, const std::string& run, std::uint64_t next, std::uint64_t missed = 0) {
  v1::WatchEventsResponse response;
  response.set_node_run(run);
  response.set_next_sequence(next);
  response.set_missed(missed);
  writer.Write(response);
}

void write_event(Writer& writer, const std::string& run, std::uint64_t sequence) {
  v1::WatchEventsResponse response;
  response.set_node_run(run);
  response.set_next_sequence(sequence + 1);
  response.mutable_event()->set_sequence(sequence);
  response.mutable_event()->set_type(v1::EVENT_TYPE_SESSION_STARTED);
  response.mutable_event()->set_session_id("call-" + std::to_string(sequence));
  writer.Write(response);
}

// What the node still knows, then an open stream, as a real node does it.
grpc::Status log_of_three(int, const v1::WatchEventsRequest& request, Writer& writer,
                          grpc::ServerContext& context) {
  write_head(writer, "run-1", 4);
  for (std::uint64_t sequence = std::max<std::uint64_t>(request.from_sequence(), 1); sequence <= 3;
       ++sequence) {
    write_event(writer, "run-1", sequence);
  }
  while (!context.IsCancelled()) {
    std::this_thread::yield();
  }
  return grpc::Status::CANCELLED;
}

TEST(Events, WithoutFollowShowsWhatIsKnownAndEnds) {
  FakeNode node;
  node.watch = log_of_three;
  const auto outcome = run_against(node.target(), {"events"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "1970-01-01 00:00:00.000Z  #1  call-1  session started\n"
            "1970-01-01 00:00:00.000Z  #2  call-2  session started\n"
            "1970-01-01 00:00:00.000Z  #3  call-3  session started\n");
  EXPECT_EQ(node.watched[0].from_sequence(), 1U);
}

TEST(Events, SinceAndSessionReachTheNode) {
  FakeNode node;
  node.watch = log_of_three;
  const auto outcome = run_against(node.target(), {"events", "--since", "3", "--session", "call-3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("#3  call-3"));
  EXPECT_EQ(node.watched[0].from_sequence(), 3U);
  EXPECT_EQ(node.watched[0].session_id(), "call-3");
}

TEST(Events, EndsWhenNothingComesFromASilentLog) {
  FakeNode node;
  node.watch = [](int, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext& context) {
    write_head(writer, "run-1", 10);
    while (!context.IsCancelled()) {
      std::this_thread::yield();
    }
    return grpc::Status::CANCELLED;
  };
  const auto outcome =
      run_against(node.target(), {"events", "--session", "nobody"}, 0, "", std::chrono::milliseconds(20));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(Events, JsonIsOneEventALine) {
  FakeNode node;
  node.watch = log_of_three;
  const auto outcome = run_against(node.target(), {"events", "-o", "json"});
  std::istringstream lines(outcome.out);
  std::string line;
  std::uint64_t sequence = 0;
  while (std::getline(lines, line)) {
    v1::Event event;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &event).ok()) << line;
    EXPECT_EQ(event.sequence(), ++sequence);
    EXPECT_THAT(line, HasSubstr("\"rtcp\":false"));
  }
  EXPECT_EQ(sequence, 3U);
}

TEST(Events, FollowResumesWhereItWas) {
  FakeNode node;
  node.watch = [](int call, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext&) {
    if (call == 0) {
      write_head(writer, "run-1", 7);
      write_event(writer, "run-1", 7);
      return kLost;
    }
    if (call == 1) {  // still down
      return kLost;
    }
    write_head(writer, "run-1", 9);
    write_event(writer, "run-1", 8);
    return kLost;
  };
  const auto outcome = run_against(node.target(), {"events", "--follow"}, 2);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "1970-01-01 00:00:00.000Z  #7  call-7  session started\n"
            "-- connection to the node lost (the node stopped); trying again every second\n"
            "-- connected again; nothing was missed\n"
            "1970-01-01 00:00:00.000Z  #8  call-8  session started\n"
            "-- connection to the node lost (the node stopped); trying again every second\n");
  ASSERT_EQ(node.watched.size(), 3U);
  EXPECT_EQ(node.watched[0].from_sequence(), 0U);
  EXPECT_EQ(node.watched[0].node_run(), "");
  for (const int call : {1, 2}) {
    EXPECT_EQ(node.watched[static_cast<std::size_t>(call)].from_sequence(), 8U);
    EXPECT_EQ(node.watched[static_cast<std::size_t>(call)].node_run(), "run-1");
  }
}

TEST(Events, FollowResumesFromTheHeadWhenNoEventCameAtAll) {
  FakeNode node;
  node.watch = [](int, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext&) {
    write_head(writer, "run-1", 7);
    return kLost;
  };
  run_against(node.target(), {"events", "--follow"}, 1);
  ASSERT_EQ(node.watched.size(), 2U);
  EXPECT_EQ(node.watched[1].from_sequence(), 7U);
}

TEST(Events, FollowSaysWhatItMissed) {
  FakeNode node;
  node.watch = [](int call, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext&) {
    if (call == 0) {
      write_head(writer, "run-1", 7);
      return kLost;
    }
    write_head(writer, "run-1", 107, 93);
    write_event(writer, "run-1", 100);
    return kLost;
  };
  const auto outcome = run_against(node.target(), {"events", "--follow"}, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("-- connected again\n-- 93 events missed: the node no longer had them\n"));
  EXPECT_THAT(outcome.out, HasSubstr("#100  call-100"));
}

TEST(Events, FollowSaysThatTheNodeHasRestarted) {
  FakeNode node;
  node.watch = [](int call, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext&) {
    if (call == 0) {
      write_head(writer, "run-1", 7);
      write_event(writer, "run-1", 7);
      return kLost;
    }
    write_head(writer, "run-2", 2);
    write_event(writer, "run-2", 1);
    return kLost;
  };
  const auto outcome = run_against(node.target(), {"events", "--follow"}, 2);
  EXPECT_THAT(outcome.out, HasSubstr("-- connected again; the node has restarted"));
  EXPECT_THAT(outcome.out, HasSubstr("#1  call-1"));
  ASSERT_EQ(node.watched.size(), 3U);
  EXPECT_EQ(node.watched[2].from_sequence(), 2U);
  EXPECT_EQ(node.watched[2].node_run(), "run-2");
}

TEST(Events, FollowWithJsonKeepsNotesApart) {
  FakeNode node;
  node.watch = [](int, const v1::WatchEventsRequest&, Writer& writer, grpc::ServerContext&) {
    write_head(writer, "run-1", 7);
    return kLost;
  };
  const auto outcome = run_against(node.target(), {"events", "--follow", "-o", "json"}, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("polluxctl: connection to the node lost"));
}

TEST(Events, FollowDoesntInsistWhenRefused) {
  FakeNode node;
  node.watch = [](int, const v1::WatchEventsRequest&, Writer&, grpc::ServerContext&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such session id");
  };
  const auto outcome = run_against(node.target(), {"events", "--follow", "--session", "?"}, 9);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("events failed: invalid argument: no such session id"));
  EXPECT_EQ(node.watched.size(), 1U);
}

}  // namespace
}  // namespace pollux::cli
