"""Sessions and nodes that end: time-outs, SIGTERM, kill -9, wrong configuration."""

import os
import signal
import socket
import subprocess
import time

import grpc
import pytest
import yaml
from api import local_rtcp, local_rtp, wait_until
from lab import rtp
from lab.node import REPOSITORY, program
from party import Party, both_ways, waiting
from test_relay import call


def test_silent_media_ends_the_session(lab, node):
    api, events = node.api, node.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote),
                             media_timeout=1)
        a.calls(local_rtp(session, "a"))
        b.calls(local_rtp(session, "b"))
        start = time.monotonic()
        while time.monotonic() < start + 1.5:  # media keeps it alive beyond its time-out
            last = time.monotonic()
            a.send()
            time.sleep(0.05)
        assert api.get(session.session_id)
        events.wait_for("SESSION_TIMED_OUT", session_id=session.session_id)
        ended = events.wait_for("SESSION_ENDED", session_id=session.session_id)
        assert 1 <= time.monotonic() - last < 5
        assert ended.end_reason == api.pb.END_REASON_TIMED_OUT
        with pytest.raises(grpc.RpcError) as error:
            api.get(session.session_id)
        assert error.value.code() == grpc.StatusCode.NOT_FOUND
        assert api.stats().sessions.timed_out >= 1
    events.close()


def test_spray_does_not_keep_a_session_alive(lab, node):
    api, events = node.api, node.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote),
                             media_timeout=1)
        a.calls(local_rtp(session, "a"))
        both_ways(a, b.calls(local_rtp(session, "b")), 3)
        stranger = lab.h3.udp(lab.h3.v4)
        deadline = time.monotonic() + 8
        while not events.found("SESSION_ENDED", session_id=session.session_id):
            assert time.monotonic() < deadline, "strangers kept the session alive"
            stranger.sendto(bytes.fromhex("8000ee3c0442a2c1ef0a07de") + bytes(160), a.to)
            time.sleep(0.02)
    events.close()


def test_events_of_a_life(lab, node):
    """Started, first media, ended: in order, numbered without a gap."""
    events = node.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 3)
        node.api.delete(session.session_id)
    ended = events.wait_for("SESSION_ENDED", session_id=session.session_id)
    assert ended.end_reason == node.api.pb.END_REASON_DELETED
    mine = [e for e in events.events if e.session_id == session.session_id]
    names = [node.api.pb.EventType.Name(e.type).removeprefix("EVENT_TYPE_") for e in mine]
    assert names[0] == "SESSION_STARTED" and names[-1] == "SESSION_ENDED"
    assert {e.leg_id for e in mine if e.type == node.api.pb.EVENT_TYPE_FIRST_MEDIA} == {"a", "b"}
    numbers = [e.sequence for e in events.events]
    assert numbers == list(range(events.first.next_sequence, events.first.next_sequence + len(numbers)))
    events.close()


def test_sigterm_says_bye_and_ends_with_status_0(lab, start, keeper):
    node = start()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 5)
        node.signal(signal.SIGTERM)
        for party in (a, b):
            assert rtp.BYE in rtp.rtcp_types(party.receive_rtcp())
        assert node.wait() == 0
        assert not os.path.exists(node.settings["grpc"]["unix_socket"]), "the socket was left behind"


def test_delete_says_bye(lab, node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 5)
        node.api.delete(session.session_id)
        for party, other in ((a, b), (b, a)):
            bye = party.receive_rtcp()
            assert rtp.BYE in rtp.rtcp_types(bye)
            assert other.stream.ssrc.to_bytes(4, "big") in bye  # it is the other's stream that ends


def test_kill_9_and_restart(lab, start, keeper):
    """What a crash leaves behind doesn't keep the next run from serving."""
    node = start()
    run = node.api.info().node_run
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 5)
        node.expected_status = -signal.SIGKILL
        node.kill()
        assert os.path.exists(node.settings["grpc"]["unix_socket"]), "nothing stale to start over"
        again = start()
        assert again is not node and again.api.info().node_run != run
        call(again, a, b)
        both_ways(a, b, 20)


def test_second_instance_on_the_same_socket_is_refused(lab, node):
    result = lab.node.run(program("polluxd"), "--config", str(node.config_path), check=False, timeout=60)
    assert result.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert result.stderr.strip()
    assert node.api.info().node_run, "the first instance was disturbed"


def check(lab, tmp_path, text, *arguments):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    return lab.node.run(program("polluxd"), "--config", str(path), *arguments, check=False, timeout=60)


@pytest.mark.parametrize("arguments", [[], ["--check"]], ids=["start", "check"])
def test_wrong_configuration(lab, keeper, tmp_path, arguments):
    settings = keeper.settings()
    settings["wrkers"] = []
    settings["ports"][0]["mtu"] = 17
    text = yaml.safe_dump(settings, sort_keys=False)
    result = check(lab, tmp_path, text, *arguments)
    assert result.returncode == 2, result.stderr
    for key in ("wrkers", "mtu"):  # all of them at once, each with its line
        line = next(n for n, line in enumerate(text.splitlines(), 1) if key in line)
        assert f":{line}:" in result.stderr or f"line {line}" in result.stderr, result.stderr
        assert key in result.stderr


def test_configuration_that_is_no_yaml_or_not_there(lab, tmp_path):
    for result in (check(lab, tmp_path, "ports: [\n"), check(lab, tmp_path, ""),
                   lab.node.run(program("polluxd"), "--config", str(tmp_path / "none.yaml"), check=False)):
        assert result.returncode == 2 and result.stderr.strip()


def test_check_accepts_good_configurations(lab, keeper, tmp_path):
    for text in (yaml.safe_dump(keeper.settings()),
                 (REPOSITORY / "config/pollux.example.yaml").read_text(encoding="utf-8")):
        result = check(lab, tmp_path, text, "--check")
        assert result.returncode == 0, result.stderr


def test_steering_that_the_device_cannot(lab, keeper, tmp_path):
    settings = keeper.settings(workers=2)
    keeper.stop()  # it has the interfaces
    settings["grpc"]["unix_socket"] = str(tmp_path / "x.sock")
    settings["ports"][0]["steering"] = "rss"
    result = check(lab, tmp_path, yaml.safe_dump(settings))
    assert result.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert "ports[0].steering" in result.stderr and "raise queues to 2" in result.stderr


def test_device_that_does_not_exist(lab, keeper, tmp_path):
    settings = keeper.settings()
    settings["eal"]["file_prefix"] += "-none"
    settings["grpc"]["unix_socket"] = str(tmp_path / "x.sock")
    settings["ports"][0]["device"] = "net_af_packet_x,iface=none"
    result = check(lab, tmp_path, yaml.safe_dump(settings))
    assert result.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert "port" in result.stderr and "none" in result.stderr
