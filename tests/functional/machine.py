"""What others got of this machine's CPUs: told beside a failure, since much here is judged in real time."""

import os
import time
from pathlib import Path

_STEAL, _TICKS = 8, os.sysconf("SC_CLK_TCK")


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

    def told(self):
        text = (f"within {time.monotonic() - self._began:.1f} s: {self._steal() - self._stolen:.2f} s of CPU "
                "went to other machines")
        if self._short is not None:
            text += f"; for {self._pressure() - self._short:.1f} s some thread had no CPU"
        return text
