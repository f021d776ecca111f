#include "dataplane/io/host_stack.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/io/address_guard.hpp"
#include "dataplane/io/frame_writer.hpp"
#include "dataplane/io/host_counters.hpp"
#include "dataplane/io/host_messages.hpp"
#include "dataplane/io/neighbour_cache.hpp"

namespace pollux::io {

struct HostStack::State {
  State(const InterfaceTable& table, NeighbourTable& neighbour_table, FrameSink& frame_sink,
        HostCounters& counted, const HostStackOptions& chosen, DuplicateHandler on_duplicate)
      : interfaces(table),
        sink(frame_sink),
        counters(counted),
        options(chosen),
        writer(table, frame_sink, counted),
        neighbours(table, neighbour_table, writer, frame_sink, counted, chosen),
        guard(table, writer, chosen, std::move(on_duplicate)) {}

  void receive_arp(std::uint16_t interface, const EthernetMessage& ethernet);
  void receive_icmp(std::uint16_t interface, const EthernetMessage& ethernet);
  void receive_solicitation(std::uint16_t interface, const EthernetMessage& ethernet,
                            const IcmpMessage& icmp);
  void receive_advertisement(std::uint16_t interface, const IcmpMessage& icmp);
  void receive_echo(std::uint16_t interface, const EthernetMessage& ethernet, const IcmpMessage& icmp);
  bool take_echo_token();

  const InterfaceTable& interfaces;
  FrameSink& sink;
  HostCounters& counters;
  const HostStackOptions options;
  FrameWriter writer;
  NeighbourCache neighbours;
  AddressGuard guard;
  std::uint64_t now_ms = 0;
  std::uint64_t echo_tokens_at_ms = 0;
  std::uint64_t echo_millitokens = 0;
};

HostStack::HostStack(const InterfaceTable& interfaces, NeighbourTable& neighbours, FrameSink& sink,
                     const HostStackOptions& options, DuplicateHandler on_duplicate)
    : counters_(std::make_unique<HostCounters>()),
      state_(std::make_unique<State>(interfaces, neighbours, sink, *counters_, options,
                                     std::move(on_duplicate))) {
  state_->echo_millitokens = std::uint64_t{options.echo_per_second} * 1000;
}

HostStack::~HostStack() {
  discard_held();
}

void HostStack::discard_held() {
  state_->neighbours.discard_held();
}

void HostStack::advance(std::uint64_t now_ms) {
  state_->now_ms = now_ms;
  state_->neighbours.advance(now_ms);
  state_->guard.advance(now_ms);
}

void HostStack::link_up(std::uint16_t port) {
  state_->guard.link_up(port);
}

void HostStack::receive(std::uint16_t interface, std::span<const std::uint8_t> frame) {
  State& state = *state_;
  const auto parsed = parse_ethernet(frame);
  if (!parsed.value) {
    counters_->drop(parsed.reason);
    return;
  }
  const EthernetMessage& ethernet = *parsed.value;
  const Interface& own = state.interfaces.interface(interface);
  // A frame from our own MAC is one the kernel or a switch has sent back.
  if ((ethernet.destination != own.mac && !is_group_mac(ethernet.destination)) ||
      ethernet.source == own.mac) {
    counters_->drop(DropReason::not_for_us);
    return;
  }
  if (ethernet.vlan && *ethernet.vlan != own.vlan) {
    counters_->drop(DropReason::vlan_unknown);
    return;
  }
  switch (ethernet.ether_type) {
    case kEtherTypeArp:
      state.receive_arp(interface, ethernet);
      break;
    case kEtherTypeIpv4:
    case kEtherTypeIpv6:
      state.receive_icmp(interface, ethernet);
      break;
    default:
      counters_->drop(DropReason::ethernet_malformed);
      break;
  }
}

void HostStack::State::receive_arp(std::uint16_t interface, const EthernetMessage& ethernet) {
  const auto parsed = parse_arp(ethernet.payload);
  if (!parsed.value) {
    counters.drop(parsed.reason);
    return;
  }
  const ArpMessage& arp = *parsed.value;
  counters.arp_received.add(1);
  if (arp.sender_mac == interfaces.interface(interface).mac) {
    return;
  }
  if (interfaces.is_ours(interface, arp.sender)) {
    guard.conflict(interface, arp.sender);
    return;
  }
  const bool for_us = interfaces.is_ours(interface, arp.target);
  // A host that can be a next hop; 0.0.0.0 is the sender of a probe.
  const bool sender_is_host = interfaces.next_hop(interface, arp.sender) == arp.sender;
  if (sender_is_host) {
    if (!arp.request && for_us && ethernet.destination == interfaces.interface(interface).mac) {
      neighbours.answered(interface, arp.sender, arp.sender_mac);
    } else {
      neighbours.heard(interface, arp.sender, arp.sender_mac, arp.request && for_us);
    }
  }
  if (!arp.request || !for_us) {
    return;
  }
  // Answered whoever asks: hosts with several addresses ask from any of them.
  if (arp.sender.is_unspecified() && guard.is_tentative(interface, arp.target)) {
    // Another host probes for the address at the same time (RFC 5227 §2.1.1).
    guard.conflict(interface, arp.target);
  }
  writer.arp_reply(interface, arp.target, arp.sender, arp.sender_mac);
}

void HostStack::State::receive_icmp(std::uint16_t interface, const EthernetMessage& ethernet) {
  const bool v4 = ethernet.ether_type == kEtherTypeIpv4;
  const auto parsed = v4 ? parse_icmp_v4(ethernet.payload) : parse_icmp_v6(ethernet.payload);
  if (!parsed.value) {
    counters.drop(parsed.reason);
    return;
  }
  const IcmpMessage& icmp = *parsed.value;
  if (icmp.type == (v4 ? kIcmpEchoRequest : kIcmpv6EchoRequest)) {
    receive_echo(interface, ethernet, icmp);
  } else if (!v4 && icmp.type == kNeighbourSolicitation) {
    receive_solicitation(interface, ethernet, icmp);
  } else if (!v4 && icmp.type == kNeighbourAdvertisement) {
    receive_advertisement(interface, icmp);
  }
  // Anything else is well-formed and none of our business: router advertisements, redirects, errors.
}

void HostStack::State::receive_solicitation(std::uint16_t interface, const EthernetMessage& ethernet,
                                            const IcmpMessage& icmp) {
  const auto parsed = parse_neighbour(icmp);
  if (!parsed.value) {
    counters.drop(parsed.reason);
    return;
  }
  const NeighbourMessage& asked = *parsed.value;
  counters.nd_received.add(1);
  if (!interfaces.is_ours(interface, asked.target)) {
    return;
  }
  if (icmp.source.is_unspecified()) {
    // Somebody wants the address: tell everybody that it is taken (RFC 4861 §7.2.4).
    if (guard.is_tentative(interface, asked.target)) {
      guard.conflict(interface, asked.target);
    }
    const IpAddress all_nodes = all_nodes_address();
    writer.neighbour_advertisement(interface, asked.target, all_nodes, multicast_mac(all_nodes), kNaOverride);
    return;
  }
  if (interfaces.is_ours(interface, icmp.source)) {
    guard.conflict(interface, icmp.source);
    return;
  }
  if (asked.mac && interfaces.next_hop(interface, icmp.source) == icmp.source) {
    neighbours.heard(interface, icmp.source, *asked.mac, true);
  }
  writer.neighbour_advertisement(interface, asked.target, icmp.source, asked.mac.value_or(ethernet.source),
                                 kNaSolicited | kNaOverride);
}

void HostStack::State::receive_advertisement(std::uint16_t interface, const IcmpMessage& icmp) {
  const auto parsed = parse_neighbour(icmp);
  if (!parsed.value) {
    counters.drop(parsed.reason);
    return;
  }
  const NeighbourMessage& told = *parsed.value;
  counters.nd_received.add(1);
  if (interfaces.is_ours(interface, told.target)) {
    guard.conflict(interface, told.target);
    return;
  }
  neighbours.advertised(interface, told.target, told.mac, told.solicited, told.override);
}

bool HostStack::State::take_echo_token() {
  const std::uint64_t capacity = std::uint64_t{options.echo_per_second} * 1000;
  // Bounded first: an hour's silence must not overflow.
  const std::uint64_t elapsed = std::min<std::uint64_t>(now_ms - echo_tokens_at_ms, 1000);
  echo_tokens_at_ms = now_ms;
  echo_millitokens = std::min(capacity, echo_millitokens + elapsed * options.echo_per_second);
  if (echo_millitokens < 1000) {
    return false;
  }
  echo_millitokens -= 1000;
  return true;
}

void HostStack::State::receive_echo(std::uint16_t interface, const EthernetMessage& ethernet,
                                    const IcmpMessage& icmp) {
  const Interface& own = interfaces.interface(interface);
  const bool v4 = icmp.destination.is_v4();
  const std::size_t ip_bytes = icmp.bytes.size() + (v4 ? sizeof(Ipv4Wire) : sizeof(Ipv6Wire));
  // No answer to what was sent to a group, at either layer: one ping must not make many replies.
  if (is_group_mac(ethernet.destination)) {
    counters.drop(DropReason::not_for_us);
  } else if (!interfaces.is_ours(interface, icmp.destination)) {
    counters.drop(DropReason::address_unknown);
  } else if (icmp.code != 0 || icmp.bytes.size() < kIcmpEchoBytes || icmp.source.is_unspecified() ||
             icmp.source.is_multicast() || icmp.source.is_loopback() ||
             icmp.source == IpAddress::v4(be32(0xffffffff)) || interfaces.is_ours(interface, icmp.source)) {
    counters.drop(DropReason::ip_malformed);
  } else if (ip_bytes > std::min<std::size_t>(own.mtu, FrameWriter::kMaxIpBytes)) {
    counters.drop(DropReason::exceeds_mtu);
  } else if (!take_echo_token()) {
    counters.drop(DropReason::punt_full);
  } else if (v4) {
    writer.echo_reply_v4(interface, ethernet.source, icmp.destination, icmp.source, icmp.tos, icmp.bytes);
  } else {
    writer.echo_reply_v6(interface, ethernet.source, icmp.destination, icmp.source, icmp.bytes);
  }
}

void HostStack::resolve_and_send(std::uint16_t interface, const Frame& frame) {
  State& state = *state_;
  const auto parsed = parse_ethernet(frame.bytes);
  const auto destination = parsed.value ? ip_destination(*parsed.value) : std::nullopt;
  if (!destination) {
    counters_->drop(DropReason::ip_malformed);
    state.sink.discard(frame);
    return;
  }
  const auto next_hop = state.interfaces.next_hop(interface, *destination);
  if (!next_hop) {
    counters_->drop(DropReason::no_route);
    state.sink.discard(frame);
    return;
  }
  state.neighbours.send(interface, *next_hop, frame);
}

HostStats HostStack::stats() const {
  HostStats stats;
  stats.arp_received = counters_->arp_received.get();
  stats.arp_sent = counters_->arp_sent.get();
  stats.nd_received = counters_->nd_received.get();
  stats.nd_sent = counters_->nd_sent.get();
  stats.echo_answered = counters_->echo_answered.get();
  // Removed first: a concurrent addition can't make the difference negative.
  const std::uint64_t removed = counters_->neighbours_removed.get();
  stats.neighbours = counters_->neighbours_added.get() - removed;
  stats.neighbours_failed = counters_->neighbours_failed.get();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    stats.drops[i] = counters_->drops[i].get();
  }
  return stats;
}

}  // namespace pollux::io
