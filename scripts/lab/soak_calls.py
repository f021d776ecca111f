"""The calls of a soak run: what kinds there are, how each is made, changed and ended.

A call's life, and each change of it, is a generator that yields how many seconds it has to wait: the driver
turns them all, in one thread.
"""

from dataclasses import dataclass

from lab import sip, srtp
from lab.api import local_rtcp, local_rtp
from lab.party import Party
from lab.sdp_party import description
from lab.soak_media import Voice
from lab.srtp_party import EitherKey, SrtpParty, leg as srtp_leg

SUITES = tuple(srtp.SUITES)
CODECS = {"PCMA": (8, 160, ""), "PCMU": (0, 160, ""), "G722": (9, 160, ""), "G729": (18, 20, "annexb=no"),
          "telephone-event": (101, 0, "0-16")}  # payload type, bytes of 20 ms, fmtp
LAST_PACKETS = 0.5  # s, until the last packets have arrived
UNSETTLED = 1.5  # s, after a party has moved by media alone
MOVED, CHANGED = 0.3, 0.1  # s, after signalling has moved a party, or changed anything else
REPLACE = ["origin", "session-connection"]
UNTOUCHED = 2.0  # s between two changes of a call, and from its begin to the first


@dataclass(frozen=True)
class Side:
    """How one party talks. listed: its leg names codecs; ptime: what it wants to get, if that isn't 20 ms."""

    speaks: str = "PCMA"
    srtp: bool = False
    listed: bool = False
    events: bool = False
    ptime: int = 0

    @property
    def formats(self):
        return (self.speaks, "telephone-event") if self.events else (self.speaks,)


@dataclass(frozen=True)
class Kind:
    name: str
    share: int  # of all calls, beside those of the others
    a: Side
    b: Side
    way: str = "session"  # or "offer": OfferAnswerService, or "ng": pollux-ng

    @property
    def exact(self):
        """Media passes as it is."""
        return self.a.speaks == self.b.speaks and not (self.a.ptime or self.b.ptime or self.a.events)


LISTED, KEYS = Side(listed=True), Side(listed=True, events=True)
KINDS = (
    Kind("plain", 6, Side(), Side()),
    Kind("srtp-rtp", 6, Side(srtp=True), Side()),
    Kind("srtp-srtp", 4, Side(srtp=True), Side(srtp=True)),
    Kind("alaw-ulaw", 3, LISTED, Side("PCMU", listed=True)),
    Kind("alaw-g722", 2, LISTED, Side("G722", listed=True, srtp=True)),
    Kind("alaw-g729", 2, LISTED, Side("G729", listed=True)),
    Kind("packets", 3, Side(listed=True, ptime=20), Side(listed=True, ptime=40)),
    Kind("keys", 3, KEYS, KEYS),
    Kind("tones", 2, KEYS, Side("PCMU", listed=True)),
    Kind("offer", 4, Side(events=True), Side(events=True), "offer"),
    Kind("sdes", 3, Side(events=True, srtp=True), Side(events=True), "offer"),
    Kind("ng", 5, Side(events=True), Side(events=True), "ng"),
)


class Call:
    """A call between a, outside, and b, inside. Other ways of making calls are classes below."""

    CHANGES = ("move_by_media", "move_by_signalling", "hold", "press", "inject", "rekey")

    def __init__(self, soak, kind, number, seconds):
        self.soak, self.kind, self.seconds = soak, kind, seconds
        self.id = self.session_id = f"soak-{kind.name}-{number}"
        self.began, self.live, self.busy, self.last_drops = 0.0, False, False, {}
        self.a, self.b = (self._voice(side, host, near) for side, host, near in
                          ((kind.a, soak.lab.h1, True), (kind.b, soak.lab.h2, False)))
        self.a.peer, self.b.peer = self.b, self.a
        self.a.hears, self.b.hears = kind.a.ptime or self.b.says, kind.b.ptime or self.a.says

    @property
    def voices(self):
        return self.a, self.b

    def _voice(self, side, host, near):
        rng, (payload_type, size, _) = self.soak.rng, CODECS[side.speaks]
        says = side.ptime or 20
        options = {"payload_type": payload_type, "samples": 8 * says, "sequence": rng.randrange(0x10000),
                   "version": 6 if self.kind.way == "session" and rng.random() < 0.2 else 4}
        party = (SrtpParty(host, rng.choice(SUITES), **options) if side.srtp else Party(host, **options))
        return Voice(party, near, says=says, payload=size * says // 20, hears_type=payload_type,
                     exact=self.kind.exact)

    # -- its life
    def life(self):
        """From its making to its end; the driver ends it early by `seconds`."""
        self.make()
        self.live, self.began = True, self.soak.now()
        for voice in self.voices:
            self.soak.engine.do(lambda voice=voice: self.soak.engine.add(voice))
            voice.loud = True
        while self.soak.now() < self.began + self.seconds:
            yield 0.2
        self.live = False
        in_flight = self.soak.rng.random() < 0.5  # it ends while the parties still talk
        if in_flight:
            for voice in self.voices:
                voice.excuse(60)
            self.unmake()
            yield LAST_PACKETS
        for voice in self.voices:
            voice.loud = False
        if not in_flight:
            yield LAST_PACKETS
            self.unmake()
        for voice in self.voices:
            self.soak.engine.do(lambda voice=voice: self.soak.engine.remove(voice))

    def make(self):
        api, pb = self.soak.api, self.soak.api.pb
        spec = pb.SessionSpec(legs=[self._leg("a", "outside", self.a.party, self.kind.a),
                                    self._leg("b", "inside", self.b.party, self.kind.b)])
        session = api.sessions.Create(pb.CreateRequest(session_id=self.id, spec=spec), timeout=30)
        for leg_id, voice in (("a", self.a), ("b", self.b)):
            voice.party.calls(local_rtp(session, leg_id), local_rtcp(session, leg_id))

    def _leg(self, leg_id, network, party, side):
        api, fields = self.soak.api, {"source_policy": "MEDIA_HANDOVER", "ptime_ms": side.ptime}
        made = (party.leg(api, leg_id, network, **fields) if side.srtp
                else api.leg(leg_id, network, party.remote, **fields))
        if side.listed:
            for name in side.formats:
                payload_type, _, fmtp = CODECS[name]
                made.codecs.add(payload_type=payload_type, encoding=name, fmtp=fmtp)
        return made

    def unmake(self):
        self.last_drops = drops_of(self.soak.api.delete(self.id))

    def excuse(self, seconds):
        for voice in self.voices:
            voice.excuse(seconds)

    # -- its changes
    def changes(self):
        """Those that make sense for it."""
        sides = (self.kind.a, self.kind.b)
        keys = self.kind.a.events
        return [change for change in self.CHANGES if
                (change != "rekey" or any(side.srtp for side in sides)) and
                (change not in ("press", "inject") or keys)]

    def some_side(self):
        """(leg_id, network, voice, side)"""
        return self.soak.rng.choice((("a", "outside", self.a, self.kind.a),
                                     ("b", "inside", self.b, self.kind.b)))

    def _update(self, leg_id, network, remote, *fields, **values):
        self.soak.api.update_leg(self.id, self.soak.api.leg(leg_id, network, remote, **values), *fields)

    def change(self, name):
        """The named change, and the rest after it. Nothing else changes it meanwhile."""
        self.busy = True
        try:
            yield from getattr(self, name)()
            yield UNTOUCHED
        finally:
            self.busy = False

    def move_by_media(self):
        """A NAT forgets: the party comes from another port, and nobody tells."""
        _, _, voice, _ = self.some_side()
        self.excuse(UNSETTLED)
        self.soak.engine.do(lambda: self.soak.engine.rebind(voice))
        yield UNSETTLED

    def move_by_signalling(self):
        leg_id, network, voice, _ = self.some_side()
        self.excuse(MOVED)
        self.soak.engine.do(lambda: self.soak.engine.rebind(voice))
        self._update(leg_id, network, voice.party.remote, "remote_rtp")
        yield MOVED

    def hold(self):
        leg_id, network, _, _ = self.some_side()
        self.excuse(60)
        direction = self.soak.rng.choice(("SENDONLY", "RECVONLY", "INACTIVE"))
        self._update(leg_id, network, None, "direction", direction=direction)
        yield self.soak.rng.uniform(0.5, 2)
        if self.live:
            self._update(leg_id, network, None, "direction")
            for voice in self.voices:
                voice.excused_until = self.soak.now() + CHANGED

    def press(self):
        """RFC 4733 from a's phone; it comes out at b as events or tones."""
        self.a.press(self.soak.rng.choice("0123456789*#"))
        yield 0.5

    def inject(self):
        media_pb = self.soak.api.media_pb
        leg_id = self.soak.rng.choice(self.soak.api.get(self.session_id).spec.legs).leg_id
        digits = "".join(self.soak.rng.choices("0123456789*#ABCD", k=self.soak.rng.randrange(1, 4)))
        self.soak.api.media.InjectDtmf(media_pb.InjectDtmfRequest(
            session_id=self.session_id, leg_id=leg_id, digits=digits, duration_ms=80,
            pressed_by_party=self.soak.rng.random() < 0.5), timeout=30)
        yield 0.5

    def rekey(self):
        """Both directions of a leg: polluxd sends under the new key at once, the party a moment later."""
        leg_id, network, voice, _ = self.soak.rng.choice(
            [side for side in (("a", "outside", self.a, self.kind.a), ("b", "inside", self.b, self.kind.b))
             if side[3].srtp])
        party, suite = voice.party, self.soak.rng.choice(SUITES)
        own, theirs = srtp.Key.random(suite), srtp.Key.random(suite)
        party.opener = EitherKey(party.opener, srtp.Receiver(theirs))
        self.soak.api.update_leg(self.id, srtp_leg(self.soak.api, leg_id, network, receive=own, send=theirs),
                                 "srtp_receive", "srtp_send")
        yield self.soak.rng.uniform(0.1, 0.5)
        party.sender = srtp.Sender(own)
        yield 0.5
        party.opener = party.opener.later


class OfferedCall(Call):
    """A call by offer and answer over gRPC; with SRTP its keys are in the SDP."""

    CHANGES = ("hold", "move_by_signalling", "press", "inject")
    version = 1

    def make(self):
        self.exchange(self.a, self.b, "from", "to", first=True)

    def exchange(self, offerer, answerer, from_tag, to_tag, first=False, direction="sendrecv"):
        """One offer and its answer; both parties do what they are told."""
        answering = {"sendonly": "recvonly"}.get(direction, direction)
        for_answerer = self.offer(description(offerer.party, version=self.version, direction=direction),
                                  from_tag, "" if first else to_tag)
        for_offerer = self.answer(description(answerer.party, offer=for_answerer, version=self.version,
                                              direction=answering), from_tag, to_tag)
        self.version += 1
        for party, text in ((answerer.party, for_answerer), (offerer.party, for_offerer)):
            party.calls(sip.media_of(text))
            if isinstance(party, SrtpParty):
                _, suite, inline = sip.crypto_of(text, party.own.suite)
                if inline.rstrip("=") != party.theirs.inline.rstrip("="):
                    party.hears_with(suite, inline)

    def offer(self, sdp, from_tag, to_tag):
        pb = self.soak.api.calls_pb
        networks, to_side = ((("outside", "inside"), self.kind.b) if from_tag == "from" else
                             (("inside", "outside"), self.kind.a))
        profile = "SAVP" if to_side.srtp else "AVP"
        response = self.soak.api.calls.Offer(pb.OfferRequest(
            call_id=self.id, from_tag=from_tag, to_tag=to_tag, sdp=sdp.encode(),
            options=pb.SdpOptions(from_network=networks[0], to_network=networks[1], transport_profile=(
                pb.TransportProfile.Value(f"TRANSPORT_PROFILE_RTP_{profile}")))), timeout=30)
        self.session_id = response.session_id
        return response.sdp.decode()

    def answer(self, sdp, from_tag, to_tag):
        pb = self.soak.api.calls_pb
        return self.soak.api.calls.Answer(pb.AnswerRequest(
            call_id=self.id, from_tag=from_tag, to_tag=to_tag, sdp=sdp.encode(), final=True),
            timeout=30).sdp.decode()

    def unmake(self):
        pb = self.soak.api.calls_pb
        ended = self.soak.api.calls.DeleteCall(pb.DeleteCallRequest(call_id=self.id), timeout=30)
        self.last_drops = drops_of(ended.session)

    def again(self, **options):
        """A re-INVITE of the one or the other."""
        roles = [(self.a, self.b, "from", "to"), (self.b, self.a, "to", "from")]
        self.exchange(*self.soak.rng.choice(roles), **options)

    def hold(self):
        self.excuse(60)
        self.again(direction=self.soak.rng.choice(("sendonly", "inactive")))
        yield self.soak.rng.uniform(0.5, 2)
        if self.live:
            self.again()
            for voice in self.voices:
                voice.excused_until = self.soak.now() + CHANGED

    def move_by_signalling(self):
        voice, peer, *tags = self.soak.rng.choice([(self.a, self.b, "from", "to"),
                                                   (self.b, self.a, "to", "from")])
        self.excuse(MOVED)
        self.soak.engine.do(lambda: self.soak.engine.rebind(voice))
        self.exchange(voice, peer, *tags)
        yield MOVED


class ProxyRefused(RuntimeError):
    """What pollux-ng says instead of ok; cause: the reason of polluxd, if it has one."""

    def __init__(self, command, reply):
        super().__init__(f"pollux-ng, {command}: {reply}")
        self.cause = reply.get("pollux-cause", "")


class ProxiedCall(OfferedCall):
    """A call by the NG protocol, through pollux-ng."""

    CHANGES = ("hold", "move_by_signalling", "press")

    def ask(self, command, **keys):
        reply = self.soak.ng.ask(command, call_id=self.id, **keys)
        if reply.get("result") != "ok":
            raise ProxyRefused(command, reply)
        return reply

    def offer(self, sdp, from_tag, to_tag):
        networks = ["outside", "inside"] if from_tag == "from" else ["inside", "outside"]
        return self.ask("offer", sdp=sdp, from_tag=from_tag, direction=networks,
                        replace=REPLACE, **({"to_tag": to_tag} if to_tag else {}))["sdp"]

    def answer(self, sdp, from_tag, to_tag):
        return self.ask("answer", sdp=sdp, from_tag=from_tag, to_tag=to_tag,
                        replace=REPLACE)["sdp"]

    def unmake(self):
        self.ask("delete", from_tag="from")


CLASSES = {"session": Call, "offer": OfferedCall, "ng": ProxiedCall}


def drops_of(session):
    """Leg and reason → packets that ended there."""
    return {f"{leg.leg_id}: {drop.reason}": drop.packets for leg in session.state.legs for drop in leg.drops}
