#include "controlplane/cli/render_event.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

// What stands behind "TIME  #7  ".
std::string text_of(const std::string& fields) {
  const auto event =
      message<v1::Event>("sequence: 7 time { seconds: 1714532341 nanos: 123000000 } " + fields);
  const std::string line = render_event(event, Style{});
  const std::string prefix = "2024-05-01 02:59:01.123Z  #7  ";
  EXPECT_EQ(line.substr(0, prefix.size()), prefix);
  EXPECT_EQ(line.back(), '\n');
  return line.substr(prefix.size(), line.size() - prefix.size() - 1);
}

TEST(RenderEvent, Sessions) {
  EXPECT_EQ(text_of("type: EVENT_TYPE_SESSION_STARTED session_id: 'call-1'"), "call-1  session started");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SESSION_TIMED_OUT session_id: 'call-1'"),
            "call-1  session timed out: no packet on any leg");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SESSION_ENDED session_id: 'call-1' end_reason: END_REASON_TIMED_OUT"),
            "call-1  session ended: timed out");
}

TEST(RenderEvent, Sources) {
  const std::string leg = "session_id: 'call-1' leg_id: 'a' ";
  const std::string from = "from { address: '192.0.2.7' port: 40000 } ";
  const std::string to = "to { address: '198.51.100.7' port: 5004 } ";
  EXPECT_EQ(text_of("type: EVENT_TYPE_FIRST_MEDIA ssrc: 66 " + leg + from),
            "call-1  leg a RTP: first media from 192.0.2.7:40000, SSRC 0x00000042");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SOURCE_LEARNED " + leg + from + to),
            "call-1  leg a RTP: source learned: 198.51.100.7:5004 (signalled: 192.0.2.7:40000)");
  EXPECT_EQ(
      text_of("type: EVENT_TYPE_SOURCE_LEARNED " + leg + from + "to { address: '192.0.2.7' port: 40000 }"),
      "call-1  leg a RTP: source confirmed: 192.0.2.7:40000, as signalled");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SOURCE_LEARNED rtcp: true " + leg + to),
            "call-1  leg a RTCP: source learned: 198.51.100.7:5004 (signalled: none)");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SOURCE_CHANGED " + leg + from + to),
            "call-1  leg a RTP: source changed from 192.0.2.7:40000 to 198.51.100.7:5004");
  EXPECT_EQ(
      text_of("type: EVENT_TYPE_SOURCE_REJECTED " + leg + from + to),
      "call-1  leg a RTP: packets from 198.51.100.7:5004 dropped; the believed source is 192.0.2.7:40000");
  EXPECT_EQ(text_of("type: EVENT_TYPE_STREAM_CHANGED ssrc: 66 " + leg),
            "call-1  leg a RTP: new SSRC 0x00000042");
}

TEST(RenderEvent, Ports) {
  EXPECT_EQ(text_of("type: EVENT_TYPE_PORT_UP port: 'p0'"), "node  port p0: link up");
  EXPECT_EQ(text_of("type: EVENT_TYPE_PORT_DOWN port: 'p0'"), "node  port p0: LINK DOWN");
  EXPECT_EQ(text_of("type: EVENT_TYPE_DUPLICATE_ADDRESS port: 'p0' to { address: '192.0.2.1' }"),
            "node  port p0: another host answers for our address 192.0.2.1");
}

TEST(RenderEvent, EndOfASessionSumsUpItsQuality) {
  EXPECT_EQ(
      text_of("type: EVENT_TYPE_SESSION_ENDED session_id: 'call-1' end_reason: END_REASON_DRAINED "
              "duration { seconds: 192 } "
              "quality { leg_id: 'a' rx_packets: 9600 tx_packets: 9590 quality { expected: 9610 lost: 10 "
              "jitter_ms: 2 mos: 4.36 lowest_mos: 3.9 } } "
              "quality { leg_id: 'b' tx_packets: 9600 }"),
      "call-1  session ended: drained: the deadline had come after 3 min 12 s; a: 9600 in, 9590 out, MOS 4.4 "
      "(lowest 3.9), 0.10 % lost, jitter 2.0 ms; b: 0 in, 9600 out");
}

TEST(RenderEvent, OneWayAudio) {
  const std::string suspected =
      "type: EVENT_TYPE_ONE_WAY_AUDIO_SUSPECTED session_id: 'call-1' leg_id: 'b' "
      "to { address: '198.51.100.7' port: 5004 } one_way_cause: ONE_WAY_CAUSE_";
  const std::string begin = "call-1  leg b: ONE-WAY AUDIO suspected, sending to 198.51.100.7:5004: ";
  EXPECT_EQ(text_of(suspected + "NEVER_HEARD"),
            begin + "never heard from it: NAT, or a wrong address in its SDP?");
  EXPECT_EQ(text_of(suspected + "FELL_SILENT"), begin + "it fell silent");
  EXPECT_EQ(text_of(suspected + "REFUSED"),
            begin + "its packets come and are all dropped: polluxctl session show says why");
  EXPECT_EQ(
      text_of("type: EVENT_TYPE_ONE_WAY_AUDIO_SUSPECTED session_id: 'call-1' leg_id: 'b' one_way_cause: "
              "ONE_WAY_CAUSE_NO_ADDRESS"),
      "call-1  leg b: ONE-WAY AUDIO suspected: it has no address to send to: it doesn't hear the other "
      "party");
  EXPECT_EQ(text_of("type: EVENT_TYPE_ONE_WAY_AUDIO_ENDED session_id: 'call-1' leg_id: 'b'"),
            "call-1  leg b: media flows both ways again");
}

TEST(RenderEvent, Keys) {
  const std::string leg = "session_id: 'call-1' leg_id: 'b' ";
  EXPECT_EQ(text_of("type: EVENT_TYPE_SRTP_KEY_EXPIRING outgoing: true " + leg),
            "call-1  leg b: the key it is sent with nears its end: re-key");
  EXPECT_EQ(text_of("type: EVENT_TYPE_SRTP_KEY_EXPIRING rtcp: true " + leg),
            "call-1  leg b: the key of what it sends (RTCP) nears its end: re-key");
  EXPECT_EQ(
      text_of("type: EVENT_TYPE_SRTP_KEY_EXPIRED " + leg),
      "call-1  leg b: the key of what it sends HAS EXPIRED: packets are dropped until there is another");
}

TEST(RenderEvent, Node) {
  EXPECT_EQ(text_of("type: EVENT_TYPE_NODE_DRAINING"), "node  draining: no new sessions");
  EXPECT_EQ(text_of("type: EVENT_TYPE_NODE_UNDRAINED"), "node  takes new sessions again");
  EXPECT_EQ(text_of("type: EVENT_TYPE_CONFIG_RELOADED"), "node  configuration read again");
  EXPECT_EQ(text_of("type: EVENT_TYPE_WORKER_OVERLOADED worker: 1"),
            "node  worker 1 OVERLOADED: its calls may lose packets; polluxctl top shows its load");
  EXPECT_EQ(text_of("type: EVENT_TYPE_WORKER_RELIEVED worker: 1"), "node  worker 1 is no longer overloaded");
}

TEST(RenderEvent, EveryTypeOfTheApiHasWords) {
  for (int type = 1; v1::EventType_IsValid(type); ++type) {
    v1::Event event;
    event.set_type(static_cast<v1::EventType>(type));
    EXPECT_EQ(render_event(event, Style{}).find("unknown type"), std::string::npos) << type;
  }
}

TEST(RenderEvent, NewerNode) {
  v1::Event event;
  event.set_type(static_cast<v1::EventType>(99));
  EXPECT_NE(render_event(event, Style{}).find("event of unknown type 99"), std::string::npos);
}

TEST(RenderEvent, KeyPresses) {
  const std::string leg = "type: EVENT_TYPE_DTMF session_id: 'call-1' leg_id: 'a' ";
  EXPECT_EQ(text_of(leg + "dtmf { digit: '5' way: DTMF_WAY_RFC4733 phase: DTMF_PHASE_START }"),
            "call-1  leg a presses 5 (RFC 4733)");
  EXPECT_EQ(text_of(leg + "dtmf { digit: '5' way: DTMF_WAY_RFC4733 phase: DTMF_PHASE_END duration_ms: 160 "
                          "volume_dbm0: -10 }"),
            "call-1  leg a pressed 5 (RFC 4733), 160 ms, -10 dBm0");
  EXPECT_EQ(text_of(leg + "dtmf { digit: '*' way: DTMF_WAY_IN_BAND phase: DTMF_PHASE_END duration_ms: 80 "
                          "info_leg_ids: 'b' info_leg_ids: 'c' }"),
            "call-1  leg a pressed * (in-band), 80 ms; SIP INFO due to leg b, c");
  EXPECT_EQ(
      text_of(leg + "dtmf { digit: '!' way: DTMF_WAY_SIP_INFO phase: DTMF_PHASE_END duration_ms: 300 }"),
      "call-1  leg a pressed flash (SIP INFO), 300 ms");
  EXPECT_EQ(
      text_of(leg + "outgoing: true dtmf { digit: '7' way: DTMF_WAY_SIP_INFO phase: DTMF_PHASE_START }"),
      "call-1  leg a: 7 begins, for SIP INFO");
  EXPECT_EQ(text_of(leg + "outgoing: true dtmf { digit: '7' way: DTMF_WAY_SIP_INFO phase: DTMF_PHASE_END "
                          "duration_ms: 160 info_leg_ids: 'a' }"),
            "call-1  leg a: 7 is to be sent by SIP INFO, 160 ms");
}

}  // namespace
}  // namespace pollux::cli
