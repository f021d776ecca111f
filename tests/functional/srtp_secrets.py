"""All that is worth hiding of an SRTP key: itself, what is derived, and what libraries make of that."""

import struct

from lab import srtp


def _s_box():
    """FIPS 197 §5.1.1: the inverse in GF(2^8), and its bits mixed."""
    def times(a, b):
        product = 0
        while b:
            product ^= a if b & 1 else 0
            a, b = a << 1 ^ (0x11b if a & 0x80 else 0), b >> 1
        return product

    def mixed(value):
        result = value ^ 0x63
        for count in range(1, 5):
            result ^= value << count | value >> 8 - count
        return result & 0xff

    inverse = [next((b for b in range(256) if times(a, b) == 1), 0) for a in range(256)]
    return [mixed(value) for value in inverse]


S_BOX = _s_box()


def round_keys(key):
    """FIPS 197 §5.2."""
    words, step, rcon = [key[at:at + 4] for at in range(0, len(key), 4)], len(key) // 4, 1
    for at in range(step, 4 * (step + 7)):
        word = words[-1]
        if at % step == 0:
            word = bytes(S_BOX[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = rcon << 1 ^ (0x11b if rcon & 0x80 else 0)
        elif step > 6 and at % step == 4:
            word = bytes(S_BOX[byte] for byte in word)
        words.append(bytes(a ^ b for a, b in zip(words[at - step], word)))
    return [b"".join(words[at:at + 4]) for at in range(0, len(words), 4)]


def sha1_state(block):
    """SHA-1's five words after one block of 64 bytes (FIPS 180-4 §6.1.2)."""
    def turn(value, count):
        return (value << count | value >> 32 - count) & 0xffffffff

    words = list(struct.unpack("!16I", block))
    for at in range(16, 80):
        words.append(turn(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1))
    start = a, b, c, d, e = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
    for at, word in enumerate(words):
        function, constant = ((b & c | ~b & d, 0x5a827999), (b ^ c ^ d, 0x6ed9eba1),
                              (b & c | b & d | c & d, 0x8f1bbcdc), (b ^ c ^ d, 0xca62c1d6))[at // 20]
        mixed = turn(a, 5) + (function & 0xffffffff) + e + constant + word
        a, b, c, d, e = mixed & 0xffffffff, a, turn(b, 30), c, d
    return [(was + now) & 0xffffffff for was, now in zip(start, (a, b, c, d, e))]


def hmac_states(key):
    """What is left to hash when HMAC's two pads are hashed: as good as the key."""
    return [sha1_state(bytes(byte ^ pad for byte in key.ljust(64, b"\0"))) for pad in (0x36, 0x5c)]


def secrets_of(key):
    """Name → bytes that nobody may find, of a srtp.Key."""
    found = {"master key": key.master_key[-16:]}
    for of, name in ((srtp.RTP, "RTP"), (srtp.RTCP, "RTCP")):
        encryption, authentication, _ = key.session_keys(of)
        schedule = round_keys(encryption)
        found |= {f"{name} round key {number}": schedule[number] for number in (0, 1, len(schedule) - 1)}
        if not srtp.SUITES[key.suite].gcm:
            found[f"{name} authentication key"] = authentication
            for pad, state in zip(("inner", "outer"), hmac_states(authentication)):
                found[f"{name} HMAC {pad} state"] = struct.pack("<5I", *state)
    return found
