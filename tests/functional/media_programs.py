"""ffmpeg and GStreamer as parties: programs that know SRTP without knowing Pollux."""

import cmath
import contextlib
import subprocess
import wave

from api import wait_until

PTIME_SAMPLES = 160  # 20 ms of G.711
TONE_HZ = 1013  # of this tone no two packets in a second are alike
SDP = """v=0
o=- 0 0 IN IP4 {address}
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/SAVP 8
a=crypto:1 {suite} inline:{key.inline}
"""


@contextlib.contextmanager
def running(host, *command):
    """The program in the host's namespace; ended with the block, if it hasn't ended by itself."""
    with host.inside():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def finished(process, seconds=40):
    """Waits for the program's end, which has to be a good one."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0, f"{process.args[0]} ended with status {process.returncode}:\n{said}"
    return said


def listens(host, process, *ports):
    """Waits until the program has its sockets."""
    def has_them():
        assert process.poll() is None, f"{process.args[0]} has ended:\n{process.stdout.read()}"
        bound = host.run("ss", "-Hlun").stdout
        return all(f":{port} " in bound for port in ports)
    wait_until(has_them, what=f"{process.args[0]} on ports {ports}")


def _tone(seconds):
    return ("-f", "lavfi", "-i", f"sine=frequency={TONE_HZ}:sample_rate=8000:"
            f"samples_per_frame={PTIME_SAMPLES}:duration={seconds}", "-c:a", "pcm_alaw")


# Under its SDES name ffmpeg gives the second suite's SRTCP a tag of 32 bits. RFC 4568 §6.2 says 80, and so
# does ffmpeg under the name that the suite has in DTLS.
FFMPEG_SUITES = {"AES_CM_128_HMAC_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
                 "AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32"}
FFMPEG = ("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y")


def tone(seconds):
    """The payloads that ffmpeg makes of its tone."""
    made = subprocess.run([*FFMPEG, *_tone(seconds), "-f", "alaw", "-"], check=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60).stdout
    return [made[at:at + PTIME_SAMPLES] for at in range(0, len(made), PTIME_SAMPLES)]


def ffmpeg_sender(host, key, port, to, seconds, ssrc=0x0ff00001):
    """Plays the tone as SRTP, in its own time."""
    return running(host, *FFMPEG, "-re", *_tone(seconds), "-f", "rtp", "-ssrc", str(ssrc), "-srtp_out_suite",
                   FFMPEG_SUITES[key.suite], "-srtp_out_params", key.inline,
                   f"srtp://{to[0]}:{to[1]}?localrtpport={port}&localrtcpport={port + 1}")


def ffmpeg_receiver(host, key, port, seconds, folder):
    """Takes SRTP by an SDP with a=crypto, into folder/heard.alaw and, decoded, folder/heard.wav."""
    sdp = folder / "party.sdp"
    suite = FFMPEG_SUITES[key.suite]
    sdp.write_text(SDP.format(address=host.v4, port=port, suite=suite, key=key), encoding="ascii")
    outputs = [word for codec, form in (("copy", "alaw"), ("pcm_s16le", "wav"))
               for word in ("-map", "0:a", "-t", str(seconds), "-c:a", codec, "-f", form,
                            str(folder / f"heard.{form}"))]
    return running(host, *FFMPEG, "-protocol_whitelist", "file,udp,rtp,srtp", "-analyzeduration", "100000",
                   "-i", str(sdp), *outputs)


def level_at(samples, hertz, rate=8000):
    """Amplitude of one frequency in samples of -1..1."""
    turn = -2j * cmath.pi * hertz / rate
    return 2 * abs(sum(sample * cmath.exp(turn * at) for at, sample in enumerate(samples))) / len(samples)


def wav_samples(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        data = file.readframes(file.getnframes())
    return [value / 32768 for value in memoryview(data).cast("h")]


GST_CIPHERS = {  # suite → cipher and authentication as srtpenc calls them
    "AES_CM_128_HMAC_SHA1_80": ("aes-128-icm", "hmac-sha1-80"),
    "AES_CM_128_HMAC_SHA1_32": ("aes-128-icm", "hmac-sha1-32"),
    "AES_256_CM_HMAC_SHA1_80": ("aes-256-icm", "hmac-sha1-80"),
    "AES_256_CM_HMAC_SHA1_32": ("aes-256-icm", "hmac-sha1-32"),
    "AEAD_AES_128_GCM": ("aes-128-gcm", "null"),
    "AEAD_AES_256_GCM": ("aes-256-gcm", "null"),
}


def _gst_names(key):
    """Name → value. SRTCP has a tag of 80 bits whatever SRTP has (RFC 4568 §6.2)."""
    cipher, authentication = GST_CIPHERS[key.suite]
    return {"rtp-cipher": cipher, "rtp-auth": authentication, "rtcp-cipher": cipher,
            "rtcp-auth": authentication.replace("-32", "-80")}


def _gst(host, *pipeline):
    return running(host, "gst-launch-1.0", "-q", *" ".join(pipeline).split())


def gst_sender(host, key, plain, port, to):
    """Sends what comes in the clear to 127.0.0.1:`plain`, RTCP one port up, as SRTP from `port` to `to`."""
    encoder = " ".join(f"{name}={value}" for name, value in _gst_names(key).items())
    caps = "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMA,payload=8"
    return _gst(
        host, f"srtpenc name=enc key={(key.master_key + key.master_salt).hex()} {encoder}",
        f"udpsrc address=127.0.0.1 port={plain} caps={caps} ! enc.rtp_sink_0",
        f"enc.rtp_src_0 ! udpsink host={to[0]} port={to[1]} bind-port={port} sync=false async=false",
        f"udpsrc address=127.0.0.1 port={plain + 1} caps=application/x-rtcp ! enc.rtcp_sink_0",
        f"enc.rtcp_src_0 ! udpsink host={to[0]} port={to[1] + 1} bind-port={port + 1} sync=false async=false")


def gst_receiver(host, key, ssrc, port, plain, roc=0):
    """Sends what comes as SRTP to `port`, SRTCP one port up, in the clear to 127.0.0.1:`plain`."""
    names = ",".join(f"s{name}=(string){value}" for name, value in _gst_names(key).items())
    about = (f"ssrc=(uint){ssrc},srtp-key=(buffer){(key.master_key + key.master_salt).hex()},{names},"
             f"roc=(uint){roc}")
    return _gst(
        host, "srtpdec name=dec",
        f"udpsrc address={host.v4} port={port} caps=application/x-srtp,payload=8,{about} ! dec.rtp_sink",
        f"dec.rtp_src ! udpsink host=127.0.0.1 port={plain} sync=false async=false",
        f"udpsrc address={host.v4} port={port + 1} caps=application/x-srtcp,{about} ! dec.rtcp_sink",
        f"dec.rtcp_src ! udpsink host=127.0.0.1 port={plain + 1} sync=false async=false")
