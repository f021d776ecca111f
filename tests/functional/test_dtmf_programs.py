"""Tones in codecs other than G.711, to and from ffmpeg and GStreamer: what they decode has the digits."""

import array

import pytest
from api import wait_until
from keypad import EVENTS, PCMA, call, digits, leg
from lab import dtmf, speech
from media_formats import FORMATS, HEARS, PORT, PTIME_MS, program
from media_programs import listens
from party import Party
from srtp_party import connect
from talker import Talker

WANTED = "1590*#AD"
SILENCE = array.array("h", [0])


class Program:
    """A party whose socket a program has."""

    def __init__(self, host):
        self.host, self.remote, self.to = host, (host.v4, PORT), None

    def calls(self, to, _):
        self.to = to


def entry(form):
    return form.payload_type, form.encoding, form.clock, "", form.channels


@pytest.mark.parametrize("hearer,gets", [
    ("gstreamer", "opus"), ("ffmpeg", "opus"),
    ("ffmpeg", "G722"), ("gstreamer", "G726-32"), ("ffmpeg", "L16"), ("ffmpeg", "PCMU")])
def test_to_a_program(lab, node, tmp_path, hearer, gets):
    """Presses that were ordered, as tones in what a program decodes; the other party is silent meanwhile."""
    api, form, heard = node.api, FORMATS[gets], tmp_path / "heard"
    b = Program(lab.h2)
    with Party(lab.h1) as a:
        session = api.create(leg(api, "a", "outside", a, (PCMA,)),
                             leg(api, "b", "inside", b, (entry(form),), ptime_ms=PTIME_MS))
        connect(session, a=a, b=b)
        with HEARS[hearer](lab.h2, form, PORT, heard) as listening, \
                Talker(a, SILENCE * speech.RATE) as talker:
            listens(lab.h2, listening, PORT)
            talker.says(40)  # what it gets while its pipeline begins may be lost
            api.media.InjectDtmf(api.media_pb.InjectDtmfRequest(
                session_id=session.session_id, leg_id="b", digits=WANTED, duration_ms=100, gap_ms=100),
                                 timeout=60)
            seconds = 40 * 0.02 + len(WANTED) * 0.2 + 0.4
            wait_until(lambda: heard.exists() and heard.stat().st_size >= 2 * form.rate * seconds, seconds=40,
                       what=f"{hearer} with all of it")
            listening.kill()
    sound = speech.decode(heard.read_bytes(), "s16le", "-ar", str(form.rate))
    found = dtmf.measured_tones(sound)
    assert digits(found) == dtmf.multimon(sound) == WANTED, found
    assert max(abs(key.ms - 100) for key in found) <= 10, found


@pytest.mark.parametrize("speaker,said", [("gstreamer", "opus"), ("gstreamer", "G722"),
                                          ("gstreamer", "G726-32"), ("gstreamer", "L16")])
def test_from_a_program(lab, node, tmp_path, speaker, said):
    """Tones that a program has encoded become events, and are cut out of what is decoded."""
    form, sound = FORMATS[said], SILENCE * 4000
    for digit in WANTED:
        sound += dtmf.tone(digit, 100) + SILENCE * 805
    with Party(lab.h2) as b, call(node, Program(lab.h1), b, (entry(form),), (PCMA, EVENTS),
                                  {"tone_guard_ms": 40}) as (made, ear):
        speak = program(speaker, lab.h1, form, sound + SILENCE * 4000, tmp_path)
        speak(made.a.to)
        wait_until(lambda: made.told()[1] == WANTED, what=f"all of {WANTED}")
        wait_until(lambda: made.counts("b", "RFC4733").sent == len(WANTED), what="all presses sent")
    heard = ear.events()
    assert digits(heard) == WANTED
    assert max(abs(key.ms - 100) for key in heard) <= 20, heard
    assert not ear.tones()
