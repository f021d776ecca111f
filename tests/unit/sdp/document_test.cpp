#include "controlplane/sdp/document.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/sdp_bodies.hpp"

namespace pollux::sdp {
namespace {

const std::string kStart = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";
const std::string kSession = kStart + "c=IN IP4 192.0.2.1\r\nt=0 0\r\n";
const std::string kAudio = "m=audio 5000 RTP/AVP 0\r\n";

std::string printed(const Document& document) {
  return std::string(std::string_view(print_document(document)));
}

std::string what_fails(const std::string& body) {
  const auto document = parse_document(body);
  return document ? "nothing" : document.error().field + " " + document.error().message;
}

TEST(Document, BodiesOfAllKindsComeOutAsTheyWentIn) {
  const auto bodies = test::all_bodies();
  ASSERT_GE(bodies.size(), 30U);
  for (const test::Body& body : bodies) {
    SCOPED_TRACE(body.name);
    const auto document = parse_document(body.text);
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(printed(*document), body.text);
    const auto again = parse_document(printed(*document));
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again == *document);
  }
}

TEST(Document, LinesHaveTypeValueEndAndNumber) {
  const auto document =
      parse_document("v=0\no=- 1 1 IN IP4 192.0.2.1\r\ns=a=b\r\nm=audio 0 RTP/AVP 0\r\na=rtcp-mux");
  ASSERT_TRUE(document);
  ASSERT_EQ(document->session.size(), 3U);
  ASSERT_EQ(document->sections.size(), 1U);
  EXPECT_TRUE(document->session[0] == (Line{'v', "0", LineEnd::kLf, 1}));
  EXPECT_TRUE(document->session[2] == (Line{'s', "a=b", LineEnd::kCrLf, 3}));
  EXPECT_TRUE(document->sections[0].lines[0] == (Line{'m', "audio 0 RTP/AVP 0", LineEnd::kCrLf, 4}));
  EXPECT_TRUE(document->sections[0].lines[1] == (Line{'a', "rtcp-mux", LineEnd::kNone, 5}));
  EXPECT_EQ(document->line_end(), LineEnd::kLf);
}

TEST(Document, AttributesAreSplitAtTheFirstColon) {
  const Line rtpmap{'a', "rtpmap:0 PCMU/8000"};
  EXPECT_EQ(rtpmap.attribute(), "rtpmap");
  EXPECT_EQ(rtpmap.attribute_value(), "0 PCMU/8000");
  EXPECT_TRUE(rtpmap.is_attribute("rtpmap"));
  EXPECT_FALSE(rtpmap.is_attribute("rtp"));
  EXPECT_EQ((Line{'a', "x:y:z"}).attribute_value(), "y:z");
  const Line flag{'a', "sendrecv "};
  EXPECT_TRUE(flag.is_attribute("sendrecv"));
  EXPECT_EQ(flag.attribute_value(), "");
  EXPECT_EQ((Line{'a', "ptime: 20 "}).attribute_value(), "20");
  EXPECT_FALSE((Line{'s', "sendrecv"}).is_attribute("sendrecv"));
  EXPECT_EQ((Line{'a', ""}).attribute(), "");
}

TEST(Document, LinesOfTheSessionAreFoundByTheirLetter) {
  auto document = parse_document(kSession + kAudio + "i=here\r\n");
  ASSERT_TRUE(document);
  ASSERT_NE(document->find('c'), nullptr);
  EXPECT_EQ(document->find('c')->number, 4U);
  EXPECT_EQ(document->find('i'), nullptr);
  document->find('s')->value = "other";
  EXPECT_NE(printed(*document).find("\r\ns=other\r\n"), std::string::npos);
}

TEST(Document, BlankLinesBehindTheBodyStayBehindIt) {
  auto document = parse_document(kSession + kAudio + "\r\n\n\r\n");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->tail, "\r\n\n\r\n");
  document->sections[0].lines.push_back({'a', "sendonly", document->line_end()});
  EXPECT_EQ(printed(*document), kSession + kAudio + "a=sendonly\r\n\r\n\n\r\n");
}

TEST(Document, AnUnfinishedLineIsFinishedWhenAnotherFollows) {
  auto document = parse_document(kSession + "m=audio 5000 RTP/AVP 0");
  ASSERT_TRUE(document);
  document->sections[0].lines.push_back({'a', "sendonly", LineEnd::kNone});
  EXPECT_EQ(printed(*document), kSession + kAudio + "a=sendonly");
  document->sections.push_back({{{'m', "video 0 RTP/AVP 31", LineEnd::kCrLf}}});
  EXPECT_EQ(printed(*document), kSession + kAudio + "a=sendonly\r\nm=video 0 RTP/AVP 31\r\n");
}

TEST(Document, ABodyWithoutSectionsIsOne) {
  const auto document = parse_document(kStart);
  ASSERT_TRUE(document);
  EXPECT_TRUE(document->sections.empty());
  EXPECT_EQ(printed(*document), kStart);
  EXPECT_EQ(Document{}.line_end(), LineEnd::kCrLf);
  EXPECT_EQ(printed({}), "");
}

TEST(Document, LimitsAreExact) {
  const auto lines = [](std::size_t count) {
    std::string body = kSession + kAudio;
    for (std::size_t i = 6; i < count; ++i) {
      body += "a=x\r\n";
    }
    return body;
  };
  EXPECT_EQ(what_fails(lines(kMaxLines)), "nothing");
  EXPECT_EQ(what_fails(lines(kMaxLines + 1)), "sdp has more than 2000 lines");

  std::string sections = kSession;
  for (std::size_t i = 0; i < kMaxSections; ++i) {
    sections += kAudio;
  }
  EXPECT_EQ(what_fails(sections), "nothing");
  EXPECT_EQ(what_fails(sections + kAudio),
            "sdp.line[38] line 38 (m=audio 5000 RTP/AVP 0): is one m= line too many; at most 32 are taken");

  std::string large = kSession + kAudio + "a=";
  large += std::string(kMaxBodyBytes - large.size(), 'x');
  EXPECT_EQ(what_fails(large), "nothing");
  EXPECT_EQ(printed(*parse_document(large)), large);
  EXPECT_EQ(what_fails(large + "x"), "sdp has 65537 bytes; at most 65536 are taken");
  EXPECT_EQ(what_fails(""), "sdp is empty; it must begin with v=0");
  EXPECT_EQ(what_fails("\r\n\r\n"),
            "sdp.line[1] line 1 (): is empty; blank lines may only be at the end of the body");
}

std::string message_for(char type, std::string_view value) {
  return line_error(kSdpUnsupported, {type, SecretString(value), LineEnd::kCrLf, 7}, "isn't so")
      .value()
      .message;
}

TEST(LineError, NamesTheLineAndShowsIt) {
  const Error error = line_error(kSdpUnsupported, {'a', "ptime:x", LineEnd::kCrLf, 7}, "isn't so").value();
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.cause, "SDP_UNSUPPORTED");
  EXPECT_EQ(error.field, "sdp.line[7]");
  EXPECT_EQ(error.message, "line 7 (a=ptime:x): isn't so");
  EXPECT_EQ(message_for('a', std::string(61, '-')), "line 7 (a=" + std::string(60, '-') + "...): isn't so");
  EXPECT_EQ(message_for('s', "Gespr\xc3\xa4\x01"), "line 7 (s=Gespr??\?): isn't so");
}

TEST(LineError, NeverShowsAKey) {
  const std::string hidden = "line 7: isn't so";
  EXPECT_EQ(message_for('a', "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc"), hidden);
  EXPECT_EQ(message_for('a', "CRYPTO 1 abc"), hidden);
  EXPECT_EQ(message_for('a', "acap:1 crypto:1 x"), hidden);
  EXPECT_EQ(message_for('a', "x Inline:abc"), hidden);
  EXPECT_EQ(message_for('a', "key-mgmt:mikey abc"), hidden);
  EXPECT_EQ(message_for('a', "ice-pwd:abc"), hidden);
  EXPECT_EQ(message_for('a', "ice-ufrag:abc"), hidden);
  EXPECT_EQ(message_for('k', "clear:abc"), hidden);
  EXPECT_EQ(message_for('b', "QUJDREVGR0hJSktMTU5P"), hidden);  // whatever it is
  EXPECT_EQ(message_for('a', std::string(70, ' ') + "QUJDREVGR0hJSktMTU5P"), hidden);
  // The rest of a key that was broken into lines.
  EXPECT_EQ(message_for('\0', "R0hJSktM"), hidden);
  EXPECT_EQ(message_for('\0', "sendrec"), "line 7 (sendrec): isn't so");
}

}  // namespace
}  // namespace pollux::sdp
