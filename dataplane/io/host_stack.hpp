// ARP, Neighbour Discovery and ping for our addresses: frames in, frames out, no device and no clock of its
// own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "dataplane/api/stats.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/io/neighbour_table.hpp"

namespace pollux::io {

// A frame in storage that belongs to whoever handed it in; `token` is that owner's (an mbuf, say).
struct Frame {
  std::span<std::uint8_t> bytes;  // Ethernet header first
  void* token = nullptr;
};

// Where the stack's frames go. Calls come from within the stack's own methods: don't call back into it.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // A frame the stack has made, VLAN tag included; `frame` is valid only during the call.
  virtual void send(std::uint16_t interface, std::span<const std::uint8_t> frame) = 0;
  // Every frame given to resolve_and_send() comes back exactly once: here with its destination MAC filled in,
  // to be sent,
  virtual void release(std::uint16_t interface, const Frame& frame) = 0;
  // or here, to be dropped (and counted by the stack).
  virtual void discard(const Frame& frame) = 0;
};

// All times in milliseconds.
struct HostStackOptions {
  std::uint64_t reachable = 30000;         // RFC 4861 REACHABLE_TIME
  std::uint64_t retransmit = 1000;         // RFC 4861 RETRANS_TIMER, for ARP too
  unsigned probes = 3;                     // RFC 4861 MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT
  std::uint64_t failed_hold = 1000;        // no new attempt for so long after one that failed
  std::uint64_t unused_lifetime = 600000;  // entries that no frame has used for so long are removed
  std::size_t held_per_neighbour = 8;      // frames that wait for one next hop; the oldest gives way
  std::size_t held_total = 512;            // frames that wait in all; the new one is dropped
  std::size_t incomplete_total = 512;      // next hops being looked for at once: a scan's share
  std::size_t learned_total = 2048;        // entries made because somebody asked us: a flood's share
  unsigned echo_per_second = 1000;         // pings answered
  unsigned duplicate_probes = 3;           // RFC 5227 PROBE_NUM, RFC 4862 DupAddrDetectTransmits
  std::uint64_t duplicate_interval = 300;  // between them; RFC 5227 takes 1..2 s, which is for WLANs of 2008
  unsigned announcements = 2;              // RFC 5227 ANNOUNCE_NUM; unsolicited NAs likewise
  std::uint64_t announce_interval = 2000;  // RFC 5227 ANNOUNCE_INTERVAL
  std::uint64_t defend_interval = 10000;   // RFC 5227 DEFEND_INTERVAL: also between two reports of a conflict
};

struct HostCounters;

// The protocol engine. One thread. Everything it holds is bounded.
//
// An address that turns out to be somebody else's too is reported and defended, not given up: otherwise one
// forged packet would take a media address out of service. Likewise addresses answer from the start, while
// duplicate address detection is still asking (RFC 4429 in spirit): a restarted relay must not lose a second.
// Router advertisements and redirects are ignored: routes come from the configuration.
class HostStack {
 public:
  using DuplicateHandler = std::function<void(std::uint16_t interface, const IpAddress& address)>;

  // The references outlive the stack. `on_duplicate` is called at most once per defend_interval and address.
  HostStack(const InterfaceTable& interfaces, NeighbourTable& neighbours, FrameSink& sink,
            const HostStackOptions& options, DuplicateHandler on_duplicate);
  ~HostStack();  // discards the frames it holds
  HostStack(const HostStack&) = delete;
  HostStack& operator=(const HostStack&) = delete;

  // Sets the clock and does what is due: retransmissions, ageing, announcements. Pre: never earlier than
  // before. Call it before the methods below, and every few milliseconds.
  void advance(std::uint64_t now_ms);

  // The link of this port (index into DataplaneConfig::ports) has come up: probe for duplicates of its
  // addresses, then announce them.
  void link_up(std::uint16_t port);

  // A received frame: Ethernet header, at most one 802.1Q tag (or none when the device has taken it), then
  // ARP or IP. Hostile bytes.
  void receive(std::uint16_t interface, std::span<const std::uint8_t> frame);

  // A complete IP frame for `interface` whose destination MAC is yet to be found: goes out at once when the
  // next hop is known, else when it is. Dropped and counted as neighbour_unresolved or no_route otherwise.
  void resolve_and_send(std::uint16_t interface, const Frame& frame);

  // Gives back (discards) every frame that waits.
  void discard_held();

  HostStats stats() const;  // any thread

 private:
  struct State;
  std::unique_ptr<HostCounters> counters_;
  std::unique_ptr<State> state_;
};

}  // namespace pollux::io
