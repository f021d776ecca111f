// Copies of packets for whoever looks for a fault: whose, where, why, and that nobody else notices.
#include <algorithm>

#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

class CaptureTest : public CallTest {
 public:
  void SetUp() override {
    session = bed().add(call());
    warm_up();
  }
  CaptureId start(const CaptureSpec& spec) {
    const auto capture = bed().dataplane().start_capture(spec);
    EXPECT_TRUE(capture) << (capture ? "" : capture.error().message);
    bed().turn_workers();
    return capture.value_or(0);
  }
  void stop(CaptureId capture) {
    bed().dataplane().stop_capture(capture);
    bed().turn_workers();
  }
  std::vector<CapturedPacket> taken(std::size_t most = 10000) {
    std::vector<CapturedPacket> packets;
    bed().dataplane().take_captured(packets, most);
    return packets;
  }
  std::uint64_t lost() { return bed().dataplane().stats().workers[0].capture_lost; }

  const Bytes media = rtp({.sequence = 1001, .timestamp = 1001 * 160, .ssrc = 0xaaaaaaaa});
  SessionHandle session = 0;
};

TEST_F(CaptureTest, CopiesWhatComesAndWhatGoes) {
  const CaptureId capture = start({.session = session});
  EXPECT_EQ(relay(a, b, media), Heard{media});
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].capture, capture);
  EXPECT_EQ(packets[0].point, CapturePoint::kReceived);
  EXPECT_EQ(packets[0].leg_id, 0);
  EXPECT_EQ(packets[0].port, 0);
  EXPECT_EQ(packets[0].component, Component::kRtp);
  EXPECT_EQ(packets[0].frame, build(datagram(a, media)));
  EXPECT_EQ(packets[0].original_length, packets[0].frame.size());
  EXPECT_EQ(packets[1].point, CapturePoint::kSent);
  EXPECT_EQ(packets[1].leg_id, 1);
  EXPECT_EQ(packets[1].port, 1);
  EXPECT_TRUE(std::equal(media.rbegin(), media.rend(), packets[1].frame.rbegin()));
}

TEST_F(CaptureTest, RewritingDoesntShowInWhatWasReceived) {
  bed().update(session, rewriting_call());
  start({.session = session});
  send(a, media);
  bed().turn();
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].frame, build(datagram(a, media)));
  EXPECT_NE(packets[1].frame[packets[1].frame.size() - media.size() + 8], 0xaa);  // another SSRC
}

TEST_F(CaptureTest, EndsWhenItIsStopped) {
  const CaptureId capture = start({.session = session});
  stop(capture);
  relay(a, b, media);
  EXPECT_TRUE(taken().empty());
  EXPECT_NE(start({.session = session}), capture);
}

TEST_F(CaptureTest, OneLegOnlyWhenAskedFor) {
  start({.session = session, .leg = 1});
  relay(a, b, media);
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].point, CapturePoint::kSent);
}

TEST_F(CaptureTest, LegsThatComeLaterAreIncluded) {
  start({.session = session});
  SessionSpec spec = call();
  spec.legs.push_back(bed_leg(2, 1, 30010, "198.51.100.10:6000"));
  spec.legs[0].sinks.push_back(2);
  bed().update(session, spec);
  send(a, media);
  bed().turn();
  bed().received(1);
  const auto packets = taken();
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(), [](const auto& p) { return p.leg_id == 2; }), 1);
}

TEST_F(CaptureTest, DroppedPacketsSayWhy) {
  start({.session = session});
  send(sprayer, media);
  bed().turn();
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].point, CapturePoint::kDropped);
  EXPECT_EQ(packets[0].reason, DropReason::source_mismatch);
}

TEST_F(CaptureTest, RtcpIsMarkedOnItsOwnPortAndOnASharedOne) {
  start({.session = session});
  send(a.next_port(), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
  bed().turn();
  auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].component, Component::kRtcp);
  EXPECT_EQ(packets[1].component, Component::kRtcp);
  bed().remove(session);
  bed().received(0);
  bed().received(1);
  taken();  // the BYEs of the former session
  session = bed().add(mux_call());
  start({.session = session});
  send(a, media);
  send(a, rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
  bed().turn();
  packets = taken();
  ASSERT_EQ(packets.size(), 4U);
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(),
                          [](const auto& p) { return p.component == Component::kRtcp; }),
            2);
}

TEST_F(CaptureTest, FramesAreCutWhereAsked) {
  start({.session = session, .snap_length = 64});
  relay(a, b, media);
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].frame.size(), 64U);
  EXPECT_EQ(packets[0].original_length, build(datagram(a, media)).size());
}

TEST_F(CaptureTest, OneSessionOneCapture) {
  const CaptureId capture = start({.session = session});
  EXPECT_EQ(bed().dataplane().start_capture({.session = session}).error().cause, "CAPTURE_EXISTS");
  EXPECT_EQ(bed().dataplane().start_capture({.session = session + 1}).error().cause, "SESSION_UNKNOWN");
  stop(capture);
  std::vector<CaptureId> captures;
  for (std::size_t i = 0; i < kMaxCaptures; ++i) {
    captures.push_back(start({}));
  }
  EXPECT_EQ(bed().dataplane().start_capture({}).error().cause, "CAPTURES_EXHAUSTED");
  for (const CaptureId running : captures) {
    stop(running);
  }
  start({.session = session});
}

TEST_F(CaptureTest, UnmatchedPacketsByAddressAndPort) {
  const auto stray = [&](const char* from, std::uint16_t port) {
    Party party = a;
    party.address = at(from);
    party.relay.port = port;
    send(party, media);
    bed().turn();
  };
  const CaptureId by_port = start({.unmatched = {.address = {}, .port = 20100}});
  const CaptureId by_address = start({.unmatched = {.address = ip("192.0.2.77"), .port = {}}});
  stray("192.0.2.7:4000", 20100);
  stray("192.0.2.77:4000", 20102);
  stray("192.0.2.7:4000", 20102);
  relay(a, b, media);  // belongs to a session
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].capture, by_port);
  EXPECT_EQ(packets[1].capture, by_address);
  for (const CapturedPacket& packet : packets) {
    EXPECT_EQ(packet.point, CapturePoint::kDropped);
    EXPECT_EQ(packet.reason, DropReason::no_endpoint);
    EXPECT_EQ(packet.port, 0);
  }
  stop(by_port);
  stop(by_address);
  stray("192.0.2.77:4000", 20100);
  EXPECT_TRUE(taken().empty());
}

// Nobody takes the copies: some are lost and counted, and not one packet of media is.
TEST_F(CaptureTest, ATardyReaderLosesCopiesAndNothingElse) {
  start({.session = session});
  constexpr std::uint16_t kPackets = 3000;
  std::size_t heard = 0;
  for (std::uint16_t i = 0; i < kPackets; ++i) {
    send(a, rtp({.sequence = static_cast<std::uint16_t>(1001 + i), .ssrc = 0xaaaaaaaa}));
    bed().turn_workers();
    heard += bed().received_udp(1).size();
  }
  EXPECT_EQ(heard, kPackets);
  EXPECT_GT(lost(), 0U);
  EXPECT_EQ(taken().size() + lost(), 2U * kPackets);
}

TEST_F(CaptureTest, ASessionMayGoWhileItIsCaptured) {
  const CaptureId capture = start({.session = session});
  relay(a, b, media);
  bed().remove(session);
  EXPECT_EQ(bed().dataplane().start_capture({.session = session}).error().cause, "SESSION_UNKNOWN");
  stop(capture);
  EXPECT_GE(taken().size(), 2U);
}

TEST_F(CaptureTest, StoppingRightAfterTheRemovalIsSafe) {
  const CaptureId capture = start({.session = session});
  ASSERT_TRUE(bed().dataplane().remove_session(session, 77));
  bed().dataplane().stop_capture(capture);
  bed().turn();
  bed().events();
  bed().turn();
  EXPECT_TRUE(bed().events().empty());
}

}  // namespace
}  // namespace pollux::testing
