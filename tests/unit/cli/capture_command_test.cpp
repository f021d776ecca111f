#include "controlplane/cli/capture_command.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/messages.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temporary_folder.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Writer = grpc::ServerWriter<v1::CaptureResponse>;

v1::CaptureResponse packets(const std::string& ended = "") {
  auto response = message<v1::CaptureResponse>(R"(
    packets { time { seconds: 1714532400 nanos: 5 } original_length: 60 port: "p0" leg_id: "a"
              point: CAPTURE_POINT_RECEIVED stage: "rtp_receive" }
    packets { time { seconds: 1714532400 nanos: 6 } original_length: 60 port: "p1" leg_id: "b" rtcp: true
              point: CAPTURE_POINT_DROPPED stage: "rtcp" drop_reason: "direction" }
    left_out: 4 )" + (ended.empty() ? "" : "ended: " + ended));
  for (auto& packet : *response.mutable_packets()) {
    packet.set_frame(std::string(60, '\0'));
  }
  return response;
}

auto captures(const std::string& ended, v1::CaptureRequest* seen = nullptr) {
  return [=](const v1::CaptureRequest& request, Writer& writer, grpc::ServerContext&) {
    if (seen != nullptr) {
      *seen = request;
    }
    writer.Write(packets());
    writer.Write(packets(ended));
    return grpc::Status::OK;
  };
}

std::string comments_in(const std::string& file) {
  return run_program("tshark -r " + file +
                     " -T fields -E separator='|' -e frame.interface_name -e frame.comment" + " 2>/dev/null")
      .out;
}

TEST(Capture, WritesTheFileAndSaysHowItEnded) {
  FakeNode node;
  node.stats =
      message<v1::StatsResponse>("workers { drops { reason: 'direction' packets: 3 help: 'on hold?' } }");
  v1::CaptureRequest seen;
  node.capture = captures("CAPTURE_END_SESSION_ENDED", &seen);
  const TemporaryFolder folder;
  const std::string file = folder.file("call.pcapng");
  const auto outcome =
      run_against(node.target(), {"capture", "call-1", "--leg", "a", "--out", file, "--max-packets", "50",
                                  "--max-bytes", "1M", "--time", "90s", "--snap", "54"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            file +
                ": 4 packets written, 4 left out (the way to polluxctl was too slow); ended: the "
                "session ended\n");
  EXPECT_EQ(comments_in(file),
            "p0|leg a, received (rtp_receive)\np1|leg b, RTCP, dropped: direction (on hold?)\n"
            "p0|leg a, received (rtp_receive)\np1|leg b, RTCP, dropped: direction (on hold?)\n");
  EXPECT_EQ(seen.session_id(), "call-1");
  EXPECT_EQ(seen.leg_id(), "a");
  EXPECT_EQ(seen.max_packets(), 50U);
  EXPECT_EQ(seen.max_bytes(), 1U << 20);
  EXPECT_EQ(seen.max_time().seconds(), 90);
  EXPECT_EQ(seen.snap_length(), 54U);
  EXPECT_FALSE(seen.has_unmatched());
  EXPECT_FALSE(seen.decrypted());
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);  // speech is for nobody else
}

TEST(Capture, Decrypted) {
  FakeNode node;
  v1::CaptureRequest seen;
  node.capture = captures("CAPTURE_END_MAX_TIME", &seen);
  const TemporaryFolder folder;
  const auto outcome =
      run_against(node.target(), {"capture", "call-1", "--decrypted", "--out", folder.file("x")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(seen.decrypted());
}

TEST(Capture, UnmatchedWithFilter) {
  FakeNode node;
  v1::CaptureRequest seen;
  node.capture = captures("CAPTURE_END_MAX_TIME", &seen);
  const TemporaryFolder folder;
  const auto outcome = run_against(node.target(), {"capture", "--unmatched", "--address", "192.0.2.7",
                                                   "--port", "4000", "--out", folder.file("x")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(seen.session_id(), "");
  EXPECT_EQ(seen.unmatched().address(), "192.0.2.7");
  EXPECT_EQ(seen.unmatched().port(), 4000U);
  EXPECT_THAT(outcome.out, HasSubstr("ended: the limit of time"));
}

TEST(Capture, StandardOutputHoldsNothingButPackets) {
  FakeNode node;
  node.capture = captures("CAPTURE_END_MAX_PACKETS");
  const auto outcome = run_against(node.target(), {"capture", "call-1", "--out", "-"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("4 packets written"));
  const TemporaryFolder folder;
  EXPECT_THAT(comments_in(folder.write("x.pcapng", outcome.out)), StartsWith("p0|leg a, received"));
}

TEST(Capture, InterruptLeavesAWholeFile) {
  FakeNode node;
  node.capture = [](const v1::CaptureRequest&, Writer& writer, grpc::ServerContext& context) {
    writer.Write(packets());
    while (!context.IsCancelled()) {
      std::this_thread::yield();
    }
    return grpc::Status::CANCELLED;
  };
  const TemporaryFolder folder;
  const auto outcome = run_against(node.target(), {"capture", "call-1", "--out", folder.file("x")}, 0, "",
                                   std::chrono::minutes(1), [] { return true; });
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("2 packets written"));
  EXPECT_THAT(outcome.out, HasSubstr("ended: interrupted"));
  EXPECT_THAT(comments_in(folder.file("x")), HasSubstr("leg b, RTCP, dropped"));
}

TEST(Capture, JsonSummary) {
  FakeNode node;
  node.capture = captures("CAPTURE_END_MAX_BYTES");
  const TemporaryFolder folder;
  const auto outcome =
      run_against(node.target(), {"capture", "call-1", "-o", "json", "--out", folder.file("x")});
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &parsed).ok()) << outcome.out;
  EXPECT_EQ(parsed.fields().at("packets").number_value(), 4);
  EXPECT_EQ(parsed.fields().at("leftOut").number_value(), 4);
  EXPECT_EQ(parsed.fields().at("ended").string_value(), "the limit of bytes");
}

TEST(Capture, RefusedCallLeavesNoFile) {
  FakeNode node;
  node.error = {grpc::StatusCode::NOT_FOUND, "no session call-9"};
  const TemporaryFolder folder;
  const auto outcome = run_against(node.target(), {"capture", "call-9", "--out", folder.file("x")});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("capture failed: not found: no session call-9"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("x")));
}

TEST(Capture, WrongUsage) {
  const auto expect_usage = [](std::vector<std::string> arguments, const std::string& why) {
    arguments.insert(arguments.begin(), "capture");
    const auto outcome = run_against("unix:/nonexistent", arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
  };
  expect_usage({"--out", "-"}, "name a session to capture, or give --unmatched");
  expect_usage({"--unmatched", "--out", "-", "--address", "host"},
               "--address must be an IPv4 or IPv6 address");
  expect_usage({"--unmatched", "--out", "-", "--port", "70000"}, "--port must be 1..65535");
  expect_usage({"x", "--out", "-", "--max-packets", "2000000"}, "at most 1000000");
  expect_usage({"x", "--out", "-", "--max-bytes", "2G"}, "at most 1G");
  expect_usage({"x", "--out", "-", "--max-bytes", "many"}, "is no number of bytes");
  expect_usage({"x", "--out", "-", "--time", "2h"}, "at most 1h");
  expect_usage({"x", "--out", "/nonexistent/file"}, "--out /nonexistent/file: No such file");
}

}  // namespace
}  // namespace pollux::cli
