#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;
using DrainWriter = grpc::ServerWriter<v1::DrainResponse>;

auto drains(std::vector<std::string> responses) {
  return [responses](const v1::DrainRequest&, DrainWriter& writer, grpc::ServerContext&) {
    for (const auto& text : responses) {
      writer.Write(message<v1::DrainResponse>(text));
    }
    return grpc::Status::OK;
  };
}

TEST(NodeDrain, ShowsProgressAndEndsAtZero) {
  FakeNode node;
  node.drain = drains({"sessions_left: 2 time_left { seconds: 30 }",
                       "sessions_left: 1 time_left { seconds: 29 }", "done: true"});
  const auto outcome = run_against(node.target(), {"node", "drain", "--deadline", "30s"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "2 sessions left, 30 s until the deadline\n"
            "1 session left, 29 s until the deadline\n"
            "0 sessions left\n"
            "Drained. The node takes no new sessions until polluxctl node undrain, or its restart.\n");
}

TEST(NodeDrain, DeadlineWithSessionsLeftHasItsExitCode) {
  FakeNode node;
  v1::DrainRequest seen;
  node.drain = [&seen](const v1::DrainRequest& request, DrainWriter& writer, grpc::ServerContext&) {
    seen = request;
    writer.Write(message<v1::DrainResponse>("sessions_left: 3 done: true"));
    return grpc::Status::OK;
  };
  const auto outcome = run_against(node.target(), {"node", "drain", "--deadline", "2min", "--end-sessions"});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.out, HasSubstr("The deadline came with 3 sessions left."));
  EXPECT_EQ(seen.deadline().seconds(), 120);
  EXPECT_TRUE(seen.end_sessions());
}

TEST(NodeDrain, JsonIsOneResponseALine) {
  FakeNode node;
  node.drain = drains({"sessions_left: 2", "done: true"});
  const auto outcome = run_against(node.target(), {"node", "drain", "-o", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "{\"sessionsLeft\":\"2\",\"done\":false}\n{\"sessionsLeft\":\"0\",\"done\":true}\n");
}

TEST(NodeDrain, InterruptLeavesTheNodeDraining) {
  FakeNode node;
  node.drain = [](const v1::DrainRequest&, DrainWriter& writer, grpc::ServerContext& context) {
    writer.Write(message<v1::DrainResponse>("sessions_left: 2"));
    while (!context.IsCancelled()) {
      std::this_thread::yield();
    }
    return grpc::Status::CANCELLED;
  };
  const auto outcome =
      run_against(node.target(), {"node", "drain"}, 0, "", std::chrono::minutes(1), [] { return true; });
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("the node goes on draining"));
}

TEST(NodeDrain, Refusals) {
  FakeNode node;
  node.error = {grpc::StatusCode::PERMISSION_DENIED, "read-only"};
  const auto refused = run_against(node.target(), {"node", "drain"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("node drain failed: permission denied: read-only"));
  EXPECT_EQ(run_against("unix:/nonexistent/socket", {"node", "drain"}).exit_code, 3);
  EXPECT_EQ(run_against(node.target(), {"node", "drain", "--deadline", "soon"}).exit_code, 2);
  EXPECT_EQ(run_against(node.target(), {"node", "drain", "--end-sessions"}).exit_code, 2);
}

TEST(NodeUndrain, SaysSo) {
  FakeNode node;
  EXPECT_EQ(run_against(node.target(), {"node", "undrain"}).out, "The node takes new sessions again.\n");
  EXPECT_EQ(run_against(node.target(), {"node", "undrain", "-o", "json"}).out, "{}\n");
  EXPECT_EQ(node.undrained, 2);
}

TEST(NodeReload, TellsWhatWasAppliedAndWhatNeedsARestart) {
  FakeNode node;
  node.reloaded = message<v1::ReloadResponse>(
      "applied { key: 'log.level' old_value: 'info' new_value: 'debug' } "
      "needs_restart { key: 'ports[0].mtu' old_value: '1500' new_value: '9000' }");
  const auto outcome = run_against(node.target(), {"node", "reload"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "Applied:\n  log.level: info -> debug\n"
            "Needs a restart of polluxd, until then the old value holds:\n  ports[0].mtu: 1500 -> 9000\n");
  EXPECT_THAT(run_against(node.target(), {"node", "reload", "--dry-run"}).out,
              HasSubstr("Would be applied:\n"));
  EXPECT_FALSE(node.reloads[0].dry_run());
  EXPECT_TRUE(node.reloads[1].dry_run());
  node.reloaded.Clear();
  EXPECT_EQ(run_against(node.target(), {"node", "reload"}).out, "The configuration hasn't changed.\n");
}

TEST(NodeReload, MistakesComeWithKeyAndLine) {
  FakeNode node;
  google::rpc::ErrorInfo info;
  info.set_reason("CONFIG_INVALID");
  google::rpc::BadRequest bad_request;
  bad_request.add_field_violations()->set_field("log.level");
  bad_request.mutable_field_violations(0)->set_description("line 12: must be one of debug, info");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(bad_request);
  node.error = {grpc::StatusCode::INVALID_ARGUMENT, "1 mistake", details.SerializeAsString()};
  const auto outcome = run_against(node.target(), {"node", "reload"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("  log.level: line 12: must be one of debug, info\n"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing was changed"));
}

TEST(NodePorts, Table) {
  FakeNode node;
  node.ports = message<v1::PortsResponse>(
      "addresses { network: 'outside' address: '192.0.2.1' worker: 0 total: 20000 used: 17000 } "
      "addresses { network: 'outside' address: '192.0.2.1' worker: 1 total: 20000 used: 4 } "
      "steering { port: 'p0' queues: 1 method: 'handoff' reason: 'one queue' handed_off: 17 rx_packets: 50 } "
      "steering { port: 'p1' queues: 1 method: 'single' } "
      "steering { port: 'p2' queues: 2 method: 'rss' rx_packets: 9 } "
      "steering { port: 'p3' queues: 2 method: 'rte_flow' handed_off: 1 rx_packets: 1000 }");
  const auto outcome = run_against(node.target(), {"node", "ports"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "NETWORK  ADDRESS    WORKER  UDP PORTS  IN USE     FULL\n"
            "outside  192.0.2.1       0     20.0 k  17.0 k  85.00 %\n"
            "outside  192.0.2.1       1     20.0 k       4   0.02 %\n"
            "\n"
            "PORT  QUEUES    HANDED OFF  STEERING\n"
            "p0         1  17 (34.00 %)  handoff: one queue\n"
            "p1         1             0  single: one worker takes all\n"
            "p2         2             0  rss: the device hashes the UDP destination port\n"
            "p3         2    1 (0.10 %)  rte_flow: by rules in the device\n");
  v1::PortsResponse parsed;
  const auto json = run_against(node.target(), {"node", "ports", "-o", "json"});
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json.out, &parsed).ok());
  EXPECT_EQ(parsed.addresses_size(), 2);
}

}  // namespace
}  // namespace pollux::cli
