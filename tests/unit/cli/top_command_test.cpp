#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/cli/render_top.hpp"
#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/talking.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::StatsResponse stats(const std::string& seconds, const std::string& packets, const std::string& drops) {
  return message<v1::StatsResponse>(
      "uptime { seconds: " + seconds +
      " } sessions { active: 2 created: 5 timed_out: 1 } mbufs_total: 1000 mbufs_free: 900 workers { worker: "
      "0 "
      "cpu: 2 load: 0.97 sessions: 2 stages { stage: 'rx' packets: " +
      packets + " } forward_delay { buckets { up_to_ns: 640 count: " + packets +
      " } buckets { up_to_ns: 14336 count: " + drops +
      " } max_ns: 14000 } drops { reason: 'no_endpoint' packets: " + drops +
      " help: 'late media' } } ports { port: 'p0' link_up: true rx_packets: " + packets +
      " rx_bytes: " + packets + "000 tx_packets: " + packets + " } ports { port: 'p1' }");
}

v1::Session call(const std::string& id, double mos) {
  auto session = talking();
  session.set_session_id(id);
  quality(session, 0).set_mos(mos);
  return session;
}

void prepare(FakeNode& node) {
  node.info.set_version("0.1.0");
  node.info.set_status(v1::NODE_STATUS_SERVING);
  node.stats_in_turn = {stats("100", "1000", "5"), stats("102", "1500", "25")};
  node.sessions = {call("fine", 4.3), call("bad", 2.2), talking()};
}

TEST(Top, OnceShowsRatesBetweenTwoLooks) {
  FakeNode node;
  prepare(node);
  const auto outcome = run_against(node.target(), {"top", "--once", "--interval", "2s"}, 1);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "Pollux 0.1.0  serving  up 1 min 42 s\n"
      "Sessions  2 active; 5 created, 1 timed out, 0 refused\n"
      "Buffers   10 % in use\n"
      "! worker 0 is OVERLOADED (load 97 %): its calls lose packets; more workers, or fewer calls\n"
      "! port p1 is DOWN\n"
      "\n"
      "WORKER  CPU  LOAD                          PACKETS  SESSIONS  DELAY P50    P99  P99.9  LOOP P99.9\n"
      "0         2  97 %  [###################.]   250 /s         2     0.6 us  14 us  14 us           -\n"
      "\n"
      "PORT  LINK      IN     OUT      IN BITS  OUT BITS  MISSED\n"
      "p0    up    250 /s  250 /s  2.00 Mbit/s   0 bit/s    0 /s\n"
      "p1    DOWN    0 /s    0 /s      0 bit/s   0 bit/s    0 /s\n"
      "\n"
      "DROPPED  REASON       MEANING\n"
      "  10 /s  no_endpoint  late media\n"
      "\n"
      "Worst calls\n"
      "SESSION  AGE  WORKER  LEGS   IN  OUT  DROPPED  MOS  LOWEST  STATE\n"
      "bad        -       0  a b   199  199        0  2.2     2.2  a → b: it comes poorly: MOS 2.2, 0.0"
      "0 % lost, jitter 0 ms\n"
      "fine       -       0  a b   199  199        0  4.3     4.3  media flows\n");
}

TEST(Top, LiveLooksAgainUntilItIsStopped) {
  FakeNode node;
  prepare(node);
  const auto outcome = run_against(node.target(), {"top", "--calls", "0"}, 1);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(node.page_sizes.empty());  // no session was asked for
  EXPECT_THAT(outcome.out, HasSubstr("p0    up     -    -"));
  EXPECT_THAT(outcome.out, HasSubstr("p0    up    500 /s"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\033")));
}

TEST(Top, SessionsAreListedEveryFiveSecondsOnly) {
  FakeNode node;
  prepare(node);
  run_against(node.target(), {"top"}, 6);
  EXPECT_EQ(node.page_sizes.size(), 2U);  // seven looks: at 0 s and at 5 s
}

TEST(Top, JsonIsOneObjectALine) {
  FakeNode node;
  prepare(node);
  const auto outcome = run_against(node.target(), {"top", "-o", "json", "--once", "--interval", "2s"}, 1);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &parsed).ok()) << outcome.out;
  const auto& fields = parsed.fields();
  EXPECT_TRUE(fields.at("ratesKnown").bool_value());
  EXPECT_EQ(fields.at("ports")
                .list_value()
                .values(0)
                .struct_value()
                .fields()
                .at("rxPacketsPerSecond")
                .number_value(),
            250);
  EXPECT_EQ(
      fields.at("drops").list_value().values(0).struct_value().fields().at("packetsPerSecond").number_value(),
      10);
  EXPECT_EQ(
      fields.at("worstCalls").list_value().values(0).struct_value().fields().at("sessionId").string_value(),
      "bad");
  EXPECT_EQ(fields.at("info").struct_value().fields().at("version").string_value(), "0.1.0");
}

TEST(Top, WrongIntervalIsUsage) {
  EXPECT_EQ(run_against("unix:/nonexistent", {"top", "--interval", "1ms"}).exit_code, 2);
  EXPECT_EQ(run_against("unix:/nonexistent", {"top", "--interval", "x"}).exit_code, 2);
  EXPECT_EQ(run_against("unix:/nonexistent/socket", {"top"}).exit_code, 3);
}

TEST(Top, OneWayCallsComeFirst) {
  v1::ListResponse list;
  *list.add_sessions() = call("fine", 4.3);
  *list.add_sessions() = call("bad", 2.2);
  *list.add_sessions() = talking();  // nothing known
  auto one_way = call("one-way", 4.4);
  state(one_way, 1).set_one_way_suspected(true);
  *list.add_sessions() = one_way;
  std::vector<std::string> order;
  for (const auto& session : worst_calls(list, 10)) {
    order.push_back(session.session_id());
  }
  EXPECT_THAT(order, ::testing::ElementsAre("one-way", "bad", "fine"));
  EXPECT_EQ(worst_calls(list, 1).size(), 1U);
}

}  // namespace
}  // namespace pollux::cli
