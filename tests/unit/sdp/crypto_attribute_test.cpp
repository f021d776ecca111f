#include "controlplane/sdp/crypto_attribute.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <type_traits>

namespace pollux::sdp {
namespace {

static_assert(!std::is_copy_constructible_v<CryptoAttribute>);

CryptoAttribute attribute(SrtpSuite suite, std::uint64_t lifetime = 0) {
  std::array<std::uint8_t, 46> bytes{};
  const SrtpSuiteFacts& facts = facts_of(suite);
  CryptoAttribute result;
  result.tag = 7;
  result.keys.push_back(SrtpParamsRef::make(suite, std::span(bytes).first(facts.key_bytes),
                                            std::span(bytes).first(facts.salt_bytes), {}, lifetime));
  return result;
}

TEST(PrintCrypto, WritesTheLengthOfEachSuite) {
  const auto text = [](SrtpSuite suite, Base64Padding padding) {
    return std::string(print_crypto(attribute(suite), padding).view());
  };
  const auto line = [](const std::string& suite, std::size_t letters, const std::string& end = "") {
    return "a=crypto:7 " + suite + " inline:" + std::string(letters, 'A') + end;
  };
  constexpr auto kPadded = Base64Padding::kPadded;
  constexpr auto kBare = Base64Padding::kBare;
  EXPECT_EQ(text(SrtpSuite::kAesCm128HmacSha1_80, kPadded), line("AES_CM_128_HMAC_SHA1_80", 40));
  EXPECT_EQ(text(SrtpSuite::kAesCm128HmacSha1_32, kBare), line("AES_CM_128_HMAC_SHA1_32", 40));
  EXPECT_EQ(text(SrtpSuite::kAes256CmHmacSha1_80, kPadded), line("AES_256_CM_HMAC_SHA1_80", 62, "=="));
  EXPECT_EQ(text(SrtpSuite::kAes256CmHmacSha1_32, kBare), line("AES_256_CM_HMAC_SHA1_32", 62));
  EXPECT_EQ(text(SrtpSuite::kAeadAes128Gcm, kPadded), line("AEAD_AES_128_GCM", 38, "=="));
  EXPECT_EQ(text(SrtpSuite::kAeadAes128Gcm, kBare), line("AEAD_AES_128_GCM", 38));
  EXPECT_EQ(text(SrtpSuite::kAeadAes256Gcm, kPadded), line("AEAD_AES_256_GCM", 59, "="));
  EXPECT_EQ(text(SrtpSuite::kAeadAes256Gcm, kBare), line("AEAD_AES_256_GCM", 59));
  EXPECT_EQ(text(SrtpSuite::kNullHmacSha1_80, kPadded), line("NULL_HMAC_SHA1_80", 40));
}

TEST(PrintCrypto, WritesPowersOfTwoAsSuch) {
  const auto end = [](std::uint64_t lifetime) {
    const SecretText text = print_crypto(attribute(SrtpSuite::kAesCm128HmacSha1_80, lifetime));
    return std::string(text.view().substr(text.view().rfind('A') + 1));
  };
  EXPECT_EQ(end(0), "");
  EXPECT_EQ(end(1), "|2^0");
  EXPECT_EQ(end(3), "|3");
  EXPECT_EQ(end(1U << 20), "|2^20");
  EXPECT_EQ(end((1U << 20) + 1), "|1048577");
  EXPECT_EQ(end(kMaxSrtpLifetime), "|2^48");
}

TEST(PrintCrypto, LeavesTheRolloverCounterOut) {
  CryptoAttribute with_roc = attribute(SrtpSuite::kAesCm128HmacSha1_80);
  const SrtpParams& key = *with_roc.keys[0];
  with_roc.keys[0] =
      SrtpParamsRef::make(key.suite, key.master_key.bytes(), key.master_salt.bytes(), {}, 0, 5);
  EXPECT_EQ(print_crypto(with_roc), print_crypto(attribute(SrtpSuite::kAesCm128HmacSha1_80)));
}

TEST(Usable, TakesWhatIsEncryptedAndAuthenticated) {
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    CryptoAttribute good = attribute(facts.suite, 1U << 31);
    good.kdr = 0;
    good.wsh = 64;
    good.optional_parameters.emplace_back("-KDR=3");
    EXPECT_TRUE(usable(good)) << facts.name;
  }
}

void refused(const CryptoAttribute& attribute, const std::string& field, const std::string& word) {
  const auto result = usable(attribute);
  ASSERT_FALSE(result) << field;
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().cause, "CRYPTO_PARAMETER_UNSUPPORTED");
  EXPECT_EQ(result.error().field, field);
  EXPECT_NE(result.error().message.find(word), std::string::npos) << result.error().message;
}

TEST(Usable, RefusesWhatPolluxCannotHonour) {
  const auto changed = [](auto change) {
    CryptoAttribute result = attribute(SrtpSuite::kAesCm128HmacSha1_80);
    change(result);
    return result;
  };
  using Attribute = CryptoAttribute;
  refused(changed([](Attribute& a) { a.kdr = 1; }), "kdr", "KDR");
  refused(changed([](Attribute& a) { a.kdr = 24; }), "kdr", "KDR");
  refused(changed([](Attribute& a) { a.unencrypted_srtp = true; }), "unencrypted_srtp", "UNENCRYPTED_SRTP");
  refused(changed([](Attribute& a) { a.unencrypted_srtcp = true; }), "unencrypted_srtcp",
          "UNENCRYPTED_SRTCP");
  refused(changed([](Attribute& a) { a.unauthenticated_srtp = true; }), "unauthenticated_srtp",
          "UNAUTHENTICATED_SRTP");
  refused(changed([](Attribute& a) { a.fec_order = "FEC_SRTP"; }), "fec_order", "FEC_ORDER");
  refused(changed([](Attribute& a) { a.fec_key = SecretText("inline:QUJD"); }), "fec_key", "FEC_KEY");
  refused(changed([](Attribute& a) { a.keys.push_back(a.keys[0]); }), "keys", "several");
}

}  // namespace
}  // namespace pollux::sdp
