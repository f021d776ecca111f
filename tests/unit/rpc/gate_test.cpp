#include "controlplane/rpc/gate.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "tests/support/raw_call.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using config::Role;
using test::at;
using test::call_raw;
using test::RpcFixture;
using testing::HasSubstr;

// "SessionService/Create" of everything that proto/pollux/v1 has, whoever added it.
std::vector<std::string> methods_of_the_api() {
  std::vector<std::string> methods;
  const std::filesystem::path folder = POLLUX_SOURCE_ROOT "/proto/pollux/v1";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".proto") {
      continue;
    }
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
        "pollux/v1/" + entry.path().filename().string());
    EXPECT_NE(file, nullptr) << entry.path();
    for (int i = 0; file != nullptr && i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->name() + "/" + file->service(i)->method(j)->name());
      }
    }
  }
  EXPECT_GE(methods.size(), 13U);
  return methods;
}

std::shared_ptr<grpc::Channel> channel_to(const std::string& door) {
  return grpc::CreateChannel(door, grpc::InsecureChannelCredentials());
}

RpcFixture::Change with_read_only_socket() {
  return [](config::NodeConfig& config) { config.grpc.read_only_socket = config.grpc.unix_socket + ".ro"; };
}

TEST(Gate, ReadersMayCallWhatIsListedAndNothingElse) {
  RpcFixture f(with_read_only_socket());
  const auto reader = channel_to("unix:" + f.config.grpc.read_only_socket);
  std::set<std::string> open;
  for (const std::string& method : methods_of_the_api()) {
    const auto reply = call_raw(reader, "/pollux.v1." + method, "");
    if (reply.status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
      EXPECT_EQ(test::details_of(reply.status).reason, "ROLE_READ_ONLY") << method;
      EXPECT_THAT(reply.status.error_message(), HasSubstr(method));
      EXPECT_THAT(reply.status.error_message(), HasSubstr(f.config.grpc.read_only_socket));
    } else {
      open.insert(method);
    }
  }
  EXPECT_EQ(open,
            (std::set<std::string>{"SessionService/Get", "SessionService/List", "SessionService/WatchEvents",
                                   "NodeService/Info", "NodeService/Stats", "NodeService/Ports",
                                   "OfferAnswerService/QueryCall", "OfferAnswerService/ListCalls"}));
}

TEST(Gate, AdminsMayCallEverything) {
  RpcFixture f(with_read_only_socket());
  for (const std::string& method : methods_of_the_api()) {
    EXPECT_NE(call_raw(f.channel, "/pollux.v1." + method, "").status.error_code(),
              grpc::StatusCode::PERMISSION_DENIED)
        << method;
  }
}

TEST(Gate, WhatIsRefusedIsNeitherReadNorDone) {
  RpcFixture f(with_read_only_socket());
  ASSERT_TRUE(f.create("kept").status.ok());
  const std::size_t commands = f.dataplane.commands();
  const auto reader = channel_to("unix:" + f.config.grpc.read_only_socket);
  v1::DeleteRequest remove;
  remove.set_session_id("kept");
  for (const auto& [method, request] :
       {std::pair<std::string, std::string>{"Create", RpcFixture::create_request("new").SerializeAsString()},
        {"Delete", remove.SerializeAsString()},
        {"Update", "\xff\xff\xff\xff"}}) {  // not a message at all
    EXPECT_EQ(call_raw(reader, "/pollux.v1.SessionService/" + method, request).status.error_code(),
              grpc::StatusCode::PERMISSION_DENIED)
        << method;
  }
  EXPECT_EQ(f.dataplane.commands(), commands);
  EXPECT_EQ(f.dataplane.sessions(), 1U);
  EXPECT_TRUE(f.get("kept").status.ok());
}

TEST(Gate, BothSocketsHaveTheirOwnModeAndGoInTheEnd) {
  RpcFixture f([](config::NodeConfig& config) {
    config.grpc.read_only_socket = config.grpc.unix_socket + ".ro";
    config.grpc.unix_socket_mode = 0600;
    config.grpc.read_only_socket_mode = 0666;
  });
  struct stat info {};
  ASSERT_EQ(stat(f.config.grpc.unix_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(f.config.grpc.read_only_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0666U);
  f.server->shutdown();
  EXPECT_NE(access(f.config.grpc.unix_socket.c_str(), F_OK), 0);
  EXPECT_NE(access(f.config.grpc.read_only_socket.c_str(), F_OK), 0);
}

TEST(Gate, TcpHasTheRoleThatIsConfigured) {
  RpcFixture f([](config::NodeConfig& config) {
    config.grpc.tcp = {at("127.0.0.1:0")};
    config.grpc.tcp_role = Role::kReadOnly;
  });
  const auto reader = channel_to(f.server->doors().at(1));
  EXPECT_TRUE(call_raw(reader, "/pollux.v1.NodeService/Info", "").status.ok());
  const auto refused = call_raw(reader, "/pollux.v1.SessionService/Create", "");
  EXPECT_EQ(test::details_of(refused.status).reason, "ROLE_READ_ONLY");
  EXPECT_THAT(refused.status.error_message(), HasSubstr("grpc.tcp_role"));
  EXPECT_TRUE(f.create("call").status.ok());
}

TEST(Gate, ReadersMayAskForHealthAndReflection) {
  RpcFixture f(with_read_only_socket());
  const auto reader = channel_to("unix:" + f.config.grpc.read_only_socket);
  EXPECT_EQ(call_raw(reader, "/grpc.health.v1.Health/Check", "").response, "\x08\x01");
  EXPECT_TRUE(call_raw(reader, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                       std::string("\x3a\x00", 2))
                  .status.ok());
}

TEST(Gate, TheHighestRoleOfACertificatesNamesCounts) {
  config::TlsConfig tls;
  tls.admins = {"sip.example.org"};
  tls.readers = {"monitor", "spiffe://example.org/grafana"};
  EXPECT_EQ(role_of({}, tls), Role::kNone);
  EXPECT_EQ(role_of({""}, tls), Role::kNone);
  EXPECT_EQ(role_of({"monitor"}, tls), Role::kReadOnly);
  EXPECT_EQ(role_of({"x", "spiffe://example.org/grafana"}, tls), Role::kReadOnly);
  EXPECT_EQ(role_of({"monitor", "sip.example.org"}, tls), Role::kAdmin);
  EXPECT_EQ(role_of({"SIP.example.org"}, tls), Role::kNone);
  EXPECT_EQ(role_of({"*.example.org", "sip.example.org.evil.test"}, tls), Role::kNone);
  EXPECT_EQ(role_of({std::string("sip.example.org\0.evil", 21)}, tls), Role::kNone);
}

}  // namespace
}  // namespace pollux::rpc
