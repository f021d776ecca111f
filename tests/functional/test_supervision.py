"""What systemd and the log are told: readiness, reload, watchdog, and what a crash leaves behind."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from api import wait_until
from lab.node import Node, program
from party import Party, both_ways
from test_relay import call

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
_libc = ctypes.CDLL(None, use_errno=True)


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path, self.states = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)

    def read(self):
        try:
            while True:
                self.states.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return self.states

    def wait_for(self, text, seconds=30):
        return wait_until(lambda: any(text in state for state in self.read()), seconds, f"{text} told")

    def close(self):
        self.socket.close()


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path / "notify.sock")
    yield made
    made.close()


@pytest.fixture
def supervised(lab, keeper, stubs, manager, tmp_path, monkeypatch):
    """A node that systemd watches, for this test alone."""
    from api import Api
    keeper.stop()  # the interfaces are free
    monkeypatch.setenv("NOTIFY_SOCKET", manager.path)
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    settings = keeper.settings()
    settings["grpc"]["unix_socket"] = str(tmp_path / "pollux.sock")
    node = Node(lab.node, settings, tmp_path)
    try:
        node.start()
        node.api = Api(node, stubs)
        yield node
    finally:
        if hasattr(node, "api"):
            node.api.close()
        node.kill()


def threads(node, name):
    return [int(task.name) for task in Path(f"/proc/{node.process.pid}/task").iterdir()
            if (task / "comm").read_text().strip().startswith(name)]


def ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def test_systemd_is_told(supervised, manager):
    manager.wait_for("READY=1")
    manager.wait_for("STATUS=serving, 0 sessions")
    manager.wait_for("WATCHDOG=1")
    manager.states.clear()
    before = time.monotonic_ns() // 1000
    supervised.signal(signal.SIGHUP)
    manager.wait_for("READY=1")
    [reloading] = [state for state in manager.states if state.startswith("RELOADING=1")]
    assert before <= int(re.search(r"MONOTONIC_USEC=(\d+)", reloading)[1]) <= time.monotonic_ns() // 1000
    assert supervised.stop() == 0
    manager.wait_for("STOPPING=1")


def test_journal_gets_priorities(lab, keeper, tmp_path, monkeypatch):
    """systemd says by device and inode that stderr is the journal."""
    keeper.stop()
    settings = keeper.settings()
    settings["grpc"]["unix_socket"] = str(tmp_path / "pollux.sock")
    node = Node(lab.node, settings, tmp_path)
    node.log_path.touch()
    info = node.log_path.stat()
    monkeypatch.setenv("JOURNAL_STREAM", f"{info.st_dev}:{info.st_ino}")
    try:
        node.start()
        node.config_path.write_text("nonsense: 1\n")
        node.signal(signal.SIGHUP)
        wait_until(lambda: "<3>" in node.log(), what="an error")
        assert node.stop() == 0
    finally:
        node.kill()
    lines = node.log().splitlines()
    assert any(line.startswith("<6>ready: ") for line in lines), lines
    assert all(line[0] == "<" and line[2] == ">" for line in lines), lines


def test_worker_that_hangs_stops_the_watchdog(lab, supervised, manager):
    """One thread is stopped, as a debugger does it; all others go on."""
    node = supervised
    manager.wait_for("WATCHDOG=1")
    [worker] = threads(node, "rte-worker")
    ptrace(PTRACE_SEIZE, worker)
    try:
        ptrace(PTRACE_INTERRUPT, worker)
        os.waitpid(worker, 0x40000000)  # __WALL: until it has stopped
        manager.read()
        manager.states.clear()
        wait_until(lambda: re.search(r"error worker 0 on CPU \d+ hangs", node.log()), what="its name")
        manager.wait_for("STATUS=hung")
        manager.read()
        manager.states.clear()
        time.sleep(1)  # several intervals of the watchdog, in which nothing may come
        assert not [state for state in manager.read() if "WATCHDOG" in state]
    finally:
        ptrace(PTRACE_DETACH, worker)
    manager.wait_for("WATCHDOG=1")
    wait_until(lambda: "worker 0 on CPU" in node.log() and "goes on" in node.log(), what="that it goes on")
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 10)


@pytest.mark.parametrize("thread, expected", [("rte-worker", "worker 0, stage "),
                                              ("pollux-control", "no worker")])
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT], ids=lambda number: number.name)
@pytest.mark.never_repeated
def test_crash_names_worker_and_stage(lab, supervised, thread, expected, number):
    node = supervised
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 5)
        [victim] = threads(node, thread)
        tgkill = 234
        assert _libc.syscall(tgkill, node.process.pid, victim, int(number)) == 0
        assert node.wait() == -number
    log = node.log()
    assert f"polluxd crashed: {number.name} sent by process {os.getpid()}" in log and expected in log, log
    assert re.search(r"polluxd\(\S*\+0x[0-9a-f]+\)", log), log
    if thread == "rte-worker":
        stage = re.search(r"worker 0, stage (\w+);", log)[1]
        assert stage in ("none", "rx", "classify", "handoff", "punt", "rtp_receive", "rtcp", "rtp_send", "tx")
        assert "Worker3run" in log, log


def test_kill_9_under_traffic_and_start_again(lab, supervised, stubs):
    from api import Api
    node = supervised
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 20)
        for _ in range(50):  # on the wire, in rings and in sockets while it ends
            a.send()
            b.send()
        node.api.close()
        node.kill()
        a.send()
        node.start()
        node.api = Api(node, stubs)
        call(node, a, b)
        for party in (a, b):  # packets of the former call may still wait in the sockets
            party.rtp.setblocking(False)
            try:
                while True:
                    party.rtp.recv(4096)
            except BlockingIOError:
                party.rtp.setblocking(True)
        both_ways(a, b, 1)  # the new node has to ask for the hosts' MAC addresses first
        both_ways(a, b, 20)


def test_runs_with_two_capabilities_and_without_root(lab, keeper, tmp_path):
    """As config/systemd/pollux.service has it: af_packet works with CAP_NET_RAW and CAP_NET_ADMIN alone."""
    keeper.stop()
    settings = keeper.settings()
    settings["grpc"]["unix_socket"] = str(tmp_path / "pollux.sock")
    settings["eal"]["file_prefix"] += "-user"
    node = Node(lab.node, settings, tmp_path)
    folder = tmp_path
    while folder != folder.parent and not folder.stat().st_mode & 0o001:  # pytest's folders are root's alone
        folder.chmod(0o755)
        folder = folder.parent
    tmp_path.chmod(0o777)
    caps = "-all,+net_raw,+net_admin"
    with lab.node.inside(), open(node.log_path, "ab") as log:
        node.process = subprocess.Popen(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
             f"--inh-caps={caps}", f"--ambient-caps={caps}", f"--bounding-set={caps}",
             program("polluxd"), "--config", str(node.config_path)],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log)
    try:
        node._wait_until_serving(time.monotonic() + 30)
        status = Path(f"/proc/{node.process.pid}/status").read_text()
        assert re.search(r"^CapEff:\s*0000000000003000$", status, re.M), status
        assert re.search(r"^Uid:\s*65534\s+65534", status, re.M), status
        from api import Api
        node.api = Api(node, keeper.stubs)
        with Party(lab.h1) as a, Party(lab.h2) as b:
            call(node, a, b)
            both_ways(a, b, 20)
        node.api.close()
        assert node.stop() == 0, node.log()
    finally:
        node.kill()
