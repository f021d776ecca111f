// Legs have codecs that the node has, and nothing that needs codecs where they have none.
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

TEST(DialogKnownCodecs, WhatThisNodeHasNotIsNotLookedAt) {
  Relay relay;
  SdpOptions options;
  options.known_codecs = ~(1U << static_cast<unsigned>(CodecId::kPcma));
  relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\n"), options);
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\n"));
  EXPECT_TRUE(relay.relayed());
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), "");
}

TEST(DialogKnownCodecs, WhatTheNodeHadAtTheOfferHoldsForItsAnswer) {
  Relay relay;
  SdpOptions options;
  options.known_codecs = ~(1U << static_cast<unsigned>(CodecId::kPcma));
  relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8 0\r\n"), options);
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8 0\r\n"), SdpOptions{});
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs) + shown(relay.leg(Side::kCallee).codecs), "");
  Relay second;
  second.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8 0\r\n"));
  second.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8 0\r\n"), options);
  EXPECT_EQ(shown(second.leg(Side::kCallee).codecs), "8:PCMA 0:PCMU");
}

TEST(DialogKnownCodecs, WhatTheNodeHasNotIsNotAdded) {
  Relay relay;
  SdpOptions options;
  options.known_codecs =
      1U << static_cast<unsigned>(CodecId::kPcma) | 1U << static_cast<unsigned>(CodecId::kGsm);
  options.codecs.transcode = {*parse_codec_name("opus"), *parse_codec_name("full")};
  EXPECT_EQ(lines(relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\n"), options), "m="),
            "m=audio 40000 RTP/AVP 8 3");
  EXPECT_EQ(relay.warned(), "codec opus isn't added: this node doesn't have it");
}

// Its number is none that a leg may have.
TEST(DialogKnownCodecs, OtherParametersDontMakeAFormatKnown) {
  Relay relay;
  SdpOptions options;
  options.codecs.set = {*parse_codec_name("opus/48000/2//useinbandfec=1")};
  relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 70\r\na=rtpmap:70 opus/48000/2\r\n"), options);
  relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 70 96\r\na=rtpmap:70 opus/48000/2\r\n"
                                   "a=rtpmap:96 opus/48000/2\r\n"));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(shown(relay.leg(Side::kCallee).codecs), "");
}

// A session refuses all that needs codecs where a leg has none.
TEST(DialogKnownCodecs, OpaqueLegsAskForNothingThatNeedsCodecs) {
  SdpOptions options;
  options.ptime_ms = options.ptime_reverse_ms = 40;
  options.jitter_window_ms = 100;
  options.rtcp_xr = true;
  options.offerer_dtmf.send = options.receiver_dtmf.send = DtmfSend::kSipInfo;
  options.receiver_dtmf.tone_guard_ms = 10;
  for (const char* const section : {"m=audio 4000 RTP/AVP 96 8\r\na=rtpmap:96 AMR/8000\r\na=ptime:20\r\n",
                                    "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"}) {
    SCOPED_TRACE(section);
    Relay relay;
    relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\n" + std::string(section)), options);
    const auto check = [&] {
      for (const Side side : {Side::kCaller, Side::kCallee}) {
        const MediaLeg looked_at = relay.leg(side, 0);
        EXPECT_TRUE(looked_at.rtcp_xr && looked_at.jitter_window_ms == 100 && looked_at.ptime_ms == 40);
        EXPECT_EQ(looked_at.dtmf.send, DtmfSend::kSipInfo);
        const MediaLeg opaque = relay.leg(side, 1);
        EXPECT_TRUE(opaque.codecs.empty());
        EXPECT_FALSE(opaque.rtcp_xr || opaque.jitter_window_ms || opaque.ptime_ms != 0);
        EXPECT_EQ(opaque.dtmf, DtmfPolicy{});
      }
    };
    check();
    relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 8\r\n" + std::string(section)));
    check();
  }
}

}  // namespace
}  // namespace pollux::sdp
