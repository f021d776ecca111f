#include "controlplane/cli/session_request.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Parsed<v1::CreateRequest> make(Options options, const std::string& input = "") {
  options.session_ids = {"call-1"};
  std::istringstream in(input);
  return make_create_request(options, in);
}

TEST(SessionRequest, FromOptions) {
  Options options;
  options.legs = {"a,remote=192.0.2.7:40000", "b"};
  options.media_timeout = "60s";
  options.labels = {"call_id=abc"};
  const auto request = make(options);
  EXPECT_THAT(request.problems, ElementsAre());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      request.value,
      message<v1::CreateRequest>(
          "session_id: 'call-1' spec { legs { leg_id: 'a' remote_rtp { address: '192.0.2.7' port: "
          "40000 } } legs { leg_id: 'b' } media_timeout { seconds: 60 } labels { key: 'call_id' "
          "value: 'abc' } }")));
}

TEST(SessionRequest, CommandLineAddsToTheFileAndWins) {
  Options options;
  options.spec_file = "-";
  options.legs = {"c"};
  options.media_timeout = "never";
  const auto request =
      make(options,
           R"({"legs":[{"legId":"a"},{"leg_id":"b","direction":"DIRECTION_SENDONLY"}],"mediaTimeout":"9s"})");
  EXPECT_THAT(request.problems, ElementsAre());
  ASSERT_EQ(request.value.spec().legs_size(), 3);
  EXPECT_EQ(request.value.spec().legs(1).direction(), v1::DIRECTION_SENDONLY);
  EXPECT_EQ(request.value.spec().legs(2).leg_id(), "c");
  EXPECT_TRUE(request.value.spec().has_media_timeout());
  EXPECT_EQ(request.value.spec().media_timeout().seconds(), 0);
}

TEST(SessionRequest, WrongJsonNamesTheFileAndTheField) {
  Options options;
  options.spec_file = "-";
  EXPECT_THAT(make(options, R"({"legz":[]})").problems,
              ElementsAre(AllOf(HasSubstr("--file - holds no SessionSpec in JSON"), HasSubstr("legz"))));
  EXPECT_THAT(make(options, "{").problems, ElementsAre(HasSubstr("--file - holds no SessionSpec in JSON")));
}

// The parser of JSON quotes what it can't read.
TEST(SessionRequest, WrongJsonNeverShowsAKey) {
  Options options;
  options.spec_file = "-";
  for (const char* const json : {R"({"legs":[{"legId":"a","srtpReceive":{"masterKey":"S3CRETS3CRET!"}}]})",
                                 R"({"legs":[{"leg_id":"a","srtp_receive":{"master_key":"S3CRETS3CRET!"}}]})",
                                 R"({"legs":[{"legId":"a","srtpReceive":{"masterKey" "S3CRETS3CRET"}}]})",
                                 R"({"legs":[{"legId":"a","srtpReceive":{"suite":"S3CRETS3CRET"}}]})",
                                 R"({"legs":[{"legId":"a","srtpSend":"S3CRETS3CRET"}]})",
                                 R"({"legs":[{"legId":"a","srtpSend":{"masterKey":"S3CRETS3CRET)",
                                 R"({"legs":[{"legId":"a","masterKey" "S3CRETS3CRET"}]})"}) {
    EXPECT_THAT(make(options, json).problems,
                ElementsAre(AllOf(HasSubstr("--file - holds no SessionSpec in JSON: "),
                                  ::testing::Not(HasSubstr("S3CRET")))))
        << json;
  }
  EXPECT_THAT(make(options, R"({"legs":[{"srtp_send":{"master_key":"!"}}]})").problems,
              ElementsAre(AllOf(HasSubstr("master_key"), HasSubstr("not a value of this field"))));
}

TEST(SessionRequest, MissingFileSaysSo) {
  Options options;
  options.spec_file = "/nonexistent/spec.json";
  EXPECT_THAT(make(options).problems,
              ElementsAre("--file /nonexistent/spec.json: No such file or directory"));
}

TEST(SessionRequest, NoLegsIsWrong) {
  EXPECT_THAT(make(Options{}).problems,
              ElementsAre("a session needs legs: give --leg (repeat it) or --file"));
}

TEST(SessionRequest, ReportsEveryProblem) {
  Options options;
  options.legs = {"a,dscp=99", "b,foo=1"};
  options.labels = {"word"};
  options.media_timeout = "soon";
  EXPECT_EQ(make(options).problems.size(), 4U);
}

}  // namespace
}  // namespace pollux::cli
