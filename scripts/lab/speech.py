"""Speech as samples: made by espeak-ng, read and written by ffmpeg, and compared with what came of it.

A sound is an array of 16-bit samples at 8 kHz, mono. Whatever a codec's rate, sounds are compared there.
"""

import array
import cmath
import math
import operator
import subprocess
import wave

RATE = 8000
FULL_SCALE = 32768
WORDS = ("Two parties talk through a relay, and each of them speaks its own language. "
         "The relay listens to one, says it again to the other, "
         "and neither of them should hear that it is there.")
FFMPEG = ("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y")
FRAME = 160  # 20 ms: the segments of the segmental SNR
SPECTRUM = 256
QUIET_DBOV = -50.0  # segments below are pauses: there is no point in comparing noise


def _run(command, data=None):
    return subprocess.run(command, input=data, check=True, capture_output=True, timeout=30).stdout


def samples(data):
    return array.array("h", data[:len(data) & ~1])


def spoken(seconds, words=WORDS):
    """So many seconds of espeak-ng's voice: the same on every call, some -20 dBov, silent at both ends."""
    made = _run(["espeak-ng", "-v", "en-us", "-s", "165", "--stdout", words])
    fade = f"afade=t=in:d=0.05,afade=t=out:st={seconds - 0.1}:d=0.05"
    # In the telephone's band: what a codec for it leaves out shouldn't count as noise.
    return samples(_run([*FFMPEG, "-f", "wav", "-i", "-", "-af",
                         f"aresample={RATE},highpass=f=200,lowpass=f=3400,silenceremove=start_periods=1:"
                         f"start_threshold=-50dB,adelay=150,apad,atrim=end={seconds},{fade}",
                         "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"], made))


def decode(data, form, *options):
    """What ffmpeg makes of encoded bytes: form as it calls it, options of that input."""
    return samples(_run([*FFMPEG, *options, "-f", form, "-i", "-", "-ac", "1", "-ar", str(RATE), "-f",
                         "s16le", "-"], data))


def encode(sound, form, *options):
    """Sound as ffmpeg encodes it into a raw format; options of the output, which may want another rate."""
    return _run([*FFMPEG, "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", *options, "-f", form, "-"],
                sound.tobytes())


def write_wav(path, sound, rate=RATE):
    """As WAV of this rate."""
    data = sound.tobytes() if rate == RATE else encode(sound, "s16le", "-ar", str(rate))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(data)
    return path


def seconds(sound):
    return len(sound) / RATE


def energy(sound):
    return sum(map(operator.mul, sound, sound))


def level_dbov(sound):
    """RMS below full scale's (RFC 6464: a square wave of full scale has 0 dBov)."""
    if not sound or not (total := energy(sound)):
        return -127.0
    return 10 * math.log10(total / len(sound) / FULL_SCALE ** 2)


def _correlation(a, b):
    """-1..1: how alike two sounds of one length are, whatever their levels."""
    product = math.sqrt(float(energy(a)) * energy(b))
    return sum(map(operator.mul, a, b)) / product if product else 0.0


def _envelope(sound, step):
    return [math.sqrt(energy(sound[at:at + step])) for at in range(0, len(sound) - step, step)]


def delay(original, heard):
    """By how many samples `heard` is late (negative: its beginning is missing).

    Where the loudness agrees best, and around there, to the sample, where the loudest second does.
    """
    step = FRAME // 2
    loud, louder = _envelope(original, step), _envelope(heard, step)

    def agreement(late):
        first, last = max(0, -late), min(len(loud), len(louder) - late)
        return sum(map(operator.mul, loud[first:last], louder[first + late:last + late]))
    about = step * max(range(-len(loud) + 1, len(louder)), key=agreement)
    at = max(range(max(0, -about) // step, (min(len(original), len(heard) - about) - RATE) // step + 1),
             key=lambda start: sum(loud[start:start + RATE // step])) * step
    piece = original[at:at + RATE]

    def likeness(late):
        start = at + late
        return _correlation(piece, heard[start:start + len(piece)]) if start >= 0 and \
            start + len(piece) <= len(heard) else -1.0
    return max(range(about - 2 * step, about + 2 * step + 1), key=likeness)


class Comparison:
    """What came, beside what was said: aligned, and measured where both are."""

    def __init__(self, original, heard):
        self.delay = delay(original, heard)
        first, last = max(0, -self.delay), min(len(original), len(heard) - self.delay)
        self.original = original[first:last]
        self.heard = heard[first + self.delay:last + self.delay]
        self.correlation = _correlation(self.original, self.heard)
        self.level_difference = level_dbov(self.heard) - level_dbov(self.original)

    @property
    def overlap(self):
        """Seconds that were compared."""
        return seconds(self.original)

    def _segments(self, length):
        for at in range(0, len(self.original) - length + 1, length):
            segment = self.original[at:at + length]
            if level_dbov(segment) > QUIET_DBOV:
                yield segment, self.heard[at:at + length]

    @property
    def segmental_snr(self):
        """Mean over segments of 20 ms with sound, each within -10..35 dB, as is usual; in dB."""
        ratios = []
        for said, came in self._segments(FRAME):
            noise = energy(list(map(operator.sub, said, came)))
            ratios.append(max(-10.0, min(35.0, 10 * math.log10(energy(said) / noise) if noise else 35.0)))
        return sum(ratios) / len(ratios)

    @property
    def spectral_distance(self):
        """Mean over segments of 32 ms of the distance of their spectra in 16 bands; in dB.

        Blind to phase: the measure for codecs that make sound alike, and no wave alike.
        """
        distances = [math.dist(_bands(said), _bands(came)) / 4 for said, came in self._segments(SPECTRUM)]
        return sum(distances) / len(distances)


_WINDOW = [0.5 - 0.5 * math.cos(2 * math.pi * at / SPECTRUM) for at in range(SPECTRUM)]
_FLOOR = 1e7  # some -70 dBov: keeps empty bands from counting


def _bands(segment):
    spectrum = _fft(list(map(operator.mul, segment, _WINDOW)))
    power = [abs(value) ** 2 for value in spectrum[7:103]]  # 200..3200 Hz
    return [10 * math.log10(sum(power[at:at + 6]) + _FLOOR) for at in range(0, 96, 6)]


def _fft(values):
    if len(values) == 1:
        return values
    even, odd = _fft(values[::2]), _fft(values[1::2])
    half = len(even)
    turned = [cmath.exp(-1j * math.pi * at / half) * odd[at] for at in range(half)]
    return list(map(operator.add, even, turned)) + list(map(operator.sub, even, turned))
