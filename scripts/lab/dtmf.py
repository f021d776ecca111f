"""Key presses as phones make and hear them: tones (ITU-T Q.23) and telephone-events (RFC 4733).

Tones are found again by multimon-ng, which is somebody else's, and measured here for their time and length.
"""

import array
import dataclasses
import math
import operator
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

from lab import rtp, speech

DIGITS = "0123456789*#ABCD"  # a digit's place is the number of its event
KEYPAD = ("123A", "456B", "789C", "*0#D")
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
TONES, EVENTS, INFO = "in-band", "RFC 4733", "SIP INFO"
WAYS = (TONES, EVENTS, INFO)
FULL_SCALE_DBM0 = 3.14  # of a sine (G.711)
EVENT_TYPE = 101
PTIME, TICKS = 0.02, 160


@dataclass(frozen=True)
class Press:
    """A key that goes down `at` seconds after the call's first packet, for `ms`."""

    digit: str
    at: float
    ms: int
    way: str = EVENTS


@dataclass(frozen=True)
class Heard:
    """A key as the other side heard it: when, and for how long."""

    digit: str
    at: float
    ms: float


def frequencies(digit):
    row = next(row for row in KEYPAD if digit in row)
    return LOW[KEYPAD.index(row)], HIGH[row.index(digit)]


def tone(digit, ms, level=-8.0, rate=speech.RATE):
    """Both frequencies at `level` dBm0 each."""
    amplitude = speech.FULL_SCALE * 10 ** ((level - FULL_SCALE_DBM0) / 20)
    turns = [2 * math.pi * hertz / rate for hertz in frequencies(digit)]
    return array.array("h", (round(amplitude * sum(math.sin(turn * at) for turn in turns))
                             for at in range(ms * rate // 1000)))


def event(digit, ticks, end=False, volume=10):
    """A telephone-event payload; digit: a letter, or the number of an event."""
    number = digit if isinstance(digit, int) else DIGITS.index(digit)
    return struct.pack("!BBH", number, end << 7 | volume, ticks)


def of_type(stream, payload, payload_type, marker=False):
    """The stream's next packet, at the time where it is."""
    packet = dataclasses.replace(stream, payload_type=payload_type).next(payload, marker)
    stream.sequence += 1
    return packet


def dialled(sound, presses, stream, event_type=EVENT_TYPE):
    """(seconds, packet) of a phone that says `sound` as A-law, 20 ms a packet, and presses keys meanwhile.

    A packet leaves when its 20 ms are over. Tones stand in the place of the sound, events in that of its
    packets. Other presses are no packets.
    """
    sound = array.array("h", sound)
    for press in presses:
        if press.way == TONES:
            made, at = tone(press.digit, press.ms), round(press.at * speech.RATE)
            sound[at:at + len(made)] = made
    encoded, number = speech.encode(sound, "alaw"), 0
    begins = {round(press.at / PTIME): press for press in presses if press.way == EVENTS}
    while (number + 1) * TICKS <= len(encoded):
        if press := begins.get(number):
            packets = round(press.ms / 1000 / PTIME)
            for packet in range(1, packets + 1):
                last = packet == packets
                for _ in range(3 if last else 1):
                    yield (number + packet) * PTIME, of_type(
                        stream, event(press.digit, packet * TICKS, last), event_type, packet == 1)
            stream.timestamp += packets * TICKS
            number += packets
        else:
            yield (number + 1) * PTIME, stream.next(encoded[number * TICKS:(number + 1) * TICKS], number == 0)
            number += 1


def play(udp, to, packets, sealed=None):
    """Sends (seconds, packet) each at its time."""
    start = time.monotonic()
    for at, packet in packets:
        time.sleep(max(0.0, start + at - time.monotonic()))
        udp.sendto(sealed(packet) if sealed else packet, to)


class Ear(threading.Thread):
    """Notes the RTP that arrives at a socket, and when. `opened` decrypts."""

    def __init__(self, udp, opened=None):
        super().__init__(daemon=True)
        self.udp, self.opened, self.packets, self.done = udp, opened, [], threading.Event()
        self.udp.settimeout(0.05)
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self):
        while True:
            if self.done.is_set():
                self.udp.setblocking(False)
            try:
                packet = self.udp.recv(65536)
            except BlockingIOError:  # all that had come is noted
                return
            except TimeoutError:
                continue
            now = time.time()
            packet = self.opened(packet) if self.opened else packet
            if not rtp.is_rtcp(packet):
                self.packets.append((now, rtp.parse(packet)))

    def stop(self):
        self.done.set()
        self.join()
        return self.packets

    def events(self, payload_type=EVENT_TYPE, clock=8000):
        return heard_events(self.packets, payload_type, clock)

    def tones(self, payload_type=8):
        return heard_tones(self.packets, payload_type)


def heard_events(packets, payload_type=EVENT_TYPE, clock=8000):
    """One for each timestamp, as RFC 4733 says; it lasts as long as the longest duration told."""
    told = {}
    for at, packet in packets:
        if packet.payload_type == payload_type:
            number, _, ticks = struct.unpack("!BBH", packet.payload[:4])
            first, _, before = told.get(packet.timestamp, (at, number, 0))
            told[packet.timestamp] = first, number, max(before, ticks)
    return [Heard(DIGITS[number] if number < len(DIGITS) else str(number), first, 1000 * ticks / clock)
            for first, number, ticks in told.values()]


def sound_of(packets, payload_type=8, form="alaw"):
    """(when it began, samples) of the audio, put where its timestamps say; silence where there is none."""
    audio = [(at, packet) for at, packet in packets if packet.payload_type == payload_type]
    if not audio:
        return 0.0, array.array("h")
    base, sound = audio[0][1].timestamp, array.array("h")
    decoded = speech.decode(b"".join(packet.payload for _, packet in audio), form, "-ar", str(speech.RATE))
    taken = 0
    for _, packet in audio:
        at, length = (packet.timestamp - base) % 0x100000000, len(packet.payload)
        if at > len(sound):
            sound.extend([0] * (at - len(sound)))
        sound[at:at + length] = decoded[taken:taken + length]
        taken += length
    return audio[0][0], sound


def multimon(sound):
    """The digits that multimon-ng finds, in order."""
    resampled = speech.encode(sound, "s16le", "-ar", "22050")
    found = subprocess.run(["multimon-ng", "-q", "-t", "raw", "-a", "DTMF", "-"], input=resampled, check=True,
                           capture_output=True, timeout=30).stdout.decode()
    return "".join(line.split()[-1] for line in found.splitlines() if line.startswith("DTMF:"))


def heard_tones(packets, payload_type=8):
    """Digits in the audio, with times and lengths as measured; and multimon-ng has to hear the same."""
    began, sound = sound_of(packets, payload_type)
    found = measured_tones(sound)
    if sound and (digits := multimon(sound)) != "".join(heard.digit for heard in found):
        raise RuntimeError(f"multimon-ng hears {digits!r}, and measuring finds {found}")
    return [dataclasses.replace(heard, at=began + heard.at) for heard in found]


WINDOW, HOP = 205, 40  # samples
_BASIS = [([math.cos(2 * math.pi * hertz * at / speech.RATE) for at in range(WINDOW)],
           [math.sin(2 * math.pi * hertz * at / speech.RATE) for at in range(WINDOW)])
          for hertz in LOW + HIGH]
_QUIET = 1e4  # mean square: some -50 dBm0
_SHARE = 0.7  # of the energy, that both frequencies have in a window filled by a digit
_SHORTEST_MS = 30  # speech has shorter ones


def _look(window):
    """(digit, power of its two frequencies) where they make up nearly all of the window; else None."""
    total = speech.energy(window) / WINDOW
    if total < _QUIET:
        return None
    powers = [2 * sum(sum(map(operator.mul, window, part)) ** 2 for part in basis) / WINDOW ** 2
              for basis in _BASIS]
    low = max(range(4), key=lambda at: powers[at])
    high = max(range(4), key=lambda at: powers[4 + at])
    power = powers[low] + powers[4 + high]
    both = min(powers[low], powers[4 + high]) * 20 > max(powers[low], powers[4 + high])
    return (KEYPAD[low][high], power) if both and power > total * _SHARE / 2 else None


def measured_tones(sound):
    """Runs of windows with one digit. A tone begins and ends where a window is half full of it."""
    runs, run, silence = [], [], array.array("h", [0] * WINDOW)  # a tone may be all that there is
    sound = silence + sound + silence
    for at in range(0, len(sound) - WINDOW + 1, HOP):
        seen = _look(sound[at:at + WINDOW])
        if run and (seen is None or seen[0] != run[0][1]):
            runs.append(run)
            run = []
        if seen:
            run.append((at, *seen))
    heard = []
    for run in runs + [run] if run else runs:
        loudest = max(power for *_, power in run)
        inside = [at for at, _, power in run if power >= loudest / 4]
        ms = 1000 * (inside[-1] - inside[0] + HOP) / speech.RATE
        if ms >= _SHORTEST_MS:
            heard.append(Heard(run[0][1], (inside[0] - WINDOW // 2) / speech.RATE, ms))
    return heard
