// Good and bad values of a=rtpmap and a=fmtp; the rules are those of RFC 3551, 4733, 4856 and 7587.
#include "controlplane/sdp/codec_attribute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pollux::sdp {
namespace {

using testing::HasSubstr;

CodecParams good(const CodecText& text) {
  const auto read = read_codec(text);
  EXPECT_TRUE(read) << text.encoding << " " << text.fmtp << ": " << read.error().message;
  return read.value_or(CodecParams{});
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
    const char* const fmtp = facts.id == CodecId::kRed ? "101/101" : "";
    const CodecParams codec = good({facts.name, 0, 0, fmtp});
    EXPECT_EQ(codec.id, facts.id);
    EXPECT_EQ(codec.clock_rate, facts.id == CodecId::kOpus ? 48000U : 8000U) << facts.name;
    EXPECT_EQ(codec.channels, 1);
  }
  EXPECT_EQ(good({"pcmu", 8000, 1, ""}).id, CodecId::kPcmu);
  EXPECT_EQ(good({"OPUS", 48000, 2, ""}).id, CodecId::kOpus);
  EXPECT_EQ(good({"g726-32", 0, 0, ""}).id, CodecId::kG726_32);
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
    EXPECT_EQ(good({"L16", rate, 0, ""}).clock_rate, rate);
    EXPECT_EQ(good({"CN", rate, 0, ""}).clock_rate, rate);
    EXPECT_EQ(good({"telephone-event", rate, 0, ""}).clock_rate, rate);
  }
}

TEST(ReadCodec, ChannelsFitTheirCodec) {
  EXPECT_EQ(good({"L16", 0, 2, ""}).channels, 2);
  EXPECT_EQ(good({"L16", 0, 1, ""}).channels, 1);
  EXPECT_EQ(wrong({"L16", 0, 3, ""}), "channels: of L16 must be 1 or 2");
  EXPECT_EQ(wrong({"PCMA", 0, 2, ""}), "channels: of PCMA must be 1");
  // RFC 7587 §7: always opus/48000/2; what is inside stands in fmtp.
  const CodecParams opus = good({"opus", 48000, 2, ""});
  EXPECT_EQ(opus.channels, 1);
  EXPECT_FALSE(opus.stereo);
  EXPECT_EQ(opus, good({"opus", 0, 0, ""}));
  EXPECT_EQ(rtpmap_channels(opus), 2U);
  EXPECT_EQ(rtpmap_channels(good({"L16", 0, 2, ""})), 2U);
  EXPECT_EQ(rtpmap_channels(good({"PCMA", 0, 0, ""})), 1U);
}

TEST(ReadCodec, AnnexBOfG729) {
  EXPECT_TRUE(good({"G729", 0, 0, ""}).annexb);
  EXPECT_TRUE(good({"G729", 0, 0, "annexb=yes"}).annexb);
  EXPECT_FALSE(good({"G729", 0, 0, "annexb=no"}).annexb);
  EXPECT_FALSE(good({"G729", 0, 0, " AnnexB = NO ; annexa=yes"}).annexb);
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb=maybe"}), "fmtp: annexb must be yes or no");
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb"}), "fmtp: annexb must be yes or no");
  EXPECT_EQ(wrong({"G729", 0, 0, "annexb=no;annexb=yes"}), "fmtp: annexb is there twice");
}

TEST(ReadCodec, ParametersOfOpus) {
  const CodecParams params = good({"opus", 0, 0,
                                   "minptime=10;useinbandfec=1; stereo=1;usedtx=1;cbr=1;"
                                   "maxaveragebitrate=20000;maxplaybackrate=16000;sprop-stereo=1;x"});
  EXPECT_TRUE(params.inband_fec);
  EXPECT_TRUE(params.stereo);
  EXPECT_TRUE(params.dtx);
  EXPECT_TRUE(params.constant_bit_rate);
  EXPECT_EQ(params.max_average_bitrate, 20000U);
  EXPECT_EQ(params.max_playback_rate, 16000U);
  const CodecParams plain = good({"opus", 0, 0, "useinbandfec=0;stereo=0;usedtx=0;cbr=0"});
  EXPECT_EQ(plain, good({"opus", 0, 0, ""}));
  EXPECT_EQ(good({"opus", 0, 0, "maxaveragebitrate=510000"}).max_average_bitrate, 510000U);
  EXPECT_EQ(good({"opus", 0, 0, "maxaveragebitrate=6000"}).max_average_bitrate, 6000U);
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

// Events as RFC 4733 §2.4.1 lists them, of those that are known here.
std::string events(const char* fmtp) {
  const CodecParams params = good({"telephone-event", 0, 0, fmtp});
  std::string listed;
  for (std::uint8_t event = 0; event < 255; ++event) {
    listed += takes_event(params, event) ? std::to_string(event) + " " : "";
  }
  return listed;
}

TEST(ReadCodec, EventsOfTelephoneEvent) {
  const std::string usual = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ";
  EXPECT_EQ(events(""), usual);
  EXPECT_EQ(events("0-16"), usual + "16 ");
  EXPECT_EQ(events("events=0-15"), usual);
  EXPECT_EQ(events("rate=8000"), usual);
  EXPECT_EQ(events("66,0-1,1"), "0 1 66 ");
  EXPECT_EQ(events("63-64,126-255"), "63 64 126 127 ");
  for (const char* const list : {"256", "5-4", "0-", "-1", "0,,1", "0-15,", "a", "0 - 15", "1-2-3"}) {
    EXPECT_EQ(wrong({"telephone-event", 0, 0, list}), "fmtp: must list events as \"0-15,66\", each 0..255")
        << list;
  }
  EXPECT_EQ(wrong({"telephone-event", 0, 0, "128-255"}), "fmtp: must list at least one of the events 0..127");
  EXPECT_EQ(wrong({"telephone-event", 0, 0, "0-15;16"}), "fmtp: the list of events is there twice");
  EXPECT_EQ(good({"PCMA", 0, 0, "1-2"}), good({"PCMA", 0, 0, ""}));
}

TEST(ReadCodec, RedRepeatsOneFormat) {
  const CodecParams red = good({"RED", 0, 0, "101/101/101"});
  EXPECT_EQ(red.id, CodecId::kRed);
  EXPECT_EQ(red.redundant_payload_type, 101);
  EXPECT_EQ(red.redundancy, 2);
  EXPECT_EQ(good({"red", 48000, 1, "0/0"}).redundancy, 1);
  EXPECT_EQ(good({"red", 0, 0, "x=1; 96/96/96/96/96/96/96/96"}).redundancy, 7);
  const std::string written =
      "fmtp: must be the payload type of telephone-event, once for each event in a packet: \"101/101/101\"";
  for (const char* const fmtp : {"101/", "/101", "101/a", "128/128", "101 / 101", "101//101"}) {
    EXPECT_EQ(wrong({"red", 0, 0, fmtp}), written) << fmtp;
  }
  EXPECT_EQ(wrong({"red", 0, 0, ""}), written);
  EXPECT_EQ(wrong({"red", 0, 0, "101"}), written + ", 2..8 times");
  EXPECT_EQ(wrong({"red", 0, 0, "1/1/1/1/1/1/1/1/1"}), written + ", 2..8 times");
  EXPECT_EQ(wrong({"red", 0, 0, "101/0"}),
            "fmtp: must name one payload type only, that of telephone-event: other formats aren't repeated");
  EXPECT_EQ(wrong({"red", 0, 0, "101/101;101/101"}), "fmtp: the list of payload types is there twice");
  EXPECT_EQ(wrong({"red", 44100, 0, "101/101"}),
            "clock_rate: of red must be 8000, 16000, 24000, 32000 or 48000");
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
  EXPECT_EQ(printed("telephone-event", "events=1,2"), "1-2");
  EXPECT_EQ(printed("telephone-event", "70,0-11,66,13,200"), "0-11,13,66,70");
  EXPECT_EQ(printed("telephone-event", "127,62-65"), "62-65,127");
  EXPECT_EQ(printed("red", "101/101/101"), "101/101/101");
  EXPECT_EQ(printed("opus", "maxplaybackrate=48000;stereo=0"), "");
  const std::string all =
      "stereo=1;useinbandfec=1;usedtx=1;cbr=1;maxaveragebitrate=20000;maxplaybackrate=16000";
  EXPECT_EQ(printed("opus", all.c_str()), all);
}

}  // namespace
}  // namespace pollux::sdp
