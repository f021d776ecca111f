"""Where a party's media really comes from: learning, NAT rebinding, and strangers who spray.

The table in docs/endpoint-learning.md says which mode claims what; these tests hold it to that on the wire.
"""

import struct
import time

import pytest
from api import leg_state, local_rtcp, local_rtp, wait_until
from lab import wire
from party import Party, both_ways, relayed, waiting

# A well-formed RTP header and silence: what scanners for RTP bleed and injection send (CVE-2025-53399).
SPRAY_SSRC = bytes.fromhex("ef0a07de")
SPRAY_RTP = bytes.fromhex("8000ee3c0442a2c1") + SPRAY_SSRC + bytes(160)
SPRAY_RTCP = (struct.pack("!BBH", 0x80, 200, 6) + SPRAY_SSRC + bytes(20) +
              struct.pack("!BBH", 0x81, 201, 7) + SPRAY_SSRC + bytes(24))


class Sprayer:
    """A third host on the party's own wire that knows the port range but not the call."""

    def __init__(self, lab, api):
        self.api, self.socket, self.sniffer = api, lab.h3.udp(lab.h3.v4), lab.h3.sniffer()

    def spray(self, local, rounds=3):
        """The neighbourhood of a local RTP port, RTP and RTCP; returns when the node has seen it all."""
        address, port = local
        before = sum(self.api.drops().values())
        count = 0
        for _ in range(rounds):
            for offset in range(-4, 6):
                for packet in (SPRAY_RTP, SPRAY_RTCP):
                    self.socket.sendto(packet, (address, port + offset))
                    count += 1
        wait_until(lambda: sum(self.api.drops().values()) >= before + count, what="all of the spray dropped")

    def got(self):
        """Everything the node sent to this host, but for ARP and ND."""
        return [f for f in wire.frames(self.sniffer, 0.05) if not wire.is_neighbour_traffic(f)
                and f[0] & 1 == 0 and f[12:14] in (b"\x08\x00", b"\x86\xdd")]

    def assert_got_nothing(self):
        assert not self.got(), "packets were sent to the sprayer"


def assert_clean(*sockets):
    for socket in sockets:
        assert not [p for p in waiting(socket) if SPRAY_SSRC in p], "a sprayed packet reached a party"


def begin_call(node, a, b, rtcp_mux, **options):
    api = node.api
    session = api.create(api.leg("a", "outside", a.remote, rtcp_mux=rtcp_mux, **options),
                         api.leg("b", "inside", b.remote, rtcp_mux=rtcp_mux, **options))
    a.calls(local_rtp(session, "a"), local_rtcp(session, "a"))
    b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
    return session


CLAIMING = [("OFF", "STRICT_SOURCE"), ("DELAYED", "STRICT_SOURCE"), ("HEURISTIC", "STRICT_SOURCE"),
            ("OFF", "MEDIA_HANDOVER"), ("DELAYED", "MEDIA_HANDOVER"), ("HEURISTIC", "MEDIA_HANDOVER")]


@pytest.mark.parametrize("rtcp_mux", [False, True], ids=["rtcp-apart", "rtcp-mux"])
@pytest.mark.parametrize("learning,policy", CLAIMING)
def test_spray_before_during_and_after_learning(lab, node, learning, policy, rtcp_mux):
    with Party(lab.h1, rtcp_mux=rtcp_mux) as a, Party(lab.h2, rtcp_mux=rtcp_mux) as b:
        session = begin_call(node, a, b, rtcp_mux, learning=learning, source_policy=policy)
        local, sprayer = local_rtp(session, "a"), Sprayer(lab, node.api)

        sprayer.spray(local)  # before: the peer's media flows to nobody but the signalled address
        packet = b.send()
        assert a.receive() == packet
        sprayer.spray(local)
        assert not leg_state(node.api.get(session.session_id), "a").rtp.source_confirmed

        for _ in range(8):  # during
            packet = a.send()
            sprayer.spray(local, rounds=1)
            assert b.receive() == packet
        a.send_rtcp()
        b.send_rtcp()
        sprayer.spray(local)
        assert a.receive_rtcp() and b.receive_rtcp()

        sprayer.spray(local)  # after
        both_ways(a, b, 10)
        time.sleep(0.3)  # after silence that is long enough for a handover to be thought of
        sprayer.spray(local)
        relayed(b, a, 5)

        assert_clean(a.rtp, a.rtcp, b.rtp, b.rtcp)
        sprayer.assert_got_nothing()
        state = leg_state(node.api.get(session.session_id), "a").rtp
        assert (state.destination.address, state.destination.port) == a.remote


@pytest.mark.parametrize("learning", ["OFF", "DELAYED", "HEURISTIC"])
def test_spray_on_a_leg_whose_party_is_not_known_yet(lab, node, learning):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        api = node.api
        session = api.create(api.leg("a", "outside", learning=learning), api.leg("b", "inside", b.remote))
        b.calls(local_rtp(session, "b"))
        sprayer = Sprayer(lab, api)
        for _ in range(5):
            b.send()
            sprayer.spray(local_rtp(session, "a"))
        assert_clean(b.rtp, b.rtcp)
        sprayer.assert_got_nothing()
        assert not leg_state(api.get(session.session_id), "a").rtp.HasField("destination")


def test_spray_after_a_signalling_update(lab, node):
    """A re-INVITE starts learning afresh: no window for strangers in between."""
    with Party(lab.h1) as a, Party(lab.h1) as moved, Party(lab.h2) as b:
        session = begin_call(node, a, b, False)
        both_ways(a, b, 10)
        sprayer = Sprayer(lab, node.api)
        node.api.update_leg(session.session_id, node.api.leg("a", "outside", moved.remote), "remote_rtp")
        sprayer.spray(local_rtp(session, "a"))
        moved.calls(a.to, a.to_rtcp)
        packet = b.send()
        assert moved.receive() == packet
        relayed(moved, b, 5)
        sprayer.spray(local_rtp(session, "a"))
        assert_clean(moved.rtp, moved.rtcp, b.rtp, b.rtcp)
        sprayer.assert_got_nothing()


def test_accept_any_forwards_but_never_answers_strangers(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = begin_call(node, a, b, False, source_policy="ACCEPT_ANY")
        both_ways(a, b, 10)
        sprayer = Sprayer(lab, node.api)
        sprayer.socket.sendto(SPRAY_RTP, local_rtp(session, "a"))
        assert b.receive() == SPRAY_RTP
        relayed(b, a, 5)
        sprayer.assert_got_nothing()


def stream_until(sender, receiver, seconds=20):
    """A live stream, 20 ms a packet, until some of it arrives: how long that took."""
    start, sent = time.monotonic(), []
    while time.monotonic() < start + seconds:
        sent.append(sender.send())
        if (packet := receiver.receive(0.02)) in sent:
            took = time.monotonic() - start
            while packet != sent[-1]:  # it was late, and others are behind it
                packet = receiver.receive()
                assert packet in sent
            return took
    return None


@pytest.mark.parametrize("learning,at_once", [("HEURISTIC", False), ("IMMEDIATE", True), ("DELAYED", False)])
def test_party_behind_nat_is_learned(lab, node, learning, at_once):
    """The SDP says another address than the media comes from."""
    with Party(lab.h1) as a, Party(lab.h2) as b:
        api, events = node.api, node.api.events()
        session = api.create(api.leg("a", "outside", ("10.71.1.77", 4000), learning=learning),
                             api.leg("b", "inside", b.remote))
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        took = stream_until(a, b, 8)
        assert took is not None, f"{learning} never learned"
        assert took < 1 if at_once else took > 0.05
        learned = events.wait_for("SOURCE_LEARNED", session_id=session.session_id, leg_id="a")
        assert (learned.to.address, learned.to.port) == a.remote
        relayed(b, a, 5)
        if learning == "DELAYED":
            assert took >= 2.5, "another source was believed before the delay was over"
        events.close()


def test_off_learns_nothing(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        api = node.api
        session = api.create(api.leg("a", "outside", ("10.71.1.77", 4000), learning="OFF"),
                             api.leg("b", "inside", b.remote))
        a.calls(local_rtp(session, "a"))
        assert stream_until(a, b, 0.5) is None
        assert leg_state(api.get(session.session_id), "a").rtp.destination.address == "10.71.1.77"


def test_nat_rebinding_with_media_handover(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        events = node.api.events()
        session = begin_call(node, a, b, False, source_policy="MEDIA_HANDOVER")
        both_ways(a, b, 10)
        old = a.remote
        time.sleep(1.1)  # a source changes at most once a second
        a.rebind()
        took = stream_until(a, b)
        assert took is not None, "the new source was never believed"
        changed = events.wait_for("SOURCE_CHANGED", session_id=session.session_id, leg_id="a")
        assert (getattr(changed, "from").address, getattr(changed, "from").port) == old
        assert (changed.to.address, changed.to.port) == a.remote
        relayed(b, a, 10)
        relayed(a, b, 10)
        events.close()


def test_nat_rebinding_with_strict_source(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        events = node.api.events()
        session = begin_call(node, a, b, False, source_policy="STRICT_SOURCE")
        both_ways(a, b, 10)
        old = a.remote
        before = node.api.drops().get("source_mismatch", 0)
        a.rebind()
        assert stream_until(a, b, 1.5) is None
        events.wait_for("SOURCE_REJECTED", session_id=session.session_id, leg_id="a")
        assert node.api.drops()["source_mismatch"] > before + 20
        # Told once a second at the most, however many packets there are.
        assert len(events.found("SOURCE_REJECTED", session_id=session.session_id, rtcp=False)) <= 3
        state = leg_state(node.api.get(session.session_id), "a").rtp
        assert (state.destination.address, state.destination.port) == old
        events.close()


def test_handover_waits_while_the_known_source_lives(lab, node):
    with Party(lab.h1) as a, Party(lab.h1) as rival, Party(lab.h2) as b:
        session = begin_call(node, a, b, False, source_policy="MEDIA_HANDOVER")
        both_ways(a, b, 10)
        rival.calls(a.to)
        time.sleep(1.1)
        for _ in range(50):
            packet = a.send()
            rival.send()
            assert b.receive() == packet
            time.sleep(0.02)
        assert not waiting(b.rtp)
        state = leg_state(node.api.get(session.session_id), "a").rtp
        assert (state.destination.address, state.destination.port) == a.remote
