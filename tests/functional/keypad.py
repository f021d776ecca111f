"""Calls whose parties press keys: legs that take them, phones that press them, and what is told of them."""

import contextlib
import threading
from dataclasses import dataclass

from lab import dtmf
from party import Party
from srtp_party import SrtpParty, connect

PCMA, PCMU, G729 = (8, "PCMA"), (0, "PCMU"), (18, "G729")
OPUS, L16 = (96, "opus", 48000, "", 2), (98, "L16", 16000)
EVENTS = (dtmf.EVENT_TYPE, "telephone-event", 8000, "0-16")
WIDE_EVENTS = (dtmf.EVENT_TYPE, "telephone-event", 48000, "0-16")


def codec(pb, payload_type, encoding, clock_rate=8000, fmtp="", channels=1):
    return pb.Codec(payload_type=payload_type, encoding=encoding, clock_rate=clock_rate, fmtp=fmtp,
                    channels=channels)


def policy(api, **fields):
    """A DtmfPolicy; ways, sends and blocks by their short names: send="IN_BAND", receive_in_band="ON"."""
    pb = api.pb
    made = pb.DtmfPolicy()
    for name, value in fields.items():
        enum = {"send": pb.DtmfSend, "block": pb.DtmfBlock}.get(name)
        if name.startswith("receive_"):
            enum = pb.DtmfReceive
        if enum:
            prefix = enum.DESCRIPTOR.name.replace("Dtmf", "DTMF_").upper()
            value = enum.Value(f"{prefix}_{value}")
        setattr(made, name, value)
    return made


def leg(api, leg_id, network, party, codecs, keys=None, **fields):
    """A leg of a party with these codecs, each a tuple as codec() takes it; keys: the policy's fields."""
    made = (party.leg(api, leg_id, network, **fields) if isinstance(party, SrtpParty)
            else api.leg(leg_id, network, party.remote, **fields))
    made.codecs.extend(codec(api.pb, *entry) for entry in codecs)
    if keys:
        made.dtmf.CopyFrom(policy(api, **keys))
    return made


@dataclass
class Call:
    """A call between a, who presses, and b, who hears."""

    api: object
    id: str
    a: Party
    b: Party
    log: object

    def dial(self, presses, sound, **options):
        """a says the sound and presses keys meanwhile; returns when that is done."""
        dtmf.play(self.a.rtp, self.a.to, dtmf.dialled(sound, presses, self.a.stream, **options),
                  self.a.sender.rtp if isinstance(self.a, SrtpParty) else None)

    @contextlib.contextmanager
    def dialling(self, presses, sound, **options):
        """As dial(), while the block does something else."""
        thread = threading.Thread(target=self.dial, args=(presses, sound), kwargs=options, daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def inject(self, leg_id, digits, **fields):
        request = self.api.media_pb.InjectDtmfRequest(session_id=self.id, leg_id=leg_id, digits=digits,
                                                      **fields)
        return self.api.media.InjectDtmf(request, timeout=60)

    def state(self, leg_id):
        legs = self.api.get(self.id).state.legs
        return next(state for state in legs if state.leg_id == leg_id).dtmf

    def counts(self, leg_id, way):
        """What is counted of this way, by its short name."""
        wanted = self.api.pb.DtmfWay.Value(f"DTMF_WAY_{way}")
        return next(counts for counts in self.state(leg_id).ways if counts.way == wanted)

    def told(self, leg_id="a", outgoing=False):
        """The digits of START events, those of END events, and the END events themselves."""
        pb = self.api.pb
        presses = [event.dtmf for event in self.log.found("DTMF", leg_id=leg_id, outgoing=outgoing)]
        ends = [press for press in presses if press.phase == pb.DTMF_PHASE_END]
        starts = [press for press in presses if press.phase == pb.DTMF_PHASE_START]
        return "".join(p.digit for p in starts), "".join(p.digit for p in ends), ends


@contextlib.contextmanager
def call(node, a, b, a_codecs=(PCMA, EVENTS), b_codecs=(PCMA, EVENTS), a_keys=None, b_keys=None, **b_fields):
    """A call of two parties, and an ear at b: (call, ear)."""
    api = node.api
    session = api.create(leg(api, "a", "outside", a, a_codecs, a_keys),
                         leg(api, "b", "inside", b, b_codecs, b_keys, **b_fields))
    connect(session, a=a, b=b)
    log = api.events(session.session_id)
    try:
        with dtmf.Ear(b.rtp, b.opener.rtp if isinstance(b, SrtpParty) else None) as ear:
            yield Call(api, session.session_id, a, b, log), ear
    finally:
        log.close()


def digits(heard):
    return "".join(key.digit for key in heard)
