"""Media through legs that speak SRTP, bit for bit: every suite, both libraries, over a rollover."""

import pytest
from api import leg_state
from lab import srtp
from party import Party, both_ways
from srtp_party import SrtpParty, connect, half_encrypted

SUITES = list(srtp.SUITES)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("version", [4, 6], ids="v{}".format)
def test_bit_exact_over_a_rollover(lab, node, suite, version):
    with SrtpParty(lab.h1, suite, version=version, sequence=65520) as a, \
            Party(lab.h2, sequence=65520) as b:
        session = half_encrypted(node, a, b)
        both_ways(a, b, 40)
        sent = a.send_rtcp()
        assert b.receive_rtcp() == sent
        sent = b.send_rtcp()
        assert a.receive_rtcp() == sent
        state = leg_state(node.api.get(session.session_id), "a")
        for direction in (state.srtp_receive, state.srtp_send):
            assert (direction.rtp_packets, direction.rtcp_packets) == (40, 1)
            assert [(stream.roc, stream.sequence) for stream in direction.streams] == [(1, 23)]
        assert state.rtp.dropped == state.rtcp.dropped == 0


@pytest.mark.parametrize("backend", ["ipsec_mb", "libsrtp"])
def test_bridge_of_two_suites(lab, start, keeper, backend):
    settings = keeper.settings()
    settings["srtp"] = {"backend": backend}
    api = start(settings).api
    for ours, theirs in zip(SUITES, reversed(SUITES)):
        with SrtpParty(lab.h1, ours) as a, SrtpParty(lab.h2, theirs, rtcp_mux=True) as b:
            connect(api.create(a.leg(api), b.leg(api, "b", "inside", rtcp_mux=True)), a=a, b=b)
            b.to_rtcp = b.to
            both_ways(a, b, 10)
            sent = a.send_rtcp()
            assert b.receive_rtcp() == sent
