"""What scripts/demo srtp adds: a host's keys, and a tap on A's wire that says what can be heard there."""

import collections
import math
import os
import threading
from pathlib import Path

from lab import rtp, srtp, wire

SUITE = "AES_CM_128_HMAC_SHA1_80"
TAG_BYTES = 10
RANDOM_BITS = 7.9  # bits of entropy per byte; noise has 8
MEDIA_PORT = 4000  # of host A


class Encryption:
    """A host's two keys, one for each direction, as signalling would have agreed on them."""

    def __init__(self, folder, host="a"):
        received, sent = srtp.Key.random(SUITE), srtp.Key.random(SUITE)
        self.seal, self.open = srtp.Sender(received).rtp, srtp.Receiver(sent).rtp
        self.files = [_key_file(Path(folder) / name, key)
                      for name, key in ((f"from-{host}.key", received), (f"to-{host}.key", sent))]

    @property
    def leg_keys(self):
        """For polluxctl's --leg: the files' names, as every user of the machine reads command lines."""
        return ",srtp-receive=@{},srtp-send=@{}".format(*self.files)


def _key_file(path, key):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.text + "\n")
    return path


class Tap(threading.Thread):
    """Somebody who listens on a host's wire: all of its UDP payloads, in both directions."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.packets, self.socket, self.done = [], host.sniffer(), threading.Event()
        self.socket.settimeout(0.2)
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                datagram = wire.udp_datagram(self.socket.recv(65536))
            except TimeoutError:
                continue
            if datagram and MEDIA_PORT in (datagram.source[1], datagram.destination[1]):
                self.packets.append(datagram.payload)

    def stop(self):
        self.done.set()
        self.join()
        self.socket.close()


def entropy(payloads):
    """Bits per byte over all bytes: 8 is noise."""
    counts = collections.Counter(byte for payload in payloads for byte in payload)
    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values()) if total else 0.0


def judge_wire(tap, capture):
    """Prints what was on A's wire; True when nobody hears the call there."""
    spoken = [rtp.parse(packet).payload for _, packet in capture]
    seen = [packet for packet in tap.packets if not rtp.is_rtcp(packet)]
    sealed = [packet[12:-TAG_BYTES] for packet in seen]
    clear = set(spoken)
    legible = sum(payload in clear for packet in seen for payload in (packet[12:], packet[12:-TAG_BYTES]))
    bits = entropy(sealed)
    print(f"   {len(seen)} SRTP packets in both directions, each with a tag of {TAG_BYTES} bytes")
    print(f"   packets whose audio can be read: {legible}")
    print(f"   entropy: {bits:.2f} bits per byte of payload; the same audio in the clear: "
          f"{entropy(spoken):.2f}")
    if seen:
        print(f"   a payload begins in the clear {spoken[0][:16].hex(' ')}")
        print(f"   and on A's wire               {sealed[0][:16].hex(' ')}")
    return len(seen) >= 2 * len(capture) and legible == 0 and bits > RANDOM_BITS
