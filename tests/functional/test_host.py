"""polluxd as a host among hosts: ARP, ND, ping, next hops."""

import re
import socket
import struct

import pytest
from api import local_rtp, wait_until
from lab import net, wire
from party import Party, both_ways, relayed

OURS = {4: "10.71.1.1", 6: "fd71:1::1"}


def ping(host, address, *arguments):
    return host.run("ping", "-n", "-c3", "-i0.2", "-W2", *arguments, address, check=False)


def mac_of_interface(namespace, interface):
    text = namespace.run("ip", "-o", "link", "show", interface).stdout
    return re.search(r"link/ether (\S+)", text)[1]


def arp_request(mac, sender, target):
    mac = bytes.fromhex(mac.replace(":", ""))
    return (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) +
            mac + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target))


@pytest.mark.parametrize("version", [4, 6])
def test_ping_from_a_kernel_peer(lab, node, version):
    wait_until(lambda: ping(lab.h1, OURS[version]).returncode == 0, 10, "an echo reply")
    result = ping(lab.h1, OURS[version])
    assert " 0% packet loss" in result.stdout, result.stdout
    assert node.api.stats().host.echo_answered >= 3


def test_ping_of_every_size_the_mtu_allows(lab, node):
    for size in (0, 1, 999, 1472):
        assert " 0% packet loss" in ping(lab.h1, OURS[4], "-s", str(size), "-Mdo").stdout
    wait_until(lambda: ping(lab.h1, OURS[6]).returncode == 0, 10, "an echo reply")
    assert " 0% packet loss" in ping(lab.h1, OURS[6], "-s", "1452", "-Mdo").stdout


@pytest.mark.parametrize("version", [4, 6])
def test_kernel_peer_resolves_our_address(lab, node, version):
    lab.h1.run("ip", "neigh", "flush", "all")
    wait_until(lambda: ping(lab.h1, OURS[version]).returncode == 0, 10, "an echo reply")
    entry = lab.h1.run("ip", "neigh", "show", OURS[version]).stdout
    assert mac_of_interface(lab.node, "plx-a") in entry, entry


def test_addresses_of_others_are_not_answered(lab, node):
    lab.h1.run("ip", "neigh", "flush", "all")
    for stranger in ("10.71.1.200", "fd71:1::200"):
        assert lab.h1.run("ping", "-c1", "-W1", stranger, check=False).returncode != 0
    # The other port's address isn't ours on this wire either.
    sniffer = lab.h1.sniffer()
    sniffer.send(arp_request("02:00:00:00:00:07", lab.h1.v4, "10.71.2.1"))
    ping(lab.h1, OURS[4])  # whatever the request causes has happened when this comes back
    answers = [f for f in wire.frames(sniffer) if f[12:14] == b"\x08\x06" and f[20:22] == b"\x00\x02"]
    assert not [f for f in answers if f[28:32] == bytes([10, 71, 2, 1])]


@pytest.mark.parametrize("version", [4, 6])
def test_we_resolve_the_peer_and_lose_no_packet(lab, start, keeper, version):
    """The first packet towards a silent peer waits until ARP or ND has found it."""
    keeper.stop()  # a new node knows no neighbour
    node = start()
    with Party(lab.h1, version) as a, Party(lab.h2, version) as b:
        session = node.api.create(node.api.leg("a", "outside", a.remote),
                                  node.api.leg("b", "inside", b.remote))
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        if version == 6:  # our address is on probation (duplicate address detection) for a moment
            wait_until(lambda: ping(lab.h1, OURS[6]).returncode == 0, 10, "an echo reply")
            wait_until(lambda: ping(lab.h2, "fd71:2::1").returncode == 0, 10, "an echo reply")
            keeper.lab.h2.run("ip", "neigh", "flush", "all")
        relayed(a, b, count=3)
        relayed(b, a, count=3)
    host = node.api.stats().host
    assert host.neighbours >= 2
    assert (host.arp_sent if version == 4 else host.nd_sent) > 0


def test_peer_moves_to_another_mac(lab, node):
    """A gratuitous ARP from the peer after fail-over: media follows."""
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = node.api.create(node.api.leg("a", "outside", a.remote),
                                  node.api.leg("b", "inside", b.remote))
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        both_ways(a, b, 3)
        old = mac_of_interface(lab.h2, "eth0")
        for mac in ("02:00:00:71:02:99", old):
            net.ip("-n", lab.h2.name, "link", "set", "eth0", "address", mac)
            lab.h2.sniffer().send(arp_request(mac, lab.h2.v4, lab.h2.v4))
            wait_until(lambda: a.send() and b.receive(0.1), what=f"media at {mac}")


def test_off_link_party_behind_the_gateway(lab, node):
    net.ip("-n", lab.h1.name, "address", "add", "198.51.100.7/32", "dev", "lo")
    net.ip("-n", lab.h1.name, "route", "replace", "default", "via", "10.71.1.1")
    try:
        with Party(lab.h1, address="198.51.100.7") as a, Party(lab.h2) as b:
            session = node.api.create(node.api.leg("a", "outside", a.remote),
                                      node.api.leg("b", "inside", b.remote))
            both_ways(a.calls(local_rtp(session, "a")), b.calls(local_rtp(session, "b")))
    finally:
        net.ip("-n", lab.h1.name, "route", "del", "default")
        net.ip("-n", lab.h1.name, "address", "del", "198.51.100.7/32", "dev", "lo")
