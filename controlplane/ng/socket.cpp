#include "controlplane/ng/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace pollux::ng {

namespace {

constexpr int kReceiveBuffer = 4 << 20;  // bytes: a burst of some thousand offers, while all workers wait

std::string reason() {
  return std::generic_category().message(errno);
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

RawAddress to_raw(const SocketAddress& address) {
  RawAddress raw;
  if (address.ip.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.ip.v4_bytes(), 4);
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, address.ip.bytes().data(), 16);
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  }
  return raw;
}

SocketAddress from_raw(const RawAddress& raw) {
  SocketAddress address;
  if (raw.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &raw.storage, sizeof in);
    std::uint8_t bytes[4];
    std::memcpy(bytes, &in.sin_addr, 4);
    address = {IpAddress::from_v4_bytes(bytes), ntohs(in.sin_port)};
  } else if (raw.storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &raw.storage, sizeof in);
    std::uint8_t bytes[16];
    std::memcpy(bytes, &in.sin6_addr, 16);
    address = {IpAddress::from_v6_bytes(bytes), ntohs(in.sin6_port)};
  }
  return address;
}

Expected<Fd> open_listener(const SocketAddress& address, int type) {
  const bool stream = type == SOCK_STREAM;
  const auto refused = [&] {
    return fail(ErrorCode::kUnavailable, "LISTEN_FAILED", stream ? "listen.tcp" : "listen.udp",
                "can't listen on " + address.to_string() + ": " + reason());
  };
  Fd fd(socket(address.ip.is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    return refused();
  }
  const int on = 1;
  if (stream) {
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else {
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  }
  if (!address.ip.is_v4()) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  const RawAddress raw = to_raw(address);
  if (bind(fd.get(), raw.get(), raw.length) != 0 || (stream && listen(fd.get(), SOMAXCONN) != 0)) {
    return refused();
  }
  return fd;
}

std::uint16_t local_port(const Fd& socket) {
  RawAddress raw;
  getsockname(socket.get(), raw.get(), &raw.length);
  return from_raw(raw).port;
}

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void StopSignal::stop() {
  eventfd_write(fd_.get(), 1);
}

bool StopSignal::stopped() const {
  pollfd waiting{fd_.get(), POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

bool send_all(int fd, std::string_view bytes, int patience_ms) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    pollfd waiting{fd, POLLOUT, 0};
    if ((sent < 0 && errno != EAGAIN && errno != EINTR) || poll(&waiting, 1, patience_ms) <= 0) {
      return false;
    }
  }
  return true;
}

}  // namespace pollux::ng
