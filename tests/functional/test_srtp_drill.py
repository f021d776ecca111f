"""Calls that are silent because of SRTP, found with polluxctl alone: the manual's table, row by row."""

import re

import pytest
from drill import MANUAL, Console, Talk, talking
from lab import rtp, srtp
from party import Party
from srtp_party import SrtpParty, connect, leg, params

HEADING = "SRTP: no audio"
DTLS = bytes.fromhex("16fefd0000000000000000003a") + bytes(58)  # as a handshake begins


def rows():
    """What the verdict says, and the drop reasons beside it, of each row in the manual's table."""
    section = re.search(rf"^## {HEADING}$(.*?)(?=^## )", MANUAL.read_text(encoding="utf-8"),
                        re.MULTILINE | re.DOTALL)[1]
    table = re.findall(r"^\| ([^|]*) \|", section, re.MULTILINE)[1:]  # behind the heading
    return [(row[:row.index(" (")], re.findall(r"`(\w+)`", row)) for row in table]


@pytest.fixture
def console(start, keeper):
    settings = keeper.settings()
    settings["timeouts"] = {"one_way_audio": "1s"}
    settings["srtp"] = {"streams_per_key": 2}
    return Console(start(settings))


class Case:
    """A call of a, who speaks SRTP, and b, with one thing wrong. Sends until the block ends."""

    def __init__(self, console, a, b):
        self.console, self.api, self.a, self.b = console, console.node.api, a, b

    def call(self, leg_a, leg_b=None):
        self.session = self.console.call(leg_a, leg_b or self.api.leg("b", "inside", self.b.remote))
        connect(self.session, a=self.a, b=self.b)

    def leg_a(self, **keys):
        return leg(self.api, "a", "outside", self.a.remote, **keys)


def wrong_key(case):
    case.call(case.leg_a(receive=case.a.theirs, send=case.a.own))  # mixed up
    return talking(case.a)


def plain_rtp(case):
    case.call(case.a.leg(case.api))
    case.a.send = lambda _=None: case.a.rtp.sendto(case.a.stream.next(), case.a.to)
    return talking(case.a)


def no_receive_key(case):
    case.call(case.leg_a(send=case.a.theirs))
    return talking(case.a)


def no_send_key(case):
    """The other way round: a speaks plainly, and b is the one that gets nothing."""
    case.call(case.api.leg("a", "outside", case.a.remote),
              leg(case.api, "b", "inside", case.b.remote, receive=case.b.own))
    case.a.send = lambda _=None: case.a.rtp.sendto(case.a.stream.next(), case.a.to)
    return talking(case.a)


def other_mki(case):
    key = case.a.own
    told = srtp.Key(key.suite, key.master_key, key.master_salt, mki=b"\1")
    case.a.sender = srtp.Sender(srtp.Key(key.suite, key.master_key, key.master_salt, mki=b"\2"))
    case.call(case.leg_a(receive=told, send=case.a.theirs))
    return talking(case.a)


def expired(case):
    case.call(case.leg_a(receive=params(case.api, case.a.own, lifetime=1024), send=case.a.theirs))
    for _ in range(1100):
        case.a.send()
    return talking(case.a)


def restarted(case):
    case.call(case.a.leg(case.api))
    for _ in range(200):
        case.a.send()
    case.a.sender = srtp.Sender(case.a.own)
    case.a.stream.sequence -= 200
    case.a.stream.timestamp -= 200 * case.a.stream.samples
    return Talk(case.a, before_each=lambda count: count == 150 and setattr(case.a.stream, "sequence", 1000))


def many_streams(case):
    case.call(case.a.leg(case.api))
    for _ in range(2):
        case.a.send()
        case.a.stream.ssrc += 1
    return talking(case.a)


def plain_rtcp(case):
    case.call(case.a.leg(case.api))
    report = rtp.sender_report(case.a.stream.ssrc, rtp_timestamp=0) + rtp.rtcp(rtp.SDES, count=0)
    case.a.send = lambda _=None: case.a.rtcp.sendto(report, case.a.to_rtcp)
    return talking(case.a)


def dtls(case):
    case.call(case.a.leg(case.api))
    case.a.send = lambda _=None: case.a.rtp.sendto(DTLS, case.a.to)
    return talking(case.a)


FAULTS = [
    ("what a sends can't be opened with its key", wrong_key),
    ("what a sends can't be opened with its key", plain_rtp),
    ("there is no key to open them with", no_receive_key),
    ("receiving, but b has no key to be sent with", no_send_key),
    ("name a key that the leg doesn't have", other_mki),
    ("has expired", expired),
    ("came before or are too old", restarted),
    ("more SSRCs under one key than the node tells apart", many_streams),
    ("no SRTP as agreed", plain_rtcp),
    ("neither RTP nor RTCP", dtls),
]


def test_each_row_of_the_manual_is_drilled():
    assert {phrase for phrase, _ in FAULTS} == {phrase for phrase, _ in rows()}
    assert all(reasons for _, reasons in rows())


@pytest.mark.parametrize("phrase,fault", FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_srtp_drill(lab, console, phrase, fault):
    reasons = dict(rows())[phrase]
    with SrtpParty(lab.h1) as a, (SrtpParty if fault is no_send_key else Party)(lab.h2) as b:
        case = Case(console, a, b)
        with fault(case), Talk(b):
            call = case.session.session_id
            shown = console.until([phrase, *(f"{reason} " for reason in reasons)], "session", "show", call)
            console.until(["one way: a → b: "], "session", "list")
            console.until([*reasons], "stats", "--drops")
    verdict, advice = re.search(r"^a → b: (.*)\n  what to do: (.*)$", shown, re.MULTILINE).groups()
    assert phrase in verdict, shown
    if reasons != ["not_media"]:
        assert any(re.search(rf"\((.*, )?{reason} \d", verdict) for reason in reasons), verdict
    assert re.search("leg [ab]|SRTP", advice), advice
    said = str(console.shown)
    for key in (a.own, a.theirs):
        assert key.inline[:12] not in said and key.master_key.hex() not in said


def test_lifetime_is_told_before_it_ends(lab, console):
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        case = Case(console, a, b)
        with expired(case):
            console.until(["leg a: the key of what it sends nears its end: re-key",
                           "leg a: the key of what it sends HAS EXPIRED"],
                          "events", "--session", case.session.session_id)


def test_what_shows_no_fault_shows_each_direction(lab, console):
    """A direction in which packets are counted has the right key."""
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        case = Case(console, a, b)
        case.call(a.leg(case.api))
        with talking(a, b):
            shown = console.until(["leg a SRTP received: AES_CM_128_HMAC_SHA1_80, ",
                                   "leg a SRTP sent: AES_CM_128_HMAC_SHA1_80, ",
                                   "a → b: receiving, forwarding to", "b → a: receiving, forwarding to"],
                                  "session", "show", case.session.session_id)
    stream = f"SSRC 0x{a.stream.ssrc:08x} at ROC 0"
    assert re.search(f"received: .* RTP and 0 RTCP packets opened, {stream}", shown)
    assert "what to do" not in shown
