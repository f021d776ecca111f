"""Two workers behind one queue: half of the ports belong to the worker that doesn't get the packets."""

from api import local_rtcp, local_rtp, wait_until
from party import Party, both_ways
from test_relay import call


def test_handoff_between_two_workers(lab, start, keeper):
    node = start(keeper.settings(workers=2))
    api = node.api
    parties = [(Party(lab.h1), Party(lab.h2)) for _ in range(8)]
    sessions = [call(node, a, b) for a, b in parties]
    assert {session.state.worker for session in sessions} == {0, 1}
    for a, b in parties:
        both_ways(a, b, 20)
    workers = api.stats().workers
    assert len(workers) == 2
    assert sum(worker.handed_off for worker in workers) >= 8 * 20, "hardly a packet was handed over"
    assert [worker.sessions for worker in workers] == [4, 4], "the sessions aren't shared out evenly"
    steering = api.ports().steering
    assert [(port.method, port.reason) for port in steering] == [
        ("handoff", "1 receive queue for 2 relay workers: raise queues to 2")] * 2
    assert sum(port.handed_off for port in steering) == sum(w.handed_off for w in api.stats().workers)
    for a, b in parties:
        a.__exit__()
        b.__exit__()


def test_fan_out_of_the_kernel(lab, start, keeper):
    """net_af_packet spreads flows over its queues by a hash of the kernel's own: nothing to steer by."""
    settings = keeper.settings(workers=2)
    for port in settings["ports"]:
        port["device"] += ",qpairs=2"
        port["queues"] = 2
    node = start(settings)
    api = node.api
    parties = [(Party(lab.h1), Party(lab.h2)) for _ in range(8)]
    sessions = [call(node, a, b) for a, b in parties]
    for a, b in parties:
        both_ways(a, b, 20)
    for session in sessions:
        last = api.delete(session.session_id)
        assert [leg.rtp.rx_packets for leg in last.state.legs] == [20, 20], "packets are missing"
    steering = api.ports().steering
    for port in steering:
        assert (port.method, port.queues) == ("handoff", 2)
        assert "no RSS over the UDP destination port" in port.reason
        assert 0 < port.handed_off < port.rx_packets, "one queue got everything, or nothing was handed over"
    for a, b in parties:
        a.__exit__()
        b.__exit__()


def test_reports_and_deletion_with_two_workers(lab, start, keeper):
    node = start(keeper.settings(workers=2))
    parties = [(Party(lab.h1, 6), Party(lab.h2)) for _ in range(4)]
    sessions = [call(node, a, b) for a, b in parties]
    for a, b in parties:
        both_ways(a, b, 5)
        report = a.send_rtcp()
        assert b.receive_rtcp() == report
    for session in sessions:
        last = node.api.delete(session.session_id)
        assert [leg.rtp.rx_packets for leg in last.state.legs] == [5, 5]
    wait_until(lambda: node.api.stats().sessions.active == 0, what="no session left")
    for a, b in parties:
        a.__exit__()
        b.__exit__()


def test_a_nap_makes_batches(lab, start, keeper):
    """What comes while the worker naps is taken in one turn of its loop, and nothing of it is lost."""
    settings = keeper.settings()
    settings["workers"][0]["nap"] = 2000
    node = start(settings)
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        both_ways(a, b, 3)
        before = node.api.stats().workers[0].loop_time.count
        sent = [a.send() for _ in range(100)]
        assert [b.receive() for _ in sent] == sent
        assert node.api.stats().workers[0].loop_time.count - before < len(sent) / 2
