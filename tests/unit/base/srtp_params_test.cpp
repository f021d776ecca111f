#include "dataplane/base/srtp_params.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/support/memory_flags.hpp"

namespace pollux {
namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kKey(16, 0x11);
const Bytes kSalt(14, 0x22);
const Bytes kMki = {1, 2};
constexpr auto kSuite = SrtpSuite::kAesCm128HmacSha1_80;

Bytes changed(Bytes bytes, std::size_t at) {
  bytes[at] ^= 1;
  return bytes;
}

TEST(SrtpParams, HoldWhatWasGiven) {
  const auto ref = SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000, 7);
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->suite, kSuite);
  EXPECT_TRUE(std::ranges::equal(ref->master_key.bytes(), kKey));
  EXPECT_TRUE(std::ranges::equal(ref->master_salt.bytes(), kSalt));
  EXPECT_TRUE(std::ranges::equal(ref->mki, kMki));
  EXPECT_EQ(ref->lifetime, 1000U);
  EXPECT_EQ(ref->roc, 7U);
  EXPECT_FALSE(SrtpParamsRef::make(kSuite, kKey, kSalt)->roc.has_value());
}

TEST(SrtpParams, EqualContentsAreEqual) {
  const auto ref = SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000, 7);
  const auto copy = ref;
  EXPECT_TRUE(copy == ref);
  EXPECT_TRUE(ref == SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000, 7));
  const SrtpParamsRef others[] = {
      SrtpParamsRef(),
      SrtpParamsRef::make(SrtpSuite::kAesCm128HmacSha1_32, kKey, kSalt, kMki, 1000, 7),
      SrtpParamsRef::make(kSuite, changed(kKey, 15), kSalt, kMki, 1000, 7),
      SrtpParamsRef::make(kSuite, kKey, changed(kSalt, 13), kMki, 1000, 7),
      SrtpParamsRef::make(kSuite, kKey, kSalt, changed(kMki, 1), 1000, 7),
      SrtpParamsRef::make(kSuite, kKey, kSalt, {}, 1000, 7),
      SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1001, 7),
      SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000, 8),
      SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000),
  };
  for (const SrtpParamsRef& other : others) {
    EXPECT_FALSE(ref == other);
    EXPECT_FALSE(other == ref);
  }
  EXPECT_TRUE(SrtpParamsRef() == SrtpParamsRef());
  // No counter and counter 0 aren't the same to a receiver.
  EXPECT_FALSE(SrtpParamsRef::make(kSuite, kKey, kSalt) ==
               SrtpParamsRef::make(kSuite, kKey, kSalt, {}, 0, 0));
}

TEST(SrtpParams, SameKeyLooksAtKeyAndSaltOnly) {
  const auto ref = SrtpParamsRef::make(kSuite, kKey, kSalt, kMki, 1000, 7);
  EXPECT_TRUE(ref->same_key(*SrtpParamsRef::make(SrtpSuite::kAesCm128HmacSha1_32, kKey, kSalt)));
  EXPECT_FALSE(ref->same_key(*SrtpParamsRef::make(kSuite, changed(kKey, 0), kSalt, kMki, 1000, 7)));
  EXPECT_FALSE(ref->same_key(*SrtpParamsRef::make(kSuite, kKey, changed(kSalt, 0), kMki, 1000, 7)));
}

TEST(SrtpParams, LieInSecretMemoryAndAreWipedByTheLastOwner) {
  auto ref = SrtpParamsRef::make(kSuite, kKey, kSalt);
  const std::uint8_t* const key = ref->master_key.bytes().data();
  EXPECT_TRUE(has_vm_flag(key, "dd")) << vm_flags_of(key);
  auto copy = ref;
  ref = SrtpParamsRef();
  EXPECT_TRUE(std::equal(kKey.begin(), kKey.end(), key));
  copy = SrtpParamsRef();
  // The block's memory stays mapped.
  const auto* const gone = static_cast<const volatile std::uint8_t*>(key);
  for (std::size_t i = 0; i < kKey.size(); ++i) {
    EXPECT_EQ(gone[i], 0) << i;
  }
}

TEST(SrtpSuite, FactsStandInTheOrderOfTheEnumeration) {
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    EXPECT_EQ(facts_of(facts.suite).suite, facts.suite);
    EXPECT_EQ(srtp_suite_named(facts.name), facts.suite);
    EXPECT_LE(facts.key_bytes, kMaxMasterKeyBytes);
    EXPECT_LE(facts.salt_bytes, kMaxMasterSaltBytes);
  }
  EXPECT_FALSE(srtp_suite_named("AES_CM_128_HMAC_SHA1_8"));
  EXPECT_FALSE(srtp_suite_named("aes_cm_128_hmac_sha1_80"));
  EXPECT_FALSE(srtp_suite_named(""));
}

// RFC 4568 §6.2, RFC 6188 §4 and RFC 7714 §14.1: lengths in bytes.
TEST(SrtpSuite, Lengths) {
  const auto lengths = [](SrtpSuite suite) {
    const SrtpSuiteFacts& facts = facts_of(suite);
    return std::array<unsigned, 4>{facts.key_bytes, facts.salt_bytes, facts.rtp_tag, facts.rtcp_tag};
  };
  using Lengths = std::array<unsigned, 4>;
  EXPECT_EQ(lengths(SrtpSuite::kAesCm128HmacSha1_80), (Lengths{16, 14, 10, 10}));
  EXPECT_EQ(lengths(SrtpSuite::kAesCm128HmacSha1_32), (Lengths{16, 14, 4, 10}));
  EXPECT_EQ(lengths(SrtpSuite::kAes256CmHmacSha1_80), (Lengths{32, 14, 10, 10}));
  EXPECT_EQ(lengths(SrtpSuite::kAes256CmHmacSha1_32), (Lengths{32, 14, 4, 10}));
  EXPECT_EQ(lengths(SrtpSuite::kAeadAes128Gcm), (Lengths{16, 12, 16, 16}));
  EXPECT_EQ(lengths(SrtpSuite::kAeadAes256Gcm), (Lengths{32, 12, 16, 16}));
  EXPECT_EQ(lengths(SrtpSuite::kNullHmacSha1_80), (Lengths{16, 14, 10, 10}));
}

}  // namespace
}  // namespace pollux
