"""SRTP in Python (RFC 3711, 6188, 7714): a party for the demo and the tests, written from the RFCs.

One Sender or Receiver is one direction under one master key. There is no replay window: a Receiver takes
every packet that is genuine, so that a test can see what came twice.
"""

import base64
import hmac
import secrets
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@dataclass(frozen=True)
class Suite:
    key: int  # bytes, of the master key and of the session key alike
    salt: int
    rtp_tag: int
    rtcp_tag: int
    gcm: bool = False


SUITES = {
    "AES_CM_128_HMAC_SHA1_80": Suite(16, 14, 10, 10),
    "AES_CM_128_HMAC_SHA1_32": Suite(16, 14, 4, 10),
    "AES_256_CM_HMAC_SHA1_80": Suite(32, 14, 10, 10),
    "AES_256_CM_HMAC_SHA1_32": Suite(32, 14, 4, 10),
    "AEAD_AES_128_GCM": Suite(16, 12, 16, 16, gcm=True),
    "AEAD_AES_256_GCM": Suite(32, 12, 16, 16, gcm=True),
}
RTP, RTCP = 0, 3  # the first of three labels: encryption, authentication, salt (RFC 3711 §4.3.2)


class NotGenuine(ValueError):
    """The key doesn't open the packet."""


def counter_mode(key, initial, data):
    """AES in counter mode; data of zeros gives the key stream."""
    return Cipher(algorithms.AES(key), modes.CTR(initial)).encryptor().update(data)


def derive(master_key, master_salt, label, length):
    """Key derivation, rate zero (RFC 3711 §4.3.1); a salt of 12 bytes has zeros behind (RFC 7714 §11)."""
    start = bytearray(master_salt.ljust(14, b"\0") + b"\0\0")
    start[7] ^= label
    return counter_mode(master_key, bytes(start), bytes(length))


@dataclass(frozen=True)
class Key:
    """Suite, master key and salt, as a=crypto names them."""

    suite: str
    master_key: bytes = field(repr=False)
    master_salt: bytes = field(repr=False)
    mki: bytes = b""

    @classmethod
    def random(cls, suite, mki=b""):
        facts = SUITES[suite]
        return cls(suite, secrets.token_bytes(facts.key), secrets.token_bytes(facts.salt), mki)

    @property
    def inline(self):
        """What stands behind inline: in SDP."""
        return base64.b64encode(self.master_key + self.master_salt).decode()

    @property
    def text(self):
        """As polluxctl takes it, best from a file."""
        mki = f"|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}" if self.mki else ""
        return f"{self.suite}:{self.inline}{mki}"

    def session_keys(self, of):
        """Encryption key, authentication key and salt of RTP or RTCP."""
        facts = SUITES[self.suite]
        lengths = (facts.key, 20, facts.salt)
        return [derive(self.master_key, self.master_salt, of + label, length)
                for label, length in enumerate(lengths)]


class _Direction:
    def __init__(self, key):
        self.key, self.facts = key, SUITES[key.suite]
        self.keys = {of: key.session_keys(of) for of in (RTP, RTCP)}

    def initial(self, salt, ssrc, index):
        """Counter of counter mode (§4.1.1), or GCM's nonce (RFC 7714 §8.1, 9.1): they are laid out alike."""
        if self.facts.gcm:
            where = struct.pack("!HI", 0, ssrc) + index.to_bytes(6, "big")
        else:
            where = struct.pack("!IIQ", 0, ssrc, index << 16)
        return bytes(a ^ b for a, b in zip(where, salt.ljust(len(where), b"\0")))

    def tag(self, of, data, length):
        return hmac.digest(self.keys[of][1], data, "sha1")[:length]


def header_length(packet):
    """CSRCs and header extension count: they are authenticated, not encrypted."""
    length = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        length += 4 + 4 * struct.unpack_from("!H", packet, length + 2)[0]
    return length


class Sender(_Direction):
    """Encrypts. Counts rollovers by itself, for packets that are sent about in order."""

    def __init__(self, key, roc=0):
        super().__init__(key)
        self.roc, self.highest, self.rtcp_index = roc, {}, 0

    def _roc(self, ssrc, sequence):
        roc, highest = self.highest.get(ssrc, (self.roc, sequence))
        if sequence < highest and highest - sequence > 0x8000:
            roc += 1
        elif sequence > highest and sequence - highest > 0x8000:
            return roc - 1
        self.highest[ssrc] = roc, sequence
        return roc

    def rtp(self, packet):
        sequence, _, ssrc = struct.unpack_from("!HII", packet, 2)
        roc, length = self._roc(ssrc, sequence), header_length(packet)
        header, payload = packet[:length], packet[length:]
        encryption, _, salt = self.keys[RTP]
        initial = self.initial(salt, ssrc, roc << 16 | sequence)
        if self.facts.gcm:
            return header + AESGCM(encryption).encrypt(initial, payload, header) + self.key.mki
        sealed = header + counter_mode(encryption, initial, payload)
        return sealed + self.key.mki + self.tag(RTP, sealed + struct.pack("!I", roc), self.facts.rtp_tag)

    def rtcp(self, packet):
        self.rtcp_index += 1
        header, content = packet[:8], packet[8:]
        word = struct.pack("!I", 1 << 31 | self.rtcp_index)
        encryption, _, salt = self.keys[RTCP]
        initial = self.initial(salt, struct.unpack_from("!I", packet, 4)[0], self.rtcp_index)
        if self.facts.gcm:
            return header + AESGCM(encryption).encrypt(initial, content, header + word) + word + self.key.mki
        sealed = header + counter_mode(encryption, initial, content) + word
        return sealed + self.key.mki + self.tag(RTCP, sealed, self.facts.rtcp_tag)


class Receiver(_Direction):
    """Decrypts what is genuine, and raises NotGenuine at the rest."""

    def __init__(self, key, roc=0):
        super().__init__(key)
        self.roc, self.highest = roc, {}

    def _guess(self, ssrc, sequence):
        """RFC 3711 §3.3.1."""
        roc, highest = self.highest.get(ssrc, (self.roc, sequence))
        if sequence - highest > 0x8000:
            return max(roc - 1, 0)
        return roc + 1 if highest - sequence > 0x8000 else roc

    def _split(self, packet, tag):
        """Sealed part and tag, without the MKI."""
        mki = len(self.key.mki)
        end = len(packet) - mki - (0 if self.facts.gcm else tag)
        if packet[end:end + mki] != self.key.mki:
            raise NotGenuine("another MKI")
        return packet[:end], packet[end + mki:]

    def rtp(self, packet):
        sequence, _, ssrc = struct.unpack_from("!HII", packet, 2)
        roc, length = self._guess(ssrc, sequence), header_length(packet)
        encryption, _, salt = self.keys[RTP]
        initial = self.initial(salt, ssrc, roc << 16 | sequence)
        sealed, tag = self._split(packet, self.facts.rtp_tag)
        header, payload = sealed[:length], sealed[length:]
        if self.facts.gcm:
            plain = self._open_gcm(encryption, initial, payload, header)
        else:
            self._check(tag, self.tag(RTP, sealed + struct.pack("!I", roc), self.facts.rtp_tag))
            plain = counter_mode(encryption, initial, payload)
        self.highest[ssrc] = max(self.highest.get(ssrc, (0, 0)), (roc, sequence))
        return header + plain

    def rtcp(self, packet):
        encryption, _, salt = self.keys[RTCP]
        sealed, tag = self._split(packet, self.facts.rtcp_tag)
        header, content, word = sealed[:8], sealed[8:-4], sealed[-4:]
        index = struct.unpack("!I", word)[0]
        initial = self.initial(salt, struct.unpack_from("!I", packet, 4)[0], index & 0x7fffffff)
        if not index >> 31:
            raise NotGenuine("SRTCP that isn't encrypted")
        if self.facts.gcm:
            return header + self._open_gcm(encryption, initial, content, header + word)
        self._check(tag, self.tag(RTCP, sealed, self.facts.rtcp_tag))
        return header + counter_mode(encryption, initial, content)

    @staticmethod
    def _check(tag, expected):
        if not hmac.compare_digest(tag, expected):
            raise NotGenuine("wrong tag")

    @staticmethod
    def _open_gcm(key, nonce, sealed, associated):
        try:
            return AESGCM(key).decrypt(nonce, sealed, associated)
        except InvalidTag as error:
            raise NotGenuine("wrong tag") from error
