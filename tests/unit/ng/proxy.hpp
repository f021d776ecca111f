// A SIP proxy as the gateway sees it: sends requests from a socket of its own and reads replies.
#pragma once

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "controlplane/ng/bencode.hpp"
#include "controlplane/ng/gateway.hpp"
#include "controlplane/ng/json_text.hpp"
#include "controlplane/ng/socket.hpp"

namespace pollux::ng {

// On free ports of the loopback. Nodes are asked for their health at the start, and when a test wants it.
inline GatewayConfig test_config(const std::vector<std::string>& nodes) {
  spdlog::set_level(spdlog::level::off);
  GatewayConfig config;
  config.listen_udp = {*SocketAddress::parse("127.0.0.1:0")};
  config.listen_tcp = {*SocketAddress::parse("127.0.0.1:0")};
  config.workers = 4;
  config.request_time = std::chrono::seconds(20);  // a busy machine is no failure
  config.health_interval = std::chrono::seconds(20);
  for (const std::string& address : nodes) {
    config.nodes.push_back({.address = address, .weight = 1, .drain = false, .tls = {}});
  }
  return config;
}

class Proxy {
 public:
  explicit Proxy(std::uint16_t port, int type = SOCK_DGRAM)
      : Proxy(SocketAddress{IpAddress::v4(be32(0x7f000001U)), port}, type) {}
  explicit Proxy(const SocketAddress& relay, int type = SOCK_DGRAM)
      : socket_(::socket(relay.ip.is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0)) {
    const RawAddress address = to_raw(relay);
    if (connect(socket_.get(), address.get(), address.length) != 0) {
      throw std::runtime_error("can't connect");
    }
  }

  void send(const std::string& bytes) { ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Empty: none came in time.
  std::string receive(int patience_ms = 20'000) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    std::string bytes(65'536, '\0');
    if (poll(&waiting, 1, patience_ms) <= 0) {
      return "";
    }
    const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  // The reply to one request in bencode.
  Dict ask(const Dict& request) {
    const std::string cookie = "1_2_" + std::to_string(++cookies_);
    send(cookie + " " + print_bencode(request));
    const std::string reply = receive();
    const auto value = read_bencode(reply.substr(std::min(reply.size(), cookie.size() + 1)));
    return reply.starts_with(cookie + " ") && value && value->dict() != nullptr ? *value->dict() : Dict();
  }

 private:
  Fd socket_;
  // Of all: the kernel may give a later one the port of an earlier one, whose replies are remembered.
  static inline std::atomic<int> cookies_{0};
};

inline std::string text_of(const Dict& dict, std::string_view key) {
  const Value* value = dict.find(key);
  return value != nullptr ? value->as_text() : "(none)";
}

inline std::string result_of(const Dict& reply) {
  const std::string reason = text_of(reply, "error-reason");
  return text_of(reply, "result") + (reason == "(none)" ? "" : ": " + reason);
}

inline Dict offer_of(const std::string& call_id) {
  return {{"command", "offer"}, {"call-id", call_id}, {"from-tag", "a"}, {"sdp", "v=0"}};
}
inline Dict answer_of(const std::string& call_id) {
  return {{"command", "answer"}, {"call-id", call_id}, {"from-tag", "a"}, {"to-tag", "b"}, {"sdp", "v=0"}};
}
inline Dict request_of(const std::string& command, const std::string& call_id) {
  return {{"command", command}, {"call-id", call_id}};
}
inline Dict with(Dict dict, std::string key, Value value) {
  dict.set(std::move(key), std::move(value));
  return dict;
}

}  // namespace pollux::ng
