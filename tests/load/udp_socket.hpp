// The parties' socket of a side: UDP of the kernel, in the side's network namespace, many packets a call.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace pollux::load {

// Of the machine's clock, which stamps what the kernel receives.
std::int64_t now_ns();

class UdpSocket {
 public:
  static constexpr unsigned kBurst = 32;
  static constexpr std::size_t kMostBytes = 512;

  UdpSocket() = default;
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  // Opens it in the namespace, and one for RTCP beside it that nobody reads. What went wrong, or "".
  std::string open(const std::string& netns, const sockaddr_in& address);

  // Room for the next packet of a burst; up to kBurst of them.
  std::uint8_t* room() { return out_[count_].bytes.data(); }
  bool full() const { return count_ == kBurst; }
  // The packet in room() has so many bytes and goes there.
  void add(std::size_t length, const sockaddr_in& destination);
  // Sends the burst. False: the kernel refused.
  bool send();

  // Calls take(bytes, from, arrival_ns) for what has come by now. How many that were.
  using Take = std::function<void(std::span<std::uint8_t>, const sockaddr_in&, std::int64_t)>;
  unsigned receive(const Take& take);

 private:
  struct Packet {
    std::array<std::uint8_t, kMostBytes> bytes;
    std::array<std::uint8_t, 64> control;
    sockaddr_in address;
    iovec part;
  };
  static void describe(Packet& packet, std::size_t length, msghdr& header);

  int rtp_ = -1, rtcp_ = -1;
  unsigned count_ = 0;
  std::array<Packet, kBurst> out_{}, in_{};
  std::array<mmsghdr, kBurst> headers_{};
};

}  // namespace pollux::load
