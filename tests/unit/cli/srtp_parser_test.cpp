#include "controlplane/cli/srtp_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/temporary_folder.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// RFC 4568 §9.1, and what it decodes to.
const std::string kKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const std::string kKeyBytes = "YS___semctl () {";
const std::string kSaltBytes = "\t220;\x7d\n\x7d\nunles";
const std::string kSuite = "AES_CM_128_HMAC_SHA1_80:";

v1::SrtpParams parsed(const std::string& text) {
  const auto result = parse_srtp(text);
  EXPECT_THAT(result.problems, ElementsAre()) << text;
  return result.value;
}

// The bytes 1, 2, 3 ... `count`.
std::string counted(int first, int last) {
  std::string bytes;
  for (int byte = first; byte <= last; ++byte) {
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

TEST(SrtpParser, KeyAndSalt) {
  const auto params = parsed(kSuite + kKey);
  EXPECT_EQ(params.suite(), v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
  EXPECT_EQ(params.master_key(), kKeyBytes);
  EXPECT_EQ(params.master_salt(), kSaltBytes);
  EXPECT_EQ(params.mki(), "");
  EXPECT_EQ(params.lifetime(), 0U);
  EXPECT_FALSE(params.has_roc());
}

TEST(SrtpParser, LifetimeAndMki) {
  EXPECT_EQ(parsed(kSuite + kKey + "|2^20").lifetime(), 1U << 20);
  EXPECT_EQ(parsed(kSuite + kKey + "|2^48").lifetime(), std::uint64_t{1} << 48);
  EXPECT_EQ(parsed(kSuite + kKey + "|281474976710656").lifetime(), std::uint64_t{1} << 48);
  EXPECT_EQ(parsed(kSuite + kKey + "|1024").lifetime(), 1024U);
  EXPECT_EQ(parsed(kSuite + kKey + "|1:4").mki(), std::string("\0\0\0\1", 4));
  const auto both = parsed(kSuite + kKey + "|2^20|1:4");
  EXPECT_EQ(both.lifetime(), 1U << 20);
  EXPECT_EQ(both.mki(), std::string("\0\0\0\1", 4));
}

TEST(SrtpParser, MkiIsANumberOfAnyLength) {
  EXPECT_EQ(parsed(kSuite + kKey + "|255:1").mki(), "\xff");
  EXPECT_EQ(parsed(kSuite + kKey + "|66051:3").mki(), "\x01\x02\x03");
  EXPECT_EQ(parsed(kSuite + kKey + "|18446744073709551616:9").mki(), std::string("\1\0\0\0\0\0\0\0\0", 9));
  EXPECT_EQ(parsed(kSuite + kKey + "|0:128").mki(), std::string(128, '\0'));
}

struct SuiteCase {
  const char* name;
  v1::SrtpSuite suite;
  const char* base64;  // of 1, 2, 3 ...
  int key;
  int salt;
};

class SrtpParserSuite : public ::testing::TestWithParam<SuiteCase> {};

TEST_P(SrtpParserSuite, SplitsKeyFromSalt) {
  const auto& [name, suite, base64, key, salt] = GetParam();
  const auto params = parsed(std::string(name) + ":" + base64);
  EXPECT_EQ(params.suite(), suite);
  EXPECT_EQ(params.master_key(), counted(1, key));
  EXPECT_EQ(params.master_salt(), counted(key + 1, key + salt));
}

constexpr const char* k30 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e";
constexpr const char* k46 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLg==";
constexpr const char* k28 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA==";
constexpr const char* k44 = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKyw=";

INSTANTIATE_TEST_SUITE_P(
    All, SrtpParserSuite,
    ::testing::Values(
        SuiteCase{"AES_CM_128_HMAC_SHA1_80", v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, k30, 16, 14},
        SuiteCase{"AES_CM_128_HMAC_SHA1_32", v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32, k30, 16, 14},
        SuiteCase{"AES_256_CM_HMAC_SHA1_80", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80, k46, 32, 14},
        SuiteCase{"AES_256_CM_HMAC_SHA1_32", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32, k46, 32, 14},
        SuiteCase{"AEAD_AES_128_GCM", v1::SRTP_SUITE_AEAD_AES_128_GCM, k28, 16, 12},
        SuiteCase{"AEAD_AES_256_GCM", v1::SRTP_SUITE_AEAD_AES_256_GCM, k44, 32, 12},
        SuiteCase{"NULL_HMAC_SHA1_80", v1::SRTP_SUITE_NULL_HMAC_SHA1_80, k30, 16, 14}));

struct BadCase {
  std::string text;
  const char* problem;
};

class SrtpParserBad : public ::testing::TestWithParam<BadCase> {};

TEST_P(SrtpParserBad, SaysWhatIsWrongAndNeverTheKey) {
  EXPECT_THAT(parse_srtp(GetParam().text).problems,
              ElementsAre(AllOf(HasSubstr(GetParam().problem), Not(HasSubstr(kKey.substr(0, 8))))));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SrtpParserBad,
    ::testing::Values(
        BadCase{kKey, "it is written SUITE:BASE64"},
        BadCase{kKey + ":", "the suite is one of AES_CM_128_HMAC"}, BadCase{"", "it is written SUITE:BASE64"},
        BadCase{"aes_cm_128_hmac_sha1_80:" + kKey, "AEAD_AES_256_GCM"},
        BadCase{"F8_128_HMAC_SHA1_80:" + kKey, "the suite is one of"}, BadCase{kSuite, "not 0"},
        BadCase{kSuite + kKey.substr(0, 39), "aren't base64"}, BadCase{kSuite + " " + kKey, "aren't base64"},
        BadCase{kSuite + kKey.substr(0, 36), "16 bytes of key and 14 of salt, together 30, not 27"},
        BadCase{"AEAD_AES_128_GCM:" + kKey, "16 bytes of key and 12 of salt, together 28, not 30"},
        BadCase{"AES_256_CM_HMAC_SHA1_80:" + kKey, "32 bytes of key and 14 of salt, together 46, not 30"},
        BadCase{kSuite + "inline:" + kKey, "aren't base64"}, BadCase{kSuite + kKey + "|", "lifetime must be"},
        BadCase{kSuite + kKey + "|0", "lifetime must be 1024..2^48 packets"},
        BadCase{kSuite + kKey + "|1023", "lifetime must be"},
        BadCase{kSuite + kKey + "|2^9", "lifetime must be"},
        BadCase{kSuite + kKey + "|2^49", "lifetime must be"},
        BadCase{kSuite + kKey + "|2^", "lifetime must be"},
        BadCase{kSuite + kKey + "|281474976710657", "lifetime must be"},
        BadCase{kSuite + kKey + "|-2", "lifetime must be"},
        BadCase{kSuite + kKey + "|99999999999999999999999", "lifetime must be"},
        BadCase{kSuite + kKey + "|1:0", "length must be 1..128"},
        BadCase{kSuite + kKey + "|1:129", "length must be 1..128"},
        BadCase{kSuite + kKey + "|1:", "length must be 1..128"},
        BadCase{kSuite + kKey + "|:4", "decimal number that fits its 4 bytes"},
        BadCase{kSuite + kKey + "|256:1", "decimal number that fits its 1 byte"},
        BadCase{kSuite + kKey + "|0x1:4", "decimal number"},
        BadCase{kSuite + kKey + "|1:4|2^20", "in this order"},
        BadCase{kSuite + kKey + "|2^20|2^20", "the MKI"},
        BadCase{kSuite + kKey + "|2^20|1:4|x", "in this order"}));

TEST(SrtpParser, ReportsEveryProblem) {
  EXPECT_EQ(parse_srtp(kSuite + "x|5|1:0").problems.size(), 3U);
}

TEST(SrtpParser, FileHoldsTheKeyOnItsFirstLine) {
  const TemporaryFolder folder;
  for (const char* const end : {"", "\n", "\r\n", " \t\n", "\nsomething else\n"}) {
    const auto result = read_srtp("@" + folder.write("key", kSuite + kKey + "|1:4" + end));
    EXPECT_THAT(result.problems, ElementsAre());
    EXPECT_EQ(result.value.master_key(), kKeyBytes);
    EXPECT_EQ(result.value.mki().size(), 4U);
  }
  EXPECT_EQ(read_srtp(kSuite + kKey).value.master_key(), kKeyBytes);
}

TEST(SrtpParser, FileWithoutAKeyIsNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(read_srtp("@/nonexistent/key").problems,
              ElementsAre("file /nonexistent/key: No such file or directory"));
  EXPECT_THAT(read_srtp("@").problems, ElementsAre(HasSubstr("file : No such file")));
  for (const std::string& text : {std::string(), "\n" + kSuite + kKey, std::string(5000, 'A')}) {
    const std::string file = folder.write("key", text);
    EXPECT_THAT(read_srtp("@" + file).problems,
                ElementsAre("file " + file + " has no key on its first line"));
  }
  const std::string file = folder.write("key", kKey + "\n");
  EXPECT_THAT(read_srtp("@" + file).problems,
              ElementsAre(AllOf(HasSubstr("file " + file + ": it is written"), Not(HasSubstr(kKey)))));
}

TEST(SrtpParser, QuotedCommandLinesLoseTheirKeys) {
  for (const std::string& text :
       {"a,srtp-receive=" + kSuite + kKey, "a,srtp-send=" + kKey, "a,srtp=" + kKey, "a,srtp_receive=" + kKey,
        "a,SRTP-send=" + kKey, "a,strp-send=" + kSuite + kKey, "a,direction=" + kKey, kSuite + kKey, kKey,
        "a,x='" + kKey + "'", "a,srtp-send=" + kSuite + "WVNfX19z", "a,srtp-send=" + kKey.substr(0, 9)}) {
    EXPECT_THAT(without_keys(text), AllOf(Not(HasSubstr("WVNfX19z")), HasSubstr("..."))) << text;
  }
  EXPECT_EQ(without_keys("a,network=x,srtp-send=" + kSuite + kKey + "|2^20|1:4,dscp=46"),
            "a,network=x,srtp-send=...,dscp=46");
}

TEST(SrtpParser, OtherWordsStayAsTheyAre) {
  for (const char* const text : {"", ",", "a,srtp=passthrough", "a,srtp-receive=@/run/keys/a",
                                 "a,network=outside,remote=[2001:db8::7]:1", "srtp-receive= needs a value",
                                 "first line\nsecond line\n", "a,pt=111:96@48000/opus+8/PCMA,sinks=b+c"}) {
    EXPECT_EQ(without_keys(text), text);
  }
}

}  // namespace
}  // namespace pollux::cli
