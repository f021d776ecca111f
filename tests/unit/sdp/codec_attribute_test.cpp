// Good and bad values of a=rtpmap and a=fmtp; the rules are those of RFC 3551, 4733, 4856 and 7587.
#include "controlplane/sdp/codec_attribute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pollux::sdp {
namespace {

using testing::HasSubstr;

CodecAttribute good(const CodecText& text) {
  const auto read = read_codec(text);
  EXPECT_TRUE(read) << text.encoding << " " << text.fmtp << ": " << read.error().message;
  return read.value_or(CodecAttribute{});
}

// "field: message"
std::string wrong(const CodecText& text) {
  const auto read = read_codec(text);
  if (read) {
    ADD_FAILURE() << text.encoding << " " << text.fmtp << " was read";
    return "";
  }
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  return read.error().field + ": " + read.error().message;
}

TEST(ReadCodec, KnowsEveryEncodingInAnyCase) {
  for (const CodecFacts& facts : kCodecs) {
    const CodecAttribute codec = good({facts.name, 0, 0, ""});
    EXPECT_EQ(codec.params.id, facts.id);
    EXPECT_EQ(codec.params.clock_rate, facts.id == CodecId::kOpus ? 48000U : 8000U) << facts.name;
    EXPECT_EQ(codec.params.channels, 1);
  }
  EXPECT_EQ(good({"pcmu", 8000, 1, ""}).params.id, CodecId::kPcmu);
  EXPECT_EQ(good({"OPUS", 48000, 2, ""}).params.id, CodecId::kOpus);
  EXPECT_EQ(good({"g726-32", 0, 0, ""}).params.id, CodecId::kG726_32);
  const std::string unknown = wrong({"speex", 0, 0, ""});
  EXPECT_THAT(unknown, HasSubstr("encoding: must be one of PCMU, PCMA, G722, "));
  EXPECT_THAT(unknown, HasSubstr(", telephone-event"));
  wrong({"", 0, 0, ""});
  wrong({"PCM", 0, 0, ""});
}

TEST(ReadCodec, ClockRatesFitTheirCodec) {
  EXPECT_EQ(wrong({"PCMA", 16000, 0, ""}), "clock_rate: of PCMA is always 8000");
  EXPECT_EQ(wrong({"opus", 16000, 0, ""}), "clock_rate: of opus is always 48000");
  EXPECT_EQ(wrong({"G722", 16000, 0, ""}),
            "clock_rate: of G722 is always 8000 in SDP (RFC 3551 section 4.5.2)");
  EXPECT_EQ(wrong({"L16", 44000, 0, ""}), "clock_rate: of L16 must be 8000, 16000, 24000, 32000 or 48000");
  for (const std::uint32_t rate : {8000U, 16000U, 24000U, 32000U, 48000U}) {
    EXPECT_EQ(good({"L16", rate, 0, ""}).params.clock_rate, rate);
    EXPECT_EQ(good({"CN", rate, 0, ""}).params.clock_rate, rate);
    EXPECT_EQ(good({"telephone-event", rate, 0, ""}).params.clock_rate, rate);
  }
}

TEST(ReadCodec, ChannelsFitTheirCodec) {
  EXPECT_EQ(good({"L16", 0, 2, ""}).params.channels, 2);
  EXPECT_EQ(good({"L16", 0, 1, ""}).params.channels, 1);
  EXPECT_EQ(wrong({"L16", 0, 3, ""}), "channels: of L16 must be 1 or 2");
  EXPECT_EQ(wrong({"PCMA", 0, 2, ""}), "channels: of PCMA must be 1");
  // RFC 7587 §7: always opus/48000/2; what is inside stands in fmtp.
  const CodecParams opus = good({"opus", 48000, 2, ""}).params;
  EXPECT_EQ(opus.channels, 1);
  EXPECT_FALSE(opus.stereo);
  EXPECT_EQ(opus, good({"opus", 0, 0, ""}).params);
  EXPECT_EQ(rtpmap_channels(opus), 2U);
  EXPECT_EQ(rtpmap_channels(good({"L16", 0, 2, ""}).params), 2U);
  EXPECT_EQ(rtpmap_channels(good({"PCMA", 0, 0, ""}).params), 1U);
}

TEST(ReadCodec, AnnexBOfG729) {
  EXPECT_TRUE(good({"G729", 0, 0, ""}).params.annexb);
  EXPECT_TRUE(good({"G729", 0, 0, "annexb=yes"}).params.annexb);
  EXPECT_FALSE(good({"G729", 0, 0, "annexb=no"}).params.annexb);
  EXPECT_FALSE(good({"G729", 0, 0, " AnnexB = NO ; annexa=yes"}).params.annexb);
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb=maybe"}), "fmtp: annexb must be yes or no");
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb"}), "fmtp: annexb must be yes or no");
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb=no;annexb=yes"}), "fmtp: annexb is there twice");
}

TEST(ReadCodec, ParametersOfOpus) {
  const CodecParams params = good({"opus", 0, 0,
                                   "minptime=10;useinbandfec=1; stereo=1;usedtx=1;cbr=1;"
                                   "maxaveragebitrate=20000;maxplaybackrate=16000;sprop-stereo=1;x"})
                                 .params;
  EXPECT_TRUE(params.inband_fec);
  EXPECT_TRUE(params.stereo);
  EXPECT_TRUE(params.dtx);
  EXPECT_TRUE(params.constant_bit_rate);
  EXPECT_EQ(params.max_average_bitrate, 20000U);
  EXPECT_EQ(params.max_playback_rate, 16000U);
  const CodecParams plain = good({"opus", 0, 0, "useinbandfec=0;stereo=0;usedtx=0;cbr=0"}).params;
  EXPECT_EQ(plain, good({"opus", 0, 0, ""}).params);
  EXPECT_EQ(good({"opus", 0, 0, "maxaveragebitrate=510000"}).params.max_average_bitrate, 510000U);
  EXPECT_EQ(good({"opus", 0, 0, "maxaveragebitrate=6000"}).params.max_average_bitrate, 6000U);
}

TEST(ReadCodec, WrongParametersOfOpusAreNamed) {
  for (const char* const flag : {"stereo", "useinbandfec", "usedtx", "cbr"}) {
    for (const char* const value : {"=2", "=", "=yes", "=-1", "", "=1x"}) {
      EXPECT_EQ(wrong({"opus", 0, 0, std::string(flag) + value}),
                "fmtp: " + std::string(flag) + " must be 0 or 1");
    }
  }
  EXPECT_EQ(wrong({"opus", 0, 0, "maxaveragebitrate=5999"}), "fmtp: maxaveragebitrate must be 6000..510000");
  EXPECT_EQ(wrong({"opus", 0, 0, "maxaveragebitrate=510001"}),
            "fmtp: maxaveragebitrate must be 6000..510000");
  EXPECT_EQ(wrong({"opus", 0, 0, "maxplaybackrate=48001"}), "fmtp: maxplaybackrate must be 8000..48000");
  EXPECT_EQ(wrong({"opus", 0, 0, "maxplaybackrate=99999999999"}),
            "fmtp: maxplaybackrate must be 8000..48000");
  EXPECT_EQ(wrong({"opus", 0, 0, "cbr=1;CBR=1"}), "fmtp: cbr is there twice");
  EXPECT_EQ(wrong({"opus", 0, 0, "maxplaybackrate=8000;maxplaybackrate=8000"}),
            "fmtp: maxplaybackrate is there twice");
}

TEST(ReadCodec, EventsOfTelephoneEvent) {
  EXPECT_EQ(good({"telephone-event", 0, 0, ""}).events, "0-15");
  EXPECT_EQ(good({"telephone-event", 0, 0, "0-16"}).events, "0-16");
  EXPECT_EQ(good({"telephone-event", 0, 0, "0-11,66,70-255"}).events, "0-11,66,70-255");
  EXPECT_EQ(good({"telephone-event", 0, 0, "events=0-15"}).events, "0-15");
  EXPECT_EQ(good({"telephone-event", 0, 0, "rate=8000"}).events, "0-15");
  for (const char* const list : {"256", "5-4", "0-", "-1", "0,,1", "0-15,", "a", "0 - 15", "1-2-3"}) {
    EXPECT_EQ(wrong({"telephone-event", 0, 0, list}), "fmtp: must list events as \"0-15,66\", each 0..255")
        << list;
  }
  EXPECT_EQ(wrong({"telephone-event", 0, 0, "0-15;16"}), "fmtp: the list of events is there twice");
  EXPECT_EQ(good({"PCMA", 0, 0, "0-15"}).events, "");
}

TEST(ReadCodec, LongLinesAreRefused) {
  EXPECT_EQ(good({"PCMA", 0, 0, std::string(kMaxFmtpBytes, ';')}), good({"PCMA", 0, 0, ""}));
  EXPECT_EQ(wrong({"PCMA", 0, 0, std::string(kMaxFmtpBytes + 1, ';')}), "fmtp: must have at most 256 bytes");
}

TEST(PrintFmtp, WhatIsNotTheDefault) {
  const auto printed = [](const char* encoding, const char* fmtp) {
    return print_fmtp(good({encoding, 0, 0, fmtp}));
  };
  EXPECT_EQ(printed("PCMA", "x=1"), "");
  EXPECT_EQ(printed("G729", "annexb=yes"), "");
  EXPECT_EQ(printed("G729", "annexb=no"), "annexb=no");
  EXPECT_EQ(printed("telephone-event", ""), "0-15");
  EXPECT_EQ(printed("telephone-event", "events=1,2"), "1,2");
  EXPECT_EQ(printed("opus", "maxplaybackrate=48000;stereo=0"), "");
  const std::string all =
      "stereo=1;useinbandfec=1;usedtx=1;cbr=1;maxaveragebitrate=20000;maxplaybackrate=16000";
  EXPECT_EQ(printed("opus", all.c_str()), all);
}

}  // namespace
}  // namespace pollux::sdp
