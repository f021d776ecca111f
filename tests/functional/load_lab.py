"""Thousands of calls over memif: polluxd's configuration, the generator, the sessions between them."""

import contextlib
import json
import os
import subprocess
import threading
from pathlib import Path

from lab import node as lab_node
from lab.process import ran_and_waited, resident_kib, thread  # noqa: F401

HOSTS = 64  # on each side; every call's party is a port of one of them
GENERATOR_MEMORY = 64  # MiB
NETWORKS = ("outside", "inside")
PARTY_V4, PARTY_V6 = "10.{}.1.{}", "fd72:{}::1:{}"
LOCAL_V4, LOCAL_V6 = "10.{}.0.1", "fd72:{}::1"
SIDE_NUMBER = (81, 82)


class Here:
    """Stands for a namespace where none is needed: memif is a socket of the file system."""

    inside = staticmethod(contextlib.nullcontext)


def generator_cpu():
    """Another than the worker's, which is the last."""
    return sorted(os.sched_getaffinity(0))[0]


def memif(folder, side, role):
    return (f"net_memif{side},role={role},id={side},socket={folder}/memif{side}.sock,socket-abstract=no,"
            "rsize=11,bsize=2048")


def configuration(folder, sessions, idle):
    def port(side):
        number = SIDE_NUMBER[side]
        addresses = [f"{LOCAL_V4.format(number)}/16", f"{LOCAL_V6.format(number)}/64"]
        return {"name": NETWORKS[side], "device": memif(folder, side, "server"),
                "interfaces": [{"addresses": addresses}]}
    return {
        "eal": {"main_cpu": generator_cpu(), "memory": "256 MiB", "file_prefix": f"plx-load-{os.getpid()}"},
        "workers": [{"cpu": lab_node.cpus(1)[0], "roles": ["relay", "media"], "idle": idle}],
        "memory": {"max_sessions": sessions, "max_endpoints": 4 * sessions, "mbufs": 16384},
        "ports": [port(side) for side in range(2)],
        "networks": [{"name": network, "addresses": [LOCAL_V4.format(number), LOCAL_V6.format(number)]}
                     for network, number in zip(NETWORKS, SIDE_NUMBER)],
        "grpc": {"unix_socket": f"{folder}/pollux.sock"},
        "log": {"level": "info"},
    }


def party(side, number):
    """Address and port of call `number`; every fifth call comes over IPv6 on the first side."""
    form = PARTY_V6 if side == 0 and number % 5 == 0 else PARTY_V4
    return form.format(SIDE_NUMBER[side], 1 + number % HOSTS), 10000 + 2 * (number // HOSTS)


def in_flight(call, requests, limit=256):
    """Answers to all requests, in order, with at most so many under way."""
    free, futures = threading.Semaphore(limit), []
    for request in requests:
        free.acquire()
        future = call.future(request, timeout=60)
        future.add_done_callback(lambda _: free.release())
        futures.append(future)
    return [future.result() for future in futures]


def create_sessions(api, count):
    requests = []
    for number in range(count):
        legs = [api.leg("ab"[side], network, party(side, number)) for side, network in enumerate(NETWORKS)]
        spec = api.pb.SessionSpec(legs=legs)
        requests.append(api.pb.CreateRequest(session_id=f"load-{number}", spec=spec))
    return in_flight(api.sessions.Create, requests)


def delete_sessions(api, sessions):
    return in_flight(api.sessions.Delete,
                     [api.pb.DeleteRequest(session_id=session.session_id) for session in sessions])


def write_plan(path, sessions):
    """What the generator has to know: whom to play, and which addresses polluxd gave them."""
    lines = []
    for side, number in enumerate(SIDE_NUMBER):
        for host in range(1, HOSTS + 1):
            lines += [f"host {side} {form.format(number, host)}" for form in (PARTY_V4, PARTY_V6)]
    for number, session in enumerate(sessions):
        for side, leg in enumerate(session.state.legs):
            address, port = party(side, number)
            lines.append(f"leg {side} {leg.rtp.local.address} {leg.rtp.local.port} {address} {port}")
    path.write_text("\n".join(lines) + "\n")


class Generator:
    """tests/load/memif_load, told what to do line by line."""

    def __init__(self, folder, macs):
        build = Path(os.environ.get("POLLUX_BUILD", lab_node.REPOSITORY / "build"))
        self.log_path = Path(folder) / "memif_load.log"
        vdevs = [f"--vdev={memif(folder, side, 'client')}" for side in range(2)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [build / "tests/load/memif_load", f"--lcores=0@{generator_cpu()}", "--no-pci", "--no-huge",
                 "--no-shconf", "--iova-mode=va", "-m", str(GENERATOR_MEMORY), "--log-level=error",
                 f"--file-prefix=plx-gen-{os.getpid()}", *vdevs, "--", *macs],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self._answer("its start")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._answer(command)

    def _answer(self, what):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"it ended: {self.log_path.read_text()}"}
        if "error" in answer:
            raise RuntimeError(f"memif_load, {what}: {answer['error']}")
        return answer

    def stop(self):
        """The exit status; the end of its input ends it."""
        self.process.stdin.close()
        return self.process.wait(10)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
