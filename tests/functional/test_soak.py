"""The soak run itself: a short one ends where it began, and what is left behind is found."""

import json
import subprocess
import sys
import threading
import time

import grpc
import pytest
from api import wait_until
from lab import hostile, node as lab_node, rtp, soak_held
from lab.soak_media import Voice
from lab.soak_verdict import baseline, complaints, compare
from party import Party
from srtp_party import SrtpParty, half_encrypted

HELD = {"sessions": 0, "local ports in use": 0, "free packet buffers": 8192, "captures that can begin": 8,
        "polluxd RSS, KiB": 80000, "polluxd threads": 23}


def wrong(after, before=HELD, **options):
    return [row.name for row in compare(before, after, **options) if not row.good]


@pytest.mark.parametrize("name,change", [
    ("sessions", 1), ("local ports in use", 1), ("local ports in use", -1), ("free packet buffers", -1),
    ("free packet buffers", 1), ("captures that can begin", -1), ("polluxd RSS, KiB", 4097),
    ("polluxd threads", 3)])
def test_one_left_is_found(name, change):
    assert wrong({**HELD, name: HELD[name] + change}) == [name]


def test_what_may_grow_a_little():
    assert not wrong(HELD)
    assert not wrong({**HELD, "polluxd RSS, KiB": 84096, "polluxd threads": 25})
    assert not wrong({**HELD, "polluxd RSS, KiB": 70000})
    assert not wrong({**HELD, "polluxd RSS, KiB": 800000}, unjudged=("polluxd RSS, KiB",))


def test_what_the_warm_up_leaves_is_found():
    warmed_up = {**HELD, "sessions": 1, "polluxd RSS, KiB": 90000}
    before = baseline(HELD, warmed_up)
    assert before["polluxd RSS, KiB"] == 90000
    assert wrong(warmed_up, before) == ["sessions"]


def test_a_figure_that_is_missing_is_no_good_one():
    less = {name: value for name, value in HELD.items() if name != "sessions"}
    assert wrong(less) == wrong(HELD, before=less) == ["sessions"]


def test_complaints_of_a_log():
    quiet = "2026-11-26T10:17:43.683Z info  2 errors in 3 warnings\n2026-11-26T10:17:43Z debug x\n"
    loud = ["2026-11-26T10:17:43.683Z warning dpdk: EAL", "2026-11-26T10:17:43.683Z error x",
            "==7==ERROR: LeakSanitizer: detected memory leaks", "x.cpp:3:1: runtime error: shift"]
    assert complaints(quiet + "\n".join(loud)) == loud
    hangs = "2026-11-26T10:46:47.831Z error the control thread hangs: no call is answered"
    assert complaints(hangs) == [hangs]
    assert complaints(hangs + "\n" + "\n".join(loud), starved=True) == loud


class Recorder:
    """A party that only writes down what it would send."""

    def __init__(self, ssrc):
        self.stream, self.rtp, self.to, self.sent = rtp.Stream(ssrc), self, None, []

    def sendto(self, packet, _):
        self.sent.append(packet)

    def send_rtcp(self, packet):
        pass


@pytest.fixture
def pair():
    a, b = (Voice(Recorder(ssrc), near=True, exact=True) for ssrc in (1, 2))
    a.peer, b.peer = b, a
    return a, b


def test_a_voice_hears_its_peer_and_nobody_else(pair):
    a, b = pair
    for _ in range(100):
        a.speak(time.monotonic())
    genuine = a.party.sent
    for packet in genuine[:90]:
        b.hear(packet)
    assert (b.share_heard(), b.foreign) == (0.9, 0)
    other, later = rtp.Stream(3).next(), genuine[0][:2] + genuine[1][2:4] + genuine[0][4:]
    strange = genuine[0][:-4] + hostile.MARK
    for number, packet in enumerate((other, later, strange), 1):
        b.hear(packet)
        assert b.foreign == number


def test_what_is_excused_counts_neither_way(pair):
    a, b = pair
    for excused in (False, True):
        if excused:
            a.excuse(60)
        for _ in range(60):
            a.speak(time.monotonic())
    for packet in a.party.sent:
        b.hear(packet)
    assert (a.excused, b.received) == (60, 0)
    a.excused_until = 0.0
    for packet in a.party.sent[:30]:
        b.hear(packet)
    assert b.share_heard() == 0.5


def test_nothing_heard_is_told_apart_from_nothing_said(pair):
    a, b = pair
    assert b.share_heard() is None
    for _ in range(60):
        a.speak(time.monotonic())
    assert b.share_heard() == 0


@pytest.fixture
def watched(start, keeper):
    settings = keeper.settings()
    settings["metrics"] = {"listen": ["%s:%d" % soak_held.METRICS]}
    return start(settings)


def held(node, ignored=("polluxd RSS, KiB", "polluxd threads", "polluxd open files")):
    return {name: value for name, value in soak_held.by_node(node).items() if name not in ignored}


def test_a_call_that_is_left_is_seen(lab, watched):
    """Each figure is one that a session, its keys, ports and watchers move, and that comes back."""
    before = held(watched)
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        session = half_encrypted(watched, a, b)
        events = watched.api.events()
        wait_until(lambda: "event watchers" in wrong(held(watched), before), what="the watcher to be counted")
        assert wrong(held(watched), before) == ["sessions", "sessions on workers", "local ports in use",
                                                "event watchers", "memory in use for keys, 64 B"]
        events.close()
        watched.api.delete(session.session_id)
    wait_until(lambda: not wrong(held(watched), before), what="all to be given back")


def test_a_capture_that_goes_on_is_seen(watched):
    api = watched.api
    stream = api.node.Capture(api.node_pb.CaptureRequest(unmatched=api.node_pb.UnmatchedFilter(port=9)))

    def read():
        try:
            list(stream)
        except grpc.RpcError:
            pass  # it was cancelled
    reader = threading.Thread(target=read)
    reader.start()
    most = soak_held.ALL_CAPTURES
    wait_until(lambda: soak_held.captures_free(api) == most - 1, what="the capture's beginning")
    stream.cancel()
    reader.join()
    wait_until(lambda: soak_held.captures_free(api) == most, what="the capture's end")


def soak(*arguments):
    """(exit status, what it says). One that takes too long still takes down its lab."""
    program = lab_node.REPOSITORY / "scripts" / "lab" / "soak.py"
    with subprocess.Popen([sys.executable, "-B", str(program), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            said, _ = running.communicate(timeout=150)
        except BaseException:
            running.terminate()
            running.wait(30)
            raise
    return running.returncode, said


def test_a_short_run(tmp_path):
    """With everything that a long one does, only less often."""
    told = tmp_path / "soak.json"
    status, said = soak("0.2", "--calls", "16", "--life", "4-8", "--seed", "7", "--json", str(told))
    assert status == 0, said
    assert "VERDICT: it ended where it began." in said
    result = json.loads(told.read_text(encoding="utf-8"))
    counted = result["counted"]
    assert counted["calls ended"] == counted["calls made"] > 16
    for what in ("captures", "event watchers", "reloads", "looks", "runs of polluxctl", "packets captured"):
        assert counted[what] > 0, what
    assert result["sent"] > 5000 and result["directions"] > 10
    assert sum(result["hostile"].values()) == pytest.approx(result["sent"] / 100, abs=2)
    assert {"srtp_authentication_failed", "not_media", "rtp_malformed"} <= result["dropped"].keys()
