"""Parties that speak SRTP, and legs with their keys."""

import base64
import contextlib

from lab import rtp, srtp
from lab.api import local_rtcp, local_rtp
from lab.net import introduce
from lab.party import Party

CM_80 = "AES_CM_128_HMAC_SHA1_80"


def params(api, key, **fields):
    """The API's SrtpParams of a key. lifetime and roc by name."""
    pb = api.pb
    return pb.SrtpParams(suite=pb.SrtpSuite.Value(f"SRTP_SUITE_{key.suite}"), master_key=key.master_key,
                         master_salt=key.master_salt, mki=key.mki, **fields)


def leg(api, leg_id, network, remote=None, receive=None, send=None, **fields):
    """A leg with the keys of what comes from its party and of what goes there."""
    made = api.leg(leg_id, network, remote, **fields)
    for name, key in (("srtp_receive", receive), ("srtp_send", send)):
        if key is not None:
            getattr(made, name).CopyFrom(key if isinstance(key, api.pb.SrtpParams) else params(api, key))
    return made


class SrtpParty(Party):
    """Sends under its own key and opens with the other: the rest of the tests needn't know.

    What send() and receive() give is plain; what was on the wire last is in `sealed`.
    """

    def __init__(self, host, suite=CM_80, own=None, theirs=None, **options):
        super().__init__(host, **options)
        self.own, self.theirs = own or srtp.Key.random(suite), theirs or srtp.Key.random(suite)
        self.sender, self.opener = srtp.Sender(self.own), srtp.Receiver(self.theirs)
        self.sealed = b""

    def hears_with(self, suite, inline):
        """The key that the other side named in its SDP."""
        both, salt = base64.b64decode(inline + "=" * (-len(inline) % 4)), srtp.SUITES[suite].salt
        self.theirs = srtp.Key(suite, both[:-salt], both[-salt:])
        self.opener = srtp.Receiver(self.theirs)

    def leg(self, api, leg_id="a", network="outside", **fields):
        return leg(api, leg_id, network, self.remote, self.own, self.theirs, **fields)

    def send(self, payload=None, marker=False):
        packet = self.stream.next(payload, marker)
        self.sealed = self.sender.rtp(packet)
        self.rtp.sendto(self.sealed, self.to)
        return packet

    def send_rtcp(self, packet=None):
        packet = packet or rtp.sender_report(self.stream.ssrc) + rtp.rtcp(rtp.SDES, count=0)
        self.rtcp.sendto(self.sender.rtcp(packet), self.to_rtcp)
        return packet

    def receive(self, seconds=20):
        packet = super().receive(seconds)
        return packet and self.opener.rtp(packet)

    def receive_rtcp(self, seconds=20):
        packet = super().receive_rtcp(seconds)
        return packet and self.opener.rtcp(packet)


class EitherKey:
    """What a party does that has told its new key and waits for it: both open, and nothing goes back."""

    def __init__(self, former, later):
        self.former, self.later, self.changed = former, later, False

    def rtp(self, packet):
        if not self.changed:
            with contextlib.suppress(srtp.NotGenuine):
                return self.former.rtp(packet)
            self.changed = True
        return self.later.rtp(packet)


def connect(session, **parties):
    """Each party, by its leg's id, sends to where its leg's SDP says."""
    for leg_id, party in parties.items():
        party.calls(local_rtp(session, leg_id), local_rtcp(session, leg_id))
        introduce(party.host, party.to[0])


def half_encrypted(node, a, b, **fields):
    """A call of a, which speaks SRTP, and b, which doesn't."""
    api = node.api
    session = api.create(a.leg(api, **fields), api.leg("b", "inside", b.remote))
    connect(session, a=a, b=b)
    return session
