"""ffmpeg and GStreamer as parties that speak a codec: they send speech, or write down what they hear."""

import time
from dataclasses import dataclass

from api import local_rtp, wait_until
from lab import rtp, speech, wire
from media_programs import FFMPEG, finished, listens, running
from party import waiting
from srtp_party import introduce

PORT = 46000
PTIME_MS = 20


@dataclass(frozen=True)
class Format:
    """How API, SDP and both programs call one format."""

    encoding: str
    payload_type: int
    ffmpeg: tuple  # options of the encoder
    gst_encode: str
    gst_decode: str
    clock: int = 8000
    rate: int = 8000  # of the sound
    channels: int = 1
    ffmpeg_packet: int = 0  # bytes with the RTP header, where it would make packets of 256 ms

    @property
    def rtpmap(self):
        return f"{self.encoding}/{self.clock}" + (f"/{self.channels}" if self.channels > 1 else "")

    @property
    def bytes_are_ticks(self):
        """A byte of payload is a tick of the clock, so that short packets are told by their size."""
        return self.encoding in ("PCMA", "PCMU", "G722")

    @property
    def ticks(self):
        """RTP time of a packet that isn't short."""
        return self.clock * PTIME_MS // 1000

    def codec(self, pb, fmtp=""):
        return pb.Codec(payload_type=self.payload_type, encoding=self.encoding, clock_rate=self.clock,
                        channels=self.channels, fmtp=fmtp)


FORMATS = {made.encoding: made for made in (
    Format("PCMA", 8, ("-c:a", "pcm_alaw"), "alawenc ! rtppcmapay", "rtppcmadepay ! alawdec"),
    Format("PCMU", 0, ("-c:a", "pcm_mulaw"), "mulawenc ! rtppcmupay", "rtppcmudepay ! mulawdec"),
    Format("G722", 9, ("-c:a", "g722"), "avenc_g722 ! rtpg722pay", "rtpg722depay ! avdec_g722", rate=16000),
    Format("GSM", 3, (), "gsmenc ! rtpgsmpay", "rtpgsmdepay ! gsmdec"),
    # RFC 3551's order of bits is the little-endian one; AAL2's is the other.
    Format("G726-32", 97, ("-c:a", "g726le", "-b:a", "32k"), "avenc_g726 bitrate=32000 ! "
           "rtpg726pay force-aal2=false", "rtpg726depay force-aal2=false ! avdec_g726", ffmpeg_packet=92),
    Format("L16", 98, ("-c:a", "pcm_s16be"), "rtpL16pay", "rtpL16depay", clock=16000, rate=16000),
    Format("opus", 96, ("-c:a", "libopus"), "opusenc ! rtpopuspay", "rtpopusdepay ! opusdec plc=true",
           clock=48000, rate=48000, channels=2),
    Format("G729", 18, (), "",  # ffmpeg decodes it, but not from RTP
           "rtpg729depay ! avdec_g729"),
)}

SDP = """v=0
o=- 0 0 IN IP4 {address}
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP {form.payload_type}
a=rtpmap:{form.payload_type} {form.rtpmap}
"""


def codec_leg(api, leg_id, network, remote, *forms, fmtp="", **fields):
    """A leg with these formats, the first of which it is sent."""
    made = api.leg(leg_id, network, remote, **fields)
    made.codecs.extend(form.codec(api.pb, fmtp if at == 0 else "") for at, form in enumerate(forms))
    return made


def ffmpeg_speaks(host, form, port, to, wav):
    """Plays the file in its own time, 20 ms a packet."""
    cut = f"asetnsamples=n={form.rate * PTIME_MS // 1000}:p=0"
    size = f"&pkt_size={form.ffmpeg_packet}" if form.ffmpeg_packet else ""
    return running(host, *FFMPEG, "-re", "-i", str(wav), "-af", cut, *form.ffmpeg,
                   "-payload_type", str(form.payload_type), "-f", "rtp",
                   f"rtp://{to[0]}:{to[1]}?localrtpport={port}&localrtcpport={port + 1}{size}")


def ffmpeg_hears(host, form, port, heard):
    """Writes the samples that it hears into `heard`, packet by packet, until it is killed."""
    sdp = heard.with_suffix(".sdp")
    sdp.write_text(SDP.format(address=host.v4, port=port, form=form), encoding="ascii")
    return running(host, *FFMPEG, "-protocol_whitelist", "file,udp,rtp", "-analyzeduration", "0",
                   "-i", str(sdp), "-ac", "1", "-ar", str(form.rate), "-flush_packets", "1",
                   "-f", "s16le", str(heard))


def _gst(host, pipeline):
    return running(host, "gst-launch-1.0", "-q", *pipeline.split())


def gst_speaks(host, form, port, to, wav):
    ptime = PTIME_MS * 1000000
    return _gst(host, f"filesrc location={wav} blocksize={form.rate // 25} ! wavparse ! audioconvert ! "
                f"{form.gst_encode} pt={form.payload_type} min-ptime={ptime} max-ptime={ptime} ! "
                f"udpsink host={to[0]} port={to[1]} bind-port={port}")


def gst_hears(host, form, port, heard):
    caps = (f"application/x-rtp,media=audio,clock-rate={form.clock},payload={form.payload_type},"
            f"encoding-name={form.encoding.upper()}" + (",channels=1" if form.encoding == "L16" else ""))
    return _gst(host, f"udpsrc address={host.v4} port={port} caps={caps} ! {form.gst_decode} ! "
                f"audioconvert ! audio/x-raw,format=S16LE,rate={form.rate},channels=1 ! "
                f"filesink location={heard} buffer-mode=unbuffered sync=false async=false")


SPEAKS = {"ffmpeg": ffmpeg_speaks, "gstreamer": gst_speaks}
HEARS = {"ffmpeg": ffmpeg_hears, "gstreamer": gst_hears}


class Wire:
    """What arrives for one port of a host, as it was on its wire."""

    def __init__(self, host, port):
        self.host, self.port, self.socket = host, port, host.sniffer()

    def close(self):
        self.socket.close()

    def payloads(self):
        for frame in waiting(self.socket):
            datagram = wire.udp_datagram(frame)
            if datagram and datagram.destination == (self.host.v4, self.port):
                assert not datagram.faults, datagram.faults
                yield datagram.payload

    def rtp(self):
        return [rtp.parse(payload) for payload in self.payloads() if not rtp.is_rtcp(payload)]


def unbroken(packets, form):
    """One source, no number missing or twice, time going on by what the packets hold."""
    assert packets, "nothing came"
    assert {packet.payload_type for packet in packets} == {form.payload_type}
    assert len({packet.ssrc for packet in packets}) == 1
    first, ticks = packets[0], 0
    for number, packet in enumerate(packets):
        assert packet.sequence == (first.sequence + number) % 0x10000, f"packet {number} of {len(packets)}"
        late = (packet.timestamp - first.timestamp) % 0x100000000
        assert late == ticks, f"packet {number}: {late} ticks after the first instead of {ticks}"
        ticks += len(packet.payload) if form.bytes_are_ticks else form.ticks


def program(name, host, form, sound, folder):
    """heard_by's speaker: ffmpeg or gstreamer."""
    def speak(to):
        wav = speech.write_wav(folder / "said.wav", sound, form.rate)
        with SPEAKS[name](host, form, PORT, to, wav) as speaking:
            finished(speaking)
    return speak


def player(host, form, payloads, ticks=None):
    """heard_by's speaker for a format that no program can encode: plays payloads, 20 ms each."""
    def speak(to):
        stream = rtp.Stream(0x00729000, form.payload_type, samples=ticks or form.ticks)
        with host.udp(host.v4, PORT) as udp:
            start = time.monotonic()
            for number, payload in enumerate(payloads):
                time.sleep(max(0.0, start + number * PTIME_MS / 1000 - time.monotonic()))
                udp.sendto(stream.next(payload, marker=number == 0), to)
    return speak


def heard_by(lab, api, hearer, legs, speak, heard, seconds):
    """One way of a call from h1 to a program on h2: (session, samples heard, RTP that came).

    legs: formats of the two sides; speak(to): returns when all has been said; heard: the file
    that the hearer writes; seconds: how long the speech is.
    """
    said, gets = legs
    session = api.create(codec_leg(api, "a", "outside", (lab.h1.v4, PORT), said),
                         codec_leg(api, "b", "inside", (lab.h2.v4, PORT), gets, ptime_ms=PTIME_MS))
    to = local_rtp(session, "a")
    introduce(lab.h1, to[0])
    introduce(lab.h2, local_rtp(session, "b")[0])
    seen = Wire(lab.h2, PORT)
    try:
        with HEARS[hearer](lab.h2, gets, PORT, heard) as listening:
            listens(lab.h2, listening, PORT)
            speak(to)
            wanted = 2 * int(gets.rate * (seconds - 0.06))
            wait_until(lambda: heard.exists() and heard.stat().st_size >= wanted,
                       what=f"{hearer} with all but 60 ms of the speech")
            listening.kill()  # ffmpeg waits for the next packet before it listens to anything milder
        packets = seen.rtp()
    finally:
        seen.close()
    return session, speech.decode(heard.read_bytes(), "s16le", "-ar", str(gets.rate)), packets
