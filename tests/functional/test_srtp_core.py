"""A core dump of polluxd in the middle of an encrypted call has packets, and no key that opens them."""

import hashlib
import struct
import subprocess
from pathlib import Path

import pytest
from party import relayed
from srtp_party import SrtpParty, connect
from srtp_secrets import round_keys, secrets_of, sha1_state
from traffic import talking

pytestmark = pytest.mark.never_repeated

CHUNK = 1 << 20


def test_secrets_are_computed_as_the_standards_say():
    schedule = round_keys(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))  # FIPS 197 A.1
    assert schedule[10].hex() == "d014f9a8c9ee2589e13f0cc8b6630ca6"
    schedule = round_keys(bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
    assert schedule[14].hex() == "fe4890d1e6188d0b046df344706c631e"  # A.3
    text = b"fifty-five bytes fill a block together with the padding"
    block = text + b"\x80" + struct.pack("!Q", 8 * len(text))
    assert struct.pack("!5I", *sha1_state(block)) == hashlib.sha1(text).digest()


def core_of(node, folder):
    """A core file of the running process: gdb leaves out what the kernel would leave out in a crash."""
    subprocess.run(["gcore", "-o", str(folder / "core"), str(node.process.pid)], check=True, timeout=150,
                   stdin=subprocess.DEVNULL, capture_output=True)
    return folder / f"core.{node.process.pid}"


def names_found(core, secrets):
    """Which of name → bytes are in the file. Most of a core is empty pages."""
    found, longest = set(), max(map(len, secrets.values()))
    nothing, tail = bytes(CHUNK), b""
    with open(core, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            if chunk != nothing[:len(chunk)]:
                text = tail + chunk
                found |= {name for name, secret in secrets.items() if secret in text}
            tail = chunk[-longest:]
    return found


@pytest.mark.parametrize("backend", ["ipsec_mb", "libsrtp"])
def test_core_of_a_call_has_no_keys(lab, start, keeper, tmp_path, monkeypatch, backend):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # gdb writes all that is reserved for others
    settings = keeper.settings()
    settings["srtp"] = {"backend": backend}
    settings["eal"]["memory"] = "96 MiB"
    settings["memory"] = {"max_sessions": 16, "max_endpoints": 64, "mbufs": 4096}
    node = start(settings)
    api = node.api
    with SrtpParty(lab.h1, "AES_CM_128_HMAC_SHA1_80") as a, SrtpParty(lab.h2, "AEAD_AES_256_GCM") as b:
        session = api.create(a.leg(api), b.leg(api, "b", "inside"))
        connect(session, a=a, b=b)
        relayed(a, b, 5)
        for sender, receiver in ((a, b), (b, a)):
            sender.send_rtcp()
            assert receiver.receive_rtcp()
        with talking(a, b, 0.02):  # while it is stopped the kernel's rings have to hold it
            core = core_of(node, tmp_path)
        secrets = {f"{party}, {direction}, {name}": secret
                   for party, keys in (("a", (a.own, a.theirs)), ("b", (b.own, b.theirs)))
                   for direction, key in zip(("received", "sent"), keys)
                   for name, secret in secrets_of(key).items()}
    found = names_found(core, secrets | {"its name": session.session_id.encode()})
    core.unlink()
    assert "its name" in found, "the search finds nothing at all"
    if backend == "libsrtp":  # has what it derives in memory of its own, which shows that we would find it
        assert "a, received, RTP round key 0" in found
        found = {name for name in found if "master key" in name or name == "its name"}
    assert found == {"its name"}


def test_functions_are_found_at_the_start(node, gateway):
    """Both programs run themselves once more for it, and keep their names."""
    for program, process in (("polluxd", node.process), ("pollux-ng", gateway.process)):
        of = Path(f"/proc/{process.pid}")
        assert b"LD_BIND_NOW=1" in (of / "environ").read_bytes().split(b"\0"), program
        assert (of / "comm").read_text().strip() == program
        assert (of / "cmdline").read_bytes().split(b"\0")[0].endswith(program.encode())
