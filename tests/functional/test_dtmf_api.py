"""Key presses by the API and polluxctl: into silence, on hold, among audio; refusals; all ways at once."""

import cmath
import contextlib
import json
import signal
import time

import grpc
import pytest
from api import error_details, wait_until
from keypad import EVENTS, G729, OPUS, PCMA, PCMU, WIDE_EVENTS, call, digits, leg
from lab import dtmf, speech
from party import Party, waiting
from srtp_party import SrtpParty, connect
from talker import Talker
from test_polluxctl import good


@contextlib.contextmanager
def two(lab, node, **options):
    with Party(lab.h1) as a, Party(lab.h2) as b, call(node, a, b, **options) as (made, ear):
        yield made, ear


def sent(made, count, leg_id="b", way="RFC4733", seconds=30):
    wait_until(lambda: made.counts(leg_id, way).sent >= count, seconds, f"{count} presses sent")


def refusal(function, *arguments, **fields):
    with pytest.raises(grpc.RpcError) as caught:
        function(*arguments, **fields)
    return (caught.value.code(), *error_details(caught.value), caught.value.details())


def test_into_silence(lab, node):
    with two(lab, node) as (made, ear):
        taken = made.inject("b", "159#", duration_ms=80)
        assert (taken.digits, taken.duration_ms, taken.gap_ms) == ("159#", 80, 40)
        sent(made, 4)
        assert made.told() == ("", "", []), "nobody has pressed anything"
    assert digits(ear.events()) == "159#"
    assert [key.ms for key in ear.events()] == [80] * 4


def test_on_hold(lab, node):
    """A party that isn't sent the other's audio gets presses; afterwards the call goes on in their stream."""
    with two(lab, node, direction="SENDONLY") as (made, ear):
        with Talker(made.a, speech.spoken(2.0)) as talker:
            talker.says(20)
            made.inject("b", "7")
            sent(made, 1)
            assert {packet.payload_type for _, packet in ear.packets} == {dtmf.EVENT_TYPE}
            made.api.update_leg(made.id, made.api.leg("b", "inside", direction="SENDRECV"), "direction")
            talker.says(20)
        wait_until(lambda: made.api.get(made.id).state.legs[0].rtp.rx_packets >= len(talker.sent),
                   what="the last packet")
    assert digits(ear.events()) == "7"
    packets = [packet for _, packet in ear.packets]
    assert len({packet.ssrc for packet in packets}) == 1
    assert [packet.sequence for packet in packets] == [
        (packets[0].sequence + number) % 0x10000 for number in range(len(packets))]
    audio = [packet for packet in packets if packet.payload_type == 8]
    assert len(audio) >= 18
    assert 0 < (audio[0].timestamp - packets[0].timestamp) % 0x100000000 < 8000 * 5


@pytest.mark.parametrize("codecs", [(PCMA,), (PCMU,)], ids=["pcma", "pcmu"])
def test_as_tones_among_audio(lab, node, codecs):
    """The party has no telephone-event: it hears the digits, in the place of the speech."""
    kind = codecs[0][0]
    with two(lab, node, b_codecs=codecs) as (made, ear):
        with Talker(made.a, speech.spoken(2.0)) as talker:
            talker.says(20)
            made.inject("b", "18*", duration_ms=100, gap_ms=100, volume_dbm0=-5)
            sent(made, 3, way="IN_BAND")
            talker.says(20)
    began, sound = dtmf.sound_of(ear.packets, kind, "alaw" if kind == 8 else "mulaw")
    heard = dtmf.measured_tones(sound)
    assert began and digits(heard) == dtmf.multimon(sound) == "18*"
    assert max(abs(key.ms - 100) for key in heard) <= 10, heard
    place = round(8000 * heard[0].at) + 160
    # Two tones 6 and 4 dB below 0 dBm0, which is 6.15 dB below full scale.
    assert abs(speech.level_dbov(sound[place:place + 400]) - (-5 + 3.1 - 6.15)) <= 1


def test_the_queue(lab, node):
    """64 wait at most; what doesn't fit is refused as a whole, and said so."""
    with two(lab, node) as (made, ear):
        made.inject("b", "1" * 64, duration_ms=20000)
        code, reason, _, text = refusal(made.inject, "b", "23")
        assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "DTMF_QUEUE_FULL")
        assert "has no room for 2 more presses: at most 64 wait; none of these was taken" in text
        made.inject("b", "2")  # one is being sent, so there is room for one
        assert refusal(made.inject, "b", "3")[1] == "DTMF_QUEUE_FULL"
        told = node.polluxctl("dtmf", "send", made.id, "b", "3")
        assert told.returncode == 1 and "DTMF_QUEUE_FULL" in told.stderr
        assert "at most 64 wait" in told.stderr
    assert digits(ear.events()) == "1"


def test_wrong_requests(lab, node):
    with two(lab, node) as (made, _):
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        for fields, name in (({"digits": "12E"}, "digits[2]"), ({"digits": ""}, "digits"),
                             ({"digits": "1" * 65}, "digits"),
                             ({"digits": "1", "duration_ms": 20001}, "duration_ms"),
                             ({"digits": "1", "gap_ms": 20001}, "gap_ms"),
                             ({"digits": "1", "volume_dbm0": 1}, "volume_dbm0")):
            code, reason, violations, _ = refusal(made.inject, "b", **fields)
            assert (code, reason) == (invalid, "INVALID_FIELD")
            assert list(violations) == [name], violations
        unknown = refusal(made.inject, "c", "1")
        assert unknown[:2] == (grpc.StatusCode.NOT_FOUND, "LEG_UNKNOWN")
        made.id += "-gone"
        assert refusal(made.inject, "b", "1")[:2] == (grpc.StatusCode.NOT_FOUND, "SESSION_UNKNOWN")


def test_a_leg_without_codecs(lab, node):
    """Relay alone: the node doesn't look at the media, and so knows of no presses."""
    api = node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        request = api.media_pb.InjectDtmfRequest(session_id=session.session_id, leg_id="a", digits="1")
        code, reason, violations, _ = refusal(api.media.InjectDtmf, request)
        assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
        assert "has no codecs" in violations["leg_id"]
        told = node.polluxctl("dtmf", "send", session.session_id, "a", "1")
        assert told.returncode == 1 and "has no codecs" in told.stderr
        connect(session, a=a, b=b)
        for number in range(3):  # and events pass as they are
            told = dtmf.event("1", 160 * (number + 1), number == 2)
            packet = dtmf.of_type(a.stream, told, 101, number == 0)
            a.rtp.sendto(packet, a.to)
            assert b.receive() == packet


def test_what_a_codec_cannot_carry_is_refused(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        api = node.api
        for codecs, keys, field, words in (
                ((G729,), {"send": "IN_BAND"}, "dtmf.send", "doesn't carry tones; offer telephone-event"),
                ((PCMA,), {"send": "RFC4733"}, "dtmf.send", "codecs has no telephone-event"),
                ((PCMA,), {"receive_rfc4733": "ON"}, "dtmf.receive_rfc4733", "has no telephone-event")):
            _, reason, violations, _ = refusal(
                api.create, leg(api, "a", "outside", a, (PCMA,)), leg(api, "b", "inside", b, codecs, keys))
            assert reason == "INVALID_FIELD"
            (path, text), = violations.items()
            assert path.endswith(field) and words in text, violations


def test_polluxctl(lab, node):
    """What a person sees who presses keys by hand."""
    with two(lab, node, b_codecs=(PCMA, EVENTS)) as (made, ear):
        said = good(node.polluxctl("dtmf", "send", made.id, "b", "12#", "--duration", "80", "--gap", "60"))
        assert said == "On their way to the party of leg b: 12# (80 ms each, pauses of 60 ms).\n"
        sent(made, 3)
        said = good(node.polluxctl("dtmf", "send", made.id, "a", "5", "--from-party"))
        assert said == "Pressed by the party of leg a: 5 (160 ms each, pauses of 40 ms).\n"
        sent(made, 4)
        answer = json.loads(good(node.polluxctl("-o", "json", "dtmf", "send", made.id, "b", "D")))
        assert answer == {"digits": "D", "durationMs": 160, "gapMs": 40}
        sent(made, 5)
        made.log.wait_for("DTMF", leg_id="a")
        wait_until(lambda: made.told()[1] == "5", what="the end of it")
        shown = good(node.polluxctl("events", "--session", made.id))
        assert "leg a presses 5 (SIP INFO)" in shown and "leg a pressed 5 (SIP INFO), 160 ms" in shown, shown
        shown = good(node.polluxctl("session", "show", made.id))
        row = next(line.split() for line in shown.splitlines()
                   if line.strip().startswith("b ") and "RFC 4733" in line)
        assert row[-2:] == ["5", "0"], shown
        for arguments, status, words in ((("a", "12X"), 1, "digits"), (("c", "1"), 1, "LEG_UNKNOWN"),
                                         (("a",), 2, "digits"), (("a", "1", "--volume", "5"), 2, "volume")):
            told = node.polluxctl("dtmf", "send", made.id, *arguments)
            assert told.returncode == status and words in told.stderr, told
    assert digits(ear.events()) == "12#5D"


@pytest.mark.parametrize("mode", ["drop", "silence", "tone", "random"])
def test_blocked(lab, node, mode):
    """The party's presses are told, and don't reach the other one as they are."""
    sound, press = speech.samples(bytes(16000)), dtmf.Press("5", 0.3, 200)
    with two(lab, node) as (made, ear):
        good(node.polluxctl("dtmf", "block", made.id, "a", "--mode", mode))
        shown = good(node.polluxctl("session", "show", made.id))
        assert f"key presses of leg a are kept from its sinks (block: {mode})" in shown
        made.dial([press], sound)
        wait_until(lambda: made.told()[1] == "5", what="the press to be told")
        time.sleep(0.2)
        blocked = [packet for _, packet in ear.packets]
        good(node.polluxctl("dtmf", "unblock", made.id, "a"))
        made.dial([press], sound)
        wait_until(lambda: made.told()[1] == "55", what="the press to be told")
        sent(made, 1)
        wait_until(lambda: digits(ear.events()).endswith("5"), what="the press at b")
    events = dtmf.heard_events([(0, packet) for packet in blocked])
    assert len(events) == (mode == "random") and digits(events) != "5"
    _, heard = dtmf.sound_of([(0, packet) for packet in blocked])
    loud = [at for at in range(0, len(heard) - 80, 80) if speech.level_dbov(heard[at:at + 80]) > -30]
    assert abs(80 * len(loud) - (1600 if mode == "tone" else 0)) <= 240
    if loud:
        place = heard[loud[0] + 400:loud[0] + 1200]
        turn = [cmath.exp(-2j * cmath.pi * 1000 * at / 8000) for at in range(len(place))]
        at_1000_hz = 2 * abs(sum(map(lambda x, y: x * y, place, turn))) / len(place)
        assert at_1000_hz ** 2 / 2 >= 0.9 * speech.energy(place) / len(place), "one tone, and no digit's"
    assert not dtmf.measured_tones(heard)


def all_at_once(made, wanted, infos=True):
    """A phone that sends tones, events and SIP INFO for each press; returns when the last one is over."""
    presses = [dtmf.Press(digit, 0.3 + 0.5 * number, 120, dtmf.TONES) for number, digit in enumerate(wanted)]
    packets = list(dtmf.dialled(speech.samples(bytes(2 * 8 * 2600)), presses, made.a.stream))
    for press in presses:  # events beside the audio, as some phones have them
        made.a.stream.timestamp = 50000 + round(8000 * press.at)
        packets += [(press.at + 0.02 * step, dtmf.of_type(
            made.a.stream, dtmf.event(press.digit, 160 * step, step == 6), 101, step == 1))
            for step in range(1, 7)]
    packets.sort(key=lambda entry: entry[0])
    by_info = [(press.at + 0.25, press.digit) for press in presses] if infos else []
    play_with_infos(made, renumbered(packets), by_info)
    wait_until(lambda: made.told()[1] == wanted, what="the last press to be over")



@pytest.mark.parametrize("b_codecs", [(PCMA, EVENTS), (PCMA,)],
                         ids=["to-rfc4733", "to-in-band"])
def test_all_three_ways_at_once_are_one_press(lab, node, b_codecs):
    wanted, way = "2580", "RFC4733" if EVENTS in b_codecs else "IN_BAND"
    keys = {"receive_in_band": "ON", "tone_guard_ms": 40}
    with two(lab, node, b_codecs=b_codecs, a_keys=keys) as (made, ear):
        all_at_once(made, wanted)
        sent(made, len(wanted), way=way)
        time.sleep(0.3)  # that something more would come in
        assert made.told()[:2] == (wanted, wanted)
        seen = [made.counts("a", name) for name in ("IN_BAND", "RFC4733", "SIP_INFO")]
        assert [counts.seen for counts in seen] == [len(wanted)] * 3
        assert sum(counts.merged for counts in seen) == 2 * len(wanted)
    tones = dtmf.measured_tones(dtmf.sound_of(ear.packets)[1])
    assert (digits(ear.events()), digits(tones)) == ((wanted, "") if way == "RFC4733" else ("", wanted))


def test_tones_beside_events_are_one_digit_for_who_gets_tones(lab, node):
    """By the defaults tones aren't looked for in the audio: those that are made of the events lie over them.

    What is heard before the first event has come joins them; multimon-ng takes that for a press of its own.
    """
    with two(lab, node, b_codecs=(PCMA,)) as (made, ear):
        all_at_once(made, "2580", infos=False)
        sent(made, 4, way="IN_BAND")
        time.sleep(0.3)
    heard = dtmf.measured_tones(dtmf.sound_of(ear.packets)[1])
    assert not ear.events() and digits(heard) == "2580"
    assert max(key.ms for key in heard) <= 120 + 40


def renumbered(packets):
    """The same packets with sequence numbers in the order in which they are sent."""
    return [(at, packet[:2] + (2000 + number).to_bytes(2, "big") + packet[4:])
            for number, (at, packet) in enumerate(packets)]


def play_with_infos(made, packets, infos):
    """Plays the packets; what the signalling brings comes in between, from the party of a."""
    start, infos = time.monotonic(), list(infos)
    for at, packet in packets:
        if infos and infos[0][0] <= at:
            body = made.api.media_pb.InfoBody(content_type="application/dtmf-relay",
                                              body=f"Signal={infos[0][1]}\r\nDuration=120\r\n".encode())
            made.api.media.InjectDtmf(made.api.media_pb.InjectDtmfRequest(
                session_id=made.id, leg_id="a", info=body, pressed_by_party=True), timeout=60)
            infos.pop(0)
        time.sleep(max(0.0, start + at - time.monotonic()))
        made.a.rtp.sendto(packet, made.a.to)


def test_info_is_refused_where_it_is_not_taken(lab, node):
    with two(lab, node, a_keys={"receive_sip_info": "OFF"}) as (made, ear):
        assert made.inject("a", "5", pressed_by_party=True).digits == ""
        said = good(node.polluxctl("dtmf", "send", made.id, "a", "5", "--from-party"))
        assert said.startswith("Nothing was taken: ")
        assert made.counts("a", "SIP_INFO").refused == 2
        assert made.told() == ("", "", []) and not ear.packets


@pytest.mark.parametrize("end", ["delete", "kill", "term"])
def test_an_end_in_mid_press_leaves_nothing(lab, start, end):
    """Neither packets that go on, nor a session after the restart."""
    node = start()
    with two(lab, node) as (made, ear):
        made.inject("b", "12", duration_ms=20000)
        made.inject("a", "3", duration_ms=20000, pressed_by_party=True)
        wait_until(lambda: len(ear.packets) > 10, what="the press under way")
        if end == "delete":
            node.api.delete(made.id)
        elif end == "kill":
            node.expected_status = -signal.SIGKILL
            node.kill()
        else:
            node.expected_status = 0
            assert node.stop() == 0
        def still():
            before = len(ear.packets)
            time.sleep(0.2)
            return len(ear.packets) == before
        wait_until(still, what="the last packets of it")
        count = len(ear.packets)
        again = start()
        assert again.api.sessions.List(again.api.pb.ListRequest(), timeout=60).total == 0
        time.sleep(0.3)
        assert len(ear.packets) == count, "packets of a press that is over"
        assert digits(ear.events()) == "1"
        assert not waiting(made.a.rtp)
    with two(lab, again) as (made, ear):  # and the next call has nothing of it
        made.inject("b", "9")
        sent(made, 1)
    assert digits(ear.events()) == "9"


def test_srtp_on_both_sides(lab, node):
    """Tones and events from a party that encrypts, to another one that does, under keys of its own."""
    sound = speech.spoken(3.0)
    presses = [dtmf.Press("1", 0.4, 100, dtmf.TONES), dtmf.Press("2", 0.8, 100), dtmf.Press("3", 1.2, 120),
               dtmf.Press("4", 1.6, 80, dtmf.TONES)]
    with SrtpParty(lab.h1) as a, SrtpParty(lab.h2, "AEAD_AES_128_GCM") as b, \
            call(node, a, b, a_codecs=(PCMA, EVENTS), b_codecs=(OPUS, WIDE_EVENTS),
                 a_keys={"receive_in_band": "ON", "tone_guard_ms": 40}) as (made, ear):
        made.dial(presses, sound)
        made.inject("a", "5", pressed_by_party=True, duration_ms=100)
        sent(made, 5)
        wait_until(lambda: made.told()[1] == "12345", what="the last press to be over")
    heard = ear.events(clock=48000)
    assert digits(heard) == "12345"
    assert max(abs(key.ms - ms) for key, ms in zip(heard, (100, 100, 120, 80, 100))) <= 20, heard
    packets = [packet for _, packet in ear.packets]
    assert len({packet.ssrc for packet in packets}) == 1 and len(packets) > 100
    assert [packet.sequence for packet in packets] == [
        (packets[0].sequence + number) % 0x10000 for number in range(len(packets))]
