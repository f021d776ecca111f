// How much callers may ask, who is told about it, and how the server ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/support/raw_call.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::call_raw;
using test::RpcFixture;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

TEST(Limits, RequestsOfMoreThanTheConfiguredSizeAreRefused) {
  RpcFixture f([](config::NodeConfig& config) { config.grpc.max_request_kib = 4; });
  auto request = RpcFixture::create_request("call");
  (*request.mutable_spec()->mutable_labels())["note"] = std::string(200, 'x');
  EXPECT_TRUE(f.create(request).status.ok());
  (*request.mutable_spec()->mutable_labels())["note"] = std::string(5000, 'x');
  EXPECT_EQ(f.create(request).status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(Limits, TooManyRequestsAreToldWhenToComeBack) {
  RpcFixture f([](config::NodeConfig& config) { config.grpc.max_requests_per_second = 1; });
  grpc::Status refused;
  for (int i = 0; i < 10 && refused.ok(); ++i) {
    refused = call_raw(f.channel, "/pollux.v1.NodeService/Info", "").status;
  }
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto details = test::details_of(refused);
  EXPECT_EQ(details.reason, "RATE_LIMITED");
  ASSERT_TRUE(details.retry);
  EXPECT_GT(details.retry->count(), 0);
  EXPECT_LE(*details.retry, seconds(1));
  EXPECT_THAT(refused.error_message(), HasSubstr("grpc.max_requests_per_second"));
}

TEST(Limits, OneDoorsCallersDontUseUpAnothers) {
  RpcFixture f([](config::NodeConfig& config) {
    config.grpc.max_requests_per_second = 1;
    config.grpc.read_only_socket = config.grpc.unix_socket + ".ro";
    config.grpc.tcp = {test::at("127.0.0.1:0")};
  });
  for (const std::string& door : f.server->doors()) {
    const auto channel = grpc::CreateChannel(door, grpc::InsecureChannelCredentials());
    EXPECT_TRUE(call_raw(channel, "/pollux.v1.NodeService/Info", "").status.ok()) << door;
  }
}

TEST(Limits, WatchersAreCountedOverAllDoorsAndLetGo) {
  RpcFixture f([](config::NodeConfig& config) {
    config.grpc.max_watchers = 2;
    config.grpc.read_only_socket = config.grpc.unix_socket + ".ro";
  });
  const auto reader = v1::SessionService::NewStub(
      grpc::CreateChannel("unix:" + f.config.grpc.read_only_socket, grpc::InsecureChannelCredentials()));
  grpc::ClientContext first_context;
  grpc::ClientContext second_context;
  v1::WatchEventsResponse response;
  const auto first = f.sessions->WatchEvents(&first_context, {});
  const auto second = reader->WatchEvents(&second_context, {});
  ASSERT_TRUE(first->Read(&response) && second->Read(&response));
  const auto refused = call_raw(f.channel, "/pollux.v1.SessionService/WatchEvents", "").status;
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(test::details_of(refused).reason, "WATCHERS_EXHAUSTED");
  EXPECT_THAT(refused.error_message(), HasSubstr("grpc.max_watchers"));
  second_context.TryCancel();
  second->Finish();
  // The node learns of it a moment later.
  grpc::Status again = refused;
  for (const auto end = std::chrono::steady_clock::now() + seconds(20);
       !again.ok() && std::chrono::steady_clock::now() < end;) {
    again = call_raw(f.channel, "/pollux.v1.SessionService/WatchEvents", "").status;
  }
  EXPECT_TRUE(again.ok()) << again.error_message();
}

TEST(Limits, CommandsThatWaitForOneSessionAreBounded) {
  RpcFixture f;
  f.dataplane.set_auto_ack(false);
  constexpr std::size_t kCalls = control::SessionManager::kMostWaiting + 1;
  std::vector<std::future<RpcFixture::Reply>> replies;
  std::mutex mutex;
  std::condition_variable refused;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < kCalls; ++i) {
    replies.push_back(std::async(std::launch::async, [&] {
      RpcFixture::Reply reply = f.create("call");
      if (!reply.status.ok()) {
        const std::lock_guard lock(mutex);
        reasons.push_back(test::details_of(reply.status).reason);
        refused.notify_all();
      }
      return reply;
    }));
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(refused.wait_for(lock, seconds(20), [&] { return !reasons.empty(); }));
  EXPECT_THAT(reasons, testing::ElementsAre("SESSION_BUSY"));
  lock.unlock();
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  std::size_t made = 0;
  for (auto& reply : replies) {
    made += reply.get().status.ok() ? 1U : 0U;
  }
  EXPECT_EQ(made, control::SessionManager::kMostWaiting);
}

// What an observer was told.
struct Log {
  void operator()(std::string_view method, int code, std::chrono::nanoseconds took) {
    const std::lock_guard lock(mutex);
    calls.emplace_back(method, code);
    negative = negative || took.count() < 0;
    told.notify_all();
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    return told.wait_for(lock, seconds(20), [&] { return calls.size() >= count; });
  }
  std::mutex mutex;
  std::condition_variable told;
  std::vector<std::pair<std::string, int>> calls;
  bool negative = false;
};

TEST(Observer, SeesEveryCallOfTheApiOnceAndNothingElse) {
  Log log;
  RpcFixture f(
      [](config::NodeConfig& config) { config.grpc.read_only_socket = config.grpc.unix_socket + ".ro"; });
  f.server.reset();
  f.server =
      RpcServer::start(f.control, f.calls, f.dataplane, f.config, f.identity, f.reloader, std::ref(log))
          .value();
  EXPECT_TRUE(f.create("call").status.ok());
  EXPECT_FALSE(f.get("other").status.ok());
  const auto reader =
      grpc::CreateChannel("unix:" + f.config.grpc.read_only_socket, grpc::InsecureChannelCredentials());
  call_raw(reader, "/pollux.v1.SessionService/Delete", "");
  call_raw(f.channel, "/pollux.v1.SessionService/WatchEvents", "");  // told when it opens, not when it ends
  call_raw(f.channel, "/pollux.v1.SessionService/Invented", "");
  call_raw(f.channel, "/pollux.v1.Invented/Create", "");
  call_raw(f.channel, "/grpc.health.v1.Health/Check", "");
  EXPECT_TRUE(log.wait_for(4));
  f.server->shutdown();
  EXPECT_THAT(log.calls,
              UnorderedElementsAre(std::pair("SessionService/Create", 0), std::pair("SessionService/Get", 5),
                                   std::pair("SessionService/Delete", 7),
                                   std::pair("SessionService/WatchEvents", 0)));
  EXPECT_FALSE(log.negative);
}

TEST(Shutdown, IdleClientsHoldUpNothing) {
  constexpr auto kSoon = milliseconds(900);  // a second is for calls under way
  auto took = std::chrono::steady_clock::duration::max();
  for (int attempt = 0; attempt < 5 && took >= kSoon;
       ++attempt) {  // the CPU may be somebody else's for a while
    RpcFixture f([](config::NodeConfig& config) { config.grpc.tcp = {test::at("127.0.0.1:0")}; });
    const auto other = grpc::CreateChannel(f.server->doors().at(1), grpc::InsecureChannelCredentials());
    ASSERT_TRUE(call_raw(other, "/pollux.v1.NodeService/Info", "").status.ok());
    ASSERT_TRUE(f.create("call").status.ok());
    const auto start = std::chrono::steady_clock::now();
    f.server->shutdown();
    took = std::chrono::steady_clock::now() - start;
  }
  EXPECT_LT(took, kSoon);
}

TEST(Shutdown, CallsUnderWayAreWaitedFor) {
  RpcFixture f;
  f.dataplane.set_auto_ack(false);
  auto reply = std::async(std::launch::async, [&] { return f.create("call"); });
  while (f.dataplane.commands() == 0) {
    std::this_thread::yield();
  }
  auto ended = std::async(std::launch::async, [&] { f.server->shutdown(); });
  for (bool closing = false; !closing;) {
    ASSERT_TRUE(f.control.call([&] { closing = f.manager.events().closed(); }));
  }
  f.dataplane.release_acks();
  EXPECT_TRUE(reply.get().status.ok());
  ended.get();
}

}  // namespace
}  // namespace pollux::rpc
