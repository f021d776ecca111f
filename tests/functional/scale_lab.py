"""A node with very many sessions and no traffic: its configuration, its clients, what memory it takes."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

from lab import node as lab_node

NETWORKS = ("inside", "outside")
ADDRESSES = 16  # of each network


def configuration(folder, sessions):
    """Two ports that lead nowhere; as many endpoints as sessions of two legs with RTCP ports need."""
    def port(side):
        addresses = [f"10.{83 + side}.0.{number}/16" for number in range(1, ADDRESSES + 1)]
        return {"name": NETWORKS[side], "device": f"net_null{side},no-rx=1",
                "interfaces": [{"addresses": addresses, "gateways": [f"10.{83 + side}.255.254"]}]}
    cpus = sorted(os.sched_getaffinity(0))
    return {
        "eal": {"main_cpu": cpus[0], "memory": "192 MiB", "file_prefix": f"plx-scale-{os.getpid()}"},
        "workers": [{"cpu": lab_node.cpus(1)[0], "roles": ["relay", "media"], "idle": "sleep"}],
        "memory": {"max_sessions": sessions, "max_endpoints": 4 * sessions, "mbufs": 8192},
        "ports": [port(side) for side in range(2)],
        "networks": [{"name": network,
                      "addresses": [f"10.{83 + side}.0.{number}" for number in range(1, ADDRESSES + 1)]}
                     for side, network in enumerate(NETWORKS)],
        "grpc": {"unix_socket": f"{folder}/pollux.sock"},
        "timeouts": {"media": "0s"},  # there is none, for however long a round takes
        "events": {"keep": 4096},  # a setting of the node, not a matter of its sessions
        "log": {"level": "info"},
    }


class Client:
    """tests/bench/many_sessions at a node."""

    def __init__(self, target, kind="relay"):
        build = Path(os.environ.get("POLLUX_BUILD", lab_node.REPOSITORY / "build"))
        self.command = [str(build / "tests/bench/many_sessions"), "--target", target, "--kind", kind]

    def start(self, what, sessions, *more):
        return subprocess.Popen([*self.command, "--do", what, "--sessions", str(sessions), *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def do(self, what, sessions, *more):
        with self.start(what, sessions, *more) as running:
            output, errors = running.communicate()
        if running.returncode != 0:
            raise RuntimeError(errors)
        return json.loads(output)


def memory(pid):
    """KiB by kind: "heap" is what malloc and the arenas have in use, "rss" all that is resident."""
    fields = dict(re.findall(r"^(\w+): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
    return {"rss": int(fields["Rss"]), "private": int(fields["Private_Dirty"])}


def settled_rss(pid, seconds=20):
    """Resident KiB once it stands still: what the last commands had is freed by the poll after them."""
    before, deadline = -1, time.monotonic() + seconds
    while (now := memory(pid)["rss"]) != before and time.monotonic() < deadline:
        before = now
        time.sleep(0.3)
    return now
