"""Parties that talk on while a test does something else."""

import contextlib
import threading
import time

INTERVAL = 0.005  # s


class _Voice(threading.Thread):
    """Sends a packet every few milliseconds until it is told to stop."""

    def __init__(self, party):
        super().__init__(daemon=True)
        self.party, self.sent, self._stop_asked = party, [], threading.Event()

    def run(self):
        while not self._stop_asked.is_set():
            self.sent.append(self.party.send())
            time.sleep(INTERVAL)

    def stop(self):
        self._stop_asked.set()
        self.join()
        return self.sent


@contextlib.contextmanager
def talking(a, b):
    """Both talk within the block; at its end every packet must have come, in order, bit for bit."""
    voices = [_Voice(a), _Voice(b)]
    for voice in voices:
        voice.start()
    try:
        yield
    finally:
        sent = [voice.stop() for voice in voices]
    for packets, listener in zip(sent, (b, a)):
        assert packets, "nobody talked"
        for number, packet in enumerate(packets):
            assert listener.receive() == packet, f"packet {number} of {len(packets)}"
