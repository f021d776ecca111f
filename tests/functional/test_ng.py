"""Calls by the NG protocol: pollux-ng and polluxd as a SIP proxy meets them, with media through them."""

import contextlib
import itertools
import re
import time

import pytest
from api import wait_until
from kamailio_lab import description, nothing_left, take
from lab import dtmf, rtp, sip, speech
from party import Party, both_ways, relayed, waiting
from srtp_party import SrtpParty
from talker import Talker

PCMU, PCMA = (0, "PCMU/8000"), (8, "PCMA/8000")
EVENTS = (dtmf.EVENT_TYPE, "telephone-event/8000")
REPLACE = ["origin", "session-connection"]
_numbers = itertools.count(1)


class Dialogue:
    """One call of a proxy, between the tags "from" and "to"."""

    def __init__(self, client, **keys):
        self.client, self.keys = client, {"direction": ["outside", "inside"], **keys}
        self.call_id = f"ng-{next(_numbers)}@proxy.example"

    def ask(self, command, **keys):
        return self.client.ask(command, call_id=self.call_id, **keys)

    def sdp_of(self, command, sdp, **keys):
        reply = self.ask(command, sdp=sdp, replace=REPLACE, **keys)
        assert reply["result"] == "ok", reply
        return reply["sdp"]

    def offer(self, sdp, from_tag="from", **keys):
        return self.sdp_of("offer", sdp, from_tag=from_tag, **{**self.keys, **keys})

    def answer(self, sdp, from_tag="from", to_tag="to", **keys):
        return self.sdp_of("answer", sdp, from_tag=from_tag, to_tag=to_tag, **keys)

    def delete(self):
        reply = self.ask("delete", from_tag="from")
        assert reply["result"] == "ok" and "warning" not in reply, reply
        return reply


@pytest.fixture
def client(gateway):
    with gateway.client() as made:
        yield made


@contextlib.contextmanager
def connected(lab, client, a=None, b=None, a_sdp=None, b_sdp=None, **keys):
    """An answered call: (dialogue, a, b, the offer as b got it, the answer as a got it)."""
    with contextlib.ExitStack() as undo:
        a = a or undo.enter_context(Party(lab.h1))
        b = b or undo.enter_context(Party(lab.h2))
        dialogue = Dialogue(client, **keys)
        offer = dialogue.offer(a_sdp or description(a))
        answer = dialogue.answer(b_sdp or description(b, offer=offer))
        take(b, offer)
        take(a, answer)
        yield dialogue, a, b, offer, answer
        dialogue.delete()


# -- the protocol
@pytest.mark.parametrize("form,transport", [("bencode", "udp"), ("json", "udp"), ("bencode", "tcp")])
def test_a_call_in_every_form(lab, gateway, form, transport):
    with gateway.client(form=form, transport=transport) as client:
        assert client.ask("ping") == {"result": "pong"}
        with connected(lab, client) as (dialogue, a, b, offer, answer):
            assert a.to[0] == "10.71.1.1" and b.to[0] == "10.71.2.1"
            for text in (offer, answer):
                assert lab.h1.v4 not in text and lab.h2.v4 not in text
            both_ways(a, b)
            assert dialogue.call_id in client.ask("list", limit=100)["calls"]
    nothing_left(gateway.api)


def test_a_request_that_comes_twice_is_done_once(gateway, client):
    dialogue = Dialogue(client)
    request = client.encoded({"command": "offer", "call-id": dialogue.call_id, "from-tag": "from",
                              "sdp": sip.sdp("10.71.1.11", 4000), "direction": ["outside", "inside"]})
    first = client.exchange(request, "same_cookie_1")
    used = sum(p.used for p in gateway.api.ports().addresses)
    assert client.exchange(request, "same_cookie_1") == first
    assert sum(p.used for p in gateway.api.ports().addresses) == used
    dialogue.delete()


@pytest.mark.parametrize("keys,reason", [
    ({"command": "offer"}, "No SDP body in message"),
    ({"command": "offer", "sdp": "v=0"}, "No call-id in message"),
    ({"command": "offer", "sdp": "v=0", "call-id": "x"}, "No from-tag in message"),
    ({"command": "answer", "sdp": "v=0", "call-id": "x", "from-tag": "y"}, "No to-tag in message"),
    ({"command": "query", "call-id": "nobody's"}, "Unknown call-id"),
    ({"command": "dance"}, "Unrecognized command"),
    ({}, 'Dictionary contains no key "command"')])
def test_errors_have_the_words_that_proxies_know(client, keys, reason):
    reply = client.decoded(client.exchange(client.encoded(keys)))
    assert (reply["result"], reply["error-reason"]) == ("error", reason)


def test_delete_of_a_call_that_is_not_known(client):
    assert "not found" in client.ask("delete", call_id="nobody's", from_tag="x")["warning"]
    assert client.ask("delete", call_id="nobody's", from_tag="x", flags=["fatal"])["result"] == "error"


def test_what_is_told_of_a_call(lab, client):
    with connected(lab, client) as (dialogue, a, b, _, _):
        relayed(a, b, 10)
        relayed(b, a, 10)
        def told():
            reply = dialogue.ask("query")
            return reply if reply["totals"]["RTP"]["packets"] == 20 else None
        reply = wait_until(told, what="20 packets in query")
        assert set(reply["tags"]) == {"from", "to"}
        (media,) = reply["tags"]["from"]["medias"]
        assert (media["index"], media["type"], media["protocol"]) == (1, "audio", "RTP/AVP")
        stream = media["streams"][0]
        assert (stream["endpoint"]["address"], stream["endpoint"]["port"]) == a.remote
        assert stream["stats"]["packets"] == 10
        statistics = client.ask("statistics")
        assert statistics["result"] == "ok" and statistics["statistics"]["currentstatistics"]


# -- what offers and answers do
def test_hold_and_resume(lab, client):
    with connected(lab, client) as (dialogue, a, b, _, answer):
        held = dialogue.offer(description(a, direction="sendonly", version=2), to_tag="to")
        assert "a=sendonly" in held and sip.media_of(held) == b.to
        held = dialogue.answer(description(b, direction="recvonly", version=2))
        assert "a=recvonly" in held and sip.media_of(held) == sip.media_of(answer)
        relayed(a, b)
        # The other party resumes: the roles of the tags are swapped.
        dialogue.keys["direction"] = ["inside", "outside"]
        resumed = dialogue.offer(description(b, version=3), from_tag="to", to_tag="from")
        assert "a=sendrecv" in resumed and sip.media_of(resumed) == a.to
        dialogue.answer(description(a, version=3), from_tag="to", to_tag="from")
        both_ways(a, b)


def test_a_re_offer_moves_a_party(lab, client):
    with connected(lab, client) as (dialogue, a, b, _, _), Party(lab.h1) as moved:
        offer = dialogue.offer(description(moved, version=2), to_tag="to")
        assert sip.media_of(offer) == b.to
        take(moved, dialogue.answer(description(b, version=2)))
        both_ways(moved, b)
        assert not waiting(a.rtp)


def test_branches_have_ports_of_their_own(lab, client):
    """Two phones ring; the first one plays early media, the second one takes the call."""
    with Party(lab.h1) as a, Party(lab.h2) as one, Party(lab.h2) as two:
        dialogue = Dialogue(client)
        offers = [dialogue.offer(description(a), via_branch=branch) for branch in ("b1", "b2")]
        assert sip.media_of(offers[0]) != sip.media_of(offers[1])
        take(one, offers[0])
        take(two, offers[1])
        early = dialogue.answer(description(one), to_tag="to-1", via_branch="b1", sip_code=183)
        take(a, early)
        relayed(one, a)
        final = dialogue.answer(description(two), to_tag="to-2", via_branch="b2", sip_code=200)
        assert sip.media_of(final) == sip.media_of(early)
        take(a, final)
        both_ways(a, two)
        assert not waiting(one.rtp)
        dialogue.delete()


def test_srtp_on_the_receivers_side(lab, client):
    with SrtpParty(lab.h2) as b, connected(lab, client, b=b, transport_protocol="RTP/SAVP") as (
            _, a, _, offer, answer):
        assert "RTP/SAVP" in offer and "RTP/AVP" in answer and not sip.crypto_of(answer)
        both_ways(a, b)


def test_srtp_on_the_offerers_side(lab, client):
    with SrtpParty(lab.h1) as a, connected(lab, client, a=a, transport_protocol="RTP/AVP") as (
            _, _, b, offer, answer):
        assert not sip.crypto_of(offer) and "RTP/SAVP" in answer
        both_ways(a, b)


def test_srtp_on_both_sides_with_other_keys(lab, client):
    with SrtpParty(lab.h1) as a, SrtpParty(lab.h2) as b, connected(lab, client, a=a, b=b) as (
            _, _, _, offer, answer):
        assert a.own.inline not in offer and b.own.inline not in answer
        both_ways(a, b)


def test_a_suite_that_is_not_wanted_is_not_offered(lab, client):
    with Party(lab.h1) as a:
        dialogue = Dialogue(client)
        offer = dialogue.offer(description(a), transport_protocol="RTP/SAVP",
                               SDES=["only-AES_CM_128_HMAC_SHA1_80"])
        assert [line.split()[1] for line in sip.lines_of(offer, "a=crypto")] == ["AES_CM_128_HMAC_SHA1_80"]
        dialogue.delete()


def formats_of(sdp):
    return sip.lines_of(sdp, "m=audio")[0].split()[3:]


def test_codec_strip(lab, client):
    with Party(lab.h1) as a, connected(lab, client, a=a, a_sdp=description(a, (PCMU, PCMA)),
                                       codec={"strip": ["PCMU"]}) as (_, _, b, offer, _):
        assert formats_of(offer) == ["8"]
        both_ways(a, b)


def sees(sender, receiver, payload_type):
    """Packets that the sender has to say something by arrive with this type."""
    with Talker(sender, speech.spoken(0.6)) as talker:
        talker.says(10)
        packets = [rtp.parse(receiver.receive()) for _ in range(8)]
    assert {packet.payload_type for packet in packets} == {payload_type}


def test_codec_transcode(lab, client):
    """A has A-law only; B is offered µ-law as well and takes it."""
    with Party(lab.h1) as a, Party(lab.h2, payload_type=0) as b, connected(
            lab, client, a=a, b=b, a_sdp=description(a, (PCMA,)), b_sdp=description(b, (PCMU,)),
            codec={"transcode": ["PCMU"]}) as (_, _, _, offer, answer):
        assert formats_of(offer) == ["8", "0"] and formats_of(answer) == ["8"]
        sees(a, b, 0)


def test_codec_mask(lab, client):
    """What is masked isn't offered, but A may go on using it."""
    with Party(lab.h1) as a, Party(lab.h2, payload_type=0) as b, connected(
            lab, client, a=a, b=b, a_sdp=description(a, (PCMA,)), b_sdp=description(b, (PCMU,)),
            codec={"mask": ["PCMA"], "transcode": ["PCMU"]}) as (_, _, _, offer, answer):
        assert formats_of(offer) == ["0"] and formats_of(answer) == ["8"]
        sees(a, b, 0)


def test_ptime(lab, client):
    with connected(lab, client, ptime=40) as (_, a, b, offer, _):
        assert "a=ptime:40" in offer
        with Talker(a, speech.spoken(0.8)) as talker:
            talker.says(16)
            packets = [rtp.parse(b.receive()) for _ in range(6)]
        assert {len(packet.payload) for packet in packets} == {320}


def test_rtcp_mux_is_split(lab, client):
    """A has RTP and RTCP on one port, B isn't offered that."""
    with Party(lab.h1, rtcp_mux=True) as a, connected(
            lab, client, a=a, a_sdp=description(a, more=["a=rtcp-mux"]), rtcp_mux=["demux"]) as (
                dialogue, _, b, offer, answer):
        assert "a=rtcp-mux" not in offer and "a=rtcp-mux" in answer
        a.to_rtcp = a.to
        relayed(a, b)
        sent = a.send_rtcp()
        assert b.receive_rtcp() == sent
        sent = b.send_rtcp()
        assert a.receive_rtcp() == sent


def test_ipv6_on_the_receivers_side(lab, client):
    with Party(lab.h2, version=6) as b, connected(lab, client, b=b, address_family="IP6") as (
            _, a, _, offer, answer):
        assert sip.lines_of(offer, "c=")[0].startswith("c=IN IP6 fd71:2::1")
        assert sip.lines_of(answer, "c=")[0].startswith("c=IN IP4 10.71.1.1")
        both_ways(a, b)


# -- key presses
def test_play_dtmf(lab, client):
    """As pressed by A: B hears an event, and A nothing."""
    with connected(lab, client) as (dialogue, a, b, _, _), dtmf.Ear(b.rtp) as at_b, dtmf.Ear(a.rtp) as at_a:
        reply = dialogue.ask("play DTMF", from_tag="from", code="#", duration=120)
        assert reply["result"] == "ok", reply
        (key,) = wait_until(at_b.events, what="the key at b")
        wait_until(lambda: at_b.events()[0].ms >= 110, what="the whole press")
        assert key.digit == "#" and not at_a.events()


def pressed(a, digit):
    press = dtmf.Press(digit, 0.2, 100, dtmf.EVENTS)
    dtmf.play(a.rtp, a.to, dtmf.dialled(speech.spoken(0.6), [press], a.stream))


def test_block_dtmf(lab, client):
    with connected(lab, client) as (dialogue, a, b, _, _), dtmf.Ear(b.rtp) as at_b:
        assert dialogue.ask("block DTMF", from_tag="from")["result"] == "ok"
        pressed(a, "1")
        assert dialogue.ask("unblock DTMF", from_tag="from")["result"] == "ok"
        pressed(a, "2")
        wait_until(lambda: [key.digit for key in at_b.events()] == ["2"], what="only the second key at b")


def test_sip_info_wanted_means_no_event(lab, client, gateway):
    """With DTMF-send=sip-info B's keys come from the signalling: polluxd tells of a press, and sends none."""
    with connected(lab, client, DTMF_send="sip-info") as (dialogue, a, b, _, _), dtmf.Ear(b.rtp) as at_b:
        log = gateway.api.events(dialogue.call_id)
        pressed(a, "6")
        told = wait_until(lambda: log.found("DTMF", leg_id="caller-1")[1:], what="the end of the press")
        log.close()
        assert [(event.dtmf.digit, list(event.dtmf.info_leg_ids)) for event in told] == [("6", ["callee-1"])]
        assert not at_b.events()
