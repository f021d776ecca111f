"""What others got of this machine's CPUs: much here is judged in real time."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

_STEAL, _TICKS = 8, os.sysconf("SC_CLK_TCK")
MUCH = 0.03  # s
_BEAT = """
import os, sys, threading, time
def beat(cpu):
    os.sched_setaffinity(0, {cpu})
    last = time.monotonic()
    while True:
        time.sleep(0.005)
        now = time.monotonic()
        if now - last > float(sys.argv[1]):
            os.write(1, b"%f %f\\n" % (now, now - last - 0.005))
        last = now
threads = [threading.Thread(target=beat, args=(cpu,), daemon=True) for cpu in os.sched_getaffinity(0)]
for thread in threads:
    thread.start()
sys.stdin.read()
"""


class _Pulse(threading.Thread):
    """A process of its own with a thread on each CPU that wants to run every 5 ms: notes when one was late.

    It wakes before whatever only computes, polluxd too: what keeps it waiting is not of this machine.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.late = []  # (when, how many seconds)
        self.process = subprocess.Popen([sys.executable, "-c", _BEAT, str(MUCH)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)  # ends with this process
        self.start()

    def run(self):
        for line in self.process.stdout:
            when, late = map(float, line.split())
            self.late.append((when, late))


PULSE = _Pulse()


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
        """How many seconds a CPU was away at the longest; 0 where it was little."""
        return max((late for when, late in PULSE.late if when >= self._began), default=0.0)

    def much(self):
        return self.late() > MUCH

    def told(self):
        text = (f"within {time.monotonic() - self._began:.1f} s: a CPU was away for up to "
                f"{1000 * self.late():.0f} ms; {self._steal() - self._stolen:.2f} s went to other machines")
        if self._short is not None:
            text += f"; for {self._pressure() - self._short:.1f} s some thread had no CPU"
        return text
