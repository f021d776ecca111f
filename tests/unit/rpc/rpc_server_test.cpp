#include "controlplane/rpc/rpc_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/raw_call.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::at;
using test::call_raw;
using test::RpcFixture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// A control plane without a server.
struct Plane {
  Plane()
      : manager(dataplane, control::make_manager_options(config, "run")), calls(manager), control(manager) {}
  Expected<std::unique_ptr<RpcServer>> start() {
    return RpcServer::start(control, calls, dataplane, config, identity, reloader);
  }

  test::TemporaryDirectory directory;
  config::NodeConfig config = test::node_config(directory.file("pollux.sock"));
  NodeIdentity identity;
  test::FakeDataplane dataplane;
  control::SessionManager manager;
  call::CallManager calls;
  control::ControlThread control;
  ops::ConfigReloader reloader{config, [] { return config::ConfigResult{}; },
                               [](const config::NodeConfig&) { return Expected<void>{}; }};
};

bool answers(const std::string& door) {
  const auto channel = grpc::CreateChannel(door, grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  v1::InfoResponse response;
  return v1::NodeService::NewStub(channel)->Info(&context, {}, &response).ok();
}

// A socket file as a killed process leaves it behind, or, with `listening`, a live one.
int make_socket(const std::string& path, bool listening) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_EQ(bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address), 0);
  if (listening) {
    EXPECT_EQ(listen(fd, 1), 0);
  }
  return fd;
}

TEST(RpcServer, ListensOnAllDoors) {
  Plane plane;
  plane.config.grpc.tcp = {at("127.0.0.1:0"), at("[::1]:0")};
  const auto server = plane.start();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_THAT((*server)->doors(), ElementsAre("unix:" + plane.config.grpc.unix_socket,
                                              StartsWith("127.0.0.1:"), StartsWith("[::1]:")));
  for (const std::string& door : (*server)->doors()) {
    EXPECT_TRUE(answers(door)) << door;
  }
}

TEST(RpcServer, MakesTheSocketsDirectoryAndSetsItsMode) {
  Plane plane;
  plane.config.grpc.unix_socket = plane.directory.file("run/deep/pollux.sock");
  plane.config.grpc.unix_socket_mode = 0620;
  const auto server = plane.start();
  ASSERT_TRUE(server) << server.error().message;
  struct stat info {};
  ASSERT_EQ(stat(plane.config.grpc.unix_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0620U);
}

TEST(RpcServer, TakesOverAStaleSocket) {
  Plane plane;
  close(make_socket(plane.config.grpc.unix_socket, true));
  const auto server = plane.start();
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_TRUE(answers((*server)->doors()[0]));
}

TEST(RpcServer, LeavesASocketAloneWhereSomebodyListens) {
  Plane plane;
  const int other = make_socket(plane.config.grpc.unix_socket, true);
  const auto server = plane.start();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().cause, "DOOR_UNAVAILABLE");
  EXPECT_THAT(server.error().message, HasSubstr(plane.config.grpc.unix_socket));
  EXPECT_EQ(access(plane.config.grpc.unix_socket.c_str(), F_OK), 0);
  close(other);
}

TEST(RpcServer, LeavesFilesAlone) {
  Plane plane;
  std::ofstream(plane.config.grpc.unix_socket) << "precious";
  const auto server = plane.start();
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr(plane.config.grpc.unix_socket));
  std::string content;
  std::ifstream(plane.config.grpc.unix_socket) >> content;
  EXPECT_EQ(content, "precious");
}

TEST(RpcServer, RefusesPathsThatNoSocketCanHave) {
  Plane plane;
  plane.config.grpc.unix_socket = plane.directory.file(std::string(200, 'x'));
  const auto too_long = plane.start();
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kInvalidArgument);
  std::ofstream(plane.directory.file("file")) << "x";
  plane.config.grpc.unix_socket = plane.directory.file("file/pollux.sock");
  const auto no_directory = plane.start();
  ASSERT_FALSE(no_directory);
  EXPECT_THAT(no_directory.error().message, HasSubstr("directory"));
}

TEST(RpcServer, NamesTheTcpDoorThatIsTaken) {
  Plane first;
  first.config.grpc.tcp = {at("127.0.0.1:0")};
  const auto server = first.start();
  ASSERT_TRUE(server);
  Plane second;
  second.config.grpc.tcp = {SocketAddress::parse((*server)->doors()[1]).value()};
  const auto refused = second.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr((*server)->doors()[1]));
  second.config.grpc.tcp = {at("192.0.2.77:7711")};  // not an address of this host
  const auto foreign = second.start();
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message, HasSubstr("192.0.2.77:7711"));
}

TEST(RpcServer, RemovesItsSocketAndStartsAgain) {
  Plane plane;
  auto server = plane.start();
  ASSERT_TRUE(server);
  (*server)->shutdown();
  (*server)->shutdown();
  EXPECT_NE(access(plane.config.grpc.unix_socket.c_str(), F_OK), 0);
}

// Health and reflection by their wire format, so that no generated code of theirs is needed.
std::string health(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  const std::string request =
      service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
  const test::RawReply reply = call_raw(channel, "/grpc.health.v1.Health/Check", request);
  EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
  return reply.response;
}

TEST(RpcServer, TellsItsHealth) {
  RpcFixture f;
  const std::string serving = "\x08\x01";
  const std::string not_serving = "\x08\x02";
  EXPECT_EQ(health(f.channel, ""), serving);
  EXPECT_EQ(health(f.channel, "pollux.v1.SessionService"), serving);
  EXPECT_EQ(health(f.channel, "pollux.v1.NodeService"), serving);
  f.server->stop_serving();
  EXPECT_EQ(health(f.channel, ""), not_serving);
  EXPECT_EQ(health(f.channel, "pollux.v1.SessionService"), not_serving);
}

TEST(RpcServer, ReflectsItsServices) {
  RpcFixture f;
  const std::string list_services("\x3a\x00", 2);  // field 7, empty
  const std::string text =
      call_raw(f.channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", list_services)
          .response;
  EXPECT_THAT(text, HasSubstr("pollux.v1.SessionService"));
  EXPECT_THAT(text, HasSubstr("pollux.v1.NodeService"));
}

TEST(RpcServer, SurvivesGarbageAsMessages) {
  RpcFixture f;
  const std::vector<std::string> garbage = {
      "\xff\xff\xff\xff",                           // a field number without end
      "\x12\xff\xff\xff\xff\x0f",                   // a length beyond the message
      std::string(1000, '\x0a'),                    // a string field that is too short
      std::string("\x08\xff\xff\xff\xff\xff", 6)};  // a number without end
  for (const char* method : {"Create", "Update", "Delete", "Get", "List"}) {
    for (const std::string& request : garbage) {
      EXPECT_FALSE(
          call_raw(f.channel, std::string("/pollux.v1.SessionService/") + method, request).status.ok())
          << method;
    }
  }
  EXPECT_FALSE(
      call_raw(f.channel, "/pollux.v1.SessionService/Get", "\x0a\x02\xff\xfe").status.ok());  // no UTF-8
  EXPECT_EQ(call_raw(f.channel, "/pollux.v1.SessionService/Nonsense", "").status.error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(f.create("call").status.ok());
}

}  // namespace
}  // namespace pollux::rpc
