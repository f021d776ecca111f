#!/usr/bin/python3
"""The run behind scripts/soak: short calls, all that can happen to them, and hostile packets among theirs.

polluxd has to end where it began: after the last call it holds what it held before the first one.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import net, node as lab_node, soak_verdict  # noqa: E402
from lab.soak_run import Run, say, whole_log  # noqa: E402

SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=1",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}


def arguments():
    def life(text):
        least, most = map(float, text.split("-"))
        if not 1 <= least <= most:
            raise ValueError(text)
        return least, most
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("minutes", type=float, metavar="MINUTES")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--life", type=life, default=(5.0, 60.0))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.minutes <= 0 or not 1 <= options.calls <= 400 or not 1 <= options.workers <= 8:
        parser.error("MINUTES must be above 0, --calls 1..400, --workers 1..8")
    return options


def judge(run, result):
    """Rows of the verdict, after both programs have ended."""
    Row = soak_verdict.Row  # pylint: disable=invalid-name
    rows = soak_verdict.compare(result["before"], result["after"], run.unjudged())
    starved = result["starved"]
    rows.append(Row("most memory in use for keys", "", str(result["most_key_memory"]), "some",
                    bool(result["most_key_memory"])))
    rows.append(Row("parties that heard nothing", "", str(len(result["deaf"])), "0", not result["deaf"]))
    rows.append(Row(f"parties that heard less than {result['share_wanted']:.0%}", "",
                    str(len(result["thin"])), "0, with little CPU" if starved else "0", not result["thin"]))
    for name, (program, start) in run.logs.items():
        lines = soak_verdict.complaints(whole_log(program)[start:], starved)
        result[f"{name} complaints"] = lines[:50]
        rows.append(Row(f"{name}: warnings and errors", "", str(len(lines)), "0", not lines))
        rows.append(Row(f"{name}: exit status", "", str(run.exits.get(name)), "0",
                        run.exits.get(name) == 0))
    faults = result["faults"] = run.soak.faults
    rows.append(Row("faults", "", str(len(faults)), "0", not faults))
    return rows


def show(result, rows):
    counted = result["counted"]
    say("what happened")
    print(f"   {result['sent']:,} packets sent, {result['heard']:,} heard, "
          f"{sum(result['hostile'].values()):,} hostile; the latest left {result['worst_late_ms']} ms late; "
          f"workers had no CPU for {result['workers_waited']:.1%} of the time, the parties for "
          f"{result['parties_stood_still']:.1%}")
    print("   " + ", ".join(f"{name} {count:,}" for name, count in sorted(counted.items())))
    print("   hostile: " + ", ".join(f"{name} {count:,}" for name, count in result["hostile"].items()))
    print("   dropped: " + ", ".join(f"{name} {count:,}" for name, count in result["dropped"].items()))
    print("   heard, mean and least, %: " + ", ".join(
        f"{kind} {100 * mean:.1f} {100 * least:.1f}" for kind, (mean, least) in
        result["heard_by_kind"].items()))
    for entry in (result["deaf"] + result["thin"])[:20]:
        print(f"   {entry[1]}: {entry[2]} heard {entry[0]:.1%}; dropped: {entry[3]}")
    for line in (result["faults"] + result["polluxd complaints"] + result["pollux-ng complaints"])[:40]:
        print(f"   {line}")
    say("where it ended")
    print(soak_verdict.table(rows))


def soak(options):
    with contextlib.ExitStack() as undo:
        undo.enter_context(lab_node.generate_stubs())
        folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="plx-soak-"))
        lab = undo.enter_context(net.Lab())
        run = Run(lab, folder, options)
        say(f"seed {options.seed}; {lab_node.program('polluxd')}"
            f"{', built for AddressSanitizer' if run.asan else ''}")
        try:
            run.start(undo)
            result = run.go()
            run.end()
        except BaseException:
            for fault in run.soak.faults if run.soak else ():
                print(fault, file=sys.stderr)
            print(f"-- polluxd's log:\n{run.node.log(40)}\n-- pollux-ng's log:\n{run.gateway.log(20)}",
                  file=sys.stderr)
            raise
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # taking down isn't to be interrupted
        rows = judge(run, result)
        result["good"] = all(row.good for row in rows)
        show(result, rows)
        if options.json:
            options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        return result


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name, value in SANITIZERS.items():
        os.environ.setdefault(name, value)
    try:
        result = soak(options)
    except KeyboardInterrupt:
        print("scripts/soak: interrupted", file=sys.stderr)
        return 130
    except (RuntimeError, OSError, TimeoutError, AssertionError) as error:
        print(f"scripts/soak: {error}", file=sys.stderr)
        return 1
    good = result["good"]
    print(f"VERDICT: it {'ended' if good else 'did NOT end'} where it began{'.' if good else '; see above.'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
