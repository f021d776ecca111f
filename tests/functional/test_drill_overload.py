"""A worker with too much to do: new calls are refused with the cause, running ones lose nothing."""

import threading

import pytest
from api import local_rtp, wait_until
from drill import Console, connect, talking
from party import Party, received

LIMIT_PERCENT = 10  # the lowest there is: a small machine reaches it without losing a packet
IN_FLIGHT = 100     # packets; with all their copies far less than what the port's rings hold
COPIES = 4          # of each: much work for the worker, little for the test


class Flood:
    """A call that sends as fast as the node forwards, but never more at once than the rings hold."""

    def __init__(self, sender, receiver):
        self.sender, self.receiver = sender, receiver
        self.wanted = self.got = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def send(self, packets):
        for _ in range(packets):
            self.sender.send()
        self.wanted += COPIES * packets
        while self.got < self.wanted and self.receiver.receive(10):
            self.got += 1

    def _run(self):
        while not self._done.is_set() and self.got == self.wanted:
            self.send(IN_FLIGHT)

    def __enter__(self):
        self.send(1)  # from now on the next hop is known
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def limited(start, keeper):
    settings = keeper.settings()
    settings["admission"] = {"max_worker_load": LIMIT_PERCENT}
    settings["media"] = {"max_packets_per_second": 0}  # one call makes all the load
    return Console(start(settings))


def loud_call(console, sender, receiver):
    """One party's media, several times to another."""
    api, copies = console.node.api, [f"b{i}" for i in range(COPIES)]
    session = console.call(api.leg("a", "outside", sender.remote, sinks=copies),
                           *(api.leg(name, "inside", receiver.remote, direction="RECVONLY", sinks=["a"])
                             for name in copies))
    sender.calls(local_rtp(session, "a"))


def test_drill_worker_overloaded(lab, limited):
    api = limited.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b, Party(lab.h1) as loud, Party(lab.h2) as listener:
        quiet = limited.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        connect(quiet, a, b)
        loud_call(limited, loud, listener)
        create = ("session", "create", "call-1000", "--leg", "a,network=outside", "--leg", "b,network=inside")

        def refused():
            """Load is measured once a second and may dip on a busy machine: then the call is let in."""
            result = limited.node.polluxctl(*create)
            if result.returncode == 0:
                api.delete("call-1000")
            return result.returncode != 0 and result.stderr

        with talking(a, b) as talks, Flood(loud, listener) as flood:
            limited.until(["worker 0 OVERLOADED", "polluxctl top shows its load"], "events")
            said = wait_until(refused, what="a refusal")
            limited.note(create, said)
            for words in ("a limit is reached", "cause: WORKERS_OVERLOADED",
                          "admission.max_worker_load is 10 %",
                          "what to do: every worker is above the load", "use another node"):
                assert words in said, said
            warning = ["! worker 0 is OVERLOADED (load ",
                       "limit admission.max_worker_load): it takes no new sessions; more workers, or fewer"]
            limited.until(warning, "top", "--once", "--interval", "200ms")
            stats = limited.until(warning, "stats")
            assert ", 0 refused" not in stats, stats
            limited.until(["media flows"], "session", "list")
        assert flood.got == flood.wanted  # what runs already has lost nothing
        for talk, receiver in zip(talks, (b, a)):
            assert received(receiver, talk.sent) == talk.sent
        limited.until(["worker 0 is no longer overloaded"], "events")
        wait_until(lambda: not refused(), what="a new call")
        limited.agrees_with_manual("10. Worker overloaded")
