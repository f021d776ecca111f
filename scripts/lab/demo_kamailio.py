#!/usr/bin/python3
"""The demonstration behind scripts/demo kamailio: two phones, Kamailio with MariaDB, pollux-ng, polluxd.

Alice's phone wants key presses by SIP INFO, bob's takes RFC 4733. Both register, alice calls, they talk and
press keys, alice hangs up. What each side heard is printed, and held against what was sent.
"""

import contextlib
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import demo, dtmf, kamailio, net, node as lab_node, rtp, sip, speech  # noqa: E402

PORT = 4000  # of media, on either host
LAST_SECONDS = 10.0  # how long to wait for what is still to come
FORMATS = ((8, "PCMA/8000"), (dtmf.EVENT_TYPE, "telephone-event/8000"))
PRESS_MS = 120


def facts(sdp):
    """The lines of an SDP that say where media goes."""
    return " | ".join(line for line in sdp.splitlines() if line.startswith(("c=", "m=")))


def until(condition, seconds=LAST_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def register(phone):
    statuses = phone.register()
    print(f"   {phone.user}: REGISTER {' → '.join(map(str, statuses))}")
    return statuses == [401, 200]


def talk(sockets, to):
    """A recording both ways at once; True when each heard all of it, bit for bit."""
    capture = rtp.read_pcap(demo.CAPTURE)
    demo.say(f"{Path(demo.CAPTURE).name} from alice to bob and from bob to alice: {len(capture)} packets")
    receivers = [demo.Receiver("bob heard alice", sockets["bob"]),
                 demo.Receiver("alice heard bob", sockets["alice"])]
    demo.play(capture, [(sockets[who], to[who], demo.as_it_is) for who in ("alice", "bob")])
    until(lambda: all(len(receiver.packets) >= len(capture) for receiver in receivers))
    good = True
    for receiver in receivers:
        receiver.done.set()
        receiver.join()
        good &= demo.judge(receiver, capture)
        heard = speech.decode(b"".join(rtp.parse(packet).payload for packet in receiver.packets), "alaw")
        print(f"      level {speech.level_dbov(heard):.1f} dBov")
    return good


def keys(calls, phones, sockets, to, streams):
    """Four presses, each to be heard once and in one way."""
    demo.say("key presses")
    sound, good = speech.spoken(0.6), True

    def press_event(who, digit):
        dtmf.play(sockets[who], to[who],
                  dtmf.dialled(sound, [dtmf.Press(digit, 0.2, PRESS_MS, dtmf.EVENTS)], streams[who]))

    def digits_by_info(who):
        return [re.search(rb"Signal ?= ?(\S+)", message.body)[1].decode() for message in phones[who].heard
                if message.method == "INFO" and not message.status]

    with dtmf.Ear(sockets["alice"]) as at_alice, dtmf.Ear(sockets["bob"]) as at_bob:
        def heard():
            return {"alice": {dtmf.EVENTS: [key.digit for key in at_alice.events()],
                              dtmf.INFO: digits_by_info("alice")},
                    "bob": {dtmf.EVENTS: [key.digit for key in at_bob.events()],
                            dtmf.INFO: digits_by_info("bob")}}
        wanted = {who: {dtmf.EVENTS: [], dtmf.INFO: []} for who in phones}
        for who, digit, how, other, way in (
                ("alice", "5", dtmf.EVENTS, "bob", dtmf.EVENTS),
                ("alice", "7", dtmf.INFO, "bob", dtmf.EVENTS),
                ("bob", "9", dtmf.EVENTS, "alice", dtmf.INFO),
                ("bob", "#", dtmf.INFO, "alice", dtmf.INFO)):
            if how == dtmf.INFO:
                calls[who].press(digit, PRESS_MS)
            else:
                press_event(who, digit)
            wanted[other][way].append(digit)
            good &= until(lambda: heard() == wanted)
            print(f"   {who} presses {digit} by {how}; so far bob heard {shown(heard()['bob'])}, "
                  f"alice {shown(heard()['alice'])}")
    return good


def shown(heard):
    return ", ".join(f"{''.join(digits)} by {way}" for way, digits in heard.items() if digits) or "nothing"


def call(lab, host, node, proxy):
    """The call; True when all of it was as it should be."""
    with contextlib.ExitStack() as undo:
        phones = {
            "alice": undo.enter_context(sip.Phone(lab.h1, lab.h1.v4, (host.v4_a, 5060), "alice", "wonder",
                                                  kamailio.DOMAIN)),
            "bob": undo.enter_context(sip.Phone(lab.h2, lab.h2.v4, (host.v4_b, 5060), "bob", "builder",
                                                kamailio.DOMAIN))}
        sockets = {"alice": lab.h1.udp(lab.h1.v4, PORT), "bob": lab.h2.udp(lab.h2.v4, PORT)}
        for udp in sockets.values():
            undo.callback(udp.close)
        demo.say("both register; their passwords are in MariaDB, as HA1")
        good = all([register(phone) for phone in phones.values()])
        demo.say("alice calls bob")
        from_alice = phones["alice"].invite("bob", sip.sdp(lab.h1.v4, PORT, FORMATS, ptime=30))
        at_bob = phones["bob"].accept()
        at_bob.answer(sip.sdp(lab.h2.v4, PORT, FORMATS, ptime=30))
        answer = from_alice.answered().sdp
        phones["bob"].request("ACK")
        print(f"   INVITE {' → '.join(map(str, from_alice.statuses))}")
        print(f"   alice offered  {facts(from_alice.sdp)}\n   bob got        {facts(at_bob.offer)}")
        print(f"   bob answered   {facts(at_bob.sdp)}\n   alice got      {facts(answer)}")
        to = {"alice": sip.media_of(answer), "bob": sip.media_of(at_bob.offer)}
        for who, host_of in (("alice", lab.h1), ("bob", lab.h2)):
            net.introduce(host_of, to[who][0])
        good &= talk(sockets, to)
        streams = {"alice": rtp.Stream(0xa11ce), "bob": rtp.Stream(0xb0b)}
        good &= keys({"alice": from_alice, "bob": at_bob}, phones, sockets, to, streams)
        demo.polluxctl(node, "session", "show", from_alice.call_id)
        demo.say("alice hangs up")
        status = from_alice.hang_up().status
        phones["bob"].request("BYE")
        print(f"   BYE {status}")
        until(lambda: "all: 0" in proxy.rpc("dlg.stats_active"))
        listing = node.polluxctl("session", "list").stdout.strip()
        print(f"   polluxctl session list: {listing}")
        return good and status == 200 and listing == "No sessions."


def demonstrate(keep_running):
    with tempfile.TemporaryDirectory(prefix="pollux-demo-") as folder, net.Lab() as lab, \
            contextlib.ExitStack() as undo:
        host = lab.server("sip", 5)
        demo.say(f"alice {lab.h1.v4} | Kamailio {host.v4_a}, {host.v4_b} and polluxd 10.71.1.1, 10.71.2.1 | "
                 f"bob {lab.h2.v4}")
        node = lab_node.Node(lab.node, lab_node.configuration(folder), folder)
        database = kamailio.Database(folder)
        gateway = kamailio.Gateway(host, folder, [node.target])
        proxy = kamailio.Kamailio(host, folder, database)
        undo.callback(node.kill)
        try:
            demo.say("starting MariaDB, polluxd, pollux-ng, Kamailio")
            undo.callback(database.stop)
            database.start()
            database.add_user("alice", "wonder", "dtmf-info")
            database.add_user("bob", "builder")
            node.start()
            for part in (gateway, proxy):
                undo.callback(part.stop)
                part.start()
            gateway.wait_for_nodes()
            proxy.hears_of_keys()
            good = call(lab, host, node, proxy)
            if keep_running:
                demo.keep(node)
            if (status := node.stop()) != 0:
                raise RuntimeError(f"polluxd ended with status {status}")
            return good
        except (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError) as error:
            print(f"{error}", file=sys.stderr)
            for name, log in (("polluxd", node.log(30)), *((p.name, p.log(30)) for p in (gateway, proxy))):
                print(f"-- {name}'s log:\n{log}", file=sys.stderr)
            return False


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    good = demonstrate("--keep" in sys.argv[1:])
    if good:
        print("VERDICT: it works. Both phones registered, heard each other bit for bit, and heard every key "
              "once.")
        print("Try next: config/kamailio/README.md (the same on your machine), docs/moving-from-rtpengine.md")
    else:
        print("VERDICT: it doesn't work; see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
