"""A running process as the kernel sees it: its memory, threads and files, and the time its threads got."""

import re
from pathlib import Path

GRANULE, CHUNK = 64, 1 << 20  # bytes


def _status(pid, key):
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise RuntimeError(f"the kernel doesn't tell {key} of process {pid}")


def resident_kib(pid):
    return _status(pid, "VmRSS")


def threads(pid, name):
    """The folders of the threads with `name` in their names."""
    found = [task for task in Path(f"/proc/{pid}/task").iterdir() if name in (task / "comm").read_text()]
    if not found:
        raise RuntimeError(f"process {pid} has no thread {name}")
    return found


def thread(pid, name):
    """The folder of the thread with `name` in its name."""
    return threads(pid, name)[0]


def ran_and_waited(task):
    """Seconds in which the thread ran, and in which it could have run, but had no CPU."""
    ran, waited, _ = (task / "schedstat").read_text().split()
    return int(ran) / 1e9, int(waited) / 1e9


def holdings(name, pid):
    """What the process holds, by names for people."""
    return {f"{name} RSS, KiB": resident_kib(pid), f"{name} threads": _status(pid, "Threads"),
            f"{name} open files": len(list(Path(f"/proc/{pid}/fd").iterdir()))}


def key_memory(pid):
    """Pieces of 64 bytes that hold something, in polluxd's memory for keys: freed ones are wiped.

    That memory is left out of core dumps and of child processes; no other is. The first 8 bytes of a freed
    piece may lead to the next free one.
    """
    used = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, resident in _key_regions(pid):
            for at in range(start, start + resident, CHUNK):
                memory.seek(at)
                data = memory.read(min(CHUNK, start + resident - at))
                if data.strip(b"\0"):
                    used += sum(any(data[piece + 8:piece + GRANULE])
                                for piece in range(0, len(data), GRANULE))
    return used


def _key_regions(pid):
    """(start, bytes that are in memory) of each; pages are taken from the start on."""
    start = resident = 0
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if found := re.match(r"([0-9a-f]+)-[0-9a-f]+ ", line):
            start = int(found[1], 16)
        elif line.startswith("Rss:"):
            resident = 1024 * int(line.split()[1])
        elif line.startswith("VmFlags:") and {"rd", "wr", "dd", "dc"} <= set(line.split()) and resident:
            yield start, resident
