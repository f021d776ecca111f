#include "controlplane/config/certificate_check.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "controlplane/config/read_context.hpp"

namespace pollux::config {

namespace {

constexpr std::size_t kLongestPem = 1 << 20;
constexpr int kDaysOfNotice = 14;

struct Freer {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freer>;

Owned<BIO> reader(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Asked for a pass phrase, OpenSSL would read one from the terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

std::vector<Owned<X509>> certificates_of(const std::string& pem) {
  std::vector<Owned<X509>> found;
  const Owned<BIO> bio = reader(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    found.emplace_back(certificate);
  }
  ERR_clear_error();  // the end of the file counts as one
  return found;
}

// Days from `now` to `time`, rounded down; nothing for a time that can't be read.
std::optional<int> days_until(const ASN1_TIME* time, std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const std::unique_ptr<ASN1_TIME, void (*)(ASN1_TIME*)> from(ASN1_TIME_set(nullptr, seconds),
                                                              ASN1_STRING_free);
  int days = 0;
  int rest = 0;
  if (from == nullptr || ASN1_TIME_diff(&days, &rest, from.get(), time) != 1) {
    return std::nullopt;
  }
  return rest < 0 ? days - 1 : days;
}

class Checker {
 public:
  Checker(const ConfigResult& loaded, std::chrono::system_clock::time_point now)
      : tls_(loaded.config->grpc.tls), lines_(loaded.key_lines), now_(now), context_(loaded.file) {}

  CertificateReport run() {
    if (!tls_.listen.empty()) {
      const auto chain = certificates("certificate", tls_.certificate);
      const auto key = private_key();
      if (!chain.empty() && key != nullptr && X509_check_private_key(chain.front().get(), key.get()) != 1) {
        error("key", tls_.key + " is not the key of the certificate in " + tls_.certificate);
      }
      if (!tls_.client_ca.empty()) {
        certificates("client_ca", tls_.client_ca);
      }
      ERR_clear_error();
    }
    return {context_.take_errors(), context_.take_warnings()};
  }

 private:
  void error(const std::string& name, std::string message) {
    const std::string key = "grpc.tls." + name;
    context_.error(key, nearest_line(lines_, key), std::move(message));
  }
  void warning(const std::string& name, std::string message) {
    const std::string key = "grpc.tls." + name;
    context_.warning(key, nearest_line(lines_, key), std::move(message));
  }

  std::optional<std::string> text_of(const std::string& name, const std::string& path) {
    errno = 0;
    struct stat info {};
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open() || stat(path.c_str(), &info) != 0) {
      error(name, path + " cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
      return std::nullopt;
    }
    if (!S_ISREG(info.st_mode) || static_cast<std::size_t>(info.st_size) > kLongestPem) {
      error(name, path + " is no PEM file");
      return std::nullopt;
    }
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::vector<Owned<X509>> certificates(const std::string& name, const std::string& path) {
    const auto pem = text_of(name, path);
    if (!pem) {
      return {};
    }
    auto found = certificates_of(*pem);
    if (found.empty()) {
      error(name, path + " has no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      check_times(name, path + (found.size() > 1 ? ", certificate " + std::to_string(i + 1) + "," : ""),
                  *found[i]);
    }
    return found;
  }

  void check_times(const std::string& name, const std::string& what, const X509& certificate) {
    const int begins =
        ASN1_TIME_cmp_time_t(X509_get0_notBefore(&certificate), std::chrono::system_clock::to_time_t(now_));
    const auto ends = days_until(X509_get0_notAfter(&certificate), now_);
    if (begins == -2 || !ends) {
      error(name, what + " has times of validity that make no sense");
    } else if (*ends < 0) {
      warning(name, what + " has expired: clients will refuse it");
    } else if (begins > 0) {
      warning(name, what + " isn't valid yet: clients will refuse it");
    } else if (*ends < kDaysOfNotice) {
      warning(name, what + " expires within " + std::to_string(*ends + 1) + " days");
    }
  }

  Owned<EVP_PKEY> private_key() {
    const auto pem = text_of("key", tls_.key);
    if (!pem) {
      return nullptr;
    }
    Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader(*pem).get(), nullptr, no_pass_phrase, nullptr));
    if (key == nullptr) {
      error("key", tls_.key + " has no private key in PEM form, or one with a pass phrase");
    }
    struct stat info {};
    if (stat(tls_.key.c_str(), &info) == 0 && (info.st_mode & 0007) != 0) {
      warning("key", tls_.key + " can be read by every user of this machine: chmod o= " + tls_.key);
    }
    return key;
  }

  const TlsConfig& tls_;
  const std::map<std::string, int>& lines_;
  const std::chrono::system_clock::time_point now_;
  ReadContext context_;
};

}  // namespace

CertificateReport check_certificates(const ConfigResult& loaded, std::chrono::system_clock::time_point now) {
  return Checker(loaded, now).run();
}

}  // namespace pollux::config
