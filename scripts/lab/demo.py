#!/usr/bin/python3
"""The demonstrations behind scripts/demo: a real call through polluxd, both directions at once.

With "srtp" host A encrypts and host B doesn't.
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import demo_srtp, net, node as lab_node, rtp, srtp  # noqa: E402

CAPTURE = "/usr/share/sip-tester/g711a.pcap"
CONFIG = lab_node.REPOSITORY / "config" / "demo-netns.yaml"
SIDES = {"a": {"host_a": 2}, "b": {"host_b": 2}}
SUBNETS = {"a": ("10.77.1.{}", "2001:db8:77:1::{}"), "b": ("10.77.2.{}", "2001:db8:77:2::{}")}
GOOD_MOS = 4.0  # G.711 without loss is 4.4
LAST_PACKET_SECONDS = 5.0  # how long after the last packet was sent the receivers wait for stragglers


def say(text):
    print(f"== {text}", flush=True)


def as_it_is(packet):
    return packet


class Receiver(threading.Thread):
    """Notes what arrives at one host, and when. `opened` decrypts, where the host speaks SRTP."""

    def __init__(self, name, udp, opened=as_it_is):
        super().__init__(daemon=True)
        self.name, self.udp, self.opened, self.packets, self.jitter = name, udp, opened, [], rtp.Jitter()
        self.not_genuine = 0
        self.udp.settimeout(0.2)
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                packet = self.opened(self.udp.recv(65536))
            except TimeoutError:
                continue
            except srtp.NotGenuine:
                self.not_genuine += 1
                continue
            self.jitter.arrived(time.monotonic(), rtp.parse(packet).timestamp)
            self.packets.append(packet)


def play(capture, senders):
    """Sends each packet at its time in the capture, to both sides."""
    start, first = time.monotonic(), capture[0][0]
    for number, (when, packet) in enumerate(capture, 1):
        time.sleep(max(0.0, start + when - first - time.monotonic()))
        for udp, destination, sealed in senders:
            udp.sendto(sealed(packet), destination)
        if sys.stdout.isatty() and number % 10 == 0:
            print(f"\r   {number}/{len(capture)} packets", end="", flush=True)
    if sys.stdout.isatty():
        print("\r", end="")


def judge(receiver, capture):
    """Prints how one direction went; True when every packet came once, in order, bit for bit."""
    sent, got = [packet for _, packet in capture], receiver.packets
    exact = got == sent
    lost = len(sent) - len(set(sent) & set(got))
    print(f"   {receiver.name}: {len(got)} of {len(sent)} packets, loss {100 * lost / len(sent):.1f} %, "
          f"jitter {receiver.jitter.milliseconds:.2f} ms, "
          f"{'bit-exact' if exact else 'NOT what was sent'}"
          f"{f', {receiver.not_genuine} not genuine' if receiver.not_genuine else ''}")
    return exact and not receiver.not_genuine


def show_quality(node):
    """Ends the session and prints how Pollux heard each party; True when it heard both well."""
    polluxctl(node, "session", "delete", "demo")
    lines = node.polluxctl("-o", "json", "events").stdout.splitlines()
    ended = [event for event in map(json.loads, lines) if event.get("type") == "EVENT_TYPE_SESSION_ENDED"][-1]
    say("quality as Pollux measured it, from the event of the session's end")
    good = True
    for leg in ended["quality"]:
        quality = leg.get("quality")
        if not quality:
            print(f"   {leg['legId']}: nothing was heard from it")
            good = False
            continue
        print(f"   {leg['legId']}: MOS {quality['mos']:.2f} (worst interval {quality['lowestMos']:.2f}), "
              f"{quality['codec']} at {quality['ptimeMs']:g} ms, {quality.get('lost', 0)} of "
              f"{quality['expected']} packets lost, jitter {quality.get('jitterMs', 0):.2f} ms, "
              f"talk {quality['talk']}, silence {quality['silence']}")
        good &= quality["mos"] >= GOOD_MOS
    return good


def settings(folder):
    """The file that a reader can look at, with the socket and the memory of this run only."""
    configured = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    configured["grpc"]["unix_socket"] = f"{folder}/pollux.sock"
    configured["eal"]["file_prefix"] = Path(folder).name
    for worker, cpu in zip(configured["workers"], lab_node.cpus(len(configured["workers"]))):
        worker["cpu"] = cpu
    return configured


def polluxctl(node, *arguments):
    say(f"polluxctl {' '.join(arguments)}")
    result = node.polluxctl(*arguments)
    print(result.stdout, end="")
    if result.returncode != 0:
        raise RuntimeError(result.stderr)


def call(lab, node, encryption):
    """The call itself: True when both directions were perfect. encryption: that of host A; None: no SRTP."""
    capture = rtp.read_pcap(CAPTURE)
    duration = capture[-1][0] - capture[0][0]
    a, b = lab.host_a.udp(lab.host_a.v4, 4000), lab.host_b.udp(lab.host_b.v4, 4000)
    tap = demo_srtp.Tap(lab.host_a) if encryption else None
    seal, opened = (encryption.seal, encryption.open) if encryption else (as_it_is, as_it_is)
    polluxctl(node, "session", "create", "demo", "--leg",
              f"a,network=a,remote={lab.host_a.v4}:4000{encryption.leg_keys if encryption else ''}",
              "--leg", f"b,network=b,remote={lab.host_b.v4}:4000")
    legs = yaml.safe_load(node.polluxctl("-o", "json", "session", "show", "demo").stdout)["state"]["legs"]
    to = {}
    for leg in legs:
        local = leg["rtp"]["local"]
        to[leg.get("leg_id") or leg.get("legId")] = local["address"], int(local["port"])
    receivers = [Receiver("A → B", b), Receiver("B → A", a, opened)]
    say(f"playing {Path(CAPTURE).name} from A to B and from B to A: {len(capture)} packets of G.711, "
        f"{duration:.1f} s")
    play(capture, [(a, to["a"], seal), (b, to["b"], as_it_is)])
    deadline = time.monotonic() + LAST_PACKET_SECONDS
    while any(len(r.packets) < len(capture) for r in receivers) and time.monotonic() < deadline:
        time.sleep(0.01)
    for receiver in receivers:
        receiver.done.set()
        receiver.join()
    polluxctl(node, "session", "show", "demo")
    say("what arrived")
    perfect = all([judge(receiver, capture) for receiver in receivers])
    if tap:
        tap.stop()
        say("what somebody hears who listens on A's wire")
        perfect &= demo_srtp.judge_wire(tap, capture)
    return show_quality(node) and perfect


def keep(node):
    say("the node keeps running until Ctrl-C; in another terminal:")
    print(f"   {lab_node.program('polluxctl')} --target {node.target} session list")
    print(f"   {lab_node.program('polluxctl')} --target {node.target} events --follow")
    try:
        node.wait(None)
    except KeyboardInterrupt:
        print()


def with_node(lab, folder, keep_running, call_on):
    """What `call_on` says of a node that has been started for it; False where something went wrong."""
    node = lab_node.Node(lab.node, settings(folder), folder)
    try:
        node.start()
        good = call_on(node)
        if keep_running:
            keep(node)
        if (status := node.stop()) != 0:
            raise RuntimeError(f"polluxd ended with status {status}")
    except (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError) as error:
        print(f"{error}\n-- polluxd's log:\n{node.log()}", file=sys.stderr)
        return False
    finally:
        node.kill()
    return good


def demonstrate(encrypted, keep_running):
    with tempfile.TemporaryDirectory(prefix="pollux-demo-") as folder, net.Lab(SIDES, SUBNETS) as lab:
        speaks = (f" speaks SRTP ({demo_srtp.SUITE})", " speaks plain RTP") if encrypted else ("", "")
        say(f"host A {lab.host_a.v4}{speaks[0]} | polluxd on two net_af_packet ports | "
            f"host B {lab.host_b.v4}{speaks[1]}")
        encryption = demo_srtp.Encryption(folder) if encrypted else None
        return with_node(lab, folder, keep_running, lambda node: call(lab, node, encryption))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    encrypted = "srtp" in sys.argv[1:]
    perfect = demonstrate(encrypted, "--keep" in sys.argv[1:])
    if perfect:
        wire = " On A's wire nobody can hear it." if encrypted else ""
        print(f"VERDICT: it works. Every packet arrived, in order, bit for bit, in both directions.{wire}")
        print("Try next: scripts/demo --keep (look around with polluxctl), scripts/test (all tests), "
              "docs/configuration.md (your own network)")
    else:
        print("VERDICT: it doesn't work; see above.")
    return 0 if perfect else 1


if __name__ == "__main__":
    sys.exit(main())
