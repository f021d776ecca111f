#!/usr/bin/python3
"""The demonstration behind scripts/demo dtmf: nine key presses, by three ways, heard in three ways.

Host A presses 1 2 3 by tones in its audio, 4 5 6 by RFC 4733, and 7 8 9 by SIP INFO, as its signalling would
bring them. Host B hears them in one way in each of three calls: as tones, as RFC 4733, as SIP INFO.
"""

import json
import signal
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import demo, dtmf, net, rtp, speech  # noqa: E402

LAST_PRESS_SECONDS = 10.0  # how long to wait for what is still to come
ARP_MS = 300
LATE_MS = 150  # at most, after the key went down; a busy machine takes some of it
LENGTH_MS = 40  # by which a press may be longer or shorter
PRESSES = [dtmf.Press(digit, 0.4 + 0.4 * at, 100 + 40 * (at % 3), dtmf.WAYS[at // 3])
           for at, digit in enumerate("123456789")]
SECONDS = PRESSES[-1].at + 0.6
A_LEG = "codec=PCMA+telephone-event:101,dtmf-receive=in-band,dtmf-guard=40"
B_LEGS = {dtmf.TONES: "codec=PCMA", dtmf.EVENTS: "codec=PCMA+telephone-event:101",
          dtmf.INFO: "codec=PCMA+telephone-event:101,dtmf-send=sip-info"}


def polluxctl(node, *arguments):
    result = node.polluxctl(*arguments)
    if result.returncode != 0:
        raise RuntimeError(f"polluxctl {' '.join(arguments)}: {result.stderr}")
    return result.stdout


def press_info(node, call, start):
    """What the signalling does with an INFO that it gets from A; when it did, by press."""
    done = {}
    for press in PRESSES:
        if press.way == dtmf.INFO:
            time.sleep(max(0.0, start + press.at - time.time()))
            done[press] = time.time()
            polluxctl(node, "dtmf", "send", call, "a", press.digit, "--from-party", "--duration",
                      str(press.ms))
    return done


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def told(node, call):
    """(presses, INFO bodies): A's presses as the signalling is told of them, and what it shall send to B."""
    presses, bodies, begun = [], [], []
    for line in polluxctl(node, "-o", "json", "events", "--session", call).splitlines():
        event = json.loads(line)
        press = event.get("dtmf")
        if press and press["phase"] == "DTMF_PHASE_START":
            begun.append((press["digit"], seconds_of(event["time"])))
        elif press:
            at = next(at for digit, at in begun if digit == press["digit"])
            presses.append(dtmf.Heard(press["digit"], at, press["durationMs"]))
            if "b" in press["infoLegIds"]:
                bodies.append(press["infoDtmfRelay"])
    return presses, bodies


def call(lab, node, way):
    """A call in which B hears presses in this way: ({press: when its key went down}, what B heard)."""
    name = f"demo-{way.lower().replace(' ', '-')}"
    a, b = lab.host_a.udp(lab.host_a.v4), lab.host_b.udp(lab.host_b.v4)
    legs = (f"a,network=a,remote={lab.host_a.v4}:{a.getsockname()[1]},{A_LEG}",
            f"b,network=b,remote={lab.host_b.v4}:{b.getsockname()[1]},{B_LEGS[way]}")
    demo.say(f"a call in which B hears presses as {way}")
    print("".join(f"   --leg '{leg}'\n" for leg in legs), end="")
    made = json.loads(polluxctl(node, "-o", "json", "session", "create", name,
                                *(word for leg in legs for word in ("--leg", leg))))
    local = made["state"]["legs"][0]["rtp"]["local"]
    to = local["address"], int(local["port"])
    packets = list(dtmf.dialled(speech.spoken(SECONDS), PRESSES, rtp.Stream(0x0a0a0a0a)))
    with dtmf.Ear(b) as ear:
        # ARP is done after this one.
        a.sendto(rtp.Stream(0x0a0a0a0a, sequence=999, timestamp=50000 - 8 * ARP_MS - 160).next(), to)
        time.sleep(ARP_MS / 1000)
        start = time.time()
        playing = threading.Thread(target=dtmf.play, args=(a, to, packets), daemon=True)
        playing.start()
        pressed = {press: start + press.at for press in PRESSES} | press_info(node, name, start)
        playing.join()
        deadline = time.monotonic() + LAST_PRESS_SECONDS
        while len(told(node, name)[0]) < len(PRESSES) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.4)  # that the last one is over at B, and that nothing more comes
    presses, bodies = told(node, name)
    by_way = {dtmf.EVENTS: ear.events(), dtmf.TONES: ear.tones(), dtmf.INFO: presses if bodies else []}
    shown = [line for line in polluxctl(node, "session", "show", name).splitlines()
             if "KEY PRESSES" in line or any(f"  {known}  " in line for known in dtmf.WAYS)]
    print("\n".join(f"   {line}" for line in shown))
    if bodies:
        print(f"   the first INFO that B's signalling is asked to send: {bodies[0]!r}")
    polluxctl(node, "session", "delete", name)
    beside = [other for other in dtmf.WAYS if other != way and by_way[other]]
    return pressed, by_way[way], beside


def cell(press, pressed, heard):
    """(what the table says, whether it is right): heard once, in time, and as long as it was."""
    times = [key for key in heard if key.digit == press.digit]
    if len(times) != 1:
        return f"{len(times)} TIMES" if times else "MISSING", False
    late, ms = 1000 * (times[0].at - pressed[press]), times[0].ms
    good = -LENGTH_MS <= late <= LATE_MS and abs(ms - press.ms) <= LENGTH_MS
    return f"{late:+4.0f} ms, {ms:3.0f} ms{'' if good else ' WRONG'}", good


def judge(calls):
    """Prints the table and the matrix; True when B heard each press once, in one way."""
    demo.say("what B heard: how long after the key went down at A, and for how long")
    print(f"   key  pressed by  for    {''.join(f'as {way:19}' for way in calls)}")
    right = {}
    for press in PRESSES:
        cells = {way: cell(press, pressed, heard) for way, (pressed, heard, _) in calls.items()}
        right |= {(press, way): good for way, (_, good) in cells.items()}
        print(f"   {press.digit:4} {press.way:10}  {press.ms} ms "
              f"{''.join(f'{text:22}' for text, _ in cells.values())}")
    demo.say("the matrix: presses that were heard exactly once, of those pressed")
    print(f"   {'pressed by':12}{''.join(f'{way:12}' for way in calls)}")
    for source in dtmf.WAYS:
        presses = [press for press in PRESSES if press.way == source]
        print(f"   {source:12}" + "".join(
            f"{f'{sum(right[press, way] for press in presses)}/{len(presses)}':12}" for way in calls))
    good = all(right.values())
    for way, (_, heard, beside) in calls.items():
        if len(heard) != len(PRESSES) or beside:
            print(f"   with {way}: {len(heard)} heard instead of {len(PRESSES)}"
                  f"{f', and also by {beside}' if beside else ''}: WRONG")
            good = False
    return good


def demonstrate(keep_running):
    with tempfile.TemporaryDirectory(prefix="pollux-demo-") as folder, \
            net.Lab(demo.SIDES, demo.SUBNETS) as lab:
        demo.say(f"host A {lab.host_a.v4} presses 1 2 3 by tones, 4 5 6 by RFC 4733, 7 8 9 by SIP INFO | "
                 f"polluxd | host B {lab.host_b.v4} hears them in one way, another in each of three calls")
        return demo.with_node(lab, folder, keep_running, lambda node: judge(
            {way: call(lab, node, way) for way in dtmf.WAYS}))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    good = demonstrate("--keep" in sys.argv[1:])
    print("VERDICT: it works. Every key press was heard once, in the way that B's leg says."
          if good else "VERDICT: it doesn't work; see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
