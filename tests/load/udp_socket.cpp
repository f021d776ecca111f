#include "tests/load/udp_socket.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace pollux::load {

namespace {

constexpr int kReceiveBytes = 16 << 20;  // what comes while the generator has no CPU
constexpr std::int64_t kSecond = 1'000'000'000;

int open_bound(sockaddr_in address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

std::int64_t arrival(msghdr& header) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec at{};
      std::memcpy(&at, CMSG_DATA(part), sizeof at);
      return at.tv_sec * kSecond + at.tv_nsec;
    }
  }
  return now_ns();
}

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

UdpSocket::~UdpSocket() {
  for (const int fd : {rtp_, rtcp_}) {
    if (fd >= 0) {
      close(fd);
    }
  }
}

std::string UdpSocket::open(const std::string& netns, const sockaddr_in& address) {
  const int home = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const int there = ::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC);
  const bool moved = there >= 0 && setns(there, CLONE_NEWNET) == 0;
  if (moved) {
    sockaddr_in rtcp = address;
    rtcp.sin_port = htons(static_cast<std::uint16_t>(ntohs(address.sin_port) + 1));
    rtp_ = open_bound(address);
    rtcp_ = open_bound(rtcp);
  }
  const bool back = home >= 0 && setns(home, CLONE_NEWNET) == 0;
  close(there);
  close(home);
  if (!moved || !back || rtp_ < 0 || rtcp_ < 0) {
    return "no sockets in network namespace " + netns + ": " + std::strerror(errno);
  }
  const int on = 1;
  setsockopt(rtp_, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBytes, sizeof kReceiveBytes);
  setsockopt(rtp_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return "";
}

void UdpSocket::describe(Packet& packet, std::size_t length, msghdr& header) {
  packet.part = {packet.bytes.data(), length};
  header = {};
  header.msg_name = &packet.address;
  header.msg_namelen = sizeof packet.address;
  header.msg_iov = &packet.part;
  header.msg_iovlen = 1;
}

void UdpSocket::add(std::size_t length, const sockaddr_in& destination) {
  Packet& packet = out_[count_++];
  packet.address = destination;
  packet.part.iov_len = length;
}

bool UdpSocket::send() {
  for (unsigned i = 0; i < count_; ++i) {
    describe(out_[i], out_[i].part.iov_len, headers_[i].msg_hdr);
  }
  unsigned done = 0;
  while (done < count_) {
    const int sent = sendmmsg(rtp_, headers_.data() + done, count_ - done, 0);
    if (sent <= 0) {
      return false;
    }
    done += static_cast<unsigned>(sent);
  }
  count_ = 0;
  return true;
}

unsigned UdpSocket::receive(const Take& take) {
  for (unsigned i = 0; i < kBurst; ++i) {
    describe(in_[i], kMostBytes, headers_[i].msg_hdr);
    headers_[i].msg_hdr.msg_control = in_[i].control.data();
    headers_[i].msg_hdr.msg_controllen = in_[i].control.size();
  }
  const int got = recvmmsg(rtp_, headers_.data(), kBurst, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < got; ++i) {
    Packet& packet = in_[static_cast<unsigned>(i)];
    mmsghdr& header = headers_[static_cast<unsigned>(i)];
    take({packet.bytes.data(), header.msg_len}, packet.address, arrival(header.msg_hdr));
  }
  return got > 0 ? static_cast<unsigned>(got) : 0;
}

}  // namespace pollux::load
