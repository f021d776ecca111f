"""Where it transcodes Pollux speaks RTCP for itself, to each party: as Wireshark reads it."""

import struct
import subprocess

import pytest
from api import leg_state, wait_until
from lab import rtp, speech, wire
from media_formats import FORMATS, codec_leg
from party import Party, waiting
from srtp_party import connect
from talker import Talker

XR = 207
FIELDS = ("rtcp.pt", "rtcp.senderssrc", "rtcp.ssrc.identifier", "rtcp.sender.packetcount",
          "rtcp.sender.octetcount", "rtcp.timestamp.rtp", "rtcp.sdes.text", "rtcp.xr.bt", "rtcp.length_check",
          "_ws.malformed")


@pytest.fixture(scope="module")
def sound():
    return speech.spoken(3.0)


def dissected(folder, frames, port):
    """tshark's reading of RTCP frames to the port: for each packet field → values."""
    path = folder / "rtcp.pcap"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    read = subprocess.run(["tshark", "-r", str(path), "-d", f"udp.port=={port},rtcp", "-Y", "rtcp",
                           "-T", "fields", "-E", "separator=|",
                           *(word for field in FIELDS for word in ("-e", field))],
                          check=True, capture_output=True, text=True, timeout=60).stdout
    return [dict(zip(FIELDS, (value.split(",") if value else [] for value in line.split("|"))))
            for line in read.splitlines()]


class Reports:
    """RTCP frames for one party, as they come."""

    def __init__(self, party):
        self.party, self.socket, self.frames = party, party.host.sniffer(), []

    def look(self):
        for frame in waiting(self.socket):
            datagram = wire.udp_datagram(frame)
            if datagram and datagram.destination == (self.party.address, self.party.remote[1] + 1):
                assert not datagram.faults
                self.frames.append(frame)
        return self.frames

    def types(self):
        return [rtp.rtcp_types(wire.udp_datagram(frame).payload) for frame in self.look()]

    def dissected(self, folder):
        return dissected(folder, self.frames, self.party.remote[1] + 1)


def test_reports_of_its_own(lab, node, sound, tmp_path):
    api = node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(codec_leg(api, "a", "outside", a.remote, FORMATS["PCMA"], rtcp_xr=True),
                             codec_leg(api, "b", "inside", b.remote, FORMATS["G722"]))
        connect(session, a=a, b=b)
        to_a, to_b = Reports(a), Reports(b)
        with Talker(a, sound) as talker:
            talker.says(5)
            a.send_rtcp(rtp.sender_report(a.stream.ssrc, a.stream.timestamp) + rtp.rtcp(rtp.SDES, count=0))
            wait_until(lambda: to_a.look() and to_b.look(), what="a first report to each party")
        heard = [rtp.parse(b.receive()) for _ in talker.sent]
        assert not waiting(b.rtp)
        api.delete(session.session_id)
        wait_until(lambda: rtp.BYE in to_b.types()[-1], what="BYE to b")
        to_a.look()
        read_a, read_b = to_a.dissected(tmp_path), to_b.dissected(tmp_path)
        to_a.socket.close()
        to_b.socket.close()
    ours, = {packet.ssrc for packet in heard}
    assert ours != a.stream.ssrc
    for read in read_a + read_b:
        assert not read["_ws.malformed"] and not {"0", "False"} & set(read["rtcp.length_check"]), read
        assert read["rtcp.sdes.text"], "a CNAME in every compound"
    # b gets RTP, so a sender report: about these very packets. What a's report said isn't told to it.
    first, last = read_b[0], read_b[-1]
    assert last["rtcp.pt"][-1] == str(rtp.BYE) and f"0x{ours:08x}" in last["rtcp.ssrc.identifier"], last
    assert first["rtcp.pt"] == [str(rtp.SENDER_REPORT), str(rtp.SDES)], first
    assert {int(ssrc, 16) for ssrc in first["rtcp.senderssrc"]} == {ours}
    packets, octets = int(first["rtcp.sender.packetcount"][0]), int(first["rtcp.sender.octetcount"][0])
    assert 0 < packets <= len(heard) and octets == packets * 160
    now = (int(first["rtcp.timestamp.rtp"][0]) - heard[packets - 1].timestamp) % 2 ** 32
    assert now <= 8000, "RTP time of the report is that of the newest packet, and what has passed since"
    # a gets none, so a receiver report with a block about what it sends, and the XR that it asked for.
    assert read_a[0]["rtcp.pt"] == [str(rtp.RECEIVER_REPORT), str(rtp.SDES), str(XR)], read_a[0]
    assert read_a[0]["rtcp.xr.bt"] == ["7"]  # VoIP metrics
    assert f"0x{a.stream.ssrc:08x}" in read_a[0]["rtcp.ssrc.identifier"]
    speaking, = {int(ssrc, 16) for read in read_a for ssrc in read["rtcp.senderssrc"]}
    assert speaking not in (ours, a.stream.ssrc)
    # tshark has the reason of a BYE in the same field, behind the CNAME.
    names = [{read["rtcp.sdes.text"][0] for read in reads} for reads in (read_a, read_b)]
    assert [len(name) for name in names] == [1, 1] and names[0] != names[1], names


def test_round_trip_is_learned(lab, node, sound):
    """b answers a report of Pollux's, and Pollux reads it: party report, round trip."""
    api = node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = api.create(codec_leg(api, "a", "outside", a.remote, FORMATS["PCMA"]),
                             codec_leg(api, "b", "inside", b.remote, FORMATS["G729"]))
        connect(session, a=a, b=b)
        with Talker(a, sound):
            b.send(bytes(20))
            report = b.receive_rtcp()
            assert report and rtp.rtcp_types(report)[0] == rtp.SENDER_REPORT
            ssrc, seconds, fraction = struct.unpack_from("!III", report, 4)
            block = (ssrc, 3 << 24 | 5, 1100, 16, (seconds & 0xffff) << 16 | fraction >> 16, 0)
            b.send_rtcp(rtp.rtcp(rtp.RECEIVER_REPORT, b.stream.ssrc, *block, count=1) +
                        rtp.rtcp(rtp.SDES, count=0))

            def told():
                quality = leg_state(api.get(session.session_id), "b").quality
                return quality if quality.HasField("party_report") else None
            quality = wait_until(told, what="b's report")
        assert quality.party_report.lost == 5
        assert quality.HasField("round_trip_ms") and 0 <= quality.round_trip_ms < 5000
        assert not waiting(a.rtcp) or all(struct.unpack_from("!I", packet, 4)[0] != b.stream.ssrc
                                          for packet in waiting(a.rtcp)), "b's report was relayed to a"
