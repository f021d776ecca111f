"""A call goes into transcoding and out of it while somebody talks: nothing is lost, nothing comes twice."""

import itertools

import pytest
from api import leg_state, wait_until
from lab import rtp, speech
from media_formats import FORMATS, codec_leg
from party import Party, waiting
from srtp_party import connect
from talker import Talker

PCMA = FORMATS["PCMA"]
DECODERS = {8: ("alaw", "-ar", "8000"), 9: ("g722",), 18: ("g729", "-bit_rate", "8000")}


@pytest.fixture(scope="session")
def sound():
    return speech.spoken(3.0)


@pytest.fixture(params=["one worker", "relay and media apart"])
def apart(request, start, keeper):
    """A node with one worker for all, or one of each role."""
    settings = keeper.settings(workers=1 if request.param == "one worker" else 2)
    if len(settings["workers"]) == 2:
        for worker, role in zip(settings["workers"], ("relay", "media")):
            worker["roles"] = [role]
    return start(settings)


def call(api, a, b, *b_formats, **fields):
    session = api.create(codec_leg(api, "a", "outside", a.remote, PCMA),
                         codec_leg(api, "b", "inside", b.remote, *b_formats, **fields))
    connect(session, a=a, b=b)
    return session


def change(api, session, b, *formats, **fields):
    """A re-INVITE of b's."""
    return api.update_leg(session.session_id, codec_leg(api, "b", "inside", b.remote, *formats, **fields),
                          "codecs", *fields)


def arrived(b, packets=0):
    """All that there are, so many at least."""
    first = [b.receive() for _ in range(packets)]
    return [rtp.parse(packet) for packet in first + waiting(b.rtp)]


def runs(packets, key):
    return [(value, list(run)) for value, run in itertools.groupby(packets, key)]


def sequence_unbroken(packets):
    numbers = [packet.sequence for packet in packets]
    assert numbers == [(numbers[0] + at) % 0x10000 for at in range(len(numbers))]


def is_the_speech(said, packets, snr):
    """Each stretch between two codecs, with a decoder of its own, against what was said meanwhile."""
    at = 0
    for payload_type, run in runs(packets, lambda packet: packet.payload_type):
        heard = speech.decode(b"".join(packet.payload for packet in run), *DECODERS[payload_type])
        result = speech.Comparison(said[160 * at:160 * (at + len(run))], heard)
        assert abs(result.delay) <= 90 and result.overlap > len(run) / 50 - 0.03, (payload_type, result.delay)
        assert result.segmental_snr > (snr if payload_type != 8 else 30), (payload_type, result.segmental_snr)
        at += len(run)


@pytest.mark.parametrize("other", ["G722", "G729"])
def test_into_transcoding_and_out_of_it(lab, apart, sound, other):
    api, form = apart.api, FORMATS[other]
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(api, a, b, PCMA, stream_mode="REWRITE")
        with Talker(a, sound) as talker:
            talker.says(60)
            for formats, packets in ((form,), 75), ((PCMA,), 20), ((form, PCMA), 20), ((PCMA, form), 20):
                updated = change(api, session, b, *formats)
                transcodes = formats == (form,)
                assert [path.transcodes for path in leg_state(updated, "b").paths] == [True] * transcodes
                talker.says(packets)
        packets = arrived(b, len(talker.sent))
        assert leg_state(api.get(session.session_id), "b").rtp.dropped == 0
        assert leg_state(api.get(session.session_id), "a").rtp.dropped == 0
    assert len(packets) == len(talker.sent)
    assert [payload_type for payload_type, _ in runs(packets, lambda packet: packet.payload_type)] == \
        [8, form.payload_type, 8]
    assert len({packet.ssrc for packet in packets}) == 1
    sequence_unbroken(packets)
    is_the_speech(talker.sound, packets, 20 if other == "G722" else 2)


def test_an_ssrc_of_its_own(lab, apart, sound):
    """With PRESERVE packets carry the source's numbers, and from the first transcoding on the leg's own."""
    api = apart.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(api, a, b, PCMA)
        with Talker(a, sound) as talker:
            talker.says(20)
            change(api, session, b, FORMATS["G722"])
            talker.says(25)
            change(api, session, b, PCMA)
            talker.says(25)
        packets = arrived(b, len(talker.sent))
    assert len(packets) == len(talker.sent)
    phases = runs(packets, lambda packet: packet.ssrc)
    assert [ssrc == a.stream.ssrc for ssrc, _ in phases] == [True, False]
    relayed, own = (phase for _, phase in phases)
    assert [payload_type for payload_type, _ in runs(own, lambda packet: packet.payload_type)] == [9, 8]
    sequence_unbroken(relayed)
    sequence_unbroken(own)
    # What was relayed is as it was said.
    assert [packet.payload for packet in relayed] == talker.sent[:len(relayed)]
    again = [packet.payload for packet in own if packet.payload_type == 8]
    assert again == talker.sent[-len(again):]


def test_packet_sizes_in_mid_call(lab, apart, sound):
    """Re-packetizing begins and ends; every byte arrives."""
    api = apart.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(api, a, b, PCMA, stream_mode="REWRITE")
        with Talker(a, sound) as talker:
            talker.says(10)
            for ptime in (60, 10, 0):
                change(api, session, b, PCMA, ptime_ms=ptime)
                talker.says(24)
        wanted = len(b"".join(talker.sent))
        packets = []

        def all_bytes():
            packets.extend(arrived(b))
            return sum(len(packet.payload) for packet in packets) >= wanted
        wait_until(all_bytes, what="every byte of audio")
    assert b"".join(packet.payload for packet in packets) == b"".join(talker.sent)
    assert len({packet.ssrc for packet in packets}) == 1
    sequence_unbroken(packets)
    sizes = {len(packet.payload) // 8 for packet in packets}
    assert {10, 20, 60} <= sizes, sizes
    # A marker says that packets are cut anew from here on; everywhere else time goes on with the bytes.
    steps = [(len(before.payload), (after.timestamp - before.timestamp) % 2 ** 32)
             for before, after in itertools.pairwise(packets) if not after.marker]
    assert all(held == passed for held, passed in steps), steps
    assert sum(packet.marker for packet in packets[1:]) == 3


def test_workers_of_separate_roles(lab, start, keeper, sound):
    settings = keeper.settings(workers=2)
    for worker, role in zip(settings["workers"], ("relay", "media")):
        worker["roles"] = [role]
    api = start(settings).api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(api, a, b, FORMATS["G729"])
        assert (session.state.worker, session.state.media_worker) == (0, 1)
        assert session.state.media_cost > 0
        with Talker(a, sound) as talker:
            talker.says(50)
        packets, path = arrived(b, len(talker.sent)), leg_state(api.get(session.session_id), "b").paths[0]
    assert path.worker == 1 and path.packets_in == len(talker.sent) == len(packets) == path.packets_out
    sequence_unbroken(packets)
    assert {packet.payload_type for packet in packets} == {18}
