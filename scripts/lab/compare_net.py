"""The wires of scripts/compare: a host on each side, a node between them, nothing else.

    h1 eth0 ── plx-a │node│ plx-b ── eth0 h2

Cables only, where the lab has bridges: what a bridge does would be done on the relay's CPU, and count as
the relay's.
"""

import contextlib
import os

from lab import net


class Wires:
    """Up when the constructor returns. with_addresses: the node's kernel has these on plx-a and plx-b."""

    HOSTS = ("10.71.1.11", "10.71.2.12")

    def __init__(self, with_addresses=()):
        self._undo = contextlib.ExitStack()
        with self._undo:
            self.node = self._namespace("cn")
            self.node.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                          "net.ipv6.conf.default.disable_ipv6=1")
            self.hosts = [self._host(*of) for of in zip("ab", ("c1", "c2"), self.HOSTS)]
            for side, address in zip("ab", with_addresses):
                net.ip("-n", self.node.name, "address", "add", f"{address}/24", "dev", f"plx-{side}")
            self._undo = self._undo.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._undo.close()

    def _namespace(self, role):
        namespace = net.Namespace(f"plx-{os.getpid()}-{role}")
        self._undo.callback(namespace.close)
        return namespace

    def _host(self, side, role, address):
        host = self._namespace(role)
        net.ip("-n", self.node.name, "link", "add", f"plx-{side}", "type", "veth", "peer", "name", "eth0",
               "netns", host.name)
        for place, name in ((self.node, f"plx-{side}"), (host, "eth0")):
            place.run("ethtool", "-K", name, *(word for offload in ("tx", "rx", "gro", "gso", "tso")
                                               for word in (offload, "off")))
            net.ip("-n", place.name, "link", "set", name, "up")
        host.v4 = address
        net.ip("-n", host.name, "address", "add", f"{address}/24", "dev", "eth0")
        return host
