"""What happens to a stream on its way: direction, payload types, rewriting."""

import pytest
from api import leg_state, local_rtcp, local_rtp, wait_until
from lab import rtp
from party import Party, both_ways, relayed, waiting
from test_relay import call


def dropped(node, reason, act):
    """`act` causes exactly one drop for that reason."""
    before = node.api.drops().get(reason, 0)
    act()
    wait_until(lambda: node.api.drops().get(reason, 0) == before + 1, what=f"one more {reason}")


# The party's own wish: SENDONLY means that the party only sends.
@pytest.mark.parametrize("direction,from_a,to_a", [("SENDRECV", True, True), ("SENDONLY", True, False),
                                                   ("RECVONLY", False, True), ("INACTIVE", False, False)])
def test_direction(lab, node, direction, from_a, to_a):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 3)
        update = node.api.leg("a", "outside", direction=direction)
        node.api.update_leg(session.session_id, update, "direction")
        for sender, receiver, passes in ((a, b, from_a), (b, a, to_a)):
            if passes:
                relayed(sender, receiver, 5)
            else:
                dropped(node, "direction", sender.send)
                assert not waiting(receiver.rtp)
        node.api.update_leg(session.session_id, node.api.leg("a", "outside"), "direction")
        both_ways(a, b, 3)  # off hold again


def test_payload_type_map(lab, node):
    """101 here is 96 there (RFC 4733 events); the rest of the header stays as it is."""
    api = node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(api.leg("a", "outside", a.remote, payload_types=[(8, 8), (101, 96)]),
                             api.leg("b", "inside", b.remote, payload_types=[(8, 8), (127, 96)]))
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        relayed(a, b, 3)
        a.stream.payload_type, b.stream.payload_type = 101, 127
        packet = a.send(b"\x05\x0a\x00\xa0", marker=True)
        assert b.receive() == packet[:1] + bytes([0x80 | 127]) + packet[2:]
        packet = b.send(b"\x05\x0a\x00\xa0")
        assert a.receive() == packet[:1] + bytes([101]) + packet[2:]
        a.stream.payload_type = 0
        dropped(node, "payload_type_unmapped", a.send)
        assert not waiting(b.rtp)


def test_preserve_passes_a_new_source_as_it_is(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        events = node.api.events()
        session = call(node, a, b)
        both_ways(a, b, 5)
        a.stream = rtp.Stream(0xabcdef01, sequence=60000, timestamp=7)
        relayed(a, b, 5)
        changed = events.wait_for("STREAM_CHANGED", session_id=session.session_id, leg_id="a")
        assert changed.ssrc == 0xabcdef01
        events.close()


def test_rewrite_goes_on_without_a_jump_when_the_source_changes(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b, stream_mode="REWRITE")
        first = [(a.send(), b.receive()) for _ in range(5)]
        a.stream = rtp.Stream(0xabcdef01, sequence=60000, timestamp=7)
        second = [(a.send(), b.receive()) for _ in range(5)]
        got = [rtp.parse(packet) for _, packet in first + second]
        assert len({packet.ssrc for packet in got}) == 1
        steps = [(y.sequence - x.sequence) & 0xffff for x, y in zip(got, got[1:])]
        assert steps == [1] * 9
        assert all((y.timestamp - x.timestamp) & 0xffffffff == 160
                   for x, y in [*zip(got[:5], got[1:5]), *zip(got[5:], got[6:])])
        gap = (got[5].timestamp - got[4].timestamp) & 0xffffffff
        assert 0 < gap < 8000 * 5, "the time stamp jumped"
        assert [p.payload for p in got] == [rtp.parse(sent).payload for sent, _ in first + second]
        assert leg_state(node.api.get(session.session_id), "a").rtp.ssrc == 0xabcdef01


def test_rewrite_translates_rtcp(lab, node):
    """Sender reports name the SSRC and the time stamps that the receiver knows."""
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b, stream_mode="REWRITE")
        sent = rtp.parse(a.send())
        got = rtp.parse(b.receive())
        a.send_rtcp(rtp.sender_report(sent.ssrc, sent.timestamp))
        report = b.receive_rtcp()
        assert rtp.rtcp_types(report)[0] == rtp.SENDER_REPORT
        assert int.from_bytes(report[4:8], "big") == got.ssrc
        assert int.from_bytes(report[16:20], "big") == got.timestamp
