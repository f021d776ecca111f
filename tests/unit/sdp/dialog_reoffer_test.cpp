// Offers within a dialog, sections that come and go, forks (RFC 3264 §8).
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

std::string audio(int port, std::string_view rest = " 8") {
  return "m=audio " + std::to_string(port) + " RTP/AVP" + std::string(rest) + "\r\n";
}

void connect(Relay& relay, std::string_view offer, std::string_view answer) {
  relay.offer(Side::kCaller, body(offer));
  EXPECT_EQ(relay.error, "");
  relay.answer(Side::kCallee, body(answer));
  EXPECT_EQ(relay.error, "");
}

TEST(DialogReoffer, TheSameAgainGivesTheSame) {
  Relay relay;
  const std::string offer = body(audio(4000, " 8 0 101") + "a=rtpmap:101 telephone-event/8000\r\n");
  const std::string answer = body(audio(5000));
  const std::string told = relay.offer(Side::kCaller, offer);
  EXPECT_EQ(relay.offer(Side::kCaller, offer), told);
  const std::string answer_told = relay.answer(Side::kCallee, answer);
  const auto legs = relay.leg(Side::kCallee);
  EXPECT_EQ(relay.answer(Side::kCallee, answer), answer_told);
  EXPECT_EQ(relay.leg(Side::kCallee), legs);
}

TEST(DialogReoffer, CodecsStayAsAgreedTillTheAnswer) {
  Relay relay;
  SdpOptions options;
  options.codecs.transcode = {*parse_codec_name("PCMU")};
  relay.offer(Side::kCaller, body(audio(4000)), options);
  relay.answer(Side::kCallee, body(audio(5000, " 0")));
  relay.offer(Side::kCaller, body(audio(4100, " 8 9")), options);
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), "8:PCMA");
  EXPECT_EQ(shown(relay.leg(Side::kCallee).codecs), "0:PCMU");
  EXPECT_EQ(relay.leg(Side::kCaller).remote_rtp->port, 4100);
  relay.answer(Side::kCallee, body(audio(5000, " 9")));
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), "9:G722");
  EXPECT_EQ(shown(relay.leg(Side::kCallee).codecs), "9:G722");
}

TEST(DialogReoffer, OfTheCallee) {
  Relay relay;
  connect(relay, audio(4000), audio(5000));
  const std::string told = relay.offer(Side::kCallee, body(audio(5002)));
  EXPECT_EQ(lines(told, "m="), "m=audio 30000 RTP/AVP 8");
  EXPECT_EQ(relay.dialog.offerer(), Side::kCallee);
  EXPECT_EQ(lines(relay.answer(Side::kCaller, body(audio(4000))), "m="), "m=audio 40000 RTP/AVP 8");
  EXPECT_EQ(relay.leg(Side::kCallee).remote_rtp->port, 5002);
}

TEST(DialogReoffer, PartiesKeepTheirProfiles) {
  Relay relay;
  SdpOptions options;
  options.profile = RtpProfile{.secure = true};
  const std::string told = relay.offer(Side::kCaller, body(audio(4000)), options);
  const std::string crypto =
      "a=crypto:4 AES_CM_128_HMAC_SHA1_80 "
      "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\r\n";
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/SAVP 8\r\n" + crypto));
  EXPECT_EQ(lines(relay.offer(Side::kCallee, body("m=audio 5000 RTP/SAVP 8\r\n" + crypto)), "m="),
            "m=audio 30000 RTP/AVP 8");
  EXPECT_EQ(lines(relay.answer(Side::kCaller, body(audio(4000))), "m="), "m=audio 40000 RTP/SAVP 8");
  EXPECT_EQ(lines(relay.offer(Side::kCaller, body(audio(4000))), "a=crypto:4 "), lines(told, "a=crypto:4 "));
}

TEST(DialogReoffer, TheSuiteOfTheOneThatOfferedComesFirst) {
  Relay relay;
  SdpOptions options;
  options.profile = RtpProfile{};
  relay.offer(Side::kCaller,
              body("m=audio 4000 RTP/SAVP 8\r\na=crypto:7 AES_CM_128_HMAC_SHA1_32 "
                   "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"),
              options);
  const std::string answer = relay.answer(Side::kCallee, body(audio(5000)));
  const std::string told = relay.offer(Side::kCallee, body(audio(5000)));
  EXPECT_EQ(lines(told, "m="), "m=audio 30000 RTP/SAVP 8");
  EXPECT_EQ(lines(told, "a=crypto:1 AES_CM_128_HMAC_SHA1_32 ").substr(10),
            lines(answer, "a=crypto:7 AES_CM_128_HMAC_SHA1_32 ").substr(10));  // with the key that it has
  EXPECT_EQ(relay.offer(Side::kCallee, body(audio(5000))), told);
}

TEST(DialogReoffer, SectionsComeAndGo) {
  Relay relay;
  connect(relay, audio(4000), audio(5000));
  connect(relay, audio(4000) + "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
          audio(5000) + "m=video 5002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n");
  EXPECT_TRUE(relay.relayed(1));
  EXPECT_EQ(shown(relay.leg(Side::kCaller, 1).codecs), "");
  connect(relay, audio(4000) + "m=video 0 RTP/AVP 96\r\n", audio(5000) + "m=video 0 RTP/AVP 96\r\n");
  EXPECT_FALSE(relay.relayed(1));
  connect(relay, audio(4000) + audio(4004, " 0"),
          audio(5000) + audio(5004, " 0"));  // the place is used again
  EXPECT_TRUE(relay.relayed(1));
  EXPECT_EQ(shown(relay.leg(Side::kCaller, 1).codecs), "0:PCMU");
}

TEST(DialogReoffer, RejectedByTheAnswer) {
  Relay relay;
  relay.offer(Side::kCaller, body(audio(4000, " 8 0") + audio(4002, " 0")));
  const std::string told = relay.answer(Side::kCallee, body(audio(0, " 99") + audio(5002, " 0")));
  EXPECT_EQ(lines(told, "m="), "m=audio 0 RTP/AVP 8 0|m=audio 30010 RTP/AVP 0");
  EXPECT_TRUE(relay.relayed(1));
  // A later answer to the same offer may take it: its legs stay as they are.
  ASSERT_TRUE(relay.relayed(0));
  EXPECT_EQ(relay.leg(Side::kCaller).direction, Direction::kInactive);
  EXPECT_EQ(relay.leg(Side::kCallee).direction, Direction::kInactive);
  EXPECT_FALSE(relay.leg(Side::kCallee).remote_rtp || relay.leg(Side::kCallee).remote_rtcp);
  const auto view = relay.dialog.view();
  EXPECT_EQ(view[0].protocol[0] + view[0].protocol[1], "");
  EXPECT_TRUE(view[0].codecs[0].empty() && view[0].codecs[1].empty());
  EXPECT_EQ(view[1].protocol[0], "RTP/AVP");
  EXPECT_EQ(lines(relay.answer(Side::kCallee, body(audio(5000) + audio(5002, " 0"))), "m="),
            "m=audio 30000 RTP/AVP 8|m=audio 30010 RTP/AVP 0");
  EXPECT_EQ(relay.leg(Side::kCaller).direction, Direction::kSendRecv);
  EXPECT_EQ(relay.leg(Side::kCallee).direction, Direction::kSendRecv);
  EXPECT_EQ(relay.leg(Side::kCallee).remote_rtp->port, 5000);
  EXPECT_EQ(relay.dialog.view()[0].protocol[0], "RTP/AVP");
  // The next offer may do without it.
  relay.answer(Side::kCallee, body(audio(0) + audio(5002, " 0")));
  relay.offer(Side::kCaller, body(audio(0) + audio(4002, " 0")));
  EXPECT_FALSE(relay.relayed(0));
}

TEST(DialogReoffer, SectionsThatDontMatch) {
  Relay relay;
  relay.answer(Side::kCallee, body(audio(5000)));
  EXPECT_EQ(relay.error,
            "NO_OFFER sdp there is no offer that this party could answer: send its SDP as an offer");
  connect(relay, audio(4000) + audio(4002), audio(5000) + audio(5002));
  relay.answer(Side::kCaller, body(audio(4000) + audio(4002)));
  EXPECT_EQ(relay.error.substr(0, 8), "NO_OFFER");
  relay.offer(Side::kCaller, body(audio(4000)));
  EXPECT_EQ(
      relay.error,
      "SDP_MALFORMED sdp.line[6] line 6 (m=audio 4000 RTP/AVP 8): the offer has fewer m= lines than the "
      "dialog, 2: keep those that aren't needed, with port 0 (RFC 3264 section 8)");
  relay.answer(Side::kCallee, body(audio(5000) + audio(5002) + audio(5004)));
  EXPECT_EQ(relay.error,
            "SDP_MALFORMED sdp.line[8] line 8 (m=audio 5004 RTP/AVP 8): the answer has 3 m= lines, and the "
            "offer 2: answer each of them, in their order (RFC 3264 section 6)");
  relay.answer(Side::kCallee, body(audio(5000) + "m=video 5002 RTP/AVP 96\r\n"));
  EXPECT_EQ(
      relay.error,
      "SDP_MALFORMED sdp.line[7] line 7 (m=video 5002 RTP/AVP 96): the offer's section was audio: answer "
      "the sections in their order (RFC 3264 section 6)");
}

TEST(DialogReoffer, ForksShareTheCaller) {
  const std::string key =
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
  const std::string offer = body("m=audio 4000 RTP/SAVP 8 0\r\n" + key);
  SdpOptions options;
  options.to_network = "a";
  Relay first;
  const std::string told = first.offer(Side::kCaller, offer, options);
  Relay second;
  second.dialog = first.dialog.fork();
  options.to_network = "b";
  const std::string told_again = second.offer(Side::kCaller, offer, options);
  EXPECT_NE(lines(told, "a=crypto:1 "), lines(told_again, "a=crypto:1 "));
  EXPECT_EQ(first.leg(Side::kCaller), second.leg(Side::kCaller));
  EXPECT_EQ(first.leg(Side::kCallee).network, "a");
  EXPECT_EQ(second.leg(Side::kCallee).network, "b");
  const auto answer = [](const std::string& crypto, const char* format) {
    return body("m=audio 5000 RTP/SAVP " + std::string(format) + "\r\n" + crypto);
  };
  const std::string other_key =
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\r\n";
  const std::string one = first.answer(Side::kCallee, answer(other_key, "8"));
  const std::string two = second.answer(Side::kCallee, answer(other_key, "0"));
  EXPECT_EQ(lines(one, "a=crypto"), lines(two, "a=crypto"));
  EXPECT_EQ(shown(first.leg(Side::kCaller).codecs), "8:PCMA");
  EXPECT_EQ(shown(second.leg(Side::kCaller).codecs), "0:PCMU");
}

TEST(DialogReoffer, OffersWithoutMedia) {
  Relay relay;
  relay.offer(Side::kCaller, body(""));
  EXPECT_EQ(relay.error, "");
  EXPECT_TRUE(relay.dialog.legs().empty());
  relay.answer(Side::kCallee, body(""));
  EXPECT_EQ(relay.error, "");
}

TEST(DialogReoffer, View) {
  Relay relay;
  SdpOptions options;
  options.profile = RtpProfile{.feedback = true};
  relay.offer(Side::kCaller, body(audio(4000) + "a=sendonly\r\n" + "m=video 0 RTP/AVP 96\r\n"), options);
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVPF 8\r\na=recvonly\r\nm=video 0 RTP/AVP 96\r\n"));
  const auto view = relay.dialog.view();
  ASSERT_EQ(view.size(), 2U);
  EXPECT_EQ(view[0].kind + " " + view[0].protocol[0] + " " + view[0].protocol[1], "audio RTP/AVP RTP/AVPF");
  EXPECT_EQ(view[0].direction[0], Direction::kSendOnly);
  EXPECT_EQ(view[0].direction[1], Direction::kRecvOnly);
  EXPECT_EQ(shown(view[0].codecs[1]), "8:PCMA");
  EXPECT_EQ(view[1].kind + view[1].protocol[0] + view[1].protocol[1], "video");
}

// An early answer rejects what the last one takes, with the keys that were told before.
TEST(DialogReoffer, RejectedAndTakenWithKeys) {
  Relay relay;
  SdpOptions options;
  options.profile = RtpProfile{.secure = true};
  const std::string told = relay.offer(Side::kCaller, body(audio(4000)), options);
  const SrtpParamsRef ours = relay.leg(Side::kCallee).srtp_send;
  relay.answer(Side::kCallee, body("m=audio 0 RTP/SAVP 8\r\n"));
  EXPECT_EQ(relay.leg(Side::kCallee).srtp_send, ours);
  relay.answer(Side::kCallee,
               body("m=audio 5000 RTP/SAVP 8\r\n"
                    "a=crypto:1 " +
                    std::string(facts_of(ours->suite).name) + " inline:" + std::string(59, 'A') + "=\r\n"));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(relay.leg(Side::kCallee).srtp_send, ours);
  EXPECT_TRUE(relay.leg(Side::kCallee).srtp_receive);
}

TEST(DialogReoffer, AnswersThatRejectAllOrLeaveOut) {
  const std::string video = "m=video 4002 RTP/AVP 96\r\n";
  const std::string sip = "m=message 4004 TCP/MSRP *\r\n";
  struct Case {
    std::string answer;
    const char* told;
    const char* warned;
  };
  const Case cases[] = {
      {audio(0) + "m=video 0 RTP/AVP 96\r\nm=message 0 TCP/MSRP *\r\n",
       "m=audio 0 RTP/AVP 8|m=video 0 RTP/AVP 96|m=message 0 TCP/MSRP *", ""},
      {audio(5000) + "m=video 5002 RTP/AVP 96\r\n",
       "m=audio 30000 RTP/AVP 8|m=video 30010 RTP/AVP 96|m=message 0 TCP/MSRP *",
       "the answer has 2 m= lines, and the offer 3: the last ones are taken as rejected"},
      {audio(5000), "m=audio 30000 RTP/AVP 8|m=video 0 RTP/AVP 96|m=message 0 TCP/MSRP *",
       "the answer has 1 m= lines, and the offer 3: the last ones are taken as rejected"},
      {"", "m=audio 0 RTP/AVP 8|m=video 0 RTP/AVP 96|m=message 0 TCP/MSRP *",
       "the answer has 0 m= lines, and the offer 3: the last ones are taken as rejected"},
  };
  for (const OtherMedia other_media : {OtherMedia::kReject, OtherMedia::kPass}) {
    for (const Case& one : cases) {
      SCOPED_TRACE(one.answer);
      Relay relay;
      SdpOptions options;
      options.other_media = other_media;
      relay.offer(Side::kCaller, body(audio(4000) + video + sip), options);
      std::string answer = body(one.answer);
      answer.resize(answer.size() - 2);  // the last line is unfinished
      EXPECT_EQ(lines(relay.answer(Side::kCallee, answer), "m="), one.told);
      EXPECT_EQ(relay.error, "");
      EXPECT_EQ(relay.warned(), one.warned);
      ASSERT_EQ(relay.dialog.legs().size(), 3U);
      EXPECT_TRUE(relay.relayed(0) && relay.relayed(1) && !relay.relayed(2));
    }
  }
}

TEST(DialogReoffer, OffersWithAllSwitchedOff) {
  Relay relay;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(lines(relay.offer(Side::kCaller, body(audio(0) + audio(0))), "m="),
              "m=audio 0 RTP/AVP 8|m=audio 0 RTP/AVP 8");
    EXPECT_EQ(relay.error, "");
    EXPECT_FALSE(relay.relayed(0) || relay.relayed(1));
    relay.answer(Side::kCallee, body(audio(0) + audio(0)));
    EXPECT_EQ(relay.error, "");
    EXPECT_TRUE(relay.dialog.silent());
    connect(relay, audio(4000) + audio(0), audio(5000) + audio(0));
    EXPECT_TRUE(relay.relayed(0));
  }
}

}  // namespace
}  // namespace pollux::sdp
