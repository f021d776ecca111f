"""Parties that talk on while a test does something else."""

import contextlib
import threading
import time

from api import wait_until
from party import both_ways

INTERVAL = 0.005  # s


class _Voice(threading.Thread):
    """Sends a packet every few milliseconds until it is told to stop."""

    def __init__(self, party, interval):
        super().__init__(daemon=True)
        self.party, self.interval, self.sent, self._stop_asked = party, interval, [], threading.Event()

    def run(self):
        while not self._stop_asked.is_set():
            self.sent.append(self.party.send())
            time.sleep(self.interval)

    def stop(self):
        self._stop_asked.set()
        self.join()
        return self.sent


@contextlib.contextmanager
def talking(a, b, interval=INTERVAL):
    """Both talk within the block; at its end every packet must have come, in order, bit for bit."""
    both_ways(a, b, 1)  # nobody has to wait for a MAC address
    voices = [_Voice(a, interval), _Voice(b, interval)]
    for voice in voices:
        voice.start()
    try:
        wait_until(lambda: all(voice.sent for voice in voices), what="both voices")
        yield
    finally:
        sent = [voice.stop() for voice in voices]
    for packets, listener in zip(sent, (b, a)):
        for number, packet in enumerate(packets):
            assert listener.receive() == packet, f"packet {number} of {len(packets)}"
