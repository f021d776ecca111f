// What must be refused, each with the part that its error names, and without a letter of the key in the
// error.
#include <gtest/gtest.h>

#include <string>

#include "controlplane/sdp/crypto_attribute.hpp"

namespace pollux::sdp {
namespace {

const std::string kKey = "QUJDREVGR0hJSktMTU5PUGFiY2RlZmdoaWprbG1u";  // 30 bytes
const std::string kOther = "YWJjZGVmZ2hpamtsbW5vcEFCQ0RFRkdISUpLTE1O";
const std::string kKey46 = kKey + "MDEyMzQ1Njc4OTo7PD0+Pw==";  // 46 bytes
const std::string kKey28 = kKey.substr(0, 36) + "bA==";
const std::string kKey44 = kKey + "MDEyMzQ1Njc4OTo7PD0=";
const std::string kSuite = "1 AES_CM_128_HMAC_SHA1_80 ";
const std::string kGood = kSuite + "inline:" + kKey;

struct BadLine {
  std::string line;
  std::string cause;
  std::string field;
  std::size_t at;  // character, from 1
};

const std::string kMalformed = "CRYPTO_MALFORMED";
const std::string kUnknownSuite = "CRYPTO_SUITE_UNKNOWN";
const std::string kUnknownMethod = "CRYPTO_KEY_METHOD_UNKNOWN";
const std::string kUnsupported = "CRYPTO_PARAMETER_UNSUPPORTED";

std::string inline_in(const std::string& suite, const std::string& key) {
  return "1 " + suite + " inline:" + key;
}

const BadLine kBadLines[] = {
    // The line as a whole.
    {"1 AES_CM_128_HMAC_SHA1_80\x01 inline:" + kKey, kMalformed, "", 26},
    {kGood + "\xc3\xa9", kMalformed, "", 74},
    {kGood + "\n\n", kMalformed, "", 74},
    {"a=crypto:" + kGood + "\r", kMalformed, "", 83},
    {std::string("1\0AES", 5), kMalformed, "", 2},
    {kGood + std::string(kMaxCryptoLetters, ' '), kMalformed, "", kMaxCryptoLetters + 1},
    // Tag.
    {"", kMalformed, "tag", 1},
    {"a=crypto:", kMalformed, "tag", 10},
    {" " + kGood, kMalformed, "tag", 1},
    {"a=crypto: " + kGood, kMalformed, "tag", 10},
    {"A=CRYPTO:" + kGood, kMalformed, "tag", 1},
    {"crypto:" + kGood, kMalformed, "tag", 1},
    {"0" + kGood, kMalformed, "tag", 1},
    {"00" + kGood.substr(1), kMalformed, "tag", 1},
    {"1000000000" + kGood.substr(1), kMalformed, "tag", 1},
    {"99999999999999999999" + kGood.substr(1), kMalformed, "tag", 1},
    {"-1" + kGood.substr(1), kMalformed, "tag", 1},
    {"+1" + kGood.substr(1), kMalformed, "tag", 1},
    {"0x1" + kGood.substr(1), kMalformed, "tag", 1},
    {"inline:" + kKey, kMalformed, "tag", 1},
    {kKey, kMalformed, "tag", 1},
    // Suite.
    {"1", kMalformed, "suite", 2},
    {"a=crypto:1 \r\n", kMalformed, "suite", 11},
    {"1 inline:" + kKey, kMalformed, "suite", 3},
    {"1 AES-CM-128 inline:" + kKey, kMalformed, "suite", 3},
    {"1 " + kKey + " inline:" + kKey, kUnknownSuite, "suite", 3},
    {"1 F8_128_HMAC_SHA1_80 inline:" + kKey, kUnknownSuite, "suite", 3},
    {"1 AES_192_CM_HMAC_SHA1_80 inline:" + kKey, kUnknownSuite, "suite", 3},
    {"1 AES_192_CM_HMAC_SHA1_32", kUnknownSuite, "suite", 3},
    {"1 AES_CM_256_HMAC_SHA1_80 inline:" + kKey46, kUnknownSuite, "suite", 3},
    {"a=crypto:1 aes_cm_128_hmac_sha1_80 inline:" + kKey, kUnknownSuite, "suite", 12},
    {"1 AES_CM_128_HMAC_SHA1_8 inline:" + kKey, kUnknownSuite, "suite", 3},
    {"1 AES_CM_128_HMAC_SHA1_800 inline:" + kKey, kUnknownSuite, "suite", 3},
    // Key method.
    {"1 AES_CM_128_HMAC_SHA1_80", kMalformed, "keys", 26},
    {kSuite, kMalformed, "keys", 26},
    {kSuite + kKey, kMalformed, "keys[0].method", 27},
    {kSuite + ":" + kKey, kMalformed, "keys[0].method", 27},
    {kSuite + "in-line:" + kKey, kMalformed, "keys[0].method", 27},
    {kSuite + "uri:" + kKey, kUnknownMethod, "keys[0].method", 27},
    {kSuite + "INLINE:" + kKey, kUnknownMethod, "keys[0].method", 27},
    {kSuite + kKey + ":" + kKey, kUnknownMethod, "keys[0].method", 27},
    {kSuite + "inline: " + kKey, kMalformed, "keys[0].key_salt", 34},
    {kGood + "|1:4;", kMalformed, "keys[1].method", 79},
    {kGood + ";;", kMalformed, "keys[0].mki", 27},
    // Key and salt.
    {kSuite + "inline:", kMalformed, "keys[0].key_salt", 34},
    {kGood.substr(0, 72), kMalformed, "keys[0].key_salt", 34},
    {kGood + "A", kMalformed, "keys[0].key_salt", 34},
    {kGood + "QUJD", kMalformed, "keys[0].key_salt", 34},
    {kGood + "=", kMalformed, "keys[0].key_salt", 34},
    {kGood.substr(0, 72) + "=", kMalformed, "keys[0].key_salt", 34},
    {kGood.substr(0, 72) + "-", kMalformed, "keys[0].key_salt", 73},
    {kGood.substr(0, 40) + "_" + kGood.substr(41), kMalformed, "keys[0].key_salt", 41},
    {kGood.substr(0, 40) + "=" + kGood.substr(41), kMalformed, "keys[0].key_salt", 41},
    {inline_in("AES_256_CM_HMAC_SHA1_80", kKey), kMalformed, "keys[0].key_salt", 34},
    {inline_in("AES_256_CM_HMAC_SHA1_80", kKey46.substr(0, 63)), kMalformed, "keys[0].key_salt", 34},
    {inline_in("AES_256_CM_HMAC_SHA1_32", kKey46 + "="), kMalformed, "keys[0].key_salt", 34},
    {inline_in("AES_256_CM_HMAC_SHA1_32", kKey46.substr(0, 61) + "x=="), kMalformed, "keys[0].key_salt", 34},
    {inline_in("AEAD_AES_128_GCM", kKey), kMalformed, "keys[0].key_salt", 27},
    {inline_in("AEAD_AES_128_GCM", kKey28.substr(0, 39)), kMalformed, "keys[0].key_salt", 27},
    {inline_in("AEAD_AES_128_GCM", kKey28.substr(0, 37) + "B=="), kMalformed, "keys[0].key_salt", 27},
    {inline_in("AEAD_AES_256_GCM", kKey46), kMalformed, "keys[0].key_salt", 27},
    {inline_in("AEAD_AES_256_GCM", kKey44 + "="), kMalformed, "keys[0].key_salt", 27},
    {inline_in("AEAD_AES_256_GCM", kKey44.substr(0, 58) + "1="), kMalformed, "keys[0].key_salt", 27},
    // Lifetime.
    {kGood + "|", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|0", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|2^", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|2^49", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|2^020", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|2^-1", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|3^20", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|01", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|281474976710657", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|18446744073709551617", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|1e6", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|" + kOther, kMalformed, "keys[0].lifetime", 75},
    {kGood + "||1:4", kMalformed, "keys[0].lifetime", 75},
    {kGood + "|1:4|2^20", kMalformed, "keys[0]", 75},
    {kGood + "|2^20|2^20", kMalformed, "keys[0]", 75},
    {kGood + "|2^20|1:4|2^20", kMalformed, "keys[0]", 75},
    // MKI.
    {kGood + "|:4", kMalformed, "keys[0].mki", 75},
    {kGood + "|1:", kMalformed, "keys[0].mki", 77},
    {kGood + "|1:0", kMalformed, "keys[0].mki", 77},
    {kGood + "|1:129", kMalformed, "keys[0].mki", 77},
    {kGood + "|1:04", kMalformed, "keys[0].mki", 77},
    {kGood + "|1:4:4", kMalformed, "keys[0].mki", 77},
    {kGood + "|2^20|1:x", kMalformed, "keys[0].mki", 82},
    {kGood + "|01:4", kMalformed, "keys[0].mki", 75},
    {kGood + "|-1:4", kMalformed, "keys[0].mki", 75},
    {kGood + "|" + kOther + ":4", kMalformed, "keys[0].mki", 75},
    {kGood + "|256:1", kMalformed, "keys[0].mki", 75},
    {kGood + "|4294967296:4", kMalformed, "keys[0].mki", 75},
    {kGood + "|1" + std::string(309, '0') + ":128", kMalformed, "keys[0].mki", 75},
    {kGood + "|9" + std::string(308, '0') + ":128", kMalformed, "keys[0].mki", 75},
    // Several keys.
    {kGood + ";inline:" + kOther, kMalformed, "keys[0].mki", 27},
    {kGood + "|1:4;inline:" + kOther, kMalformed, "keys[1].mki", 79},
    {kGood + "|1:4;inline:" + kOther + "|2:3", kMalformed, "keys[1].mki", 79},
    {kGood + "|1:4;inline:" + kOther + "|1:4", kMalformed, "keys[1].mki", 79},
    {kGood + "|1:4;inline:" + kOther.substr(0, 36) + "|2:4", kMalformed, "keys[1].key_salt", 86},
    {kSuite + std::string(16, ';'), kMalformed, "keys", 27},
    // Session parameters.
    {kGood + " KDR", kMalformed, "session_parameters[0]", 75},
    {kGood + " KDR=", kMalformed, "kdr", 79},
    {kGood + " KDR=25", kMalformed, "kdr", 79},
    {kGood + " KDR=-1", kMalformed, "kdr", 79},
    {kGood + " KDR=01", kMalformed, "kdr", 79},
    {kGood + " KDR=1 KDR=2", kMalformed, "session_parameters[1]", 81},
    {kGood + " WSH=63", kMalformed, "wsh", 79},
    {kGood + " WSH=", kMalformed, "wsh", 79},
    {kGood + " WSH=064", kMalformed, "wsh", 79},
    {kGood + " WSH=4294967296", kMalformed, "wsh", 79},
    {kGood + " WSH=64 WSH=64", kMalformed, "session_parameters[1]", 82},
    {kGood + " WSH=64 -WSH=64", kMalformed, "session_parameters[1]", 82},
    {kGood + " UNENCRYPTED_SRTP UNENCRYPTED_SRTP", kMalformed, "session_parameters[1]", 92},
    {kGood + " UNENCRYPTED_SRTCP=", kMalformed, "session_parameters[0]", 75},
    {kGood + " UNAUTHENTICATED_SRTP=1", kMalformed, "session_parameters[0]", 75},
    {kGood + " FEC_ORDER=SRTP", kMalformed, "fec_order", 85},
    {kGood + " FEC_ORDER=", kMalformed, "fec_order", 85},
    {kGood + " FEC_KEY=", kMalformed, "fec_key", 83},
    {kGood + " FEC_KEY", kMalformed, "session_parameters[0]", 75},
    {kGood + " FEC_KEY=inline:" + kOther + " FEC_KEY=x", kMalformed, "session_parameters[1]", 131},
    {kGood + " -X=1 -X=2", kMalformed, "session_parameters[1]", 80},
    {kGood + " -", kMalformed, "session_parameters[0]", 75},
    {kGood + " --X", kMalformed, "session_parameters[0]", 75},
    {kGood + " =1", kMalformed, "session_parameters[0]", 75},
    {kGood + " X", kUnsupported, "session_parameters[0]", 75},
    {kGood + " -X WSH=64 X_NEW=" + kOther, kUnsupported, "session_parameters[2]", 85},
    {kGood + " wsh=64", kUnsupported, "session_parameters[0]", 75},
    {kGood + " inline:" + kOther, kUnsupported, "session_parameters[0]", 75},
    {kGood + " |2^20", kUnsupported, "session_parameters[0]", 75},
};

TEST(CryptoMalformed, LinesAreRefusedWithThePartThatIsWrong) {
  ASSERT_TRUE(parse_crypto(kGood));
  ASSERT_TRUE(parse_crypto(inline_in("AES_256_CM_HMAC_SHA1_80", kKey46)));
  ASSERT_TRUE(parse_crypto(inline_in("AEAD_AES_128_GCM", kKey28)));
  ASSERT_TRUE(parse_crypto(inline_in("AEAD_AES_256_GCM", kKey44)));
  for (const BadLine& bad : kBadLines) {
    SCOPED_TRACE(bad.line.substr(0, 300));
    const auto parsed = parse_crypto(bad.line);
    if (parsed) {
      ADD_FAILURE() << "taken";
      continue;
    }
    const Error& error = parsed.error();
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.cause, bad.cause);
    EXPECT_EQ(error.field, bad.field);
    EXPECT_TRUE(error.message.starts_with("at character " + std::to_string(bad.at) + ": ")) << error.message;
  }
}

// No four letters in a row of any key above get into an error, wherever in the line the key is.
TEST(CryptoMalformed, ErrorsNeverShowTheKey) {
  for (const BadLine& bad : kBadLines) {
    const auto parsed = parse_crypto(bad.line);
    ASSERT_FALSE(parsed);
    const std::string shown =
        parsed.error().cause + " " + parsed.error().field + " " + parsed.error().message;
    for (const std::string& key : {kKey, kOther, kKey46}) {
      for (std::size_t i = 0; i + 4 <= key.size(); ++i) {
        EXPECT_EQ(shown.find(key.substr(i, 4)), std::string::npos) << shown;
      }
    }
  }
}

TEST(CryptoMalformed, TooManyParametersAreRefused) {
  std::string line = kGood;
  for (std::size_t i = 0; i <= kMaxSessionParameters; ++i) {
    line += " -P" + std::to_string(i);
  }
  const auto parsed = parse_crypto(line);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().cause, kMalformed);
  EXPECT_EQ(parsed.error().field, "session_parameters");
}

}  // namespace
}  // namespace pollux::sdp
