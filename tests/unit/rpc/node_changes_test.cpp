#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "controlplane/rpc/node_service.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using namespace std::chrono_literals;
using test::details_of;
using test::RpcFixture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class NodeChanges : public testing::Test {
 protected:
  // A Drain call and what it answers.
  struct Drain {
    explicit Drain(RpcFixture& f, const v1::DrainRequest& request = {}) {
      RpcFixture::set_deadline(context);
      stream = f.node->Drain(&context, request);
    }
    std::vector<v1::DrainResponse> rest() {
      std::vector<v1::DrainResponse> responses;
      for (v1::DrainResponse response; stream->Read(&response);) {
        responses.push_back(response);
      }
      return responses;
    }
    v1::DrainResponse next() {
      v1::DrainResponse response;
      EXPECT_TRUE(stream->Read(&response));
      return response;
    }
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::DrainResponse>> stream;
  };
  grpc::Status undrain() {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::UndrainResponse response;
    return f.node->Undrain(&context, {}, &response);
  }
  grpc::Status reload(v1::ReloadResponse& response, bool dry_run = false) {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::ReloadRequest request;
    request.set_dry_run(dry_run);
    return f.node->Reload(&context, request, &response);
  }
  v1::NodeStatus status() {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::InfoResponse response;
    EXPECT_TRUE(f.node->Info(&context, {}, &response).ok());
    return response.status();
  }

  RpcFixture f;
};

TEST_F(NodeChanges, DrainOfAnEmptyNodeEndsAtOnce) {
  Drain drain(f);
  const auto responses = drain.rest();
  ASSERT_THAT(responses, SizeIs(1));
  EXPECT_TRUE(responses[0].done());
  EXPECT_TRUE(drain.stream->Finish().ok());
  EXPECT_EQ(status(), v1::NODE_STATUS_DRAINING);
}

TEST_F(NodeChanges, DrainTellsUntilTheLastSessionHasEnded) {
  ASSERT_TRUE(f.create("call").status.ok());
  Drain drain(f);
  EXPECT_EQ(drain.next().sessions_left(), 1U);
  EXPECT_EQ(details_of(f.create("late").status).reason, "NODE_DRAINING");
  EXPECT_EQ(drain.next().sessions_left(), 1U);  // a second later
  ASSERT_TRUE(f.remove("call").status.ok());
  const auto responses = drain.rest();
  ASSERT_FALSE(responses.empty());
  EXPECT_TRUE(responses.back().done());
  EXPECT_EQ(responses.back().sessions_left(), 0U);
  EXPECT_TRUE(drain.stream->Finish().ok());
}

TEST_F(NodeChanges, UndrainEndsTheStreamWithoutALastResponse) {
  ASSERT_TRUE(f.create("call").status.ok());
  Drain drain(f);
  drain.next();
  ASSERT_TRUE(undrain().ok());
  for (const auto& response : drain.rest()) {
    EXPECT_FALSE(response.done());
  }
  EXPECT_TRUE(drain.stream->Finish().ok());
  EXPECT_EQ(status(), v1::NODE_STATUS_SERVING);
  EXPECT_TRUE(f.create("new").status.ok());
}

TEST_F(NodeChanges, ACancelledDrainGoesOnAndASecondOneSetsItsDeadline) {
  ASSERT_TRUE(f.create("call").status.ok());
  {
    Drain drain(f);
    drain.next();
    drain.context.TryCancel();
    drain.rest();
  }
  EXPECT_EQ(status(), v1::NODE_STATUS_DRAINING);
  v1::DrainRequest request;
  request.mutable_deadline()->set_nanos(200'000'000);
  request.set_end_sessions(true);
  Drain second(f, request);
  const auto responses = second.rest();
  ASSERT_FALSE(responses.empty());
  EXPECT_TRUE(responses.front().has_time_left());
  EXPECT_TRUE(responses.back().done());
  EXPECT_EQ(responses.back().sessions_left(), 0U);
}

TEST_F(NodeChanges, RefusesWrongDeadlines) {
  const std::vector<std::pair<std::int64_t, std::int32_t>> wrong = {
      {-1, 0}, {1'000'000'000, 0}, {0, -1}, {0, 1'000'000'000}};
  for (const auto& [seconds, nanos] : wrong) {
    v1::DrainRequest request;
    request.mutable_deadline()->set_seconds(seconds);
    request.mutable_deadline()->set_nanos(nanos);
    Drain drain(f, request);
    EXPECT_THAT(drain.rest(), SizeIs(0));
    const grpc::Status status = drain.stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(details_of(status).violations, ElementsAre(Key("deadline")));
  }
  EXPECT_EQ(status(), v1::NODE_STATUS_SERVING);
}

TEST_F(NodeChanges, AStoppingNodeIsNeitherDrainedNorUndrained) {
  f.control.drain(10s);
  Drain drain(f);
  EXPECT_THAT(drain.rest(), SizeIs(0));
  EXPECT_EQ(details_of(drain.stream->Finish()).reason, "NODE_STOPPING");
  EXPECT_EQ(details_of(undrain()).reason, "NODE_STOPPING");
  f.control.stop();
  EXPECT_EQ(details_of(undrain()).reason, "NODE_STOPPING");
}

TEST_F(NodeChanges, TheEndOfTheServerEndsADrain) {
  ASSERT_TRUE(f.create("call").status.ok());
  Drain drain(f);
  drain.next();
  std::thread([this] {
    f.control.drain(10s);
    f.server->shutdown();
  }).join();
  drain.rest();
  EXPECT_FALSE(drain.stream->Finish().ok());
}

TEST_F(NodeChanges, ReloadTellsWhatHasChanged) {
  f.file.config->log.level = config::LogLevel::kDebug;
  f.file.config->dataplane.mbufs = 2048;
  v1::ReloadResponse response;
  ASSERT_TRUE(reload(response, true).ok());
  ASSERT_EQ(response.applied_size(), 1);
  EXPECT_THAT(f.reloaded, SizeIs(0));
  ASSERT_TRUE(reload(response).ok());
  ASSERT_EQ(response.applied_size(), 1);
  EXPECT_EQ(response.applied(0).key(), "log.level");
  EXPECT_EQ(response.applied(0).old_value(), "info");
  EXPECT_EQ(response.applied(0).new_value(), "debug");
  ASSERT_EQ(response.needs_restart_size(), 1);
  EXPECT_EQ(response.needs_restart(0).key(), "memory.mbufs");
  ASSERT_THAT(f.reloaded, SizeIs(1));
  EXPECT_EQ(f.reloaded[0].log.level, config::LogLevel::kDebug);
}

TEST_F(NodeChanges, ReloadNamesEveryProblem) {
  f.file.config.reset();
  f.file.problems = {{"pollux.yaml", 3, "log.level", "'loud' is no level"}, {"pollux.yaml", 0, "", "is odd"}};
  v1::ReloadResponse response;
  const grpc::Status status = reload(response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("nothing has changed"));
  EXPECT_EQ(details_of(status).reason, "CONFIG_INVALID");
  EXPECT_THAT(
      details_of(status).violations,
      UnorderedElementsAre(Pair("log.level", "line 3: 'loud' is no level"), Pair("pollux.yaml", "is odd")));
  EXPECT_THAT(f.reloaded, SizeIs(0));
}

TEST_F(NodeChanges, PortsTellUseAndSteering) {
  NodeStats node;
  node.ports.resize(2);
  node.ports[0].name = "lan";
  node.ports[0].queues = 2;
  node.ports[0].steering = SteeringMode::kHandoff;
  node.ports[0].steering_reason = "too few queues";
  node.ports[0].handed_off = 12;
  node.ports[0].rx_packets = 34;
  node.ports[1].steering = SteeringMode::kRteFlow;
  f.dataplane.set_node_stats(node);
  ASSERT_TRUE(f.create("call").status.ok());
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  v1::PortsResponse response;
  ASSERT_TRUE(f.node->Ports(&context, {}, &response).ok());
  std::uint64_t used = 0;
  for (const auto& address : response.addresses()) {
    used += address.used();
    EXPECT_GT(address.total(), 0U);
  }
  EXPECT_EQ(used, 4U);
  ASSERT_EQ(response.steering_size(), 2);
  EXPECT_EQ(response.steering(0).port(), "lan");
  EXPECT_EQ(response.steering(0).queues(), 2U);
  EXPECT_EQ(response.steering(0).method(), "handoff");
  EXPECT_EQ(response.steering(0).reason(), "too few queues");
  EXPECT_EQ(response.steering(0).handed_off(), 12U);
  EXPECT_EQ(response.steering(0).rx_packets(), 34U);
  EXPECT_EQ(response.steering(1).method(), "rte_flow");
}

}  // namespace
}  // namespace pollux::rpc
