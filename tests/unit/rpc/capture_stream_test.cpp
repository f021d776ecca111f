#include "controlplane/rpc/capture_stream.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::details_of;
using test::RpcFixture;

// One stream; its first, empty response has been read.
struct Capture {
  Capture(RpcFixture& fixture, const v1::CaptureRequest& request) {
    RpcFixture::set_deadline(context);
    reader = fixture.node->Capture(&context, request);
    v1::CaptureResponse first;
    opened = reader->Read(&first);
    EXPECT_EQ(first.packets_size(), 0);
  }
  // All that comes until the stream ends.
  void read_to_the_end() {
    for (v1::CaptureResponse response; reader->Read(&response);) {
      packets.insert(packets.end(), response.packets().begin(), response.packets().end());
      left_out = response.left_out();
      ended = response.ended();
    }
    status = reader->Finish();
  }
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::CaptureResponse>> reader;
  bool opened = false;
  std::vector<v1::CapturedPacket> packets;
  std::uint64_t left_out = 0;
  v1::CaptureEnd ended = v1::CAPTURE_END_UNSPECIFIED;
  grpc::Status status;
};

v1::CaptureRequest of_session(const std::string& id) {
  v1::CaptureRequest request;
  request.set_session_id(id);
  return request;
}

CapturedPacket packet_of(CaptureId capture, std::size_t size = 100) {
  CapturedPacket packet;
  packet.capture = capture;
  packet.time_unix_ns = 1'700'000'000'123'456'789;
  packet.port = 1;
  packet.leg_id = 2;
  packet.point = CapturePoint::kSent;
  packet.frame.assign(size, 0xab);
  packet.original_length = 1500;
  return packet;
}

void wait_until_none_runs(RpcFixture& f) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!f.dataplane.captures().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(f.dataplane.captures().empty());
}

TEST(CaptureStream, BringsPacketsUntilTheirNumberIsReached) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.set_max_packets(3);
  Capture capture(f, request);
  ASSERT_TRUE(capture.opened);
  const CaptureId id = f.dataplane.captures().begin()->first;
  CapturedPacket dropped = packet_of(id);
  dropped.point = CapturePoint::kDropped;
  dropped.reason = DropReason::direction;
  dropped.leg_id = 1;
  f.dataplane.inject_captured(packet_of(id));
  f.dataplane.inject_captured(dropped);
  f.dataplane.inject_captured(packet_of(id));
  f.dataplane.inject_captured(packet_of(id));
  capture.read_to_the_end();
  EXPECT_TRUE(capture.status.ok());
  EXPECT_EQ(capture.ended, v1::CAPTURE_END_MAX_PACKETS);
  ASSERT_EQ(capture.packets.size(), 3U);
  const v1::CapturedPacket& sent = capture.packets[0];
  EXPECT_EQ(sent.time().seconds(), 1'700'000'000);
  EXPECT_EQ(sent.time().nanos(), 123'456'789);
  EXPECT_EQ(sent.frame(), std::string(100, '\xab'));
  EXPECT_EQ(sent.original_length(), 1500U);
  EXPECT_EQ(sent.port(), "wan");
  EXPECT_EQ(sent.leg_id(), "b");
  EXPECT_EQ(sent.point(), v1::CAPTURE_POINT_SENT);
  EXPECT_EQ(sent.stage(), "tx");
  EXPECT_EQ(sent.drop_reason(), "");
  EXPECT_EQ(capture.packets[1].leg_id(), "a");
  EXPECT_EQ(capture.packets[1].drop_reason(), "direction");
  wait_until_none_runs(f);
}

TEST(CaptureStream, StopsAtItsBytesAndItsTime) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.set_max_bytes(250);
  Capture bytes(f, request);
  const CaptureId id = f.dataplane.captures().begin()->first;
  for (int i = 0; i < 3; ++i) {
    f.dataplane.inject_captured(packet_of(id));
  }
  bytes.read_to_the_end();
  EXPECT_EQ(bytes.ended, v1::CAPTURE_END_MAX_BYTES);
  EXPECT_EQ(bytes.packets.size(), 2U);
  request = of_session("call");
  request.mutable_max_time()->set_nanos(1);
  Capture time(f, request);
  time.read_to_the_end();
  EXPECT_EQ(time.ended, v1::CAPTURE_END_MAX_TIME);
  EXPECT_TRUE(time.status.ok());
}

TEST(CaptureStream, EndsWithItsSession) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  Capture capture(f, of_session("call"));
  ASSERT_TRUE(f.remove("call").status.ok());
  capture.read_to_the_end();
  EXPECT_EQ(capture.ended, v1::CAPTURE_END_SESSION_ENDED);
  wait_until_none_runs(f);
}

TEST(CaptureStream, EndsWithTheNode) {
  RpcFixture f;
  v1::CaptureRequest request;
  request.mutable_unmatched()->set_port(20000);
  Capture capture(f, request);
  ASSERT_EQ(f.dataplane.captures().size(), 1U);
  EXPECT_EQ(f.dataplane.captures().begin()->second.unmatched.port, 20000);
  f.server->shutdown();
  capture.read_to_the_end();
  EXPECT_EQ(capture.ended, v1::CAPTURE_END_NODE_STOPPED);
  EXPECT_TRUE(f.dataplane.captures().empty());
}

TEST(CaptureStream, AClientThatGoesEndsIt) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  {
    Capture capture(f, of_session("call"));
    ASSERT_EQ(f.dataplane.captures().size(), 1U);
    capture.context.TryCancel();
    capture.read_to_the_end();
    EXPECT_EQ(capture.status.error_code(), grpc::StatusCode::CANCELLED);
  }
  wait_until_none_runs(f);
}

// Nobody reads: what doesn't fit is left out and counted, and the rest comes.
TEST(CaptureStream, ATardyClientIsToldWhatItMissed) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.mutable_max_time()->set_seconds(2);
  Capture capture(f, request);
  const CaptureId id = f.dataplane.captures().begin()->first;
  constexpr std::size_t kPackets = 200;
  for (std::size_t i = 0; i < kPackets; ++i) {
    f.dataplane.inject_captured(packet_of(id, 60000));
  }
  while (f.dataplane.captured_left() > 0) {
    std::this_thread::yield();
  }
  capture.read_to_the_end();
  EXPECT_EQ(capture.ended, v1::CAPTURE_END_MAX_TIME);
  EXPECT_EQ(capture.packets.size() + capture.left_out, kPackets);
  EXPECT_GT(capture.left_out, 0U);
}

TEST(CaptureStream, SaysEverythingThatIsWrong) {
  RpcFixture f;
  v1::CaptureRequest request;
  request.set_leg_id("a");
  request.set_max_packets(2'000'000);
  request.set_max_bytes(std::uint64_t{1} << 40);
  request.mutable_max_time()->set_seconds(-1);
  request.set_snap_length(10);
  grpc::ClientContext context;
  const auto reader = f.node->Capture(&context, request);
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto details = details_of(status);
  for (const char* field : {"session_id", "leg_id", "max_packets", "max_bytes", "max_time", "snap_length"}) {
    EXPECT_TRUE(details.violations.contains(field)) << field;
  }
}

TEST(CaptureStream, UnknownSessionsAndLegsAreRefused) {
  RpcFixture f;
  const auto refused = [&](const v1::CaptureRequest& request) {
    grpc::ClientContext context;
    return f.node->Capture(&context, request)->Finish();
  };
  EXPECT_EQ(details_of(refused(of_session("nobody"))).reason, "SESSION_UNKNOWN");
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.set_leg_id("z");
  EXPECT_TRUE(details_of(refused(request)).violations.contains("leg_id"));
  v1::CaptureRequest unmatched;
  unmatched.mutable_unmatched()->set_address("not an address");
  unmatched.mutable_unmatched()->set_port(70000);
  const auto details = details_of(refused(unmatched));
  EXPECT_TRUE(details.violations.contains("unmatched.address"));
  EXPECT_TRUE(details.violations.contains("unmatched.port"));
}

// The status of a capture that doesn't begin.
grpc::Status refused(RpcFixture& f, const v1::CaptureRequest& request) {
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  const auto reader = f.node->Capture(&context, request);
  v1::CaptureResponse response;
  EXPECT_FALSE(reader->Read(&response));
  return reader->Finish();
}

TEST(CaptureStream, ShowsTheInsideOfSrtpByLeaveOnly) {
  RpcFixture f;
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.set_decrypted(true);
  const grpc::Status status = refused(f, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(details_of(status).reason, "DECRYPTED_CAPTURE_FORBIDDEN");
  EXPECT_NE(status.error_message().find("srtp.allow_decrypted_capture"), std::string::npos);
  EXPECT_TRUE(f.dataplane.captures().empty());
  f.control.call([&] { f.manager.set_srtp_policy({.allow_decrypted_capture = true}); });
  request.set_max_packets(1);
  Capture allowed(f, request);
  ASSERT_TRUE(allowed.opened);
  EXPECT_TRUE(f.dataplane.captures().begin()->second.decrypted);
  f.dataplane.inject_captured(packet_of(f.dataplane.captures().begin()->first));
  allowed.read_to_the_end();
  EXPECT_TRUE(allowed.status.ok());
}

TEST(CaptureStream, ShowsTheWireUnlessAskedOtherwise) {
  RpcFixture f([](config::NodeConfig& config) { config.srtp.allow_decrypted_capture = true; });
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = of_session("call");
  request.set_max_packets(1);
  Capture capture(f, request);
  ASSERT_TRUE(capture.opened);
  EXPECT_FALSE(f.dataplane.captures().begin()->second.decrypted);
  f.dataplane.inject_captured(packet_of(f.dataplane.captures().begin()->first));
  capture.read_to_the_end();
}

TEST(CaptureStream, WhatIsUnmatchedHasNothingToDecrypt) {
  RpcFixture f([](config::NodeConfig& config) { config.srtp.allow_decrypted_capture = true; });
  v1::CaptureRequest request;
  request.mutable_unmatched();
  request.set_decrypted(true);
  const grpc::Status status = refused(f, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(details_of(status).violations.contains("decrypted"));
}

}  // namespace
}  // namespace pollux::rpc
