"""polluxctl's live views against a node with media: verdicts, top, and captures that tshark reads."""

import json
import signal
import subprocess

import pytest
from lab.node import program
from party import Party, both_ways, relayed
from test_polluxctl import good
from test_relay import call


def shark(file, *fields):
    """One list of fields for each packet. RTP is recognised by its look, on whatever port."""
    arguments = [argument for field in fields for argument in ("-e", field)]
    result = subprocess.run(["tshark", "--enable-heuristic", "rtp_udp", "-r", str(file), "-T", "fields",
                             "-E", "separator=|", *arguments], check=True,
                            capture_output=True, text=True, timeout=60)
    return [line.split("|") for line in result.stdout.splitlines()]


def start_capture(node, *arguments):
    return subprocess.Popen([program("polluxctl"), "--target", node.target, "capture", *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_verdicts(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        relayed(a, b, 60)
        shown = good(node.polluxctl("session", "show", session.session_id))
        to_b = f"a → b: receiving, forwarding to {b.remote[0]}:{b.remote[1]}"
        assert f"{to_b}, never heard from it: NAT, or a wrong address in its SDP?" in shown, shown
        assert "b → a: nothing received from b yet: it doesn't send" in shown, shown
        assert shown.count("what to do:") == 2
        relayed(b, a, 60)
        shown = good(node.polluxctl("session", "show", session.session_id))
        assert "what to do:" not in shown, shown
        assert f"{to_b}\n" in shown
        assert "media flows" in good(node.polluxctl("session", "list"))


def test_top_and_the_worst(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 60)
        top = good(node.polluxctl("top", "--once", "--interval", "200ms"))
        for word in ("Pollux ", "serving", "WORKER", "LOAD", "port-a", "port-b"):
            assert word in top, top
        looked = json.loads(good(node.polluxctl("top", "--once", "--interval", "200ms", "-o", "json")))
        assert looked["ratesKnown"] and {port["port"] for port in looked["ports"]} >= {"port-a", "port-b"}
        worst = json.loads(good(node.polluxctl("session", "list", "--worst", "3", "-o", "json")))["sessions"]
        assert [entry["sessionId"] for entry in worst] == [session.session_id]


def test_capture_of_a_session(lab, node, tmp_path):
    file = tmp_path / "call.pcapng"
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        process = start_capture(node, session.session_id, "--out", str(file), "--max-packets", "40")
        while process.poll() is None:
            both_ways(a, b, 10)
        assert "40 packets written" in finish(process)
        packets = shark(file, "frame.interface_name", "udp.srcport", "udp.dstport", "frame.comment")
        assert len(packets) == 40
        seen = {(port, comment) for port, _, _, comment in packets}
        assert {("port-a", "leg a, received (rtp_receive)"), ("port-b", "leg b, sent (tx)")} <= seen, seen
        received = [packet for packet in packets if packet[3].startswith("leg a, received")]
        assert all(int(source) == a.remote[1] for _, source, _, _ in received)


def test_capture_ends_with_its_session(lab, node, tmp_path):
    file = tmp_path / "call.pcapng"
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        process = start_capture(node, session.session_id, "--leg", "a", "--out", str(file))
        while not file.exists() or file.stat().st_size < 1000:  # it has begun
            assert process.poll() is None
            both_ways(a, b, 10)
        both_ways(a, b, 10)  # it may have begun between the two ways of the last ones
        refused = node.polluxctl("capture", session.session_id, "--out", str(tmp_path / "second"))
        assert refused.returncode == 1 and "CAPTURE_EXISTS" in refused.stderr
        node.api.delete(session.session_id)
        assert "ended: the session ended" in finish(process)
    comments = {comment for comment, in shark(file, "frame.comment")}
    # The last is the BYE that a party gets when its session ends.
    assert comments == {"leg a, received (rtp_receive)", "leg a, sent (tx)", "leg a, RTCP, sent (tx)"}


@pytest.mark.parametrize("by", ["address", "port"])
def test_interrupted_capture_of_what_reaches_no_session_is_whole(lab, node, tmp_path, by):
    file = tmp_path / "unmatched.pcapng"
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        a.to = (a.to[0], a.to[1] + 2000)  # a port of no session
        which = {"address": a.remote[0], "port": a.to[1]}[by]
        process = start_capture(node, "--unmatched", f"--{by}", str(which), "--out", str(file))
        while not file.exists() or file.stat().st_size < 1000:
            assert process.poll() is None
            b.rtp.sendto(b.stream.next(), (b.to[0], b.to[1] + 2002))  # of no session either, and not wanted
            a.send()
        process.send_signal(signal.SIGINT)
        assert "ended: interrupted" in finish(process)
        packets = shark(file, "udp.srcport", "frame.comment")
        assert packets
        why = "no session, dropped: no_endpoint (UDP port without a session"
        assert all(int(port) == a.remote[1] and comment.startswith(why) for port, comment in packets)
        assert node.api.get(session.session_id).session_id  # which it didn't touch


def test_capture_of_nobody(lab, node, tmp_path):
    refused = node.polluxctl("capture", "nobody", "--out", str(tmp_path / "x"))
    assert refused.returncode == 1 and "SESSION_UNKNOWN" in refused.stderr
    assert not (tmp_path / "x").exists()
