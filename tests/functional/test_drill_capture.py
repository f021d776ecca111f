"""A capture of one of two calls has all of that one and nothing of the other, and neither loses a packet."""

import time

from api import local_rtp
from drill import PACE_SECONDS, connect, talking
from party import Party, received
from test_polluxctl_live import finish, shark, start_capture

PACKETS = 600
RTP_COMMENTS = {f"leg {leg}, {what}" for leg in "ab" for what in ("received (rtp_receive)", "sent (tx)")}


def test_drill_capture_of_one_of_two_calls(lab, drill, tmp_path):
    api, file = drill.node.api, tmp_path / "call.pcapng"
    with Party(lab.h1) as a, Party(lab.h2) as b, Party(lab.h1) as c, Party(lab.h2) as d, \
            Party(lab.h3) as stranger:
        wanted = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        other = drill.call(api.leg("a", "outside", c.remote), api.leg("b", "inside", d.remote))
        connect(wanted, a, b)
        connect(other, c, d)
        stranger.calls(local_rtp(wanted, "a"))
        with talking(a, b, c, d) as talks:
            drill.until(["a → b: receiving, forwarding to", "b → a: receiving, forwarding to"],
                        "session", "show", wanted.session_id)
            process = start_capture(drill.node, wanted.session_id, "--out", str(file),
                                    "--max-packets", str(PACKETS))
            while process.poll() is None:
                stranger.send()
                time.sleep(5 * PACE_SECONDS)
            assert f"{PACKETS} packets written" in finish(process)
        for talk, receiver in zip(talks, (b, a, d, c)):  # nobody has lost anything for it
            assert received(receiver, talk.sent) == talk.sent

    packets = shark(file, "rtp.ssrc", "rtp.p_type", "ip.src", "udp.srcport", "frame.comment")
    assert len(packets) == PACKETS
    ours = {f"0x{party.stream.ssrc:08x}" for party in (a, b)}
    assert {ssrc for ssrc, *_ in packets} == ours | {f"0x{stranger.stream.ssrc:08x}"}  # and all of it is RTP
    assert {kind for _, kind, *_ in packets} == {"8"}
    passed = [packet for packet in packets if packet[0] in ours]
    assert {comment for *_, comment in passed} == RTP_COMMENTS
    dropped = [packet for packet in packets if packet[0] not in ours]
    assert dropped
    for _, _, source, port, comment in dropped:
        assert (source, int(port)) == stranger.remote
        assert comment.startswith("leg a, dropped: source_mismatch (packet from another source") or \
            comment == "leg a, received (rtp_receive)", comment
    assert any("dropped" in comment for *_, comment in dropped)
