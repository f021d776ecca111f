#include "controlplane/ng/datagram.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace pollux::ng {

namespace {

constexpr std::size_t kControlSize =
    std::max(CMSG_SPACE(sizeof(in_pktinfo)), CMSG_SPACE(sizeof(in6_pktinfo)));

struct Control {
  alignas(cmsghdr) std::array<char, kControlSize> bytes{};
};

template <typename Info>
void read_info(cmsghdr* header, Info& info) {
  std::memcpy(&info, CMSG_DATA(header), sizeof info);
}

void read_path(msghdr& message, DatagramPath& path) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      read_info(header, info);
      std::uint8_t bytes[4];
      std::memcpy(bytes, &info.ipi_spec_dst, sizeof bytes);  // ours, also where it was sent to all
      path.local = IpAddress::from_v4_bytes(bytes);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      read_info(header, info);
      std::uint8_t bytes[16];
      std::memcpy(bytes, &info.ipi6_addr, sizeof bytes);
      path.local = IpAddress::from_v6_bytes(bytes);
      path.interface = info.ipi6_ifindex;
    }
  }
}

template <typename Info>
void write_info(msghdr& message, int level, int type, const Info& info) {
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

// The way out is left to the routes, but for an address that counts on its link only (RFC 4291 §2.5.6).
void write_path(msghdr& message, const DatagramPath& path) {
  if (path.local.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, path.local.v4_bytes(), sizeof info.ipi_spec_dst);
    write_info(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, path.local.bytes().data(), sizeof info.ipi6_addr);
    info.ipi6_ifindex = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? path.interface : 0;
    write_info(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

void tell_local_address(const Fd& socket, bool ipv4) {
  const int on = 1;
  setsockopt(socket.get(), ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on,
             sizeof on);
}

ssize_t receive_datagram(int fd, std::span<char> into, DatagramPath& path) {
  Control control;
  iovec bytes{into.data(), into.size()};
  msghdr message{};
  message.msg_name = path.peer.get();
  message.msg_namelen = sizeof path.peer.storage;
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
  if (size >= 0) {
    path.peer.length = message.msg_namelen;
    read_path(message, path);
  }
  return size;
}

ssize_t send_datagram(int fd, std::span<char> from, const DatagramPath& path) {
  Control control;
  RawAddress peer = path.peer;
  iovec bytes{from.data(), from.size()};
  msghdr message{};
  message.msg_name = peer.get();
  message.msg_namelen = peer.length;
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (!path.local.is_unspecified() && !path.local.is_multicast()) {
    message.msg_control = control.bytes.data();
    write_path(message, path);
  }
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace pollux::ng
