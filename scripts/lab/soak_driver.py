"""What happens in a soak run besides media: calls come and go, are changed, captured, watched and counted."""

import contextlib
import heapq
import itertools
import random
import signal
import threading
import time
from collections import Counter

import grpc
import yaml

from lab import soak_held
from lab.api import EventLog, error_details
from lab.soak_calls import CLASSES, KINDS, UNTOUCHED

REFUSALS = ("MEDIA_EXHAUSTED", "WORKERS_OVERLOADED", "NODE_BUSY")  # a small or busy machine may say so
TURN = 0.02  # s
MOST_CAPTURES, MOST_WATCHERS = 6, 10
HOT_KEYS = (("timeouts", "media", ("60s", "90s")), ("learning", "probation_packets", (5, 6)),
            ("log", "level", ("info", "debug")), ("admission", "max_worker_load", (99, 100)),
            ("timeouts", "one_way_audio", ("10s", "12s")), ("media", "jitter_window", ("60ms", "80ms")))


class Soak:
    """All that goes on. run(seconds) turns it; quiet() ends all calls, captures and watchers."""

    def __init__(self, lab, node, ng, engine, options):
        self.lab, self.node, self.api, self.ng, self.engine = lab, node, node.api, ng, engine
        self.wanted, self.life = options.calls, options.life
        self.rng, self.now = random.Random(options.seed), time.monotonic
        self.counted, self.faults, self.calls = Counter(), [], {}
        self.waiting, self.order = [], itertools.count()
        self.numbers, self.captures, self.watchers = itertools.count(1), {}, []
        self.kinds = [kind for kind in KINDS if self._can(kind)]
        self.share = {}  # of each direction that was long enough, by kind

    def _can(self, kind):
        have = {codec.encoding for codec in self.api.info().codecs}
        return all(side.speaks in have for side in (kind.a, kind.b))

    # -- turning
    def run(self, seconds, tell=lambda: None):
        end, next_call = self.now() + seconds, 0.0
        chores = {name: self.now() + first for name, (_, first) in self.CHORES.items()}
        while (now := self.now()) < end:
            if len(self.calls) < self.wanted and now >= next_call:
                self._new_call()
                next_call = now + 0.03  # a gentle slope
            for name, (pause, _) in self.CHORES.items():
                if now >= chores[name]:
                    chores[name] = now + self.rng.uniform(0.5, 1.5) * pause
                    self._attempt(name, getattr(self, name))
            self._turn()
            tell()
            if self.engine.fault:
                raise RuntimeError(f"the media thread has ended: {self.engine.fault}")

    def quiet(self, seconds=30):
        """The end of everything."""
        for call in self.calls.values():
            call.seconds = 0
        for stream in list(self.captures.values()):
            stream.cancel()
        for watcher in self.watchers:
            watcher.close()
        self.watchers.clear()
        deadline = self.now() + seconds
        while (self.calls or self.captures or self.waiting) and self.now() < deadline:
            self._turn()
        if self.calls or self.captures:
            self.faults.append(f"not ended within {seconds} s: {[*self.calls, *self.captures]}")

    def _turn(self):
        due = self.now() + TURN
        while self.waiting and self.waiting[0][0] <= self.now():
            self._step(*heapq.heappop(self.waiting)[2:])
        time.sleep(max(0.0, min(due, self.waiting[0][0] if self.waiting else due) - self.now()))

    def _step(self, what, call, steps):
        try:
            pause = next(steps)
        except StopIteration:
            if what == "life":
                self._ended(call)
            return
        except Exception as error:  # pylint: disable=broad-except  # whatever it is, the others go on
            self._went_wrong(what, call, error)
            return
        heapq.heappush(self.waiting, (self.now() + pause, next(self.order), what, call, steps))

    def _attempt(self, what, action):
        try:
            action()
        except Exception as error:  # pylint: disable=broad-except
            self.faults.append(f"{what}: {told(error)}")

    def _went_wrong(self, what, call, error):
        if what == "life" and not call.live and cause_of(error) in REFUSALS:
            self.counted["calls refused"] += 1
        elif what != "life" and not call.live:
            return  # the call has ended meanwhile
        else:
            self.faults.append(f"{call.id}, {what}: {told(error)}")
        if what == "life":
            self.calls.pop(call.id, None)
            with contextlib.suppress(Exception):  # it may be there in part, or not at all
                call.unmake()
            for voice in call.voices:
                self.engine.do(lambda voice=voice: self.engine.remove(voice))

    # -- calls
    def _new_call(self):
        kind = self.rng.choices(self.kinds, [kind.share for kind in self.kinds])[0]
        call = CLASSES[kind.way](self, kind, next(self.numbers), self.rng.uniform(*self.life))
        self.calls[call.id] = call
        self.counted["calls made"] += 1
        self._step("life", call, call.life())

    def _ended(self, call):
        self.calls.pop(call.id, None)
        self.counted["calls ended"] += 1
        for name, voice in (("a", call.a), ("b", call.b)):
            share = voice.share_heard()
            if share is not None:
                self.share.setdefault(call.kind.name, []).append((share, call.id, name, call.last_drops))
            if voice.foreign or voice.not_genuine:
                self.faults.append(f"{call.id}: {name} got {voice.foreign} packets that nobody had said, and "
                                   f"{voice.not_genuine} that its key doesn't open")
            self.counted["key presses heard"] += len(voice.keys_heard)

    def _some_call(self, ways=tuple(CLASSES)):
        """One, made so, that has settled and isn't being changed; None where there is none."""
        ready = [call for call in self.calls.values() if call.live and not call.busy and
                 call.kind.way in ways and
                 self.now() > call.began + UNTOUCHED and call.seconds > self.now() - call.began + UNTOUCHED]
        return self.rng.choice(ready) if ready else None

    def change(self):
        if call := self._some_call():
            name = self.rng.choice(call.changes())
            self.counted[name] += 1
            self._step(name, call, call.change(name))

    # -- chores
    def capture(self):
        """Streams the packets of a call for some seconds, or until it ends, or has been seen enough of."""
        call = self._some_call(["session"])
        if len(self.captures) >= MOST_CAPTURES or not call or call.id in self.captures:
            return
        pb = self.api.node_pb
        stream = self.api.node.Capture(pb.CaptureRequest(session_id=call.id, max_packets=self.rng.choice(
            (50, 100000))))
        self.captures[call.id] = stream
        self.counted["captures"] += 1
        threading.Thread(target=self._read_capture, args=(call.id, stream), daemon=True).start()
        timer = threading.Timer(self.rng.uniform(0.5, 6), stream.cancel)
        timer.daemon = True
        timer.start()

    def _read_capture(self, name, stream):
        try:
            for response in stream:
                self.counted["packets captured"] += len(response.packets)
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.CANCELLED, grpc.StatusCode.NOT_FOUND):
                self.faults.append(f"capture of {name}: {told(error)}")
        finally:
            self.captures.pop(name, None)

    def watch(self):
        """Watchers come and go, of everything or of one session."""
        if len(self.watchers) >= MOST_WATCHERS or (self.watchers and self.rng.random() < 0.5):
            self.watchers.pop(self.rng.randrange(len(self.watchers))).close()
            return
        call = self._some_call(["session"]) if self.rng.random() < 0.5 else None
        self.watchers.append(EventLog(self.api, call.id if call else ""))
        self.counted["event watchers"] += 1

    def reload(self):
        """Some hot keys take their other value; by SIGHUP or by the API."""
        settings = yaml.safe_load(self.node.config_path.read_text(encoding="utf-8"))
        for section, key, values in self.rng.sample(HOT_KEYS, 3):
            settings.setdefault(section, {})[key] = self.rng.choice(values)
        self.node.config_path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        if self.rng.random() < 0.5:
            self.node.signal(signal.SIGHUP)
        elif changes := self.api.reload().needs_restart:
            raise RuntimeError(f"a hot key needs a restart: {changes}")
        self.counted["reloads"] += 1

    def look(self):
        """Whoever looks: statistics, lists, Prometheus."""
        self.api.stats()
        self.api.ports()
        self.api.info()
        token = ""
        while True:
            page = self.api.sessions.List(self.api.pb.ListRequest(page_size=7, page_token=token), timeout=30)
            token = page.next_page_token
            if not token:
                break
        self.ng.ask("list", limit=20)
        soak_held.scrape(self.lab.node)
        self.counted["looks"] += 1

    def polluxctl(self):
        command = self.rng.choice((("stats", "--drops"), ("session", "list"), ("node", "info"), ("events",)))
        result = self.node.polluxctl(*command, seconds=30)
        if result.returncode:
            raise RuntimeError(f"polluxctl {' '.join(command)}: {result.stderr}")
        self.counted["runs of polluxctl"] += 1

    CHORES = {"change": (0.15, 2), "capture": (1, 3), "watch": (0.7, 1), "reload": (4, 2), "look": (1, 1),
              "polluxctl": (10, 4)}  # seconds between two, about, and to the first


def cause_of(error):
    """polluxd's stable reason, whichever way the error came."""
    if isinstance(error, grpc.RpcError):
        told_more = any(key == "grpc-status-details-bin" for key, _ in error.trailing_metadata() or ())
        return error_details(error)[0] if told_more else ""
    return getattr(error, "cause", "")


def told(error):
    if isinstance(error, grpc.RpcError):
        return f"{error.code().name}: {error.details()}"
    return f"{type(error).__name__}: {error}"
