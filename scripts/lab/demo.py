#!/usr/bin/python3
"""The demonstration behind scripts/demo: a real call through polluxd, both directions at once."""

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

from lab import net, node as lab_node, rtp  # noqa: E402

CAPTURE = "/usr/share/sip-tester/g711a.pcap"
CONFIG = lab_node.REPOSITORY / "config" / "demo-netns.yaml"
SIDES = {"a": {"host_a": 2}, "b": {"host_b": 2}}
SUBNETS = {"a": ("10.77.1.{}", "2001:db8:77:1::{}"), "b": ("10.77.2.{}", "2001:db8:77:2::{}")}
GOOD_MOS = 4.0  # G.711 without loss is 4.4
LAST_PACKET_SECONDS = 1.0  # how long after the last packet was sent the receivers wait for stragglers


def say(text):
    print(f"== {text}", flush=True)


class Receiver(threading.Thread):
    """Notes what arrives at one host, and when."""

    def __init__(self, name, udp):
        super().__init__(daemon=True)
        self.name, self.udp, self.packets, self.jitter = name, udp, [], rtp.Jitter()
        self.udp.settimeout(0.2)
        self.done = threading.Event()
        self.start()

    def run(self):
        while not self.done.is_set():
            try:
                packet = self.udp.recv(65536)
            except TimeoutError:
                continue
            self.jitter.arrived(time.monotonic(), rtp.parse(packet).timestamp)
            self.packets.append(packet)


def play(capture, senders):
    """Sends each packet at its time in the capture, to both sides."""
    start, first = time.monotonic(), capture[0][0]
    for number, (when, packet) in enumerate(capture, 1):
        time.sleep(max(0.0, start + when - first - time.monotonic()))
        for udp, destination in senders:
            udp.sendto(packet, destination)
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
          f"{'bit-exact' if exact else 'NOT what was sent'}")
    return exact


def show_quality(node):
    """Ends the session and prints how Pollux heard each party; True when it heard both well."""
    polluxctl(node, "session", "delete", "demo")
    lines = node.polluxctl("-o", "json", "events").stdout.splitlines()
    ended = [event for event in map(json.loads, lines) if event.get("type") == "EVENT_TYPE_SESSION_ENDED"][-1]
    say("quality as Pollux measured it, from the event of the session's end")
    good = True
    for leg in ended["quality"]:
        quality = leg["quality"]
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


def call(lab, node):
    """The call itself: True when both directions were perfect."""
    capture = rtp.read_pcap(CAPTURE)
    duration = capture[-1][0] - capture[0][0]
    a, b = lab.host_a.udp(lab.host_a.v4, 4000), lab.host_b.udp(lab.host_b.v4, 4000)
    polluxctl(node, "session", "create", "demo", "--leg", f"a,network=a,remote={lab.host_a.v4}:4000",
              "--leg", f"b,network=b,remote={lab.host_b.v4}:4000")
    legs = yaml.safe_load(node.polluxctl("-o", "json", "session", "show", "demo").stdout)["state"]["legs"]
    to = {}
    for leg in legs:
        local = leg["rtp"]["local"]
        to[leg.get("leg_id") or leg.get("legId")] = local["address"], int(local["port"])
    receivers = [Receiver("A → B", b), Receiver("B → A", a)]
    say(f"playing {Path(CAPTURE).name} from A to B and from B to A: {len(capture)} packets of G.711, "
        f"{duration:.1f} s")
    play(capture, [(a, to["a"]), (b, to["b"])])
    deadline = time.monotonic() + LAST_PACKET_SECONDS
    while any(len(r.packets) < len(capture) for r in receivers) and time.monotonic() < deadline:
        time.sleep(0.01)
    for receiver in receivers:
        receiver.done.set()
        receiver.join()
    polluxctl(node, "session", "show", "demo")
    say("what arrived")
    perfect = all([judge(receiver, capture) for receiver in receivers])
    return show_quality(node) and perfect


def keep(node):
    say("the node keeps running until Ctrl-C; in another terminal:")
    print(f"   {lab_node.program('polluxctl')} --target {node.target} session list")
    print(f"   {lab_node.program('polluxctl')} --target {node.target} events --follow")
    try:
        node.wait(None)
    except KeyboardInterrupt:
        print()


def demonstrate(keep_running):
    with tempfile.TemporaryDirectory(prefix="pollux-demo-") as folder, net.Lab(SIDES, SUBNETS) as lab:
        say(f"host A {lab.host_a.v4} | polluxd on two net_af_packet ports | host B {lab.host_b.v4}")
        node = lab_node.Node(lab.node, settings(folder), folder)
        try:
            node.start()
            perfect = call(lab, node)
            if keep_running:
                keep(node)
            status = node.stop()
            if status != 0:
                raise RuntimeError(f"polluxd ended with status {status}")
        except (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError) as error:
            print(f"{error}\n-- polluxd's log:\n{node.log()}", file=sys.stderr)
            return False
        finally:
            node.kill()
    return perfect


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    perfect = demonstrate("--keep" in sys.argv[1:])
    if perfect:
        print("VERDICT: it works. Every packet arrived, in order, bit for bit, in both directions.")
        print("Try next: scripts/demo --keep (look around with polluxctl), scripts/test (all tests), "
              "docs/configuration.md (your own network)")
    else:
        print("VERDICT: it doesn't work; see above.")
    return 0 if perfect else 1


if __name__ == "__main__":
    sys.exit(main())
