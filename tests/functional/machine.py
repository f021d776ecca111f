"""What others got of this machine's CPUs: told beside a failure, since much here is judged in real time."""

import os
import threading
import time
from pathlib import Path

_STEAL, _TICKS = 8, os.sysconf("SC_CLK_TCK")
MUCH = 0.03  # s
BEAT = 0.005


class _Pulse(threading.Thread):
    """Notes when a thread of this process, which wants to run every few milliseconds, was much too late."""

    def __init__(self):
        super().__init__(daemon=True)
        self.late = []  # (when, how many seconds)

    def run(self):
        last = time.monotonic()
        while True:
            time.sleep(BEAT)
            now = time.monotonic()
            if now - last - BEAT > MUCH:
                self.late.append((now, now - last - BEAT))
            last = now


_pulse = _Pulse()
_pulse.start()


class Taken:
    """Counts from when it is made."""

    def __init__(self):
        self._began, self._stolen, self._short = time.monotonic(), self._steal(), self._pressure()

    @staticmethod
    def _steal():
        """Seconds of CPU that the hypervisor has given to other machines."""
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[_STEAL]) / _TICKS

    @staticmethod
    def _pressure():
        """Seconds in which some thread had no CPU; None where the kernel doesn't count them."""
        path = Path("/proc/pressure/cpu")
        if not path.exists():
            return None
        return int(path.read_text(encoding="ascii").split("total=")[1].split()[0]) / 1e6

    def late(self):
        """By how many seconds a thread of the tests' was late at the most; 0 where it was little."""
        return max((late for when, late in _pulse.late if when >= self._began), default=0.0)

    def stolen(self):
        return self._steal() - self._stolen

    def much(self):
        """So much that packets were late by it, or the tests' own threads."""
        return self.stolen() > MUCH or self.late() > MUCH

    def told(self):
        text = (f"within {time.monotonic() - self._began:.1f} s: {self.stolen():.2f} s of CPU "
                f"went to other machines; a thread of the tests was up to {1000 * self.late():.0f} ms late")
        if self._short is not None:
            text += f"; for {self._pressure() - self._short:.1f} s some thread had no CPU"
        return text
