"""net_tap: the kernel deals flows out over its queues, and a worker can wait for its interrupts."""

import contextlib
import os
import random
import statistics
import time

import pytest
from lab.net import introduce
from lab.process import ran_and_waited, thread
from media_formats import FORMATS, codec_leg
from party import Party, both_ways
from srtp_party import connect
from test_relay import call

LONELY_PACKETS = int(os.environ.get("POLLUX_LONELY_PACKETS", "300"))
TAPS = {"a": "plx-ta", "b": "plx-tb"}
# A worker whom nobody wakes looks every 10 ms: of what has to be handed to it a quarter is up to 2.5 ms late.
# Judged by the quickest quarter: what a machine that gives its CPUs to others delays is the rest.
IN_TIME = 0.002


def forget_neighbours(lab):
    """A tap has a MAC of its own."""
    for host in (lab.h1, lab.h2, lab.h3):
        host.run("ip", "neigh", "flush", "all")


@contextlib.contextmanager
def bridged(lab):
    """The kernel's end of each tap and the wire of that side, on a bridge."""
    namespace, made = lab.node, []
    try:
        for side, tap in TAPS.items():
            bridge = f"br-t{side}"
            namespace.run("ip", "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
            made.append(bridge)
            for port in (tap, f"plx-{side}"):
                namespace.run("ip", "link", "set", port, "master", bridge, "up")
            namespace.run("ip", "link", "set", bridge, "up")
        forget_neighbours(lab)
        introduce(lab.h1, "10.71.1.1")
        introduce(lab.h2, "10.71.2.1")
        yield
    finally:
        for bridge in made:
            namespace.run("ip", "link", "del", bridge, check=False)
        forget_neighbours(lab)


@pytest.fixture
def on_taps(lab, start, keeper):
    """on_taps(workers, queues, idle, roles) → a polluxd on taps, wired up."""
    with contextlib.ExitStack() as wires:
        def begin(workers=1, queues=1, idle="sleep", roles=()):
            settings = keeper.settings(workers=workers)
            for port, (side, tap) in zip(settings["ports"], TAPS.items()):
                port["device"] = f"net_tap_{side},iface={tap}"
                port["queues"] = queues
            for worker in settings["workers"]:
                worker["idle"] = idle
            for worker, role in zip(settings["workers"], roles):
                worker["roles"] = [role]
            node = start(settings)
            wires.callback(keeper.stop)  # a tap is gone with its polluxd
            wires.enter_context(bridged(lab))
            return node
        yield begin


@contextlib.contextmanager
def calls(lab, node, count):
    """So many calls: their parties, with the session."""
    with contextlib.ExitStack() as parties:
        made = []
        for _ in range(count):
            a, b = (parties.enter_context(Party(host)) for host in (lab.h1, lab.h2))
            made.append((a, b, call(node, a, b)))
        yield made


@pytest.mark.parametrize("idle", ["sleep", "interrupt"])
@pytest.mark.parametrize("queues", [1, 2])
def test_two_workers(lab, on_taps, queues, idle):
    node = on_taps(workers=2, queues=queues, idle=idle)
    with calls(lab, node, 8) as made:
        assert {session.state.worker for _, _, session in made} == {0, 1}
        for a, b, session in made:
            both_ways(a, b, 20)
            last = node.api.delete(session.session_id)
            assert [leg.rtp.rx_packets for leg in last.state.legs] == [20, 20], "packets are missing"
    steering = node.api.ports().steering
    for port in steering:
        assert (port.method, port.queues) == ("handoff", queues)
        assert port.handed_off < port.rx_packets
    # With two queues the kernel sends what a party answers to the queue that it was spoken to by.
    if queues == 1:
        assert all(port.handed_off > 0 for port in steering), "no packet met the wrong worker"
    reason = "1 receive queue for 2" if queues == 1 else "no RSS over the UDP destination port"
    assert all(port.reason.startswith(reason) for port in steering), steering


def lonely_delays(a, b, count=LONELY_PACKETS, same=True):
    """Seconds from one party to the other, of packets 10 to 20 ms apart."""
    gaps, delays = random.Random(1), []
    for _ in range(count):
        time.sleep(gaps.uniform(0.010, 0.020))
        before = time.perf_counter()
        packet = a.send()
        heard = b.receive()
        assert heard == packet if same else heard
        delays.append(time.perf_counter() - before)
    return delays


def quick(delays):
    """What the quickest quarter of them stays below."""
    return statistics.quantiles(delays, n=4)[0]


@pytest.mark.parametrize("idle", ["poll", "sleep", "interrupt"])
def test_idle(lab, on_taps, note, idle):
    """What idleness costs, and what a lonely packet waits: with interrupts not 3 % of a core."""
    node = on_taps(idle=idle)
    with calls(lab, node, 1) as ((a, b, _),):
        both_ways(a, b, 3)
        worker = thread(node.process.pid, "worker")
        began, before = time.monotonic(), ran_and_waited(worker)
        time.sleep(3)
        spent, seconds = ran_and_waited(worker), time.monotonic() - began
        idle_share = (spent[0] - before[0]) / seconds
        delays = sorted(lonely_delays(a, b))
    p50, p99 = (delays[len(delays) * percent // 100] * 1e6 for percent in (50, 99))
    note(f"idle_{idle}", f"CPU {idle_share:.2%} (waited for one {(spent[1] - before[1]) / seconds:.1%}), "
                         f"p50 {p50:.0f} us, p99 {p99:.0f} us")
    if idle == "interrupt":
        assert idle_share < 0.03
        assert quick(delays) < IN_TIME, "packets waited for the end of a wait"


def test_workers_wake_each_other(lab, on_taps):
    """A call of a worker without a queue to send by: one way is handed to it, the other it only sends."""
    node = on_taps(workers=2, idle="interrupt")
    with calls(lab, node, 2) as made:
        a, b, _ = next(each for each in made if each[2].state.worker == 1)
        both_ways(a, b, 3)
        for sender, receiver in ((a, b), (b, a)):
            assert quick(lonely_delays(sender, receiver)) < IN_TIME, sender.address


def test_a_media_worker_is_woken(lab, on_taps):
    """A-law to G.722 where only another worker may transcode: to it by ring, and back."""
    node = on_taps(workers=2, idle="interrupt", roles=("relay", "media"))
    api = node.api
    with Party(lab.h1, payload_type=8) as a, Party(lab.h2, payload_type=9) as b:
        session = api.create(
            codec_leg(api, "a", "outside", a.remote, FORMATS["PCMA"], jitter_window_ms=0),
            codec_leg(api, "b", "inside", b.remote, FORMATS["G722"], jitter_window_ms=0))
        connect(session, a=a, b=b)
        a.send()
        assert b.receive()
        assert quick(lonely_delays(a, b, 200, same=False)) < IN_TIME


def test_a_sleeper_is_woken_for_the_host_thread(lab, on_taps):
    """What answers a ping is made by another thread, which naps up to 4 ms itself, and sent by the worker."""
    on_taps(idle="interrupt")
    took = []
    for _ in range(100):
        before = time.perf_counter()
        introduce(lab.h1, "10.71.1.1")
        took.append(time.perf_counter() - before)
    assert quick(took) < 1.5 * IN_TIME


def test_a_sleeper_is_woken_for_commands(lab, on_taps):
    """A hundred commands one after the other, each of which finds the worker asleep."""
    node = on_taps(idle="interrupt")
    assert node.api.info().workers[0].idle == "interrupt"
    with calls(lab, node, 1) as ((a, b, session),):
        both_ways(a, b, 3)
        took = []
        for _ in range(100):
            time.sleep(0.003)
            before = time.perf_counter()
            node.api.delete(call(node, a, b).session_id)
            took.append(time.perf_counter() - before)
    # Unwoken, the worker would take the second command 10 ms after the first at the soonest, on any machine.
    assert min(took) < 0.009, "commands waited for the end of a wait"


def test_a_device_without_interrupts_is_named(start, keeper):
    settings = keeper.settings()
    settings["workers"][0]["idle"] = "interrupt"
    said = r"workers\[0\]\.idle: receive queue 0 of net_af_packet_a has no interrupt"
    with pytest.raises(RuntimeError, match=said):
        start(settings)
