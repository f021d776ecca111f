#include "dataplane/srtp/initial_counter.hpp"

#include <gtest/gtest.h>

#include "tests/support/srtp_vectors.hpp"

namespace pollux::srtp {
namespace {

using crypto::test::Bytes;
using crypto::test::read_vectors;

template <typename Array>
Bytes bytes_of(const Array& array) {
  return Bytes(array.begin(), array.end());
}

Bytes hex(const char* text) {
  Bytes bytes;
  crypto::test::append_hex(text, bytes);
  return bytes;
}

// RFC 3711, Appendix B.3, prints the values that are encrypted: x * 2^16 for labels 0, 2 and 1.
TEST(InitialCounter, OfKeyDerivation) {
  const Bytes salt = read_vectors("rfc3711_b3.txt")["AES-128"]["master_salt"];
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtpEncryption, salt)),
            hex("0ec675ad498afeebb6960b3aabe60000"));
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtpSalt, salt)), hex("0ec675ad498afee9b6960b3aabe60000"));
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtpAuthentication, salt)),
            hex("0ec675ad498afeeab6960b3aabe60000"));
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtcpEncryption, salt)),
            hex("0ec675ad498afee8b6960b3aabe60000"));
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtcpAuthentication, salt)),
            hex("0ec675ad498afeefb6960b3aabe60000"));
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtcpSalt, salt)), hex("0ec675ad498afeeeb6960b3aabe60000"));
}

TEST(InitialCounter, OfKeyDerivationFromAShortSalt) {
  const Bytes salt = hex("a0a1a2a3a4a5a6a7a8a9aaab");
  EXPECT_EQ(bytes_of(derivation_counter(KeyLabel::kRtcpSalt, salt)), hex("a0a1a2a3a4a5a6a2a8a9aaab00000000"));
}

// By hand from RFC 3711 §4.1.1: each field alone, then over a salt.
TEST(InitialCounter, OfCounterMode) {
  Bytes salt(16);
  Bytes counter(16);
  counter_mode_iv(salt.data(), 0x11223344, 0, counter.data());
  EXPECT_EQ(counter, hex("00000000112233440000000000000000"));
  counter_mode_iv(salt.data(), 0, 0xaabbccddeeffU, counter.data());
  EXPECT_EQ(counter, hex("0000000000000000aabbccddeeff0000"));
  salt = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
  counter_mode_iv(salt.data(), 0, 0, counter.data());
  EXPECT_EQ(counter, salt);
  counter_mode_iv(salt.data(), 0xffffffff, 1, counter.data());
  EXPECT_EQ(counter, hex("f0f1f2f30b0a0908f8f9fafbfcfc0000"));
}

TEST(InitialCounter, OfGcm) {
  for (auto& [name, section] : read_vectors("rfc7714_16.txt")) {
    const Bytes& rtp = section["rtp"];
    EXPECT_EQ(bytes_of(gcm_rtp_iv(section["session_salt"].data(), load_be32(&rtp[8]), load_be16(&rtp[2]))),
              section["iv"])
        << name;
  }
  for (auto& [name, section] : read_vectors("rfc7714_17.txt")) {
    const std::uint32_t index = load_be32(section["index_word"].data()) & 0x7fffffffU;
    EXPECT_EQ(bytes_of(gcm_rtcp_iv(section["session_salt"].data(), load_be32(&section["rtcp"][4]), index)),
              section["iv"])
        << name;
  }
  const Bytes none(12);
  EXPECT_EQ(bytes_of(gcm_rtp_iv(none.data(), 0x11223344, 0xaabbccddeeffU)), hex("000011223344aabbccddeeff"));
  EXPECT_EQ(bytes_of(gcm_rtcp_iv(none.data(), 0x11223344, 0x7fffffff)), hex("00001122334400007fffffff"));
}

}  // namespace
}  // namespace pollux::srtp
