"""A party of a call: its sockets on a host, its stream, and what it gets."""

import itertools
import time

from lab import rtp

_ssrcs = itertools.count(0x10000001)


class Party:
    """RTP on an even port, RTCP on the next one; with rtcp_mux both on the first."""

    def __init__(self, host, version=4, address=None, rtcp_mux=False, **stream):
        self.address = address or (host.v4 if version == 4 else host.v6)
        self.host, self.stream = host, rtp.Stream(next(_ssrcs), **stream)
        while True:  # an even free port whose neighbour is free as well
            self.rtp = host.udp(self.address)
            port = self.rtp.getsockname()[1]
            try:
                if port % 2 == 0:
                    self.rtcp = self.rtp if rtcp_mux else host.udp(self.address, port + 1)
                    break
            except OSError:
                pass
            self.rtp.close()
        self.remote = (self.address, port)
        self.to = self.to_rtcp = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rtp.close()
        self.rtcp.close()

    def calls(self, rtp_address, rtcp_address=None):
        """Where this party sends to."""
        self.to = rtp_address
        self.to_rtcp = rtcp_address or (rtp_address[0], rtp_address[1] + 1)
        return self

    def rebind(self):
        """What a NAT does when it forgets: the same party, all at once from another port."""
        self.rtp.close()
        self.rtp = self.host.udp(self.address)
        self.remote = (self.address, self.rtp.getsockname()[1])

    def send(self, payload=None, marker=False):
        packet = self.stream.next(payload, marker)
        self.rtp.sendto(packet, self.to)
        return packet

    def send_rtcp(self, packet=None):
        packet = packet or rtp.sender_report(self.stream.ssrc) + rtp.rtcp(rtp.SDES, count=0)
        self.rtcp.sendto(packet, self.to_rtcp)
        return packet

    def receive(self, seconds=20):
        return receive(self.rtp, seconds)

    def receive_rtcp(self, seconds=20):
        return receive(self.rtcp, seconds)


def receive(socket, seconds=20):
    """The next packet, or None when none comes in time."""
    socket.settimeout(seconds)
    try:
        return socket.recv(65536)
    except TimeoutError:
        return None


def waiting(socket):
    """All packets that have arrived by now."""
    socket.setblocking(False)
    packets = []
    while True:
        try:
            packets.append(socket.recv(65536))
        except BlockingIOError:
            return packets


def received(party, wanted, seconds=10):
    """How many packets have arrived, when it is as many as wanted or no more come."""
    count = len(waiting(party.rtp))
    while count < wanted and party.receive(seconds):
        count += 1
    return count


def relayed(sender, receiver, count=20, pace=0.002):
    """Sends packets and wants each of them back bit for bit, in order."""
    sent = [sender.send()]
    got = [receiver.receive(10)]  # first of all: the others needn't wait for the receiver's MAC address
    for _ in range(count - 1):
        sent.append(sender.send())
        time.sleep(pace)
    while len(got) < len(sent) and (packet := receiver.receive(10)):
        got.append(packet)
    assert got == sent, f"{len(set(got) & set(sent))} of {len(sent)} packets arrived as they were sent"


def both_ways(a, b, count=20):
    relayed(a, b, count)
    relayed(b, a, count)
    assert not waiting(a.rtp) and not waiting(b.rtp), "packets too many"
