#include "controlplane/rpc/doors.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace pollux::rpc {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

const sockaddr* as_sockaddr(const void* address) {
  return static_cast<const sockaddr*>(address);
}

Expected<void> door_error(ErrorCode code, const std::string& door, const std::string& message) {
  return fail(code, "DOOR_UNAVAILABLE", "grpc", "gRPC door " + door + ": " + message);
}

}  // namespace

Expected<void> prepare_unix_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return door_error(ErrorCode::kInvalidArgument, path,
                      "the path is longer than " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty() && !std::filesystem::create_directories(parent, error) && error) {
    return door_error(ErrorCode::kUnavailable, path, "can't make its directory: " + error.message());
  }
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    return {};
  }
  if (!S_ISSOCK(info.st_mode)) {
    return door_error(ErrorCode::kInvalidArgument, path, "something that isn't a socket lies there");
  }
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), as_sockaddr(&address), sizeof address) == 0) {
    return door_error(ErrorCode::kAlreadyExists, path, "another process listens there already");
  }
  if (errno != ECONNREFUSED && errno != ENOENT) {
    return door_error(ErrorCode::kUnavailable, path, "can't tell whether it is in use: " + error_text(errno));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return door_error(ErrorCode::kUnavailable, path, "can't remove the stale socket: " + error_text(errno));
  }
  return {};
}

Expected<void> check_tcp_door(const SocketAddress& address) {
  const bool v4 = address.ip.is_v4();
  const Descriptor probe(socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int result = -1;
  if (v4) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    std::memcpy(&to.sin_addr, address.ip.v4_bytes(), 4);
    result = bind(probe.get(), as_sockaddr(&to), sizeof to);
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    std::memcpy(&to.sin6_addr, address.ip.bytes().data(), 16);
    result = bind(probe.get(), as_sockaddr(&to), sizeof to);
  }
  // Only listening shows that nobody else does: SO_REUSEADDR lets two bind.
  if (result != 0 || listen(probe.get(), 1) != 0) {
    return door_error(ErrorCode::kUnavailable, address.to_string(), error_text(errno));
  }
  return {};
}

Expected<void> prepare_doors(const config::DoorConfig& doors) {
  for (const std::string& path : {doors.unix_socket, doors.read_only_socket}) {
    if (auto ready = path.empty() ? Expected<void>{} : prepare_unix_socket(path); !ready) {
      return ready;
    }
  }
  for (const auto& addresses : {doors.tcp, doors.tls.listen}) {
    for (const SocketAddress& address : addresses) {
      if (auto ready = check_tcp_door(address); !ready) {
        return ready;
      }
    }
  }
  return {};
}

}  // namespace pollux::rpc
