"""Keys that change while people talk: nobody loses a packet, and the old key is worth nothing afterwards."""

import pytest
from api import leg_state, wait_until
from lab import srtp
from party import Party, relayed
from srtp_party import EitherKey, SrtpParty, half_encrypted, leg
from traffic import talking


def overlap_ends(api, call):
    wait_until(lambda: not leg_state(api.get(call), "a").srtp_receive.overlap, what="the overlap's end")


@pytest.fixture
def short_overlap(start, keeper):
    settings = keeper.settings()
    settings["srtp"] = {"rekey_overlap": "3s"}
    return start(settings)


@pytest.mark.parametrize("suites", [("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80"),
                                    ("AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM")],
                         ids=["same-suite", "other-suite"])
@pytest.mark.parametrize("mkis", [(b"", b""), (b"\1", b"\2")], ids=["no-mki", "mki"])
def test_nobody_hears_that_the_keys_change(lab, short_overlap, suites, mkis):
    api, pause = short_overlap.api, 25  # packets
    (own, later_own), (theirs, later_theirs) = (
        [srtp.Key.random(suite, mki) for suite, mki in zip(suites, mkis)] for _ in range(2))
    with SrtpParty(lab.h1, own=own, theirs=theirs) as a, Party(lab.h2) as b:
        session = half_encrypted(short_overlap, a, b)
        call = session.session_id

        def believed(count):
            rtp = leg_state(api.get(call), "a").rtp
            wait_until(lambda: leg_state(api.get(call), "a").rtp.rx_packets >= rtp.rx_packets + count)

        relayed(a, b, 5)
        with talking(a, b):  # wants each packet, in order, both ways
            believed(pause)
            a.opener = EitherKey(a.opener, srtp.Receiver(later_theirs))
            api.update_leg(call, leg(api, "a", "outside", receive=later_own, send=later_theirs),
                           "srtp_receive", "srtp_send")
            assert leg_state(api.get(call), "a").srtp_receive.overlap
            believed(pause)  # the party takes its time
            former, a.sender = a.sender, srtp.Sender(later_own)
            believed(pause)
            overlap_ends(api, call)
            believed(pause)
        assert a.opener.changed
        state = leg_state(api.get(call), "a")
        assert (state.rtp.dropped, state.rtp.lost) == (0, 0)
        assert state.srtp_send.rtp_packets > 2 * pause

        a.sender, present = former, a.sender
        a.send()
        a.sender = present
        relayed(a, b, 5)  # sent after the one under the former key, which would have come first
        assert {drop.reason: drop.packets for drop in leg_state(api.get(call), "a").drops} == {
            "srtp_mki_unknown" if mkis[0] else "srtp_authentication_failed": 1}


def test_former_key_is_good_for_the_overlap_and_no_longer(lab, short_overlap):
    api = short_overlap.api
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        call = half_encrypted(short_overlap, a, b).session_id
        relayed(a, b, 5)
        later = srtp.Key.random(a.own.suite)
        api.update_leg(call, leg(api, "a", "outside", receive=later), "srtp_receive")
        relayed(a, b, 5)
        overlap_ends(api, call)
        refused = [a.send() for _ in range(3)]
        a.sender = srtp.Sender(later)
        relayed(a, b, 5)
        state = leg_state(api.get(call), "a")
        assert [(drop.reason, drop.packets) for drop in state.drops] == [
            ("srtp_authentication_failed", len(refused))]
