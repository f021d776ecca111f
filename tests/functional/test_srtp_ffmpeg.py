"""ffmpeg, with an SRTP of its own, calls somebody in the clear, and is called."""

import time

import pytest
from api import leg_state, local_rtcp, local_rtp
from lab import rtp, srtp
from media_programs import (FFMPEG_SUITES, TONE_HZ, ffmpeg_receiver, ffmpeg_sender, finished, level_at,
                            listens, tone, wav_samples)
from party import Party
from srtp_party import introduce, leg

PORT, SECONDS = 41000, 2


@pytest.mark.parametrize("suite", FFMPEG_SUITES)
def test_ffmpeg_is_heard_bit_for_bit(lab, node, suite):
    api, key, expected = node.api, srtp.Key.random(suite), tone(SECONDS)
    with Party(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), receive=key),
                             api.leg("b", "inside", b.remote))
        introduce(lab.h2, local_rtp(session, "b")[0])
        with ffmpeg_sender(lab.h1, key, PORT, local_rtp(session, "a"), SECONDS) as ffmpeg:
            heard = [rtp.parse(b.receive()) for _ in expected]
            report = b.receive_rtcp()
            finished(ffmpeg)
        assert [packet.payload for packet in heard] == expected
        assert len({packet.ssrc for packet in heard}) == 1 and heard[0].payload_type == 8
        assert rtp.rtcp_types(report)[0] == rtp.SENDER_REPORT
        assert report[4:8] == heard[0].ssrc.to_bytes(4, "big")
        state = leg_state(api.get(session.session_id), "a")
        assert (state.srtp_receive.rtp_packets, state.rtp.dropped, state.rtp.lost) == (len(expected), 0, 0)


@pytest.mark.parametrize("suite", FFMPEG_SUITES)
def test_ffmpeg_hears_bit_for_bit(lab, node, suite, tmp_path):
    api, key, payloads = node.api, srtp.Key.random(suite), tone(SECONDS)
    with Party(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), send=key),
                             api.leg("b", "inside", b.remote))
        b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
        introduce(lab.h1, local_rtp(session, "a")[0])
        with ffmpeg_receiver(lab.h1, key, PORT, SECONDS - 0.5, tmp_path) as ffmpeg:
            listens(lab.h1, ffmpeg, PORT, PORT + 1)
            b.send_rtcp()
            for payload in payloads:
                b.send(payload)
                time.sleep(0.01)
            finished(ffmpeg)
    heard = (tmp_path / "heard.alaw").read_bytes()
    assert len(heard) >= 8000 * (SECONDS - 0.6)
    assert heard in b"".join(payloads)
    samples = wav_samples(tmp_path / "heard.wav")
    assert 0.11 < level_at(samples, TONE_HZ) < 0.14, "the tone has an eighth of full scale"
    assert level_at(samples, TONE_HZ + 400) < 0.005
