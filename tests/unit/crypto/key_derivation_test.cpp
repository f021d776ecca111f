// What is made of a master key (RFC 3711 §4.3), by its own derivation and as the contexts hold it.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/support/srtp_mb_bed.hpp"
#include "tests/support/srtp_vectors.hpp"

namespace pollux::crypto::test {
namespace {

// OpenSSL's counter mode over zeros.
Bytes key_stream(const Bytes& key, const srtp::Counter& counter, std::size_t length) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(cipher.get(), key.size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), nullptr,
                     key.data(), counter.data());
  const Bytes zeros(length);
  Bytes out(length);
  int written = 0;
  EVP_EncryptUpdate(cipher.get(), out.data(), &written, zeros.data(), static_cast<int>(length));
  return out;
}

VectorSection section_of(const std::string& file) {
  return read_vectors(file).begin()->second;
}

class DerivationVectors : public testing::TestWithParam<std::string> {};

TEST_P(DerivationVectors, FollowFromTheCounters) {
  const VectorSection vectors = section_of(GetParam());
  const Bytes& master = vectors.at("master_key");
  const Bytes& salt = vectors.at("master_salt");
  const auto derive = [&](srtp::KeyLabel label, std::size_t length) {
    return key_stream(master, srtp::derivation_counter(label, salt), length);
  };
  EXPECT_EQ(derive(srtp::KeyLabel::kRtpEncryption, master.size()), vectors.at("cipher_key"));
  EXPECT_EQ(derive(srtp::KeyLabel::kRtpSalt, 14), vectors.at("cipher_salt"));
  const Bytes& auth = vectors.at("auth_key");
  EXPECT_EQ(derive(srtp::KeyLabel::kRtpAuthentication, auth.size()), auth);
}
INSTANTIATE_TEST_SUITE_P(Files, DerivationVectors, testing::Values("rfc3711_b3.txt", "rfc6188_7_2.txt"),
                         [](const auto& test) { return test.param.substr(0, test.param.find('.')); });

// Of the context that ipsec-mb's backend makes: the round keys begin with the key, and the states of HMAC are
// those of the authentication key when tags made by them are OpenSSL's.
class ContextKeys : public testing::TestWithParam<std::tuple<std::string, MbArch>> {};

TEST_P(ContextKeys, AreTheVectors) {
  const auto& [file, arch] = GetParam();
  const VectorSection vectors = section_of(file);
  const Bytes& master = vectors.at("master_key");
  const auto suite = master.size() == 32 ? SrtpSuite::kAes256CmHmacSha1_80 : SrtpSuite::kAesCm128HmacSha1_80;
  MbBed bed(arch);
  const ContextId id = bed.make(SrtpParamsRef::make(suite, master, vectors.at("master_salt")));
  MbKeys& keys = rtp_keys(bed.context(id));
  const auto* const round_keys = reinterpret_cast<const std::uint8_t*>(keys.cipher());
  EXPECT_EQ(Bytes(round_keys, round_keys + master.size()), vectors.at("cipher_key"));
  EXPECT_EQ(Bytes(keys.salt, keys.salt + 14), vectors.at("cipher_salt"));
  EXPECT_EQ(Bytes(keys.salt + 14, keys.salt + 16), Bytes(2));

  const Bytes packet = bed.run(&MbEngine::protect_rtp, id, make_rtp(77), 12);
  ASSERT_EQ(packet.size(), 62U);
  Bytes covered(packet.begin(), packet.end() - 10);
  covered.resize(covered.size() + 4);  // rollover counter 0
  std::uint8_t tag[20];
  unsigned length = sizeof tag;
  HMAC(EVP_sha1(), vectors.at("auth_key").data(), 20, covered.data(), covered.size(), tag, &length);
  EXPECT_EQ(Bytes(packet.end() - 10, packet.end()), Bytes(tag, tag + 10));
}
INSTANTIATE_TEST_SUITE_P(Files, ContextKeys,
                         testing::Combine(testing::Values("rfc3711_b3.txt", "rfc6188_7_2.txt"),
                                          testing::ValuesIn(mb_archs())),
                         [](const auto& test) {
                           const std::string& file = std::get<0>(test.param);
                           return file.substr(0, file.find('.')) + "_" + name_of(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace pollux::crypto::test
