"""Parties as signalling sees them: what their SDP says, and what they do when they get one."""

from lab import dtmf, sip
from lab.net import introduce
from lab.srtp_party import SrtpParty

FORMATS = ((8, "PCMA/8000"), (dtmf.EVENT_TYPE, "telephone-event/8000"))


def description(party, formats=FORMATS, offer="", **options):
    """The SDP of a party; one that speaks SRTP says its key. offer: what it answers to."""
    key = None
    if isinstance(party, SrtpParty):
        offered = sip.crypto_of(offer, party.own.suite)
        key = offered[0] if offered else 1, party.own.suite, party.own.inline
    return sip.sdp(*party.remote, formats, key=key, **options)


def take(party, sdp):
    """The party sends to where the SDP says, and knows the key that is in it."""
    party.calls(sip.media_of(sdp))
    introduce(party.host, party.to[0])
    if isinstance(party, SrtpParty):
        party.hears_with(*sip.crypto_of(sdp, party.own.suite)[1:])
