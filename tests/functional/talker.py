"""A party that talks in real time while the test does something else."""

import threading
import time

from api import wait_until
from lab import speech

PTIME = 0.02


class Talker(threading.Thread):
    """Sends speech of G.711 A-law from a party, a packet every 20 ms, over and over, until the block ends."""

    def __init__(self, party, sound):
        super().__init__(daemon=True)
        encoded = speech.encode(sound, "alaw")
        self.party, self.sent, self.done = party, [], threading.Event()
        self.payloads = [encoded[at:at + 160] for at in range(0, len(encoded) - 159, 160)]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()

    def run(self):
        start = time.monotonic()
        while not self.done.wait(max(0.0, start + len(self.sent) * PTIME - time.monotonic())):
            payload = self.payloads[len(self.sent) % len(self.payloads)]
            self.party.send(payload)
            self.sent.append(payload)

    def says(self, packets):
        """Returns when so many more packets have been sent."""
        wanted = len(self.sent) + packets
        wait_until(lambda: len(self.sent) >= wanted, seconds=30, what=f"{packets} more packets sent")

    @property
    def sound(self):
        return speech.decode(b"".join(self.sent), "alaw", "-ar", str(speech.RATE))
