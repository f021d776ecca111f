// What of a body is replaced, removed or left as it is.
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

const std::string kAudio = "m=audio 4000 RTP/AVP 8\r\n";

TEST(DialogText, Replace) {
  const std::string offer =
      "v=0\r\no=alice 12 34 IN IP6 2001:db8::a\r\ns=secret\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
      "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.11\r\n";
  struct Case {
    ReplaceOptions replace;
    const char* origin;
    const char* name;
    const char* connections;
  };
  const Case cases[] = {
      {{}, "o=alice 12 34 IN IP6 2001:db8::a", "s=secret", "c=IN IP4 192.0.2.10|c=IN IP4 203.0.113.1"},
      {{.origin = true},
       "o=alice 12 34 IN IP4 203.0.113.1",
       "s=secret",
       "c=IN IP4 192.0.2.10|c=IN IP4 203.0.113.1"},
      {{.session_connection = true},
       "o=alice 12 34 IN IP6 2001:db8::a",
       "s=secret",
       "c=IN IP4 203.0.113.1|c=IN IP4 203.0.113.1"},
      {{.username = true, .session_name = true},
       "o=- 12 34 IN IP6 2001:db8::a",
       "s=-",
       "c=IN IP4 192.0.2.10|c=IN IP4 203.0.113.1"},
  };
  for (const Case& one : cases) {
    Relay relay;
    SdpOptions options;
    options.replace = one.replace;
    const std::string told = relay.offer(Side::kCaller, offer, options);
    EXPECT_EQ(lines(told, "o="), one.origin);
    EXPECT_EQ(lines(told, "s="), one.name);
    EXPECT_EQ(lines(told, "c="), one.connections);
  }
}

TEST(DialogText, OriginOfItsOwn) {
  Relay relay;
  SdpOptions options;
  options.replace.session_id = options.replace.version = true;
  const auto offer = [&](std::string_view version, std::string_view attribute) {
    const std::string told = relay.offer(Side::kCaller,
                                         "v=0\r\no=a 12 " + std::string(version) +
                                             " IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n" +
                                             kAudio + std::string(attribute),
                                         options);
    return lines(told, "o=");
  };
  const std::string first = offer("7", "");
  EXPECT_NE(first.find(" 7 IN IP4 192.0.2.10"), std::string::npos) << first;
  EXPECT_EQ(first.find("o=a 12 "), std::string::npos) << first;
  EXPECT_EQ(offer("7", ""), first);
  EXPECT_EQ(offer("9", ""), first);  // nothing but the number has changed
  const std::string second = offer("9", "a=sendonly\r\n");
  EXPECT_EQ(second, first.substr(0, first.find(" 7 ")) + " 8 IN IP4 192.0.2.10");
  EXPECT_EQ(offer("9", "a=sendonly\r\n"), second);
}

TEST(DialogText, SessionConnectionThatHeldForASection) {
  Relay relay;
  const std::string told = relay.offer(
      Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.11\r\nm=audio 4002 RTP/AVP 8\r\n"));
  EXPECT_EQ(lines(told, "c="), "c=IN IP4 203.0.113.1|c=IN IP4 203.0.113.1|c=IN IP4 203.0.113.1");
}

TEST(DialogText, UnknownLinesStayWhereTheyAre) {
  Relay relay;
  const std::string told = relay.offer(Side::kCaller,
                                       "v=0\no=- 1 1 IN IP4 192.0.2.10\ns= \ni=about\nu=http://x\nb=CT:500\n"
                                       "t=0 0\na=tool:x y\na=group:LS a\n"
                                       "m=audio 4000 RTP/AVP 8\ni=title\nc=IN IP4 192.0.2.10\nb=AS:64\n"
                                       "a=label:1\na=mid:a\na=ssrc:1 cname:x\na=extmap:1 urn:x\na=x");
  EXPECT_EQ(told,
            "v=0\no=- 1 1 IN IP4 192.0.2.10\ns= \ni=about\nu=http://x\nb=CT:500\n"
            "t=0 0\na=tool:x y\na=group:LS a\n"
            "m=audio 40000 RTP/AVP 8\ni=title\nc=IN IP4 203.0.113.1\nb=AS:64\n"
            "a=label:1\na=mid:a\na=ssrc:1 cname:x\na=extmap:1 urn:x\na=x\na=rtcp:40001\n");
}

TEST(DialogText, WhatIsBetweenAPartyAndTheRelayGoes) {
  Relay relay;
  const std::string told = relay.offer(
      Side::kCaller,
      body(kAudio + "k=clear:abc\r\na=candidate:1 1 UDP 1 192.0.2.10 4000 typ host\r\na=ice-ufrag:abcd\r\n"
                    "a=ice-pwd:abcd\r\na=end-of-candidates\r\na=remote-candidates:1 192.0.2.1 1\r\n"
                    "a=setup:actpass\r\na=tls-id:x\r\na=acap:1 crypto:1 x\r\na=tcap:1 RTP/SAVP\r\n"
                    "a=pcfg:1 t=1\r\na=crypto:1 UNKNOWN inline:x\r\n",
           "c=IN IP4 192.0.2.10\r\n"));
  EXPECT_EQ(told.substr(told.find("m=")),
            "m=audio 40000 RTP/AVP 8\r\nc=IN IP4 203.0.113.1\r\na=rtcp:40001\r\n");
}

TEST(DialogText, OfTheSessionToo) {
  Relay relay;
  const std::string told = relay.offer(
      Side::kCaller,
      "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\na=ice-lite\r\n"
      "a=ice-options:trickle\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=group:BUNDLE a\r\n"
      "a=msid-semantic:WMS\r\n" +
          kAudio);
  EXPECT_EQ(lines(told, "a="), "a=msid-semantic:WMS|a=rtcp:40001");
}

TEST(DialogText, FeedbackGoesWithTheProfile) {
  const std::string formats =
      " 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\na=rtcp-fb:* nack\r\n"
      "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:97 ccm fir\r\n";
  const std::string answered =
      "m=video 5000 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n"
      "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\n";
  SdpOptions options;
  for (const bool feedback : {true, false}) {
    Relay relay;
    options.profile = RtpProfile{.feedback = feedback};
    EXPECT_EQ(
        lines(relay.offer(Side::kCaller, body("m=video 4000 RTP/AVPF" + formats), options), "a=rtcp-fb"),
        feedback ? "a=rtcp-fb:* nack|a=rtcp-fb:96 nack pli|a=rtcp-fb:97 ccm fir" : "");
    EXPECT_EQ(lines(relay.answer(Side::kCallee, body(answered)), "a=rtcp-fb"),
              "a=rtcp-fb:96 nack|a=rtcp-fb:96 nack pli");
  }
  Relay relay;
  options.profile = RtpProfile{.feedback = true};
  const std::string told = relay.offer(Side::kCaller, body("m=video 4000 RTP/AVP" + formats), options);
  EXPECT_EQ(lines(told, "m="), "m=video 40000 RTP/AVPF 96 97");
  const std::string answer = relay.answer(Side::kCallee, body(answered));
  EXPECT_EQ(lines(answer, "m="), "m=video 30000 RTP/AVP 96");
  EXPECT_EQ(lines(answer, "a=rtcp-fb"), "");
}

TEST(DialogText, Mid) {
  Relay relay;
  SdpOptions options;
  options.generate_mid = true;
  const std::string told = relay.offer(Side::kCaller, body(kAudio + kAudio + "a=mid:x\r\n"), options);
  EXPECT_EQ(lines(told, "a=mid"), "a=mid:m1|a=mid:x");
  EXPECT_EQ(
      lines(relay.answer(Side::kCallee, body(kAudio + "a=mid:m1\r\n" + kAudio + "a=mid:x\r\n")), "a=mid"),
      "a=mid:x");
}

TEST(DialogText, OtherMedia) {
  const std::string fax = "m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\n";
  Relay relay;
  std::string told = relay.offer(Side::kCaller, body(kAudio + fax));
  EXPECT_EQ(lines(told, "m="), "m=audio 40000 RTP/AVP 8|m=image 0 udptl t38");
  EXPECT_EQ(relay.warned(), "line 7: udptl isn't RTP, and rejected");
  SdpOptions options;
  options.other_media = OtherMedia::kPass;
  told = relay.offer(Side::kCaller, body(kAudio + fax), options);
  EXPECT_EQ(told.substr(told.find("m=image")),
            "m=image 4004 udptl t38\r\nc=IN IP4 192.0.2.10\r\na=T38FaxVersion:0\r\n");
  EXPECT_FALSE(relay.relayed(1));
  const std::string answer =
      relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\nm=image 5004 udptl t38\r\n"));
  EXPECT_EQ(lines(answer, "m="), "m=audio 30000 RTP/AVP 8|m=image 5004 udptl t38");
}

TEST(DialogText, RemovedMedia) {
  Relay relay;
  SdpOptions options;
  options.remove_media = {"video"};
  const std::string told = relay.offer(
      Side::kCaller, body(kAudio + "m=video 4002 RTP/AVP 96 97\r\na=rtpmap:96 VP8/90000\r\n"), options);
  EXPECT_EQ(lines(told, "m="), "m=audio 40000 RTP/AVP 8|m=video 0 RTP/AVP 96 97");
  EXPECT_EQ(lines(told, "a=rtpmap"), "");
  // Whatever the answer says of it.
  const std::string answer = relay.answer(Side::kCallee, body(kAudio + "m=video 5002 RTP/AVP 99\r\n"));
  EXPECT_EQ(lines(answer, "m="), "m=audio 30000 RTP/AVP 8|m=video 0 RTP/AVP 96 97");
}

}  // namespace
}  // namespace pollux::sdp
