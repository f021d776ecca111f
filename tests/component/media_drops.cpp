// Datagrams that reach a call's port and end there: wrong media, wrong source, or nowhere to go.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/drop_fixture.hpp"

namespace pollux::testing {

namespace {

enum class From : std::uint8_t { kRtpPort, kRtcpPort };

// In the middle of a's stream come these payloads.
DropCase payloads(DropReason reason, const char* name, From from, std::function<std::vector<Bytes>()> make) {
  return {reason, name,
          [from, make = std::move(make)](DropTest& test) {
            test.open_and_warm_up();
            const auto bad = make();
            for (const Bytes& payload : bad) {
              test.send(from == From::kRtpPort ? test.a : test.a.next_port(), payload);
            }
            return std::uint64_t{bad.size()};
          },
          stream_goes_on};
}

void rtcp_goes_on(DropTest& test) {
  test.expect_relayed(test.a.next_port(), test.b.next_port(), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
}

Bytes stun_request() {
  return {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
}

std::vector<Bytes> first_bytes_of_other_protocols() {
  std::vector<Bytes> bad = {{}, {0x80}, stun_request()};
  for (int first = 0; first < 256; ++first) {
    if (first < 128 || first > 191) {
      bad.push_back(rtp({}));
      bad.back()[0] = static_cast<std::uint8_t>(first);
    }
  }
  return bad;
}

std::vector<Bytes> malformed_rtp() {
  std::vector<Bytes> bad;
  for (std::ptrdiff_t length = 2; length < 12; ++length) {
    const Bytes good = rtp({});
    bad.emplace_back(good.begin(), good.begin() + length);
  }
  const auto with = [&bad](std::uint8_t first, std::size_t length) {
    Bytes packet = rtp({.payload_length = length, .fill = 0});
    packet[0] = first;
    bad.push_back(packet);
  };
  with(0x81, 3);                                         // one CSRC, three bytes
  with(0x8f, 59);                                        // fifteen
  with(0x90, 3);                                         // extension without its header
  with(0xa0, 0);                                         // padding without a byte
  with(0xa0, 4);                                         // that counts 0
  bad.push_back(rtp({.payload_length = 4, .fill = 5}));  // that counts more than there is
  bad.back()[0] = 0xa0;
  bad.push_back(rtp({.payload_length = 4, .fill = 0}));  // extension longer than the packet
  bad.back()[0] = 0x90;
  bad.back()[15] = 1;
  return bad;
}

std::vector<Bytes> malformed_rtcp() {
  const Bytes good = rtcp_receiver_report(1, 2, 3);
  std::vector<Bytes> bad;
  for (std::size_t length = 2; length < good.size(); ++length) {
    if (length != 32) {  // the receiver report alone is a legal reduced-size packet (RFC 5506)
      bad.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    }
  }
  bad.push_back(good);
  bad.back()[0] = 0x9f;  // announces 31 report blocks
  bad.push_back(good);
  bad.back()[0] |= 0x20;  // padding before the last packet
  bad.push_back(good);
  bad.back()[32] = 0x41;  // version 1 in the second packet
  bad.push_back(good);
  bad.back()[3] = 0xff;  // longer than the datagram
  return bad;
}

std::vector<DropCase> payload_drops() {
  return {
      payloads(DropReason::not_media, "on_rtp_port", From::kRtpPort, first_bytes_of_other_protocols),
      payloads(DropReason::not_media, "on_rtcp_port", From::kRtcpPort, first_bytes_of_other_protocols),
      payloads(DropReason::rtp_malformed, "lengths", From::kRtpPort, malformed_rtp),
      payloads(DropReason::rtcp_malformed, "lengths", From::kRtcpPort, malformed_rtcp),
      payloads(DropReason::rtp_on_rtcp_port, "rtp", From::kRtcpPort, [] { return Heard{rtp({})}; }),
      payloads(DropReason::rtcp_on_rtp_port, "rtcp", From::kRtpPort,
               [] { return Heard{rtcp_sender_report(0xaaaaaaaa, 1, 2, 3)}; }),
      {DropReason::checksum_wrong, "of_rtcp",
       [](DropTest& t) {
         t.open_and_warm_up();
         Bytes frame = build(t.datagram(t.a.next_port(), rtcp_sender_report(0xaaaaaaaa, 1, 2, 3)));
         frame.back() ^= 1;
         t.bed().send(0, frame);
         return std::uint64_t{1};
       },
       rtcp_goes_on},
      {DropReason::rtcp_malformed, "with_mux",
       [](DropTest& t) {
         t.open_and_warm_up(CallTest::mux_call());
         Bytes bad = rtcp_sender_report(0xaaaaaaaa, 1, 2, 3);
         bad.resize(24);
         t.send(t.a, bad);
         return std::uint64_t{1};
       },
       stream_goes_on},
  };
}

std::vector<DropCase> source_drops() {
  return {
      {DropReason::source_impossible, "group_broadcast_ourselves",
       [](DropTest& t) {
         t.open();
         t.send(t.a.from("224.1.2.3:4000"), rtp({}));
         t.send(t.a.from("192.0.2.255:4000"), rtp({}));
         t.send(t.a.from("192.0.2.1:4000"), rtp({}));
         return std::uint64_t{3};
       },
       stream_goes_on},
      {DropReason::source_unproven, "before_the_stream",
       [](DropTest& t) {
         t.open();
         t.send(t.sprayer, rtp({}));
         t.send(t.a.from("192.0.2.7:4002"), rtp({}));  // the right host, another port: not yet
         t.send(t.a.next_port().from("192.0.2.66:9"), rtcp_sender_report(1, 2, 3, 4));
         return std::uint64_t{3};
       },
       stream_goes_on},
      {DropReason::source_mismatch, "in_the_stream",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.send(t.sprayer, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa}));
         t.send(t.a.from("192.0.2.7:4002"), rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa}));
         return std::uint64_t{2};
       },
       stream_goes_on},
      {DropReason::source_mismatch, "of_rtcp",
       [](DropTest& t) {
         t.open_and_warm_up();
         rtcp_goes_on(t);
         t.send(t.a.next_port().from("192.0.2.66:9"), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
         return std::uint64_t{1};
       },
       rtcp_goes_on},
      {DropReason::stream_superseded, "late_packet",
       [](DropTest& t) {
         t.open_and_warm_up(CallTest::rewriting_call());
         t.send(t.a, rtp({.sequence = 5, .ssrc = 2}));
         t.send(t.a, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa}));
         return std::uint64_t{1};
       },
       [](DropTest& t) {
         t.send(t.a, rtp({.sequence = 6, .ssrc = 2}));
         t.bed().turn();
         EXPECT_EQ(t.heard_by(t.b).size(), 1U);
       }},
      {DropReason::stream_superseded, "late_report",
       [](DropTest& t) {
         t.open_and_warm_up(CallTest::rewriting_call());
         t.send(t.a, rtp({.sequence = 5, .ssrc = 2}));
         t.send(t.a.next_port(), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
         return std::uint64_t{1};
       },
       [](DropTest& t) {
         t.send(t.a.next_port(), rtcp_sender_report(2, 2, 3, 4));
         t.bed().turn();
         EXPECT_EQ(t.heard_by(t.b.next_port()).size(), 1U);
       }},
  };
}

// RTCP flows whatever the direction says (RFC 3264 §5.1).
DropCase direction(const char* name, Direction of_a, Direction of_b, bool a_passes, bool b_passes) {
  return {DropReason::direction, name,
          [=](DropTest& t) {
            SessionSpec spec = CallTest::call();
            spec.legs[0].direction = of_a;
            spec.legs[1].direction = of_b;
            t.open(spec);
            t.send(t.a, rtp({.sequence = 1}));
            t.send(t.b, rtp({.sequence = 1}));
            t.bed().turn();
            EXPECT_EQ(t.heard_by(t.b).size(), a_passes ? 1U : 0U);
            EXPECT_EQ(t.heard_by(t.a).size(), b_passes ? 1U : 0U);
            return std::uint64_t{a_passes ? 0U : 1U} + (b_passes ? 0U : 1U);
          },
          [](DropTest& t) {
            rtcp_goes_on(t);
            t.expect_relayed(t.b.next_port(), t.a.next_port(), rtcp_receiver_report(1, 2, 3));
          }};
}

// Leg a knows 96 ↔ 0 and 97 ↔ 1, leg b only 100 ↔ 0.
SessionSpec mapping_call() {
  SessionSpec spec = CallTest::call();
  spec.legs[0].payload_types.push_back({96, 0, 0});
  spec.legs[0].payload_types.push_back({97, 1, 0});
  spec.legs[1].payload_types.push_back({100, 0, 0});
  return spec;
}

std::vector<DropCase> session_drops() {
  using enum Direction;
  return {
      direction("inactive", kInactive, kSendRecv, false, false),
      direction("both_inactive", kInactive, kInactive, false, false),
      direction("sends_only", kSendOnly, kSendRecv, true, false),
      direction("receives_only", kRecvOnly, kSendRecv, false, true),
      direction("other_leg_sends_only", kSendRecv, kSendOnly, false, true),
      direction("other_leg_receives_only", kSendRecv, kRecvOnly, true, false),
      {DropReason::payload_type_unmapped, "either_map",
       [](DropTest& t) {
         t.open(mapping_call());
         t.send(t.a, rtp({.payload_type = 0, .sequence = 1}));   // not in a's map
         t.send(t.a, rtp({.payload_type = 97, .sequence = 2}));  // in a's, but not in b's
         t.send(t.b, rtp({.payload_type = 96, .sequence = 1}));
         return std::uint64_t{3};
       },
       [](DropTest& t) {
         t.send(t.a, rtp({.payload_type = 96, .sequence = 3}));
         t.bed().turn();
         EXPECT_EQ(t.heard_by(t.b), Heard{rtp({.payload_type = 100, .sequence = 3})});
       }},
      {DropReason::no_sink, "rtp_and_rtcp",
       [](DropTest& t) {
         SessionSpec spec = CallTest::call();
         spec.legs[0].sinks.clear();
         t.open(spec);
         t.send(t.a, rtp({.sequence = 1}));
         t.send(t.a.next_port(), rtcp_sender_report(1, 2, 3, 4));
         return std::uint64_t{2};
       },
       [](DropTest& t) { t.expect_relayed(t.b, t.a, rtp({})); }},
      {DropReason::no_remote, "rtp_and_rtcp",
       [](DropTest& t) {
         SessionSpec spec = CallTest::call();
         spec.legs[1].remote_rtp.reset();
         t.open(spec);
         t.send(t.a, rtp({.sequence = 1, .ssrc = 0xaaaaaaaa}));
         t.send(t.a.next_port(), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
         return std::uint64_t{2};
       },
       [](DropTest& t) {
         t.bed().update(t.session, CallTest::call());
         stream_goes_on(t);
         rtcp_goes_on(t);
       }},
      {DropReason::exceeds_mtu, "rtp",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.send(t.a, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa, .payload_length = 1461}));
         return std::uint64_t{1};
       },
       stream_goes_on},
  };
}

}  // namespace

std::vector<DropCase> media_drops() {
  std::vector<DropCase> cases;
  for (const auto& some : {payload_drops(), source_drops(), session_drops()}) {
    cases.insert(cases.end(), some.begin(), some.end());
  }
  return cases;
}

}  // namespace pollux::testing
