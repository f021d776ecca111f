// Sockets of the kernel, as plain as the gateway needs them.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "dataplane/base/expected.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::ng {

// Owns a file descriptor. -1: none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Bound, and with SOCK_STREAM listening. Errors: kUnavailable, with the address and the reason.
Expected<Fd> open_listener(const SocketAddress& address, int type);
// The port really taken, where 0 was asked for.
std::uint16_t local_port(const Fd& socket);

struct RawAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  const sockaddr* get() const { return static_cast<const sockaddr*>(static_cast<const void*>(&storage)); }
  sockaddr* get() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }
};
RawAddress to_raw(const SocketAddress& address);
SocketAddress from_raw(const RawAddress& address);

// Wakes whoever polls its descriptor, for good.
class StopSignal {
 public:
  StopSignal();
  void stop();
  bool stopped() const;
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

// Writes all of it; false: the peer is gone or takes nothing for `patience_ms`.
bool send_all(int fd, std::string_view bytes, int patience_ms);

}  // namespace pollux::ng
