"""The fault drill: calls with one thing wrong, and what an engineer reads about them with polluxctl alone.

What the drill reads is held against docs/operations.md, so that the manual shows what there really is.
"""

import contextlib
import itertools
import re
import threading
import time
from pathlib import Path

from api import local_rtcp, local_rtp

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
PACE_SECONDS = 0.02
_call_numbers = itertools.count(1)

# What differs from one look to the next.
MASKS = [(re.compile(pattern), mask) for pattern, mask in (
    (r"\d{4}-\d\d-\d\d[ T][\d:.]+Z", "TIME"),
    (r"0x[0-9a-f]{8}", "SSRC"),
    (r"\d+(\.\d+){3}(:\d+)?", "ADDRESS"),
    (r"(\d[\d.]* (ms|s|min|h|d)\b ?)+", "DURATION "),
    (r"\[[#.]+\]", "BAR"),
    (r"\d[\d.]*( [kMG]\b)?", "N"),
    (r"\s+", " "))]


def masked(line):
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line.strip()


class Console:
    """An engineer's shell at the node. Remembers all that it has shown."""

    def __init__(self, node):
        self.node, self.shown = node, {}

    def run(self, *arguments, status=0):
        result = self.node.polluxctl(*arguments)
        said = result.stdout + result.stderr
        assert result.returncode == status, f"exit status {result.returncode}:\n{said}"
        return self.note(arguments, said)

    def note(self, arguments, said):
        self.shown.setdefault(masked("polluxctl " + " ".join(arguments)), []).extend(said.splitlines())
        return said

    def until(self, words, *arguments, seconds=40):
        """Looks again and again until one look has all of the words."""
        deadline = time.monotonic() + seconds
        while True:
            said = self.run(*arguments)
            missing = [word for word in words if word not in said]
            if not missing:
                return said
            assert time.monotonic() < deadline, f"never said {missing}; said at last:\n{said}"
            time.sleep(0.1)

    def call(self, *legs):
        """A session made by signalling, which isn't part of the diagnosis."""
        return self.node.api.create(*legs, session_id=f"call-{next(_call_numbers)}")

    def agrees_with_manual(self, heading):
        """Each command and line that the manual shows under the heading has been run and seen."""
        blocks = manual_blocks(heading)
        assert blocks, f"docs/operations.md shows nothing under \"{heading}\""
        for command, lines in blocks:
            shown = self.shown.get(masked(command))
            assert shown is not None, f"the manual's \"{command}\" wasn't run; there were {list(self.shown)}"
            seen = {masked(line) for line in shown}
            for line in lines:
                pattern = re.compile(".*".join(re.escape(part.strip()) for part in masked(line).split("...")))
                assert any(pattern.fullmatch(other) for other in seen), \
                    f"the manual says\n  {line}\nbut {command} said\n  " + "\n  ".join(shown)


def manual_blocks(heading):
    """(command, lines of its output) of the fenced blocks under a heading of the manual."""
    text = MANUAL.read_text(encoding="utf-8")
    section = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"docs/operations.md has no heading \"{heading}\""
    blocks = []
    for fence in re.findall(r"^```\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL):
        for line in fence.splitlines():
            if line.startswith("$ "):
                blocks.append((line[2:], []))
            elif line.strip() not in ("", "..."):
                blocks[-1][1].append(line)
    return blocks


class Talk:
    """A party that keeps talking, until the block ends."""

    def __init__(self, party, payload=None, before_each=lambda count: None):
        self.party, self.payload, self.before_each = party, payload, before_each
        self.sent, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def _talk(self):
        while not self._done.is_set():
            self.before_each(self.sent)
            self.party.send(self.payload)
            self.sent += 1
            time.sleep(PACE_SECONDS)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def talking(*parties):
    with contextlib.ExitStack() as all_of_them:
        yield [all_of_them.enter_context(Talk(party)) for party in parties]


def connect(session, a, b):
    """Each party sends to where its leg's SDP says."""
    a.calls(local_rtp(session, "a"), local_rtcp(session, "a"))
    b.calls(local_rtp(session, "b"), local_rtcp(session, "b"))


def text(address):
    return f"{address[0]}:{address[1]}"
