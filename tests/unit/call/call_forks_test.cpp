// One call, several receivers of its offer.
#include "tests/unit/call/call_fixture.hpp"

namespace pollux::call {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

DialogName branch(const std::string& name, const std::string& to_tag = "") {
  return {"fork", "alice", to_tag, name};
}

struct ForkTest : CallTest {
  std::vector<std::string> leg_ids() {
    std::vector<std::string> ids;
    for (const auto& leg : query("fork").call().session.request->legs) {
      ids.push_back(leg.id);
    }
    return ids;
  }
  std::vector<std::string> sinks_of(const std::string& leg_id) {
    for (const auto& leg : query("fork").call().session.request->legs) {
      if (leg.id == leg_id) {
        return {leg.sinks.begin(), leg.sinks.end()};
      }
    }
    return {"no such leg"};
  }
};

TEST_F(ForkTest, EachBranchHasPortsOfItsOwnAndTheCallerOnePort) {
  const int first = port_of(offer(branch("b1"), alice()).sdp());
  const int second = port_of(offer(branch("b2"), alice()).sdp());
  EXPECT_NE(first, second);
  EXPECT_EQ(port_of(offer(branch("b1"), alice()).sdp()), first);
  EXPECT_THAT(leg_ids(), UnorderedElementsAre("callee-1", "callee2-1", "caller-1"));
}

TEST_F(ForkTest, MediaFollowsWhoAnsweredLastUntilOneHasWon) {
  offer(branch("b1"), alice());
  offer(branch("b2"), alice());
  const int early = port_of(answer(branch("b1", "bob"), bob()).sdp());
  EXPECT_THAT(sinks_of("caller-1"), ElementsAre("callee-1"));
  EXPECT_EQ(port_of(answer(branch("b2", "carol"), phone("198.51.100.8", 6000)).sdp()), early);
  EXPECT_THAT(sinks_of("caller-1"), ElementsAre("callee2-1"));
  EXPECT_TRUE(sinks_of("callee-1").empty());
  answer(branch("b1", "bob"), bob(), true);
  EXPECT_THAT(leg_ids(), UnorderedElementsAre("callee-1", "caller-1"));
  EXPECT_THAT(sinks_of("callee-1"), ElementsAre("caller-1"));
  remove(branch(""));
  EXPECT_EQ(ports_used(), 0U);
}

TEST_F(ForkTest, ABranchThatFailsGoesAloneAndTheLastTakesTheCall) {
  offer(branch("b1"), alice());
  offer(branch("b2"), alice());
  EXPECT_EQ(remove(branch("b2")).call().parties.size(), 2U);
  EXPECT_THAT(leg_ids(), UnorderedElementsAre("callee-1", "caller-1"));
  EXPECT_EQ(calls.size(), 1U);
  remove(branch("b1"));
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(ports_used(), 0U);
}

TEST_F(ForkTest, AForkWithoutBranchesIsTakenOverByWhoAnswersLast) {
  offer({"fork", "alice", "", ""}, alice());
  answer({"fork", "alice", "bob", ""}, bob());
  const Outcome second = answer({"fork", "alice", "carol", ""}, phone("198.51.100.8", 6000));
  EXPECT_FALSE(second.failed());
  EXPECT_EQ(spec().legs[0].remote_rtp, test::at("198.51.100.8:6000"));
  EXPECT_EQ(dataplane.sessions(), 1U);
  EXPECT_EQ(query("fork").call().parties[1].tag, "carol");
}

TEST_F(ForkTest, AReofferWithinTheDialogKeepsItsBranch) {
  offer(branch("b1"), alice());
  offer(branch("b2"), alice());
  const int port = port_of(offer(branch("b2"), alice()).sdp());
  answer(branch("b2", "carol"), bob(), true);
  // A new transaction has another branch, and both tags.
  EXPECT_EQ(port_of(offer(branch("b9", "carol"), alice()).sdp()), port);
}

TEST_F(ForkTest, ASecondCallerOfTheSameCallIdHasLegsOfItsOwn) {
  offer({"fork", "alice", "", ""}, alice());
  offer({"fork", "dave", "", ""}, phone("10.0.0.101", 4000));
  EXPECT_THAT(leg_ids(), UnorderedElementsAre("callee-1", "caller-1", "callee2-1", "caller2-1"));
  remove({"fork", "dave", "", ""});
  EXPECT_THAT(leg_ids(), UnorderedElementsAre("callee-1", "caller-1"));
}

}  // namespace
}  // namespace pollux::call
