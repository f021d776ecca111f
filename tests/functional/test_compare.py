"""scripts/compare: both relays carry a few calls without loss, every figure is there, and a skip is loud."""

import json
import os
import re
import shutil
import subprocess

import pytest
from lab import node as lab_node
from time_limit import within

SCRIPT = lab_node.REPOSITORY / "scripts" / "compare"
CALLS, CASES = 4, ("relay", "rtp_srtp")
SYSTEMS = ("rtpengine", "pollux", "pollux, nap 1 ms")
FIGURES = ("packets_per_s", "cpu_us", "system_us")


@pytest.fixture(autouse=True)
def bounded():
    """In place of the usual limit: six relays start here, one after the other."""
    with within(300):
        yield


def run(*arguments, **environment):
    build = os.environ.get("POLLUX_BUILD", str(lab_node.REPOSITORY / "build"))
    return subprocess.run([SCRIPT, *arguments], check=False, capture_output=True, text=True, timeout=280,
                          stdin=subprocess.DEVNULL, env={**os.environ, "POLLUX_BUILD": build, **environment})


def test_both_relays_side_by_side(tmp_path):
    report = tmp_path / "compare.json"
    result = run(*(word for case in CASES for word in ("--only", case)), "--seconds", "1", "--warm-up", "0.5",
                 "--calls", str(CALLS), "--no-bench", "--json", str(report))
    assert result.returncode == 0, result.stderr
    found = json.loads(report.read_text())
    wanted = [(case, system) for case in CASES for system in SYSTEMS]
    assert [(row["case"], row["system"]) for row in found["rows"]] == wanted
    for row in found["rows"]:
        faults = {name: row["load"][name] for name in ("lost", "corrupt", "strange", "duplicates")}
        assert not any(faults.values()), (row["case"], row["system"], faults)
        assert row["calls"] == CALLS and row["load"]["sent"] >= CALLS * 2 * 50, row
        assert all(row[figure] > 0 for figure in FIGURES), row
        # So little traffic may cost a worker that polls nothing beyond its idle turns.
        assert 0 < row["idle_share"] < 1.5, row
        if row["system"] != "rtpengine":
            assert (row["ratio_less_idle"] is None) == (row["cpu_less_idle_us"] == 0), row
        assert 0 < row["load"]["delay_us"]["p50"] <= row["load"]["delay_us"]["p99"], row
    assert [("ratio" in row) for row in found["rows"]] == [system != "rtpengine" for _, system in wanted]
    table = [line for line in result.stdout.splitlines() if line.startswith("| ")]
    assert len(table) == 2 + len(wanted) and len({line.count("|") for line in table}) == 1, result.stdout
    assert re.search(r"^goal 4 × .*relay: (met|MISSED): ", result.stdout, re.M), result.stdout


def test_without_rtpengine_the_skip_is_loud(tmp_path):
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    result = run(PATH=str(tmp_path))
    assert result.returncode == 77
    assert result.stderr.startswith("SKIPPED: rtpengine isn't installed"), result.stderr
