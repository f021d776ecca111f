"""5,000 calls of 50 packets/s each way from a second process over memif: nothing lost, memory steady.

POLLUX_LOAD_SECONDS (of each round, 10), POLLUX_LOAD_SESSIONS (5000) and POLLUX_LOAD_IDLE (poll) change that.
"""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from api import Api, wait_until
from lab import node as lab_node
import load_lab

SECONDS = int(os.environ.get("POLLUX_LOAD_SECONDS", "10"))
SESSIONS = int(os.environ.get("POLLUX_LOAD_SESSIONS", "5000"))
IDLE = os.environ.get("POLLUX_LOAD_IDLE", "poll")
PACKETS_PER_SECOND = 50
LATE_US = 20000  # the pace is kept as long as 99.9 % of the packets leave before the call's next one is due
BUSY_SHARE = 0.05  # of the time: more than that without a CPU, and the machine has other things to do
# Between two equal rounds. Counters and buffers are made at start; what moves are the arenas of gRPC and malloc.
STEADY_KIB = 1024


@pytest.fixture(autouse=True)
def bounded():
    """In place of the usual minute: two rounds, each of which may be repeated, and the sessions."""
    def too_long(*_):
        raise TimeoutError("the load test hangs")
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60 + 5 * SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def node(stubs):
    with tempfile.TemporaryDirectory(prefix="plx-") as folder:
        running = lab_node.Node(load_lab.Here, load_lab.configuration(folder, SESSIONS, IDLE), folder)
        try:
            running.start()
            running.api = Api(running, stubs)
            yield running
            running.api.close()
            assert running.stop() == 0, running.log()
        finally:
            running.kill()
            print(running.log())


@pytest.fixture
def generator(node):
    macs = [port.mac for port in node.api.info().ports]
    running = load_lab.Generator(node.folder, macs)
    try:
        yield running
        assert running.stop() == 0, running.log_path.read_text()
    finally:
        running.kill()


class Machine:
    """How long the two threads that matter had to wait for a CPU since this was made."""

    def __init__(self, node, generator):
        self.pids = {"polluxd's worker": node.process.pid, "the generator": generator.process.pid}
        self.before = self.waits()

    def waits(self):
        found = {}
        for who, pid in self.pids.items():
            found[who] = sum(seconds for thread, seconds in load_lab.thread_waits(pid).items()
                             if thread.split()[0] == str(pid) or "worker" in thread)
        return found

    def busy(self, seconds):
        """Who waited too long, as text; empty when nobody did."""
        return ", ".join(f"{who} waited {waited - self.before[who]:.1f} s for a CPU"
                         for who, waited in self.waits().items()
                         if waited - self.before[who] > BUSY_SHARE * seconds)


def drops(api):
    """Whatever ended in polluxd, by reason; the devices' counters too."""
    found = api.drops()
    for port in api.stats().ports:
        for name in ("rx_missed", "rx_errors", "tx_errors", "rx_no_mbuf"):
            if value := getattr(port, name):
                found[f"{port.port} {name}"] = value
    return found


def one_round(node, generator):
    """Runs one round, which must be perfect, and in time; one that the machine was too busy for is repeated."""
    for attempt in range(2):
        machine = Machine(node, generator)
        result = generator.tell(f"run {SECONDS * PACKETS_PER_SECOND}")
        busy = machine.busy(result["seconds"])
        print(f"round: {result}; {busy or 'the machine had time'}; polluxd: "
              f"{load_lab.resident_kib(node.process.pid)} KiB, drops {drops(node.api)}")
        wrong = {name: result[name] for name in
                 ("lost", "duplicates", "reordered", "misrouted", "corrupt", "other", "written_off", "silent_legs")
                 if result[name]}
        assert not wrong and not drops(node.api), f"{wrong} of {result['sent']}; polluxd: {drops(node.api)}"
        assert result["sent"] == 2 * SESSIONS * SECONDS * PACKETS_PER_SECOND
        late = result["late_us"]["p999"]
        if late <= LATE_US:
            return result
        assert busy, f"polluxd is too slow: packets had to wait {late / 1000} ms before it took them"
    pytest.fail(f"says nothing about polluxd: the machine is too busy for this test, twice. {busy}; the "
                f"generator was {late / 1000} ms late")
    return None


def quiet_mbufs(api, expected=None):
    """Free packet buffers once nothing is under way."""
    if expected is not None:
        wait_until(lambda: api.stats().mbufs_free == expected, what=f"{expected} free packet buffers, as before")
    return api.stats().mbufs_free


def all_sessions(api):
    token = ""
    while True:
        page = api.sessions.List(api.pb.ListRequest(page_size=500, page_token=token), timeout=10)
        yield from page.sessions
        if not (token := page.next_page_token):
            return


def check_sums(api, packets):
    """Every leg counted what its party sent and got; `packets` is the sum that the generator counted."""
    received = sent = count = 0
    for session in all_sessions(api):
        count += 1
        a, b = (leg.rtp for leg in session.state.legs)
        assert a.rx_packets == b.tx_packets and b.rx_packets == a.tx_packets, session.session_id
        assert not (a.lost or b.lost or a.dropped or b.dropped), session.session_id
        received += a.rx_packets + b.rx_packets
        sent += a.tx_packets + b.tx_packets
    assert (count, received, sent) == (SESSIONS, packets, packets)


def test_five_thousand_calls_over_memif(node, generator):
    api = node.api
    at_rest = api.stats().mbufs_free
    sessions = load_lab.create_sessions(api, SESSIONS)
    plan = Path(node.folder) / "plan"
    load_lab.write_plan(plan, sessions)
    generator.tell(f"load {plan}")
    generator.tell("greet")

    one_round(node, generator)
    free, resident = quiet_mbufs(api), load_lab.resident_kib(node.process.pid)
    second = one_round(node, generator)
    quiet_mbufs(api, free)
    grown = load_lab.resident_kib(node.process.pid) - resident
    assert grown <= STEADY_KIB, f"polluxd grew by {grown} KiB from one round to the next"
    check_sums(api, second["sent_ever"])

    last = load_lab.delete_sessions(api, sessions)
    assert sum(leg.rtp.rx_packets for session in last for leg in session.state.legs) == second["sent_ever"]
    wait_until(lambda: not any(network.ports_used for network in api.info().networks), what="all ports free")
    assert api.stats().sessions.active == 0
    quiet_mbufs(api, at_rest)
