"""Calls of phones through Kamailio: what they say to each other, and what they hear of each other."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from api import wait_until
from kamailio_lab import call, conversation, description, nothing_left, phones, take
from lab import dtmf, kamailio, node as lab_node, rtp, sip, speech
from party import Party, relayed, waiting
from srtp_party import SrtpParty
from talker import Talker

BROKEN = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"  # without c=


def voices(a, b, count=20):
    """Each hears what the other one says, payload by payload."""
    for sender, receiver in ((a, b), (b, a)):
        waiting(receiver.rtp)
        sent = [rtp.parse(sender.send()).payload for _ in range(count)]
        got = [rtp.parse(receiver.receive()).payload for _ in range(count)]
        assert got == sent


def ear(party):
    return dtmf.Ear(party.rtp, party.opener.rtp if isinstance(party, SrtpParty) else None)


def session_of(site, talk):
    return site.api.get(talk.from_alice.call_id)


def test_a_call_from_registration_to_bye(site):
    with conversation(site) as talk:
        assert talk.from_alice.statuses == [407, 200]
        rows = site.database.sql("SELECT username, contact FROM location ORDER BY username").split()
        assert rows == ["alice", talk.alice.contact, "bob", talk.bob.contact]
        # Each was told an address of Pollux's in its own network, and nothing of the other one.
        assert talk.a.to[0] == "10.71.1.1" and talk.b.to[0] == "10.71.2.1"
        assert site.lab.h1.v4 not in talk.at_bob.offer and site.lab.h2.v4 not in talk.from_alice.final.sdp
        relayed(talk.a, talk.b)
        relayed(talk.b, talk.a)
        legs = {leg.leg_id for leg in session_of(site, talk).state.legs}
        assert legs == {"caller-1", "callee-1"}
        assert talk.from_alice.hang_up().status == 200
        talk.bob.request("BYE")
    nothing_left(site.api)
    wait_until(lambda: "all: 0" in site.kamailio.rpc("dlg.stats_active"), what="no dialog in Kamailio")


def test_a_key_by_rfc_4733_passes(site):
    with conversation(site) as talk, ear(talk.b) as at_b:
        press = dtmf.Press("5", 0.2, 120, dtmf.EVENTS)
        dtmf.play(talk.a.rtp, talk.a.to, dtmf.dialled(speech.spoken(0.8), [press], talk.a.stream))
        heard = wait_until(at_b.events, what="the key at bob")
        assert [key.digit for key in heard] == ["5"]
        talk.from_alice.hang_up()


def test_a_phone_that_wants_srtp(site):
    site.database.wish("bob", "srtp")
    with SrtpParty(site.lab.h2) as b, conversation(site, b=b) as talk:
        assert sip.lines_of(talk.at_bob.offer, "m=audio")[0].split()[2] == "RTP/SAVP"
        answer = talk.from_alice.final.sdp
        assert sip.lines_of(answer, "m=audio")[0].split()[2] == "RTP/AVP" and not sip.crypto_of(answer)
        voices(talk.a, b)
        # The re-INVITE of the phone with SRTP reaches the other one as plain RTP, and back.
        took = len(talk.alice.heard)
        ok = talk.at_bob.again(description(b, version=2))
        assert "RTP/AVP" in talk.alice.request("INVITE", after=took).sdp and "RTP/SAVP" in ok.sdp
        take(b, ok.sdp)
        voices(talk.a, b)
        talk.at_bob.hang_up()
    nothing_left(site.api)


def test_an_srtp_phone_calls(site):
    """Its own offer says SRTP; the other phone wants nothing special and gets plain RTP."""
    with SrtpParty(site.lab.h1) as a, conversation(site, a=a) as talk:
        assert "RTP/AVP" in talk.at_bob.offer and "a=crypto" not in talk.at_bob.offer
        assert "RTP/SAVP" in talk.from_alice.final.sdp
        voices(a, talk.b)
        talk.from_alice.hang_up()


def test_a_phone_that_wants_other_packets(site):
    site.database.wish("bob", "ptime=40")
    with conversation(site) as talk:
        assert "a=ptime:40" in talk.at_bob.offer
        with Talker(talk.a, speech.spoken(1.0)) as talker:
            talker.says(20)
            packets = [rtp.parse(talk.b.receive()) for _ in range(8)]
        assert {len(packet.payload) for packet in packets} == {320}
        steps = {b.timestamp - a.timestamp for a, b in zip(packets, packets[1:])}
        assert steps == {320}
        talk.from_alice.hang_up()


def test_a_key_by_info_is_heard_as_rfc_4733(site):
    with conversation(site) as talk, ear(talk.a) as at_a, ear(talk.b) as at_b:
        assert talk.from_alice.press("7").status == 200
        assert [key.digit for key in wait_until(at_b.events, what="the key at bob")] == ["7"]
        assert talk.at_bob.press("#").status == 200
        assert [key.digit for key in wait_until(at_a.events, what="the key at alice")] == ["#"]
        assert not [m for m in talk.alice.heard + talk.bob.heard if m.method == "INFO" and not m.status]
        talk.from_alice.hang_up()


def test_a_key_by_rfc_4733_leaves_as_info(site):
    """Alice's phone wants INFO. What is sent within the dialog after it is still in order for her phone."""
    site.database.wish("alice", "dtmf-info")
    with conversation(site) as talk, ear(talk.a) as at_a:
        press = dtmf.Press("9", 0.2, 120, dtmf.EVENTS)
        dtmf.play(talk.b.rtp, talk.b.to, dtmf.dialled(speech.spoken(0.8), [press], talk.b.stream))
        info = talk.alice.request("INFO")
        assert info.header("Content-Type") == "application/dtmf-relay"
        assert re.search(rb"Signal ?= ?9\r\nDuration ?= ?1[0-4]\d", info.body), info.body
        assert (info.tag("From"), info.tag("To")) == (talk.at_bob.own_tag, talk.from_alice.own_tag)
        # The next key arrives as INFO and leaves as INFO.
        took = len(talk.alice.heard)
        assert talk.at_bob.press("*").status == 200
        assert b"*" in talk.alice.request("INFO", after=took).body
        took = len(talk.alice.heard)
        assert talk.at_bob.again(description(talk.b, version=2)).cseq == talk.at_bob.cseq
        offer = talk.alice.request("INVITE", after=took)
        assert offer.cseq > info.cseq
        assert talk.alice.request("ACK", after=took).cseq == offer.cseq
        assert talk.at_bob.hang_up().cseq == talk.at_bob.cseq
        assert talk.alice.request("BYE").cseq > offer.cseq
        assert not at_a.events(), "the key came twice: by INFO and by RFC 4733"
        assert len([m for m in talk.alice.heard if m.method == "INFO" and not m.status]) == 2


def test_a_wrong_password_is_refused(site):
    with site.phone("alice", "guessed") as alice, site.phone("bob") as bob:
        assert alice.register() == [401, 401]
        assert bob.register() == [401, 200]
        heard = len(bob.heard)
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000))
        assert attempt.refused() == 407 and attempt.statuses == [407, 407]
        assert not [m for m in bob.heard[heard:] if m.method == "INVITE"]
    nothing_left(site.api)


def test_nobody_calls_under_another_name(site):
    with site.phone("alice") as alice:
        alice.register()
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000), name=f"sip:bob@{kamailio.DOMAIN}")
        assert attempt.refused() == 403


def test_cancel_leaves_nothing(site):
    with phones(site) as (alice, bob):
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000))
        ringing = bob.accept()
        wait_until(lambda: any(p.used for p in site.api.ports().addresses), what="ports while it rings")
        assert attempt.cancel().status == 200
        bob.request("CANCEL")
        ringing.reject(487, "Request Terminated")
        assert attempt.refused() == 487
    nothing_left(site.api)


def test_two_phones_ring(site):
    """Each has an offer of its own; the one that plays early media loses to the one that takes the call."""
    with phones(site) as (alice, bob), site.phone("bob", port=5070) as other, \
            Party(site.lab.h1) as a, Party(site.lab.h2) as b, Party(site.lab.h2) as at_other:
        assert other.register() == [401, 200]
        attempt = alice.invite("bob", description(a))
        first, second = bob.accept(), other.accept()
        assert sip.media_of(first.offer) != sip.media_of(second.offer)
        take(b, first.offer)
        take(at_other, second.offer)
        first.progress(description(b))
        early = alice.wait(lambda m: m.status == 183, what="early media").sdp
        take(a, early)
        relayed(b, a)
        second.answer(description(at_other))
        take(a, attempt.answered().sdp)
        bob.request("CANCEL")
        first.reject(487, "Request Terminated")
        voices(a, at_other)
        attempt.hang_up()
        other.request("BYE")
    nothing_left(site.api)


def test_a_refused_call_leaves_nothing(site):
    with phones(site) as (alice, bob):
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000))
        bob.accept().reject(486, "Busy Here")
        assert attempt.refused() == 486
    nothing_left(site.api)


def test_an_offer_that_cannot_be_used_is_refused(site):
    with phones(site) as (alice, bob):
        assert alice.invite("bob", BROKEN).refused() == 488
        assert not [m for m in bob.heard if m.method == "INVITE"]
    nothing_left(site.api)


def test_without_a_gateway_calls_are_refused(site):
    """503, so that whoever calls through here may try another proxy; and with it calls go on at once."""
    with phones(site) as (alice, bob):
        site.gateway.stop()
        assert alice.invite("bob", sip.sdp(alice.address, 4000)).refused() == 503
        site.gateway.start()
        site.gateway.wait_for_nodes()
        site.kamailio.uses_gateways()
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000))
        bob.accept().reject(486, "Busy Here")
        assert attempt.refused() == 486
    nothing_left(site.api)


def test_an_answer_that_cannot_be_used_ends_the_call(site):
    with phones(site) as (alice, bob):
        attempt = alice.invite("bob", sip.sdp(alice.address, 4000))
        bob.accept().answer(BROKEN)
        assert attempt.answered().sdp == ""
        alice.request("BYE")
        bob.request("BYE")
    nothing_left(site.api)


def test_an_answer_that_comes_once_more_after_the_bye(site):
    """As on a slow network. Its call has no media any more; that is no reason to end it a second time."""
    with conversation(site) as talk, ThreadPoolExecutor() as aside:
        talk.bob.answers.remove("BYE")
        hung_up = aside.submit(talk.from_alice.hang_up)
        bye = talk.bob.request("BYE")
        nothing_left(site.api)
        heard = [len(phone.heard) for phone in (talk.alice, talk.bob)]
        talk.at_bob.answer(talk.at_bob.sdp)
        assert talk.alice.wait(lambda m: m.status == 200 and m.method == "INVITE", after=heard[0])
        talk.from_alice.answered()
        talk.bob.request("ACK", after=heard[1])
        talk.bob.reply(bye, 200)
        assert hung_up.result().status == 200
        wait_until(lambda: "all: 0" in site.kamailio.rpc("dlg.stats_active"), what="no dialog in Kamailio")
        assert not [m for m in talk.alice.heard if m.method == "BYE" and not m.status]
        assert f"{talk.from_alice.call_id}: the answer" not in site.kamailio.log()
    nothing_left(site.api)


def test_an_offer_in_the_reply(site):
    """The INVITE has no SDP: bob offers in his 200, alice answers in her ACK."""
    with phones(site) as (alice, bob), Party(site.lab.h1) as a, Party(site.lab.h2) as b:
        attempt = alice.invite("bob", None)
        at_bob = bob.accept()
        at_bob.answer(description(b))
        offer = attempt.answered(sdp=description(a)).sdp
        answer = bob.request("ACK").sdp
        take(a, offer)
        take(b, answer)
        assert a.to[0] == "10.71.1.1" and b.to[0] == "10.71.2.1"
        voices(a, b)
        attempt.hang_up()
    nothing_left(site.api)


def test_a_re_invite_without_an_offer(site):
    with conversation(site) as talk:
        talk.at_bob.on_offer = lambda _: description(talk.b, version=2)
        offer = talk.from_alice.again("", answer=description(talk.a, version=2)).sdp
        assert sip.media_of(offer) == talk.a.to
        voices(talk.a, talk.b)
        talk.from_alice.hang_up()
    nothing_left(site.api)


NATTED = ("192.168.50.2", 5062)  # what a phone says of itself that is reached at another address


def test_a_phone_behind_a_nat(site):
    """Requests, replies, INFO and media go where alice's messages come from, not where they say."""
    site.database.wish("alice", "dtmf-info")
    with site.phone("alice", claims=NATTED) as alice, site.phone("bob") as bob, \
            Party(site.lab.h1) as a, Party(site.lab.h2) as b:
        assert alice.register() == bob.register() == [401, 200]
        talk = call(alice, bob, a, b, a_sdp=sip.sdp(NATTED[0], a.remote[1]))
        relayed(b, a)  # to the address of her SIP: she has not sent anything yet
        relayed(a, b)
        assert talk.at_bob.press("3").status == 200
        assert b"3" in alice.request("INFO").body
        assert talk.at_bob.hang_up().status == 200
        alice.request("BYE")
        # And the other way round: bob calls her where she has registered from.
        took = len(alice.heard)
        from_bob = bob.invite("alice", description(b))
        at_alice = alice.accept(after=took)
        at_alice.answer(sip.sdp(NATTED[0], a.remote[1]))
        take(b, from_bob.answered().sdp)
        take(a, at_alice.offer)
        alice.request("ACK", after=took)
        relayed(b, a)
        relayed(a, b)
        from_bob.hang_up()
    nothing_left(site.api)


def test_hold_and_resume(site):
    with conversation(site) as talk:
        talk.at_bob.on_offer = lambda offer: description(talk.b, direction="recvonly", version=2)
        held = talk.from_alice.again(description(talk.a, direction="sendonly", version=2))
        assert "a=recvonly" in held.sdp
        talk.at_bob.on_offer = lambda offer: description(talk.b, version=3)
        assert "a=sendrecv" in talk.from_alice.again(description(talk.a, version=3)).sdp
        assert sip.media_of(held.sdp) == talk.a.to, "hold moved the port"
        voices(talk.a, talk.b)
        talk.at_bob.hang_up()
    nothing_left(site.api)


def test_pollux_ng_may_restart_in_mid_call(site):
    with conversation(site) as talk:
        site.gateway.kill()
        voices(talk.a, talk.b)
        site.gateway.start()
        site.gateway.wait_for_nodes()
        talk.at_bob.on_offer = lambda offer: description(talk.b, direction="recvonly", version=2)
        held = talk.from_alice.again(description(talk.a, direction="sendonly", version=2))
        assert sip.media_of(held.sdp) == talk.a.to
        voices_one_way(talk.a, talk.b)
        assert talk.from_alice.hang_up().status == 200
    nothing_left(site.api)


def voices_one_way(sender, receiver):
    waiting(receiver.rtp)
    sent = rtp.parse(sender.send()).payload
    assert rtp.parse(receiver.receive()).payload == sent


@pytest.fixture
def second_node(site, stubs, tmp_path):
    """Another polluxd beside `node`, and pollux-ng in front of both."""
    from api import Api
    second = lab_node.Node(site.lab.another_node("nd2"), lab_node.configuration(str(tmp_path), number=2),
                           tmp_path)
    try:
        second.start()
        second.api = Api(second, stubs)
        site.gateway.stop()
        one = site.gateway.settings["nodes"]
        site.gateway.settings["nodes"] = [*one, {"address": second.target}]
        site.gateway.start()
        site.gateway.wait_for_nodes()
        yield second
        site.gateway.stop()
        site.gateway.settings["nodes"] = one
        site.gateway.start()
    finally:
        second.kill()


def test_calls_go_to_the_node_that_is_left(site, second_node):
    def node_of(talk):
        return "10.71.1.1" if talk.a.to[0] == "10.71.1.1" else "10.71.1.2"
    with phones(site) as (alice, bob), Party(site.lab.h1) as a, Party(site.lab.h2) as b:
        seen = set()
        for _ in range(40):  # the Call-ID decides: all on one node would be a chance of 1 in 2^39
            talk = call(alice, bob, a, b)
            seen.add(node_of(talk))
            voices(a, b, 3)
            talk.from_alice.hang_up()
            if len(seen) == 2:
                break
        assert seen == {"10.71.1.1", "10.71.1.2"}, "one node got all calls"
        second_node.kill()
        for _ in range(6):
            talk = call(alice, bob, a, b)
            assert node_of(talk) == "10.71.1.1"
            voices(a, b, 3)
            talk.from_alice.hang_up()
    nothing_left(site.api)
