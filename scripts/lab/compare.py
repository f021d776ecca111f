#!/usr/bin/python3
"""The comparison behind scripts/compare: rtpengine and Pollux in turn, the same calls, one table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import net, node as lab_node  # noqa: E402
from lab.compare_load import Cpu, Load, Recordings, built, write_plan  # noqa: E402
from lab.compare_net import Wires  # noqa: E402
from lab.compare_relays import G729, PCMA, PCMU, Case, Pollux, PolluxInBatches, Rtpengine  # noqa: E402

SYSTEMS = (Rtpengine, Pollux, PolluxInBatches)  # what the others are compared with comes first
CASES = [Case("relay", (PCMA, PCMA), 200), Case("rtp_srtp", (PCMA, PCMA), 100, encrypted=True),
         Case("alaw_ulaw", (PCMA, PCMU), 100), Case("g711_g729", (PCMA, G729), 20)]
GOAL = 4.0  # × less CPU time a packet than rtpengine, plain relay
WARM_UP_SECONDS = 4.0  # rtpengine learns addresses for the first three seconds
IDLE_SECONDS = 2.0
BUSY_MACHINE = 0.05
HEAD = ("case", "system", "calls", "packets/s", "lost", "CPU µs/packet", "less idle", "own count",
        "system µs/packet", "delay p50 µs", "p99 µs", "ratio")


def measure(kind, case, count, seconds, warm_up, recordings, cpus):
    """One row: so many calls of the case through a fresh relay on wires of its own."""
    load_cpu, relay_cpu = cpus
    with tempfile.TemporaryDirectory(prefix="plx-cmp-") as folder, Wires(kind.KERNEL_ADDRESSES) as wires:
        relay, load = kind(wires.node, Wires.HOSTS, case, relay_cpu, folder), None
        try:
            relay.start()
            for host, address in zip(wires.hosts, kind.ADDRESSES):
                net.introduce(host, address)
            plan = Path(folder) / "plan"
            write_plan(plan, case, wires.hosts, recordings, relay.calls(count))
            before = Cpu.now(relay)
            time.sleep(IDLE_SECONDS)
            idle = Cpu.now(relay).since(before)
            load = Load(plan, load_cpu, warm_up, seconds)
            begin, end, report = load.result(lambda: Cpu.now(relay, load))
            used = end.since(begin)
        except BaseException:
            print(relay.log(), file=sys.stderr)
            raise
        finally:
            if load:
                load.stop()
            relay.stop()
    idle_share = idle["process"] / idle["wall"]
    idle_us = idle_share * used["wall"] * 1e6 / report["sent"]
    micros = {name: None if used[name] is None else used[name] * 1e6 / report["sent"]
              for name in ("process", "busy", "load_kernel")}
    return {"case": case.name, "system": kind.NAME, "calls": count,
            "packets_per_s": report["sent"] / report["seconds"], "lost": report["lost"],
            "cpu_us": micros["process"], "idle_share": idle_share,
            "cpu_less_idle_us": max(0.0, micros["process"] - idle_us),
            "own_busy_us": micros["busy"], "system_us": micros["process"] + micros["load_kernel"],
            "waited_share": used["waited"] / used["wall"], "load": report}


def compare(case, options, recordings, cpus):
    """The rows of a case, those of Pollux with their ratios."""
    rows = [measure(kind, case, options.calls or case.calls, options.seconds, options.warm_up, recordings,
                    cpus) for kind in SYSTEMS]
    theirs = rows[0]
    for ours in rows[1:]:
        ours["ratio"] = theirs["cpu_us"] / ours["cpu_us"]
        # None: what it took was no more than what it takes without traffic.
        more = ours["cpu_less_idle_us"]
        ours["ratio_less_idle"] = theirs["cpu_less_idle_us"] / more if more > 0 else None
        ours["ratio_own"] = theirs["cpu_us"] / max(ours["own_busy_us"], 0.001)
    return rows


def cells(row):
    own = "–" if row["own_busy_us"] is None else f"{row['own_busy_us']:.2f}"
    return (row["case"], row["system"], str(row["calls"]), f"{row['packets_per_s']:.0f}", str(row["lost"]),
            f"{row['cpu_us']:.2f}", f"{row['cpu_less_idle_us']:.2f}", own, f"{row['system_us']:.2f}",
            f"{row['load']['delay_us']['p50']:.0f}", f"{row['load']['delay_us']['p99']:.0f}",
            f"{row['ratio']:.2f}" if "ratio" in row else "1")


def show(row):
    print("| " + " | ".join(row) + " |", flush=True)


def remarks(rows):
    """What a reader has to know before believing a row."""
    for row in rows:
        who, load = f"{row['case']}, {row['system']}", row["load"]
        if row["waited_share"] > BUSY_MACHINE:
            yield (f"{who}: it could have run, but had no CPU, for {100 * row['waited_share']:.0f} % of the "
                   "time: the machine is too busy, the figures say little")
        if load["late_p99_us"] > 1000:
            yield f"{who}: a packet in a hundred left {load['late_p99_us'] / 1000:.1f} ms late or more"
        for fault in ("corrupt", "strange", "duplicates"):
            if load[fault]:
                about = f" (the first {load['first_corrupt']})" if fault == "corrupt" else ""
                yield f"{who}: {load[fault]} packets were {fault}{about}"


def verdict(rows):
    """Against the goal, by plain CPU time, which counts empty polls as well."""
    relayed = [row for row in rows if row["case"] == "relay" and "ratio" in row]
    if not relayed:
        return "no verdict: relay wasn't measured"
    ours = max(relayed, key=lambda row: row["ratio"])
    less_idle = "" if ours["ratio_less_idle"] is None else (
        f"{ours['ratio_less_idle']:.2f} × less what each takes when idle, ")
    judged = "met" if ours["ratio"] >= GOAL else "MISSED"
    return (f"goal {GOAL:g} × less CPU time a packet than rtpengine, relay: {judged}: "
            f"{ours['ratio']:.2f} × by {ours['system']} "
            f"({less_idle}{ours['ratio_own']:.2f} × by the time in which Pollux' worker had work)")


def bypassed():
    """The worker's loop without a kernel on its way: a row of the bench, or why it isn't there."""
    with tempfile.NamedTemporaryFile(prefix="plx-bench-", suffix=".json") as report:
        try:
            bench = built("tests/bench/pollux-bench")
        except FileNotFoundError as error:
            return {"absent": str(error)}
        subprocess.run([bench, "--only", "relay_1k", "--repetitions", "3", "--json", report.name], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        data = json.loads(Path(report.name).read_text(encoding="utf-8"))
    row = next(row for row in data["rows"] if row["name"] == "relay_1k")
    return {"us": row["cycles_per_packet"] / data["machine"]["tsc_hz"] * 1e6, "row": row}


def show_bypassed(result, rows):
    if "absent" in result:
        print(f"bypassed path: not measured: {result['absent']}")
        return
    theirs = next((row for row in rows if row["case"] == "relay" and row["system"] == "rtpengine"), None)
    ratio = f"{theirs['cpu_us'] / result['us']:.0f}" if theirs else "–"
    show(("relay_1k", "pollux, no kernel", "500", f"{1e6 / result['us']:.0f}", "0", f"{result['us']:.3f}",
          *5 * ("",), ratio))
    print("The last row is the bench's: the worker's loop between two memory rings, always full. Not on its "
          "way: the kernel, a driver, a NIC. It isn't a rate that a wire would see.")


def main():
    parser = argparse.ArgumentParser(prog="scripts/compare")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=WARM_UP_SECONDS)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-bench", action="store_true", help="leave out the bypassed path")
    options = parser.parse_args()
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        parser.error("two CPUs are needed: one for the load, one for the relay")
    rows = []
    with lab_node.generate_stubs(), tempfile.TemporaryDirectory(prefix="plx-cmp-") as folder:
        recordings = Recordings(folder)
        show(HEAD)
        show(("---",) * len(HEAD))
        for case in CASES:
            if not options.only or case.name in options.only:
                rows += compare(case, options, recordings, (usable[0], usable[-1]))
                for row in rows[-len(SYSTEMS):]:
                    show(cells(row))
    bench = None
    if not options.no_bench:
        bench = bypassed()
        show_bypassed(bench, rows)
    notes = list(remarks(rows))
    for note in notes:
        print(f"NOTE: {note}")
    print(verdict(rows))
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "bypassed": bench, "notes": notes,
                                            "verdict": verdict(rows)}, indent=1))


if __name__ == "__main__":
    main()
