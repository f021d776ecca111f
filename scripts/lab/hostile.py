"""What a media relay meets besides media: scanners, forgers, repeaters and broken programs; a packet each.

Everything that a stranger makes up has MARK in it, so that a party that gets some of it can tell.
"""

import random
import socket
import struct

from lab import rtp
from lab.wire import ETHERTYPE_IPV4, IPPROTO_UDP, ones_complement

MARK = b"\xef\x0a\x07\xde"  # as SSRC and as content
ETHERTYPE_ARP = 0x0806
ARP_REQUEST, ARP_REPLY = 1, 2
BROADCAST = b"\xff" * 6


def forgeries(packet):
    """What somebody makes of a packet who has no key."""
    sequence = struct.unpack_from("!H", packet, 2)[0]
    for jump in (1, -1, 100, 0x7fff, 0x8000, 0x8001, -0x1000):
        yield packet[:2] + struct.pack("!H", (sequence + jump) & 0xffff) + packet[4:]
    yield packet[:8] + MARK + packet[12:]  # another SSRC
    yield packet[:-1] + bytes([packet[-1] ^ 1])
    yield packet[:1] + bytes([packet[1] ^ 0x80]) + packet[2:]  # the marker
    yield packet[:-4]
    yield packet + bytes(4)
    yield b"\x90" + packet[1:]  # with a header extension as long as the payload says
    yield packet[:20]


def odd_rtcp(ssrc, rng):
    """Compounds that RFC 3550 A.2 forbids, or that nobody should believe."""
    word = int.from_bytes(MARK, "big")
    return rng.choice((
        rtp.rtcp(rtp.SDES, word),  # doesn't begin with a report
        rtp.sender_report(ssrc)[:-5],
        rtp.rtcp(rtp.RECEIVER_REPORT, word, count=31),
        struct.pack("!BBH", 0x80, rtp.SENDER_REPORT, 0xffff) + MARK * 6,
        struct.pack("!BBH", 0x40, rtp.SENDER_REPORT, 1) + MARK,
        rtp.sender_report(word) + b"\xff",
        rtp.sender_report(word) + struct.pack("!BBH", 0xa0, rtp.SDES, 1) + MARK))


def ipv4(source, destination, payload, **fields):
    """A packet of IPv4; fields: number, flags (with the offset), options, protocol, and what may be wrong."""
    options = fields.get("options", b"")
    words = 5 + len(options) // 4
    total = fields.get("total", 4 * words + len(payload))
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, total, fields.get("number", 1),
                         fields.get("flags", 0), 64, fields.get("protocol", IPPROTO_UDP), 0,
                         socket.inet_aton(source), socket.inet_aton(destination)) + options
    checksum = fields.get("checksum", 0xffff - ones_complement(header))
    return header[:10] + struct.pack("!H", checksum) + header[12:] + payload


def udp(source_port, port, payload, length=None):
    """A UDP datagram without check sum, which IPv4 allows."""
    length = 8 + len(payload) if length is None else length
    return struct.pack("!HHHH", source_port, port, length, 0) + payload


class Stranger:
    """A host on a side's wire that knows where polluxd's ports are, but no keys. throw() sends one packet."""

    def __init__(self, host, node_address, node_mac, seed=0):
        self.rng, self.host, self.node_address, self.thrown = random.Random(seed), host, node_address, {}
        self.sockets = {4: host.udp(host.v4), 6: host.udp(host.v6)}
        with host.inside():
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # receives nothing
            self.wire.bind(("eth0", 0))
        self.mac = self.wire.getsockname()[4]
        self.node_mac = bytes.fromhex(node_mac.replace(":", ""))
        self.as_stranger = (self.garbage, self.scan, self.imitation, self.not_media, self.rtcp,
                            self.truncated)
        self.as_party = (self.forgery, self.replay)
        self.as_neighbour = (self.fragment, self.broken_ip, self.conflicting_arp, self.odd_arp, self.icmp)

    def close(self):
        for one in (*self.sockets.values(), self.wire):
            one.close()

    def throw(self, party, near):
        """One packet at the port that `party` sends to. near: it is of this host's side.

        False where there is nothing that this host could do to it.
        """
        ways = []
        if near:
            ways += self.as_stranger if ":" in party.to[0] else self.as_stranger + self.as_neighbour
        if getattr(party, "sealed", b""):  # what isn't genuine can come from the right address, too
            ways += 3 * self.as_party
        if not ways:
            return False
        way = self.rng.choice(ways)
        way(party)
        self.thrown[way.__name__] = self.thrown.get(way.__name__, 0) + 1
        return True

    def _send(self, packet, to):
        self.sockets[6 if ":" in to[0] else 4].sendto(packet, to)

    # -- from its own address
    def garbage(self, party):
        self._send(self.rng.randbytes(self.rng.randrange(1, 1200)) + MARK,
                   (party.to[0], party.to[1] + self.rng.randrange(-2, 4)))

    def scan(self, party):
        """What scanners for RTP bleed send: a well-formed header and silence."""
        self._send(bytes.fromhex("8000ee3c0442a2c1") + MARK + bytes(160),
                   (party.to[0], party.to[1] + self.rng.randrange(-4, 6)))

    def imitation(self, party):
        """The party's own SSRC and the next sequence number, from elsewhere."""
        stream = party.stream
        self._send(struct.pack("!BBHII", 0x80, stream.payload_type, stream.sequence & 0xffff,
                               stream.timestamp & 0xffffffff, stream.ssrc) + MARK * 40, party.to)

    def not_media(self, party):
        stun = struct.pack("!HHI", 1, 4, 0x2112a442) + MARK * 4
        dtls = b"\x16\xfe\xfd" + bytes(8) + b"\0\x08" + MARK * 2
        self._send(self.rng.choice((stun, dtls)), party.to)

    def rtcp(self, party):
        self._send(odd_rtcp(party.stream.ssrc, self.rng), party.to_rtcp)

    def truncated(self, party):
        whole = struct.pack("!BBHII", 0x80, 8, 1, 1, int.from_bytes(MARK, "big"))
        self._send(whole[:self.rng.randrange(0, 12)], party.to)

    # -- from the party's address
    def forgery(self, party):
        party.rtp.sendto(self.rng.choice(list(forgeries(party.sealed))), party.to)

    def replay(self, party):
        party.rtp.sendto(party.sealed, party.to)

    # -- frames
    def _frame(self, ethertype, packet):
        self.wire.send((self.node_mac + self.mac + struct.pack("!H", ethertype) + packet).ljust(60, b"\0"))

    def fragment(self, party):
        """A piece of a datagram, or both halves of one that is longer than any frame."""
        number = self.rng.randrange(0x10000)
        datagram, half = udp(4000, party.to[1], MARK * 700), 1408
        pieces = self.rng.choice((((0x2000, datagram[:half]), (half // 8, datagram[half:])),
                                  ((0x2000, datagram[:160]),), ((0x2001, datagram[:160]),),
                                  ((0x1fff, datagram[:160]),)))  # more fragments; the offset
        for flags, piece in pieces:
            self._frame(ETHERTYPE_IPV4, ipv4(self.host.v4, party.to[0], piece, flags=flags, number=number))

    def broken_ip(self, party):
        datagram = udp(4000, party.to[1], MARK * 10)
        self._frame(ETHERTYPE_IPV4, self.rng.choice((
            ipv4(self.host.v4, party.to[0], datagram, total=1400),
            ipv4(self.host.v4, party.to[0], datagram, total=12),
            ipv4(self.host.v4, party.to[0], datagram, checksum=0x1234),
            ipv4(self.host.v4, party.to[0], datagram, options=b"\x01" * 4),
            ipv4(self.host.v4, party.to[0], udp(4000, party.to[1], MARK, length=7)),
            ipv4(self.host.v4, party.to[0], udp(4000, party.to[1], MARK, length=900)),
            ipv4("224.0.0.1", party.to[0], datagram),
            ipv4(party.to[0], party.to[0], datagram),
            ipv4(self.host.v4, "10.99.99.99", datagram),
            ipv4(self.host.v4, party.to[0], MARK * 5, protocol=132))))

    def _arp(self, operation, sender, target, sender_mac=None, cut=28):
        self._frame(ETHERTYPE_ARP, (struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, operation) +
                                    (sender_mac or self.mac) + socket.inet_aton(sender) + bytes(6) +
                                    socket.inet_aton(target))[:cut])

    def conflicting_arp(self, _):
        """It claims polluxd's own address, telling only polluxd: the others' traffic isn't what is tried."""
        self._arp(self.rng.choice((ARP_REQUEST, ARP_REPLY)), self.node_address, self.node_address)

    def odd_arp(self, _):
        """Answers that nobody asked for, of hosts that aren't there; impossible senders; cut off."""
        nobody = f"{self.node_address.rsplit('.', 1)[0]}.{self.rng.randrange(100, 250)}"
        self._arp(*self.rng.choice(((ARP_REPLY, nobody, self.node_address),
                                    (ARP_REQUEST, "0.0.0.0", nobody),
                                    (ARP_REPLY, "255.255.255.255", self.node_address, BROADCAST),
                                    (9, nobody, self.node_address))),
                  cut=self.rng.choice((28, 28, 8, 27)))

    def icmp(self, party):
        """Errors about packets that were never sent, a redirect, and an echo whose check sum is wrong."""
        kind, code = self.rng.choice(((3, 3), (3, 4), (5, 1), (11, 0), (8, 0)))
        inner = ipv4(party.to[0], self.host.v4, udp(party.to[1], 4000, MARK))
        message = struct.pack("!BBHI", kind, code, 0, 0) + inner
        if kind != 8:
            message = message[:2] + struct.pack("!H", 0xffff - ones_complement(message)) + message[4:]
        self._frame(ETHERTYPE_IPV4, ipv4(self.host.v4, party.to[0], message, protocol=1))
