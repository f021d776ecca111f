"""RTCP: on its own port or with RTP on one."""

import pytest
from api import leg_state, local_rtcp, local_rtp, wait_until
from lab import rtp
from party import Party, both_ways, relayed, waiting
from test_relay import call


@pytest.mark.parametrize("version", [4, 6])
def test_separate_port(lab, node, version):
    with Party(lab.h1, version) as a, Party(lab.h2, version) as b:
        session = call(node, a, b)
        assert local_rtcp(session, "a")[1] == local_rtp(session, "a")[1] + 1
        both_ways(a, b, 5)
        for sender, receiver in ((a, b), (b, a)):
            report = sender.send_rtcp()
            assert receiver.receive_rtcp() == report
        state = node.api.get(session.session_id)
        assert leg_state(state, "a").rtcp.rx_packets == leg_state(state, "a").rtcp.tx_packets == 1


def test_mux(lab, node):
    with Party(lab.h1, rtcp_mux=True) as a, Party(lab.h2, rtcp_mux=True) as b:
        session = call(node, a, b, rtcp_mux=True)
        assert local_rtcp(session, "a") == local_rtp(session, "a")
        both_ways(a, b, 5)
        for sender, receiver in ((a, b), (b, a)):
            report, packet = sender.send_rtcp(), sender.send()
            assert {receiver.receive(), receiver.receive()} == {report, packet}
        assert node.api.get(session.session_id).state.legs[0].rtp.dropped == 0


def test_mux_on_one_leg_only(lab, node):
    api = node.api
    with Party(lab.h1, rtcp_mux=True) as a, Party(lab.h2) as b:
        session = api.create(api.leg("a", "outside", a.remote, rtcp_mux=True),
                             api.leg("b", "inside", b.remote))
        a.calls(local_rtp(session, "a"), local_rtcp(session, "a"))
        b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
        both_ways(a, b, 5)
        report = a.send_rtcp()
        assert b.receive_rtcp() == report
        report = b.send_rtcp()
        assert a.receive() == report


def test_rtcp_flows_while_media_is_on_hold(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 3)
        hold = node.api.leg("a", "outside", direction="INACTIVE")
        node.api.update_leg(session.session_id, hold, "direction")
        report = a.send_rtcp()
        assert b.receive_rtcp() == report


def test_wrong_kind_of_packet_on_a_port(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        relayed(a, b, 3)
        before = node.api.drops()
        a.rtcp.sendto(a.stream.next(), a.to_rtcp)
        a.rtp.sendto(rtp.sender_report(a.stream.ssrc), a.to)
        a.rtcp.sendto(rtp.sender_report(a.stream.ssrc)[:-4], a.to_rtcp)

        def counted():
            after = node.api.drops()
            return all(after.get(reason, 0) == before.get(reason, 0) + 1
                       for reason in ("rtp_on_rtcp_port", "rtcp_on_rtp_port", "rtcp_malformed"))
        wait_until(counted, what="one drop of each kind")
        assert not waiting(b.rtp) and not waiting(b.rtcp)
