#include "controlplane/sdp/media_description.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/sdp_bodies.hpp"
#include "tests/support/sdp_told.hpp"

namespace pollux::sdp {
namespace {

const std::string kSession = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
const std::string kKey = "AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUGFiY2RlZmdoaWprbG1u";

Expected<std::vector<MediaDescription>> described(const std::string& body) {
  return parse_document(body).and_then([](const Document& document) { return describe(document); });
}

// The section of "m=audio 5000 RTP/AVP 0 96" with these lines.
MediaDescription audio(const std::string& lines, const std::string& media = "audio 5000 RTP/AVP 0 96") {
  auto all = described(kSession + "m=" + media + "\r\n" + lines);
  EXPECT_TRUE(all) << all.error().message;
  return all ? std::move(all->front()) : MediaDescription{};
}

Format format_of(const std::string& lines) {
  MediaDescription media = audio(lines);
  return media.formats.size() == 2 ? media.formats[1] : Format{};
}

TEST(Describe, BodiesOfAllKindsAreUnderstood) {
  for (const test::Body& body : test::all_bodies()) {
    SCOPED_TRACE(body.name);
    const auto all = described(body.text);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(test::told_of(*all), body.told);
  }
}

TEST(Describe, KindsAreNamed) {
  EXPECT_EQ(audio("", "audio 1 RTP/AVP 0").kind, MediaKind::kAudio);
  EXPECT_EQ(audio("", "VIDEO 1 RTP/AVP 31").kind, MediaKind::kVideo);
  EXPECT_EQ(audio("", "text 1 RTP/AVP 98").kind, MediaKind::kText);
  EXPECT_EQ(audio("", "image 1 udptl t38").kind, MediaKind::kImage);
  EXPECT_EQ(audio("", "application 1 UDP/BFCP *").kind, MediaKind::kApplication);
  EXPECT_EQ(audio("", "message 1 TCP/MSRP *").kind, MediaKind::kMessage);
  EXPECT_EQ(audio("", "hologram 1 RTP/AVP 99").kind, MediaKind::kOther);
}

TEST(Describe, ProfilesGoBothWays) {
  for (const char* name :
       {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"}) {
    const auto profile = parse_profile(name);
    ASSERT_TRUE(profile) << name;
    EXPECT_EQ(print_profile(*profile), name);
  }
  EXPECT_EQ(parse_profile("rtp/savpf"), (RtpProfile{.secure = true, .feedback = true}));
  EXPECT_EQ(print_profile({.dtls = true}), "UDP/TLS/RTP/SAVP");
  for (const char* name : {"udptl", "TCP/RTP/AVP", "TCP/TLS/RTP/SAVPF", "RTP/AVPX", "RTP", ""}) {
    EXPECT_FALSE(parse_profile(name)) << name;
  }
}

TEST(Describe, TheSectionsAddressBeatsTheSessions) {
  EXPECT_EQ(audio("").address, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(audio("c=IN IP4 192.0.2.9\r\n").address, IpAddress::parse("192.0.2.9"));
  const MediaDescription six = audio("c=IN IP6 2001:db8::9\r\n");
  EXPECT_EQ(six.address, IpAddress::parse("2001:db8::9"));
  EXPECT_TRUE(six.ipv6);
  EXPECT_FALSE(audio("").ipv6);
}

TEST(Describe, AZeroAddressIsHold) {
  for (const auto& [line, ipv6] : {std::pair{"c=IN IP4 0.0.0.0\r\n", false}, {"c=IN IP6 ::\r\n", true}}) {
    const MediaDescription media = audio(line);
    EXPECT_FALSE(media.address);
    EXPECT_TRUE(media.zero_address);
    EXPECT_EQ(media.ipv6, ipv6);
    EXPECT_FALSE(media.remote_rtp());
    EXPECT_FALSE(media.remote_rtcp());
  }
  EXPECT_FALSE(audio("c=IN IP4 0.0.0.0\r\na=rtcp:5001\r\n").rtcp);
  EXPECT_FALSE(audio("a=rtcp:9 IN IP4 0.0.0.0\r\n").rtcp);
}

// A name in the session does no harm where nobody needs it.
TEST(Describe, OnlyAddressesThatAreUsedAreRead) {
  const std::string named =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 host.example.net\r\nt=0 0\r\n";
  EXPECT_TRUE(described(named));
  EXPECT_TRUE(described(named + "m=audio 0 RTP/AVP 0\r\n"));
  EXPECT_TRUE(described(named + "m=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n"));
  EXPECT_TRUE(described(named + "m=image 5000 udptl t38\r\n"));
  EXPECT_FALSE(described(named + "m=audio 5000 RTP/AVP 0\r\n"));
}

TEST(Describe, RtcpGoesWhereItIsSaidTo) {
  EXPECT_EQ(audio("").remote_rtcp(), SocketAddress::parse("192.0.2.1:5001"));
  EXPECT_EQ(audio("a=rtcp:6000\r\n").remote_rtcp(), SocketAddress::parse("192.0.2.1:6000"));
  EXPECT_EQ(audio("a=rtcp:6000 IN IP6 2001:db8::2\r\n").remote_rtcp(),
            SocketAddress::parse("[2001:db8::2]:6000"));
  const MediaDescription mux = audio("a=rtcp:6000\r\na=rtcp-mux\r\n");
  EXPECT_TRUE(mux.rtcp_mux);
  EXPECT_FALSE(mux.rtcp_mux_only);
  EXPECT_EQ(mux.remote_rtcp(), SocketAddress::parse("192.0.2.1:5000"));
  EXPECT_EQ(mux.remote_rtcp_apart(), SocketAddress::parse("192.0.2.1:6000"));
  const MediaDescription only = audio("a=rtcp-mux-only\r\n");
  EXPECT_TRUE(only.rtcp_mux && only.rtcp_mux_only);
  EXPECT_EQ(audio("", "audio 5001 RTP/AVP 0").remote_rtcp(), SocketAddress::parse("192.0.2.1:5002"));
  EXPECT_FALSE(audio("", "audio 65535 RTP/AVP 0").remote_rtcp());
}

TEST(Describe, DirectionOfTheSectionBeatsTheSessions) {
  EXPECT_EQ(audio("").direction, Direction::kSendRecv);
  EXPECT_FALSE(audio("").direction_said);
  EXPECT_EQ(audio("a=recvonly\r\n").direction, Direction::kRecvOnly);
  const auto all = described(kSession +
                             "a=inactive\r\nm=audio 1 RTP/AVP 0\r\nm=audio 3 RTP/AVP 0\r\na=sendonly\r\n"
                             "m=audio 5 RTP/AVP 0\r\na=SENDRECV\r\n");
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[0].direction, Direction::kInactive);
  EXPECT_TRUE((*all)[0].direction_said);
  EXPECT_EQ((*all)[1].direction, Direction::kSendOnly);
  EXPECT_EQ((*all)[2].direction, Direction::kInactive);  // names of attributes have their case
}

TEST(Describe, PacketTimesAreRoundedUp) {
  EXPECT_EQ(audio("").ptime_ms, 0);
  EXPECT_EQ(audio("a=ptime:20\r\na=maxptime:60\r\n").maxptime_ms, 60);
  EXPECT_EQ(audio("a=ptime:2.5\r\n").ptime_ms, 3);
  EXPECT_EQ(audio("a=ptime:20.000\r\n").ptime_ms, 20);
  EXPECT_EQ(audio("a=ptime:20.\r\n").ptime_ms, 20);
  EXPECT_EQ(audio("a=ptime:60000\r\n").ptime_ms, 60000);
  for (const char* const unreadable : {"", ":", ":twenty", ":-20", ":2.5.1", ":.5", ":60001"}) {
    EXPECT_EQ(audio("a=ptime" + std::string(unreadable) + "\r\n").ptime_ms, 0);
    EXPECT_EQ(audio("a=maxptime" + std::string(unreadable) + "\r\n").maxptime_ms, 0);
  }
}

TEST(Describe, FormatsHaveWhatIsSaidOfThem) {
  const Format opus = format_of("a=fmtp:96 useinbandfec=1\r\na=rtpmap:96 OPUS/48000/2\r\n");
  EXPECT_EQ(opus.encoding, "OPUS");
  EXPECT_EQ(opus.clock_rate, 48000U);
  EXPECT_EQ(opus.channels, 2U);
  EXPECT_EQ(opus.fmtp, "useinbandfec=1");
  ASSERT_TRUE(opus.params);
  EXPECT_EQ(opus.params->id, CodecId::kOpus);
  EXPECT_TRUE(opus.params->inband_fec);
  const Format unknown = format_of("a=rtpmap:96 AMR-WB/16000\r\n");
  EXPECT_EQ(unknown.encoding, "AMR-WB");
  EXPECT_FALSE(unknown.params);
  EXPECT_EQ(format_of("").encoding, "");
  EXPECT_EQ(format_of("a=fmtp:96 a\r\na=fmtp:96 b\r\n").fmtp, "a;b");
  EXPECT_TRUE(format_of("a=rtpmap:96 CN/8000\r\na=rtpmap:96 cn/8000/1\r\n").params);
}

TEST(Describe, FormatsThatPolluxCantDoHaveNoParameters) {
  EXPECT_FALSE(format_of("a=rtpmap:96 PCMU/16000\r\n").params);
  EXPECT_FALSE(format_of("a=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=7\r\n").params);
  EXPECT_FALSE(audio("a=rtpmap:8 PCMU/8000\r\n", "audio 1 RTP/AVP 8").formats[0].params);
  EXPECT_FALSE(audio("a=rtpmap:34 PCMU/8000\r\n", "audio 1 RTP/AVP 34").formats[0].params);
  EXPECT_TRUE(audio("a=rtpmap:35 PCMU/8000\r\n", "audio 1 RTP/AVP 35").formats[0].params);
  EXPECT_TRUE(audio("a=rtpmap:63 PCMU/8000\r\n", "audio 1 RTP/AVP 63").formats[0].params);
  EXPECT_FALSE(audio("a=rtpmap:64 PCMU/8000\r\n", "audio 1 RTP/AVP 64").formats[0].params);
  EXPECT_FALSE(audio("a=rtpmap:95 PCMU/8000\r\n", "audio 1 RTP/AVP 95").formats[0].params);
  EXPECT_TRUE(audio("a=rtpmap:96 PCMU/8000\r\n", "audio 1 RTP/AVP 96").formats[0].params);
  EXPECT_FALSE(audio("", "video 1 RTP/AVP 0").formats[0].params);
}

TEST(Describe, FormatsAreCountedOnce) {
  const MediaDescription media = audio("", "audio 1 RTP/AVP 8 0 8 101 0");
  ASSERT_EQ(media.formats.size(), 3U);
  EXPECT_EQ(media.formats[0].payload_type, 8);
  EXPECT_EQ(media.formats[1].payload_type, 0);
  EXPECT_EQ(media.formats[2].payload_type, 101);
  std::string formats;
  for (int i = 0; i < 64; ++i) {
    formats += " " + std::to_string(i);
  }
  EXPECT_EQ(audio("", "audio 1 RTP/AVP" + formats + " 5").formats.size(), 64U);
  EXPECT_FALSE(described(kSession + "m=audio 1 RTP/AVP" + formats + " 64\r\n"));
}

TEST(Describe, KeysAreReadAndUnknownOnesCounted) {
  const MediaDescription media =
      audio("a=crypto:7 " + kKey + "\r\na=crypto:8 F8_128_HMAC_SHA1_80 inline:x\r\na=crypto:9 " + kKey +
            " KDR=1\r\na=crypto:10 " + kKey + " NEW\r\n");
  ASSERT_EQ(media.crypto.size(), 2U);
  EXPECT_EQ(media.crypto[0].tag, 7U);
  EXPECT_TRUE(usable(media.crypto[0]));
  EXPECT_EQ(media.crypto[1].tag, 9U);
  EXPECT_FALSE(usable(media.crypto[1]));
  EXPECT_EQ(media.crypto_unknown, 2U);
}

TEST(Describe, DtlsAndIceAreSeenAtBothLevels) {
  EXPECT_FALSE(audio("").fingerprint);
  EXPECT_FALSE(audio("").ice);
  EXPECT_TRUE(audio("a=fingerprint:sha-256 00\r\n").fingerprint);
  EXPECT_TRUE(audio("a=ice-ufrag:abcd\r\n").ice);
  const auto all =
      described(kSession + "a=fingerprint:sha-256 00\r\na=ice-ufrag:abcd\r\nm=audio 1 RTP/AVP 0\r\n");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->front().fingerprint && all->front().ice);
}

TEST(Describe, OfARejectedSectionOnlyTheFirstLineCounts) {
  const MediaDescription media =
      audio("a=rtpmap:0 nonsense\r\na=crypto:x\r\na=ptime:x\r\n", "audio 0 RTP/AVP 0 x");
  EXPECT_EQ(media.port, 0);
  EXPECT_FALSE(media.remote_rtp());
  EXPECT_EQ(audio("", "audio 0 RTP/AVP").formats.size(), 0U);
}

}  // namespace
}  // namespace pollux::sdp
