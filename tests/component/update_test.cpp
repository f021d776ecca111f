// A session is changed while its packets flow: what holds at once, what is kept, what begins anew.
#include <set>

#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint32_t kSsrcA = 0xaaaaaaaa;
constexpr std::uint32_t kSsrcB = 0xbbbbbbbb;

class UpdateTest : public CallTest {
 public:
  void begin(const SessionSpec& spec) {
    session = bed().add(spec);
    warm_up(1000);
    sequence = 1000;
  }
  void SetUp() override { begin(call()); }

  // The next packet of A's stream, and of B's.
  Bytes of_a(std::uint8_t payload_type = 8) {
    ++sequence;
    return rtp(
        {.payload_type = payload_type, .sequence = sequence, .timestamp = sequence * 160U, .ssrc = kSsrcA});
  }
  Bytes of_b(std::uint8_t payload_type = 8) {
    ++sequence;
    return rtp(
        {.payload_type = payload_type, .sequence = sequence, .timestamp = sequence * 160U, .ssrc = kSsrcB});
  }
  bool a_is_heard() { return relay(a, b, of_a()).size() == 1; }
  bool b_is_heard() { return relay(b, a, of_b()).size() == 1; }
  LegStats leg(std::size_t index) { return bed().stats(session).legs[index]; }
  std::uint64_t drops(std::size_t index, DropReason reason) {
    return leg(index).drops[static_cast<std::size_t>(reason)];
  }

  SessionHandle session = 0;
  std::uint16_t sequence = 1000;
};

TEST_F(UpdateTest, EveryDirectionAndBack) {
  struct Case {
    Direction direction;
    bool sends;
    bool receives;
  };
  for (const Case& each :
       {Case{Direction::kSendOnly, true, false}, Case{Direction::kRecvOnly, false, true},
        Case{Direction::kInactive, false, false}, Case{Direction::kSendRecv, true, true}}) {
    SCOPED_TRACE(static_cast<int>(each.direction));
    SessionSpec spec = call();
    spec.legs[0].direction = each.direction;
    bed().update(session, spec);
    const std::uint64_t of_a_before = drops(0, DropReason::direction);
    const std::uint64_t of_b_before = drops(1, DropReason::direction);
    EXPECT_EQ(a_is_heard(), each.sends);
    EXPECT_EQ(b_is_heard(), each.receives);
    EXPECT_EQ(drops(0, DropReason::direction) - of_a_before, each.sends ? 0U : 1U);
    EXPECT_EQ(drops(1, DropReason::direction) - of_b_before, each.receives ? 0U : 1U);
    // RFC 3264 §5.1
    EXPECT_EQ(relay(a.next_port(), b.next_port(), rtcp_sender_report(kSsrcA, 1, 2, 3)).size(), 1U);
    EXPECT_EQ(relay(b.next_port(), a.next_port(), rtcp_sender_report(kSsrcB, 1, 2, 3)).size(), 1U);
  }
}

// Packets before the change go the old way, those after it the new one; none is lost or sent twice.
TEST_F(UpdateTest, InTheMiddleOfAStream) {
  SessionSpec spec = call();
  std::size_t at_old_place = 0;
  std::size_t at_new_place = 0;
  constexpr std::size_t kRounds = 40;
  bed().add(two_legs(bed_leg(5, 0, 20100, "192.0.2.7:4100"), bed_leg(6, 1, 30100, "198.51.100.44:5000")));
  send({1, at("198.51.100.44:5000"), at("198.51.100.1:30100")}, rtp({}));
  send({0, at("192.0.2.7:4100"), at("192.0.2.1:20100")}, rtp({}));
  bed().turn();  // so that the new place's next hop is known
  bed().received(0);
  bed().received(1);
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 10; ++i) {
      send(a, of_a());
    }
    spec.legs[1].remote_rtp = at(round % 2 == 0 ? "198.51.100.44:5000" : "198.51.100.9:5000");
    ASSERT_TRUE(bed().dataplane().update_session(session, spec, 1000 + round).has_value());
    bed().turn_workers();
    for (int i = 0; i < 10; ++i) {
      send(a, of_a());
    }
    bed().turn_workers();
    for (const UdpFrame& frame : bed().received_udp(1)) {
      (frame.destination == b.address ? at_old_place : at_new_place) += 1;
    }
  }
  EXPECT_EQ(at_old_place + at_new_place, kRounds * 20) << bed().describe();
  EXPECT_EQ(at_old_place, kRounds * 10);
  EXPECT_EQ(all_drops(), 0U);
}

TEST_F(UpdateTest, ANewRemoteIsSentToAtOnceAndCountersGoOn) {
  const std::uint64_t received = leg(1).rtp.rx_packets;
  SessionSpec spec = call();
  spec.legs[1].remote_rtp = at("198.51.100.44:5050");
  bed().update(session, spec);
  const Party moved = b.from("198.51.100.44:5050");
  EXPECT_EQ(relay(a, moved, of_a()).size(), 1U);
  EXPECT_EQ(relay(a.next_port(), moved.next_port(), rtcp_sender_report(kSsrcA, 1, 2, 3)).size(), 1U);
  EXPECT_FALSE(leg(1).rtp.source_confirmed);
  EXPECT_EQ(relay(b, a, of_b()).size(), 0U);  // the former place is believed no longer
  EXPECT_EQ(relay(moved, a, of_b()).size(), 1U);
  EXPECT_TRUE(leg(1).rtp.source_confirmed);
  EXPECT_EQ(leg(1).rtp.rx_packets, received + 1);
}

TEST_F(UpdateTest, TheSameRemoteKeepsWhatWasLearned) {
  SessionSpec spec = call();
  spec.legs[0].remote_rtp = at("10.9.9.9:4000");  // what a phone behind NAT says of itself
  bed().update(session, spec);
  for (int i = 0; i < 8; ++i) {
    bed().advance_ms(100);  // the former place has to wait for half a second
    relay(a, b, of_a());
  }
  ASSERT_EQ(leg(0).rtp.destination, a.address) << bed().describe();
  spec.legs[0].direction = Direction::kSendOnly;
  bed().update(session, spec);
  EXPECT_EQ(leg(0).rtp.destination, a.address);
  EXPECT_TRUE(a_is_heard());
}

TEST_F(UpdateTest, SinksAreTakenAwayAndGivenBack) {
  SessionSpec spec = call();
  spec.legs[0].sinks.clear();
  bed().update(session, spec);
  EXPECT_FALSE(a_is_heard());
  EXPECT_TRUE(b_is_heard());
  EXPECT_EQ(drops(0, DropReason::no_sink), 1U);
  EXPECT_TRUE(relay(a.next_port(), b.next_port(), rtcp_sender_report(kSsrcA, 1, 2, 3)).empty());
  EXPECT_EQ(drops(0, DropReason::no_sink), 2U);
  bed().update(session, call());
  EXPECT_TRUE(a_is_heard());
}

TEST_F(UpdateTest, PayloadTypeMapsComeAndGo) {
  SessionSpec spec = call();
  spec.legs[1].payload_types.push_back({.wire = 96, .common = 8, .clock_rate = 8000});
  bed().update(session, spec);
  const auto type_of = [](const Heard& heard) { return heard.empty() ? 0 : heard[0][1] & 0x7f; };
  EXPECT_EQ(type_of(relay(a, b, of_a(8))), 96);
  EXPECT_EQ(type_of(relay(b, a, of_b(96))), 8);
  EXPECT_TRUE(relay(a, b, of_a(0)).empty());
  EXPECT_TRUE(relay(b, a, of_b(8)).empty());
  EXPECT_EQ(drops(0, DropReason::payload_type_unmapped), 1U);
  EXPECT_EQ(drops(1, DropReason::payload_type_unmapped), 1U);
  spec.legs[1].payload_types.at(0).wire = 97;
  bed().update(session, spec);
  EXPECT_EQ(type_of(relay(a, b, of_a(8))), 97);
  bed().update(session, call());
  EXPECT_EQ(type_of(relay(a, b, of_a(8))), 8);
  EXPECT_EQ(relay(b, a, of_b(0)).size(), 1U);
}

TEST_F(UpdateTest, LegsComeAndGo) {
  SessionSpec spec = call();
  spec.legs.push_back(bed_leg(2, 1, 30010, "198.51.100.9:6000"));
  spec.legs[0].sinks.push_back(2);
  spec.legs[2].sinks.push_back(0);
  bed().update(session, spec);
  const Party c{1, at("198.51.100.9:6000"), at("198.51.100.1:30010")};
  const auto hear = [&] {
    send(a, of_a());
    bed().turn();
    std::multiset<std::uint16_t> ports;
    for (const UdpFrame& frame : bed().received_udp(1)) {
      ports.insert(frame.destination.port);
    }
    return ports;
  };
  EXPECT_EQ(hear(), (std::multiset<std::uint16_t>{5000, 6000}));
  EXPECT_EQ(relay(c, a.from("192.0.2.7:4000"), of_b()).size(), 1U);
  EXPECT_EQ(leg(2).rtp.rx_packets, 1U);

  // The first listener leaves; the one who came later stays.
  spec.legs.erase(spec.legs.begin() + 1);
  spec.legs[0].sinks.clear();
  spec.legs[0].sinks.push_back(2);
  bed().update(session, spec);
  EXPECT_EQ(hear(), (std::multiset<std::uint16_t>{6000}));
  EXPECT_TRUE(relay(b, a, of_b()).empty());
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);

  // And comes back, with nothing left of before.
  spec.legs.push_back(call().legs[1]);
  spec.legs[0].sinks.push_back(1);
  bed().update(session, spec);
  EXPECT_EQ(hear(), (std::multiset<std::uint16_t>{5000, 6000}));
  EXPECT_EQ(leg(2).id, 1);
  EXPECT_EQ(leg(2).rtp.tx_packets, 1U);
}

TEST_F(UpdateTest, OtherLocalPortsMakeAnotherLeg) {
  SessionSpec spec = call();
  spec.legs[1].local_rtp_port = 30040;
  spec.legs[1].local_rtcp_port = 30041;
  bed().update(session, spec);
  const Party moved{1, b.address, at("198.51.100.1:30040")};
  EXPECT_EQ(relay(a, moved, of_a()).size(), 1U);
  EXPECT_EQ(relay(moved, a, of_b()).size(), 1U);
  EXPECT_EQ(leg(1).rtp.rx_packets, 1U);
  EXPECT_TRUE(relay(b, a, of_b()).empty());
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);
}

// The answer has a=rtcp-mux, a later one hasn't: RTCP moves, media goes on.
TEST_F(UpdateTest, RtcpMuxBeginsAndEndsInTheMiddleOfAStream) {
  SessionSpec mux = call();
  mux.legs[1].local_rtcp_port = mux.legs[1].local_rtp_port;
  const auto report_of_a = [&](const Party& to) {
    return relay(a.next_port(), to, rtcp_sender_report(kSsrcA, 1, 2, 3)).size();
  };
  const auto report_of_b = [&](const Party& from) {
    return relay(from, a.next_port(), rtcp_sender_report(kSsrcB, 1, 2, 3)).size();
  };
  ASSERT_EQ(report_of_b(b.next_port()), 1U);
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    const std::uint64_t before = all_drops();
    std::size_t heard_of_a = 0;
    std::size_t heard_of_b = 0;
    for (const SessionSpec& spec : {mux, call()}) {
      send(a, of_a());
      send(b, of_b());
      ASSERT_TRUE(bed().dataplane().update_session(session, spec, 1000).has_value());
      send(a, of_a());
      send(b, of_b());
      bed().turn();
      heard_of_a += heard_by(b).size();
      heard_of_b += heard_by(a).size();
      EXPECT_TRUE(leg(1).rtp.source_confirmed);
      const bool with_mux = spec.legs[1].rtcp_mux();
      EXPECT_EQ(report_of_a(with_mux ? b : b.next_port()), 1U) << bed().describe();
      EXPECT_EQ(report_of_b(with_mux ? b : b.next_port()), 1U) << bed().describe();
      EXPECT_EQ(leg(1).rtcp.destination.has_value(), !with_mux);
    }
    EXPECT_EQ(heard_of_a, 4U);
    EXPECT_EQ(heard_of_b, 4U);
    EXPECT_EQ(all_drops(), before);
  }
  EXPECT_TRUE(events(EventType::kSourceChanged).empty());
}

TEST_F(UpdateTest, WithRtcpMuxThePortForRtcpIsDeafAndStaysTheLegs) {
  SessionSpec mux = call();
  mux.legs[1].local_rtcp_port = mux.legs[1].local_rtp_port;
  bed().update(session, mux);
  EXPECT_TRUE(relay(b.next_port(), a.next_port(), rtcp_sender_report(kSsrcB, 1, 2, 3)).empty());
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);
  const SessionSpec other =
      two_legs(bed_leg(5, 0, 20100, "192.0.2.7:4100"), bed_leg(6, 1, 30001, "198.51.100.9:6000"));
  const auto refused = bed().dataplane().add_session(other, 77);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().cause, "PORT_IN_USE");
  SessionSpec elsewhere = call();
  elsewhere.legs[1].local_rtcp_port = 30003;
  const auto not_its_own = bed().dataplane().update_session(session, elsewhere, 78);
  ASSERT_FALSE(not_its_own.has_value());
  EXPECT_EQ(not_its_own.error().cause, "PORT_IN_USE");
  EXPECT_TRUE(a_is_heard());
  bed().remove(session);
  begin(call());  // all ports are free again
  EXPECT_EQ(relay(b.next_port(), a.next_port(), rtcp_sender_report(kSsrcB, 1, 2, 3)).size(), 1U);
}

// Not one endpoint is lost, however often RTCP moves.
TEST_F(UpdateTest, RtcpMuxCostsNoEndpoints) {
  bed().remove(session);
  DataplaneConfig config = RingBed::two_ports();
  config.max_endpoints = 4;
  restart(config);
  SessionSpec mux = mux_call();
  for (int round = 0; round < 5; ++round) {
    begin(call());
    bed().update(session, mux);
    if (round % 2 == 0) {
      bed().update(session, call());
    }
    bed().remove(session);
    bed().events();
  }
  begin(mux);
  EXPECT_TRUE(a_is_heard());
  const auto refused = bed().dataplane().update_session(session, call(), 79);
  ASSERT_FALSE(refused.has_value());  // made with one port, it has no other
}

TEST_F(UpdateTest, DscpChangesWhereverPacketsGo) {
  SessionSpec spec = call();
  for (const std::uint8_t dscp : {std::uint8_t{46}, std::uint8_t{0}, std::uint8_t{10}}) {
    spec.legs[1].dscp = dscp;
    bed().update(session, spec);
    send(a, of_a());
    send(a.next_port(), rtcp_sender_report(kSsrcA, 1, 2, 3));
    bed().turn();
    const auto frames = bed().received_udp(1);
    ASSERT_EQ(frames.size(), 2U);
    for (const UdpFrame& frame : frames) {
      EXPECT_EQ(frame.dscp, dscp);
    }
    EXPECT_TRUE(leg(1).rtp.source_confirmed);
  }
}

TEST_F(UpdateTest, RewritingIsTurnedOnAndOffAndOn) {
  const auto ssrc_and_sequence = [&]() -> std::pair<std::uint32_t, std::uint16_t> {
    bed().advance_ms(20);
    const Heard packets = relay(a, b, of_a());
    EXPECT_EQ(packets.size(), 1U) << bed().describe();
    return packets.empty() ? std::pair<std::uint32_t, std::uint16_t>{}
                           : std::pair(load_be32(&packets[0][8]), load_be16(&packets[0][2]));
  };
  auto heard = ssrc_and_sequence();
  EXPECT_EQ(heard, std::pair(kSsrcA, sequence));
  bed().update(session, rewriting_call());
  const auto rewritten = ssrc_and_sequence();
  EXPECT_NE(rewritten.first, kSsrcA);
  EXPECT_EQ(ssrc_and_sequence().second, static_cast<std::uint16_t>(rewritten.second + 1));
  bed().update(session, call());
  heard = ssrc_and_sequence();
  EXPECT_EQ(heard, std::pair(kSsrcA, sequence));
  bed().update(session, rewriting_call());
  EXPECT_EQ(ssrc_and_sequence().first, rewritten.first);  // one SSRC for the leg's whole life
}

TEST_F(UpdateTest, LearningModeAndPolicyHoldFromTheNextPacketOn) {
  SessionSpec spec = call();
  spec.legs[0].source_policy = SourcePolicy::kAcceptAny;
  EXPECT_TRUE(relay(sprayer, b, of_a()).empty());
  bed().update(session, spec);
  EXPECT_EQ(relay(sprayer, b, of_a()).size(), 1U);
  bed().update(session, call());
  EXPECT_TRUE(relay(sprayer, b, of_a()).empty());
}

TEST_F(UpdateTest, RefusedUpdatesLeaveTheSessionAsItWas) {
  const SessionHandle other =
      bed().add(two_legs(bed_leg(0, 0, 20200, "192.0.2.7:4200"), bed_leg(1, 1, 30200, "198.51.100.9:5200")));
  const auto refused = [&](const SessionSpec& spec) {
    const auto done = bed().dataplane().update_session(session, spec, 1);
    return done ? std::string("accepted") : done.error().cause;
  };
  SessionSpec spec = call();
  spec.legs[1].sinks.push_back(9);
  EXPECT_EQ(refused(spec), "INVALID_FIELD");
  spec = call();
  spec.legs.push_back(bed_leg(2, 1, 30300, nullptr));  // can be made, the next one can't
  spec.legs.push_back(bed_leg(3, 1, 30200, nullptr));
  EXPECT_EQ(refused(spec), "PORT_IN_USE");
  spec = call();
  spec.worker = 1;
  EXPECT_EQ(refused(spec), "INVALID_FIELD");
  EXPECT_TRUE(a_is_heard());
  EXPECT_TRUE(b_is_heard());
  spec = call();
  spec.legs.push_back(bed_leg(2, 1, 30300, nullptr));  // the port was given back
  bed().update(session, spec);
  EXPECT_EQ(bed().stats(session).legs.size(), 3U);
  bed().remove(other);
  bed().received(0);
  bed().received(1);
}

TEST_F(UpdateTest, OneChangeAtATime) {
  ASSERT_TRUE(bed().dataplane().update_session(session, rewriting_call(), 50).has_value());
  EXPECT_EQ(bed().dataplane().update_session(session, call(), 51).error().cause, "SESSION_BUSY");
  EXPECT_EQ(bed().dataplane().remove_session(session, 52).error().cause, "SESSION_BUSY");
  bed().turn();
  const auto updated = events(EventType::kSessionUpdated);
  ASSERT_EQ(updated.size(), 1U);
  EXPECT_EQ(updated[0].token, 50U);
  bed().update(session, call());
  EXPECT_EQ(events(EventType::kSessionUpdated).size(), 1U);
}

}  // namespace
}  // namespace pollux::testing
