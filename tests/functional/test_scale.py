"""Very many sessions in one polluxd without traffic: memory, lists, events, start-up; all of it given back.

POLLUX_SCALE_SESSIONS (5000) and POLLUX_SCALE_ROUNDS (3) change that: docs/performance.md, "Scale".
"""

import os
import tempfile
import time

import pytest

from api import Api, wait_until
from lab import node as lab_node
import load_lab
import scale_lab
from time_limit import within

SESSIONS = int(os.environ.get("POLLUX_SCALE_SESSIONS", "5000"))
ROUNDS = int(os.environ.get("POLLUX_SCALE_ROUNDS", "3"))
START_SECONDS = 3
# What a session of two legs adds, RTP and RTCP on ports of their own. Its endpoints, another 1.5 KiB, are set
# aside at start.
KIB_PER_SESSION = {"relay": 5, "mux": 5, "codecs": 14}
# What the first sessions bring besides: the log of events, arenas of gRPC and malloc.
FIRST_KIB = 6144
# Between the end of the second round and that of the last: arenas of gRPC and malloc move a little.
STEADY_KIB = 2048
LONGEST_MS = 400  # of a Create while all sessions are being listed; the machine may be busy


@pytest.fixture(autouse=True)
def bounded():
    """In place of the usual limit; a slow machine makes and ends 1,000 sessions a second."""
    with within(120 + ROUNDS * SESSIONS // 400):
        yield


@pytest.fixture
def node(stubs):
    """Fresh, since malloc keeps what sessions before have had."""
    with tempfile.TemporaryDirectory(prefix="plx-") as folder:
        running = lab_node.Node(load_lab.Here, scale_lab.configuration(folder, SESSIONS + 1000), folder)
        try:
            running.start()
            running.api = Api(running, stubs)
            yield running
            running.api.close()
            assert running.stop(60) == 0, running.log()
        finally:
            running.kill()
            print(running.log())


def check_nothing_is_left(api):
    wait_until(lambda: not any(network.ports_used for network in api.info().networks), what="all ports free")
    assert api.stats().sessions.active == 0


def start_up_seconds(note):
    with tempfile.TemporaryDirectory(prefix="plx-") as folder:
        running = lab_node.Node(load_lab.Here, scale_lab.configuration(folder, 100_000), folder)
        try:
            began = time.monotonic()
            running.start()
            took = time.monotonic() - began
            note("start-up", f"{took:.2f} s, {scale_lab.settled_rss(running.process.pid) // 1024} MiB")
            assert running.stop() == 0
            return took
        finally:
            running.kill()


def test_it_serves_soon_with_room_for_a_hundred_thousand(note):
    """The best of three, since a machine that is busy otherwise says nothing about polluxd."""
    assert any(start_up_seconds(note) <= START_SECONDS for _ in range(3))


@pytest.mark.parametrize("kind", ["mux", "codecs"])
def test_what_a_session_of_another_kind_takes(node, note, kind):
    """By what the second half of them adds: the first ones bring arenas and the log of events."""
    count = SESSIONS // 2
    client = scale_lab.Client(node.target, kind)
    client.do("create", count)
    rss = scale_lab.settled_rss(node.process.pid)
    client.do("create", 2 * count)  # the first half of which there is
    each = (scale_lab.settled_rss(node.process.pid) - rss) / count
    note(f"{kind} KiB a session", round(each, 2))
    client.do("delete", 2 * count)
    check_nothing_is_left(node.api)
    assert each <= KIB_PER_SESSION[kind]


def test_rounds_of_sessions_take_little_and_leave_nothing(node, note):
    api, pid, client = node.api, node.process.pid, scale_lab.Client(node.target)
    empty, ends = scale_lab.settled_rss(pid), []
    for number in range(1, ROUNDS + 1):
        created = client.do("create", SESSIONS)
        full = scale_lab.settled_rss(pid)
        listed = client.do("list", SESSIONS)
        assert (listed["sessions"], listed["twice"]) == (SESSIONS, 0)
        assert api.stats().sessions.active == SESSIONS
        deleted = client.do("delete", SESSIONS)
        ends.append(scale_lab.settled_rss(pid))
        note(f"round {number}", {"create_s": created["seconds"], "list_s": listed["seconds"],
                                 "list_page_ms": listed["longest_ms"], "delete_s": deleted["seconds"],
                                 "full_kib": full, "end_kib": ends[-1]})
        check_nothing_is_left(api)
        each = (full - empty - FIRST_KIB) / SESSIONS
        note("KiB a session", round(each, 2))
        assert each <= KIB_PER_SESSION["relay"]
    if ROUNDS > 2:
        assert ends[-1] - ends[1] <= STEADY_KIB, ends


def test_sessions_use_all_sixteen_addresses_of_each_side(node):
    client, used = scale_lab.Client(node.target), [set(), set()]
    client.do("create", 1000)
    for session in node.api.all_sessions():
        for side, leg in enumerate(session.state.legs):
            used[side].add(leg.rtp.local.address)
    client.do("delete", 1000)
    assert [len(addresses) for addresses in used] == [scale_lab.ADDRESSES] * 2


def test_whoever_lists_all_sessions_holds_up_nobody(node, note):
    """Creates, statistics and a watcher of events go on while two clients list all there is."""
    api, client = node.api, scale_lab.Client(node.target)
    client.do("create", SESSIONS)
    log = api.events()
    longest, made = {"Create": 0, "Stats": 0}, 0
    listers = [client.start("list", SESSIONS) for _ in range(2)]
    while any(lister.poll() is None for lister in listers):
        for what, call in (("Create", lambda: api.create(api.leg("a", "inside"), session_id=f"probe-{made}")),
                           ("Stats", api.stats)):
            began = time.monotonic()
            call()
            longest[what] = max(longest[what], round(1000 * (time.monotonic() - began), 1))
        made += 1
    note("longest while listing, ms", longest)
    assert all(lister.wait() == 0 for lister in listers) and made > 3
    for number in range(made):
        log.wait_for("SESSION_STARTED", session_id=f"probe-{number}")
        api.delete(f"probe-{number}")
    log.close()
    client.do("delete", SESSIONS)
    check_nothing_is_left(api)
    assert max(longest.values()) <= LONGEST_MS
