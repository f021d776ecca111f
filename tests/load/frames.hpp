// Frames of the load generator: RTP over UDP over IPv4 or IPv6, and answers to ARP and Neighbour Discovery.
#pragma once

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pollux::load {

constexpr unsigned kSides = 2;
constexpr std::uint32_t kRtpHeader = 12;
constexpr std::uint32_t kRtpBytes = kRtpHeader + 160;  // 20 ms of G.711
constexpr std::uint32_t kSamples = 160;
constexpr std::uint32_t kFirstSsrc = 0x10000000;  // plus the number of the sending leg

struct Address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first 4 for IPv4

  bool operator<(const Address& other) const { return v6 != other.v6 ? v6 < other.v6 : bytes < other.bytes; }
};

bool parse_address(const std::string& text, Address& address);

struct Leg {
  unsigned side = 0;
  Address local;  // polluxd's
  Address party;
  std::uint16_t local_port = 0;
  std::uint16_t party_port = 0;
};

// The whole frame of a leg's packets; what differs from packet to packet is written by stamp().
struct Template {
  std::array<std::uint8_t, 256> bytes{};
  std::uint16_t length = 0;
  std::uint16_t udp = 0;  // offset of the UDP header
  std::uint32_t sum = 0;  // of pseudo header, UDP and RTP without what stamp() writes
};

Template make_template(const Leg& leg, std::uint32_t number, const rte_ether_addr& party_mac,
                       const rte_ether_addr& local_mac);

// Makes `mbuf` the leg's packet `sequence`, sent at `tsc`.
void stamp(const Template& from, std::uint32_t sequence, std::uint64_t tsc, rte_mbuf* mbuf);

// What a received frame is.
enum class Kind : std::uint8_t { kRtp, kRtcp, kNeighbour, kBadChecksum, kOther };
Kind classify(const rte_mbuf* mbuf);

// A kRtp frame: was it sent by polluxd to the party that `to` is made for?
bool addressed_to(const rte_mbuf* mbuf, const Template& to);

struct Stamp {
  std::uint32_t sender = 0;  // leg, by its SSRC
  std::uint32_t sequence = 0;
  std::uint64_t tsc = 0;
  bool intact = false;  // header and payload agree with each other
};
Stamp read_stamp(const rte_mbuf* mbuf);

// The parties' hosts of one side: address → MAC.
using Hosts = std::map<Address, rte_ether_addr>;

// Turns a question for one of the hosts into its answer, in place; false: not for them.
bool answer(const Hosts& hosts, rte_mbuf* mbuf);

}  // namespace pollux::load
