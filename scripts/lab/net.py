"""Network namespaces: hosts on two switched sides, and between them a node that gets bare interfaces.

    h1 ── br-a ── plx-a │node│ plx-b ── br-b ── h2
    h3 ─────┘

Needs root. Names carry the process id, so that several labs live side by side; each takes down only its own.
The node's interfaces have no IP address: polluxd owns addresses, and the kernel must not answer for them.
"""

import contextlib
import ctypes
import os
import socket
import struct
import subprocess

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)


class Namespace:
    """One network namespace. Sockets made in it stay there, whatever the process does later."""

    def __init__(self, name):
        self.name = name
        ip("netns", "add", name)
        try:
            ip("-n", name, "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    @contextlib.contextmanager
    def inside(self):
        """Moves the calling thread into the namespace and back."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _setns(there)
            yield
        finally:
            _setns(home)
            os.close(there)
            os.close(home)

    def command(self, *arguments):
        return ["ip", "netns", "exec", self.name, *arguments]

    def run(self, *arguments, check=True, **options):
        return subprocess.run(self.command(*arguments), check=check, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, **options)

    def udp(self, address, port=0):
        """A UDP socket bound in the namespace; its buffer holds whatever a test sends in one go."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.inside():
            udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        udp.bind((address, port))
        return udp

    def sniffer(self, interface="eth0"):
        """A packet socket: gets every frame of the interface, in both directions, and may send some."""
        with self.inside():
            packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            packets.bind((interface, ETH_P_ALL))
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        return packets


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def introduce(host, address):
    """A ping. The node knows the host's MAC address then: no packet of the test has to wait for ARP."""
    if ":" in address:  # the kernel makes the check sum
        family, protocol, request, reply, header = socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129, 0
    else:
        family, protocol, request, reply, header = socket.AF_INET, socket.IPPROTO_ICMP, 8, 0, 20
    echo = struct.pack("!BBHHH", request, 0, 0xffff - (request << 8) - 2, 1, 1)
    with host.inside():
        icmp = socket.socket(family, socket.SOCK_RAW, protocol)
    with icmp:
        icmp.settimeout(2)
        for _ in range(10):
            icmp.sendto(echo, (address, 0))
            with contextlib.suppress(TimeoutError):
                while icmp.recv(1500)[header] != reply:
                    pass
                return
    raise TimeoutError(f"{host.name}: {address} answers no ping")


class Lab:
    """The picture above, up when the constructor returns."""

    SIDES = {"a": {"h1": 11, "h3": 13}, "b": {"h2": 12}}
    SUBNETS = {"a": ("10.71.1.{}", "fd71:1::{}"), "b": ("10.71.2.{}", "fd71:2::{}")}

    def __init__(self, sides=None, subnets=None):
        """sides: side → host → last part of its addresses; subnets: side → IPv4 and IPv6 address patterns."""
        self._subnets = subnets or self.SUBNETS
        self._undo = contextlib.ExitStack()
        with self._undo:
            self.node = self._namespace("node")
            self.switch = self._namespace("sw")
            # The node's kernel stays silent on the wires: no router solicitations, no neighbour discovery.
            for silent in (self.node, self.switch):
                silent.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                           "net.ipv6.conf.default.disable_ipv6=1")
            # And the switch passes on what is broken, which br_netfilter, where it is loaded, would not.
            self.switch.run("sysctl", "-qew", "net.bridge.bridge-nf-call-iptables=0",
                            "net.bridge.bridge-nf-call-ip6tables=0", "net.bridge.bridge-nf-call-arptables=0")
            for side, hosts in (sides or self.SIDES).items():
                bridge = f"br-{side}"
                ip("-n", self.switch.name, "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
                ip("-n", self.switch.name, "link", "set", bridge, "up")
                self._plug(self.node, f"plx-{side}", bridge, f"n-{side}")
                for host, number in hosts.items():
                    setattr(self, host, self._host(host, side, number))
            self._undo = self._undo.pop_all()

    def close(self):
        self._undo.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _namespace(self, role):
        namespace = Namespace(f"plx-{os.getpid()}-{role}")
        self._undo.callback(namespace.close)
        return namespace

    def _host(self, name, side, number):
        host = self._namespace(name)
        self._plug(host, "eth0", f"br-{side}", name)
        host.v4, host.v6 = (form.format(number) for form in self._subnets[side])
        ip("-n", host.name, "address", "add", f"{host.v4}/24", "dev", "eth0")
        ip("-n", host.name, "address", "add", f"{host.v6}/64", "dev", "eth0", "nodad")
        return host

    def another_node(self, name):
        """A namespace like `node`, with interfaces of the same names on the same sides."""
        namespace = self._namespace(name)
        namespace.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                      "net.ipv6.conf.default.disable_ipv6=1")
        for side in self.SIDES:
            self._plug(namespace, f"plx-{side}", f"br-{side}", f"{name}-{side}")
        return namespace

    def server(self, name, number):
        """A host with a foot on each side, eth-a and eth-b: v4_a, v4_b and so on are its addresses."""
        host = self._namespace(name)
        for side in self.SIDES:
            self._plug(host, f"eth-{side}", f"br-{side}", f"{name}-{side}")
            v4, v6 = (form.format(number) for form in self._subnets[side])
            ip("-n", host.name, "address", "add", f"{v4}/24", "dev", f"eth-{side}")
            ip("-n", host.name, "address", "add", f"{v6}/64", "dev", f"eth-{side}", "nodad")
            setattr(host, f"v4_{side}", v4)
            setattr(host, f"v6_{side}", v6)
        return host

    def _plug(self, namespace, interface, bridge, port):
        """A cable from the namespace to the bridge. No offloads: what's on the wire is what was sent."""
        switch = self.switch.name
        ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", interface,
           "netns", namespace.name)
        for place, name in ((self.switch, port), (namespace, interface)):
            place.run("ethtool", "-K", name, *(word for offload in ("tx", "rx", "gro", "gso", "tso")
                                               for word in (offload, "off")))
            ip("-n", place.name, "link", "set", name, "up")
        ip("-n", switch, "link", "set", port, "master", bridge)
