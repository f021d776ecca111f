"""What polluxctl capture shows of a call that is encrypted: the wire, and the inside by leave only."""

import pytest
from party import Party, both_ways
from srtp_party import SrtpParty, half_encrypted
from test_polluxctl_live import finish, shark, start_capture

PACKETS = 40


def captured(node, call, a, b, file, *options):
    """Has PACKETS captured; gives the packets in the clear and sealed, as a sent them."""
    plain, sealed, send = [], [], a.send

    def sends():
        plain.append(send())
        sealed.append(a.sealed)
        return plain[-1]
    a.send = sends
    process = start_capture(node, call, "--out", str(file), "--max-packets", str(PACKETS), *options)
    while process.poll() is None:
        both_ways(a, b, 5)
    assert f"{PACKETS} packets written" in finish(process)
    return plain, sealed


def payloads(file):
    """(comment, payload type, payload) of each packet that tshark takes for RTP."""
    return [(comment, kind, bytes.fromhex(payload.replace(":", "")))
            for comment, kind, payload in shark(file, "frame.comment", "rtp.p_type", "rtp.payload")]


def test_decrypted_capture_is_forbidden_unless_allowed(lab, node, tmp_path):
    file = tmp_path / "refused.pcapng"
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        refused = node.polluxctl("capture", call, "--decrypted", "--out", str(file))
    assert refused.returncode == 1
    assert "DECRYPTED_CAPTURE_FORBIDDEN" in refused.stderr
    assert "srtp.allow_decrypted_capture" in refused.stderr
    assert not file.exists()


@pytest.mark.parametrize("allowed", [False, True], ids=["forbidden", "allowed"])
def test_capture_shows_the_wire(lab, start, keeper, tmp_path, allowed):
    """Leave alone opens nothing: somebody has to ask for it."""
    settings, file = keeper.settings(), tmp_path / "wire.pcapng"
    settings["srtp"] = {"allow_decrypted_capture": allowed}
    node = start(settings)
    with SrtpParty(lab.h1, "AEAD_AES_128_GCM") as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        plain, sealed = captured(node, call, a, b, file, "--leg", "a")
    shown = payloads(file)
    received = [payload for comment, _, payload in shown if comment == "leg a, received (rtp_receive)"]
    assert received and set(received) <= {packet[12:] for packet in sealed}
    sent = [payload for comment, _, payload in shown if comment == "leg a, sent (tx)"]
    assert sent and {len(payload) for payload in sent} == {160 + 16}
    everything = file.read_bytes()
    assert not [packet for packet in plain if packet[12:28] in everything]


def test_decrypted_capture_shows_the_inside(lab, start, keeper, tmp_path):
    settings, file = keeper.settings(), tmp_path / "inside.pcapng"
    settings["srtp"] = {"allow_decrypted_capture": True}
    node = start(settings)
    with SrtpParty(lab.h1) as a, Party(lab.h2) as b:
        call = half_encrypted(node, a, b).session_id
        plain, sealed = captured(node, call, a, b, file, "--decrypted")
    shown = payloads(file)
    assert {kind for _, kind, _ in shown} == {"8"}
    received = [payload for comment, _, payload in shown if comment == "leg a, received (rtp_receive)"]
    assert received and set(received) <= {packet[12:] for packet in plain}
    assert {len(payload) for _, _, payload in shown} == {160}  # what a gets is shown before it is sealed
    everything = file.read_bytes()
    assert not [packet for packet in sealed if packet[12:28] in everything]
    problems = shark(file, "_ws.malformed", "ip.len", "udp.length")
    assert {(malformed, ip, udp) for malformed, ip, udp in problems} == {("", "200", "180")}
    assert "shows what SRTP has inside" in node.log()
