"""Short words for what tests and the soak run ask of polluxd over gRPC."""

import itertools
import threading
import time

import grpc

_session_numbers = itertools.count(1)


def wait_until(condition, seconds=20, what="the condition"):
    """Polls until the condition holds and gives its value. The deadline is generous, the poll quick."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)
    return value


def load_stubs():
    """The API's generated Python modules by short names. Pre: node.generate_stubs() has made them."""
    from pollux.v1 import (media_service_pb2, media_service_pb2_grpc, node_pb2, node_pb2_grpc,
                           offer_answer_pb2, offer_answer_pb2_grpc, session_pb2, session_pb2_grpc)
    return {"session": session_pb2, "session_grpc": session_pb2_grpc, "node": node_pb2,
            "node_grpc": node_pb2_grpc, "media": media_service_pb2,
            "media_grpc": media_service_pb2_grpc, "calls": offer_answer_pb2,
            "calls_grpc": offer_answer_pb2_grpc}


class EventLog:
    """Collects events from now on."""

    def __init__(self, api, session_id=""):
        pb = api.pb
        self.pb, self.events = pb, []
        self._changed = threading.Condition()
        self.call = api.sessions.WatchEvents(pb.WatchEventsRequest(session_id=session_id))
        self.first = next(self.call)  # says that the stream is open
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            for response in self.call:
                with self._changed:
                    self.events.append(response.event)
                    self._changed.notify_all()
        except grpc.RpcError:
            pass  # the stream's end

    def found(self, kind, **fields):
        kind = self.pb.EventType.Value(f"EVENT_TYPE_{kind}")
        return [e for e in self.events
                if e.type == kind and all(getattr(e, name) == value for name, value in fields.items())]

    def wait_for(self, kind, seconds=20, **fields):
        with self._changed:
            if not self._changed.wait_for(lambda: self.found(kind, **fields), seconds):
                raise AssertionError(f"no {kind} {fields} within {seconds} s; there were: "
                                     f"{[self.pb.EventType.Name(e.type) for e in self.events]}")
            return self.found(kind, **fields)[0]

    def close(self):
        self.call.cancel()
        self._thread.join(20)


class Api:
    def __init__(self, node, stubs):
        self.pb, self.node_pb = stubs["session"], stubs["node"]
        self.channel = grpc.insecure_channel(node.target)
        self.sessions = stubs["session_grpc"].SessionServiceStub(self.channel)
        self.node = stubs["node_grpc"].NodeServiceStub(self.channel)
        self.media_pb = stubs["media"]
        self.media = stubs["media_grpc"].MediaServiceStub(self.channel)
        self.calls_pb = stubs["calls"]
        self.calls = stubs["calls_grpc"].OfferAnswerServiceStub(self.channel)

    def close(self):
        self.channel.close()

    def leg(self, leg_id, network, remote=None, **fields):
        """remote: (address, port). Enum fields by their short name: learning="HEURISTIC"."""
        leg = self.pb.LegSpec(leg_id=leg_id, network=network)
        if remote:
            leg.remote_rtp.address, leg.remote_rtp.port = remote
        for name, prefix in (("learning", "LEARNING_MODE"), ("source_policy", "SOURCE_POLICY"),
                             ("direction", "DIRECTION"), ("stream_mode", "STREAM_MODE"),
                             ("family", "ADDRESS_FAMILY")):
            if name in fields:
                setattr(leg, name, getattr(self.pb, f"{prefix}_{fields.pop(name)}"))
        for wire, common in fields.pop("payload_types", ()):
            leg.payload_types.add(wire=wire, common=common)
        for name, value in fields.items():
            if name == "sinks":
                leg.sinks.extend(value)
            else:
                setattr(leg, name, value)
        return leg

    def create(self, *legs, media_timeout=None, session_id=None):
        spec = self.pb.SessionSpec(legs=legs)
        if media_timeout is not None:
            spec.media_timeout.FromMilliseconds(int(media_timeout * 1000))
        session_id = session_id or f"test-{next(_session_numbers)}"
        return self.sessions.Create(self.pb.CreateRequest(session_id=session_id, spec=spec), timeout=20)

    def get(self, session_id):
        return self.sessions.Get(self.pb.GetRequest(session_id=session_id), timeout=20)

    def delete(self, session_id):
        return self.sessions.Delete(self.pb.DeleteRequest(session_id=session_id), timeout=20)

    def update_leg(self, session_id, leg, *fields):
        request = self.pb.UpdateRequest(session_id=session_id, spec=self.pb.SessionSpec(legs=[leg]))
        request.update_mask.paths.extend(f"legs.{leg.leg_id}.{name}" for name in fields)
        return self.sessions.Update(request, timeout=20)

    def delete_all(self):
        while listed := self.sessions.List(self.pb.ListRequest(), timeout=20).sessions:
            for session in listed:
                try:
                    self.delete(session.session_id)
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.NOT_FOUND:  # it may end by itself just now
                        raise

    def events(self, session_id=""):
        return EventLog(self, session_id)

    def stats(self):
        return self.node.Stats(self.node_pb.StatsRequest(), timeout=20)

    def drops(self):
        """Drop reason → packets, over all workers and the host thread."""
        stats, total = self.stats(), {}
        for counters in (*(worker.drops for worker in stats.workers), stats.host.drops):
            for drop in counters:
                total[drop.reason] = total.get(drop.reason, 0) + drop.packets
        return total

    def all_sessions(self):
        """Every session that there is, page by page."""
        token = ""
        while True:
            page = self.sessions.List(self.pb.ListRequest(page_size=1000, page_token=token), timeout=30)
            yield from page.sessions
            if not (token := page.next_page_token):
                return

    def info(self):
        return self.node.Info(self.node_pb.InfoRequest(), timeout=20)

    def ports(self):
        return self.node.Ports(self.node_pb.PortsRequest(), timeout=20)

    def reload(self, dry_run=False):
        return self.node.Reload(self.node_pb.ReloadRequest(dry_run=dry_run), timeout=20)

    def drain(self, deadline=None, end_sessions=False):
        """The stream of responses; deadline in seconds."""
        request = self.node_pb.DrainRequest(end_sessions=end_sessions)
        if deadline is not None:
            request.deadline.FromMilliseconds(int(deadline * 1000))
        return self.node.Drain(request, timeout=30)

    def undrain(self):
        return self.node.Undrain(self.node_pb.UndrainRequest(), timeout=20)


def error_details(error):
    """The stable reason of a failed call, and what it says by field."""
    from google.rpc import error_details_pb2, status_pb2
    reason, violations, status = "", {}, status_pb2.Status()
    status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason = info.reason
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad_request = error_details_pb2.BadRequest()
            detail.Unpack(bad_request)
            violations = {v.field: v.description for v in bad_request.field_violations}
    return reason, violations


def leg_state(session, leg_id):
    return next(leg for leg in session.state.legs if leg.leg_id == leg_id)


def local_rtp(session, leg_id):
    local = leg_state(session, leg_id).rtp.local
    return local.address, local.port


def local_rtcp(session, leg_id):
    local = leg_state(session, leg_id).rtcp.local
    return local.address, local.port
