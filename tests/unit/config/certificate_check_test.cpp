#include "controlplane/config/certificate_check.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/certificates.hpp"
#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

namespace fs = std::filesystem;

class CertificateCheck : public testing::Test {
 protected:
  CertificateCheck() {
    folder_ = fs::path(testing::TempDir()) / ("pollux_certificates_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    keep("server", ca_.issue("pollux.test"));
    write("ca.pem", ca_.pem());
  }
  ~CertificateCheck() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(file(name)) << text;
    fs::permissions(file(name), fs::perms::owner_read | fs::perms::owner_write);
  }
  void keep(const std::string& name, const test::Issued& issued) {
    write(name + ".pem", issued.certificate);
    write(name + ".key", issued.key);
  }

  // Problems and warnings of a door with these files; the door stands at lines 19 to 22.
  Lines check(const std::string& certificate, const std::string& key, const std::string& client_ca = "") {
    const ConfigResult loaded = load_config_text(
        kGood + "grpc:\n  tls:\n    listen: [127.0.0.1:7712]\n    certificate: " + file(certificate) +
            "\n    key: " + file(key) +
            (client_ca.empty() ? "" : "\n    admins: [x]\n    client_ca: " + file(client_ca)) + "\n",
        "test.yaml");
    EXPECT_TRUE(loaded.config.has_value()) << format_problems(loaded.problems);
    // An hour later, so that whole days don't depend on the second in which the test runs.
    const auto now = std::chrono::system_clock::now() + std::chrono::hours(1);
    const CertificateReport report = check_certificates(loaded, now);
    Lines lines = lines_of(report.problems);
    for (const std::string& line : lines_of(report.warnings)) {
      lines.push_back("warning " + line);
    }
    return lines;
  }

  test::TestCa ca_;
  fs::path folder_;
};

TEST_F(CertificateCheck, GoodFilesPass) {
  EXPECT_EQ(check("server.pem", "server.key"), Lines{});
  EXPECT_EQ(check("server.pem", "server.key", "ca.pem"), Lines{});
}

TEST_F(CertificateCheck, NothingIsReadWithoutADoor) {
  const ConfigResult loaded = load_config_text(kGood, "test.yaml");
  const CertificateReport report = check_certificates(loaded, std::chrono::system_clock::now());
  EXPECT_TRUE(report.problems.empty());
  EXPECT_TRUE(report.warnings.empty());
}

TEST_F(CertificateCheck, FilesAreThereAndArePem) {
  EXPECT_EQ(check("none.pem", "server.key"), (Lines{"22: grpc.tls.certificate: " + file("none.pem") +
                                                    " cannot be read: No such file or directory"}));
  write("text", "no certificate\n");
  EXPECT_EQ(check("text", "text", "text"),
            (Lines{"22: grpc.tls.certificate: " + file("text") +
                       " has no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
                   "23: grpc.tls.key: " + file("text") +
                       " has no private key in PEM form, or one with a pass phrase",
                   "25: grpc.tls.client_ca: " + file("text") +
                       " has no certificate in PEM form (-----BEGIN CERTIFICATE-----)"}));
  fs::create_directories(file("folder"));
  EXPECT_EQ(check("server.pem", "folder"),
            (Lines{"23: grpc.tls.key: " + file("folder") + " is no PEM file"}));
}

TEST_F(CertificateCheck, TheKeyIsTheCertificates) {
  keep("other", ca_.issue("other"));
  EXPECT_EQ(check("server.pem", "other.key"),
            (Lines{"23: grpc.tls.key: " + file("other.key") + " is not the key of the certificate in " +
                   file("server.pem")}));
}

TEST_F(CertificateCheck, TimesOfValidityAreWarnedOf) {
  keep("old", ca_.issue("old", "", -10, -1));
  EXPECT_EQ(check("old.pem", "old.key"), (Lines{"warning 22: grpc.tls.certificate: " + file("old.pem") +
                                                " has expired: clients will refuse it"}));
  keep("new", ca_.issue("new", "", 2, 20));
  EXPECT_EQ(check("new.pem", "new.key"), (Lines{"warning 22: grpc.tls.certificate: " + file("new.pem") +
                                                " isn't valid yet: clients will refuse it"}));
  keep("soon", ca_.issue("soon", "", -20, 3));
  EXPECT_EQ(check("soon.pem", "soon.key"),
            (Lines{"warning 22: grpc.tls.certificate: " + file("soon.pem") + " expires within 3 days"}));
}

TEST_F(CertificateCheck, EveryCertificateOfAChainIsLookedAt) {
  const test::Issued server = ca_.issue("server");
  write("chain.pem", server.certificate + ca_.issue("between", "", -10, -1).certificate);
  write("chain.key", server.key);
  EXPECT_EQ(check("chain.pem", "chain.key"), (Lines{"warning 22: grpc.tls.certificate: " + file("chain.pem") +
                                                    ", certificate 2, has expired: clients will refuse it"}));
}

TEST_F(CertificateCheck, KeysThatEverybodyReadsAreWarnedOf) {
  fs::permissions(file("server.key"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(check("server.pem", "server.key"),
            (Lines{"warning 23: grpc.tls.key: " + file("server.key") +
                   " can be read by every user of this machine: chmod o= " + file("server.key")}));
}

}  // namespace
}  // namespace pollux::config
