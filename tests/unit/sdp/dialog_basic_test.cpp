// A plain call: what each party is told, and the legs.
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

constexpr const char* kAudio =
    "m=audio 4000 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=ptime:20\r\n"
    "a=x-unknown:stays\r\n";

TEST(Dialog, PlainOffer) {
  Relay relay;
  const std::string told = relay.offer(Side::kCaller, body(kAudio));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(told,
            "v=0\r\n"
            "o=alice 1 1 IN IP4 192.0.2.10\r\n"
            "s=call\r\n"
            "c=IN IP4 203.0.113.1\r\n"
            "t=0 0\r\n"
            "m=audio 40000 RTP/AVP 8 0 101\r\n"
            "c=IN IP4 203.0.113.1\r\n"
            "a=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-15\r\n"
            "a=ptime:20\r\n"
            "a=x-unknown:stays\r\n"
            "a=rtcp:40001\r\n");
  ASSERT_TRUE(relay.relayed());
  EXPECT_EQ(relay.leg(Side::kCaller).remote_rtp->to_string(), "192.0.2.10:4000");
  EXPECT_EQ(relay.leg(Side::kCaller).remote_rtcp->to_string(), "192.0.2.10:4001");
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), "8:PCMA 0:PCMU 101:telephone-event");
  EXPECT_FALSE(relay.leg(Side::kCallee).remote_rtp.has_value());
  EXPECT_TRUE(relay.dialog.offer_open());
}

TEST(Dialog, PlainAnswer) {
  Relay relay;
  relay.offer(Side::kCaller, body(kAudio));
  const std::string told = relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 0 96\r\n"
                                                            "a=rtpmap:96 telephone-event/8000\r\n"
                                                            "a=fmtp:96 0-11\r\n",
                                                            "c=IN IP4 192.0.2.20\r\n"));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(relay.warned(), "");
  EXPECT_EQ(told,
            "v=0\r\n"
            "o=alice 1 1 IN IP4 192.0.2.10\r\n"
            "s=call\r\n"
            "c=IN IP4 198.51.100.1\r\n"
            "t=0 0\r\n"
            "m=audio 30000 RTP/AVP 0 101\r\n"
            "c=IN IP4 198.51.100.1\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-11\r\n"
            "a=rtcp:30001\r\n");
  EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), "0:PCMU 101:telephone-event");
  EXPECT_EQ(shown(relay.leg(Side::kCallee).codecs), "0:PCMU 96:telephone-event 101:telephone-event");
  EXPECT_EQ(relay.leg(Side::kCallee).remote_rtp->to_string(), "192.0.2.20:5000");
  EXPECT_FALSE(relay.dialog.offer_open());
}

}  // namespace
}  // namespace pollux::sdp
