#!/usr/bin/python3
"""Checks that code in the packet's way neither allocates, throws, locks, waits, logs nor calls the kernel.

Looks with nm at what each object of the hot rooms wants from elsewhere. A source file of a hot room that has
a good reason to do more is named in COLD or ALLOWED below, with that reason.
Usage: check_hot_symbols.py [BUILD_FOLDER]; without one ./build, and without that: nothing to check, status 0.
"""

import json
import re
import subprocess
from pathlib import Path

import lint_base

HOT_ROOMS = ("dataplane/rtp/", "dataplane/srtp/", "dataplane/codec/", "dataplane/crypto/", "dataplane/dtmf/",
             "dataplane/packetizer/", "dataplane/media/", "dataplane/session/", "dataplane/stages/",
             "dataplane/worker/")

# What no hot object may want. Patterns match whole undefined symbols (mangled, without @version).
FORBIDDEN = {
    "heap": r"malloc|calloc|realloc|free|posix_memalign|aligned_alloc|strdup|_Zn[wa]m\w*|_Zd[la]P\w*|"
            r"rte_(malloc|calloc|zmalloc|realloc|free)(_socket)?",
    "exception": r"__cxa_(throw|allocate_exception|begin_catch|rethrow)|_ZSt\d+__throw_(?!bad_function)\w+",
    "lock": r"pthread_(mutex|rwlock|cond|spin)_\w+|sem_\w+|_ZNSt18condition_variable\w+|__cxa_guard_acquire",
    "std::function": r"_ZNK?St8functionI\w+|_ZSt25__throw_bad_function_callv",
    "log": r"v?f?printf|v?s?n?printf|puts|fputs|fwrite|putchar|v?syslog|rte_v?log|__(f|sn?|vsn?)?printf_chk|"
           r"_ZN\w*6spdlog\w+|_ZNSo\w+|_ZSt4cout",
    "system call": r"write|read|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|poll|epoll_\w+|usleep|nanosleep|"
                   r"sleep|clock_nanosleep|sched_yield|open|close|ioctl|syscall|time|gettimeofday|"
                   r"_ZNSt11this_thread\w+",
    "wait": r"rte_delay_us\w*|rte_eal_(mp_)?wait_lcore|rte_power_\w+|p?select|ppoll|"
            r"pthread_(join|yield|barrier_wait)|mq_\w+",
}

# Files of hot rooms that run on control threads only. Each needs a reason, and has to exist.
COLD = {
    "dataplane/codec/cost.cpp": "codecs are measured at start",
    "dataplane/codec/make.cpp": "decoders, encoders and queues are made by the control thread",
    "dataplane/codec/storage.cpp": "memory is taken and given back by the control thread",
    "dataplane/crypto/backend_ipsec_mb.cpp": "contexts are made and released by the control thread",
    "dataplane/crypto/backend_libsrtp.cpp": "contexts are made and released by the control thread",
    "dataplane/crypto/context_memory.cpp": "pages are taken by the control thread",
    "dataplane/crypto/context_store.cpp": "contexts are made and released by the control thread",
    "dataplane/crypto/ipsec_mb.cpp": "managers are made and measured at start",
    "dataplane/dtmf/tone_detector_make.cpp": "detectors are made by the control thread",
    "dataplane/media/path_make.cpp": "paths are made with the session, by the control thread",
    "dataplane/media/route_plan.cpp": "routes are planned with the session, by the control thread",
    "dataplane/media/tone_listener_make.cpp": "listeners are made with the session, by the control thread",
    "dataplane/media/tone_source_make.cpp": "made with the session, by the control thread",
    "dataplane/session/payload_types.cpp": "tables are made with the session, by the control thread",
    "dataplane/worker/dataplane_captures.cpp": "captures are begun, ended and read by control threads",
    "dataplane/worker/dataplane_impl.cpp": "start and stop, control thread",
    "dataplane/worker/dataplane_sessions.cpp": "adding and removing sessions, control thread",
    "dataplane/worker/dataplane_stats.cpp": "snapshots of counters, whichever thread asks",
    "dataplane/worker/dataplane_steering.cpp": "start, control thread",
    "dataplane/worker/dtmf_planner.cpp": "presses are planned with the session, by the control thread",
    "dataplane/worker/leg_keys.cpp": "keys are made ready and put away by the control thread",
    "dataplane/worker/media_planner.cpp": "media routes are made with the session, by the control thread",
    "dataplane/worker/telemetry.cpp": "DPDK's telemetry thread asks, in its own time",
    "dataplane/worker/session_builder.cpp": "builds sessions before a worker sees them, control thread",
    "dataplane/worker/session_builder_legs.cpp": "the same",
}

# Single symbols a hot file may want all the same: file → {symbol pattern: reason}.
ALLOWED = {
    "dataplane/worker/idle.cpp": {"clock_nanosleep": "what `idle: sleep` asks for, without work only"},
}


def objects(build, root):
    """(source path from the root, object file) of every compiled file of the hot rooms."""
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = (Path(entry["directory"]) / entry["file"]).resolve()
        if not source.is_relative_to(root):
            continue
        name = source.relative_to(root).as_posix()
        if name.startswith(HOT_ROOMS) and name not in seen:
            seen.add(name)
            yield name, Path(entry["directory"]) / entry["output"]


def undefined(path):
    listed = subprocess.run(["nm", "--undefined-only", "--format=posix", str(path)], check=True,
                            capture_output=True, text=True).stdout
    return sorted({line.split()[0].split("@")[0] for line in listed.splitlines()
                   if line and not line.endswith(":")})


def forbidden_in(name, symbols):
    for symbol in symbols:
        for kind, pattern in FORBIDDEN.items():
            if not re.fullmatch(pattern, symbol):
                continue
            if not any(re.fullmatch(allowed, symbol) for allowed in ALLOWED.get(name, {})):
                yield f"{name}: {kind}: wants {symbol}"
            break


def main():
    parser = lint_base.arguments(__doc__)
    parser.add_argument("build", type=Path, nargs="?", help="build folder (default: build/ of the tree)")
    options = parser.parse_args()
    root = options.root.resolve()
    build = options.build or root / "build"
    if not (build / "compile_commands.json").is_file():
        if options.build:
            print(f"check_hot_symbols: {build} is no build folder")
            return 2
        print("check_hot_symbols: there is no build/ yet, so no object to look at: run scripts/build first")
        return 0

    findings, checked, missing = [], 0, []
    for name in sorted(COLD.keys() | ALLOWED.keys()):
        if not (root / name).is_file() and options.root == lint_base.arguments("").get_default("root"):
            findings.append(f"{name}: excused in {Path(__file__).name}, but there is no such file")
    for name, path in objects(build, root):
        if name in COLD:
            continue
        if not path.is_file():
            missing.append(name)
            continue
        checked += 1
        findings += forbidden_in(name, undefined(path))
    if missing:
        findings.append(f"not built yet, so unchecked: {', '.join(missing)}: run scripts/build first")
    return lint_base.report("check_hot_symbols", findings, checked)


if __name__ == "__main__":
    lint_base.run(main)
