// Where parties are sent to and where they find the relay: addresses, ports, RTCP, families.
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

std::string audio(std::string_view attributes = "", int port = 4000) {
  return body("m=audio " + std::to_string(port) + " RTP/AVP 8\r\n" + std::string(attributes));
}

std::string remote(const std::optional<SocketAddress>& address) {
  return address ? address->to_string() : "none";
}

// "mux" and "mux-only" lines.
std::string mux(std::string_view text) {
  return lines(text, "a=rtcp-mux");
}

struct Mux {
  const char* name;
  RtcpMuxOptions options;
  bool offered;
  const char* told;
  bool answered;
  const char* answer_told;
  bool caller, callee;          // legs after the answer
  bool caller_may, callee_may;  // before it: offered
  bool caller_before = false, callee_before = false;
};

constexpr const char* kMux = "a=rtcp-mux";
constexpr const char* kOnly = "a=rtcp-mux|a=rtcp-mux-only";

const Mux kMuxes[] = {
    {"as offered, accepted", {}, true, kMux, true, kMux, true, true, true, true},
    {"as offered, refused", {}, true, kMux, false, "", false, false, true, true},
    {"not offered", {}, false, "", false, "", false, false, false, false},
    {"not offered, answered all the same", {}, false, "", true, "", false, false, false, false},
    {"offer", {.offer = true}, false, kMux, true, "", false, true, false, true},
    {"require", {.require = true}, false, kOnly, true, "", false, true, false, false, false, true},
    {"require, refused", {.require = true}, true, kOnly, false, kMux, true, true, true, false, false, true},
    {"demux", {.demux = true}, true, "", false, kMux, true, false, false, false, true},
    {"accept", {.accept = true}, true, kMux, false, kMux, true, false, false, true, true},
    {"reject", {.reject = true}, true, kMux, true, "", false, true, false, true},
    {"offer and reject", {.offer = true, .reject = true}, true, kMux, true, "", false, true, false, true},
    {"demux and reject", {.demux = true, .reject = true}, true, "", false, "", false, false, false, false},
};

TEST(DialogAddress, RtcpMux) {
  for (const Mux& one : kMuxes) {
    SCOPED_TRACE(one.name);
    Relay relay;
    SdpOptions options;
    options.rtcp_mux = one.options;
    EXPECT_EQ(mux(relay.offer(Side::kCaller, audio(one.offered ? "a=rtcp-mux\r\n" : ""), options)), one.told);
    EXPECT_EQ(relay.leg(Side::kCaller).rtcp_mux, one.caller_before);
    EXPECT_EQ(relay.leg(Side::kCallee).rtcp_mux, one.callee_before);
    EXPECT_EQ(relay.leg(Side::kCaller).rtcp_mux_offered, one.caller_may);
    EXPECT_EQ(relay.leg(Side::kCallee).rtcp_mux_offered, one.callee_may);
    EXPECT_EQ(mux(relay.answer(Side::kCallee, audio(one.answered ? "a=rtcp-mux\r\n" : "", 5000))),
              one.answer_told);
    EXPECT_EQ(relay.leg(Side::kCaller).rtcp_mux, one.caller);
    EXPECT_EQ(relay.leg(Side::kCallee).rtcp_mux, one.callee);
    EXPECT_FALSE(relay.leg(Side::kCaller).rtcp_mux_offered || relay.leg(Side::kCallee).rtcp_mux_offered);
    EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtcp), one.caller ? "none" : "192.0.2.10:4001");
  }
}

TEST(DialogAddress, WhoOffersOnlyMuxGetsIt) {
  Relay relay;
  EXPECT_EQ(mux(relay.offer(Side::kCaller, audio("a=rtcp-mux\r\na=rtcp-mux-only\r\n"))), kMux);
  EXPECT_TRUE(relay.leg(Side::kCaller).rtcp_mux);
  const std::string told = relay.answer(Side::kCallee, audio("a=rtcp-mux\r\n", 5000));
  EXPECT_EQ(mux(told), kMux);
  EXPECT_EQ(lines(told, "a=rtcp:"), "");
}

// Nobody told it of a port for RTCP.
TEST(DialogAddress, WhoWasOfferedOnlyMuxGetsNoOtherPort) {
  Relay relay;
  SdpOptions options;
  options.rtcp_mux.require = true;
  relay.offer(Side::kCaller, audio(""), options);
  for (int i = 0; i < 2; ++i) {
    relay.answer(Side::kCallee, audio("a=rtcp:5009\r\n", 5000));
    EXPECT_EQ(relay.warned(),
              "line 6: the answer has no a=rtcp-mux, and nothing else was offered; RTCP is sent to the RTP "
              "port all the same (RFC 8858)");
    EXPECT_TRUE(relay.leg(Side::kCallee).rtcp_mux);
    EXPECT_EQ(remote(relay.leg(Side::kCallee).remote_rtcp), "none");
    EXPECT_FALSE(relay.leg(Side::kCaller).rtcp_mux);
    EXPECT_EQ(mux(relay.offer(Side::kCaller, audio(""))), kMux);  // nor does another offer tell of one
  }
  relay.offer(Side::kCaller, audio(""), options);
  relay.answer(Side::kCallee, audio("a=rtcp-mux\r\n", 5000));
  EXPECT_EQ(relay.warned(), "");
}

TEST(DialogAddress, MuxThatWasAgreedOnMayBeGivenUp) {
  Relay relay;
  relay.offer(Side::kCaller, audio("a=rtcp-mux\r\n"));
  relay.answer(Side::kCallee, audio("a=rtcp-mux\r\n", 5000));
  EXPECT_TRUE(relay.leg(Side::kCallee).rtcp_mux);
  relay.offer(Side::kCaller, audio("a=rtcp-mux\r\n"));
  relay.answer(Side::kCallee, audio("", 5000));
  EXPECT_FALSE(relay.leg(Side::kCallee).rtcp_mux);
  EXPECT_EQ(relay.warned(), "");
}

TEST(DialogAddress, RtcpAttribute) {
  Relay relay;
  SdpOptions options;
  const std::string offer = audio("a=rtcp:4999 IN IP4 192.0.2.11\r\n");
  EXPECT_EQ(lines(relay.offer(Side::kCaller, offer, options), "a=rtcp"), "a=rtcp:40001");
  EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtcp), "192.0.2.11:4999");
  options.full_rtcp_attribute = true;
  EXPECT_EQ(lines(relay.offer(Side::kCaller, offer, options), "a=rtcp"), "a=rtcp:40001 IN IP4 203.0.113.1");
  options.no_rtcp_attribute = true;
  EXPECT_EQ(lines(relay.offer(Side::kCaller, offer, options), "a=rtcp"), "");
}

TEST(DialogAddress, Remotes) {
  struct Case {
    const char* session;
    const char* attributes;
    const char* received_from;
    bool trust;
    const char* rtp;
    const char* rtcp;
    bool warned;
  };
  const Case cases[] = {
      {"c=IN IP4 192.0.2.10\r\n", "", nullptr, false, "192.0.2.10:4000", "192.0.2.10:4001", false},
      {"c=IN IP4 192.0.2.10\r\n", "c=IN IP4 192.0.2.12\r\n", nullptr, false, "192.0.2.12:4000",
       "192.0.2.12:4001", false},
      {"c=IN IP4 10.0.0.1\r\n", "", "192.0.2.77", false, "192.0.2.77:4000", "192.0.2.77:4001", false},
      {"c=IN IP4 10.0.0.1\r\n", "a=rtcp:4999 IN IP4 10.0.0.2\r\n", "192.0.2.77", false, "192.0.2.77:4000",
       "192.0.2.77:4999", false},
      {"c=IN IP4 10.0.0.1\r\n", "", "192.0.2.77", true, "10.0.0.1:4000", "10.0.0.1:4001", false},
      {"c=IN IP4 0.0.0.0\r\n", "", "192.0.2.77", false, "none", "none", false},
      {"c=IN IP4 127.0.0.1\r\n", "", nullptr, false, "none", "none", true},
      {"c=IN IP4 255.255.255.255\r\n", "", nullptr, false, "none", "none", true},
      {"c=IN IP6 2001:db8::9\r\n", "", nullptr, false, "[2001:db8::9]:4000", "[2001:db8::9]:4001", false},
      {"c=IN IP6 2001:db8::9\r\n", "", "192.0.2.77", false, "192.0.2.77:4000", "192.0.2.77:4001", false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.session);
    Relay relay;
    SdpOptions options;
    options.trust_address = one.trust;
    if (one.received_from != nullptr) {
      options.received_from = IpAddress::parse(one.received_from);
    }
    relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\n" + std::string(one.attributes), one.session),
                options);
    EXPECT_EQ(relay.error, "");
    EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtp), one.rtp);
    EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtcp), one.rtcp);
    EXPECT_EQ(!relay.warnings.empty(), one.warned) << relay.warned();
  }
}

TEST(DialogAddress, TheLastPortHasNoneAboveIt) {
  Relay relay;
  relay.offer(Side::kCaller, audio("", 65535));
  EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtp), "192.0.2.10:65535");
  EXPECT_EQ(remote(relay.leg(Side::kCaller).remote_rtcp), "192.0.2.10:65535");
}

TEST(DialogAddress, Families) {
  Relay relay;
  SdpOptions options;
  options.family = AddressFamily::kIpv6;
  options.full_rtcp_attribute = true;
  const std::string told = relay.offer(Side::kCaller, audio(), options);
  EXPECT_EQ(lines(told, "c="), "c=IN IP6 2001:db8::2|c=IN IP6 2001:db8::2");
  EXPECT_EQ(lines(told, "a=rtcp:"), "a=rtcp:40001 IN IP6 2001:db8::2");
  const std::string answer =
      relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\n", "c=IN IP6 2001:db8::20\r\n"));
  EXPECT_EQ(lines(answer, "c="), "c=IN IP4 198.51.100.1|c=IN IP4 198.51.100.1");
  // Within the dialog each party keeps its family.
  EXPECT_EQ(lines(relay.offer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\n", "c=IN IP6 2001:db8::20\r\n")),
                  "c="),
            "c=IN IP4 198.51.100.1|c=IN IP4 198.51.100.1");
  EXPECT_EQ(relay.leg(Side::kCallee).family, AddressFamily::kIpv6);
  EXPECT_EQ(relay.leg(Side::kCaller).family, AddressFamily::kIpv4);
  relay.offer(Side::kCaller, audio());
  EXPECT_EQ(relay.leg(Side::kCallee).family, AddressFamily::kIpv6);
}

TEST(DialogAddress, AnswerOfAnotherFamily) {
  Relay relay;
  relay.offer(Side::kCaller, audio());
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\n", "c=IN IP6 2001:db8::20\r\n"));
  EXPECT_FALSE(relay.leg(Side::kCallee).remote_rtp.has_value());
  EXPECT_EQ(relay.leg(Side::kCallee).family, AddressFamily::kIpv4);
  EXPECT_EQ(
      relay.warned(),
      "line 6: [2001:db8::20]:5000 isn't of the family that the party is reached by; media is sent where "
      "the party's media comes from");
}

TEST(DialogAddress, MediaAddressIsForTheReceiver) {
  Relay relay;
  SdpOptions options;
  options.media_address = IpAddress::parse("192.0.2.200");
  EXPECT_EQ(lines(relay.offer(Side::kCaller, audio(), options), "c="),
            "c=IN IP4 192.0.2.200|c=IN IP4 192.0.2.200");
  EXPECT_EQ(lines(relay.answer(Side::kCallee, audio("", 5000)), "c="),
            "c=IN IP4 198.51.100.1|c=IN IP4 198.51.100.1");
}

TEST(DialogAddress, NetworksAndHowMediaIsTreated) {
  Relay relay;
  SdpOptions options;
  options.from_network = "inside";
  options.to_network = "outside";
  options.learning = LearningMode::kDelayed;
  options.source_policy = SourcePolicy::kMediaHandover;
  options.dscp = 34;
  options.jitter_window_ms = 90;
  options.rtcp_xr = true;
  options.receiver_dtmf.send = DtmfSend::kSipInfo;
  relay.offer(Side::kCaller, audio(), options);
  for (const Side side : {Side::kCaller, Side::kCallee}) {
    const MediaLeg leg = relay.leg(side);
    EXPECT_EQ(leg.network, side == Side::kCaller ? "inside" : "outside");
    EXPECT_EQ(leg.learning, LearningMode::kDelayed);
    EXPECT_EQ(leg.source_policy, SourcePolicy::kMediaHandover);
    EXPECT_EQ(leg.dscp, 34);
    EXPECT_EQ(leg.jitter_window_ms, 90);
    EXPECT_TRUE(leg.rtcp_xr);
    EXPECT_EQ(leg.dtmf.send, side == Side::kCaller ? DtmfSend::kAuto : DtmfSend::kSipInfo);
  }
  SdpOptions answer;
  answer.learning = LearningMode::kOff;
  answer.received_from = IpAddress::parse("192.0.2.88");
  relay.answer(Side::kCallee, audio("", 5000), answer);
  EXPECT_EQ(relay.leg(Side::kCaller).learning, LearningMode::kDelayed);
  EXPECT_EQ(relay.leg(Side::kCallee).learning, LearningMode::kOff);
  EXPECT_EQ(remote(relay.leg(Side::kCallee).remote_rtp), "192.0.2.88:5000");
  // A later offer without networks leaves the parties where they are.
  relay.offer(Side::kCallee, audio("", 5000));
  EXPECT_EQ(relay.leg(Side::kCaller).network, "inside");
  EXPECT_EQ(relay.leg(Side::kCallee).network, "outside");
}

TEST(DialogAddress, Ptime) {
  struct Case {
    const char* transcode;
    std::uint16_t ptime_ms, reverse_ms;
    const char* offered;
    const char* told;
    const char* answered;
    const char* answer_told;
    std::uint16_t caller, callee;
  };
  const Case cases[] = {
      {nullptr, 0, 0, "a=ptime:30\r\n", "a=ptime:30", "a=ptime:40\r\n", "a=ptime:40", 0, 0},
      {nullptr, 40, 0, "a=ptime:30\r\na=maxptime:30\r\n", "a=ptime:40", "", "", 0, 40},
      {nullptr, 0, 60, "", "", "a=ptime:40\r\n", "a=ptime:60", 60, 0},
      {nullptr, 200, 3, "", "a=ptime:200", "", "a=ptime:3", 5, 60},
      {"G729", 0, 0, "a=ptime:30\r\n", "a=ptime:30", "a=ptime:45\r\n", "a=ptime:45", 30, 40},
      {"G729", 25, 0, "", "a=ptime:25", "", "", 0, 20},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::to_string(one.ptime_ms) + one.offered);
    Relay relay;
    SdpOptions options;
    options.ptime_ms = one.ptime_ms;
    options.ptime_reverse_ms = one.reverse_ms;
    if (one.transcode != nullptr) {
      options.codecs.transcode = {*parse_codec_name(one.transcode)};
    }
    const std::string told = relay.offer(Side::kCaller, audio(one.offered), options);
    EXPECT_EQ(lines(told, "a=ptime"), one.told);
    EXPECT_EQ(lines(told, "a=maxptime"), "");
    const char* const format = one.transcode != nullptr ? "18" : "8";
    EXPECT_EQ(lines(relay.answer(Side::kCallee,
                                 body("m=audio 5000 RTP/AVP " + std::string(format) + "\r\n" + one.answered)),
                    "a=ptime"),
              one.answer_told);
    EXPECT_EQ(relay.leg(Side::kCaller).ptime_ms, one.caller);
    EXPECT_EQ(relay.leg(Side::kCallee).ptime_ms, one.callee);
  }
}

}  // namespace
}  // namespace pollux::sdp
