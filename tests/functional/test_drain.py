"""A node that is emptied while media flows."""

import time

import grpc
import pytest
from api import error_details, local_rtp, wait_until
from lab.node import SERVING
from party import Party, both_ways
from test_relay import call
from traffic import talking


@pytest.fixture
def drained(node):
    """A node that takes sessions again after the test, whatever happened."""
    yield node
    if node.process.poll() is None:
        node.api.undrain()


def refused(node):
    api = node.api
    with pytest.raises(grpc.RpcError) as error:
        api.create(api.leg("a", "outside"), api.leg("b", "inside"))
    reason, _ = error_details(error.value)
    return error.value.code() == grpc.StatusCode.UNAVAILABLE and reason == "NODE_DRAINING"


def serving(node):
    return node.channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=60) == SERVING


def test_drain_ends_when_the_last_call_has_ended(lab, drained):
    node, api, events = drained, drained.api, drained.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        start = time.monotonic()
        stream = api.drain()
        first = next(stream)
        assert first.sessions_left == 1 and not first.done and not first.HasField("time_left")
        events.wait_for("NODE_DRAINING")
        assert refused(node) and not serving(node)
        assert api.info().status == api.node_pb.NODE_STATUS_DRAINING
        with talking(a, b):  # a call that exists suffers nothing, and can be changed
            api.update_leg(session.session_id, api.leg("a", "outside", a.remote, dscp=10), "dscp")
            assert next(stream).sessions_left == 1
            assert 0.9 < time.monotonic() - start < 10
        api.delete(session.session_id)
        last = list(stream)[-1]
        assert last.done and last.sessions_left == 0
        assert refused(node)  # until it is undrained
        api.undrain()
        events.wait_for("NODE_UNDRAINED")
        assert serving(node) and api.info().status == api.node_pb.NODE_STATUS_SERVING
        call(node, a, b)
        both_ways(a, b, 5)
    events.close()


def test_drain_of_an_empty_node_ends_at_once(drained):
    [only] = list(drained.api.drain())
    assert only.done and only.sessions_left == 0


def test_cancelled_call_leaves_the_drain_and_a_second_one_sets_its_deadline(lab, drained):
    node, api, events = drained, drained.api, drained.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        stream = api.drain(deadline=600)
        assert next(stream).time_left.seconds >= 590
        stream.cancel()
        assert refused(node)
        both_ways(a, b, 10)
        responses = list(api.drain(deadline=1.5, end_sessions=True))
        assert responses[-1].done and responses[-1].sessions_left == 0
        ended = events.wait_for("SESSION_ENDED", session_id=session.session_id)
        assert ended.end_reason == api.pb.END_REASON_DRAINED
        assert len(events.found("NODE_DRAINING")) == 1
    events.close()


def test_deadline_alone_leaves_the_calls(lab, drained):
    node, api = drained, drained.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        last = list(api.drain(deadline=0.3))[-1]
        assert last.done and last.sessions_left == 1
        both_ways(a, b, 10)
        assert refused(node)


def test_wrong_deadline(drained):
    with pytest.raises(grpc.RpcError) as error:
        list(drained.api.drain(deadline=-1))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_ports_by_address_and_worker(lab, node):
    api = node.api
    before = api.ports()
    places = {(p.network, p.address) for p in before.addresses}
    assert places >= {("outside", "10.71.1.1"), ("inside", "fd71:2::1")}
    assert all(p.total == 200 and p.used == 0 for p in before.addresses)
    assert [(s.port, s.method) for s in before.steering] == [("port-a", "single"), ("port-b", "single")]
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        used = {p.address: p.used for p in api.ports().addresses}
        assert used[local_rtp(session, "a")[0]] == 2 and used[local_rtp(session, "b")[0]] == 2
        api.delete(session.session_id)
        wait_until(lambda: not any(p.used for p in api.ports().addresses), what="the ports given back")
