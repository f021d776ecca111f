"""What polluxd holds, by its own account and by the kernel's: the same before and after a soak run."""

import contextlib
import http.client

from lab import process

METRICS = ("127.0.0.1", 9464)
ALL_CAPTURES = 8  # at once, says proto/pollux/v1/node.proto


def scrape(namespace):
    """/metrics of the polluxd in the namespace, as text."""
    with namespace.inside():
        connection = http.client.HTTPConnection(*METRICS, timeout=10)
        connection.connect()
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"/metrics: status {response.status}")
        return response.read().decode()


def by_node(node):
    """Figures by names for people. Pre: its metrics listen on METRICS."""
    api, pid = node.api, node.process.pid
    stats, ports = api.stats(), api.ports()
    calls = api.calls.ListCalls(api.calls_pb.ListCallsRequest(), timeout=5)
    watchers = next(float(line.split()[1]) for line in scrape(node.namespace).splitlines()
                    if line.startswith("pollux_event_watchers "))
    return {
        "sessions": stats.sessions.active,
        "sessions on workers": sum(worker.sessions for worker in stats.workers),
        "calls by offer and answer": calls.total,
        "local ports in use": sum(address.used for address in ports.addresses),
        "free packet buffers": stats.mbufs_free,
        "media committed, % of a core": round(100 * sum(w.media_committed for w in stats.workers), 3),
        "event watchers": int(watchers),
        "memory in use for keys, 64 B": process.key_memory(pid),
        **process.holdings("polluxd", pid)}


def captures_free(api):
    """How many captures can begin at once: one that never ended is missing. Takes a second."""
    request = api.node_pb.CaptureRequest(unmatched=api.node_pb.UnmatchedFilter(port=9))
    request.max_time.FromMilliseconds(1000)
    streams = [api.node.Capture(request) for _ in range(ALL_CAPTURES)]
    begun = 0
    for stream in streams:
        with contextlib.suppress(Exception):  # it was refused
            begun += any(response.ended for response in stream)
    return begun
