// Bodies that must be refused, each with the line that its error names, and without a letter of a key.
#include <gtest/gtest.h>

#include <string>

#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp {
namespace {

const std::string kV = "v=0\r\n";
const std::string kO = "o=- 1 1 IN IP4 192.0.2.1\r\n";
const std::string kStart = kV + kO + "s=-\r\n";
const std::string kSession = kStart + "c=IN IP4 192.0.2.1\r\nt=0 0\r\n";
const std::string kAudio = kSession + "m=audio 5000 RTP/AVP 0 96\r\n";
const std::string kKey = "QUJDREVGR0hJSktMTU5PUGFiY2RlZmdoaWprbG1u";
const std::string kCrypto = "AES_CM_128_HMAC_SHA1_80 inline:" + kKey;

enum class Fault { kMalformed, kUnsupported };

struct BadBody {
  std::string body;
  unsigned line;  // 0: the body as a whole
  std::string part_of_message;
  Fault fault = Fault::kMalformed;
};

std::string numbers(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    text += " " + std::to_string(i);
  }
  return text;
}

const BadBody kBadBodies[] = {
    // What isn't SDP at all.
    {"", 0, "is empty"},
    {"\r\n", 1, "is empty"},
    {"v=\r\nv=0", 1, "must be v=0"},
    {"v", 1, "must be a letter, = and a value"},
    {"=", 1, "must be a letter, = and a value"},
    {"==", 1, "none of the letters"},
    {"INVITE sip:a@b SIP/2.0\r\n", 1, "must be a letter, = and a value"},
    {std::string("\0", 1), 1, "control character at character 1"},
    {std::string(70000, 'a'), 0, "has 70000 bytes"},
    {std::string(65536, '\n'), 1, "is empty"},
    {"\xef\xbb\xbfv=0\r\n" + kO, 1, "must be a letter, = and a value"},
    // The first lines.
    {kV, 1, "must be followed by o="},
    {"v=1\r\n" + kO, 1, "must be v=0"},
    {" v=0\r\n" + kO, 1, "must be a letter, = and a value"},
    {"V=0\r\n" + kO, 1, "none of the letters"},
    {kO + kV, 1, "must be v=0"},
    {kV + kV + kO, 2, "must be o="},
    {kV + "s=-\r\n" + kO, 2, "must be o="},
    {kV + "o=\r\ns=-\r\n", 2, "six words"},
    {kV + "o=- 1 1 IN IP4\r\n", 2, "six words"},
    {kV + "o=1 1 IN IP4 192.0.2.1\r\n", 2, "six words"},
    {kV + "o=- 1 1 ATM IP4 192.0.2.1\r\n", 2, "IN IP4 or IN IP6"},
    {kV + "o=- 1 1 IN IP5 192.0.2.1\r\n", 2, "IN IP4 or IN IP6"},
    {kV + "o=- 1 x IN IP4 192.0.2.1\r\n", 2, "version in o="},
    {kV + "o=- 1 -1 IN IP4 192.0.2.1\r\n", 2, "version in o="},
    {kV + kO + "t=0 0\r\ns=-\r\n", 4, "s= must be the third line"},
    {kStart + "s=-\r\n", 4, "s= must be the third line"},
    {kStart + kO, 4, "o= must be there only once"},
    {kStart + kV, 4, "v= must be there only once"},
    // Lines where they don't belong, or that aren't any.
    {kStart + "\r\nt=0 0\r\n", 4, "is empty; blank lines may only be at the end"},
    {kStart + "x=y\r\n", 4, "none of the letters"},
    {kStart + "a sendrecv\r\n", 4, "must be a letter, = and a value"},
    {kStart + "a = sendrecv\r\n", 4, "must be a letter, = and a value"},
    {kStart + "a=send\rrecv\r\n", 4, "has a CR at character 7"},
    {kStart + "a=sendrecv\r\r\n", 4, "has a CR at character 11"},
    {kStart + std::string("a=x\0y\r\n", 7), 4, "control character at character 4"},
    {kStart + "a=\x1b[2J\r\n", 4, "control character at character 3"},
    {kStart + "a=\x7f\r\n", 4, "control character at character 3"},
    {kAudio + "t=0 0\r\n", 7, "t= must stand before the first m="},
    {kAudio + "s=-\r\n", 7, "s= must stand before the first m="},
    {kAudio + "o=- 1 1 IN IP4 192.0.2.1\r\n", 7, "o= must stand before the first m="},
    {kAudio + kV, 7, "v= must stand before the first m="},
    {kAudio + " a=sendrecv\r\n", 7, "must be a letter, = and a value"},
    // c=
    {kStart + "t=0 0\r\nm=audio 5000 RTP/AVP 0\r\n", 5, "needs an address"},
    {kStart + "m=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0\r\n", 6,
     "needs an address"},
    {kSession + "c=IN IP4 192.0.2.2\r\n", 6, "second c= of the session", Fault::kUnsupported},
    {kAudio + "c=IN IP4 192.0.2.2\r\nc=IN IP4 192.0.2.3\r\n", 8, "second c= of the section",
     Fault::kUnsupported},
    {kAudio + "c=\r\n", 7, "is written as IN IP4"},
    {kAudio + "c=IN IP4\r\n", 7, "one address must stand"},
    {kAudio + "c=IN IP4 192.0.2.1 192.0.2.2\r\n", 7, "one address must stand"},
    {kAudio + "c=IP4 192.0.2.1\r\n", 7, "is written as IN IP4"},
    {kAudio + "c=ATM NSAP 47.0091\r\n", 7, "is written as IN IP4"},
    {kAudio + "c=IN IP4 192.0.2.256\r\n", 7, "no IPv4 address"},
    {kAudio + "c=IN IP4 192.0.2\r\n", 7, "no IPv4 address"},
    {kAudio + "c=IN IP6 2001:db8::g\r\n", 7, "no IPv6 address"},
    {kAudio + "c=IN IP6 fe80::1%eth0\r\n", 7, "no IPv6 address"},
    {kAudio + "c=IN IP4 2001:db8::1\r\n", 7, "behind IP6, not IP4"},
    {kAudio + "c=IN IP6 192.0.2.1\r\n", 7, "behind IP4, not IP6"},
    {kAudio + "c=IN IP4 192.0.2.1/24\r\n", 7, "only a multicast address has a slash"},
    {kAudio + "c=IN IP4 233.252.0.1/127\r\n", 7, "multicast", Fault::kUnsupported},
    {kAudio + "c=IN IP4 233.252.0.1/127/3\r\n", 7, "multicast", Fault::kUnsupported},
    {kAudio + "c=IN IP4 233.252.0.1\r\n", 7, "multicast", Fault::kUnsupported},
    {kAudio + "c=IN IP6 ff15::101/3\r\n", 7, "multicast", Fault::kUnsupported},
    {kAudio + "c=IN IP4 host.example.net\r\n", 7, "host names", Fault::kUnsupported},
    {kAudio + "c=IN IP6 ::ffff:192.0.2.1\r\n", 7, "not mapped", Fault::kUnsupported},
    // m=
    {kSession + "m=\r\n", 6, "must be m=, the kind of media"},
    {kSession + "m=audio 5000\r\n", 6, "must be m=, the kind of media"},
    {kSession + "m=audio RTP/AVP 0\r\n", 6, "port must be 0..65535"},
    {kSession + "m=audio 65536 RTP/AVP 0\r\n", 6, "port must be 0..65535"},
    {kSession + "m=audio -1 RTP/AVP 0\r\n", 6, "port must be 0..65535"},
    {kSession + "m=audio 99999999999999999999 RTP/AVP 0\r\n", 6, "port must be 0..65535"},
    {kSession + "m=audio 5000/ RTP/AVP 0\r\n", 6, "number of ports"},
    {kSession + "m=audio 5000/0 RTP/AVP 0\r\n", 6, "number of ports"},
    {kSession + "m=audio 5000/x RTP/AVP 0\r\n", 6, "number of ports"},
    {kSession + "m=audio 5000/2 RTP/AVP 0\r\n", 6, "only one port", Fault::kUnsupported},
    {kSession + "m=audio 5000 RTP/AVP\r\n", 6, "at least one format"},
    {kSession + "m=audio 5000 RTP/AVP 128\r\n", 6, "payload types, 0..127"},
    {kSession + "m=audio 5000 RTP/AVP 0 -1\r\n", 6, "payload types, 0..127"},
    {kSession + "m=audio 5000 RTP/AVP PCMU\r\n", 6, "payload types, 0..127"},
    {kSession + "m=audio 5000 RTP/AVP" + numbers(0, 65) + "\r\n", 6, "more than 64 formats",
     Fault::kUnsupported},
    // a=rtpmap, a=fmtp
    {kAudio + "a=rtpmap\r\n", 7, "payload type, 0..127"},
    {kAudio + "a=rtpmap:\r\n", 7, "payload type, 0..127"},
    {kAudio + "a=rtpmap:opus/48000\r\n", 7, "payload type, 0..127"},
    {kAudio + "a=rtpmap:128 opus/48000\r\n", 7, "payload type, 0..127"},
    {kAudio + "a=rtpmap:96\r\n", 7, "a name, a slash and the clock rate"},
    {kAudio + "a=rtpmap:96 opus\r\n", 7, "a name, a slash and the clock rate"},
    {kAudio + "a=rtpmap:96 opus/\r\n", 7, "a name, a slash and the clock rate"},
    {kAudio + "a=rtpmap:96 /8000\r\n", 7, "a name, a slash and the clock rate"},
    {kAudio + "a=rtpmap:96 opus/48000/2 more\r\n", 7, "a name, a slash and the clock rate"},
    {kAudio + "a=rtpmap:96 opus/0\r\n", 7, "clock rate must be 1.."},
    {kAudio + "a=rtpmap:96 opus/x\r\n", 7, "clock rate must be 1.."},
    {kAudio + "a=rtpmap:96 opus/4294967296\r\n", 7, "clock rate must be 1.."},
    {kAudio + "a=rtpmap:96 opus/48000/\r\n", 7, "channels must be 1..255"},
    {kAudio + "a=rtpmap:96 opus/48000/0\r\n", 7, "channels must be 1..255"},
    {kAudio + "a=rtpmap:96 opus/48000/2/1\r\n", 7, "channels must be 1..255"},
    {kAudio + "a=rtpmap:96 opus/48000/2\r\na=rtpmap:96 CN/8000\r\n", 8, "a payload type has one"},
    {kAudio + "a=fmtp\r\n", 7, "payload type, 0..127"},
    {kAudio + "a=fmtp:x annexb=no\r\n", 7, "payload type, 0..127"},
    // a=rtcp
    {kAudio + "a=rtcp:\r\n", 7, "a port, 1..65535"},
    {kAudio + "a=rtcp:0\r\n", 7, "a port, 1..65535"},
    {kAudio + "a=rtcp:65536\r\n", 7, "a port, 1..65535"},
    {kAudio + "a=rtcp:5001 192.0.2.1\r\n", 7, "is written as IN IP4"},
    {kAudio + "a=rtcp:5001 IN IP4 300.0.2.1\r\n", 7, "no IPv4 address"},
    {kAudio + "a=rtcp:5001 IN IP4 host.example.net\r\n", 7, "host names", Fault::kUnsupported},
    // a=crypto
    {kAudio + "a=crypto:" + kCrypto + "\r\n", 7, "RFC 4568: at character 1: a tag"},
    {kAudio + "a=crypto:1 " + kCrypto.substr(0, 60) + "\r\n", 7, "RFC 4568"},
    {kAudio + "a=crypto\r\n", 7, "RFC 4568"},
    {kAudio + "a=crypto:1 " + kCrypto + "\r\na=crypto:1 " + kCrypto + "\r\n", 8, "tag of an earlier one"},
    {kAudio + "a=crypto:1 AES_CM_128_HMAC_SHA1_80\r\n inline:" + kKey + "\r\n", 8, "must be a letter"},
    {kAudio + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\r\n" + kKey + "\r\n", 8, "must be a letter"},
    {kAudio + "a=crypto:1 " + kCrypto.substr(0, 50) + "\r\n" + kCrypto.substr(50) + "\r\n", 8,
     "must be a letter"},
    {kAudio + "crypto:1 " + kCrypto + "\r\n", 7, "must be a letter"},
    {kAudio + "x=crypto:1 " + kCrypto + "\r\n", 7, "none of the letters"},
};

TEST(SdpMalformed, BodiesAreRefusedWithTheLineThatIsWrong) {
  ASSERT_TRUE(parse_document(kAudio).and_then(describe));
  ASSERT_GE(std::size(kBadBodies), 60U);
  for (const BadBody& bad : kBadBodies) {
    SCOPED_TRACE(bad.body.substr(0, 300));
    const auto described = parse_document(bad.body).and_then(describe);
    if (described) {
      ADD_FAILURE() << "taken";
      continue;
    }
    const Error& error = described.error();
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.cause, bad.fault == Fault::kMalformed ? "SDP_MALFORMED" : "SDP_UNSUPPORTED");
    const std::string number = std::to_string(bad.line);
    EXPECT_EQ(error.field, bad.line == 0 ? "sdp" : "sdp.line[" + number + "]");
    EXPECT_TRUE(bad.line == 0 || error.message.starts_with("line " + number)) << error.message;
    EXPECT_NE(error.message.find(bad.part_of_message), std::string::npos) << error.message;
    EXPECT_LT(error.message.size(), 300U);
  }
}

// No four letters in a row of the key above get into an error, wherever in the body it is.
TEST(SdpMalformed, ErrorsNeverShowTheKey) {
  for (const BadBody& bad : kBadBodies) {
    const auto described = parse_document(bad.body).and_then(describe);
    ASSERT_FALSE(described);
    const std::string& shown = described.error().message;
    for (std::size_t i = 0; i + 4 <= kKey.size(); ++i) {
      EXPECT_EQ(shown.find(kKey.substr(i, 4)), std::string::npos) << shown;
    }
  }
}

}  // namespace
}  // namespace pollux::sdp
