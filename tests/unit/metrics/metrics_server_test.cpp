// The HTTP door itself: what it serves, and what it doesn't take.
#include "controlplane/metrics/metrics_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controlplane/metrics/observations.hpp"

namespace pollux::metrics {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A socket of the loopback interface; port 0 lets the kernel choose.
class Loopback {
 public:
  Loopback() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Loopback() { close(socket_); }
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;

  int bind_and_listen() {
    sockaddr_in address = loopback(0);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    socklen_t length = sizeof address;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
  }
  std::string ask(int port, const std::string& request) {
    sockaddr_in address = loopback(port);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  int socket_;
};

config::MetricsConfig at_port(int port) {
  return {{{IpAddress::parse("127.0.0.1").value(), static_cast<std::uint16_t>(port)}}};
}

class MetricsServerTest : public testing::Test {
 protected:
  MetricsServerTest()
      : server_(MetricsServer::start(at_port(0), {std::make_shared<Observations>()}).value()),
        port_(server_->ports().at(0)) {}
  std::unique_ptr<MetricsServer> server_;
  int port_;
};

TEST_F(MetricsServerTest, ServesTheSources) {
  const std::string answer = Loopback().ask(port_, "GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("# TYPE pollux_call_mos histogram"));
}

TEST_F(MetricsServerTest, ServesNothingElse) {
  EXPECT_THAT(Loopback().ask(port_, "GET /etc/passwd HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 404"));
  EXPECT_THAT(Loopback().ask(port_, "GET /../../etc/passwd HTTP/1.0\r\n\r\n"),
              testing::Not(HasSubstr("root:")));
  EXPECT_THAT(Loopback().ask(port_, "PUT /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n"),
              testing::Not(StartsWith("HTTP/1.1 200")));
}

TEST_F(MetricsServerTest, RefusesOverlongRequests) {
  const std::string answer =
      Loopback().ask(port_, "GET /metrics HTTP/1.0\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  EXPECT_THAT(answer, testing::Not(HasSubstr(" 200 ")));
  EXPECT_THAT(Loopback().ask(port_, "GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST(MetricsServer, SaysWhenItCannotListen) {
  Loopback taken;
  const auto server = MetricsServer::start(at_port(taken.bind_and_listen()), {});
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(server.error().field, "metrics.listen");
  EXPECT_THAT(server.error().message, HasSubstr("127.0.0.1:"));
}

}  // namespace
}  // namespace pollux::metrics
