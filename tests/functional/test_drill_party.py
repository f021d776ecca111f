"""Faults of a party and its signalling, each found with polluxctl alone."""

import pytest
from api import local_rtcp, local_rtp, wait_until
from drill import Talk, connect, talking, text
from party import Party, both_ways

HEALTHY = "media flows"


def test_drill_wrong_remote_address(lab, drill):
    """Signalling names another port than the one b really uses, and the leg may not learn."""
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        wrong = (b.remote[0], b.remote[1] + 1)  # its RTCP port
        session = drill.call(api.leg("a", "outside", a.remote),
                             api.leg("b", "inside", wrong, learning="OFF"))
        call = session.session_id
        connect(session, a, b)
        with talking(a, b):
            drill.until(["one way: b → a: nothing received from b's signalled address"], "session", "list")
            drill.until([f"a → b: receiving, forwarding to {text(wrong)}, nothing believed from it",
                         f"b → a: nothing received from b's signalled address {text(wrong)}, packets come",
                         "are refused (source_mismatch",
                         "a wrong address in its SDP, or NAT?",
                         "what to do: the leg's learning is off: correct its remote address"],
                        "session", "show", call)
            # Where they really come from, which is what to signal.
            drill.until([f"leg b RTP: packets from {text(b.remote)} dropped; the believed source is",
                         f"leg b: ONE-WAY AUDIO suspected, sending to {text(wrong)}: its packets come"],
                        "events", "--session", call)
            api.update_leg(call, api.leg("b", "inside", b.remote), "remote_rtp")
            drill.until([f"a → b: receiving, forwarding to {text(b.remote)}\n"], "session", "show", call)
            drill.until(["leg b: media flows both ways again"], "events", "--session", call)
        drill.agrees_with_manual("1. Wrong remote address signalled")


def test_drill_wrong_remote_address_of_a_party_that_waits_to_be_heard(lab, drill):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        connect(session, a, b)
        ours = text(local_rtp(session, "b"))
        with talking(a):
            drill.until([f"a → b: receiving, forwarding to {text(b.remote)}, never heard from it: NAT, or",
                         f"what to do: compare {text(b.remote)} with the SDP of b",
                         "b → a: nothing received from b yet: it doesn't send",
                         f"what to do: check that the SDP which b got has our address {ours}"],
                        "session", "show", session.session_id)
            drill.until([f"leg b: ONE-WAY AUDIO suspected, sending to {text(b.remote)}: never heard from it"],
                        "events", "--session", session.session_id)


def test_drill_one_leg_silent(lab, drill):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call = session.session_id
        connect(session, a, b)
        with talking(a):
            with talking(b):
                drill.until([HEALTHY], "session", "list")
            drill.until([f"leg b: ONE-WAY AUDIO suspected, sending to {text(b.remote)}: it fell silent"],
                        "events", "--session", call)
            drill.until([f"a → b: receiving, forwarding to {text(b.remote)}\n",
                         "b → a: b has been silent for",
                         "it has stopped sending, or the way from it broke",
                         "what to do: look at the party and the network between"], "session", "show", call)
            drill.until(["one way: b → a: b has been silent for"], "session", "list")
        drill.agrees_with_manual("2. One leg silent")


def test_drill_nat_rebinding(lab, drill):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call, before = session.session_id, a.remote
        connect(session, a, b)
        with talking(b):
            with talking(a):
                drill.until([HEALTHY], "session", "list")
            a.rebind()
            with talking(a):
                drill.until(["a → b: a has been silent for",
                             f"at {text(before)}, packets come from elsewhere and are refused (source_mis",
                             "has its NAT given it a new address (rebinding)?",
                             "what to do: policy handover on the leg lets media move",
                             f"b → a: receiving, forwarding to {text(before)}"], "session", "show", call)
                drill.until([f"packets from {text(a.remote)} dropped; the believed source is {text(before)}",
                             f"leg a: ONE-WAY AUDIO suspected, sending to {text(before)}: its packets come"],
                            "events", "--session", call)
                drill.until(["one way: a → b: a has been silent for"], "session", "list")
                api.update_leg(call, api.leg("a", "outside", source_policy="MEDIA_HANDOVER"), "source_policy")
                drill.until([f"leg a RTP: source changed from {text(before)} to {text(a.remote)}"],
                            "events", "--session", call)
                drill.until([f"b → a: receiving, forwarding to {text(a.remote)}\n"], "session", "show", call)
        drill.agrees_with_manual("3. NAT rebinding")


def test_drill_payload_type_not_in_the_map(lab, drill):
    api = drill.node.api
    with Party(lab.h1, payload_type=96) as a, Party(lab.h2, payload_type=8) as b:
        session = drill.call(api.leg("a", "outside", a.remote, payload_types=[(8, 8)]),
                             api.leg("b", "inside", b.remote, payload_types=[(8, 8)]))
        call = session.session_id
        connect(session, a, b)
        with talking(a, b):
            drill.until(["one way: a → b:"], "session", "list")
            drill.until(["a → b: receiving, but",
                         "packets have a payload type that isn't in the map (payload_type_unmapped)",
                         "what to do: add the payload type that a really sends to payload_types of leg a",
                         f"b → a: receiving, forwarding to {text(a.remote)}\n"],
                        "session", "show", call)
            drill.until(["leg a: ONE-WAY AUDIO suspected", "its packets come and are all dropped"],
                        "events", "--session", call)
        drill.agrees_with_manual("4. Payload type not in the map")


def test_drill_ssrc_flapping(lab, drill):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call = session.session_id
        connect(session, a, b)

        def flap(count):
            if count % 20 == 0:
                a.stream.ssrc += 1000

        with talking(b), Talk(a, before_each=flap):
            drill.until([f"a → b: receiving, forwarding to {text(b.remote)}, but a changes its SSRC all",
                         "what to do: two senders on one address, or a broken one",
                         "stream rewrite on leg b gives b one SSRC"], "session", "show", call)
            drill.until(["a → b: a changes its SSRC all the time"], "session", "list")
            drill.until(["leg a RTP: new SSRC 0x"], "events", "--session", call)
        drill.agrees_with_manual("8. SSRC flapping")


@pytest.mark.parametrize("from_the_start", [True, False], ids=["from-the-start", "after-a-while"])
def test_drill_rtp_to_the_rtcp_port(lab, drill, from_the_start):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call = session.session_id
        connect(session, a, b)
        if not from_the_start:
            both_ways(a, b, 5)
        right, wrong = local_rtp(session, "a"), local_rtcp(session, "a")
        a.to = wrong
        with talking(a, b):
            drill.until([f"a sends its RTP to our RTCP port {wrong[1]} (rtp_on_rtcp_port",
                         f"instead of our RTP port {right[1]}",
                         "what to do: its side has the ports mixed up: m= of the SDP that it got must name",
                         f"b → a: receiving, forwarding to {text(a.remote)}"], "session", "show", call)
            drill.until(["leg a: ONE-WAY AUDIO suspected", "its packets come and are all dropped"],
                        "events", "--session", call)
            drill.until(["one way: a → b: a"], "session", "list")
        if from_the_start:
            drill.agrees_with_manual("9. The peer sends its RTP to the RTCP port")
        wait_until(lambda: api.drops().get("rtp_on_rtcp_port", 0) > 0)
