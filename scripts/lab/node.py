"""polluxd in the lab's node namespace: its configuration, its process, its gRPC door."""

import copy
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
HEALTH_CHECK = "/grpc.health.v1.Health/Check"
SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}


def program(name):
    """The built binary."""
    build = Path(os.environ.get("POLLUX_BUILD", REPOSITORY / "build"))
    for path in sorted((build / "controlplane").rglob(name)):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError(f"no {name} in {build}: run scripts/build first")


def cpus(count):
    """CPUs for so many workers; on a small machine they share. The last ones, as CPU 0 is the busiest."""
    usable = sorted(os.sched_getaffinity(0))
    return [usable[-1 - index % len(usable)] for index in range(count)]


def configuration(folder, workers=1, number=1):
    """A node between the lab's sides a and b: networks "outside" and "inside", one af_packet port each.

    number: the last part of its addresses, which differs where two nodes are in one lab.
    """
    def port(side, vlans=()):
        return {
            "name": f"port-{side}",
            "device": f"net_af_packet_{side},iface=plx-{side},framecnt=2048,qdisc_bypass=0",
            "interfaces": [*vlans]}
    ports = {"a": port("a"), "b": port("b")}
    ports["a"]["interfaces"] += [
        {"addresses": [f"10.71.1.{number}/24", f"fd71:1::{number}/64"], "gateways": ["10.71.1.11"]},
        {"vlan": 100, "addresses": [f"10.71.3.{number}/24"]}]
    ports["b"]["interfaces"] += [{"addresses": [f"10.71.2.{number}/24", f"fd71:2::{number}/64"]}]
    return {
        "eal": {"main_cpu": cpus(workers + 1)[-1], "memory": "192 MiB",
                "file_prefix": f"plx-{os.getpid()}-{number}"},
        "workers": [{"cpu": cpu, "roles": ["relay", "media"], "idle": "sleep"} for cpu in cpus(workers)],
        "memory": {"max_sessions": 1000, "max_endpoints": 4000, "mbufs": 8192},
        "ports": list(ports.values()),
        "networks": [
            {"name": "outside", "addresses": [f"10.71.1.{number}", f"fd71:1::{number}"],
             "ports": "20000-20199"},
            {"name": "inside", "addresses": [f"10.71.2.{number}", f"fd71:2::{number}"],
             "ports": "30000-30199"},
            {"name": "vlan", "addresses": [f"10.71.3.{number}"], "ports": "40000-40199"}],
        # A worker whose CPU others have looks busy: nothing is to be refused for that.
        "admission": {"max_worker_load": 100},
        "grpc": {"unix_socket": f"{folder}/pollux.sock"},
        "log": {"level": "debug"},
    }


class Node:
    """One polluxd. start() returns when it serves; stop() has to see it end with status 0."""

    def __init__(self, namespace, settings, folder):
        self.namespace, self.settings, self.folder = namespace, copy.deepcopy(settings), Path(folder)
        self.config_path, self.log_path = self.folder / "pollux.yaml", self.folder / "polluxd.log"
        self.target = f"unix:{settings['grpc']['unix_socket']}"
        self.config_path.write_text(yaml.safe_dump(settings, sort_keys=False))
        self.process = self.channel = None

    def start(self, seconds=90):
        with self.namespace.inside(), open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([program("polluxd"), "--config", str(self.config_path)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_serving(time.monotonic() + seconds)
        return self

    def _wait_until_serving(self, deadline):
        """Asks the standard health service until it says SERVING."""
        self.channel = grpc.insecure_channel(self.target, options=[("grpc.max_reconnect_backoff_ms", 100),
                                                                  ("grpc.initial_reconnect_backoff_ms", 50),
                                                                  ("grpc.min_reconnect_backoff_ms", 50)])
        check = self.channel.unary_unary(HEALTH_CHECK)
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"polluxd ended with status {self.process.returncode}:\n{self.log()}")
            try:
                if check(b"", timeout=1, wait_for_ready=True) == SERVING:
                    return
                time.sleep(0.02)
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
            if time.monotonic() > deadline:
                raise TimeoutError(f"polluxd doesn't serve:\n{self.log()}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=40):
        """The exit status; negative when a signal ended it."""
        return self.process.wait(seconds)

    def stop(self, seconds=40):
        """SIGTERM, and the exit status."""
        self._close_channel()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        """Gone at once, and nothing tidied up."""
        self._close_channel()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _close_channel(self):
        if self.channel:
            self.channel.close()
            self.channel = None

    def log(self, last=80):
        lines = self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []
        return "\n".join(lines[-last:])

    def threads(self):
        """What each thread is doing, as the kernel sees it: tells a stuck thread from a busy one."""
        lines = []
        for task in sorted(Path(f"/proc/{self.process.pid}/task").iterdir()):
            name = (task / "comm").read_text().strip()
            state = (task / "stat").read_text().rsplit(")", 1)[1].split()[0]
            stack = (task / "stack").read_text().split("\n")[:4] if os.access(task / "stack", os.R_OK) else []
            lines.append(f"{task.name} {name} {state} {' < '.join(s.split()[-1] for s in stack if s)}")
        return "\n".join(lines)

    def polluxctl(self, *arguments, seconds=30):
        return subprocess.run([program("polluxctl"), "--target", self.target, *arguments], check=False,
                              capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)


def generate_stubs():
    """Python modules of the API, in a temporary folder put on sys.path; the folder's owner is the caller."""
    folder = tempfile.TemporaryDirectory(prefix="plx-stubs-")
    proto = REPOSITORY / "proto"
    sources = [str(path.relative_to(proto)) for path in sorted(proto.rglob("*.proto"))]
    plugin = subprocess.run(["which", "grpc_python_plugin"], check=True, capture_output=True, text=True)
    subprocess.run(["protoc", f"--plugin=protoc-gen-grpc_python={plugin.stdout.strip()}",
                    f"--proto_path={proto}", f"--python_out={folder.name}",
                    f"--grpc_python_out={folder.name}", *sources], check=True)
    sys.path.insert(0, folder.name)
    import google  # pylint: disable=import-outside-toplevel
    if (shadowed := str(Path(folder.name) / "google")) not in google.__path__:
        google.__path__.append(shadowed)
    return folder
