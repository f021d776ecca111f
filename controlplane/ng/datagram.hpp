// Datagrams that are answered from the address at which they came, whatever the socket listens on.
#pragma once

#include <cstdint>
#include <span>

#include "controlplane/ng/socket.hpp"

namespace pollux::ng {

// Both ends of a datagram, for its answer.
struct DatagramPath {
  RawAddress peer;
  IpAddress local;              // which of ours it was sent to
  std::uint32_t interface = 0;  // where it came in; of IPv6
};

// So that the kernel tells it. A peer that has connected its socket drops what comes from another address.
void tell_local_address(const Fd& socket, bool ipv4);

// As recvfrom() and sendto(); neither waits. Post: `path` is set where a datagram came.
ssize_t receive_datagram(int fd, std::span<char> into, DatagramPath& path);
ssize_t send_datagram(int fd, std::span<char> from, const DatagramPath& path);

}  // namespace pollux::ng
