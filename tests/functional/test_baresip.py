"""baresip on both sides of calls through Kamailio: a softphone that knows nothing of Pollux."""

import subprocess

import pytest
from api import leg_state, wait_until
from baresip import Baresip
from kamailio_lab import nothing_left
from lab import kamailio
from media_programs import level_at

TONES = {"alice": 700, "bob": 1100}  # Hz
LEVEL = 0.25
SECONDS = 2


@pytest.fixture
def telephone(site, tmp_path):
    """telephone(user, more) → a baresip of the user's that plays the user's tone."""
    def make(user, more=""):
        host, proxy = ((site.lab.h1, site.host.v4_a) if user == "alice" else (site.lab.h2, site.host.v4_b))
        sound = tmp_path / f"{user}.wav"
        subprocess.run(["sox", "-n", "-r", "8000", "-c", "1", "-b", "16", sound, "synth", "60", "sine",
                        str(TONES[user]), "vol", str(LEVEL)], check=True, capture_output=True, timeout=60)
        return Baresip(host, tmp_path / user, user, site.USERS[user], kamailio.DOMAIN, proxy, sound, more)
    return make


def presses_by_info(site, session):
    """Keys that went to bob's phone as SIP INFO."""
    leg = leg_state(site.api.get(session.session_id), "callee-1")
    return sum(way.sent for way in leg.dtmf.ways if way.way == site.api.pb.DTMF_WAY_SIP_INFO)


def talk(site, alice, bob, key, transports, by_info=0):
    """Alice calls, both hear each other, she presses a key, and hangs up."""
    wait_until(lambda: site.database.sql("SELECT username FROM location ORDER BY username").split() ==
               ["alice", "bob"], what="both registrations")
    alice.command("dial", f"sip:bob@{kamailio.DOMAIN}")
    for phone in (alice, bob):
        wait_until(lambda phone=phone: phone.found("CALL_ESTABLISHED"), what="the call")
    session, = site.api.all_sessions()
    wanted = 50 * SECONDS
    wait_until(lambda: all(leg.rtp.tx_packets >= wanted
                           for leg in site.api.get(session.session_id).state.legs), what="audio both ways")
    state = site.api.get(session.session_id).state
    assert not any(leg.rtp.lost for leg in state.legs), state
    offered = {leg.leg_id: leg.HasField("srtp_receive") for leg in session.spec.legs}
    assert offered == transports
    alice.press(key)
    wait_until(lambda: bob.found("CALL_DTMF_START"), what="the key")
    wait_until(lambda: presses_by_info(site, session) == by_info, what="the way of the key")
    alice.command("hangup")
    for phone in (alice, bob):
        wait_until(lambda phone=phone: phone.found("CALL_CLOSED"), what="the end")
    assert bob.found("CALL_DTMF_START") == [key], "one key press, one digit"
    nothing_left(site.api)
    for phone, peer in ((alice, "bob"), (bob, "alice")):
        samples = phone.heard()
        assert len(samples) >= 8000 * (SECONDS - 0.5)
        # Half a second in which baresip had the CPU in time: its buffer may run dry.
        clearest = max((samples[at:at + 4000] for at in range(0, len(samples) - 4000, 2000)),
                       key=lambda some, hertz=TONES[peer]: level_at(some, hertz))
        assert level_at(clearest, TONES[peer]) == pytest.approx(LEVEL, rel=0.1)
        assert level_at(clearest, TONES[peer] + 200) < LEVEL / 100


@pytest.mark.parametrize("alices,bobs", [("", ""), ("srtp-mand", ""), ("", "srtp-mand"),
                                         ("srtp-mand", "srtp-mand")])
def test_a_call(site, telephone, alices, bobs):
    """Plain, and with SRTP by SDES on one side or on both."""
    if bobs:
        site.database.wish("bob", "srtp")
    with telephone("alice", alices and f";mediaenc={alices}") as alice, \
            telephone("bob", bobs and f";mediaenc={bobs}") as bob:
        talk(site, alice, bob, "5", {"caller-1": bool(alices), "callee-1": bool(bobs)})


def test_a_key_by_info(site, telephone):
    """Bob's phone gets keys as SIP INFO, which baresip takes for its own."""
    site.database.wish("bob", "dtmf-info")
    with telephone("alice") as alice, telephone("bob") as bob:
        talk(site, alice, bob, "#", {"caller-1": False, "callee-1": False}, by_info=1)
