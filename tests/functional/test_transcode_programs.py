"""Calls between ffmpeg and GStreamer, each with a codec of its own: what arrives is the speech."""

from dataclasses import dataclass

import pytest
from lab import speech
from media_formats import FORMATS, PTIME_MS, heard_by, player, program, unbroken

SECONDS = 2.0


@dataclass(frozen=True)
class Bounds:
    """What a codec may do to speech, after Pollux has decoded and encoded it once more."""

    snr: float  # at least, dB, segmental
    distance: float  # at most, dB
    level: float = 1.0  # at most, dB either way


# The programs' encoders take what bits they like, Pollux's have a telephone's. Opus then keeps no wave.
SAID = {
    "PCMA": Bounds(25, 1.0), "PCMU": Bounds(25, 1.0), "G722": Bounds(25, 1.2), "L16": Bounds(25, 1.0),
    "G726-32": Bounds(16, 3.5), "GSM": Bounds(6, 4.5, 1.5), "opus": Bounds(18, 1.5),
}
GETS = SAID | {"opus": Bounds(4, 2.2), "G729": Bounds(2, 4.5, 1.5)}


@pytest.fixture(scope="session")
def sound():
    return speech.spoken(SECONDS)


def is_the_speech(sound, heard, bounds):
    result = speech.Comparison(sound, heard)
    figures = (f"{speech.seconds(heard):.2f} s, late by {result.delay} samples, "
               f"correlation {result.correlation:.3f}, "
               f"level {result.level_difference:+.1f} dB, segmental SNR {result.segmental_snr:.1f} dB, "
               f"spectral distance {result.spectral_distance:.1f} dB")
    print(figures)
    assert abs(speech.seconds(heard) - speech.seconds(sound)) <= 0.06, figures
    assert abs(result.level_difference) <= bounds.level, figures
    assert result.segmental_snr >= bounds.snr, figures
    assert result.spectral_distance <= bounds.distance, figures


CALLS = [
    ("ffmpeg", "PCMA", "gstreamer", "opus"), ("gstreamer", "opus", "ffmpeg", "PCMA"),
    ("ffmpeg", "opus", "gstreamer", "PCMU"), ("gstreamer", "PCMU", "ffmpeg", "opus"),
    ("ffmpeg", "G722", "gstreamer", "PCMA"), ("gstreamer", "PCMA", "ffmpeg", "G722"),
    ("gstreamer", "G722", "ffmpeg", "PCMA"), ("ffmpeg", "PCMA", "gstreamer", "G722"),
    ("ffmpeg", "G726-32", "gstreamer", "PCMA"), ("gstreamer", "PCMA", "ffmpeg", "G726-32"),
    ("gstreamer", "GSM", "ffmpeg", "PCMA"), ("ffmpeg", "PCMA", "gstreamer", "GSM"),
    ("gstreamer", "L16", "ffmpeg", "PCMA"), ("ffmpeg", "PCMA", "gstreamer", "L16"),
    ("ffmpeg", "PCMA", "gstreamer", "G729"), ("gstreamer", "G722", "gstreamer", "G729"),
    ("ffmpeg", "L16", "gstreamer", "opus"), ("gstreamer", "opus", "ffmpeg", "G722"),
]


def check(api, session, sound, said, gets, heard, packets):
    unbroken(packets, FORMATS[gets])
    assert abs(len(packets) * PTIME_MS - SECONDS * 1000) <= 60
    is_the_speech(sound, heard, min(SAID.get(said, GETS[said]), GETS[gets], key=lambda bounds: bounds.snr))
    path = api.get(session.session_id).state.legs[1].paths[0]
    assert path.transcodes and (path.received.encoding, path.sent.encoding) == (said, gets)
    assert (path.lost, path.malformed) == (0, 0)


@pytest.mark.parametrize("speaker,said,hearer,gets", CALLS)
def test_speech(lab, node, tmp_path, sound, speaker, said, hearer, gets):
    speak = program(speaker, lab.h1, FORMATS[said], sound, tmp_path)
    session, heard, packets = heard_by(lab, node.api, hearer, (FORMATS[said], FORMATS[gets]), speak,
                                       tmp_path / "heard", SECONDS)
    check(node.api, session, sound, said, gets, heard, packets)


@pytest.mark.parametrize("hearer", ["gstreamer", "ffmpeg"])
def test_speech_from_g729(lab, node, tmp_path, sound, hearer):
    """Neither program encodes G.729: Pollux does, in a first call, and what came there is played."""
    legs = FORMATS["PCMA"], FORMATS["G729"]
    speak = program("ffmpeg", lab.h1, legs[0], sound, tmp_path)
    session, _, packets = heard_by(lab, node.api, "gstreamer", legs, speak, tmp_path / "first", SECONDS)
    node.api.delete(session.session_id)
    payloads = [packet.payload for packet in packets]
    session, heard, packets = heard_by(lab, node.api, hearer, legs[::-1], player(lab.h1, legs[1], payloads),
                                       tmp_path / "second", SECONDS)
    check(node.api, session, sound, "G729", "PCMA", heard, packets)
    reference = speech.decode(b"".join(payloads), "g729", "-bit_rate", "8000")
    is_the_speech(reference, heard, Bounds(18, 1.0))  # ffmpeg's decoder says the same
