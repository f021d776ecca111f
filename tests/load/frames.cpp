#include "tests/load/frames.hpp"

#include <arpa/inet.h>
#include <rte_arp.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <cstring>

namespace pollux::load {

namespace {

constexpr std::uint8_t kPayloadType = 8;  // PCMA
constexpr std::uint8_t kHopLimit = 64;
constexpr std::uint8_t kNeighbourHopLimit = 255;
constexpr std::uint8_t kSolicitation = 135;
constexpr std::uint8_t kAdvertisement = 136;

// Offsets into the RTP packet of what stamp() writes.
constexpr std::uint32_t kSequence = 2;
constexpr std::uint32_t kTimestamp = 4;
constexpr std::uint32_t kTsc = kRtpHeader;
constexpr std::uint32_t kSender = kRtpHeader + 8;
constexpr std::uint32_t kLongSequence = kRtpHeader + 12;

struct Advertisement {
  rte_ether_hdr ethernet;
  rte_ipv6_hdr ip;
  std::uint8_t type, code;
  std::uint16_t checksum;
  std::uint32_t flags;
  std::uint8_t target[16];
  std::uint8_t option, option_length;
  rte_ether_addr mac;
} __attribute__((packed, aligned(2)));

template <typename T>
T* at(std::uint8_t* bytes, std::size_t offset) {
  return reinterpret_cast<T*>(bytes + offset);
}
template <typename T>
const T* at(const std::uint8_t* bytes, std::size_t offset) {
  return reinterpret_cast<const T*>(bytes + offset);
}
const std::uint8_t* data(const rte_mbuf* mbuf) {
  return rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
}

std::uint16_t ether_type(const rte_mbuf* mbuf) {
  return rte_be_to_cpu_16(at<rte_ether_hdr>(data(mbuf), 0)->ether_type);
}

std::uint16_t udp_offset(const rte_mbuf* mbuf) {
  return RTE_ETHER_HDR_LEN +
         (ether_type(mbuf) == RTE_ETHER_TYPE_IPV4 ? sizeof(rte_ipv4_hdr) : sizeof(rte_ipv6_hdr));
}

std::uint16_t folded(std::uint32_t sum) {
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  return checksum == 0 ? 0xffff : checksum;
}

bool answer_arp(const Hosts& hosts, rte_mbuf* mbuf) {
  auto* const bytes = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  auto* const arp = at<rte_arp_hdr>(bytes, RTE_ETHER_HDR_LEN);
  Address wanted;
  std::memcpy(wanted.bytes.data(), &arp->arp_data.arp_tip, 4);
  const auto host = hosts.find(wanted);
  if (arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) || host == hosts.end()) {
    return false;
  }
  auto* const ethernet = at<rte_ether_hdr>(bytes, 0);
  ethernet->dst_addr = arp->arp_data.arp_sha;
  ethernet->src_addr = host->second;
  arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
  arp->arp_data.arp_tha = arp->arp_data.arp_sha;
  arp->arp_data.arp_tip = arp->arp_data.arp_sip;
  arp->arp_data.arp_sha = host->second;
  std::memcpy(&arp->arp_data.arp_sip, wanted.bytes.data(), 4);
  return true;
}

bool answer_solicitation(const Hosts& hosts, rte_mbuf* mbuf) {
  static constexpr std::uint8_t kUnspecified[16] = {};
  auto* const bytes = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  auto* const message = at<Advertisement>(bytes, 0);
  Address wanted{.v6 = true};
  std::memcpy(wanted.bytes.data(), message->target, 16);
  const auto host = hosts.find(wanted);
  if (mbuf->data_len < offsetof(Advertisement, option) || message->type != kSolicitation ||
      host == hosts.end() || std::memcmp(message->ip.src_addr, kUnspecified, 16) == 0) {
    return false;
  }
  message->ethernet.dst_addr = message->ethernet.src_addr;
  message->ethernet.src_addr = host->second;
  std::memcpy(message->ip.dst_addr, message->ip.src_addr, 16);
  std::memcpy(message->ip.src_addr, wanted.bytes.data(), 16);
  message->ip.hop_limits = kNeighbourHopLimit;
  message->ip.payload_len = RTE_BE16(sizeof(Advertisement) - offsetof(Advertisement, type));
  message->type = kAdvertisement;
  message->code = 0;
  message->flags = RTE_BE32(0x60000000);  // solicited, override
  message->option = 2;                    // the target's link-layer address
  message->option_length = 1;
  message->mac = host->second;
  message->checksum = 0;
  message->checksum = rte_ipv6_udptcp_cksum(&message->ip, &message->type);
  mbuf->data_len = sizeof(Advertisement);
  mbuf->pkt_len = sizeof(Advertisement);
  return true;
}

// `sum`: of the pseudo header.
Kind classify_udp(const rte_mbuf* mbuf, std::uint32_t sum) {
  const std::uint16_t offset = udp_offset(mbuf);
  const auto* const udp = at<rte_udp_hdr>(data(mbuf), offset);
  const std::uint16_t length = rte_be_to_cpu_16(udp->dgram_len);
  if (offset + length > mbuf->data_len || length < sizeof(rte_udp_hdr) + 8 || udp->dgram_cksum == 0 ||
      folded(sum + rte_raw_cksum(udp, length)) != 0xffff) {
    return Kind::kBadChecksum;
  }
  const auto* const rtp = reinterpret_cast<const std::uint8_t*>(udp + 1);
  if (rtp[1] >= 192 && rtp[1] <= 223) {
    return Kind::kRtcp;
  }
  return length == sizeof(rte_udp_hdr) + kRtpBytes && rtp[0] == 0x80 ? Kind::kRtp : Kind::kOther;
}

}  // namespace

bool parse_address(const std::string& text, Address& address) {
  address = {};
  address.v6 = text.find(':') != std::string::npos;
  return inet_pton(address.v6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) == 1;
}

Template make_template(const Leg& leg, std::uint32_t number, const rte_ether_addr& party_mac,
                       const rte_ether_addr& local_mac) {
  Template made;
  std::uint8_t* const bytes = made.bytes.data();
  auto* const ethernet = at<rte_ether_hdr>(bytes, 0);
  ethernet->src_addr = party_mac;
  ethernet->dst_addr = local_mac;
  ethernet->ether_type = rte_cpu_to_be_16(leg.party.v6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
  made.udp = static_cast<std::uint16_t>(RTE_ETHER_HDR_LEN +
                                        (leg.party.v6 ? sizeof(rte_ipv6_hdr) : sizeof(rte_ipv4_hdr)));
  made.length = static_cast<std::uint16_t>(made.udp + sizeof(rte_udp_hdr) + kRtpBytes);

  auto* const udp = at<rte_udp_hdr>(bytes, made.udp);
  udp->src_port = rte_cpu_to_be_16(leg.party_port);
  udp->dst_port = rte_cpu_to_be_16(leg.local_port);
  udp->dgram_len = RTE_BE16(sizeof(rte_udp_hdr) + kRtpBytes);
  std::uint8_t* const rtp = bytes + made.udp + sizeof(rte_udp_hdr);
  rtp[0] = 0x80;
  rtp[1] = kPayloadType;
  *at<std::uint32_t>(rtp, 8) = rte_cpu_to_be_32(kFirstSsrc + number);
  *at<std::uint32_t>(rtp, kSender) = rte_cpu_to_be_32(number);
  std::memset(rtp + kLongSequence + 4, 0xd5, kRtpBytes - kLongSequence - 4);  // silence

  if (leg.party.v6) {
    auto* const ip = at<rte_ipv6_hdr>(bytes, RTE_ETHER_HDR_LEN);
    ip->vtc_flow = RTE_BE32(0x60000000);
    ip->payload_len = udp->dgram_len;
    ip->proto = IPPROTO_UDP;
    ip->hop_limits = kHopLimit;
    std::memcpy(ip->src_addr, leg.party.bytes.data(), 16);
    std::memcpy(ip->dst_addr, leg.local.bytes.data(), 16);
    made.sum = rte_ipv6_phdr_cksum(ip, 0);
  } else {
    auto* const ip = at<rte_ipv4_hdr>(bytes, RTE_ETHER_HDR_LEN);
    ip->version_ihl = RTE_IPV4_VHL_DEF;
    ip->total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(made.length - RTE_ETHER_HDR_LEN));
    ip->time_to_live = kHopLimit;
    ip->next_proto_id = IPPROTO_UDP;
    std::memcpy(&ip->src_addr, leg.party.bytes.data(), 4);
    std::memcpy(&ip->dst_addr, leg.local.bytes.data(), 4);
    ip->hdr_checksum = rte_ipv4_cksum(ip);
    made.sum = rte_ipv4_phdr_cksum(ip, 0);
  }
  made.sum += rte_raw_cksum(udp, sizeof(rte_udp_hdr) + kRtpBytes);
  return made;
}

void stamp(const Template& from, std::uint32_t sequence, std::uint64_t tsc, rte_mbuf* mbuf) {
  auto* const bytes = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  std::memcpy(bytes, from.bytes.data(), from.length);
  mbuf->data_len = from.length;
  mbuf->pkt_len = from.length;
  std::uint8_t* const rtp = bytes + from.udp + sizeof(rte_udp_hdr);
  *at<std::uint16_t>(rtp, kSequence) = rte_cpu_to_be_16(static_cast<std::uint16_t>(sequence));
  *at<std::uint32_t>(rtp, kTimestamp) = rte_cpu_to_be_32(sequence * kSamples);
  *at<std::uint32_t>(rtp, kLongSequence) = rte_cpu_to_be_32(sequence);
  std::memcpy(rtp + kTsc, &tsc, sizeof tsc);
  const std::uint32_t sum = from.sum + rte_raw_cksum(rtp + kSequence, 6) + rte_raw_cksum(rtp + kTsc, 8) +
                            rte_raw_cksum(rtp + kLongSequence, 4);
  at<rte_udp_hdr>(bytes, from.udp)->dgram_cksum = folded(sum);
}

Kind classify(const rte_mbuf* mbuf) {
  const std::uint8_t* const bytes = data(mbuf);
  const std::uint16_t type = ether_type(mbuf);
  if (type == RTE_ETHER_TYPE_ARP) {
    return Kind::kNeighbour;
  }
  if (type == RTE_ETHER_TYPE_IPV4) {
    const auto* const ip = at<rte_ipv4_hdr>(bytes, RTE_ETHER_HDR_LEN);
    if (ip->next_proto_id != IPPROTO_UDP || ip->version_ihl != RTE_IPV4_VHL_DEF) {
      return Kind::kOther;
    }
    return rte_raw_cksum(ip, sizeof *ip) == 0xffff ? classify_udp(mbuf, rte_ipv4_phdr_cksum(ip, 0))
                                                   : Kind::kBadChecksum;
  }
  if (type == RTE_ETHER_TYPE_IPV6) {
    const auto* const ip = at<rte_ipv6_hdr>(bytes, RTE_ETHER_HDR_LEN);
    if (ip->proto == IPPROTO_ICMPV6) {
      return Kind::kNeighbour;
    }
    return ip->proto == IPPROTO_UDP ? classify_udp(mbuf, rte_ipv6_phdr_cksum(ip, 0)) : Kind::kOther;
  }
  return Kind::kOther;
}

bool addressed_to(const rte_mbuf* mbuf, const Template& to) {
  const std::uint8_t* const got = data(mbuf);
  const std::uint8_t* const sent = to.bytes.data();
  const auto* const ethernet = at<rte_ether_hdr>(got, 0);
  const auto* const expected = at<rte_ether_hdr>(sent, 0);
  if (mbuf->data_len != to.length || ethernet->ether_type != expected->ether_type ||
      !rte_is_same_ether_addr(&ethernet->dst_addr, &expected->src_addr) ||
      !rte_is_same_ether_addr(&ethernet->src_addr, &expected->dst_addr)) {
    return false;
  }
  // Source and destination end the IP header and begin the UDP header: what comes is what goes, turned round.
  const std::size_t address = to.udp == RTE_ETHER_HDR_LEN + sizeof(rte_ipv4_hdr) ? 4 : 16;
  const std::size_t first = to.udp - 2 * address;
  return std::memcmp(got + first, sent + first + address, address) == 0 &&
         std::memcmp(got + first + address, sent + first, address) == 0 &&
         std::memcmp(got + to.udp, sent + to.udp + 2, 2) == 0 &&
         std::memcmp(got + to.udp + 2, sent + to.udp, 2) == 0;
}

Stamp read_stamp(const rte_mbuf* mbuf) {
  const std::uint8_t* const rtp = data(mbuf) + udp_offset(mbuf) + sizeof(rte_udp_hdr);
  Stamp read;
  read.sender = rte_be_to_cpu_32(*at<std::uint32_t>(rtp, 8)) - kFirstSsrc;
  read.sequence = rte_be_to_cpu_32(*at<std::uint32_t>(rtp, kLongSequence));
  std::memcpy(&read.tsc, rtp + kTsc, sizeof read.tsc);
  read.intact = rtp[1] == kPayloadType && rtp[kRtpBytes - 1] == 0xd5 &&
                rte_be_to_cpu_32(*at<std::uint32_t>(rtp, kSender)) == read.sender &&
                rte_be_to_cpu_16(*at<std::uint16_t>(rtp, kSequence)) == (read.sequence & 0xffff) &&
                rte_be_to_cpu_32(*at<std::uint32_t>(rtp, kTimestamp)) == read.sequence * kSamples;
  return read;
}

bool answer(const Hosts& hosts, rte_mbuf* mbuf) {
  return ether_type(mbuf) == RTE_ETHER_TYPE_ARP ? answer_arp(hosts, mbuf) : answer_solicitation(hosts, mbuf);
}

}  // namespace pollux::load
