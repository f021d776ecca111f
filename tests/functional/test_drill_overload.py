"""A worker with too much to do: new calls are refused with the cause, running ones lose nothing."""

import threading
import time

import pytest
from drill import Console, connect, talking
from party import Party, received

LIMIT_PERCENT = 10  # the lowest there is: a small machine reaches it without losing a packet
IN_FLIGHT = 200     # far less than what the port's rings hold


class Flood:
    """A call that sends as fast as the node forwards, but never more at once than the rings hold."""

    def __init__(self, sender, receiver):
        self.sender, self.receiver = sender, receiver
        self.sent = self.got = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._done.is_set() and self.sent == self.got:
            for _ in range(IN_FLIGHT):
                self.sender.send()
            self.sent += IN_FLIGHT
            deadline = time.monotonic() + 2
            while self.got < self.sent and time.monotonic() < deadline:
                self.got += self.receiver.receive(2) is not None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def limited(start, keeper):
    settings = keeper.settings()
    settings["admission"] = {"max_worker_load": LIMIT_PERCENT}
    return Console(start(settings))


def test_drill_worker_overloaded(lab, limited):
    api = limited.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b, Party(lab.h1) as loud, Party(lab.h2) as listener:
        quiet = limited.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        connect(quiet, a, b)
        connect(limited.call(api.leg("a", "outside", loud.remote), api.leg("b", "inside", listener.remote)),
                loud, listener)
        refused = ("session", "create", "call-1000", "--leg", "a,network=outside", "--leg", "b,network=inside")
        with talking(a, b) as talks, Flood(loud, listener) as flood:
            limited.until(["worker 0 OVERLOADED", "polluxctl top shows its load"], "events")
            said = limited.run(*refused, status=1)
            for words in ("a limit is reached", "cause: WORKERS_OVERLOADED", "admission.max_worker_load is 10 %",
                          "what to do: every worker is above the load", "use another node"):
                assert words in said, said
            warning = "limit admission.max_worker_load): it takes no new sessions; more workers, or fewer calls"
            limited.until(["! worker 0 is OVERLOADED (load ", warning], "top", "--once", "--interval", "200ms")
            limited.until(["! worker 0 is OVERLOADED (load ", warning, "1 refused"], "stats")
            limited.until(["media flows"], "session", "list")
        # What runs already has lost nothing.
        assert flood.sent == flood.got > IN_FLIGHT
        for talk, receiver in zip(talks, (b, a)):
            assert received(receiver, talk.sent) == talk.sent
        limited.until(["worker 0 is no longer overloaded"], "events")
        limited.run(*refused)
        limited.agrees_with_manual("10. Worker overloaded")
