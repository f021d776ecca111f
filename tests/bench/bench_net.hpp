// What every bed needs: two net_ring ports with a gateway behind each, and the packets of the parties beyond.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/mac_address.hpp"

namespace pollux::bench {

inline constexpr std::uint16_t kPayload = 160;  // G.711, 20 ms
inline constexpr std::size_t kHeaders = 54;     // Ethernet, IPv4, UDP, RTP

[[noreturn]] void die(const std::string& what);

// The CPU that carries the measured loop, and the one for everything else; the same where there is only one.
struct Cpus {
  unsigned measuring = 0;
  unsigned other = 0;
};
const Cpus& cpus();
void pin_this_thread(unsigned cpu);
// How often the kernel has taken the CPU away from the calling thread.
std::uint64_t preemptions();

IpAddress local_ip(unsigned side, std::uint32_t number);
// Parties live behind the gateway; four of them share an address, as behind a NAT.
SocketAddress party(unsigned side, std::uint32_t number);

// One worker, two ports, two addresses on each.
DataplaneConfig bench_config(std::uint32_t max_sessions, std::uint32_t max_endpoints);

// The far ends of the two ports. Devices and rings outlive it, for the next one: DPDK's ring driver doesn't
// take them back.
class RingPorts {
 public:
  // Starts EAL where nobody has, and names the devices in `config`. Beds that exist at the same time need
  // another `pair` of ports each: 0 or 1.
  explicit RingPorts(DataplaneConfig& config, unsigned pair = 0);
  ~RingPorts();
  RingPorts(const RingPorts&) = delete;
  RingPorts& operator=(const RingPorts&) = delete;

  std::uint16_t id(unsigned side) const { return ids_[side]; }
  rte_ring* to_port(unsigned side) const { return to_port_[side]; }
  rte_ring* from_port(unsigned side) const { return from_port_[side]; }
  std::uint32_t waiting() const { return rte_ring_count(to_port_[0]) + rte_ring_count(to_port_[1]); }

  rte_mbuf* take_buffer();
  void give_back(rte_mbuf* mbuf);
  void send(unsigned side, rte_mbuf* mbuf);
  // The gateway's answer, if `mbuf` is an ARP request for somebody on that side. Doesn't take `mbuf`.
  void answer_arp(unsigned side, rte_mbuf* mbuf);

 private:
  std::array<rte_ring*, 2> to_port_{};
  std::array<rte_ring*, 2> from_port_{};
  std::array<std::uint16_t, 2> ids_{};
  rte_mempool* pool_ = nullptr;
  std::vector<rte_mbuf*> buffers_;
};

// RTP from a party to a local port.
struct Stream {
  std::uint8_t frame[kHeaders];
  std::uint16_t sequence = 0;
  std::uint8_t port = 0;
};

Stream make_stream(const NodeStats& stats, unsigned side, const SocketAddress& from, const SocketAddress& to,
                   std::uint32_t ssrc);
// The stream's next packet. A `stamp` other than 0 takes the first 8 bytes of the payload.
void write_frame(rte_mbuf& mbuf, Stream& stream, std::uint64_t stamp = 0);
bool is_media(const rte_mbuf& mbuf);
std::uint64_t stamp_of(const rte_mbuf& mbuf);

}  // namespace pollux::bench
