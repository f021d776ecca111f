"""Faults between the node and the party, each found with polluxctl alone."""

import pytest
from api import wait_until
from drill import Talk, connect, talking, text
from party import Party, both_ways

MTU = 1280  # of port-b, where a's port takes 1500


def test_drill_packets_beyond_the_mtu(lab, drill):
    api = drill.node.api
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call = session.session_id
        connect(session, a, b)
        with talking(b), Talk(a, payload=bytes(MTU)):
            drill.until(["one way: a → b:"], "session", "list")
            drill.until(["packets are larger than the MTU of port port-b (exceeds_mtu)",
                         "what to do: let a send smaller packets (ptime, video packet size), or raise",
                         f"b → a: receiving, forwarding to {text(a.remote)}\n"],
                        "session", "show", call)
            drill.until(["leg a: ONE-WAY AUDIO suspected", "its packets come and are all dropped"],
                        "events", "--session", call)
            drill.until([str(MTU)], "node", "info")
        drill.agrees_with_manual("5. Packets beyond the MTU")


def test_drill_arp_unresolved(lab, drill):
    api, nobody = drill.node.api, ("10.71.2.77", 4000)
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", nobody))
        call = session.session_id
        connect(session, a, b)
        with talking(a):
            drill.until(["UNRESOLVED",
                         f"a → b: receiving, but {text(nobody)} doesn't answer ARP (next hop unresolved)",
                         "what to do: the address is on our own link: ping it from there, check VLAN",
                         "b → a: nothing received from b yet"], "session", "show", call)
            drill.until([f"leg b: ONE-WAY AUDIO suspected, sending to {text(nobody)}: never heard from it"],
                        "events", "--session", call)
            wait_until(lambda: ", 0 that never answered" not in drill.run("stats"), what="a failed ARP")
        drill.agrees_with_manual("6. ARP unresolved")


@pytest.mark.parametrize("what", ["the port", "the other end of its cable"])
def test_drill_port_down(lab, drill, what):
    api = drill.node.api
    side = (lab.node, "plx-b") if what == "the port" else (lab.switch, "n-b")
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote))
        call = session.session_id
        connect(session, a, b)
        with talking(a, b):
            drill.until(["media flows"], "session", "list")
            side[0].run("ip", "link", "set", side[1], "down")
            try:
                drill.until(["a → b: receiving, but port port-b towards b is down (link down)",
                             "b → a: port port-b is down, nothing comes from b (link down)",
                             "port port-b DOWN",
                             "what to do: look at cable, switch and transceiver of port port-b"],
                            "session", "show", call)
                drill.until(["port port-b: LINK DOWN"], "events")
                drill.until(["! port port-b is DOWN"], "top", "--once", "--interval", "100ms")
                ports = drill.until(["DOWN"], "node", "info")
                assert any("port-b" in line and "DOWN" in line for line in ports.splitlines()), ports
            finally:
                side[0].run("ip", "link", "set", side[1], "up")
            drill.until(["port port-b: link up"], "events")
            drill.until([f"a → b: receiving, forwarding to {text(b.remote)}",
                         f"b → a: receiving, forwarding to {text(a.remote)}"], "session", "show", call)
        drill.agrees_with_manual("7. Port down")
    with Party(lab.h1) as a, Party(lab.h2) as b:  # the port is as good as before
        connect(drill.call(api.leg("a", "outside", a.remote), api.leg("b", "inside", b.remote)), a, b)
        both_ways(a, b, 10)
