"""The relays that scripts/compare measures: rtpengine in user space, polluxd on af_packet, a CPU each.

A relay starts for one case and gives calls: for each side the address and port that its party sends to, and
the keys, as tests/load/udp_plan.hpp wants them.
"""

import base64
import contextlib
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab import ng, node as lab_node, srtp

PARTY_PORT = 4000
SUITE = "AES_CM_128_HMAC_SHA1_80"
NETWORKS = ("outside", "inside")
FIRST_PORT, LAST_PORT = 20000, 59999
NG_PORT = 2223
START_SECONDS = 20


@dataclass(frozen=True)
class Codec:
    name: str  # as in rtpmap
    payload_type: int
    octets: int  # of 20 ms
    fmtp: str = ""


PCMA, PCMU, G729 = Codec("PCMA", 8, 160), Codec("PCMU", 0, 160), Codec("G729", 18, 20, "annexb=no")


@dataclass(frozen=True)
class Case:
    name: str
    codecs: tuple  # of side a and side b
    calls: int
    encrypted: bool = False  # side b speaks SRTP

    @property
    def transcoded(self):
        return self.codecs[0] != self.codecs[1]


@dataclass(frozen=True)
class Leg:
    """Where one party of a call sends to, the key that it sends with, and the one of what it gets."""

    address: str
    port: int
    own: srtp.Key | None = None
    theirs: srtp.Key | None = None


@contextlib.contextmanager
def on_cpu(cpu):
    """Processes started here stay on that CPU, unless they choose for themselves."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Rtpengine:
    """Debian's rtpengine without its kernel module."""

    NAME, ADDRESSES = "rtpengine", ("10.71.1.2", "10.71.2.2")
    KERNEL_ADDRESSES = ADDRESSES  # its sockets are the kernel's

    def __init__(self, namespace, parties, case, cpu, folder):
        self.namespace, self.parties, self.case, self.cpu = namespace, parties, case, cpu
        self.log_path, self.process, self.client = Path(folder) / "rtpengine.log", None, None

    def start(self):
        interfaces = [f"--interface={name}/{address}" for name, address in zip(NETWORKS, self.ADDRESSES)]
        with self.namespace.inside(), on_cpu(self.cpu), open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [shutil.which("rtpengine"), "--config-file=none", "--foreground", "--log-stderr",
                 "--log-level=4", "--table=-1", "--num-threads=1", "--no-log-timestamps",
                 f"--listen-ng=127.0.0.1:{NG_PORT}", f"--port-min={FIRST_PORT}", f"--port-max={LAST_PORT}",
                 *interfaces], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.client = ng.Client(self.namespace, NG_PORT)
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"rtpengine doesn't serve:\n{self.log()}")
            with contextlib.suppress(OSError):
                if self.client.ask("ping").get("result") == "pong":
                    return self
            time.sleep(0.05)

    def log(self):
        return self.log_path.read_text(errors="replace")[-4000:]

    def _ask(self, command, **keys):
        reply = self.client.ask(command, **keys)
        if reply.get("result") != "ok":
            raise RuntimeError(f"rtpengine, {command}: {reply}\n{self.log()}")
        return reply["sdp"]

    def call(self, number):
        case, (to_b, to_a) = self.case, (1, 0)
        own = srtp.Key.random(SUITE) if case.encrypted else None
        about = {"call_id": f"compare-{number}", "from_tag": f"a{number}", "ICE": "remove",
                 "replace": ["origin", "session-connection"], "rtcp_mux": ["demux"]}
        ways = {"direction": list(NETWORKS), "transport_protocol": "RTP/AVP"}
        if case.encrypted:
            ways |= {"transport_protocol": "RTP/SAVP", "DTLS": "off"}
        if case.transcoded:
            ways["codec"] = {"mask": [case.codecs[0].name], "transcode": [case.codecs[1].name]}
        offer = self._ask("offer", sdp=self._sdp(0), **about, **ways)
        tag, theirs = self._crypto(offer) if case.encrypted else ("", None)
        answer = self._ask("answer", sdp=self._sdp(1, tag, own), to_tag=f"b{number}", **about)
        return (Leg(self.ADDRESSES[to_a], self._port(answer, case.codecs[0])),
                Leg(self.ADDRESSES[to_b], self._port(offer, case.codecs[1]), own, theirs))

    def _sdp(self, side, tag="", key=None):
        codec, address = self.case.codecs[side], self.parties[side]
        lines = ["v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
                 f"m=audio {PARTY_PORT} RTP/{'S' if key else ''}AVP {codec.payload_type}",
                 f"a=rtpmap:{codec.payload_type} {codec.name}/8000", "a=sendrecv", "a=ptime:20"]
        if codec.fmtp:
            lines.append(f"a=fmtp:{codec.payload_type} {codec.fmtp}")
        if key:
            lines.append(f"a=crypto:{tag} {SUITE} inline:{key.inline}")
        return "".join(f"{line}\r\n" for line in lines)

    def _port(self, sdp, codec):
        """The port of its media line, which has to offer the party's codec."""
        port, formats = re.search(r"m=audio (\d+) \S+ ([\d ]+)", sdp).groups()
        if str(codec.payload_type) not in formats.split():
            raise RuntimeError(f"rtpengine doesn't offer {codec.name}:\n{sdp}\n{self.log()}")
        return int(port)

    @staticmethod
    def _crypto(sdp):
        """Tag and key of the suite: rtpengine offers all that it has, and the answer names one by its tag."""
        tag, inline = re.search(rf"a=crypto:(\d+) {SUITE} inline:([\w+/]+=*)", sdp).groups()
        both, salt = base64.b64decode(inline), srtp.SUITES[SUITE].salt
        return tag, srtp.Key(SUITE, both[:-salt], both[-salt:])

    def calls(self, count):
        return [self.call(number) for number in range(count)]

    def pid(self):
        return self.process.pid

    def busy_seconds(self):
        """It has no such counter."""
        return None

    def stop(self):
        if self.client:
            self.client.socket.close()
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Pollux:
    """polluxd, one worker with all roles, on af_packet."""

    NAME, ADDRESSES = "pollux", ("10.71.1.1", "10.71.2.1")
    KERNEL_ADDRESSES = ()  # polluxd owns its addresses
    NAP = 0  # workers[].nap

    def __init__(self, namespace, parties, case, cpu, folder, device="framecnt=2048,qdisc_bypass=0"):
        self.parties, self.case, self.cpu = parties, case, cpu
        settings = lab_node.configuration(folder)
        settings["eal"]["main_cpu"] = cpu
        settings["workers"] = [{"cpu": cpu, "roles": ["relay", "media"], "idle": "sleep",
                                "nap": self.NAP}]
        settings["memory"] = {"max_sessions": 5000, "max_endpoints": 20000, "mbufs": 16384}
        settings["networks"] = [{"name": name, "addresses": [address], "ports": f"{FIRST_PORT}-{LAST_PORT}"}
                                for name, address in zip(NETWORKS, self.ADDRESSES)]
        settings["ports"] = [
            {"name": f"port-{side}", "device": f"net_af_packet_{side},iface=plx-{side},{device}",
             "interfaces": [{"addresses": [f"{address}/24"]}]} for side, address in zip("ab", self.ADDRESSES)]
        settings["admission"] = {"max_media_load": 100, "max_worker_load": 100}
        settings["log"] = {"level": "info"}
        self.node = lab_node.Node(namespace, settings, folder)
        self.sessions = self.stats = None

    def start(self):
        with on_cpu(self.cpu):
            self.node.start()
        from pollux.v1 import node_pb2, node_pb2_grpc, session_pb2, session_pb2_grpc
        self.pb, self.node_pb = session_pb2, node_pb2
        self.sessions = session_pb2_grpc.SessionServiceStub(self.node.channel)
        self.stats = node_pb2_grpc.NodeServiceStub(self.node.channel)
        return self

    def log(self):
        return self.node.log()

    def _leg(self, side, own, theirs):
        case, made = self.case, self.pb.LegSpec(leg_id="ab"[side], network=NETWORKS[side])
        made.remote_rtp.address, made.remote_rtp.port = self.parties[side], PARTY_PORT
        if case.transcoded:
            codec = case.codecs[side]
            made.codecs.add(payload_type=codec.payload_type, encoding=codec.name, fmtp=codec.fmtp)
            made.jitter_window_ms = 0  # rtpengine has none either, unless it is asked for
        for key, where in ((own, "srtp_receive"), (theirs, "srtp_send")):
            if key:
                getattr(made, where).CopyFrom(self.pb.SrtpParams(
                    suite=self.pb.SrtpSuite.Value(f"SRTP_SUITE_{SUITE}"), master_key=key.master_key,
                    master_salt=key.master_salt))
        return made

    def call(self, number):
        keys = [srtp.Key.random(SUITE) for _ in range(2)] if self.case.encrypted else (None, None)
        spec = self.pb.SessionSpec(legs=[self._leg(0, None, None), self._leg(1, *keys)])
        session = self.sessions.Create(
            self.pb.CreateRequest(session_id=f"compare-{number}", spec=spec), timeout=10)
        local = [leg.rtp.local for leg in session.state.legs]
        return (Leg(local[0].address, local[0].port), Leg(local[1].address, local[1].port, *keys))

    def calls(self, count):
        return [self.call(number) for number in range(count)]

    def pid(self):
        return self.node.process.pid

    def busy_seconds(self):
        """How long its worker has had work, by its own counter; without polls that found nothing."""
        stats = self.stats.Stats(self.node_pb.StatsRequest(), timeout=10)
        uptime = stats.uptime.seconds + stats.uptime.nanos / 1e9
        return sum(worker.busy_ratio for worker in stats.workers) * uptime

    def stop(self):
        if self.node.process:
            status = self.node.stop()
            if status != 0:
                raise RuntimeError(f"polluxd ended with status {status}:\n{self.log()}")


class PolluxInBatches(Pollux):
    """The same; it takes and sends in batches what comes within a millisecond."""

    NAME, NAP = "pollux, nap 1 ms", 1000
