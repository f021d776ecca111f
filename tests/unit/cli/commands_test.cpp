// The whole program against a node of this process: exit codes and what is printed.
#include "controlplane/cli/commands.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::Session session(const std::string& id) {
  return message<v1::Session>("session_id: '" + id + "' spec { legs { leg_id: 'a' } legs { leg_id: 'b' } }");
}

template <typename T>
T from_json(const std::string& json) {
  T result;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &result);
  EXPECT_TRUE(status.ok()) << status.message() << "\n" << json;
  return result;
}

TEST(Commands, CreateSendsTheRequestAndShowsTheSession) {
  FakeNode node;
  const auto outcome =
      run_against(node.target(), {"session", "create", "call-1", "--leg", "a,remote=192.0.2.7:40000", "--leg",
                                  "b", "--media-timeout", "60s"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("Session call-1\n"));
  ASSERT_EQ(node.created.size(), 1U);
  EXPECT_EQ(node.created[0].spec().legs(0).remote_rtp().port(), 40000U);
  EXPECT_EQ(node.created[0].spec().media_timeout().seconds(), 60);
}

TEST(Commands, CreateReadsTheSpecFromStandardInput) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"session", "create", "call-1", "--file", "-"}, 0,
                                   R"({"legs":[{"legId":"x"}]})");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  ASSERT_EQ(node.created.size(), 1U);
  EXPECT_EQ(node.created[0].spec().legs(0).leg_id(), "x");
}

TEST(Commands, WrongLegIsUsageAndCallsNobody) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"session", "create", "call-1", "--leg", "a,dscp=64"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith("polluxctl: --leg 'a,dscp=64': dscp must be 0..63, not '64'\n"));
  EXPECT_TRUE(node.created.empty());
}

TEST(Commands, RefusalIsExitCodeOneWithItsViolations) {
  FakeNode node;
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field("spec.legs[0].network");
  violation->set_description("there is no network \"x\"");
  google::rpc::Status details;
  details.add_details()->PackFrom(bad_request);
  node.error = {grpc::StatusCode::INVALID_ARGUMENT, "1 field is wrong", details.SerializeAsString()};
  const auto outcome = run_against(node.target(), {"session", "create", "call-1", "--leg", "a,network=x"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("  spec.legs[0].network: there is no network \"x\"\n"));
}

TEST(Commands, NobodyAtTheTargetIsExitCodeThree) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"session", "list"}, {"stats"}, {"node", "info"}, {"events"}, {"events", "--follow"}}) {
    const auto outcome = run_against("unix:/nonexistent/pollux.sock", command, 5);
    EXPECT_EQ(outcome.exit_code, 3) << command.front();
    EXPECT_THAT(outcome.err, HasSubstr("no node answers at unix:/nonexistent/pollux.sock"));
    EXPECT_THAT(outcome.err, HasSubstr("ls -l /nonexistent/pollux.sock"));
  }
}

TEST(Commands, WrongTimeoutIsUsage) {
  EXPECT_EQ(run_against("unix:/nonexistent", {"--timeout", "soon", "stats"}).exit_code, 2);
  EXPECT_EQ(run_against("unix:/nonexistent", {"--timeout", "0", "stats"}).exit_code, 2);
}

TEST(Commands, ListStopsAtTheLimitAndSaysHowManyThereAre) {
  FakeNode node;
  for (const char* id : {"s1", "s2", "s3"}) {
    node.sessions.push_back(session(id));
  }
  const auto outcome = run_against(node.target(), {"session", "list", "--limit", "2"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\ns2 "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\ns3 ")));
  EXPECT_THAT(outcome.out, HasSubstr("2 of 3 sessions; --all shows all"));
  EXPECT_THAT(node.page_sizes, ElementsAre(2U));
}

TEST(Commands, ListAllGoesThroughThePagesIntoOneDocument) {
  FakeNode node;
  for (int i = 0; i < 1001; ++i) {
    node.sessions.push_back(session("s" + std::to_string(10'000 + i)));
  }
  const auto outcome = run_against(node.target(), {"session", "list", "--all", "-o", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  const auto list = from_json<v1::ListResponse>(outcome.out);
  EXPECT_EQ(list.sessions_size(), 1001);
  EXPECT_EQ(list.total(), 1001U);
  EXPECT_EQ(list.next_page_token(), "");
  EXPECT_THAT(node.page_sizes, ElementsAre(500U, 500U, 500U));
}

v1::Session rated(const std::string& id, double mos) {
  auto result = session(id);
  result.mutable_state()->add_legs()->mutable_quality()->set_mos(4.4);
  auto* worse = result.mutable_state()->add_legs()->mutable_quality();
  worse->set_mos(4.0);
  worse->set_lowest_mos(mos);
  return result;
}

TEST(Commands, ListOfTheWorstBeginsWithTheLowestMos) {
  FakeNode node;
  node.sessions = {rated("s1", 3.9), session("s2"), rated("s3", 1.5), rated("s4", 2.5)};
  const auto json = run_against(node.target(), {"session", "list", "--worst", "2", "-o", "json"});
  EXPECT_EQ(json.exit_code, 0);
  const auto list = from_json<v1::ListResponse>(json.out);
  ASSERT_EQ(list.sessions_size(), 2);
  EXPECT_EQ(list.sessions(0).session_id(), "s3");
  EXPECT_EQ(list.sessions(1).session_id(), "s4");
  const auto text = run_against(node.target(), {"session", "list", "--worst", "9"});
  EXPECT_THAT(text.out, HasSubstr("4.0     1.5  "));
  EXPECT_THAT(text.out, Not(HasSubstr("s2")));
  node.sessions = {session("s2")};
  EXPECT_THAT(run_against(node.target(), {"session", "list", "--worst", "9"}).out,
              StartsWith("No session has a MOS"));
}

TEST(Commands, ShowTellsTheLoadOfTheWorker) {
  FakeNode node;
  node.sessions.push_back(session("s1"));
  node.sessions[0].mutable_state()->set_worker(1);
  node.stats = message<v1::StatsResponse>("workers { worker: 0 load: 0.1 } workers { worker: 1 load: 0.95 }");
  EXPECT_THAT(run_against(node.target(), {"session", "show", "s1"}).out,
              HasSubstr("worker  1 (load 95 %: OVERLOADED, packets may be lost here; polluxctl top)\n"));
}

TEST(Commands, ShowAsJsonPrintsDefaultsToo) {
  FakeNode node;
  node.sessions.push_back(session("s1"));
  const auto outcome = run_against(node.target(), {"session", "show", "s1", "-o", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(from_json<v1::Session>(outcome.out).session_id(), "s1");
  EXPECT_THAT(outcome.out, HasSubstr("\"rtcpMux\": false"));
  EXPECT_EQ(outcome.out.back(), '\n');
}

TEST(Commands, DeleteGoesOnAfterAnUnknownSession) {
  FakeNode node;
  node.sessions = {session("s1"), session("s2")};
  const auto outcome = run_against(node.target(), {"session", "delete", "s1", "gone", "s2"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "Session s1 ended.\nSession s2 ended.\n");
  EXPECT_THAT(outcome.err, HasSubstr("session delete gone failed: not found: no session gone"));
  EXPECT_THAT(node.deleted, ElementsAre("s1", "s2"));
}

TEST(Commands, DeleteAsJsonIsOneDocument) {
  FakeNode node;
  node.sessions = {session("s1"), session("s2")};
  const auto outcome = run_against(node.target(), {"-o", "json", "session", "delete", "s1", "s2"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(from_json<v1::ListResponse>(outcome.out).sessions_size(), 2);
}

TEST(Commands, NodeInfo) {
  FakeNode node;
  node.info.set_version("0.1.0");
  const auto outcome = run_against(node.target(), {"node", "info"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith("Pollux 0.1.0\n"));
}

TEST(Commands, WatchedStatsShowRates) {
  FakeNode node;
  node.stats = message<v1::StatsResponse>("workers { stages { stage: 'rx' packets: 500 batches: 50 } }");
  const auto outcome = run_against(node.target(), {"stats", "--watch", "2"}, 1);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("rx         500       10.0              -\n"));
  EXPECT_THAT(outcome.out, HasSubstr("RATE\nrx         500       10.0              -  0 /s\n"));
}

TEST(Commands, WatchedStatsAsJsonAreOneLineEach) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"stats", "--watch", "2", "-o", "json"}, 2);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3);
}

TEST(Commands, DropsComeWithTheirMeaning) {
  FakeNode node;
  node.stats =
      message<v1::StatsResponse>("workers { drops { reason: 'no_remote' packets: 3 help: 'no address' } }");
  const auto outcome = run_against(node.target(), {"stats", "--drops"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("3  worker 0  no_remote  no address\n"));
}

}  // namespace
}  // namespace pollux::cli
