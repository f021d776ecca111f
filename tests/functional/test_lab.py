"""The lab itself, without polluxd: a failure here means the test bed, not the relay."""

import signal
import subprocess
import time

import machine
import pytest
from api import wait_until
from lab import net, rtp, wire
from party import Party, relayed
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether


def test_hosts_of_one_side_reach_each_other(lab):
    for version in (4, 6):
        with Party(lab.h1, version) as a, Party(lab.h3, version) as b:
            relayed(a.calls(b.remote), b.calls(a.remote))


def test_sides_are_apart(lab):
    assert lab.h1.run("ping", "-c1", "-W1", lab.h2.v4, check=False).returncode != 0


def test_sniffer_sees_whole_frames_with_good_check_sums(lab):
    sniffer = lab.h3.sniffer()
    with Party(lab.h1) as a, Party(lab.h3) as b:
        packet = a.calls(b.remote).send()
        assert b.receive() == packet
    datagram = next(filter(None, map(wire.udp_datagram, wire.frames(sniffer))))
    assert (datagram.payload, datagram.source, datagram.destination) == (packet, a.remote, b.remote)
    assert datagram.udp_checksum and not datagram.faults


@pytest.mark.parametrize("header", [IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="fd00::1", dst="fd00::2")],
                         ids=["v4", "v6"])
def test_wire_checks_as_scapy_computes(header):
    good = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / header /
                 UDP(sport=5000, dport=5001) / b"odd")
    datagram = wire.udp_datagram(good)
    assert datagram.source == (header.src, 5000) and datagram.payload == b"odd"
    assert not datagram.faults
    assert wire.udp_datagram(good[:-1] + b"j").faults == ["UDP check sum"]
    if header.version == 4:
        assert wire.udp_datagram(good[:22] + b"\x3f" + good[23:]).faults == ["IPv4 header check sum"]


def test_real_capture_is_read_whole():
    packets = rtp.read_pcap("/usr/share/sip-tester/g711a.pcap")
    assert len(packets) == 236
    assert {len(payload) for _, payload in packets} == {252}
    sequence = [rtp.parse(payload).sequence for _, payload in packets]
    assert sequence == list(range(sequence[0], sequence[0] + 236))


def test_teardown_leaves_nothing(lab):
    def names():
        return {line.split()[0] for line in subprocess.run(["ip", "netns", "list"], check=True, text=True,
                                                           capture_output=True).stdout.splitlines()}
    before = names()
    assert lab.h1.name in before
    extra = net.Namespace(f"{lab.h1.name}-x")
    assert names() == before | {extra.name}
    extra.close()
    assert names() == before


def test_a_cpu_that_was_away_is_noticed():
    """What a failed test is run again by: here its process is stopped instead."""
    taken, pulse = machine.Taken(), machine.PULSE.process
    pulse.send_signal(signal.SIGSTOP)
    time.sleep(5 * machine.MUCH)
    pulse.send_signal(signal.SIGCONT)
    wait_until(taken.much, what="its lateness")
    assert machine.Taken().late() == 0, "that was before"
