"""GStreamer, whose SRTP is libsrtp's, in every suite and both directions: RTP and RTCP, bit for bit."""

import time

import pytest
from api import leg_state, local_rtcp, local_rtp, wait_until
from lab import rtp, srtp
from media_programs import (GST_CIPHERS, TONE_HZ, ffmpeg_receiver, ffmpeg_sender, finished,
                            gst_receiver, gst_sender, level_at, listens, tone, wav_samples)
from party import Party, relayed
from srtp_party import leg

PORT, COUNT, SSRC = 42000, 50, 0x0ff00001


class Behind(Party):
    """Speaks plainly, over the loopback interface, with the GStreamer on the same host."""

    def __init__(self, host, **stream):
        super().__init__(host, address="127.0.0.1", **stream)


def plays(sender, receiver):
    """Until both of a new pipeline's threads run, packets may be lost in it."""
    for send, receive in ((sender.send_rtcp, receiver.receive_rtcp), (sender.send, receiver.receive)):
        for _ in range(300):
            last = send()
            if heard := receive(0.1):
                break
        else:
            raise AssertionError("nothing comes through")
        while heard != last:  # they keep their order: what was sent before is under way
            heard = receive()


def test_every_suite_is_there():
    """A GStreamer, or a libsrtp beneath, without one of them would leave it untested."""
    assert set(GST_CIPHERS) == set(srtp.SUITES)


@pytest.mark.parametrize("suite", GST_CIPHERS)
def test_gstreamer_is_heard(lab, node, suite):
    api, key = node.api, srtp.Key.random(suite)
    with Behind(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), receive=key),
                             api.leg("b", "inside", b.remote))
        a.calls(("127.0.0.1", PORT + 100))
        with gst_sender(lab.h1, key, PORT + 100, PORT, local_rtp(session, "a")) as gstreamer:
            listens(lab.h1, gstreamer, PORT + 100, PORT + 101)
            plays(a, b)
            relayed(a, b, COUNT)
            report = a.send_rtcp()
            assert b.receive_rtcp() == report
        state = leg_state(api.get(session.session_id), "a")
        assert state.srtp_receive.rtp_packets > COUNT and state.srtp_receive.rtcp_packets > 1
        assert (state.rtp.destination.port, state.rtp.dropped, state.rtcp.dropped) == (PORT, 0, 0)


@pytest.mark.parametrize("suite", GST_CIPHERS)
def test_gstreamer_hears(lab, node, suite):
    api, key = node.api, srtp.Key.random(suite)
    with Behind(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), send=key),
                             api.leg("b", "inside", b.remote))
        b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
        with gst_receiver(lab.h1, key, b.stream.ssrc, PORT, a.remote[1]) as gstreamer:
            listens(lab.h1, gstreamer, PORT, PORT + 1)
            plays(b, a)
            relayed(b, a, COUNT)
            report = b.send_rtcp()
            assert a.receive_rtcp() == report
        state = leg_state(api.get(session.session_id), "a")
        assert state.srtp_send.rtp_packets > COUNT and state.srtp_send.rtcp_packets > 1


def test_gstreamer_joins_late(lab, node):
    """Its srtpdec is told the rollover counter, as whoever joins an old stream has to be."""
    api, key = node.api, srtp.Key.random("AES_CM_128_HMAC_SHA1_80")
    with Behind(lab.h1) as a, Party(lab.h2, sequence=65530) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), send=key),
                             api.leg("b", "inside", b.remote))
        b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))
        for _ in range(20):
            b.send()
        wait_until(lambda: leg_state(api.get(session.session_id), "a").srtp_send.rtp_packets == 20)
        with gst_receiver(lab.h1, key, b.stream.ssrc, PORT, a.remote[1], roc=1) as gstreamer:
            listens(lab.h1, gstreamer, PORT, PORT + 1)
            plays(b, a)
            relayed(b, a, COUNT)


BRIDGES = [("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"),
           ("AES_CM_128_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80")]


@pytest.mark.parametrize("ffmpegs,gstreamers", BRIDGES)
def test_ffmpeg_calls_gstreamer(lab, node, ffmpegs, gstreamers):
    """SRTP on both sides, a suite on each."""
    api, expected = node.api, tone(2)
    ours, theirs = srtp.Key.random(ffmpegs), srtp.Key.random(gstreamers)
    with Behind(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), receive=ours),
                             leg(api, "b", "inside", (lab.h2.v4, PORT), send=theirs))
        with gst_receiver(lab.h2, theirs, SSRC, PORT, b.remote[1]) as gstreamer:
            listens(lab.h2, gstreamer, PORT, PORT + 1)
            with ffmpeg_sender(lab.h1, ours, PORT, local_rtp(session, "a"), 2, SSRC) as ffmpeg:
                report = b.receive_rtcp()
                finished(ffmpeg)
            heard = []  # a pipeline may begin late
            while len(heard) <= len(expected) - 10 or heard != expected[-len(heard):]:
                packet = b.receive()
                assert packet, f"{len(heard)} packets, and not the last ones of {len(expected)}"
                heard.append(rtp.parse(packet).payload)
    assert rtp.rtcp_types(report)[0] == rtp.SENDER_REPORT


@pytest.mark.parametrize("ffmpegs,gstreamers", BRIDGES)
def test_gstreamer_calls_ffmpeg(lab, node, ffmpegs, gstreamers, tmp_path):
    api, payloads = node.api, tone(2)
    ours, theirs = srtp.Key.random(ffmpegs), srtp.Key.random(gstreamers)
    with Behind(lab.h2) as b:
        session = api.create(leg(api, "a", "outside", (lab.h1.v4, PORT), send=ours),
                             leg(api, "b", "inside", (lab.h2.v4, PORT), receive=theirs))
        b.calls(("127.0.0.1", PORT + 100))
        with gst_sender(lab.h2, theirs, PORT + 100, PORT, local_rtp(session, "b")) as gstreamer, \
                ffmpeg_receiver(lab.h1, ours, PORT, 1.5, tmp_path) as ffmpeg:
            listens(lab.h2, gstreamer, PORT + 100, PORT + 101)
            listens(lab.h1, ffmpeg, PORT, PORT + 1)
            for payload in payloads:
                b.send(payload)
                time.sleep(0.01)
            finished(ffmpeg)
    heard = (tmp_path / "heard.alaw").read_bytes()
    assert len(heard) >= 8000 * 1.3
    assert heard in b"".join(payloads)
    assert 0.11 < level_at(wav_samples(tmp_path / "heard.wav"), TONE_HZ) < 0.14
