"""polluxctl against a node with live media."""

import json
import signal
import subprocess

import pytest
from api import local_rtp, wait_until
from lab.node import program
from party import Party, both_ways
from test_relay import call


def good(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_create_show_list_delete(lab, node):
    with Party(lab.h1) as a, Party(lab.h2, 6) as b:
        created = json.loads(good(node.polluxctl(
            "-o", "json", "session", "create", "call-1", "--media-timeout", "30s", "--label", "call_id=x1",
            "--leg", f"a,network=outside,remote={a.remote[0]}:{a.remote[1]}",
            "--leg", f"b,network=inside,remote=[{b.remote[0]}]:{b.remote[1]}")))
        session = node.api.get("call-1")
        assert dict(session.spec.labels) == {"call_id": "x1"}
        assert session.spec.media_timeout.seconds == 30
        assert local_rtp(session, "a")[1] in [leg["rtp"]["local"]["port"] for leg in created["state"]["legs"]]
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        both_ways(a, b, 25)

        shown = good(node.polluxctl("session", "show", "call-1"))
        for word in ("call-1", str(local_rtp(session, "a")[1]), str(a.remote[1]), "25"):
            assert word in shown, shown
        listed = good(node.polluxctl("session", "list"))
        assert "call-1" in listed
        assert json.loads(good(node.polluxctl("session", "list", "-o", "json")))["sessions"]
        assert "call-1" in good(node.polluxctl("session", "delete", "call-1"))
        assert "call-1" not in good(node.polluxctl("session", "list"))


def test_errors_have_their_exit_codes(lab, node):
    unknown = node.polluxctl("session", "show", "nobody")
    assert unknown.returncode == 1 and "nobody" in unknown.stderr
    refused = node.polluxctl("session", "create", "x", "--leg", "a,network=nowhere")
    assert refused.returncode == 1 and "nowhere" in refused.stderr
    assert node.polluxctl("session", "create", "x", "--leg", "a,direction=up").returncode == 2
    assert node.polluxctl("sesion").returncode == 2
    nobody = subprocess.run([program("polluxctl"), "--target", "unix:/nowhere/pollux.sock", "node", "info"],
                            check=False, capture_output=True, text=True, timeout=60)
    assert nobody.returncode == 3 and "/nowhere/pollux.sock" in nobody.stderr


def test_busy_node_gets_the_time_it_needs(node):
    """Half a second until it accepts a connection is no reason to say that nobody answers."""
    node.signal(signal.SIGSTOP)
    try:
        asking = subprocess.Popen([program("polluxctl"), "--target", node.target, "session", "list"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            asking.wait(0.6)
    finally:
        node.signal(signal.SIGCONT)
    _, err = asking.communicate(timeout=60)
    assert asking.returncode == 0, err


def test_stats_and_drops(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 10)
        stats = good(node.polluxctl("stats"))
        assert "port-a" in stats and "port-b" in stats
        totals = json.loads(good(node.polluxctl("stats", "-o", "json")))
        assert int(totals["sessions"]["active"]) == 1
        assert int(totals["workers"][0]["sessions"]) == 1
        a.rtp.sendto(b"\x80", a.to)
        wait_until(lambda: {"rtp_malformed", "not_media"} & set(node.api.drops()), what="the drop")
        assert "rtp_malformed" in good(node.polluxctl("stats", "--drops")) or \
            "not_media" in good(node.polluxctl("stats", "--drops"))


def test_node_info(lab, node):
    info = good(node.polluxctl("node", "info"))
    for word in ("port-a", "outside", "inside", "10.71.1.1"):
        assert word in info, info
    parsed = json.loads(good(node.polluxctl("node", "info", "-o", "json")))
    assert {network["name"] for network in parsed["networks"]} == {"outside", "inside", "vlan"}


def test_events(lab, node):
    first = node.api.events()
    since = first.first.next_sequence
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 5)
        node.api.delete(session.session_id)
        first.wait_for("SESSION_ENDED", session_id=session.session_id)
    first.close()
    text = good(node.polluxctl("events", "--since", str(since), "--session", session.session_id))
    assert session.session_id in text
    assert len(text.splitlines()) >= 4, text  # started, first media of both legs, ended
