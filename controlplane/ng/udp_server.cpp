#include "controlplane/ng/udp_server.hpp"

#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

#include "controlplane/ng/datagram.hpp"
#include "controlplane/ng/value.hpp"

namespace pollux::ng {

namespace {

constexpr std::size_t kLargestDatagram = 65'536;

}  // namespace

Expected<std::unique_ptr<UdpServer>> UdpServer::start(const GatewayConfig& config, Service& service) {
  std::unique_ptr<UdpServer> server(new UdpServer(service));
  for (const SocketAddress& address : config.listen_udp) {
    auto socket = open_listener(address, SOCK_DGRAM);
    if (!socket) {
      return tl::unexpected(std::move(socket.error()));
    }
    tell_local_address(*socket, address.ip.is_v4());
    server->sockets_.push_back(std::move(*socket));
  }
  for (std::uint32_t i = 0; i < config.workers && !server->sockets_.empty(); ++i) {
    server->workers_.emplace_back([raw = server.get()] { raw->work(); });
  }
  return server;
}

UdpServer::~UdpServer() {
  stop_.stop();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

std::vector<std::uint16_t> UdpServer::ports() const {
  std::vector<std::uint16_t> ports;
  for (const Fd& socket : sockets_) {
    ports.push_back(local_port(socket));
  }
  return ports;
}

void UdpServer::work() {
  const Fd poller(epoll_create1(EPOLL_CLOEXEC));
  const auto add = [&poller](int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(poller.get(), EPOLL_CTL_ADD, fd, &event);
  };
  add(stop_.fd(), EPOLLIN);
  for (const Fd& socket : sockets_) {
    add(socket.get(), EPOLLIN | EPOLLEXCLUSIVE);  // a datagram wakes one worker, not all
  }
  std::vector<char> buffer(kLargestDatagram);
  while (true) {
    epoll_event event{};
    if (epoll_wait(poller.get(), &event, 1, -1) < 1) {
      continue;
    }
    if (event.data.fd == stop_.fd()) {
      return;
    }
    take_one(event.data.fd, buffer);
  }
}

void UdpServer::take_one(int fd, std::vector<char>& buffer) {
  DatagramPath path;
  const ssize_t size = receive_datagram(fd, buffer, path);
  if (size < 0) {
    return;  // another worker had it, or an ICMP error about a former reply
  }
  const std::string client = "udp " + from_raw(path.peer).to_string();
  try {
    auto reply = service_.handle(client, {buffer.data(), static_cast<std::size_t>(size)});
    if (reply) {
      if (send_datagram(fd, *reply, path) < 0) {
        spdlog::warn("can't reply to {}: {}", client, std::generic_category().message(errno));
      }
      wipe(*reply);
    }
  } catch (const std::exception& error) {  // lack of memory: the proxy asks again
    spdlog::error("no reply to {}: {}", client, error.what());
  }
  explicit_bzero(buffer.data(), static_cast<std::size_t>(size));  // SDP has keys
}

}  // namespace pollux::ng
