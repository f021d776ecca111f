// What legs may be, and what becomes of wishes beyond it.
#include "controlplane/sdp/leg_rules.hpp"

#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"

namespace pollux::sdp {
namespace {

CodecFormat format(std::string_view encoding, std::uint8_t payload_type, std::uint32_t clock_rate = 0,
                   std::string_view fmtp = "") {
  return {*read_codec({encoding, clock_rate, 0, fmtp}), payload_type};
}

std::string numbers(const std::vector<CodecFormat>& formats) {
  std::string list;
  for (const CodecFormat& one : leg_list(formats)) {
    list += (list.empty() ? "" : " ") + std::to_string(one.payload_type);
  }
  return list;
}

TEST(LegRules, Numbers) {
  const CodecParams pcma = format("PCMA", 8).params;
  EXPECT_TRUE(number_allowed(8, pcma));
  EXPECT_FALSE(number_allowed(0, pcma));
  EXPECT_FALSE(number_allowed(34, pcma));
  EXPECT_TRUE(number_allowed(35, pcma));
  EXPECT_TRUE(number_allowed(63, pcma));
  EXPECT_FALSE(number_allowed(64, pcma));
  EXPECT_FALSE(number_allowed(95, pcma));
  EXPECT_TRUE(number_allowed(96, pcma));
  EXPECT_TRUE(number_allowed(127, pcma));
  EXPECT_FALSE(number_allowed(128, pcma));
}

TEST(LegRules, Lists) {
  EXPECT_EQ(numbers({format("telephone-event", 101)}), "");
  EXPECT_EQ(numbers({format("telephone-event", 101), format("PCMA", 8)}), "101 8");
  EXPECT_EQ(numbers({format("PCMA", 8), format("PCMA", 8), format("PCMU", 0)}), "8 0");
  EXPECT_EQ(numbers({format("PCMA", 8), format("telephone-event", 101), format("red", 100, 8000, "101/101")}),
            "8 101 100");
  EXPECT_EQ(
      numbers({format("PCMA", 8), format("telephone-event", 101), format("red", 100, 16000, "101/101")}),
      "8 101");
  EXPECT_EQ(numbers({format("PCMA", 8), format("red", 100, 8000, "8/8")}), "8");
}

TEST(LegRules, ListsThatAreTooLongKeepTheirAudio) {
  std::vector<CodecFormat> formats;
  for (std::uint8_t number = 96; number < 96 + 30; ++number) {
    formats.push_back(format("telephone-event", number));
  }
  formats.push_back(format("PCMA", 8));
  const std::vector<CodecFormat> list = leg_list(formats);
  ASSERT_EQ(list.size(), kMaxCodecs);
  EXPECT_EQ(list.back().payload_type, 8);
}

TEST(LegRules, Ptime) {
  const auto ptime = [](std::string_view encoding, std::uint16_t wish) {
    return leg_ptime(wish, std::vector{format(encoding, 96)});
  };
  EXPECT_EQ(ptime("PCMA", 0), 0);
  EXPECT_EQ(ptime("PCMA", 1), 5);
  EXPECT_EQ(ptime("PCMA", 33), 33);
  EXPECT_EQ(ptime("PCMA", 61), 60);
  EXPECT_EQ(ptime("opus", 65535), 120);
  EXPECT_EQ(ptime("G729", 5), 10);
  EXPECT_EQ(ptime("G729", 39), 30);
  EXPECT_EQ(ptime("GSM", 39), 20);
  EXPECT_EQ(ptime("GSM", 5), 20);
  EXPECT_EQ(leg_ptime(20, {}), 0);
}

TEST(LegRules, Dtmf) {
  const std::vector<CodecFormat> plain{format("PCMA", 8)};
  const std::vector<CodecFormat> events{format("G729", 18), format("telephone-event", 101)};
  struct Case {
    DtmfPolicy wish;
    const std::vector<CodecFormat>& codecs;
    DtmfPolicy policy;
    std::size_t warnings;
  };
  const std::vector<CodecFormat> opaque;
  const auto send = [](DtmfSend way) {
    DtmfPolicy policy;
    policy.send = way;
    return policy;
  };
  DtmfPolicy believe;
  believe.receive_rfc4733 = DtmfReceive::kOn;
  DtmfPolicy loud;
  loud.tone_guard_ms = 65535;
  loud.level_dbm0 = 255;
  DtmfPolicy most;
  most.tone_guard_ms = kMaxToneGuardMs;
  most.level_dbm0 = kMaxDtmfLevel;
  for (const Case& one : {Case{{}, opaque, {}, 0}, Case{send(DtmfSend::kSipInfo), opaque, {}, 1},
                          Case{send(DtmfSend::kRfc4733), plain, {}, 1},
                          Case{send(DtmfSend::kRfc4733), events, send(DtmfSend::kRfc4733), 0},
                          Case{send(DtmfSend::kInBand), plain, send(DtmfSend::kInBand), 0},
                          Case{send(DtmfSend::kInBand), events, {}, 1}, Case{believe, plain, {}, 1},
                          Case{believe, events, believe, 0}, Case{loud, plain, most, 0}}) {
    std::vector<std::string> warnings;
    EXPECT_EQ(leg_dtmf(one.wish, one.codecs, "caller", warnings), one.policy);
    EXPECT_EQ(warnings.size(), one.warnings);
  }
}

TEST(LegRules, Sendable) {
  for (const char* const address : {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fe80::1"}) {
    EXPECT_TRUE(sendable(*IpAddress::parse(address))) << address;
  }
  for (const char* const address :
       {"0.0.0.0", "::", "127.0.0.1", "::1", "224.0.0.1", "ff02::1", "255.255.255.255"}) {
    EXPECT_FALSE(sendable(*IpAddress::parse(address))) << address;
  }
}

}  // namespace
}  // namespace pollux::sdp
