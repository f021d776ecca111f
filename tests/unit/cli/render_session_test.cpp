#include "controlplane/cli/render_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

constexpr double kNow = 1'714'532'400;  // 2024-05-01 03:00:00Z

// a talks, b has never been heard.
v1::Session one_way() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec {
      legs { leg_id: "a" network: "outside" remote_rtp { address: "192.0.2.7" port: 40000 } rtcp_mux: true
             learning: LEARNING_MODE_HEURISTIC dscp: 46
             payload_types { wire: 9 common: 9 } payload_types { wire: 101 common: 96 clock_rate: 8000 } }
      legs { leg_id: "b" network: "inside" family: ADDRESS_FAMILY_IPV6 stream_mode: STREAM_MODE_REWRITE
             source_policy: SOURCE_POLICY_MEDIA_HANDOVER sinks: "a" }
    }
    state {
      create_time { seconds: 1714532208 }
      worker: 1
      legs { leg_id: "a"
        rtp { local { address: "192.0.2.1" port: 20000 } destination { address: "192.0.2.7" port: 40000 }
              source_confirmed: true rx_packets: 12345 tx_packets: 0 dropped: 3 ssrc: 71475905
              next_hop: NEXT_HOP_RESOLVED next_hop_address: "192.0.2.7"
              last_rx_age { seconds: 3 nanos: 200000000 } }
        rtcp { local { address: "192.0.2.1" port: 20000 } destination { address: "192.0.2.7" port: 40000 }
               rx_packets: 7 tx_packets: 2 ssrc: 71475905 last_rx_age { nanos: 400000000 } }
        port: "p0" link_up: true
        quality { codec: "PCMA" expected: 12470 lost: 125 reordered: 4 duplicates: 2 gaps: 30 longest_gap: 7
                  jitter_ms: 2.5 max_jitter_ms: 41.2 ptime_ms: 20 talk { seconds: 100 }
                  silence { seconds: 146 } round_trip_ms: 18.4 r_factor: 80 mos: 4.03 lowest_mos: 2.9
                  party_report { loss_percent: 1.2 lost: 17 jitter_ms: 3.1 age { seconds: 2 } } }
        drops { reason: "source_mismatch" packets: 1 help: "elsewhere" }
        drops { reason: "exceeds_mtu" packets: 2 help: "too large" } }
      legs { leg_id: "b"
        rtp { local { address: "2001:db8::1" port: 20002 } }
        rtcp { local { address: "2001:db8::1" port: 20003 } } }
    })");
}

TEST(RenderSession, Golden) {
  auto session = one_way();
  session.mutable_spec()->mutable_legs(0)->add_sinks("b");
  (*session.mutable_spec()->mutable_labels())["call_id"] = "abc\033[2J";
  session.mutable_spec()->mutable_media_timeout()->set_seconds(60);
  EXPECT_EQ(
      render_session(session, kNow, 0.42, Style{}),
      "Session call-1\n"
      "  age     3 min 12 s (since 2024-05-01 02:56:48.000Z)\n"
      "  worker  1 (load 42 %)\n"
      "  ends    after 1 min 00 s of silence\n"
      "  label   call_id=abc?[2J\n"
      "  leg a: network outside, IPv4, sendrecv, rtcp-mux, learning heuristic, strict source, stream pr"
      "eserve, DSCP 46, payload types 9→9 101→96@8000, signalled 192.0.2.7:40000, sinks b, port p0\n"
      "  leg b: network inside, IPv6, sendrecv, learning heuristic, media handover, stream rewrite, the"
      " network's DSCP, payload types all, sinks a\n"
      "\n"
      "LEG  STREAM  LOCAL                DESTINATION      CONFIRMED  NEXT HOP      IN  OUT  LAST HEARD "
      " DROPPED  SSRC\n"
      "a    RTP     192.0.2.1:20000      192.0.2.7:40000  yes        resolved  12.3 k    0   3.2 s ago "
      "       3  0x0442a2c1\n"
      "a    RTCP    192.0.2.1:20000      192.0.2.7:40000  no         -              7    2  400 ms ago "
      "       0  0x0442a2c1\n"
      "b    RTP     [2001:db8::1]:20002  nowhere yet      no         -              0    0       never "
      "       0  -\n"
      "b    RTCP    [2001:db8::1]:20003  nowhere yet      no         -              0    0       never "
      "       0  -\n"
      "\n"
      "LEG  CODEC  PTIME    LOST  REORDERED  DUPLICATES  GAPS  LONGEST  JITTER      MAX        TALK    "
      " SILENCE      RTT  SSRCS  MOS  LOWEST\n"
      "a    PCMA   20 ms  1.00 %          4           2    30        7  2.5 ms  41.2 ms  1 min 40 s  2 "
      "min 26 s  18.4 ms      1  4.0     2.9\n"
      "leg a reports of what it gets from us: 1.2 % lost, 17 packets in all, jitter 3.1 ms (2.0 s ago)\n"
      "\n"
      "LEG  DROPPED  REASON           MEANING\n"
      "a          2  exceeds_mtu      too large\n"
      "a          1  source_mismatch  elsewhere\n"
      "\n"
      "a → b: receiving, but b has no address to send to yet\n"
      "  what to do: signalling has to set remote_rtp of leg b (0.0.0.0 counts as none), or b has to se"
      "nd something to learn it from\n"
      "  note: packets from elsewhere were refused (source_mismatch 1)\n"
      "b → a: nothing received from b yet: it doesn't send, it doesn't know our address [2001:db8::1]:2"
      "0002, or a firewall is between\n"
      "  what to do: check that the SDP which b got has our address [2001:db8::1]:20002\n");
}

TEST(RenderSession, TimeOuts) {
  auto session = one_way();
  EXPECT_NE(render_session(session, kNow, {}, Style{}).find("ends    after the node's default of silence\n"),
            std::string::npos);
  session.mutable_spec()->mutable_media_timeout()->set_seconds(0);
  EXPECT_NE(render_session(session, kNow, {}, Style{}).find("ends    never, however silent\n"),
            std::string::npos);
}

TEST(RenderSession, BareSession) {
  EXPECT_EQ(render_session(message<v1::Session>("session_id: 'x'"), kNow, {}, Style{}),
            "Session x\n"
            "  age     -\n"
            "  worker  0\n"
            "  ends    after the node's default of silence\n");
}

TEST(RenderSession, List) {
  auto other =
      message<v1::Session>("session_id: 'call-22' spec { legs { leg_id: 'x' } } state { worker: 0 }");
  EXPECT_EQ(render_session_list({one_way(), other}, 2, kNow, Style{}),
            "SESSION         AGE  WORKER  LEGS      IN  OUT  DROPPED  MOS  LOWEST  STATE\n"
            "call-1   3 min 12 s       1  a b   12.3 k    0        3  4.0     2.9  a: receiving for nobody: t"
            "he leg has no sinks\n"
            "call-22           -       0  x          0    0        0    -       -  no sinks\n");
}

TEST(RenderSession, ListSaysWhatItLeavesOut) {
  EXPECT_EQ(render_session_list({}, 0, kNow, Style{}), "No sessions.\n");
  EXPECT_THAT(render_session_list({one_way()}, 5, kNow, Style{}),
              ::testing::EndsWith("1 of 5 sessions; --all shows all, --limit N so many.\n"));
}

}  // namespace
}  // namespace pollux::cli
