#!/usr/bin/python3
"""The demonstration behind scripts/demo transcode: a call between parties without a codec in common.

Host A speaks G.711 A-law in packets of 20 ms, host B G.729 in packets of 40 ms and over SRTP. A speaks; B
listens, and says what it hears once more. What both heard is left behind as WAV files.
"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import demo, demo_srtp, net, rtp, speech  # noqa: E402

SECONDS = 6.0
PCMA, G729 = 8, 18
A_TICKS, B_TICKS = 160, 320  # 20 and 40 ms
G729_FRAME_BYTES, G729_FRAMES = 10, 4
LAST_PACKET_SECONDS = 10.0
TRAIL_SECONDS = 0.06  # how much shorter or longer a recording may be


@dataclass(frozen=True)
class Bound:
    """What a recording has to keep. G.729 makes what sounds alike, not the same wave: its SNR is low."""

    level: float  # dB, either way, at most
    snr: float  # dB, segmental, at least
    distance: float  # dB, spectral, at most


G729_BOUND = Bound(2.0, 2.0, 5.0)
SAME_BITS_BOUND = Bound(0.5, 20.0, 1.5)  # two decoders of the same bits


class Echo(threading.Thread):
    """B's phone: takes G.729 over SRTP, and sends each payload back in packets of its own."""

    def __init__(self, udp, destination, encryption):
        super().__init__(daemon=True)
        self.udp, self.destination, self.encryption = udp, destination, encryption
        self.packets, self.failed = [], None
        self.stream = rtp.Stream(0x0b0b0b0b, payload_type=G729, samples=B_TICKS)
        self.udp.settimeout(0.1)
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                packet = self.encryption.open(self.udp.recv(65536))
            except TimeoutError:
                continue
            except ValueError as error:  # not genuine
                self.failed = error
                continue
            if rtp.is_rtcp(packet):
                continue
            self.packets.append(packet)
            answer = self.stream.next(rtp.parse(packet).payload, marker=len(self.packets) == 1)
            self.udp.sendto(self.encryption.seal(answer), self.destination)


def speak(udp, destination, sound):
    """A's phone: a packet every 20 ms."""
    encoded = speech.encode(sound, "alaw")
    stream, start = rtp.Stream(0x0a0a0a0a, payload_type=PCMA, samples=A_TICKS), time.monotonic()
    for number, at in enumerate(range(0, len(encoded), A_TICKS)):
        time.sleep(max(0.0, start + 0.02 * number - time.monotonic()))
        udp.sendto(stream.next(encoded[at:at + A_TICKS], marker=number == 0), destination)


def judge_stream(name, packets, payload_type, ticks, payload_bytes):
    """Prints what a party was sent, as RTP; True when nothing is missing and all packets have their size."""
    parsed = [rtp.parse(packet) for packet in packets]
    if not parsed:
        print(f"   {name}: nothing came")
        return False
    first = parsed[0]
    faults = sum((packet.sequence - first.sequence) % 0x10000 != number or
                 (packet.timestamp - first.timestamp) % 0x100000000 != number * ticks or
                 packet.ssrc != first.ssrc or packet.payload_type != payload_type or
                 len(packet.payload) != payload_bytes for number, packet in enumerate(parsed))
    print(f"   {name}: {len(parsed)} packets of {ticks // 8} ms and {payload_bytes} bytes, "
          f"payload type {payload_type}, one SSRC, "
          f"{'sequence numbers and timestamps without a gap' if not faults else f'{faults} of them WRONG'}")
    return not faults


def judge_sound(name, original, heard, bound, whole=True):
    """Prints how `heard` compares; True when it keeps the bound."""
    if len(heard) < 2 * speech.RATE:
        print(f"   {name}: {speech.seconds(heard):.2f} s, TOO SHORT")
        return False
    result = speech.Comparison(original, heard)
    faults = [fault for fault, holds in (
        ("duration", not whole or abs(len(heard) - len(original)) <= TRAIL_SECONDS * speech.RATE),
        ("level", abs(result.level_difference) <= bound.level),
        ("SNR", result.segmental_snr >= bound.snr),
        ("spectrum", result.spectral_distance <= bound.distance)) if not holds]
    print(f"   {name}: {speech.seconds(heard):.2f} s, {speech.level_dbov(heard):.1f} dBov "
          f"({result.level_difference:+.1f} dB), segmental SNR {result.segmental_snr:.1f} dB "
          f"(at least {bound.snr:g}), spectral distance {result.spectral_distance:.1f} dB "
          f"(at most {bound.distance:g}){f': OUT OF BOUNDS: {faults}' if faults else ''}")
    return not faults


def show_chain(node):
    """The lines of session show that say what is done to the media."""
    demo.say("polluxctl session show demo (what is done to the media)")
    result = node.polluxctl("session", "show", "demo")
    lines = [line for line in result.stdout.splitlines() if "decode" in line]
    print("\n".join(f"   {line}" for line in lines))
    return result.returncode == 0 and len(lines) == 2


def call(lab, node, encryption, folder):
    """The call: True when both heard what they should."""
    original = speech.spoken(SECONDS)
    a, b = lab.host_a.udp(lab.host_a.v4, 4000), lab.host_b.udp(lab.host_b.v4, 4000)
    demo.polluxctl(node, "session", "create", "demo",
                   "--leg", f"a,network=a,remote={lab.host_a.v4}:4000,codec=PCMA,ptime=20",
                   "--leg", f"b,network=b,remote={lab.host_b.v4}:4000,codec=G729;annexb=no,ptime=40"
                   f"{encryption.leg_keys}")
    legs = yaml.safe_load(node.polluxctl("-o", "json", "session", "show", "demo").stdout)["state"]["legs"]
    to_a, to_b = ((leg["rtp"]["local"]["address"], int(leg["rtp"]["local"]["port"])) for leg in legs)
    echo, listener = Echo(b, to_b, encryption), demo.Receiver("A", a)
    demo.say(f"A speaks for {SECONDS:g} s; B hears it as G.729 and sends that back")
    speak(a, to_a, original)
    wanted = len(original) // A_TICKS
    deadline = time.monotonic() + LAST_PACKET_SECONDS
    while len(listener.packets) < wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    chain = show_chain(node)
    for receiver in (listener, echo):
        receiver.done.set()
        receiver.join()
    demo.say("what arrived, as RTP")
    whole = [judge_stream("A → B", echo.packets, G729, B_TICKS, G729_FRAMES * G729_FRAME_BYTES),
             judge_stream("B → A", listener.packets, PCMA, A_TICKS, A_TICKS), chain and not echo.failed]
    payloads = [b"".join(rtp.parse(packet).payload for packet in packets)
                for packets in (echo.packets, listener.packets)]
    if not all(payloads):
        return False
    at_b = speech.decode(payloads[0], "g729", "-bit_rate", "8000")
    at_a = speech.decode(payloads[1], "alaw", "-ar", str(speech.RATE))
    demo.say(f"what was heard; A said {SECONDS:g} s of speech at {speech.level_dbov(original):.1f} dBov")
    whole += [judge_sound("B, with ffmpeg's G.729 decoder, against what A said", original, at_b, G729_BOUND),
              judge_sound("A, its own voice back from B, against what it said", original, at_a, G729_BOUND),
              judge_sound("A, against ffmpeg's decoding of what B sent", at_b, at_a, SAME_BITS_BOUND)]
    demo.say("listen yourself")
    for name, sound in (("said-by-a", original), ("heard-by-b", at_b), ("heard-by-a", at_a)):
        print(f"   {speech.write_wav(folder / f'{name}.wav', sound)}")
    return all(whole)


def demonstrate(folder, keep_running):
    with tempfile.TemporaryDirectory(prefix="pollux-demo-") as scratch, \
            net.Lab(demo.SIDES, demo.SUBNETS) as lab:
        demo.say(f"host A {lab.host_a.v4} speaks G.711 A-law, 20 ms a packet | polluxd | "
                 f"host B {lab.host_b.v4} speaks G.729, 40 ms a packet, over SRTP ({demo_srtp.SUITE})")
        return demo.with_node(lab, scratch, keep_running,
                              lambda node: call(lab, node, demo_srtp.Encryption(scratch, "b"), folder))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="scripts/demo transcode")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--wav", type=Path)
    arguments = parser.parse_args()
    folder = arguments.wav or Path(tempfile.mkdtemp(prefix="pollux-transcode-"))
    folder.mkdir(parents=True, exist_ok=True)
    good = demonstrate(folder, arguments.keep)
    print("VERDICT: it works. Both heard the speech, each in its own codec, packet size and encryption."
          if good else "VERDICT: it doesn't work; see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
