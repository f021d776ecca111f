"""Whether a soak run ended where it began: pure functions of what was measured, and of logs."""

import re
from dataclasses import dataclass

SAME = "same"
# Figure → by how much it may have grown; everything else has to be the same. RSS: arenas of malloc and gRPC,
# and the replies that pollux-ng keeps for up to a minute.
MAY_GROW = {"polluxd RSS, KiB": 4096, "pollux-ng RSS, KiB": 8192, "polluxd threads": 2,
            "pollux-ng threads": 2}
# What has its size only after a warm-up; of everything else the start is right after polluxd's.
WARMED_UP = ("RSS, KiB", "threads", "open files")
NO_CPU = re.compile(r" hangs: | goes on$|: unreachable$")
QUIET_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+ (trace|debug|info) ")


@dataclass(frozen=True)
class Row:
    """One line of the verdict."""

    name: str
    before: str
    after: str
    wanted: str
    good: bool


def baseline(at_start, warmed_up):
    """What a run has to end with. What was left behind while warming up counts as left behind."""
    return {name: value if name.endswith(WARMED_UP) else at_start.get(name)
            for name, value in warmed_up.items()}


def compare(before, after, unjudged=()):
    """A row for every figure of either. One that either lacks is a fault; `unjudged` ones are only told."""
    rows = []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if name in unjudged:
            good, wanted = True, "not judged"
        elif old is None or new is None:
            good, wanted = False, "measured twice"
        elif name in MAY_GROW:
            good, wanted = new - old <= MAY_GROW[name], f"at most {MAY_GROW[name]} more"
        else:
            good, wanted = new == old, SAME
        rows.append(Row(name, _shown(old), _shown(new), wanted, good))
    return rows


def _shown(value):
    return "none" if value is None else f"{value:,}"


def complaints(log, starved=False):
    """Lines of a log that say warning or worse, and those that aren't the log's own: a sanitizer's report.

    starved: the machine had no CPU for polluxd's threads, and that it saw so is no complaint.
    """
    return [line for line in log.splitlines() if line and not QUIET_LINE.match(line) and
            not (starved and NO_CPU.search(line))]


def table(rows):
    """As text, with what is wrong marked."""
    heads = ("", "at the start", "at the end", "wanted", "")
    lines = [(row.name, row.before, row.after, row.wanted, "" if row.good else "WRONG") for row in rows]
    widths = [max(len(line[at]) for line in (heads, *lines)) for at in range(5)]
    return "\n".join("   " + "  ".join(
        cell.ljust(width) if at in (0, 3) else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in (heads, *lines))
