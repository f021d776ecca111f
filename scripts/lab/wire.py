"""Frames as they are on the wire, taken apart and checked down to the check sums."""

import socket
import struct
import time
from dataclasses import dataclass

ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86dd
PACKET_OUTGOING = 4
IPPROTO_UDP, IPPROTO_ICMPV6 = 17, 58


@dataclass
class Datagram:
    source: tuple
    destination: tuple
    payload: bytes
    dscp: int
    hop_limit: int
    udp_checksum: int
    faults: list  # what is wrong with lengths and check sums, as text


def ones_complement(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def udp_datagram(frame):
    """The UDP datagram of an untagged IPv4 or IPv6 frame; None when it holds something else."""
    ethertype, faults = struct.unpack_from("!H", frame, 12)[0], []
    packet = frame[14:]
    if ethertype == ETHERTYPE_IPV4 and len(packet) >= 28 and packet[9] == IPPROTO_UDP:
        header, (length,) = 4 * (packet[0] & 15), struct.unpack_from("!H", packet, 2)
        family, dscp, hop_limit = socket.AF_INET, packet[1] >> 2, packet[8]
        source, destination = packet[12:16], packet[16:20]
        if ones_complement(packet[:header]) != 0xffff:
            faults.append("IPv4 header check sum")
    elif ethertype == ETHERTYPE_IPV6 and len(packet) >= 48 and packet[6] == IPPROTO_UDP:
        header, length = 40, 40 + struct.unpack_from("!H", packet, 4)[0]
        family, dscp, hop_limit = socket.AF_INET6, (packet[0] & 15) << 2 | packet[1] >> 6, packet[7]
        source, destination = packet[8:24], packet[24:40]
    else:
        return None
    udp = packet[header:length]
    source_port, destination_port, udp_length, checksum = struct.unpack_from("!HHHH", udp)
    if udp_length != len(udp):
        faults.append(f"UDP length {udp_length} instead of {len(udp)}")
    pseudo_header = source + destination + struct.pack("!II", len(udp), IPPROTO_UDP)
    if checksum == 0:
        if family == socket.AF_INET6:
            faults.append("UDP check sum is zero")
    elif ones_complement(pseudo_header + udp) != 0xffff:
        faults.append("UDP check sum")
    return Datagram((socket.inet_ntop(family, source), source_port),
                    (socket.inet_ntop(family, destination), destination_port),
                    udp[8:], dscp, hop_limit, checksum, faults)


def frames(packet_socket, seconds=0.0):
    """Received (not sent) frames: those waiting, then those that come within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        packet_socket.settimeout(max(0.0, deadline - time.monotonic()))
        try:
            frame, address = packet_socket.recvfrom(65536)
        except (TimeoutError, BlockingIOError):
            return
        if address[2] != PACKET_OUTGOING:
            yield frame


def is_neighbour_traffic(frame):
    """ARP, or ICMPv6 neighbour and router discovery and multicast listener reports."""
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == ETHERTYPE_IPV6 and len(frame) > 54:
        next_header, at = frame[20], 54
        if next_header == 0:  # hop-by-hop options precede a listener report
            next_header, at = frame[54], 54 + 8 * (frame[55] + 1)
        return next_header == IPPROTO_ICMPV6 and len(frame) > at and (
            133 <= frame[at] <= 137 or frame[at] in (130, 131, 132, 143))
    return ethertype == 0x0806
