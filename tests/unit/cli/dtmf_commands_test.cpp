#include "controlplane/cli/dtmf_commands.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(DtmfSend, SaysWhatIsOnItsWay) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"dtmf", "send", "call-1", "b", "123#*"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "On their way to the party of leg b: 123#* (160 ms each, pauses of 40 ms).\n");
  ASSERT_THAT(node.injected, SizeIs(1));
  EXPECT_TRUE(MessageDifferencer::Equals(
      node.injected[0], message<v1::InjectDtmfRequest>("session_id: 'call-1' leg_id: 'b' digits: '123#*'")));
}

TEST(DtmfSend, TakesEveryOption) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"dtmf", "send", "call-1", "a", "!", "--duration", "120",
                                                   "--gap", "80", "--volume", "-10", "--from-party"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Pressed by the party of leg a: ! (120 ms each, pauses of 80 ms).\n");
  ASSERT_THAT(node.injected, SizeIs(1));
  EXPECT_TRUE(MessageDifferencer::Equals(
      node.injected[0],
      message<v1::InjectDtmfRequest>("session_id: 'call-1' leg_id: 'a' digits: '!' duration_ms: 120 "
                                     "gap_ms: 80 volume_dbm0: -10 pressed_by_party: true")));
}

TEST(DtmfSend, TellsOfIgnoredSipInfo) {
  FakeNode node;
  node.believes_sip_info = false;
  const auto outcome = run_against(node.target(), {"dtmf", "send", "call-1", "a", "1", "--from-party"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out,
            "Nothing was taken: presses that SIP INFO brings are not believed on leg a "
            "(dtmf.receive_sip_info is OFF).\n");
}

TEST(DtmfSend, WrongOptionsNeverReachTheNode) {
  FakeNode node;
  const std::vector<std::string> send = {"dtmf", "send", "call-1", "a", "1"};
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{{"--duration", "0"},
                                                                                     {"--duration", "20001"},
                                                                                     {"--gap", "x"},
                                                                                     {"--volume", "0"},
                                                                                     {"--volume", "-37"},
                                                                                     {"--volume", "8"}}) {
    std::vector<std::string> arguments = send;
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(run_against(node.target(), arguments).exit_code, 2) << wrong[0] << " " << wrong[1];
  }
  EXPECT_EQ(run_against(node.target(), {"dtmf", "send", "call-1", "a"}).exit_code, 2);
  EXPECT_EQ(run_against(node.target(), {"dtmf"}).exit_code, 2);
  EXPECT_THAT(node.injected, IsEmpty());
}

TEST(DtmfSend, JsonIsTheAnswer) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"-o", "json", "dtmf", "send", "call-1", "b", "12"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\"digits\": \"12\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"durationMs\": 160"));
}

TEST(DtmfSend, ShowsWhatTheNodeRefuses) {
  FakeNode node;
  node.error = {grpc::StatusCode::RESOURCE_EXHAUSTED, "leg \"b\" has no room"};
  const auto outcome = run_against(node.target(), {"dtmf", "send", "call-1", "b", "1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("polluxctl: dtmf send call-1 b failed: a limit is reached: leg \"b\""));
}

TEST(DtmfBlock, EveryMode) {
  FakeNode node;
  const std::pair<const char*, v1::DtmfBlock> modes[] = {{"drop", v1::DTMF_BLOCK_DROP},
                                                         {"silence", v1::DTMF_BLOCK_SILENCE},
                                                         {"tone", v1::DTMF_BLOCK_TONE},
                                                         {"random", v1::DTMF_BLOCK_RANDOM}};
  for (const auto& [word, mode] : modes) {
    const auto outcome = run_against(node.target(), {"dtmf", "block", "call-1", "a", "--mode", word});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "Key presses of leg a are blocked (" + std::string(word) +
                               "). polluxctl dtmf unblock ends that.\n");
    EXPECT_EQ(node.blocked.back().mode(), mode);
  }
  EXPECT_EQ(node.blocked.back().session_id(), "call-1");
  EXPECT_EQ(node.blocked.back().leg_id(), "a");
  const auto wrong = run_against(node.target(), {"dtmf", "block", "call-1", "a", "--mode", "off"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("must be drop, silence, tone or random, not off"));
  EXPECT_EQ(run_against(node.target(), {"dtmf", "block", "call-1", "a"}).exit_code, 2);
  EXPECT_THAT(node.blocked, SizeIs(4));
}

TEST(DtmfUnblock, EndsTheBlock) {
  FakeNode node;
  const auto outcome = run_against(node.target(), {"dtmf", "unblock", "call-1", "a"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Key presses of leg a go to its sinks.\n");
  ASSERT_THAT(node.unblocked, SizeIs(1));
  EXPECT_EQ(node.unblocked[0].leg_id(), "a");
  EXPECT_EQ(run_against(node.target(), {"-o", "json", "dtmf", "unblock", "call-1", "a"}).out, "{}\n");
}

}  // namespace
}  // namespace pollux::cli
