"""A host's 802.1Q sub-interface, for kernels that are built without one.

A TAP interface on the host is the sub-interface; a thread moves frames between it and the host's eth0 and
adds or takes away the tag.
"""

import fcntl
import os
import select
import socket
import struct
import threading

from lab import net, wire

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10


class VlanHost:
    def __init__(self, host, vlan, address):
        self.vlan, self.host, self.untagged_ip_frames = vlan, host, 0
        self._name = f"vlan{vlan}"
        self.network = address.rsplit(".", 1)[0]
        with host.inside():
            self._tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            request = struct.pack("16sH22x", self._name.encode(), IFF_TAP | IFF_NO_PI)
            fcntl.ioctl(self._tap, TUNSETIFF, request)
        self._wire = host.sniffer()
        self._wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        net.ip("-n", host.name, "address", "add", address, "dev", self._name)
        net.ip("-n", host.name, "link", "set", self._name, "up")
        self._wake_reader, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __getattr__(self, name):
        return getattr(self.host, name)  # sockets and commands are those of the host

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self._wake, b"x")
        self._thread.join()
        for descriptor in (self._wake, self._wake_reader, self._tap):
            os.close(descriptor)
        self._wire.close()

    def _run(self):
        while True:
            ready, _, _ = select.select([self._tap, self._wire, self._wake_reader], [], [])
            if self._wake_reader in ready:
                return
            if self._tap in ready:
                frame = os.read(self._tap, 65536)
                self._wire.send(frame[:12] + struct.pack("!HH", 0x8100, self.vlan) + frame[12:])
            if self._wire in ready:
                self._received(*self._wire.recvmsg(65536, 256))

    def _received(self, frame, ancillary, _flags, address):
        """The kernel has already moved the tag from the frame into the message's ancillary data."""
        if address[2] == wire.PACKET_OUTGOING:
            return
        for level, kind, data in ancillary:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", data[:20])
                if status & TP_STATUS_VLAN_VALID and tag & 0xfff == self.vlan:
                    os.write(self._tap, frame)
                    return
        datagram = wire.udp_datagram(frame)
        if datagram and datagram.destination[0].startswith(self.network):
            self.untagged_ip_frames += 1
