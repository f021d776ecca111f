#include "controlplane/rpc/tls_door.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <thread>

#include "tests/support/certificates.hpp"
#include "tests/support/raw_call.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using config::Role;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::at;
using test::call_raw;
using test::Issued;
using test::RpcFixture;
using test::TestCa;
using testing::HasSubstr;

constexpr const char* kServerName = "pollux.test";
constexpr const char* kInfo = "/pollux.v1.NodeService/Info";
constexpr const char* kCreate = "/pollux.v1.SessionService/Create";

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

// A node with an encrypted door for "admin" and "reader", who have certificates of its client CA.
struct TlsFixture {
  explicit TlsFixture(bool mutual = true, const RpcFixture::Change& change = {}) {
    write(file("server.pem"), server.certificate);
    write(file("server.key"), server.key);
    write(file("clients.pem"), client_ca.pem());
    rpc = std::make_unique<RpcFixture>([&](config::NodeConfig& config) {
      config::TlsConfig& tls = config.grpc.tls;
      tls.listen = {at("127.0.0.1:0")};
      tls.certificate = file("server.pem");
      tls.key = file("server.key");
      if (mutual) {
        tls.client_ca = file("clients.pem");
        tls.admins = {"admin", "spiffe://example.org/sip"};
        tls.readers = {"reader", "monitor.example.org"};
      }
      if (change) {
        change(config);
      }
    });
  }
  std::string file(const std::string& name) const { return directory.file(name); }
  std::string door() const { return rpc->server->doors().at(1); }

  // `client` null: without a certificate. Each channel makes its own connection.
  std::shared_ptr<grpc::Channel> channel(const Issued* client, const std::string& roots = "") const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = roots.empty() ? server_ca.pem() : roots;
    if (client != nullptr) {
      options.pem_cert_chain = client->certificate;
      options.pem_private_key = client->key;
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(kServerName);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(door(), grpc::SslCredentials(options), arguments);
  }
  grpc::Status call(const Issued* client, const std::string& path) const {
    return call_raw(channel(client), path, "").status;
  }

  test::TemporaryDirectory directory;
  TestCa server_ca{"server CA"};
  TestCa client_ca{"client CA"};
  Issued server = server_ca.issue(kServerName, std::string("DNS:") + kServerName);
  std::unique_ptr<RpcFixture> rpc;
};

TEST(TlsDoor, CertificatesDecideWhoMayDoWhat) {
  TlsFixture f;
  const Issued admin = f.client_ca.issue("admin");
  const Issued reader = f.client_ca.issue("reader");
  EXPECT_TRUE(f.call(&admin, kInfo).ok());
  EXPECT_EQ(f.call(&admin, kCreate).error_code(), grpc::StatusCode::INVALID_ARGUMENT);  // it was handled
  EXPECT_TRUE(f.call(&reader, kInfo).ok());
  const grpc::Status refused = f.call(&reader, kCreate);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(test::details_of(refused).reason, "ROLE_READ_ONLY");
  EXPECT_THAT(refused.error_message(), HasSubstr("'reader'"));
}

TEST(TlsDoor, AlternativeNamesCountLikeTheCommonName) {
  TlsFixture f;
  const Issued by_uri = f.client_ca.issue("x", "URI:spiffe://example.org/sip");
  const Issued by_dns = f.client_ca.issue("y", "DNS:a.example.org,DNS:monitor.example.org");
  EXPECT_EQ(f.call(&by_uri, kCreate).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(f.call(&by_dns, kInfo).ok());
  EXPECT_EQ(test::details_of(f.call(&by_dns, kCreate)).reason, "ROLE_READ_ONLY");
}

TEST(TlsDoor, StrangersMayCallNothing) {
  TlsFixture f;
  const Issued stranger = f.client_ca.issue("stranger", "DNS:admin.example.org");
  for (const char* path : {kInfo, kCreate}) {
    const grpc::Status refused = f.call(&stranger, path);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED) << path;
    EXPECT_EQ(test::details_of(refused).reason, "ROLE_NONE") << path;
    EXPECT_THAT(refused.error_message(), HasSubstr("'stranger'"));
  }
  for (const char* path :
       {"/grpc.health.v1.Health/Check", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_EQ(f.call(&stranger, path).error_code(), grpc::StatusCode::PERMISSION_DENIED) << path;
  }
  const Issued admin = f.client_ca.issue("admin");
  EXPECT_TRUE(f.call(&admin, "/grpc.health.v1.Health/Check").ok());
}

TEST(TlsDoor, NobodyGetsInWithoutAGoodCertificate) {
  TlsFixture f;
  const TestCa other("client CA");  // the same name, another key
  const Issued foreign = other.issue("admin");
  const Issued expired = f.client_ca.issue("admin", "", -10, -1);
  const Issued too_early = f.client_ca.issue("admin", "", 1, 10);
  const Issued* const none = nullptr;
  for (const Issued* client : {none, &foreign, &expired, &too_early}) {
    EXPECT_EQ(f.call(client, kInfo).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  const auto plain = grpc::CreateChannel(f.door(), grpc::InsecureChannelCredentials());
  EXPECT_EQ(call_raw(plain, kInfo, "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const Issued admin = f.client_ca.issue("admin");
  EXPECT_TRUE(f.call(&admin, kInfo).ok());
}

TEST(TlsDoor, ClientsSeeWhomTheyTalkTo) {
  TlsFixture f;
  const Issued admin = f.client_ca.issue("admin");
  const auto deceived = f.channel(&admin, TestCa("server CA").pem());
  EXPECT_EQ(call_raw(deceived, kInfo, "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(TlsDoor, WithoutAClientCaEverybodyHasTheAnonymousRole) {
  TlsFixture f(false);
  EXPECT_TRUE(f.call(nullptr, kInfo).ok());
  EXPECT_EQ(test::details_of(f.call(nullptr, kCreate)).reason, "ROLE_READ_ONLY");
  TlsFixture trusting(false,
                      [](config::NodeConfig& config) { config.grpc.tls.anonymous_role = Role::kAdmin; });
  EXPECT_EQ(trusting.call(nullptr, kCreate).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// A handshake of no later version than `version` succeeds.
bool handshake(const std::string& door, int version) {
  const SocketAddress to = SocketAddress::parse(door).value();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(fd, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address), 0);
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  const unsigned char http2[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), http2, sizeof http2);
  SSL_set_fd(ssl.get(), fd);
  const bool done = SSL_connect(ssl.get()) == 1;
  close(fd);
  return done;
}

TEST(TlsDoor, OldVersionsOfTlsAreRefused) {
  TlsFixture f(false);
  EXPECT_TRUE(handshake(f.door(), TLS1_3_VERSION));
  EXPECT_TRUE(handshake(f.door(), TLS1_2_VERSION));
  EXPECT_FALSE(handshake(f.door(), TLS1_1_VERSION));
  EXPECT_FALSE(handshake(f.door(), TLS1_VERSION));
}

// Tries new connections until one has the wanted outcome.
bool soon(const std::function<bool()>& wanted) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  bool seen = wanted();
  while (!seen && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(50));
    seen = wanted();
  }
  return seen;
}

TEST(TlsDoor, ReplacedFilesAreTakenUpWithoutARestart) {
  TlsFixture f;
  const Issued admin = f.client_ca.issue("admin");
  const auto old_connection = f.channel(&admin);
  ASSERT_TRUE(call_raw(old_connection, kInfo, "").status.ok());
  const TestCa new_server_ca("new server CA");
  const Issued renewed = new_server_ca.issue(kServerName, std::string("DNS:") + kServerName);
  write(f.file("server.key"), renewed.key);
  write(f.file("server.pem"), renewed.certificate);
  EXPECT_TRUE(soon([&] { return call_raw(f.channel(&admin, new_server_ca.pem()), kInfo, "").status.ok(); }));

  const TestCa new_client_ca("new client CA");
  const Issued new_admin = new_client_ca.issue("admin");
  write(f.file("clients.pem"), new_client_ca.pem());
  EXPECT_TRUE(
      soon([&] { return call_raw(f.channel(&new_admin, new_server_ca.pem()), kInfo, "").status.ok(); }));
  EXPECT_FALSE(call_raw(f.channel(&admin, new_server_ca.pem()), kInfo, "").status.ok());
  EXPECT_TRUE(call_raw(old_connection, kInfo, "").status.ok());  // those that are open stay
}

}  // namespace
}  // namespace pollux::rpc
