// TLS towards a node that speaks it; certificates are made for the test by openssl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "controlplane/cli/credentials.hpp"
#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temporary_folder.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    make("ca", "");
    make("node", "-CA ca.crt -CAkey ca.key -addext subjectAltName=DNS:node-1");
    make("admin", "-CA ca.crt -CAkey ca.key");
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  // A key and a certificate, NAME.key and NAME.crt.
  static void make(const std::string& name, const std::string& more) {
    const auto result = run_program("cd " + folder_->file("") + " && openssl req -x509 -newkey ec -pkeyopt " +
                                    "ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
                                    " -keyout " + name + ".key -out " + name + ".crt " + more);
    ASSERT_EQ(result.exit_code, 0) << result.out;
  }
  static std::string file(const std::string& name) { return folder_->file(name); }
  static std::shared_ptr<grpc::ServerCredentials> of_node(bool mutual) {
    grpc::SslServerCredentialsOptions options(mutual
                                                  ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                  : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_root_certs = content(file("ca.crt"));
    options.pem_key_cert_pairs = {{content(file("node.key")), content(file("node.crt"))}};
    return grpc::SslServerCredentials(options);
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* Tls::folder_ = nullptr;

TEST_F(Tls, NodeThatWeTrust) {
  FakeNode node(of_node(false));
  const auto outcome =
      run_against(node.target(), {"node", "info", "--tls-ca", file("ca.crt"), "--tls-server-name", "node-1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(Tls, NodeOfAnotherNameOrAuthorityIsntTrusted) {
  FakeNode node(of_node(false));
  const auto other_name =
      run_against(node.target(), {"node", "info", "--tls-ca", file("ca.crt"), "--tls-server-name", "node-2"});
  EXPECT_EQ(other_name.exit_code, 3);
  const auto other_authority = run_against(
      node.target(), {"node", "info", "--tls-ca", file("admin.crt"), "--tls-server-name", "node-1"});
  EXPECT_EQ(other_authority.exit_code, 3);
  const auto plain = run_against(node.target(), {"node", "info"});
  EXPECT_EQ(plain.exit_code, 3);
  EXPECT_THAT(plain.err, HasSubstr("does it speak TLS?"));
}

TEST_F(Tls, NodeThatWantsToKnowUs) {
  FakeNode node(of_node(true));
  const std::vector<std::string> arguments{"node",  "info", "--tls-ca", file("ca.crt"), "--tls-server-name",
                                           "node-1"};
  EXPECT_EQ(run_against(node.target(), arguments).exit_code, 3);
  auto with_certificate = arguments;
  with_certificate.insert(with_certificate.end(),
                          {"--tls-cert", file("admin.crt"), "--tls-key", file("admin.key")});
  const auto outcome = run_against(node.target(), with_certificate);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(Tls, WrongFilesAreUsage) {
  const auto refused = [](const TlsOptions& options) {
    const auto credentials = make_credentials(options, "127.0.0.1:1");
    EXPECT_FALSE(credentials.ok());
    return credentials.ok() ? "" : credentials.problems.front();
  };
  EXPECT_THAT(refused({"/nonexistent.pem", "", "", ""}),
              HasSubstr("--tls-ca /nonexistent.pem: No such file"));
  EXPECT_THAT(refused({file("ca.key"), "", "", ""}), HasSubstr("holds no certificate in PEM"));
  EXPECT_THAT(refused({"", file("admin.crt"), "", ""}), HasSubstr("--tls-cert and --tls-key go together"));
  EXPECT_EQ(run_against("127.0.0.1:1", {"stats", "--tls-ca", "/nonexistent.pem"}).exit_code, 2);
}

TEST_F(Tls, UnixSocketNeedsNone) {
  FakeNode node;
  EXPECT_EQ(run_against(node.target(), {"node", "info", "--tls-ca", "/nonexistent.pem"}).exit_code, 0);
}

}  // namespace
}  // namespace pollux::cli
