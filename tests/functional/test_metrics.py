"""Prometheus' and DPDK's views of a running node, against polluxctl's; and that nobody is disturbed."""

import http.client
import json
import os
import re
import socket
import threading
from pathlib import Path

import pytest
from api import wait_until
from party import Party, both_ways
from test_relay import call

ADDRESS = ("127.0.0.1", 9464)
SAMPLE = re.compile(r'^(\w+?)(?:\{(.*)\})? (\S+)$')


@pytest.fixture
def metrics_node(start, keeper):
    settings = keeper.settings(workers=2)
    settings["metrics"] = {"listen": ["%s:%d" % ADDRESS]}
    return start(settings)


def get(lab, path="/metrics"):
    with lab.node.inside():  # the connection stays there
        connection = http.client.HTTPConnection(*ADDRESS, timeout=10)
        connection.connect()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def scrape(lab):
    """(name, label=value, …) → figure."""
    status, text = get(lab)
    assert status == 200
    samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            labels = tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels or "")))
            samples[(name, *(f"{key}={text}" for key, text in labels))] = float(value)
    return samples


def stats_of(node):
    result = node.polluxctl("-o", "json", "stats")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def figures(stats):
    """What polluxctl's JSON says, by the names of the metrics; int64 is text there."""
    shown = {("pollux_sessions_active",): stats["sessions"].get("active", 0),
             ("pollux_sessions_created_total",): stats["sessions"].get("created", 0),
             ("pollux_sessions_deleted_total",): stats["sessions"].get("deleted", 0),
             ("pollux_mbufs",): stats["mbufsTotal"]}
    for worker in stats["workers"]:
        number = f"worker={worker.get('worker', 0)}"
        shown["pollux_worker_sessions", number] = worker.get("sessions", 0)
        shown["pollux_worker_handed_off_packets_total", number] = worker.get("handedOff", 0)
        for stage in worker["stages"]:
            shown["pollux_stage_packets_total", f"stage={stage['stage']}", number] = stage.get("packets", 0)
        for drop in worker.get("drops", []):
            shown["pollux_drops_total", f"reason={drop['reason']}", number] = drop["packets"]
    for port in stats["ports"]:
        name = f"port={port['port']}"
        shown["pollux_port_receive_packets_total", name] = port.get("rxPackets", 0)
        shown["pollux_port_transmit_packets_total", name] = port.get("txPackets", 0)
        shown["pollux_port_link_up", name] = port.get("linkUp", False)
    return {key: float(value) for key, value in shown.items()}


def test_a_scrape_says_what_polluxctl_says(lab, metrics_node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(metrics_node, a, b)
        stop = threading.Event()

        def send():
            while not stop.wait(0.005):
                a.send()
                b.send()
        traffic = threading.Thread(target=send)
        traffic.start()
        try:
            for _ in range(5):  # under traffic: between what polluxctl says before and after
                before, shown, after = (figures(stats_of(metrics_node)), scrape(lab),
                                        figures(stats_of(metrics_node)))
                for key in before:
                    assert before[key] <= shown[key] <= after[key], key
        finally:
            stop.set()
            traffic.join()
        assert shown["pollux_stage_packets_total", "stage=rtp_receive",
                     f"worker={session.state.worker}"] > 0
        metrics_node.api.delete(session.session_id)

    def at_rest():
        before, shown, after = (figures(stats_of(metrics_node)), scrape(lab),
                                figures(stats_of(metrics_node)))
        return before == after and {key: shown[key] for key in before} == before
    wait_until(at_rest, what="a moment in which nothing changes and all three agree")
    shown = scrape(lab)
    assert shown["pollux_call_duration_seconds_count",] >= 1
    assert shown["pollux_control_answered",] == 1
    assert 0 <= shown["pollux_worker_load_ratio", "worker=0"] <= 1


def test_a_scrape_names_no_session(lab, metrics_node):
    api = metrics_node.api
    api.create(api.leg("secret-leg", "outside", ("10.71.1.11", 4000)), api.leg("b", "inside"),
               session_id="secret-session")
    status, text = get(lab)
    assert status == 200 and "secret" not in text and "10.71.1.11" not in text
    assert get(lab, "/")[0] == 404


def test_scrapes_disturb_no_call(lab, metrics_node):
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(metrics_node, a, b)
        stop = threading.Event()
        failures = []

        def keep_scraping():
            while not stop.wait(0.05):
                try:
                    scrape(lab)
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(error)
        scraper = threading.Thread(target=keep_scraping)
        scraper.start()
        try:
            both_ways(a, b, 200)
        finally:
            stop.set()
            scraper.join()
        assert not failures
        last = metrics_node.api.delete(session.session_id)
        assert [leg.rtp.rx_packets for leg in last.state.legs] == [200, 200]


def test_refused_sessions_are_counted_by_cause(lab, start, keeper):
    settings = keeper.settings()
    settings["metrics"] = {"listen": ["%s:%d" % ADDRESS]}
    settings["admission"] = {"max_sessions": 1}
    node = start(settings)
    assert node.polluxctl("session", "create", "one", "--leg", "a,network=outside", "--leg",
                          "b,network=inside").returncode == 0
    refused = node.polluxctl("session", "create", "two", "--leg", "a,network=outside", "--leg",
                             "b,network=inside")
    assert refused.returncode != 0
    assert "1 sessions are in use and admission.max_sessions is 1" in refused.stderr
    shown = scrape(lab)
    assert shown["pollux_sessions_refused_total", "cause=SESSIONS_EXHAUSTED"] == 1
    assert shown["pollux_sessions_limit",] == 1


def telemetry_socket(prefix):
    folders = [Path("/var/run/dpdk"), Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"), "dpdk")]
    return next((path for folder in folders if (path := folder / prefix / "dpdk_telemetry.v2").exists()),
                None)


def ask_dpdk(path, *commands):
    """One answer a command, as DPDK's own dpdk-telemetry.py asks."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(10)
        client.connect(str(path))
        greeting = json.loads(client.recv(1024))
        answers = []
        for command in commands:
            client.send(command.encode())
            answers.append(json.loads(client.recv(greeting["max_output_len"])))
        return answers


def test_dpdks_own_view(lab, metrics_node):
    path = telemetry_socket(metrics_node.settings["eal"]["file_prefix"])
    assert path, "no telemetry socket"
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(metrics_node, a, b)
        both_ways(a, b, 20)
        lost = metrics_node.api.drops().get("no_endpoint", 0)
        number = session.state.worker
        workers, worker, strange, drops, ports = ask_dpdk(
            path, "/pollux/workers", f"/pollux/worker,{number}", "/pollux/worker,99", "/pollux/drops",
            "/ethdev/stats,0")
    assert workers == {"/pollux/workers": [0, 1]}
    assert worker["/pollux/worker"]["sessions"] == 1
    assert worker["/pollux/worker"]["stages"]["rtp_receive_packets"] >= 40
    assert strange == {"/pollux/worker": None}
    assert drops["/pollux/drops"]["no_endpoint"] >= lost
    assert "tx_full" in drops["/pollux/drops"]
    assert ports["/ethdev/stats"]["ipackets"] >= 20


def test_telemetry_can_be_shut(start, keeper):
    settings = keeper.settings()
    settings["eal"]["telemetry"] = False
    settings["eal"]["file_prefix"] += "-quiet"
    start(settings)
    assert telemetry_socket(settings["eal"]["file_prefix"]) is None
