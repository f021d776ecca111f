// Every reason for which a packet ends here instead of at its receiver: one list, from which the counters'
// names and the texts for people are made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pollux {

// X(name, what it means and where to look)
#define POLLUX_DROP_REASONS(X)                                                                              \
  X(ethernet_malformed, "frame too short, or an EtherType that is neither ARP, IPv4, IPv6 nor 802.1Q")      \
  X(not_for_us, "Ethernet frame addressed to another host")                                                 \
  X(vlan_unknown, "VLAN that no interface of the port is configured for")                                   \
  X(ip_malformed, "IPv4 or IPv6 header with a wrong version, length or check sum")                          \
  X(ip_fragment, "IP fragment: media must fit the MTU, check the sender's packet size")                     \
  X(ip_options, "IPv4 options or IPv6 extension headers, which media never needs")                          \
  X(address_unknown, "destination address that isn't ours on this interface")                               \
  X(protocol_unknown, "neither UDP nor ICMP")                                                               \
  X(udp_malformed, "UDP length that doesn't fit the packet")                                                \
  X(checksum_wrong, "the device found a wrong IP or UDP check sum")                                         \
  X(no_endpoint, "UDP port without a session: late media after a call, or a wrong port in the SDP")         \
  X(handoff_full, "the ring towards the owning worker was full")                                            \
  X(punt_full, "the ring towards the host thread was full (flood of ARP, ND or ICMP?)")                     \
  X(not_media, "on a media port, but neither RTP nor RTCP (STUN and DTLS are counted here as well)")        \
  X(rtp_malformed, "RTP header that contradicts its length (RFC 3550 A.1)")                                 \
  X(rtcp_malformed, "RTCP compound packet that fails the checks of RFC 3550 A.2")                           \
  X(rtp_on_rtcp_port, "RTP packet on a leg's RTCP port: the party has its ports mixed up")                  \
  X(rtcp_on_rtp_port, "RTCP packet on a leg's RTP port, and the leg has no rtcp-mux")                       \
  X(srtp_malformed, "too short for SRTP, or an SRTCP packet that isn't encrypted as agreed")                \
  X(srtp_no_key, "the leg speaks SRTP and has no key for this direction yet")                               \
  X(srtp_mki_unknown, "SRTP whose MKI names none of the leg's keys")                                        \
  X(srtp_authentication_failed, "SRTP that the leg's key doesn't open: wrong key or suite, or forged")      \
  X(srtp_replayed, "SRTP that came before: a duplicate by the network, or a replay")                        \
  X(srtp_too_old, "SRTP from before the replay window: can't be told from a replay any more")               \
  X(srtp_key_expired, "the key's lifetime is used up: a new one has to be agreed")                          \
  X(srtp_streams_full, "more SSRCs under one key than srtp.streams_per_key: re-key, or raise it")           \
  X(srtp_index_used, "can't go out as SRTP again: a duplicate, or its sequence fell back (see REWRITE)")    \
  X(source_impossible, "source address or port that no host has: group, broadcast, loopback, our own")      \
  X(source_unproven, "source that isn't the signalled one and hasn't yet proved to be an RTP stream")       \
  X(source_mismatch, "packet from another source than the one believed (strict source, or still alive)")    \
  X(rate_exceeded, "above media.max_packets_per_second for one leg: does its party flood? raise it if not") \
  X(stream_superseded, "late packet of a source that another has replaced on a rewritten stream")           \
  X(direction, "the direction of one of the legs forbids this packet (hold?)")                              \
  X(payload_type_unmapped, "payload type that isn't in the leg's payload-type map")                         \
  X(media_malformed, "payload that its codec can't read: is the payload type what the SDP says?")           \
  X(media_late, "to be transcoded, and came after its place had been given up: see jitter_window")          \
  X(media_overloaded, "the media worker was too busy to take it: see its load, and admission's limits")     \
  X(media_too_fast, "to be transcoded, and more media than time has passed for: a flood, or a wrong clock") \
  X(no_sink, "no leg is to get what this leg receives")                                                     \
  X(no_remote, "the receiving leg has no address to send to yet")                                           \
  X(no_route, "no on-link prefix and no gateway for the destination")                                       \
  X(neighbour_unresolved, "the next hop doesn't answer ARP or ND, or its queue was full")                   \
  X(exceeds_mtu, "packet larger than the outgoing port's MTU")                                              \
  X(no_mbuf, "packet buffers ran out: raise memory.mbufs")                                                  \
  X(tx_full, "the device took no more packets: transmit queue full or link down")

enum class DropReason : std::uint8_t {
#define POLLUX_X(name, help) name,
  POLLUX_DROP_REASONS(POLLUX_X)
#undef POLLUX_X
};

struct DropReasonText {
  std::string_view name;
  std::string_view help;
};

inline constexpr auto kDropReasons = std::to_array<DropReasonText>({
#define POLLUX_X(name, help) {#name, help},
    POLLUX_DROP_REASONS(POLLUX_X)
#undef POLLUX_X
});
inline constexpr std::size_t kDropReasonCount = kDropReasons.size();

}  // namespace pollux
