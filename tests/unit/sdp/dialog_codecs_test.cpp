// Formats between two parties: which go on, what is transcoded, by which numbers.
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

struct Wish {
  std::vector<CodecName> CodecOptions::*list;
  std::vector<const char*> names;
};

struct Case {
  const char* name;
  std::vector<Wish> wishes;
  std::string offered;         // formats and attributes
  std::string told;            // m= line's formats
  std::string answered;        // the same; empty: no answer
  std::string answer_told;     // m= line's formats; "rejected"
  std::string caller, callee;  // legs
  bool CodecOptions::*flag = nullptr;
};

std::string section(std::string_view formats, int port) {
  const std::size_t end = formats.find('\n');
  const std::string list(formats.substr(0, end));
  std::string text = "m=audio " + std::to_string(port) + " RTP/AVP " + list + "\r\n";
  std::string_view rest = end == std::string_view::npos ? std::string_view{} : formats.substr(end + 1);
  while (!rest.empty()) {
    const std::size_t line = rest.find('\n');
    text += "a=" + std::string(rest.substr(0, line)) + "\r\n";
    rest.remove_prefix(line == std::string_view::npos ? rest.size() : line + 1);
  }
  return text;
}

std::string formats(std::string_view text) {
  const std::string line = lines(text, "m=audio ");
  const std::string list = line.substr(line.find("RTP/AVP ") + 8);
  return lines(text, "m=audio 0 ").empty() ? list : "rejected";
}

const std::string kG711 = "8 0 101\nrtpmap:101 telephone-event/8000\nfmtp:101 0-15";
const std::string kEvents96 = "\nrtpmap:96 telephone-event/8000";
const std::string kOpus =
    "111 8 110 101\nrtpmap:111 opus/48000/2\nrtpmap:110 telephone-event/48000\n"
    "rtpmap:101 telephone-event/8000";
const std::string kAmr = "97 8\nrtpmap:97 AMR/8000";

const Case kCases[] = {
    {"as they come",
     {},
     kG711,
     "8 0 101",
     "8 101\nrtpmap:101 telephone-event/8000",
     "8 101",
     "8:PCMA 101:telephone-event",
     "8:PCMA 101:telephone-event"},
    {"the answer's order", {}, kG711, "8 0 101", "0 8", "0 8", "0:PCMU 8:PCMA", "0:PCMU 8:PCMA"},
    {"the offer's order",
     {},
     kG711,
     "8 0 101",
     "0 8",
     "8 0",
     "8:PCMA 0:PCMU",
     "0:PCMU 8:PCMA",
     &CodecOptions::keep_order},
    {"one",
     {},
     kG711,
     "8 0 101",
     "0 8 101\nrtpmap:101 telephone-event/8000",
     "0 101",
     "0:PCMU 101:telephone-event",
     "0:PCMU 8:PCMA 101:telephone-event",
     &CodecOptions::single},
    {"other numbers",
     {},
     kOpus,
     "111 8 110 101",
     "98 99\nrtpmap:98 opus/48000/2\nrtpmap:99 telephone-event/48000",
     "111 110",
     "111:opus 110:telephone-event",
     "98:opus 99:telephone-event 111:opus 110:telephone-event"},
    {"strip one",
     {{&CodecOptions::strip, {"PCMA"}}},
     kG711,
     "0 101",
     "",
     "",
     "0:PCMU 101:telephone-event",
     "0:PCMU 101:telephone-event"},
    {"strip all but",
     {{&CodecOptions::strip, {"all"}}, {&CodecOptions::except, {"pcmu"}}},
     kG711,
     "0",
     "0",
     "0",
     "0:PCMU",
     "0:PCMU"},
    {"strip all, offer in an order",
     {{&CodecOptions::strip, {"all"}}, {&CodecOptions::offer, {"telephone-event", "PCMU", "PCMA"}}},
     kG711,
     "101 0 8",
     "",
     "",
     "8:PCMA 0:PCMU 101:telephone-event",
     "101:telephone-event 0:PCMU 8:PCMA"},
    {"offer changes the order",
     {{&CodecOptions::offer, {"PCMU"}}},
     kG711,
     "0 8 101",
     "",
     "",
     "8:PCMA 0:PCMU 101:telephone-event",
     "0:PCMU 8:PCMA 101:telephone-event"},
    {"strip what Pollux knows",
     {{&CodecOptions::strip, {"full"}}},
     kAmr,
     "97",
     "97\nrtpmap:97 AMR/8000",
     "97",
     "",
     ""},
    {"transcode",
     {{&CodecOptions::transcode, {"opus/48000/2"}}},
     "8",
     "8 96",
     "96\nrtpmap:96 opus/48000/2",
     "8",
     "8:PCMA",
     "96:opus"},
    {"transcode where it is there",
     {{&CodecOptions::transcode, {"PCMU"}}},
     kG711,
     "8 0 101",
     "",
     "",
     "8:PCMA 0:PCMU 101:telephone-event",
     "8:PCMA 0:PCMU 101:telephone-event"},
    {"transcode with a static number",
     {{&CodecOptions::transcode, {"PCMU", "G729"}}},
     "8",
     "8 0 18",
     "18",
     "8",
     "8:PCMA",
     "18:G729"},
    {"transcode, but both share one",
     {{&CodecOptions::transcode, {"PCMU"}}},
     "8",
     "8 0",
     "8 0",
     "8",
     "8:PCMA",
     "8:PCMA 0:PCMU"},
    {"mask all and transcode",
     {{&CodecOptions::mask, {"all"}}, {&CodecOptions::transcode, {"PCMU"}}},
     "8 101\nrtpmap:101 telephone-event/8000",
     "0",
     "0",
     "8 101",
     "8:PCMA 101:telephone-event",
     "0:PCMU"},
    {"mask one", {{&CodecOptions::mask, {"PCMA"}}}, kG711, "0 101", "0", "0 8", "0:PCMU 8:PCMA", "0:PCMU"},
    {"consume one",
     {{&CodecOptions::consume, {"PCMA"}}},
     kG711,
     "0 101",
     "0",
     "0 8",
     "0:PCMU 8:PCMA",
     "0:PCMU"},
    {"accept one",
     {{&CodecOptions::accept, {"PCMA"}}},
     kG711,
     "8 0 101",
     "0",
     "0 8",
     "0:PCMU 8:PCMA",
     "0:PCMU"},
    {"masks that leave nothing", {{&CodecOptions::mask, {"all"}}}, "8", "8", "8", "8", "8:PCMA", "8:PCMA"},
    {"always",
     {},
     kG711,
     "8 0 101",
     "0",
     "8 0 101",
     "8:PCMA 0:PCMU 101:telephone-event",
     "0:PCMU",
     &CodecOptions::always_transcode},
    {"events added",
     {{&CodecOptions::transcode, {"telephone-event"}}},
     "8",
     "8 96",
     "8 96" + kEvents96,
     "8",
     "8:PCMA",
     "8:PCMA 96:telephone-event"},
    {"events of each clock added",
     {{&CodecOptions::transcode, {"telephone-event"}}},
     "111 8\nrtpmap:111 opus/48000/2",
     "111 8 96 97",
     "",
     "",
     "111:opus 8:PCMA",
     "111:opus 8:PCMA 96:telephone-event 97:telephone-event"},
    {"events of the offerer's clock where audio is transcoded",
     {{&CodecOptions::mask, {"opus"}},
      {&CodecOptions::strip, {"PCMA"}},
      {&CodecOptions::transcode, {"G722"}}},
     kOpus,
     "110 101 9",
     "9 101\nrtpmap:101 telephone-event/8000",
     "101 111 110",
     "101:telephone-event 111:opus 110:telephone-event",
     "9:G722 101:telephone-event"},
    {"one that isn't known is agreed on", {}, kAmr, "97 8", "97\nrtpmap:97 AMR/8000", "97", "", ""},
    {"one that isn't known is there", {}, kAmr, "97 8", "8 97\nrtpmap:97 AMR/8000", "8", "8:PCMA", "8:PCMA"},
    {"one that isn't known gets another number",
     {},
     kAmr,
     "97 8",
     "100\nrtpmap:100 AMR/8000",
     "rejected",
     "",
     ""},
    {"nothing in common", {}, "8", "8", "0", "rejected", "8:PCMA", "8:PCMA"},
    {"red of events",
     {},
     "8 101 100\nrtpmap:101 telephone-event/8000\nrtpmap:100 red/8000\nfmtp:100 101/101",
     "8 101 100",
     "8 96 97\nrtpmap:96 telephone-event/8000\nrtpmap:97 red/8000\nfmtp:97 96/96",
     "8 101 100",
     "8:PCMA 101:telephone-event 100:red",
     "8:PCMA 96:telephone-event 97:red 101:telephone-event 100:red"},
};

TEST(DialogCodecs, Table) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    SdpOptions options;
    for (const Wish& wish : one.wishes) {
      for (const char* const name : wish.names) {
        (options.codecs.*wish.list).push_back(*parse_codec_name(name));
      }
    }
    if (one.flag != nullptr) {
      options.codecs.*one.flag = true;
    }
    Relay relay;
    EXPECT_EQ(formats(relay.offer(Side::kCaller, body(section(one.offered, 4000)), options)), one.told);
    EXPECT_EQ(relay.error, "");
    if (!one.answered.empty()) {
      EXPECT_EQ(formats(relay.answer(Side::kCallee, body(section(one.answered, 5000)))), one.answer_told);
      EXPECT_EQ(relay.error, "");
      EXPECT_EQ(relay.warned().empty(), one.answer_told != "rejected") << relay.warned();
    }
    EXPECT_EQ(shown(relay.leg(Side::kCaller).codecs), one.caller);
    EXPECT_EQ(shown(relay.leg(Side::kCallee).codecs), one.callee);
  }
}

TEST(DialogCodecs, AttributesFollowTheirFormats) {
  Relay relay;
  SdpOptions options;
  options.codecs.strip = {*parse_codec_name("PCMA")};
  options.codecs.transcode = {*parse_codec_name("opus/48000/2//useinbandfec=1"),
                              *parse_codec_name("telephone-event")};
  options.codecs.set = {*parse_codec_name("iLBC"), *parse_codec_name("G729///annexb=no")};
  const std::string told = relay.offer(Side::kCaller,
                                       body("m=audio 4000 RTP/AVP 8 18\r\n"
                                            "a=rtpmap:8 PCMA/8000\r\n"
                                            "a=fmtp:8 x=1\r\n"
                                            "a=rtpmap:18 G729/8000\r\n"
                                            "a=fmtp:18 annexb=yes\r\n"
                                            "a=sendrecv\r\n"),
                                       options);
  EXPECT_EQ(told.substr(told.find("m=")),
            "m=audio 40000 RTP/AVP 18 96 97 98\r\n"
            "c=IN IP4 203.0.113.1\r\n"
            "a=rtpmap:18 G729/8000\r\n"
            "a=fmtp:18 annexb=no\r\n"
            "a=rtpmap:96 opus/48000/2\r\n"
            "a=fmtp:96 useinbandfec=1\r\n"
            "a=rtpmap:97 telephone-event/8000\r\n"
            "a=fmtp:97 0-15\r\n"
            "a=rtpmap:98 telephone-event/48000\r\n"
            "a=fmtp:98 0-15\r\n"
            "a=sendrecv\r\n"
            "a=rtcp:40001\r\n");
  const std::string answer = relay.answer(Side::kCallee, body("m=audio 5000 RTP/AVP 96 97\r\n"
                                                              "a=rtpmap:96 opus/48000/2\r\n"
                                                              "a=fmtp:96 useinbandfec=0\r\n"
                                                              "a=rtpmap:97 telephone-event/8000\r\n"));
  EXPECT_EQ(answer.substr(answer.find("m=")),
            "m=audio 30000 RTP/AVP 18\r\n"
            "c=IN IP4 198.51.100.1\r\n"
            "a=rtpmap:18 G729/8000\r\n"
            "a=rtcp:30001\r\n");
}

TEST(DialogCodecs, NoFormatLeftIsAnError) {
  Relay relay;
  SdpOptions options;
  options.codecs.strip = {*parse_codec_name("all")};
  relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 8\r\n"), options);
  EXPECT_EQ(relay.error,
            "SDP_UNSUPPORTED sdp.line[6] line 6 (m=audio 4000 RTP/AVP 8): options.codecs leave no format to "
            "offer: strip fewer, or add some with transcode");
}

TEST(DialogCodecs, WarnsOfNamesThatItCantAdd) {
  Relay relay;
  SdpOptions options;
  options.codecs.transcode = {*parse_codec_name("AMR"), *parse_codec_name("PCMA/44100")};
  EXPECT_EQ(formats(relay.offer(Side::kCaller, body("m=audio 4000 RTP/AVP 0\r\n"), options)), "0");
  ASSERT_EQ(relay.warnings.size(), 2U);
  EXPECT_EQ(relay.warnings[0].substr(0, 44), "codec AMR isn't added: encoding must be one ");
  EXPECT_EQ(relay.warnings[1], "codec PCMA isn't added: clock_rate of PCMA is always 8000");
}

}  // namespace
}  // namespace pollux::sdp
