"""Tones at the limits of ITU-T Q.24, made by sox and sent as G.711: accepted, or not, and cut out."""

import array
import subprocess
from dataclasses import dataclass

import pytest
from api import wait_until
from keypad import EVENTS, G729, OPUS, PCMA, call, digits
from lab import dtmf, speech
from party import Party

ALL = dtmf.DIGITS


@dataclass(frozen=True)
class Tones:
    """How all sixteen digits are played."""

    ms: int = 100
    pause_ms: int = 100
    low: float = 0.0  # %, by which the frequency is off
    high: float = 0.0
    low_dbm0: float = -10.0
    high_dbm0: float = -10.0

    def of(self, digit):
        """What sox makes of a digit, without its pause."""
        low, high = dtmf.frequencies(digit)
        volumes = (10 ** ((level - dtmf.FULL_SCALE_DBM0) / 20) for level in (self.low_dbm0, self.high_dbm0))
        mix = ",".join(f"{channel}v{volume:.6f}" for channel, volume in enumerate(volumes, 1))
        made = subprocess.run(
            [*"sox -D -r 8000 -c 2 -n -b 16 -e signed -c 1 -t raw - synth".split(), str(self.ms / 1000),
             "sine", f"{low * (1 + self.low / 100):.3f}", "sine", f"{high * (1 + self.high / 100):.3f}",
             "remix", mix], check=True, capture_output=True, timeout=60)
        return speech.samples(made.stdout)

    def played(self, wanted):
        """All of them, with pauses that put each at another place among the packets."""
        sound = array.array("h", [0] * 2400)
        for number, digit in enumerate(wanted):
            sound.extend(self.of(digit))
            # Under 20 ms more, for tones that aren't packed as tightly as they may be.
            shift = 0 if self.pause_ms <= 40 else 11 * number % 160
            sound.extend([0] * (8 * self.pause_ms + shift))
        sound.extend([0] * 1600)
        return sound


def plays(node, lab, tones, wanted=ALL, **options):
    """A party plays them; what polluxd has told of, and what the other party has heard."""
    with Party(lab.h1) as a, Party(lab.h2) as b, \
            call(node, a, b, a_codecs=(PCMA,), **options) as (made, ear):
        sound = tones.played(wanted)
        made.dial([], sound)
        packets = len(sound) // 160
        wait_until(lambda: made.api.get(made.id).state.legs[0].rtp.rx_packets >= packets, what="all packets")
        # Once the last press is over, and has been sent; where there is none there is nothing to wait for.
        wait_until(lambda: len(made.told()[0]) == len(made.told()[1]) == made.counts("b", "RFC4733").sent,
                   what="all presses to be over")
        begun, ended, presses = made.told()
        assert begun == ended
        assert made.counts("a", "IN_BAND").seen == len(begun)
    return ended, presses, ear


ACCEPTED = {
    "plain": Tones(),
    "low one +1.5 %": Tones(low=1.5),
    "low one -1.5 %": Tones(low=-1.5),
    "high one +1.5 %": Tones(high=1.5),
    "high one -1.5 %": Tones(high=-1.5),
    "both +1.3 %": Tones(low=1.3, high=1.3),  # spandsp takes the fourth column's no further than 1.4 %
    "both apart by 2.6 %": Tones(low=-1.3, high=1.3),
    "high one 4 dB up": Tones(low_dbm0=-14, high_dbm0=-10),
    "high one 8 dB down": Tones(low_dbm0=-8, high_dbm0=-16),
    "0 dBm0": Tones(low_dbm0=0, high_dbm0=0),
    "-25 dBm0": Tones(low_dbm0=-25, high_dbm0=-25),
    "40 ms": Tones(ms=40, pause_ms=60),
    "pauses of 40 ms": Tones(ms=60, pause_ms=40),
}
REFUSED = {
    "low one +3.5 %": Tones(low=3.5),
    "low one -3.5 %": Tones(low=-3.5),
    "high one +3.5 %": Tones(high=3.5),
    "high one -3.5 %": Tones(high=-3.5),
    "23 ms": Tones(ms=23, pause_ms=77),
    "one tone only": Tones(high_dbm0=-60),
    "-50 dBm0": Tones(low_dbm0=-50, high_dbm0=-50),
}


@pytest.mark.parametrize("tones", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(lab, node, tones):
    told, presses, ear = plays(node, lab, tones)
    assert told == ALL
    lengths = [press.duration_ms for press in presses]
    print("lengths", lengths)
    assert max(abs(length - tones.ms) for length in lengths) <= 20, lengths
    levels = {press.volume_dbm0 for press in presses}
    assert levels and all(abs(level - max(tones.low_dbm0, tones.high_dbm0)) <= 6 for level in levels), levels
    heard = ear.events()
    assert digits(heard) == ALL
    assert max(abs(key.ms - max(tones.ms, 40)) for key in heard) <= 20, heard


@pytest.mark.parametrize("tones", REFUSED.values(), ids=REFUSED)
def test_refused(lab, node, tones):
    told, _, ear = plays(node, lab, tones)
    assert told == "" and not ear.events()


def test_a_key_held_is_one_press(lab, node):
    told, presses, ear = plays(node, lab, Tones(ms=3000), "5")
    assert told == "5" and abs(presses[0].duration_ms - 3000) <= 20
    assert [key.digit for key in ear.events()] == ["5"]


def test_the_same_key_again_is_another_press(lab, node):
    told, _, ear = plays(node, lab, Tones(ms=60, pause_ms=60), "5555")
    assert told == "5555" and digits(ear.events()) == "5555"


@pytest.mark.parametrize("stall_ms", [30, 60, 150])
def test_late_packets_do_not_part_a_tone(lab, node, stall_ms):
    """A network that stalls in the middle of each tone, and then brings the rest at once."""
    sound, stall = Tones().played("15900A"), stall_ms / 1000
    with Party(lab.h1) as a, Party(lab.h2) as b, call(node, a, b, a_codecs=(PCMA,)) as (made, ear):
        packets = []
        for at, packet in dtmf.dialled(sound, [], a.stream):
            begins = (0.36 + 0.2 * number for number in range(6))
            late = next((begin + stall for begin in begins if begin <= at < begin + stall), at)
            packets.append((late, packet))
        dtmf.play(a.rtp, a.to, packets)
        wait_until(lambda: made.told()[1].endswith("A"), what="the last press to be over")
        wait_until(lambda: digits(ear.events()).endswith("A"), what="the last press at b")
        assert made.told()[:2] == ("15900A", "15900A")
    assert digits(ear.events()) == "15900A"


def left_over(ear):
    """(ms of each digit's tones in what b has heard, dBov of the loudest 10 ms): silence but for those."""
    _, sound = dtmf.sound_of(ear.packets)
    levels = [speech.level_dbov(sound[at:at + 80]) for at in range(0, len(sound) - 80, 80)]
    return 10 * sum(level > -40 for level in levels), max(levels)


@pytest.mark.parametrize("guard", [0, 20, 40])
def test_guard(lab, node, guard):
    """Without it the onset of a tone leaks, until the detector is sure; 40 ms leave nothing."""
    told, _, ear = plays(node, lab, Tones(), "159D", a_keys={"tone_guard_ms": guard})
    assert told == "159D" and digits(ear.events()) == "159D"
    leaked, level = left_over(ear)
    print(f"guard {guard} ms: {leaked / 4:.1f} ms of each digit leak, at {level:.1f} dBov")
    if guard == 40:
        assert level < -50
    else:
        assert 0 < leaked / 4 <= 45 - guard


@pytest.mark.parametrize("codecs", [(G729, EVENTS), (OPUS, (101, "telephone-event", 48000))],
                         ids=["g729", "opus"])
def test_across_codecs(lab, node, codecs):
    """A codec that would destroy the tones isn't asked to carry them."""
    told, _, ear = plays(node, lab, Tones(ms=80), b_codecs=codecs, a_keys={"tone_guard_ms": 40})
    assert told == ALL
    assert digits(ear.events(clock=codecs[1][2])) == ALL


def test_nothing_is_found_in_speech(lab, node):
    sound = speech.spoken(8.0)
    with Party(lab.h1) as a, Party(lab.h2) as b, call(node, a, b, a_codecs=(PCMA,)) as (made, ear):
        made.dial([], sound)
        wait_until(lambda: made.api.get(made.id).state.legs[0].rtp.rx_packets >= len(sound) // 160,
                   what="all packets")
        assert made.told()[:2] == ("", "") and not ear.events()
