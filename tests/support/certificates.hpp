// Certificates made for one test by a CA of its own, as PEM text.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace pollux::test {

struct Issued {
  std::string certificate;
  std::string key;
};

class TestCa {
  struct Freer {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  };
  template <typename T>
  using Owned = std::unique_ptr<T, Freer>;

 public:
  explicit TestCa(const std::string& name = "test CA") : key_(make_key()) {
    certificate_ = make(name, *key_, nullptr, "", -1, 365);
  }

  std::string pem() const { return text_of(*certificate_); }

  // `alternative_names` as OpenSSL writes them: "DNS:pollux.test,URI:spiffe://a/b". Valid from and to so many
  // days from now.
  Issued issue(const std::string& common_name, const std::string& alternative_names = "", int from = -1,
               int to = 365) const {
    const auto key = make_key();
    const auto certificate = make(common_name, *key, certificate_.get(), alternative_names, from, to);
    const Owned<BIO> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(*certificate), contents(*bio)};
  }

 private:
  static void require(bool good) {
    if (!good) {
      throw std::runtime_error("OpenSSL");
    }
  }

  static Owned<EVP_PKEY> make_key() {
    return Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  }

  static std::string contents(BIO& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(&bio, &data);
    return {data, static_cast<std::size_t>(size)};
  }

  static std::string text_of(X509& certificate) {
    const Owned<BIO> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), &certificate);
    return contents(*bio);
  }

  static void extend(X509& certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1);
  }

  // Without an issuer it signs itself.
  Owned<X509> make(const std::string& name, EVP_PKEY& key, X509* issuer, const std::string& alternative_names,
                   int from, int to) const {
    Owned<X509> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    std::uint64_t serial = 0;
    require(RAND_bytes(static_cast<unsigned char*>(static_cast<void*>(&serial)), sizeof serial) == 1);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1 | 1);
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), from, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), to, 0, nullptr);
    X509_set_pubkey(certificate.get(), &key);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    const std::basic_string<unsigned char> bytes(name.begin(), name.end());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes.data(), -1, -1, 0);
    X509* signer = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    extend(*certificate, signer, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (!alternative_names.empty()) {
      extend(*certificate, signer, NID_subject_alt_name, alternative_names);
    }
    require(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
    return certificate;
  }

  Owned<EVP_PKEY> key_;
  Owned<X509> certificate_;
};

}  // namespace pollux::test
