"""RTP and RTCP as bytes, pcap files, and what a receiver computes from arriving packets."""

import struct
from dataclasses import dataclass


@dataclass
class Stream:
    """Makes the packets of one RTP source, one after the other."""

    ssrc: int
    payload_type: int = 8
    sequence: int = 1000
    timestamp: int = 50000
    samples: int = 160

    def next(self, payload=None, marker=False):
        if payload is None:  # differs from packet to packet, so that mixing any two up shows
            payload = struct.pack("!II", self.ssrc, self.sequence) * (self.samples // 8)
        packet = struct.pack("!BBHII", 0x80, marker << 7 | self.payload_type, self.sequence & 0xffff,
                             self.timestamp & 0xffffffff, self.ssrc) + payload
        self.sequence += 1
        self.timestamp += self.samples
        return packet


@dataclass
class Rtp:
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(packet):
    """Plain RTP without padding; CSRCs and extension are skipped."""
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    if first >> 6 != 2:
        raise ValueError("no RTP packet")
    start = 12 + 4 * (first & 15)
    if first & 0x10:
        start += 4 + 4 * struct.unpack_from("!H", packet, start + 2)[0]
    return Rtp(second & 0x7f, bool(second >> 7), sequence, timestamp, ssrc, packet[start:])


SENDER_REPORT, RECEIVER_REPORT, SDES, BYE = 200, 201, 202, 203


def rtcp(kind, *words, count=0):
    return struct.pack(f"!BBH{len(words)}I", 0x80 | count, kind, len(words), *words)


def sender_report(ssrc, rtp_timestamp=50000, packets=1, octets=160):
    return rtcp(SENDER_REPORT, ssrc, 0xe0000000, 0x80000000, rtp_timestamp, packets, octets)


def rtcp_types(compound):
    """Packet types of a compound RTCP packet, in order."""
    types, at = [], 0
    while at < len(compound):
        _, kind, length = struct.unpack_from("!BBH", compound, at)
        types.append(kind)
        at += 4 * (length + 1)
    if at != len(compound):
        raise ValueError("RTCP lengths don't add up")
    return types


def is_rtcp(packet):
    return 192 <= packet[1] <= 223


def read_pcap(path):
    """(time in seconds, UDP payload) of every IPv4 UDP packet of an Ethernet capture."""
    with open(path, "rb") as file:
        data = file.read()
    order, unit = {b"\xd4\xc3\xb2\xa1": ("<", 1e-6), b"\xa1\xb2\xc3\xd4": (">", 1e-6),
                   b"\x4d\x3c\xb2\xa1": ("<", 1e-9), b"\xa1\xb2\x3c\x4d": (">", 1e-9)}[data[:4]]
    at, packets = 24, []
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from(order + "IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            udp = 14 + 4 * (frame[14] & 15)
            end = udp + struct.unpack_from("!H", frame, udp + 4)[0]
            packets.append((seconds + fraction * unit, frame[udp + 8:end]))
    return packets


class Jitter:
    """Interarrival jitter, RFC 3550 A.8, in RTP ticks."""

    def __init__(self, clock_rate=8000):
        self.clock_rate, self.transit, self.value = clock_rate, None, 0.0

    def arrived(self, time, timestamp):
        transit = time * self.clock_rate - timestamp
        if self.transit is not None:
            self.value += (abs(transit - self.transit) - self.value) / 16
        self.transit = transit

    @property
    def milliseconds(self):
        return 1000 * self.value / self.clock_rate
