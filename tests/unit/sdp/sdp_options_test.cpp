// Names of codecs as options have them.
#include "controlplane/sdp/sdp_options.hpp"

#include <gtest/gtest.h>

namespace pollux::sdp {
namespace {

// "encoding|rate|channels|fmtp", " all", " full"; or what is wrong.
std::string read(std::string_view text) {
  const auto name = parse_codec_name(text);
  if (!name) {
    return name.error().cause + ": " + name.error().message.substr(0, name.error().message.find(';'));
  }
  return name->encoding + "|" + std::to_string(name->clock_rate) + "|" + std::to_string(name->channels) +
         "|" + name->fmtp + (name->all ? " all" : "") + (name->full ? " full" : "");
}

TEST(ParseCodecName, Names) {
  EXPECT_EQ(read("PCMA"), "PCMA|0|0|");
  EXPECT_EQ(read("telephone-event/8000"), "telephone-event|8000|0|");
  EXPECT_EQ(read("opus/48000/2"), "opus|48000|2|");
  EXPECT_EQ(read("opus/48000/2//useinbandfec=1;cbr=1"), "opus|48000|2|useinbandfec=1;cbr=1");
  EXPECT_EQ(read("opus/48000/2/useinbandfec=1"), "opus|48000|2|useinbandfec=1");
  EXPECT_EQ(read("opus/48000/2/32000/useinbandfec=1"), "opus|48000|2|useinbandfec=1");
  EXPECT_EQ(read("red/8000///101/101"), "red|8000|0|101/101");
  EXPECT_EQ(read("G729///annexb=no"), "G729|0|0|annexb=no");
  EXPECT_EQ(read("ALL"), "ALL|0|0| all");
  EXPECT_EQ(read("full"), "full|0|0| full");
}

TEST(ParseCodecName, WhatIsNone) {
  const char* const kName = "INVALID_FIELD: must begin with an encoding name of 1..64 letters, digits, - . _";
  EXPECT_EQ(read(""), kName);
  EXPECT_EQ(read("/8000"), kName);
  EXPECT_EQ(read("PC MA"), kName);
  EXPECT_EQ(read(std::string(65, 'a')), kName);
  EXPECT_EQ(read("PCMA/0"), "INVALID_FIELD: the clock rate, behind the first slash, must be 1..192000");
  EXPECT_EQ(read("PCMA/8000/256"),
            "INVALID_FIELD: the number of channels, behind the second slash, must be 1..255");
  EXPECT_EQ(read("PCMA/8000/1//a\r\nb"),
            "INVALID_FIELD: the format parameters must have at most 256 characters of printable ASCII");
  EXPECT_EQ(read("PCMA/8000/1//" + std::string(257, 'a')),
            "INVALID_FIELD: the format parameters must have at most 256 characters of printable ASCII");
}

}  // namespace
}  // namespace pollux::sdp
