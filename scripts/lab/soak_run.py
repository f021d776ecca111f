"""One soak run: polluxd, pollux-ng and the parties in a lab; what is measured before, meanwhile and after."""

import mmap
import time

from lab import hostile, kamailio, net, node as lab_node, process, soak_held, soak_media, soak_verdict
from lab.api import Api, load_stubs
from lab.soak_driver import Soak

HOSTILE_EVERY = 100  # packets: 1 %
HEARD, HEARD_STARVED = 0.95, 0.5  # of what was said, that a party has to hear
# Of the time without a CPU, the parties and the workers: then the kernel's queues run over in front of
# polluxd and of the parties, and single packets that are missing say nothing of polluxd.
PARTIES_STARVED, WORKERS_STARVED = 0.05, 0.3
TELL_EVERY = 10  # s
SETTLED = 30  # s, for all to be given back


def settings(folder, options):
    made = lab_node.configuration(folder, workers=options.workers)
    made["metrics"] = {"listen": ["%s:%d" % soak_held.METRICS]}
    made["srtp"] = {"rekey_overlap": "2s"}
    made["events"] = {"keep": 256}  # full after the warm-up
    made["log"] = {"level": "info"}
    made["networks"][0]["ports"], made["networks"][1]["ports"] = "20000-21999", "30000-31999"
    return made


def sanitized(path):
    """Whether the program was built for AddressSanitizer."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary:
        return binary.find(b"__asan_init") >= 0


def say(text):
    print(f"== {text}", flush=True)


def whole_log(program):
    return program.log_path.read_text(encoding="utf-8", errors="replace")


class Run:
    """One soak run in a lab that is up."""

    def __init__(self, lab, folder, options):
        self.lab, self.options = lab, options
        self.asan = sanitized(lab_node.program("polluxd"))
        self.node = lab_node.Node(lab.node, settings(folder, options), folder)
        self.gateway = kamailio.Gateway(lab.h3, folder, [self.node.target], dtmf_sinks=[], log={
            "level": "info", "target": "stderr"})
        self.exits, self.logs, self.soak, self.engine, self.began = {}, {}, None, None, 0.0

    def start(self, undo):
        undo.callback(self.node.kill)
        self.node.start(seconds=180 if self.asan else 30)
        self.node.api = Api(self.node, load_stubs())
        undo.callback(self.node.api.close)
        undo.callback(self.gateway.kill)
        self.gateway.start()
        self.gateway.wait_for_nodes()
        ng = undo.enter_context(self.gateway.client())
        for host, side in ((self.lab.h1, 1), (self.lab.h2, 2), (self.lab.h3, 1)):
            net.introduce(host, f"10.71.{side}.1")
            net.introduce(host, f"fd71:{side}::1")
        stranger = hostile.Stranger(self.lab.h3, "10.71.1.1", self.node.api.info().ports[0].mac,
                                    self.options.seed)
        undo.callback(stranger.close)
        self.engine = soak_media.Engine(stranger, HOSTILE_EVERY)
        undo.callback(self.engine.stop)
        self.engine.start()
        self.soak = Soak(self.lab, self.node, ng, self.engine, self.options)
        self.logs = {"polluxd": (self.node, len(whole_log(self.node))),  # what is told at start isn't judged
                     "pollux-ng": (self.gateway, len(whole_log(self.gateway)))}

    # -- what is held
    def unjudged(self):
        """Under AddressSanitizer freed memory is kept back: LeakSanitizer judges it, when all has ended."""
        return ("polluxd RSS, KiB", "pollux-ng RSS, KiB") if self.asan else ()

    def measured(self, like=None, unjudged=()):
        """Once nothing happens any more; like: waits until all is as it was then, if it will be."""
        captures = soak_held.captures_free(self.node.api)
        deadline = time.monotonic() + SETTLED
        while True:
            held = {**soak_held.by_node(self.node), "captures that can begin": captures,
                    **process.holdings("pollux-ng", self.gateway.process.pid)}
            if like is None or time.monotonic() > deadline or \
                    all(row.good for row in soak_verdict.compare(like, held, unjudged)):
                return held
            time.sleep(0.5)

    # -- the run
    def waited(self):
        """Seconds in which workers could have run, but had no CPU."""
        return sum(process.ran_and_waited(task)[1]
                   for task in process.threads(self.node.process.pid, "worker"))

    def note_worst(self):
        """What is held now, among the most; gives the RSS."""
        free, pid = self.node.api.stats().mbufs_free, self.node.process.pid
        self.worst["packet buffers"] = min(self.worst.get("packet buffers", free), free)
        rss = process.resident_kib(pid)
        for name, value in (("RSS", rss), ("keys", process.key_memory(pid)),
                            ("ports", sum(a.used for a in self.node.api.ports().addresses))):
            self.worst[name] = max(self.worst.get(name, 0), value)
        return rss

    def tell(self):
        """A line every ten seconds."""
        now = time.monotonic()
        if now < self.next_line:
            return
        self.next_line = now + TELL_EVERY
        rss, stats, counted, engine = (self.note_worst(), self.node.api.stats(), self.soak.counted,
                                       self.engine)
        seconds = int(now - self.began)
        self.history.append({"seconds": seconds, "calls": stats.sessions.active, "rss_kib": rss,
                             "packet_buffers": stats.mbufs_free, "sent": engine.sent})
        print(f"   {seconds // 60}:{seconds % 60:02}  calls {stats.sessions.active} of "
              f"{counted['calls made']:,}  sent {engine.sent:,}  heard {engine.received:,}  hostile "
              f"{engine.hostile:,}  RSS {rss / 1024:.1f} MiB  packet buffers {stats.mbufs_free:,} (least "
              f"{self.worst['packet buffers']:,})  late {1000 * engine.worst_late:.0f} ms  faults "
              f"{len(self.soak.faults)}", flush=True)

    def phase(self, seconds):
        self.began = time.monotonic()
        self.next_line, self.worst, self.history = self.began + TELL_EVERY, {}, []
        self.soak.run(seconds, self.tell)
        self.note_worst()
        self.soak.quiet()

    def warm_up(self, seconds, at_start):
        say(f"warming up for {seconds:.0f} s: arenas, queues and logs get their size")
        self.phase(seconds)
        grows = [name for name in at_start if name.endswith(soak_verdict.WARMED_UP)]
        return self.measured(at_start, grows)

    def forget(self):
        """What was counted while warming up; faults stay."""
        self.soak.counted.clear()
        self.soak.share.clear()
        engine = self.engine
        engine.sent = engine.received = engine.hostile = 0
        engine.worst_late = engine.stood_still = 0.0
        engine.stranger.thrown.clear()

    def go(self):
        """Everything; gives the result."""
        options, seconds = self.options, 60 * self.options.minutes
        at_start = self.measured()
        before = soak_verdict.baseline(at_start, self.warm_up(min(60.0, max(5.0, seconds / 4)), at_start))
        self.forget()
        waited, dropped = self.waited(), self.node.api.drops()
        say(f"{options.calls} calls at a time for {options.minutes:g} minutes")
        self.phase(seconds)
        waited = (self.waited() - waited) / options.workers / seconds
        drops = {reason: count - dropped.get(reason, 0) for reason, count in self.node.api.drops().items()}
        after = self.measured(before, self.unjudged())
        return self.result(before, after, waited, drops)

    def end(self):
        """Both programs, by SIGTERM."""
        self.exits["pollux-ng"] = self.gateway.stop(60)
        self.node.api.close()
        self.exits["polluxd"] = self.node.stop(120 if self.asan else 20)

    def result(self, before, after, waited, drops):
        shares = [entry for entries in self.soak.share.values() for entry in entries]
        still = self.engine.stood_still / (60 * self.options.minutes)
        starved = still > PARTIES_STARVED or waited > WORKERS_STARVED
        wanted = HEARD_STARVED if starved else HEARD
        thin = sorted(entry for entry in shares if entry[0] < wanted)
        return {
            "seed": self.options.seed, "minutes": self.options.minutes, "calls_at_a_time": self.options.calls,
            "workers": self.options.workers, "address_sanitizer": self.asan,
            "before": before, "after": after,
            "counted": dict(self.soak.counted), "sent": self.engine.sent, "heard": self.engine.received,
            "hostile": dict(sorted(self.engine.stranger.thrown.items())),
            "dropped": {reason: count for reason, count in sorted(drops.items()) if count},
            "history": self.history, "directions": len(shares),
            "deaf": [entry for entry in thin if entry[0] == 0],
            "thin": [entry for entry in thin if entry[0] > 0],
            "heard_by_kind": {kind: [round(sum(e[0] for e in entries) / len(entries), 4),
                                     round(min(entries)[0], 4)]
                              for kind, entries in sorted(self.soak.share.items())},
            "workers_waited": round(waited, 4), "parties_stood_still": round(still, 4),
            "worst_late_ms": round(1000 * self.engine.worst_late), "least_packet_buffers":
                self.worst.get("packet buffers"), "most_rss_kib": self.worst.get("RSS"),
            "most_key_memory": self.worst.get("keys"), "most_ports": self.worst.get("ports"),
            "starved": starved, "share_wanted": wanted}
