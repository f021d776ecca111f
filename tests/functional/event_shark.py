"""Telephone-events as tshark reads them from a host's wire, held against RFC 4733 §2.5.1."""

import socket
import struct
import subprocess
import threading
from dataclasses import dataclass

FIELDS = ("frame.time_epoch", "rtp.p_type", "rtp.ssrc", "rtp.seq", "rtp.timestamp", "rtp.marker",
          "rtpevent.event_id", "rtpevent.end_of_event", "rtpevent.volume", "rtpevent.duration")
SEGMENT_TICKS = 0xffff
LAST_TIMES = 3  # that a press's last packet is sent, and each segment's


@dataclass
class Packet:
    time: float
    payload_type: int
    ssrc: int
    sequence: int
    timestamp: int
    marker: bool
    event: int = -1  # -1: audio
    end: bool = False
    volume: int = 0
    ticks: int = 0


@dataclass
class Pressed:
    """One press, of one segment or of several."""

    event: int
    ms: float
    at: float
    timestamp: int
    packets: list


class Recorder(threading.Thread):
    """What passes on a host's wire, with the kernel's time, into a pcap file."""

    STAMP = 35  # SO_TIMESTAMPNS

    def __init__(self, host, file):
        super().__init__(daemon=True)
        self.socket, self.file, self.done = host.sniffer(), file, threading.Event()
        self.socket.setsockopt(socket.SOL_SOCKET, self.STAMP, 1)
        self.socket.settimeout(0.05)

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.done.set()
        self.join()
        self.socket.close()

    def run(self):
        with open(self.file, "wb") as pcap:
            pcap.write(struct.pack("=IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
            while True:
                try:
                    frame, ancillary, *_ = self.socket.recvmsg(65536, 128)
                except TimeoutError:
                    if self.done.is_set():  # and all that has come is written
                        return
                    continue
                stamp = next(data for _, kind, data in ancillary if kind == self.STAMP)
                when = struct.unpack("=qq", stamp[:16])
                pcap.write(struct.pack("=4I", *when, len(frame), len(frame)) + frame)


def read(file, port, payload_type=101):
    """What tshark makes of the RTP for a port."""
    fields = [word for name in FIELDS for word in ("-e", name)]
    read = subprocess.run(["tshark", "-r", str(file), "-d", f"udp.port=={port},rtp", "-d",
                           f"rtp.pt=={payload_type},rtpevent", "-T", "fields", "-E", "separator=|",
                           "-Y", f"rtp && udp.dstport=={port}", *fields], check=True, capture_output=True,
                          text=True, timeout=60)
    return [Packet(float(time), int(kind), int(ssrc, 16), int(sequence), int(timestamp),
                   marker in ("1", "True"), int(event or -1), end in ("1", "True"), int(volume or 0),
                   int(ticks or 0))
            for time, kind, ssrc, sequence, timestamp, marker, event, end, volume, ticks in
            (line.split("|") for line in read.stdout.splitlines())]


def unbroken(packets):
    """One source, and no sequence number missing or twice, events and audio together."""
    assert packets, "nothing was sent"
    assert len({packet.ssrc for packet in packets}) == 1
    for number, packet in enumerate(packets):
        expected = (packets[0].sequence + number) % 0x10000
        assert packet.sequence == expected, f"packet {number} of {len(packets)}: {packet}"


def presses(packets, clock=8000, packet_ms=20):
    """The presses, each of which has to keep the rules; they are told apart by their markers."""
    unbroken(packets)
    begun = []
    for packet in packets:
        if packet.event >= 0:
            if packet.marker:
                begun.append([])
            assert begun, "an event without a marker at its start"
            begun[-1].append(packet)
    return [_press(press, clock, packet_ms) for press in begun]


def _press(packets, clock, packet_ms):
    first, last = packets[0], packets[-1]
    assert {(packet.event, packet.volume) for packet in packets} == {(first.event, first.volume)}, packets
    assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)
    assert [packet.sequence for packet in packets] == [
        (first.sequence + number) % 0x10000 for number in range(len(packets))], "audio within the press"
    ends = [packet.end for packet in packets]
    assert ends == [False] * (len(packets) - LAST_TIMES) + [True] * LAST_TIMES, packets
    assert len({(packet.timestamp, packet.ticks) for packet in packets[-LAST_TIMES:]}) == 1, "one end, thrice"
    assert first.ticks == min(packet_ms * clock // 1000, last.ticks)
    before, segment = None, 0
    for packet in packets:
        in_segment = (packet.timestamp - first.timestamp) % 0x100000000 - segment
        if in_segment:  # then a full one has been told, without its being the end
            assert in_segment == SEGMENT_TICKS and before.ticks == SEGMENT_TICKS, packet
            assert not before.end
            segment += SEGMENT_TICKS
        elif before:
            assert packet.ticks >= before.ticks, "a duration that shrinks"
        before = packet
    full = [packet for packet in packets[:-LAST_TIMES] if packet.ticks == SEGMENT_TICKS]
    assert len(full) == LAST_TIMES * (segment // SEGMENT_TICKS), "full segments are told three times"
    ms = 1000 * (segment + last.ticks) / clock
    _keeps_time(packets, ms, packet_ms)
    return Pressed(first.event, ms, first.time, first.timestamp, packets)


def _keeps_time(packets, ms, packet_ms):
    """As many packets as there are packet times, and none far from its time, however busy the machine is."""
    updates = {(packet.timestamp, packet.ticks): packet.time for packet in reversed(packets)}
    assert abs(len(updates) - ms / packet_ms) <= 2 + ms / 1000, f"{len(updates)} updates in {ms} ms"
    took = 1000 * (packets[-1].time - packets[0].time)
    assert ms - 2 * packet_ms - 5 <= took <= ms + 100, f"{ms} ms were told within {took:.0f} ms"
