#include "controlplane/cli/codec_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "96 opus/48000/2 fmtp"
std::string good(std::string_view text) {
  const auto parsed = parse_codec(text);
  EXPECT_THAT(parsed.problems, ElementsAre()) << text;
  const v1::Codec& codec = parsed.value;
  return std::to_string(codec.payload_type()) + " " + codec.encoding() + "/" +
         std::to_string(codec.clock_rate()) + "/" + std::to_string(codec.channels()) + " " + codec.fmtp();
}

TEST(CodecParser, StaticNumbersMayBeLeftOut) {
  EXPECT_EQ(good("PCMU"), "0 PCMU/0/0 ");
  EXPECT_EQ(good("gsm"), "3 gsm/0/0 ");
  EXPECT_EQ(good("PCMA"), "8 PCMA/0/0 ");
  EXPECT_EQ(good("G722/8000"), "9 G722/8000/0 ");
  EXPECT_EQ(good("CN"), "13 CN/0/0 ");
  EXPECT_EQ(good("G729;annexb=no"), "18 G729/0/0 annexb=no");
}

TEST(CodecParser, TakesEveryPart) {
  EXPECT_EQ(good("opus:96/48000/2;useinbandfec=1;stereo=1"), "96 opus/48000/2 useinbandfec=1;stereo=1");
  EXPECT_EQ(good("L16:97/16000"), "97 L16/16000/0 ");
  EXPECT_EQ(good("PCMA:98"), "98 PCMA/0/0 ");
  EXPECT_EQ(good("telephone-event:101;0-15/16"), "101 telephone-event/0/0 0-15/16");
  EXPECT_EQ(good("codec-of-tomorrow:0;"), "0 codec-of-tomorrow/0/0 ");
}

TEST(CodecParser, SaysWhatIsWrong) {
  for (const char* const text : {"", ";annexb=no", ":96", "L16:97/16000/2/1"}) {
    EXPECT_THAT(parse_codec(text).problems, ElementsAre(HasSubstr("written NAME, NAME:PT or"))) << text;
  }
  EXPECT_THAT(parse_codec("L16").problems, ElementsAre(HasSubstr("such as L16:96")));
  for (const char* const text : {"PCMA:", "PCMA:x", "PCMA:64", "PCMA:95", "PCMA:128", "PCMA:-1"}) {
    EXPECT_THAT(parse_codec(text).problems, ElementsAre("the payload type must be 0..63 or 96..127")) << text;
  }
  for (const char* const text : {"L16:97/", "L16:97/x", "L16:97/16000/x"}) {
    EXPECT_THAT(parse_codec(text).problems, ElementsAre(HasSubstr("clock rate and channels are numbers")))
        << text;
  }
}

}  // namespace
}  // namespace pollux::cli
