"""What leaves the relay, byte by byte: check sums, DSCP, hop limit, VLAN; and fragments, which stay out."""

import pytest
from api import local_rtcp, local_rtp, wait_until
from lab import wire
from party import Party, both_ways, relayed, waiting
from test_relay import call
from vlan import VlanHost


def captured(sniffer, payloads):
    """The frames that carried these payloads, taken apart."""
    found = [d for d in map(wire.udp_datagram, wire.frames(sniffer, 0.1)) if d and d.payload in payloads]
    assert len(found) == len(payloads)
    return found


@pytest.mark.parametrize("versions", [(4, 4), (6, 6), (4, 6), (6, 4)], ids="v{0[0]}-v{0[1]}".format)
def test_check_sums_on_the_wire(lab, node, versions):
    with Party(lab.h1, versions[0]) as a, Party(lab.h2, versions[1]) as b:
        call(node, a, b)
        both_ways(a, b, 3)
        for sender, receiver, host in ((a, b, lab.h2), (b, a, lab.h1)):
            sniffer = host.sniffer()
            sent = [sender.send(bytes([n]) * n) for n in range(60)]
            assert [receiver.receive() for _ in sent] == sent
            for datagram in captured(sniffer, sent):
                assert datagram.faults == []
                assert datagram.udp_checksum != 0
                assert datagram.hop_limit >= 64


@pytest.mark.parametrize("version", [4, 6])
def test_dscp(lab, node, version):
    """46 (EF) is the network's default; a leg may ask for another."""
    api = node.api
    with Party(lab.h1, version) as a, Party(lab.h2, version) as b:
        session = api.create(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote, dscp=34))
        a.calls(local_rtp(session, "a"), local_rtcp(session, "a"))
        b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
        both_ways(a, b, 3)
        for sender, receiver, host, dscp in ((a, b, lab.h2, 34), (b, a, lab.h1, 46)):
            sniffer = host.sniffer()
            sent = [sender.send(), sender.send_rtcp()]
            assert [receiver.receive(), receiver.receive_rtcp()] == sent
            assert {datagram.dscp for datagram in captured(sniffer, sent)} == {dscp}


@pytest.mark.parametrize("version", [4, 6])
def test_fragments_are_dropped_and_counted(lab, start, keeper, version):
    """On libpcap's device: with net_af_packet the kernel joins IPv4 fragments before anyone sees them."""
    settings = keeper.settings()
    for port, interface in zip(settings["ports"], ("plx-a", "plx-b")):
        port["device"] = f"net_pcap_{interface[-1]},iface={interface},phy_mac=1"
    node = start(settings)
    with Party(lab.h1, version) as a, Party(lab.h2, version) as b:
        call(node, a, b)
        relayed(a, b, 3)
        before = node.api.drops().get("ip_fragment", 0)
        a.send(bytes(2000))  # two fragments
        wait_until(lambda: node.api.drops().get("ip_fragment", 0) == before + 2, what="two fragments counted")
        relayed(a, b, 3)
        assert not waiting(b.rtp)


def test_vlan(lab, node):
    """Tagged media on one side, untagged on the other; the tag is neither lost nor leaked."""
    with VlanHost(lab.h1, 100, "10.71.3.11/24") as host, Party(host, address="10.71.3.11") as a, \
            Party(lab.h2) as b:
        wait_until(lambda: lab.h1.run("ping", "-c1", "-W1", "10.71.3.1", check=False).returncode == 0, 10,
                   "an echo reply on the VLAN")
        api = node.api
        session = api.create(api.leg("a", "vlan", a.remote), api.leg("b", "inside", b.remote))
        both_ways(a.calls(local_rtp(session, "a")), b.calls(local_rtp(session, "b")))
        assert host.untagged_ip_frames == 0, "media for the VLAN came without its tag"


def test_vlan_address_is_not_there_without_the_tag(lab, node):
    sniffer = lab.h1.sniffer()
    mac = b"\x02\0\0\0\0\x07"
    sniffer.send(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + bytes([10, 71, 3, 11]) +
                 bytes(6) + bytes([10, 71, 3, 1]))
    lab.h1.run("ping", "-c2", "-i0.2", "10.71.1.1", check=False)
    answers = [f for f in wire.frames(sniffer) if f[12:14] == b"\x08\x06"]
    assert not [f for f in answers if f[28:32] == bytes([10, 71, 3, 1])]


def test_unknown_vlan_is_counted(lab, node):
    sniffer = lab.h1.sniffer()
    before = node.api.drops().get("vlan_unknown", 0)
    sniffer.send(b"\xff" * 6 + b"\x02\0\0\0\0\x07" + bytes.fromhex("810000c80800") + bytes(46))
    wait_until(lambda: node.api.drops().get("vlan_unknown", 0) == before + 1, what="the counted drop")
