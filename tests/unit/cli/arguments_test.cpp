#include "controlplane/cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Options accepted(const std::vector<std::string>& arguments, const std::string& environment = "") {
  const auto parsed = parse_arguments(arguments, {environment, {}});
  EXPECT_TRUE(parsed.proceed) << parsed.err;
  return parsed.options;
}

void expect_refused(const std::vector<std::string>& arguments, const std::string& why) {
  const auto parsed = parse_arguments(arguments, {});
  EXPECT_FALSE(parsed.proceed) << why;
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.err, ::testing::StartsWith("polluxctl: "));
  EXPECT_THAT(parsed.err, HasSubstr(why));
  EXPECT_EQ(parsed.out, "");
}

TEST(Arguments, HelpListsEachCommand) {
  const auto parsed = parse_arguments({"--help"}, {});
  EXPECT_FALSE(parsed.proceed);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_EQ(parsed.err, "");
  for (const char* command :
       {"session list ", "session show ", "session create ", "session delete ", "dtmf send ", "dtmf block ",
        "dtmf unblock ", "events ", "top ", "stats ", "capture ", "node info ", "node ports ", "node drain ",
        "node undrain ", "node reload ", "completion "}) {
    EXPECT_THAT(parsed.out, HasSubstr("\n  " + std::string(command)));
  }
}

TEST(Arguments, EachCommandHasHelpOfItsOwn) {
  struct Case {
    std::vector<std::string> command;
    const char* mentions;
  };
  const Case cases[] = {{{"session", "list"}, "--limit"},  {{"session", "show"}, "Session id"},
                        {{"session", "create"}, "--leg"},  {{"session", "delete"}, "Session ids"},
                        {{"events"}, "--follow"},          {{"stats"}, "--drops"},
                        {{"node", "info"}, "networks"},    {{"top"}, "--once"},
                        {{"capture"}, "--unmatched"},      {{"node", "drain"}, "--end-sessions"},
                        {{"node", "reload"}, "--dry-run"}, {{"dtmf", "send"}, "--from-party"},
                        {{"dtmf", "block"}, "--mode"},     {{"dtmf", "unblock"}, "Leg id"}};
  for (auto [command, mentions] : cases) {
    command.push_back("--help");
    const auto parsed = parse_arguments(command, {});
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_THAT(parsed.out, HasSubstr(mentions));
  }
}

TEST(Arguments, CreateHelpNamesEveryLegKey) {
  const auto parsed = parse_arguments({"session", "create", "--help"}, {});
  for (const char* key : {"network=",
                          "remote=",
                          "remote-rtcp=",
                          "family=",
                          "rtcp-mux",
                          "direction=",
                          "learning=",
                          "policy=",
                          "stream=",
                          "dscp=",
                          "pt=",
                          "sinks=",
                          "srtp-receive=",
                          "srtp-send=",
                          "srtp-receive-roc=",
                          "srtp=passthrough",
                          "codec=",
                          "dtmf-send=",
                          "dtmf-receive=",
                          "dtmf-block=",
                          "dtmf-guard=",
                          "dtmf-level=",
                          "dtmf-keep-audio"}) {
    EXPECT_THAT(parsed.out, HasSubstr("\n  " + std::string(key)));
  }
}

// Whoever forgets --leg sees their words again, without the key.
TEST(Arguments, ComplaintsHoldNoKeys) {
  const std::string leg = "a,srtp-send=AES_CM_128_HMAC_SHA1_80:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
  expect_refused({"node", "info", leg}, "not expected: a,srtp-send=...\n");
  for (const auto& words : {std::vector<std::string>{"node", "info", leg},
                            {"session", "create", "call-1", leg},
                            {leg},
                            {"session", "create", "call-1", "--legs", leg},
                            {"stats", "-o", leg}}) {
    const auto parsed = parse_arguments(words, {});
    EXPECT_THAT(parsed.err, ::testing::Not(HasSubstr("WVNfX19z")));
    EXPECT_EQ(parsed.exit_code, 2);
  }
}

TEST(Arguments, Version) {
  const auto parsed = parse_arguments({"--version"}, {});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_THAT(parsed.out, HasSubstr("polluxctl " POLLUX_VERSION));
}

TEST(Arguments, TargetFromDefaultEnvironmentAndOption) {
  EXPECT_EQ(accepted({"stats"}).target, "unix:/run/pollux/pollux.sock");
  EXPECT_EQ(accepted({"stats"}, "127.0.0.1:7711").target, "127.0.0.1:7711");
  EXPECT_EQ(accepted({"--target", "[::1]:7711", "stats"}, "127.0.0.1:7711").target, "[::1]:7711");
  EXPECT_EQ(accepted({"stats", "--target", "/run/p.sock"}).target, "unix:/run/p.sock");
}

TEST(Arguments, GlobalOptionsStandAnywhere) {
  EXPECT_EQ(accepted({"-o", "json", "session", "list"}).output, OutputFormat::kJson);
  EXPECT_EQ(accepted({"session", "list", "-o", "json", "--timeout", "2s"}).output, OutputFormat::kJson);
  EXPECT_EQ(accepted({"node", "info"}).output, OutputFormat::kTable);
}

TEST(Arguments, Create) {
  const auto options = accepted({"session", "create", "--leg", "a,dscp=46", "--leg", "b", "call-1", "--label",
                                 "k=v", "--label", "l=w", "--media-timeout", "60s", "--file", "spec.json"});
  EXPECT_EQ(options.command, Command::kSessionCreate);
  EXPECT_THAT(options.session_ids, ElementsAre("call-1"));
  EXPECT_THAT(options.legs, ElementsAre("a,dscp=46", "b"));
  EXPECT_THAT(options.labels, ElementsAre("k=v", "l=w"));
  EXPECT_EQ(options.media_timeout, "60s");
  EXPECT_EQ(options.spec_file, "spec.json");
}

TEST(Arguments, OtherCommands) {
  EXPECT_THAT(accepted({"session", "delete", "x", "y"}).session_ids, ElementsAre("x", "y"));
  EXPECT_EQ(accepted({"session", "list", "--limit", "7"}).list_limit, 7U);
  EXPECT_TRUE(accepted({"session", "list", "--all"}).list_all);
  const auto events = accepted({"events", "--follow", "--since", "12", "--session", "x"});
  EXPECT_EQ(events.command, Command::kEvents);
  EXPECT_TRUE(events.follow);
  EXPECT_EQ(events.since, 12U);
  EXPECT_EQ(events.event_session, "x");
  const auto stats = accepted({"stats", "--drops", "--watch", "2"});
  EXPECT_TRUE(stats.drops);
  EXPECT_EQ(stats.watch_seconds, 2.0);
}

TEST(Arguments, NodeAndCapture) {
  const auto drain = accepted({"node", "drain", "--deadline", "30s", "--end-sessions"});
  EXPECT_EQ(drain.command, Command::kNodeDrain);
  EXPECT_EQ(drain.deadline, "30s");
  EXPECT_TRUE(drain.end_sessions);
  EXPECT_TRUE(accepted({"node", "reload", "--dry-run"}).dry_run);
  const auto session = accepted({"capture", "call-1", "--leg", "a", "--out", "f", "--max-packets", "5",
                                 "--max-bytes", "1M", "--time", "9s", "--snap", "54", "--decrypted"});
  EXPECT_EQ(session.capture_session, "call-1");
  EXPECT_EQ(session.capture_leg, "a");
  EXPECT_EQ(session.capture_file, "f");
  EXPECT_EQ(session.max_packets, 5U);
  EXPECT_EQ(session.max_bytes, "1M");
  EXPECT_EQ(session.capture_time, "9s");
  EXPECT_EQ(session.snap_length, 54U);
  EXPECT_TRUE(session.decrypted);
  const auto unmatched =
      accepted({"capture", "--unmatched", "--address", "192.0.2.7", "--port", "4000", "--out", "-"});
  EXPECT_TRUE(unmatched.unmatched);
  EXPECT_EQ(unmatched.port, 4000U);
  const auto top = accepted({"top", "--interval", "2s", "--once", "--calls", "0"});
  EXPECT_EQ(top.interval, "2s");
  EXPECT_TRUE(top.once);
  EXPECT_EQ(top.calls, 0U);
}

TEST(Arguments, TlsFromEnvironmentAndOptions) {
  const ArgumentDefaults defaults{"", {"ca.pem", "cert.pem", "key.pem", "node-1"}};
  const auto from_environment = parse_arguments({"stats"}, defaults).options.tls;
  EXPECT_EQ(from_environment.ca, "ca.pem");
  EXPECT_EQ(from_environment.server_name, "node-1");
  const auto given = parse_arguments({"stats", "--tls-ca", "other.pem", "--tls-server-name", "x"}, defaults);
  EXPECT_EQ(given.options.tls.ca, "other.pem");
  EXPECT_EQ(given.options.tls.key, "key.pem");
  EXPECT_EQ(given.options.tls.server_name, "x");
}

TEST(Arguments, WrongUsage) {
  expect_refused({}, "a command is missing; polluxctl --help lists them");
  expect_refused({"session"}, "polluxctl session --help lists them");
  expect_refused({"bogus"}, "bogus");
  expect_refused({"session", "show"}, "id is required");
  expect_refused({"session", "delete"}, "id is required");
  expect_refused({"session", "show", "a", "b"}, "At Most 1");
  expect_refused({"session", "list", "--limit", "0"}, "--limit: must be 1 or more, not 0");
  expect_refused({"session", "list", "--limit", "5", "--all"}, "--limit excludes --all");
  expect_refused({"events", "--since", "0"}, "--since: must be 1 or more, not 0");
  expect_refused({"-o", "xml", "stats"}, "must be table or json, not xml");
  expect_refused({"stats", "--watch", "0"}, "--watch");
  expect_refused({"session", "list", "--worst", "3", "--all"}, "excludes");
  expect_refused({"capture", "x"}, "--out is required");
  expect_refused({"capture", "x", "--unmatched", "--out", "f"}, "excludes");
  expect_refused({"capture", "--unmatched", "--decrypted", "--out", "f"}, "--unmatched excludes --decrypted");
  expect_refused({"capture", "x", "--port", "4000", "--out", "f"}, "--port requires --unmatched");
  expect_refused({"completion", "csh"}, "must be bash, zsh or fish, not csh");
}

}  // namespace
}  // namespace pollux::cli
