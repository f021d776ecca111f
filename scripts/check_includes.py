#!/usr/bin/python3
"""Checks who may include whom: the one-way rule of docs/architecture.md, room by room.

A room is a folder under dataplane/ or controlplane/. It may include itself, the rooms named in ROOMS, and the
libraries that LIBRARIES grants it. Includes in quotes are written from the repository's root.
"""

import re
from pathlib import PurePosixPath

import lint_base

PURE = ["dataplane/rtp", "dataplane/srtp", "dataplane/codec", "dataplane/dtmf", "dataplane/packetizer"]
DOOR = ["dataplane/api", "dataplane/base"]

ROOMS = {
    "dataplane/base": [],
    "dataplane/api": ["dataplane/base"],
    **{room: ["dataplane/base"] for room in PURE},
    "dataplane/crypto": ["dataplane/srtp", "dataplane/base"],
    "dataplane/media": ["dataplane/base", "dataplane/codec", "dataplane/dtmf", "dataplane/packetizer"],
    "dataplane/session": [*DOOR, *PURE, "dataplane/media", "dataplane/crypto"],
    "dataplane/io": DOOR,
    "dataplane/stages": [*DOOR, *PURE, "dataplane/media", "dataplane/crypto", "dataplane/session",
                         "dataplane/io"],
    "dataplane/worker": [*DOOR, *PURE, "dataplane/media", "dataplane/crypto", "dataplane/session",
                         "dataplane/io", "dataplane/stages"],
    "controlplane/config": DOOR,
    "controlplane/sdp": DOOR,
    "controlplane/ops": [*DOOR, "controlplane/config"],
    "controlplane/session": [*DOOR, "controlplane/config", "controlplane/sdp", "controlplane/ops"],
    "controlplane/call": [*DOOR, "controlplane/config", "controlplane/sdp", "controlplane/ops",
                          "controlplane/session"],
    "controlplane/metrics": [*DOOR, "controlplane/config", "controlplane/session", "controlplane/ops"],
    "controlplane/rpc": [*DOOR, "controlplane/config", "controlplane/sdp", "controlplane/ops",
                         "controlplane/session", "controlplane/call", "proto"],
    "controlplane/cli": ["proto"],
    # The generic parts of the configuration and of the daemon; nothing of the node (ADR 9).
    "controlplane/ng": ["dataplane/base", "controlplane/config", "controlplane/ops", "proto"],
}
# The composition root puts everything together.
COMPOSITION_ROOT = "controlplane/main.cpp"

# Library headers (in <> or "") and the only rooms that may name them.
LIBRARIES = [
    ("DPDK", re.compile(r"rte_\w+\.h$|cmdline\w*\.h$"),
     ["dataplane/io", "dataplane/stages", "dataplane/worker"]),
    ("ipsec-mb", re.compile(r"intel-ipsec-mb\.h$"), ["dataplane/crypto"]),
    ("libsrtp", re.compile(r"srtp2/"), ["dataplane/crypto"]),
    ("codec libraries", re.compile(r"(bcg729|opus|speex)/"), ["dataplane/codec"]),
    ("spandsp", re.compile(r"spandsp/|spandsp\.h$"), ["dataplane/codec", "dataplane/dtmf"]),
    ("yaml-cpp", re.compile(r"yaml-cpp/"), ["controlplane/config"]),
    ("nlohmann-json", re.compile(r"nlohmann/"), ["controlplane/ng"]),
    ("Prometheus", re.compile(r"prometheus/"), ["controlplane/metrics"]),
    ("OpenSSL", re.compile(r"openssl/"), ["controlplane/config", "dataplane/crypto"]),
    ("gRPC and protobuf", re.compile(r"(grpc|grpcpp|grpc\+\+|google/protobuf)/"),
     ["controlplane/rpc", "controlplane/cli", "controlplane/ng"]),
]
PROTO_HEADER = re.compile(r"\.pb\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# Only the worker's room stands behind the door.
IMPLEMENTS_DOOR = re.compile(r"\b(?:class|struct)\s+\w+[^;{]*:\s*(?:public\s+)?(?:pollux::)?Dataplane\b")


def room_of(path):
    parts = PurePosixPath(path).parts
    return "/".join(parts[:2]) if len(parts) > 2 else None


def check_include(path, room, target, quoted, root):
    """The reason why `path` may not include `target`, or None."""
    root_file = str(path) == COMPOSITION_ROOT
    for name, pattern, rooms in LIBRARIES:
        if pattern.match(target) and not root_file and room not in rooms:
            return f"{name} headers belong to {', '.join(rooms)}"
    if not quoted:
        ours = PROTO_HEADER.search(target) and not target.startswith("google/protobuf/")
        return "our generated headers are included in quotes" if ours else None
    if PROTO_HEADER.search(target):
        return None if root_file or "proto" in ROOMS[room] else "only rpc, cli and ng know generated headers"
    if not (root / target).is_file():
        return "no such file from the repository's root"
    other = room_of(target)
    if other not in ROOMS:
        return f"{other or target} is no room of the data plane or the control plane"
    if root_file or other == room or other in ROOMS[room]:
        return None
    return f"{room} may include {', '.join([room, *ROOMS[room]])} only"


def main():
    root = lint_base.arguments(__doc__).parse_args().root
    findings, checked = [], 0
    for path in lint_base.source_files(root, ".cpp", ".hpp", ".h"):
        if path.parts[0] not in ("dataplane", "controlplane"):
            continue
        checked += 1
        room = room_of(path)
        if room not in ROOMS and str(path) != COMPOSITION_ROOT:
            findings.append(f"{path}:1: {room or path.parts[0]} is no room that the include rule knows")
            continue
        text = (root / path).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if match := INCLUDE.match(line):
                target = match[1] or match[2]
                if reason := check_include(path, room, target, bool(match[1]), root):
                    findings.append(f"{path}:{number}: includes {target}: {reason}")
        if room != "dataplane/worker" and IMPLEMENTS_DOOR.search(text):
            findings.append(f"{path}:1: implements Dataplane, which only dataplane/worker does")
    return lint_base.report("check_includes", findings, checked)


if __name__ == "__main__":
    lint_base.run(main)
