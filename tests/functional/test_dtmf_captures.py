"""Key presses of a real phone, as sip-tester has them, through polluxd: each digit once, in every way.

The phone's clock is that of a telephone, yet its durations grow twice as fast as the time goes by, and it
sends its last packet three times under one sequence number. The digit 0 is of another call, and so back in
time.
"""

import time
from pathlib import Path

import pytest
from api import wait_until
from keypad import L16, PCMA, call, digits
from lab import dtmf, rtp
from party import Party

FOLDER = Path("/usr/share/sip-tester")
NAMES = {"star": "*", "pound": "#"}
PAUSE = 0.35
TICKS = 2240  # that each press is told to last


def captures():
    """digit → its packets with their times, in the order of the calls that were captured."""
    read = {}
    for path in FOLDER.glob("dtmf_2833_*.pcap"):
        name = path.stem.rpartition("_")[2]
        read[NAMES.get(name, name)] = rtp.read_pcap(path)
    return dict(sorted(read.items(), key=lambda entry: rtp.parse(entry[1][0][1]).sequence))


@pytest.fixture(scope="module")
def phone():
    """Its digits and its packets, (seconds, packet), one press after the other."""
    packets, at, order = [], 0.0, ""
    for digit, capture in captures().items():
        first = capture[0][0]
        packets += [(at + when - first, packet) for when, packet in capture]
        at += capture[-1][0] - first + PAUSE
        order += digit
    return order, packets


def test_what_the_captures_hold(phone):
    order, packets = phone
    assert sorted(order) == sorted("0123456789*#")
    assert order.endswith("0")
    parsed = [rtp.parse(packet) for _, packet in packets]
    assert {packet.payload_type for packet in parsed} == {101}
    assert [digits(dtmf.heard_events([(0, packet)])) for packet in parsed[::10]] == list(order)
    assert len({packet.sequence for packet in parsed}) == 8 * len(order), "the last of each comes three times"


def press_all(made, phone):
    """Plays the phone, and waits until polluxd has told of the last press. Gives when each was sent."""
    order, packets = phone
    began = time.time()
    dtmf.play(made.a.rtp, made.a.to, packets)
    wait_until(lambda: len(made.told()[1]) >= len(order), what="the last press to be over")
    return [began + at for at, packet in packets if rtp.parse(packet).marker]


def told_once(made, order, ms):
    """Events to the signalling: each press begins and ends, in turn, and is as long as the phone says."""
    pb = made.api.pb
    begun, ended, presses = made.told()
    assert (begun, ended) == (order, order)
    phases = [event.dtmf.phase for event in made.log.found("DTMF")]
    assert phases == [pb.DTMF_PHASE_START, pb.DTMF_PHASE_END] * len(order)
    assert {(press.duration_ms, press.volume_dbm0, press.way) for press in presses} == {
        (ms, -10, pb.DTMF_WAY_RFC4733)}
    counts = made.counts("a", "RFC4733")
    assert (counts.seen, counts.merged, counts.repaired, counts.refused) == (len(order), 0, 0, 0)
    return presses


@pytest.mark.parametrize("clock", [8000, 16000])
def test_to_rfc4733(lab, node, phone, clock):
    """At 16 kHz the phone's durations are right."""
    order, ms = phone[0], 1000 * TICKS / clock
    events = (101, "telephone-event", clock)
    audio = (PCMA,) if clock == 8000 else (L16, PCMA)
    with Party(lab.h1) as a, Party(lab.h2) as b, \
            call(node, a, b, (*audio, events), (PCMA, (97, "telephone-event"))) as (made, ear):
        press_all(made, phone)
        wait_until(lambda: made.counts("b", "RFC4733").sent == len(order), what="all presses sent")
        told_once(made, order, ms)
    heard = ear.events(97)
    assert digits(heard) == order
    assert {key.ms for key in heard} == {ms}


def test_to_in_band(lab, node, phone):
    order, ms = phone[0], 1000 * TICKS / 8000
    with Party(lab.h1) as a, Party(lab.h2) as b, call(node, a, b, b_codecs=(PCMA,)) as (made, ear):
        press_all(made, phone)
        wait_until(lambda: made.counts("b", "IN_BAND").sent == len(order), what="all presses sent")
        told_once(made, order, ms)
    heard = ear.tones()
    assert digits(heard) == order, heard
    assert max(abs(key.ms - ms) for key in heard) <= 10, heard
    assert not ear.events()


def test_to_sip_info(lab, node, phone):
    order, ms = phone[0], 1000 * TICKS // 8000
    with Party(lab.h1) as a, Party(lab.h2) as b, \
            call(node, a, b, b_keys={"send": "SIP_INFO"}) as (made, ear):
        sent = press_all(made, phone)
        presses = told_once(made, order, ms)
        starts = [event for event in made.log.found("DTMF")
                  if event.dtmf.phase == made.api.pb.DTMF_PHASE_START]
    for press in presses:
        assert press.info_dtmf_relay == f"Signal={press.digit}\r\nDuration={ms}\r\n"
        assert press.info_dtmf == press.digit
        assert list(press.info_leg_ids) == ["b"]
    late = sorted(event.time.ToNanoseconds() / 1e9 - at for event, at in zip(starts, sent))
    print("told after", [f"{1000 * seconds:.0f} ms" for seconds in late])
    assert late[len(late) // 2] <= 0.06
    assert not ear.packets, "b is sent nothing"
