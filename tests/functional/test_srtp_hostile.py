"""SRTP against those who repeat, forge and spray: nothing is believed, nobody is disturbed."""

import dataclasses

import pytest
from api import leg_state, local_rtp, wait_until
from lab import srtp
from lab.hostile import forgeries
from party import Party, both_ways, received, relayed, waiting
from srtp_party import SrtpParty, connect, half_encrypted
from test_learning import Sprayer, assert_clean
from test_polluxctl import good
from traffic import talking

WINDOW = 128  # packets, by default


def drops_of(api, call, leg_id="a"):
    return {drop.reason: drop.packets for drop in leg_state(api.get(call), leg_id).drops}


def recorded(sender, receiver, count):
    """Plays packets through, and gives them as they were on the wire."""
    seen = []
    for _ in range(count):
        packet = sender.send()
        seen.append(sender.sealed)
        assert receiver.receive() == packet
    return seen


def test_replays_come_through_once(lab, node):
    """Each of the last 200 packets again, 1 to 200 packets later."""
    api, count = node.api, 200
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        before = api.drops()
        for packet in recorded(a, b, count):
            a.rtp.sendto(packet, a.to)
        wait_until(lambda: sum(drops_of(api, call).values()) == count, what="all replays dropped")
        assert drops_of(api, call) == {"srtp_replayed": WINDOW, "srtp_too_old": count - WINDOW}
        assert not waiting(b.rtp)
        relayed(a, b, 20)
        state = leg_state(api.get(call), "a").rtp
        assert (state.rx_packets, state.lost) == (count + 20, 0)
        told = good(node.polluxctl("session", "show", call))
        assert f"SRTP to a's port was dropped (srtp_replayed {WINDOW}, srtp_too_old {count - WINDOW})" in told
        stats = good(node.polluxctl("stats", "--drops"))
        for reason in ("srtp_replayed", "srtp_too_old"):
            line = next(line for line in stats.splitlines() if reason in line)
            assert str(api.drops()[reason]) in line and api.drops()[reason] > before.get(reason, 0)


def test_replayed_rtcp_comes_through_once(lab, node):
    api = node.api
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        sent, sealed = [], []
        seal = a.sender.rtcp
        a.sender.rtcp = lambda packet: sealed.append(seal(packet)) or sealed[-1]
        for _ in range(5):
            sent.append(a.send_rtcp())
            assert b.receive_rtcp() == sent[-1]
        for packet in sealed:
            a.rtcp.sendto(packet, a.to_rtcp)
        wait_until(lambda: drops_of(api, call) == {"srtp_replayed": 5}, what="all replays dropped")
        assert not waiting(b.rtcp)


@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM"])
def test_forgeries_move_nothing(lab, node, suite):
    """Sequence numbers half a turn ahead would take the index estimate along, and the party would be deaf."""
    api = node.api
    with SrtpParty(lab.h1, suite, sequence=0x7ff0) as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        forged = 0
        for genuine in recorded(a, b, 20):
            for packet in forgeries(genuine):
                a.rtp.sendto(packet, a.to)
                forged += 1
            relayed(a, b, 1)
        wait_until(lambda: sum(drops_of(api, call).values()) == forged, what="all forgeries dropped")
        both_ways(a, b, 20)
        state = leg_state(api.get(call), "a")
        assert (state.rtp.rx_packets, state.rtp.lost, state.rtp.ssrc) == (60, 0, a.stream.ssrc)
        assert [(s.ssrc, s.roc, s.sequence) for s in state.srtp_receive.streams] == [
            (a.stream.ssrc, 0, (0x7ff0 + 59) & 0xffff)]
        assert drops_of(api, call).keys() <= {"srtp_authentication_failed", "srtp_malformed", "rtp_malformed",
                                              "srtp_replayed", "srtp_too_old"}
        # What names an index that has been, or is long gone, isn't looked at any closer.
        assert drops_of(api, call)["srtp_authentication_failed"] >= 5 * 20


LEARNING = [("OFF", "STRICT_SOURCE"), ("HEURISTIC", "STRICT_SOURCE"), ("HEURISTIC", "MEDIA_HANDOVER"),
            ("IMMEDIATE", "STRICT_SOURCE"), ("OFF", "ACCEPT_ANY")]


@pytest.mark.parametrize("learning,policy", LEARNING)
def test_stranger_gets_nothing_and_nothing_in(lab, node, learning, policy):
    """Sprays, and sends copies and forgeries of what it has seen: before, during and after learning.

    Even modes that claim nothing for plain RTP hold: a packet that isn't genuine teaches nothing.
    """
    api = node.api
    with SrtpParty(lab.h1) as a, SrtpParty(lab.h2, "AEAD_AES_128_GCM") as b:
        session = api.create(a.leg(api, learning=learning, source_policy=policy),
                             b.leg(api, "b", "inside", learning=learning, source_policy=policy))
        connect(session, a=a, b=b)
        stranger, local, imposter = Sprayer(lab, api), local_rtp(session, "a"), srtp.Sender(a.theirs)

        def attack(seen=()):
            stranger.spray(local, rounds=1)
            ahead = dataclasses.replace(a.stream)
            for _ in range(8):  # the key of the other direction is all that it may have
                stranger.socket.sendto(imposter.rtp(ahead.next()), local)
            before = sum(api.drops().values())
            for packet in seen:
                stranger.socket.sendto(packet, local)
            wait_until(lambda: sum(api.drops().values()) >= before + len(seen), what="copies dropped")
            stranger.assert_got_nothing()

        attack()
        seen = recorded(a, b, 3)
        attack(seen)
        seen += recorded(a, b, 20)
        with talking(a, b):
            attack(seen)
        both_ways(a, b, 20)
        assert_clean(a.rtp, b.rtp, a.rtcp, b.rtcp)
        rtp = leg_state(api.get(session.session_id), "a").rtp
        assert rtp.lost == 0 and (rtp.destination.address, rtp.destination.port) == a.remote
        stranger.assert_got_nothing()


def test_flood_under_a_wrong_key_costs_the_call_nothing(lab, node):
    api = node.api
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b, SrtpParty(lab.h3) as stranger:
        session = half_encrypted(node, a, b)
        stranger.calls(local_rtp(session, "a"))

        def refused():
            return sum(drop.packets for drop in leg_state(api.get(session.session_id), "a").drops)

        with talking(a, b):
            for number in range(3000):
                stranger.stream.ssrc = number  # each of them a stream to remember, were it genuine
                stranger.send()
                if number % 500 == 499:  # no more than the ring of a worker holds that has no CPU
                    wait_until(lambda sent=number + 1: refused() >= sent, what="the flood taken")
        assert received(stranger, 1, seconds=0.05) == 0
        state = leg_state(api.get(session.session_id), "a")
        assert [stream.ssrc for stream in state.srtp_receive.streams] == [a.stream.ssrc]
        assert state.rtp.lost == 0
