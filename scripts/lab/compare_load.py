"""What scripts/compare plays and reads: recordings, udp_load's plan, the kernel's counters of CPU time."""

import ctypes
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab import node as lab_node, speech
from lab.compare_relays import PARTY_PORT, on_cpu

RECORDING_SECONDS = 6.0
G729_SAMPLES, G729_FRAME = 80, 10  # 10 ms
LAW = {"PCMA": "alaw", "PCMU": "mulaw"}


def built(name):
    """A program of the build."""
    path = Path(os.environ.get("POLLUX_BUILD", lab_node.REPOSITORY / "build")) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} isn't built: run scripts/build {name}")
    return str(path)


def encode_g729(sound):
    """G.729 Annex A as bcg729 encodes it, without Annex B."""
    library = ctypes.CDLL("libbcg729.so.0")
    library.initBcg729EncoderChannel.restype = ctypes.c_void_p
    channel = ctypes.c_void_p(library.initBcg729EncoderChannel(ctypes.c_uint8(0)))
    octets, length, encoded = (ctypes.c_uint8 * 16)(), ctypes.c_uint8(0), bytearray()
    for at in range(0, len(sound) - G729_SAMPLES + 1, G729_SAMPLES):
        frame = (ctypes.c_int16 * G729_SAMPLES)(*sound[at:at + G729_SAMPLES])
        library.bcg729Encoder(channel, frame, octets, ctypes.byref(length))
        if length.value != G729_FRAME:
            raise RuntimeError(f"bcg729 made a frame of {length.value} octets")
        encoded += bytes(octets[:G729_FRAME])
    library.closeBcg729EncoderChannel(channel)
    return bytes(encoded)


class Recordings:
    """One recording of speech in each codec, made when it's first asked for."""

    def __init__(self, folder):
        self.folder, self.sound = Path(folder), speech.spoken(RECORDING_SECONDS)

    def path(self, codec):
        path = self.folder / f"speech.{codec.name}"
        if not path.exists():
            path.write_bytes(encode_g729(self.sound) if codec.name == "G729"
                             else speech.encode(self.sound, LAW[codec.name]))
        return path


def _hex(key):
    return (key.master_key + key.master_salt).hex() if key else "-"


def write_plan(path, case, hosts, recordings, calls):
    lines = [] if case.transcoded else ["untouched"]
    for side, (host, codec) in enumerate(zip(hosts, case.codecs)):
        lines.append(f"side {side} {host.name} {host.v4} {PARTY_PORT} {codec.payload_type} "
                     f"{recordings.path(codec)} {codec.octets}")
    for legs in calls:
        lines.append("call " + " ".join(f"{leg.address} {leg.port} {_hex(leg.own)} {_hex(leg.theirs)}"
                                        for leg in legs))
    path.write_text("\n".join(lines) + "\n")


class Load:
    """tests/load/udp_load on a CPU of its own."""

    def __init__(self, plan, cpu, warm_up, seconds):
        with on_cpu(cpu):
            self.process = subprocess.Popen([built("tests/load/udp_load"), plan, str(warm_up), str(seconds)],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def result(self, look):
        """look() is called where the seconds that count begin and end. Its two values, and the report."""
        seen = []
        for line in self.process.stdout:
            if line.strip() in ("measuring", "measured"):
                seen.append(look())
            elif line.startswith("{") and len(seen) == 2:
                return *seen, json.loads(line)
        raise RuntimeError(f"udp_load ended with status {self.process.wait(10)} before its report")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@dataclass(frozen=True)
class Cpu:
    """Seconds since some time in the past."""

    wall: float
    process: float  # the relay ran: all threads
    waited: float  # it could have run, but had no CPU
    load_kernel: float  # the kernel worked in the load's name: what parties send, and what the relay gets
    busy: float | None  # the relay's own counter

    @classmethod
    def now(cls, relay, load=None):
        ran = waited = 0
        for task in Path(f"/proc/{relay.pid()}/task").iterdir():
            on, off, _ = map(int, (task / "schedstat").read_text().split())
            ran, waited = ran + on, waited + off
        kernel = 0.0
        if load:
            stat = Path(f"/proc/{load.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            kernel = int(stat[12]) / os.sysconf("SC_CLK_TCK")
        return cls(time.monotonic(), ran / 1e9, waited / 1e9, kernel, relay.busy_seconds())

    def since(self, before):
        """What was added, second by second."""
        return {name: None if value is None else value - getattr(before, name)
                for name, value in vars(self).items()}
