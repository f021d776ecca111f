"""Media through the relay, bit for bit: every pair of address families, many sessions, many legs."""

import pytest
from api import leg_state, local_rtcp, local_rtp, wait_until
from party import Party, both_ways, relayed, waiting


def call(node, a, b, **options):
    """A session between the two parties; each knows afterwards where to send."""
    api = node.api
    session = api.create(api.leg("a", "outside", a.remote, **options),
                         api.leg("b", "inside", b.remote, **options))
    a.calls(local_rtp(session, "a"), local_rtcp(session, "a"))
    b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
    return session


@pytest.mark.parametrize("versions", [(4, 4), (6, 6), (4, 6), (6, 4)], ids="v{0[0]}-v{0[1]}".format)
def test_bit_exact_both_ways(lab, node, versions):
    with Party(lab.h1, versions[0]) as a, Party(lab.h2, versions[1]) as b:
        session = call(node, a, b)
        both_ways(a, b, count=50)
        state = node.api.get(session.session_id)
        for leg in ("a", "b"):
            rtp = leg_state(state, leg).rtp
            assert (rtp.rx_packets, rtp.tx_packets, rtp.dropped, rtp.lost) == (50, 50, 0, 0)
            assert rtp.source_confirmed and rtp.rx_bytes == rtp.tx_bytes == 50 * 172


def test_every_payload_size(lab, node):
    """Odd lengths are where check sums go wrong; 1460 bytes of RTP fill the MTU of IPv4."""
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        for size in [*range(0, 40), 159, 160, 161, 1199, 1460]:
            packet = a.send(bytes(range(256)) * (size // 256) + bytes(range(size % 256)))
            assert b.receive() == packet, size


def test_header_extension_csrc_marker_and_padding_pass(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        relayed(a, b, 2)
        plain = a.stream.next()
        csrc_and_extension = (bytes([0x92]) + plain[1:12] + b"\1\2\3\4\5\6\7\x08" +
                              b"\xbe\xde\0\1\x10\xff\0\0" + plain[12:])
        padded = bytes([0xa0]) + a.stream.next()[1:] + b"\0\0\0\4"
        for packet in (csrc_and_extension, padded, a.stream.next(marker=True)):
            a.rtp.sendto(packet, a.to)
            assert b.receive() == packet


def test_sessions_do_not_mix(lab, node):
    pairs = [(Party(lab.h1), Party(lab.h2)) for _ in range(10)]
    for a, b in pairs:
        call(node, a, b)
    for a, b in pairs:
        both_ways(a, b, count=5)
    for a, b in pairs:
        assert not waiting(a.rtp) and not waiting(b.rtp)
        a.__exit__()
        b.__exit__()


def test_one_stream_feeds_several_sinks(lab, node):
    api = node.api
    with Party(lab.h1) as a, Party(lab.h2) as b, Party(lab.h2, 6) as c:
        session = api.create(api.leg("a", "outside", a.remote, sinks=["b", "c"]),
                             api.leg("b", "inside", b.remote, sinks=["a"]),
                             api.leg("c", "inside", c.remote))
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        c.calls(local_rtp(session, "c"))
        sent = [a.send() for _ in range(20)]
        assert [b.receive() for _ in sent] == sent
        assert [c.receive() for _ in sent] == sent
        c.send()  # has no sink
        relayed(b, a, 5)
        assert not waiting(a.rtp) and not waiting(b.rtp)


def test_port_without_session_is_silent(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        relayed(a, b, 1)
        node.api.delete(session.session_id)
        before = node.api.drops().get("no_endpoint", 0)
        a.send()
        wait_until(lambda: node.api.drops().get("no_endpoint", 0) == before + 1, what="the counted drop")
        assert not waiting(b.rtp)


def test_garbage_on_a_media_port_is_counted_and_harmless(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        relayed(a, b, 1)
        before = sum(node.api.drops().values())
        garbage = [b"", b"\x80", b"\x80\x08", bytes(12), b"\x80\x08" + bytes(9), b"\x8f\x08" + bytes(20),
                   b"\x90\x08" + bytes(10) + b"\0\0\xff\xff", b"\xa0\x08" + bytes(10) + b"\xff",
                   b"\xff" * 1400]
        for packet in garbage:
            a.rtp.sendto(packet, a.to)
        wait_until(lambda: sum(node.api.drops().values()) == before + len(garbage), what="the counted drops")
        relayed(a, b, 5)
        assert not waiting(b.rtp)
