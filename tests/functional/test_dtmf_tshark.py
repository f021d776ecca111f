"""What leaves as RFC 4733, read by tshark: events, durations, markers, ends, sequence numbers, timestamps."""

import contextlib
import random
import time

import pytest
from api import wait_until
from event_shark import Recorder, presses, read, unbroken
from keypad import EVENTS, OPUS, PCMA, WIDE_EVENTS, call
from lab import dtmf, rtp, speech
from party import Party
from talker import Talker

ALL = dtmf.DIGITS


@contextlib.contextmanager
def recorded_call(lab, node, file, **options):
    with Party(lab.h1) as a, Party(lab.h2) as b, call(node, a, b, **options) as (made, _):
        with Recorder(lab.h2, file):
            yield made


def sent(made, count, seconds=30):
    wait_until(lambda: made.counts("b", "RFC4733").sent >= count, seconds, f"{count} presses sent")


def events_of(pressed):
    return "".join(ALL[press.event] for press in pressed)


@pytest.mark.parametrize("clock,codecs", [(8000, (PCMA, EVENTS)), (48000, (OPUS, WIDE_EVENTS))],
                         ids=["8kHz", "48kHz"])
def test_injected(lab, node, tmp_path, clock, codecs):
    """All sixteen, into silence: nobody has spoken yet."""
    file = tmp_path / "wire.pcap"
    with recorded_call(lab, node, file, a_codecs=codecs, b_codecs=codecs) as made:
        taken = made.inject("b", ALL, duration_ms=100, gap_ms=60, volume_dbm0=-12)
        assert (taken.digits, taken.duration_ms, taken.gap_ms) == (ALL, 100, 60)
        sent(made, len(ALL))
        port = made.b.remote[1]
    pressed = presses(read(file, port), clock)
    assert events_of(pressed) == ALL
    assert {press.ms for press in pressed} == {100}
    assert {press.packets[0].volume for press in pressed} == {12}
    for before, press in zip(pressed, pressed[1:]):
        apart = (press.timestamp - before.timestamp) % 0x100000000 * 1000 / clock
        assert 160 <= apart <= 260, f"{apart} ms from one press to the next"
        assert abs(1000 * (press.at - before.at) - apart) <= 60, "timestamps tell the time that passes"


def test_twenty_seconds(lab, node, tmp_path):
    """Longer than 0xFFFF ticks: three segments at 8 kHz, fifteen at 48. Both at once."""
    files = tmp_path / "narrow.pcap", tmp_path / "wide.pcap"
    narrow, wide = (PCMA, EVENTS), (OPUS, WIDE_EVENTS)
    with recorded_call(lab, node, files[0], a_codecs=narrow, b_codecs=narrow) as one, \
            recorded_call(lab, node, files[1], a_codecs=wide, b_codecs=wide) as other:
        calls = one, other
        for made in calls:
            made.inject("b", "5", duration_ms=20000)
        for made in calls:
            sent(made, 1, 30)
    for file, made, clock in zip(files, calls, (8000, 48000)):
        (press,) = presses(read(file, made.b.remote[1]), clock)
        assert (press.event, press.ms) == (5, 20000)
        assert len({packet.timestamp for packet in press.packets}) == 20 * clock // 0xffff + 1


def test_shortest(lab, node, tmp_path):
    """A press of 1 ms becomes one of 40, and there are 40 between two."""
    file = tmp_path / "wire.pcap"
    with recorded_call(lab, node, file) as made:
        made.inject("b", "12", duration_ms=1, gap_ms=1)
        sent(made, 2)
        port = made.b.remote[1]
    one, two = presses(read(file, port))
    assert (one.ms, two.ms) == (40, 40)
    assert (two.timestamp - one.timestamp) % 0x100000000 >= 8 * 80
    assert two.at - one.at >= 0.07


def test_among_audio(lab, node, tmp_path):
    """Audio before and after belongs to the same stream, and goes on at the time where it is."""
    file = tmp_path / "wire.pcap"
    with recorded_call(lab, node, file) as made:
        port = made.b.remote[1]
        with Talker(made.a, speech.spoken(2.0)) as talker:
            talker.says(20)
            made.inject("b", "123", duration_ms=100, gap_ms=100)
            sent(made, 3)
            talker.says(20)
        wait_until(lambda: made.api.get(made.id).state.legs[0].rtp.rx_packets >= len(talker.sent),
                   what="the last packet")
    packets = read(file, port)
    pressed = presses(packets)
    assert events_of(pressed) == "123" and {press.ms for press in pressed} == {100}
    audio = [packet for packet in packets if packet.event < 0]
    first, last = audio[0], audio[-1]
    assert {(packet.timestamp - first.timestamp) % 160 for packet in audio} == {0}, "one grid of packets"
    ticks = (last.timestamp - first.timestamp) % 0x100000000
    assert ticks == 160 * (len(talker.sent) - 1), "what is left out is told by the timestamps"
    assert len(talker.sent) - len(audio) in range(3 * 4, 3 * 7 + 1), "audio gives way, as long as they last"
    assert packets[0].event < 0 and packets[-1].event < 0


class Broken:
    """Packets of one press, as senders that break the rules send them. Sequence numbers go on."""

    def __init__(self, stream):
        self.stream = stream

    def packet(self, number, timestamp, digit, ticks, end=False, marker=False):
        self.stream.sequence = number
        self.stream.timestamp = timestamp
        return dtmf.of_type(self.stream, dtmf.event(digit, ticks, end), dtmf.EVENT_TYPE, marker)


PACKETS = 6  # of 20 ms: a press of 120 ms


def updates(maker, sequence, start, digit, moving=False, same_sequence=False):
    """(when in ms, packet): six updates, the last with its end three times."""
    made, number = [], sequence
    for count in range(1, PACKETS + 1):
        for again in range(3 if count == PACKETS else 1):
            timestamp = start + (160 * (count - 1) if moving else 0)
            made.append((20 * (count - 1), maker.packet(
                number, timestamp, digit, 160 * count, count == PACKETS, count == 1)))
            if not (same_sequence and count == PACKETS and again < 2):
                number += 1
    return made


def as_it_should(maker, sequence, start, digit):
    return updates(maker, sequence, start, digit)


def new_timestamps(maker, sequence, start, digit):
    return updates(maker, sequence, start, digit, moving=True)


def no_ends(maker, sequence, start, digit):
    return updates(maker, sequence, start, digit)[:-3]


def repeated_sequence(maker, sequence, start, digit):
    return updates(maker, sequence, start, digit, same_sequence=True)


def half_lost(maker, sequence, start, digit):
    made = updates(maker, sequence, start, digit)
    return [entry for number, entry in enumerate(made) if number % 2 == 1]


def only_an_end(maker, sequence, start, digit):
    return updates(maker, sequence, start, digit)[-1:]


def doubled(maker, sequence, start, digit):
    return [entry for entry in updates(maker, sequence, start, digit) for _ in range(2)]


def shuffled(maker, sequence, start, digit):
    made = updates(maker, sequence, start, digit)
    order = list(range(len(made)))
    random.Random(start).shuffle(order)
    return [(at, made[place][1]) for (at, _), place in zip(made, order)]


def stalled(maker, sequence, start, digit):
    """Nothing for longer than three update intervals, then the rest at once."""
    return [(at + (100 if at >= 60 else 0), packet) for at, packet in updates(maker, sequence, start, digit)]


# sender → (milliseconds that a press has then, whether it counts as repaired)
SENDERS = {as_it_should: (120, False), new_timestamps: (120, True), no_ends: (100, True),
           repeated_sequence: (120, False), half_lost: (120, False), only_an_end: (120, False),
           doubled: (120, False), shuffled: (120, None), stalled: (None, None)}


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.__name__)
def test_relayed_from(lab, node, tmp_path, sender):
    """Whatever the sender does, what leaves keeps the rules, and each press is one."""
    file, wanted = tmp_path / "wire.pcap", "1123*D"
    ms, repaired = SENDERS[sender]
    with recorded_call(lab, node, file) as made:
        port = made.b.remote[1]
        maker = Broken(rtp.Stream(made.a.stream.ssrc))
        packets, at = [], 0
        for number, digit in enumerate(wanted):
            packets += [((at + when) / 1000, packet) for when, packet in
                        sender(maker, 65520 + 20 * number, 4294960000 + 8 * at, digit)]
            at += 320
        dtmf.play(made.a.rtp, made.a.to, packets)
        sent(made, len(wanted))
        wait_until(lambda: len(made.told()[1]) == len(wanted), what="the last press to be over")
        time.sleep(0.2)  # that something more would come in
        assert made.told()[:2] == (wanted, wanted)
        counts = made.counts("a", "RFC4733")
        assert (counts.seen, counts.merged, counts.refused) == (len(wanted), 0, 0)
        if repaired is not None:
            assert counts.repaired == (len(wanted) if repaired else 0)
    pressed = presses(read(file, port))
    assert events_of(pressed) == wanted
    assert ms is None or {press.ms for press in pressed} == {ms}, [press.ms for press in pressed]


def test_the_reader_sees_faults(lab, node, tmp_path):
    """Rules that nothing breaks prove nothing."""
    file = tmp_path / "wire.pcap"
    with recorded_call(lab, node, file) as made:
        made.inject("b", "1", duration_ms=100)
        sent(made, 1)
        port = made.b.remote[1]
    good = read(file, port)
    presses(good)
    faults = {"a gap": good[:2] + good[3:], "an end lost": good[:-1], "no marker": good[1:]}
    for name, packets in faults.items():
        with pytest.raises(AssertionError):
            presses(packets)
            pytest.fail(name)
    for field, value in (("timestamp", good[0].timestamp + 160), ("event", 2), ("marker", True),
                         ("ticks", 1)):
        packets = read(file, port)
        setattr(packets[2], field, value)
        unbroken(packets)
        with pytest.raises(AssertionError):
            presses(packets)
