"""SRTP keys in the running process: where they may lie, and what the configuration allows while it runs."""

import copy
import re
import secrets

import grpc
import pytest
import yaml
from api import error_details

pytestmark = pytest.mark.never_repeated

CHUNK = 1 << 20


def params(node, suite, key=None):
    pb = node.api.pb
    return pb.SrtpParams(suite=pb.SrtpSuite.Value(f"SRTP_SUITE_{suite}"),
                         master_key=key or secrets.token_bytes(16),
                         master_salt=secrets.token_bytes(14))


def leg(node, leg_id, network, **keys):
    made = node.api.leg(leg_id, network)
    for name, value in keys.items():
        getattr(made, name).CopyFrom(value)
    return made


def regions(pid):
    """(start, end, whether core dumps leave it out) of all memory that the process itself can read."""
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as file:
        for line in file:
            if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line):
                region = [int(text, 16) for text in found.groups()]
            elif re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                region = None
            elif line.startswith("VmFlags:") and region:
                flags = line.split()
                if "io" not in flags:
                    yield *region, "dd" in flags


def places_of(pid, needles):
    """Needle → how often it is in memory that a core dump has, and in memory that it leaves out."""
    found = {needle: [0, 0] for needle in needles}
    longest = max(map(len, needles))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, left_out in regions(pid):
            for at in range(start, end, CHUNK):
                try:
                    memory.seek(at)
                    text = memory.read(min(CHUNK + longest, end - at))
                except (OSError, OverflowError, ValueError):
                    break  # gone meanwhile, or the kernel's own
                for needle in needles:
                    found[needle][left_out] += text.count(needle)
    return found


def test_core_dumps_have_no_keys(node):
    api, pb = node.api, node.api.pb
    # The second half is looked for: the allocator writes over the beginning of what is freed.
    keys = {name: secrets.token_bytes(16) for name in ("received", "sent", "later", "refused")}
    received, sent, later, refused = (
        params(node, "AES_256_CM_HMAC_SHA1_80", secrets.token_bytes(16) + keys[name]) for name in keys)
    session = api.create(leg(node, "a", "outside", srtp_receive=received, srtp_send=sent),
                         leg(node, "b", "inside"))
    api.update_leg(session.session_id, leg(node, "a", "outside", srtp_send=later), "srtp_send")
    with pytest.raises(grpc.RpcError):
        api.create(leg(node, "a", "outside", srtp_receive=refused, srtp_send=refused))
    api.get(session.session_id)
    label = "a label stands for what may be found"
    request = pb.UpdateRequest(session_id=session.session_id, spec=pb.SessionSpec(labels={"mark": label}))
    request.update_mask.paths.append("labels")
    api.sessions.Update(request, timeout=60)
    found = places_of(node.process.pid, [label.encode(), *keys.values()])
    assert found[label.encode()][0] > 0, "the search finds nothing at all"
    assert found[keys["received"]][1] > 0, "the key isn't where it should be"
    assert found[keys["later"]][1] > 0
    assert {name: found[key][0] for name, key in keys.items()} == dict.fromkeys(keys, 0)
    api.delete(session.session_id)
    node.api.info()  # the control thread has done with the session
    found = places_of(node.process.pid, list(keys.values()))
    assert {name: found[key] for name, key in keys.items()} == dict.fromkeys(keys, [0, 0])


@pytest.fixture
def permitting(start, keeper):
    """A node of its own: permit(**permissions) writes the section srtp and has the file read again."""
    settings = keeper.settings()
    node = start(settings)

    def permit(**permissions):
        changed = copy.deepcopy(settings)
        if permissions:
            changed["srtp"] = permissions
        node.config_path.write_text(yaml.safe_dump(changed, sort_keys=False))
        return [change.key for change in node.api.reload().applied]
    node.permit = permit
    yield node
    permit()


def test_permissions_are_hot(permitting):
    node, api = permitting, permitting.api
    session = api.create(leg(node, "a", "outside"), leg(node, "b", "inside"))
    clear = leg(node, "a", "outside", srtp_send=params(node, "NULL_HMAC_SHA1_80"))

    def capture():
        request = api.node_pb.CaptureRequest(session_id=session.session_id, decrypted=True)
        request.max_time.FromMilliseconds(1)
        return list(api.node.Capture(request, timeout=60))

    with pytest.raises(grpc.RpcError) as error:
        capture()
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert error_details(error.value)[0] == "DECRYPTED_CAPTURE_FORBIDDEN"
    with pytest.raises(grpc.RpcError) as error:
        api.update_leg(session.session_id, clear, "srtp_send")
    assert "srtp.allow_null_cipher" in error_details(error.value)[1]["spec.legs[0].srtp_send.suite"]

    assert node.permit(allow_null_cipher=True, allow_decrypted_capture=True) == [
        "srtp.allow_decrypted_capture", "srtp.allow_null_cipher"]
    assert capture()
    api.update_leg(session.session_id, clear, "srtp_send")
    assert "shows what SRTP has inside" in node.log()

    node.permit()
    with pytest.raises(grpc.RpcError):
        capture()
