// What udp_load is told: where the parties are, what they say, and which addresses the relay has for them.
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pollux::load {

constexpr unsigned kUdpSides = 2;

using Payload = std::vector<std::uint8_t>;
using MasterKey = std::array<std::uint8_t, 30>;  // key and salt of AES_CM_128_HMAC_SHA1_80

// All parties of a side share an address and port: the relay tells calls apart by its own ports.
struct UdpSide {
  std::string netns;
  sockaddr_in address{};
  std::uint8_t payload_type = 0;
  std::vector<Payload> recording;  // payloads of 20 ms, played over and over
};

struct UdpLeg {
  sockaddr_in relay{};
  std::optional<MasterKey> own;     // of what the party sends; none: plain RTP
  std::optional<MasterKey> theirs;  // of what it gets
};

struct UdpPlan {
  std::array<UdpSide, kUdpSides> sides;
  std::vector<std::array<UdpLeg, kUdpSides>> calls;
  bool untouched = false;  // payloads have to arrive as they were sent
};

// Lines: "side SIDE NETNS ADDRESS PORT PAYLOAD_TYPE FILE OCTETS" (the recording, cut into payloads of so many
// octets), "call" and for both sides "ADDRESS PORT OWN THEIRS" (keys in hex, or -), and "untouched".
// What is wrong, or "".
std::string read_plan(const std::string& file, UdpPlan& plan);

}  // namespace pollux::load
