"""A media worker takes on so much: beyond it calls are refused, and those that run don't notice."""

import contextlib
import math

import grpc
import pytest
from api import error_details
from lab import rtp, speech
from media_formats import FORMATS, codec_leg
from party import Party, waiting
from srtp_party import connect
from talker import Talker

MOST_PERCENT = 8


@pytest.fixture
def small(start, keeper):
    """A node that commits little to transcoding."""
    settings = keeper.settings()
    settings["admission"] = {"max_media_load": MOST_PERCENT}
    return start(settings)


def legs(api, a, b, *b_formats):
    return (codec_leg(api, "a", "outside", a.remote, FORMATS["PCMA"]),
            codec_leg(api, "b", "inside", b.remote, *b_formats))


def filled(api, remotes):
    """Opus calls until one is refused: those that were let in, and the refusal."""
    sessions = []
    while True:
        try:
            sessions.append(api.create(*legs(api, *remotes, FORMATS["opus"])))
        except grpc.RpcError as error:
            return sessions, error
        assert len(sessions) < 100


def refused(error):
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    assert error_details(error)[0] == "MEDIA_EXHAUSTED"
    said = error.details()
    assert "admission.max_media_load" in said and "another node" in said, said


def test_refusal(lab, small):
    api, sound = small.api, speech.spoken(2.0)
    with contextlib.ExitStack() as stack:
        a, b, other_a, other_b = (stack.enter_context(Party(host)) for host in (lab.h1, lab.h2) * 2)
        running = api.create(*legs(api, a, b, FORMATS["opus"]))
        connect(running, a=a, b=b)
        with Talker(a, sound) as talker:
            talker.says(10)
            sessions, error = filled(api, (other_a, other_b))
            refused(error)
            cost = running.state.media_cost
            assert 1 + len(sessions) == math.floor(MOST_PERCENT / 100 / cost + 1e-9), "as the costs say"
            committed = api.stats().workers[0].media_committed
            assert committed == pytest.approx(cost * (1 + len(sessions)))

            # polluxctl says what to do.
            told = small.polluxctl("session", "create", "one-more",
                                   "--leg", f"a,network=outside,remote={lab.h1.v4}:4000,codec=PCMA",
                                   "--leg", f"b,network=inside,remote={lab.h2.v4}:4000,codec=opus:96")
            assert told.returncode == 1
            assert "MEDIA_EXHAUSTED" in told.stderr and "what to do:" in told.stderr, told.stderr

            # What costs no decoding is let in; to make it cost some is refused, and it goes on as it was.
            plain = api.create(*legs(api, other_a, other_b, FORMATS["PCMU"], FORMATS["PCMA"]))
            connect(plain, a=other_a, b=other_b)
            assert plain.state.media_cost == 0
            with pytest.raises(grpc.RpcError) as caught:
                api.update_leg(plain.session_id, legs(api, other_a, other_b, FORMATS["opus"])[1], "codecs")
            refused(caught.value)
            sent = other_a.send()
            assert rtp.parse(other_b.receive()).payload == rtp.parse(sent).payload
            talker.says(10)

            # A call that ends makes room for one.
            api.delete(sessions[0].session_id)
            api.create(*legs(api, other_a, other_b, FORMATS["opus"]))
            talker.says(10)
        packets = [rtp.parse(b.receive()) for _ in talker.sent]
        assert not waiting(b.rtp)
    assert [packet.sequence for packet in packets] == \
        [(packets[0].sequence + at) % 0x10000 for at in range(len(packets))]


def test_nobody_has_the_role(lab, start, keeper):
    """A node without media workers relays, and says what it can't do."""
    settings = keeper.settings()
    settings["workers"][0]["roles"] = ["relay"]
    api = start(settings).api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        with pytest.raises(grpc.RpcError) as caught:
            api.create(*legs(api, a, b, FORMATS["opus"]))
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error_details(caught.value)[0] == "MEDIA_EXHAUSTED"
        assert "media" in caught.value.details(), caught.value.details()
        session = api.create(*legs(api, a, b, FORMATS["PCMA"]))
        connect(session, a=a, b=b)
        sent = a.send()
        assert b.receive() == sent
