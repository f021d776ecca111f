"""A minute of 50 calls a second through Kamailio: none fails, and nothing is left of them.

POLLUX_SIP_SECONDS (60) and POLLUX_SIP_RATE (50) change that.
"""

import csv
import os
from pathlib import Path

import pytest
from api import wait_until
from kamailio_lab import SIP_PORT, nothing_left
from lab import kamailio
from time_limit import within

SECONDS = int(os.environ.get("POLLUX_SIP_SECONDS", "60"))
RATE = int(os.environ.get("POLLUX_SIP_RATE", "50"))
SCENARIOS = Path(__file__).resolve().parent / "sipp"
CALLER_PORT = 5070


@pytest.fixture(autouse=True)
def bounded():
    """In place of the usual limit."""
    with within(120 + 3 * SECONDS):
        yield


@pytest.fixture
def node(start, keeper):
    """With ports for as many calls as there are when the machine has had no time for a while."""
    settings = keeper.settings()
    settings["networks"][0]["ports"], settings["networks"][1]["ports"] = "20000-21999", "30000-31999"
    return start(settings)


@pytest.fixture
def callee(site, tmp_path):
    """SIPp as bob, who is registered."""
    with site.phone("bob") as bob:
        assert bob.register() == [401, 200]
    host = site.lab.h2
    answering = kamailio.Process("sipp-callee", tmp_path)
    answering.run(["sipp", "-sf", str(SCENARIOS / "callee.xml"), "-i", host.v4, "-p", str(SIP_PORT),
                   "-nostdin", "-trace_err", "-error_file", str(tmp_path / "callee-errors")],
                  host, cwd=tmp_path)
    try:
        yield answering
    finally:
        answering.stop()


def totals(path):
    """The last line of SIPp's statistics, cumulative values only."""
    with open(path, encoding="utf-8") as file:
        *_, last = csv.DictReader(file, delimiter=";")
    return {name[:-3]: value for name, value in last.items() if name and name.endswith("(C)")}


def test_calls_for_a_minute(site, callee, tmp_path):
    users = tmp_path / "users.csv"
    users.write_text("SEQUENTIAL\nalice;[authentication username=alice password="
                     f"{site.USERS['alice']}];bob;{kamailio.DOMAIN}\n")
    caller, statistics = site.lab.h1, tmp_path / "statistics.csv"
    result = caller.run("sipp", f"{site.host.v4_a}:{SIP_PORT}", "-sf", str(SCENARIOS / "caller.xml"),
                        "-inf", str(users), "-i", caller.v4, "-p", str(CALLER_PORT), "-r", str(RATE),
                        "-m", str(RATE * SECONDS), "-l", str(20 * RATE), "-nostdin", "-trace_stat",
                        "-stf", str(statistics), "-fd", "1", "-trace_err",
                        "-error_file", str(tmp_path / "errors"), "-timeout", str(60 + 2 * SECONDS),
                        cwd=tmp_path, check=False)
    counted = totals(statistics)
    print({name: counted[name] for name in
           ("SuccessfulCall", "FailedCall", "Retransmissions", "ResponseTime1")})
    errors = "".join(path.read_text()[:2000] for path in tmp_path.glob("*errors"))
    assert result.returncode == 0 and counted["FailedCall"] == "0", errors
    assert int(counted["SuccessfulCall"]) == RATE * SECONDS
    assert not callee.ended()
    nothing_left(site.api)
    assert "No sessions." in site.node.polluxctl("session", "list").stdout
    wait_until(lambda: "all: 0" in site.kamailio.rpc("dlg.stats_active"), what="no dialog in Kamailio")
