"""The lab's own SRTP makes the packets of others: those of the RFCs and of libsrtp's test driver."""

import pytest
from lab import srtp

MASTER = bytes.fromhex("e1f97a0d3e018be0d64fa32c06de4139"), bytes.fromhex("0ec675ad498afeebb6960b3aabe6")
CM = srtp.Key("AES_CM_128_HMAC_SHA1_80", *MASTER)
GCM = srtp.Key("AEAD_AES_128_GCM", bytes(range(16)), bytes(range(0xa0, 0xac)))
RTP = bytes.fromhex("800f1234decafbadcafebabe") + b"\xab" * 16
RTCP = bytes.fromhex("81c8000bcafebabe") + b"\xab" * 16


def test_session_keys_of_rfc_3711_b3():
    encryption, authentication, salt = CM.session_keys(srtp.RTP)
    assert encryption.hex() == "c61e7a93744f39ee10734afe3ff7a087"
    assert salt.hex() == "30cbbc08863d8c85d49db34a9ae1"
    assert authentication.hex().startswith("cebe321f6ff7716b6fd4ab49af256a156d38baa4")


def test_key_stream_of_rfc_3711_b2():
    stream = srtp.counter_mode(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
                               bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"), bytes(48))
    assert stream.hex() == ("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
                            "41e95b3bb0a2e8dd477901e4fca894c0")


@pytest.mark.parametrize("key,sealed_rtp,sealed_rtcp", [
    (CM, "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
     "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798"),
    (GCM, "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392",
     "81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001"),
], ids=["cm", "gcm"])
def test_packets_of_libsrtp(key, sealed_rtp, sealed_rtcp):
    sender, receiver = srtp.Sender(key), srtp.Receiver(key)
    assert sender.rtp(RTP).hex() == sealed_rtp
    assert sender.rtcp(RTCP).hex() == sealed_rtcp
    assert receiver.rtp(bytes.fromhex(sealed_rtp)) == RTP
    assert receiver.rtcp(bytes.fromhex(sealed_rtcp)) == RTCP


@pytest.mark.parametrize("suite", srtp.SUITES)
@pytest.mark.parametrize("mki", [b"", b"\0\7"], ids=["", "mki"])
def test_what_is_sealed_opens_and_nothing_else(suite, mki):
    key = srtp.Key.random(suite, mki)
    sender, receiver = srtp.Sender(key), srtp.Receiver(key)
    for number in (65534, 65535, 0, 1):  # over the rollover
        packet = RTP[:2] + number.to_bytes(2, "big") + RTP[4:]
        sealed = sender.rtp(packet)
        assert receiver.rtp(sealed) == packet
        for at in (2, 20, len(sealed) - 1):
            with pytest.raises(srtp.NotGenuine):
                receiver.rtp(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:])
    assert receiver.highest[0xcafebabe] == (1, 1)
    with pytest.raises(srtp.NotGenuine):
        srtp.Receiver(srtp.Key.random(suite, mki)).rtcp(sender.rtcp(RTCP))
