"""Kamailio with its database and pollux-ng beside polluxd, and calls of phones through them."""

import contextlib
from dataclasses import dataclass

from api import wait_until
from lab import kamailio, sip
from lab.sdp_party import description, take  # noqa: F401
from party import Party
from srtp_party import SrtpParty

SIP_PORT = 5060


class Site:
    """What runs for all tests of a run: MariaDB and Kamailio. pollux-ng is there for one polluxd."""

    USERS = {"alice": "wonder", "bob": "builder"}

    def __init__(self, lab, folder, target):
        self.lab, self.folder = lab, folder
        self.host = lab.server("sip", 5)
        self.database = kamailio.Database(folder)
        self.gateway = kamailio.Gateway(self.host, folder, [target])
        self.kamailio = kamailio.Kamailio(self.host, folder, self.database)

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            for part in (self.database, self.gateway, self.kamailio):
                undo.callback(part.stop)
                part.start()
            for user, password in self.USERS.items():
                self.database.add_user(user, password)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_):
        self._undo.close()

    def logs(self):
        return "\n".join(f"-- {part.name}\n{part.log(30)}" for part in (self.gateway, self.kamailio))

    def phone(self, user, password=None, **options):
        """Alice is outside, bob inside."""
        host, proxy = ((self.lab.h1, self.host.v4_a) if user == "alice" else (self.lab.h2, self.host.v4_b))
        return sip.Phone(host, host.v4, (proxy, SIP_PORT), user, password or self.USERS[user],
                         kamailio.DOMAIN, **options)


@dataclass
class Conversation:
    """An answered call: the two phones' sides of it, and what they speak with."""

    alice: sip.Phone
    bob: sip.Phone
    from_alice: sip.Call
    at_bob: sip.Call
    a: Party
    b: Party


@contextlib.contextmanager
def phones(site):
    """Both, registered."""
    with site.phone("alice") as alice, site.phone("bob") as bob:
        for phone in (alice, bob):
            assert phone.register() == [401, 200]
        yield alice, bob


@contextlib.contextmanager
def conversation(site, a=None, b=None, a_sdp=None, b_sdp=None):
    """Alice calls bob, and bob answers."""
    with contextlib.ExitStack() as undo:
        alice, bob = undo.enter_context(phones(site))
        a = a or undo.enter_context(Party(site.lab.h1))
        b = b or undo.enter_context(Party(site.lab.h2))
        yield call(alice, bob, a, b, a_sdp, b_sdp)


def call(alice, bob, a, b, a_sdp=None, b_sdp=None):
    heard = len(bob.heard)
    from_alice = alice.invite("bob", a_sdp or description(a))
    at_bob = bob.accept(after=heard)
    at_bob.answer(b_sdp or description(b, offer=at_bob.offer))
    ok = from_alice.answered()
    bob.request("ACK", after=heard)
    take(a, ok.sdp)
    take(b, at_bob.offer)
    return Conversation(alice, bob, from_alice, at_bob, a, b)


def nothing_left(api):
    """No session, no local port in use: as before the first call."""
    wait_until(lambda: not api.sessions.List(api.pb.ListRequest(), timeout=60).sessions, what="no session")
    wait_until(lambda: not any(p.used for p in api.ports().addresses), what="the ports given back")
