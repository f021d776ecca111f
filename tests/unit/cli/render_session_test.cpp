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
              source_confirmed: true rx_packets: 12345 tx_packets: 0 dropped: 3 lost: 125 jitter_rtp_ticks: 20
              ssrc: 71475905 last_rx_age { seconds: 3 nanos: 200000000 } }
        rtcp { local { address: "192.0.2.1" port: 20000 } destination { address: "192.0.2.7" port: 40000 }
               rx_packets: 7 tx_packets: 2 ssrc: 71475905 last_rx_age { nanos: 400000000 } } }
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
  EXPECT_EQ(render_session(session, kNow, Style{}),
            "Session call-1\n"
            "  age     3 min 12 s (since 2024-05-01 02:56:48.000Z)\n"
            "  worker  1\n"
            "  ends    after 1 min 00 s of silence\n"
            "  label   call_id=abc?[2J\n"
            "  leg a: network outside, IPv4, sendrecv, rtcp-mux, learning heuristic, strict source, stream "
            "preserve, DSCP "
            "46, payload types 9→9 101→96@8000, signalled 192.0.2.7:40000, sinks b\n"
            "  leg b: network inside, IPv6, sendrecv, learning heuristic, media handover, stream rewrite, "
            "the network's DSCP, payload "
            "types all, sinks a\n"
            "\n"
            "LEG  STREAM  LOCAL                DESTINATION      CONFIRMED      IN  OUT    LOSS  JITTER  LAST "
            "HEARD  DROPPED  "
            "SSRC\n"
            "a    RTP     192.0.2.1:20000      192.0.2.7:40000  yes        12.3 k    0  1.00 %  2.5 ms   3.2 "
            "s ago        3  "
            "0x0442a2c1\n"
            "a    RTCP    192.0.2.1:20000      192.0.2.7:40000  no              7    2       -       -  400 "
            "ms ago        0  "
            "0x0442a2c1\n"
            "b    RTP     [2001:db8::1]:20002  nowhere yet      no              0    0       -       -       "
            "never        0  "
            "-\n"
            "b    RTCP    [2001:db8::1]:20003  nowhere yet      no              0    0       -       -       "
            "never        0  "
            "-\n"
            "\n"
            "a → b: receiving, but b has no address to send to yet\n"
            "b → a: nothing received from b yet\n");
}

TEST(RenderSession, JitterUsesTheClockOfTheLegsFirstFormat) {
  auto session = one_way();
  auto* mapping = session.mutable_spec()->mutable_legs(0)->mutable_payload_types(0);
  mapping->set_clock_rate(16'000);
  EXPECT_NE(render_session(session, kNow, Style{}).find("1.2 ms"),
            std::string::npos);  // 1.25, rounded to even
  mapping->set_clock_rate(0);
  mapping->set_wire(11);  // L16 at 44.1 kHz
  EXPECT_NE(render_session(session, kNow, Style{}).find("0.5 ms"), std::string::npos);
  session.mutable_spec()->mutable_legs(0)->clear_payload_types();
  EXPECT_NE(render_session(session, kNow, Style{}).find("2.5 ms"), std::string::npos);
}

TEST(RenderSession, DuplicatesAreNoLoss) {
  auto session = one_way();
  session.mutable_state()->mutable_legs(0)->mutable_rtp()->set_lost(-5);
  EXPECT_NE(render_session(session, kNow, Style{}).find("0.00 % (5 duplicates)"), std::string::npos);
}

TEST(RenderSession, TimeOuts) {
  auto session = one_way();
  EXPECT_NE(render_session(session, kNow, Style{}).find("ends    after the node's default of silence\n"),
            std::string::npos);
  session.mutable_spec()->mutable_media_timeout()->set_seconds(0);
  EXPECT_NE(render_session(session, kNow, Style{}).find("ends    never, however silent\n"),
            std::string::npos);
}

TEST(RenderSession, BareSession) {
  EXPECT_EQ(render_session(message<v1::Session>("session_id: 'x'"), kNow, Style{}),
            "Session x\n"
            "  age     -\n"
            "  worker  0\n"
            "  ends    after the node's default of silence\n");
}

TEST(RenderSession, List) {
  auto other =
      message<v1::Session>("session_id: 'call-22' spec { legs { leg_id: 'x' } } state { worker: 0 }");
  EXPECT_EQ(render_session_list({one_way(), other}, 2, kNow, Style{}),
            "SESSION         AGE  WORKER  LEGS      IN  OUT  DROPPED  STATE\n"
            "call-1   3 min 12 s       1  a b   12.3 k    0        3  a: receiving for nobody: the leg has "
            "no sinks\n"
            "call-22           -       0  x          0    0        0  no sinks\n");
}

TEST(RenderSession, ListSaysWhatItLeavesOut) {
  EXPECT_EQ(render_session_list({}, 0, kNow, Style{}), "No sessions.\n");
  EXPECT_THAT(render_session_list({one_way()}, 5, kNow, Style{}),
              ::testing::EndsWith("1 of 5 sessions; --all shows all, --limit N so many.\n"));
}

}  // namespace
}  // namespace pollux::cli
