"""A SIP phone over UDP (RFC 3261), for the demo and the tests: as much as a proxy needs to be tried with.

Calls on a Phone block until what they wait for has come. What it gets it notes in `heard`, in order.
"""

import re
import secrets
import threading
import time

from lab.sip_message import Message, contact_of, digest, split_list

T1 = 0.5  # s, between two transmissions of a request (RFC 3261 §17.1.2.1: doubled each time)


class Refused(RuntimeError):
    """A request had another end than was wanted."""

    def __init__(self, reply):
        super().__init__(f"{reply.status} {reply.reason}")
        self.reply = reply


class Phone:
    """A user's phone on a host.

    What is in `answers` it answers with 200 by itself, a re-INVITE with what its Call's `on_offer` says.
    """

    def __init__(self, host, address, proxy, user, password, domain, port=5060, claims=None):
        """claims: the address and port that it takes for its own, behind a NAT."""
        self.user, self.password, self.domain, self.proxy = user, password, domain, proxy
        self.address, self.port = claims or (address, port)
        self.udp = host.udp(address, port)
        self.udp.settimeout(0.1)
        self.heard, self.calls, self.answers = [], {}, {"OPTIONS", "INFO", "CANCEL", "BYE"}
        self._changed, self._done, self._replies = threading.Condition(), threading.Event(), {}
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join(20)
        self.udp.close()

    @property
    def contact(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"sip:{self.user}@{host}:{self.port}"

    @property
    def name(self):
        return f"sip:{self.user}@{self.domain}"

    # -- receiving
    def _listen(self):
        while not self._done.is_set():
            try:
                data, source = self.udp.recvfrom(65536)
            except TimeoutError:
                continue
            if len(data.strip()) > 4:  # not a keep-alive
                self._take(Message(data, source))

    def _take(self, message):
        with self._changed:
            key = (message.branch, message.method)
            if not message.status and key in self._replies and message.method != "ACK":
                self.udp.sendto(self._replies[key], message.source)  # came once more
                return
            self.heard.append(message)
            if message.method in self.answers and not message.status:
                self._reply(message, 200, "OK")
            call = self.calls.get(message.header("Call-ID"))
            if message.method == "INVITE" and not message.status and message.tag("To") and call:
                self._reply(message, 200, "OK", body=call.on_offer(message.sdp).encode())
            self._changed.notify_all()

    def wait(self, wanted, seconds=30, what="a message", after=0):
        """The first message for which wanted(message) holds, of those from number `after` on."""
        def found():
            return next((message for message in self.heard[after:] if wanted(message)), None)
        with self._changed:
            if not self._changed.wait_for(found, seconds):
                raise TimeoutError(f"{self.user} waited {seconds} s for {what}; heard: {self.history()}")
            return found()

    def request(self, method, seconds=30, after=0, **headers):
        """Waits for a request."""
        return self.wait(lambda m: not m.status and m.method == method
                         and all(m.header(k.replace("_", "-")) == v for k, v in headers.items()),
                         seconds, method, after)

    def history(self):
        return [str(m.status or m.method) + (f"/{m.method}" if m.status else "") for m in self.heard]

    # -- sending
    def send(self, first, headers, body=b"", destination=None):
        lines = [first, *(f"{name}: {value}" for name, value in headers),
                 f"Content-Length: {len(body)}", "", ""]
        data = "\r\n".join(lines).encode() + body
        self.udp.sendto(data, destination or self.proxy)
        return data

    def via(self, branch):
        return f"SIP/2.0/UDP {self.address}:{self.port};rport;branch={branch}"

    def transact(self, method, uri, headers, body=b"", seconds=30, branch=None, provisional=None):
        """Sends a request and gives its final reply; provisional(reply) is told of the others."""
        branch = branch or f"z9hG4bK{secrets.token_hex(8)}"
        headers = [("Via", self.via(branch)), ("Max-Forwards", "70"), *headers]
        first = f"{method} {uri} SIP/2.0"
        after, told, pause = len(self.heard), 0, T1
        def mine(message):
            return message.status and message.branch == branch and message.method == method
        deadline, again = time.monotonic() + seconds, time.monotonic() + pause
        self.send(first, headers, body)
        while True:
            with self._changed:
                replies = [message for message in self.heard[after:] if mine(message)]
                if not replies or replies[-1].status < 200:
                    self._changed.wait(0.05)
                    replies = [message for message in self.heard[after:] if mine(message)]
            for reply in replies[told:]:
                told += 1
                if reply.status >= 200:
                    return reply
                if provisional:
                    provisional(reply)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.user}: no answer to {method} within {seconds} s; {self.history()}")
            if not replies and time.monotonic() > again:
                self.send(first, headers, body)
                pause *= 2
                again = time.monotonic() + pause

    def reply(self, request, status, reason="OK", tag="", headers=(), body=b""):
        with self._changed:
            self._reply(request, status, reason, tag, headers, body)

    def _reply(self, request, status, reason, tag="", headers=(), body=b""):
        copied = [(name, value) for name, value in request.headers
                  if name.lower() in ("via", "from", "call-id", "cseq", "record-route")]
        to = request.header("To")
        if tag and not request.tag("To"):
            to += f";tag={tag}"
        if body:
            headers = [*headers, ("Content-Type", "application/sdp")]
        data = self.send(f"SIP/2.0 {status} {reason}",
                         [*copied, ("To", to), ("Contact", f"<{self.contact}>"), *headers], body,
                         request.source)
        self._replies[request.branch, request.method] = data

    # -- what a user does
    def register(self, expires=600, password=None):
        """All statuses, the last one included."""
        call_id, tag, statuses, headers = secrets.token_hex(8), secrets.token_hex(4), [], []
        for number in (1, 2):
            reply = self.transact("REGISTER", f"sip:{self.domain}", [
                ("From", f"<{self.name}>;tag={tag}"), ("To", f"<{self.name}>"), ("Call-ID", call_id),
                ("CSeq", f"{number} REGISTER"), ("Contact", f"<{self.contact}>"), ("Expires", str(expires)),
                *headers])
            statuses.append(reply.status)
            if reply.status != 401 or number == 2:
                return statuses
            headers = [("Authorization", digest(self.user, password or self.password,
                                                reply.header("WWW-Authenticate"), "REGISTER",
                                                f"sip:{self.domain}"))]
        return statuses

    def invite(self, user, sdp, password=None, name=None):
        """A call that is being made: see Call. It goes on by itself until the other side answers."""
        call = Call(self, user, sdp, password)
        call.own = f"<{name or self.name}>"
        return call.begin()

    def accept(self, sdp=None, seconds=30, after=0):
        """Waits for an INVITE and rings; answer() is the next thing to do."""
        invite = self.wait(lambda m: m.method == "INVITE" and not m.status and not m.tag("To"), seconds,
                           "an INVITE", after)
        call = Call(self, "", sdp)
        call.incoming(invite)
        return call


class Call:
    """One call of a phone: a dialog from the side of the one or the other."""

    def __init__(self, phone, user, sdp, password=None):
        self.phone, self.uri, self.sdp, self.password = phone, f"sip:{user}@{phone.domain}", sdp, password
        self.on_offer = lambda offer: self.sdp
        self.call_id = f"{secrets.token_hex(8)}@{phone.address}"
        self.own_tag, self.their_tag, self.cseq = secrets.token_hex(4), "", 0
        self.own, self.their = f"<{phone.name}>", f"<{self.uri}>"
        self.routes, self.target = [], self.uri
        self.statuses, self.final, self.provisional, self.failure = [], None, [], None
        self._thread = self._branch = self._invite = None

    # -- as the caller
    def begin(self):
        self.phone.calls[self.call_id] = self
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self):
        try:
            self.final = self._call()
        except (TimeoutError, OSError) as error:
            self.failure = error

    def _call(self, method="INVITE"):
        headers = []
        while True:
            self.cseq += 1
            self._branch = f"z9hG4bK{secrets.token_hex(8)}"
            body = (self.sdp or "").encode()
            reply = self.phone.transact(method, self.target, [
                ("From", f"{self.own};tag={self.own_tag}"), ("To", self._to()), ("Call-ID", self.call_id),
                ("CSeq", f"{self.cseq} {method}"), ("Contact", f"<{self.phone.contact}>"),
                *(("Route", route) for route in self.routes), *headers,
                *((("Content-Type", "application/sdp"),) if body else ())],
                body, seconds=30, branch=self._branch, provisional=self.provisional.append)
            self.statuses.append(reply.status)
            if reply.status >= 300 and method == "INVITE":
                self._ack(reply, self._branch)
            if reply.status not in (401, 407) or headers:
                break
            challenge = reply.header("Proxy-Authenticate")
            headers = [("Proxy-Authorization", digest(
                self.phone.user, self.password or self.phone.password, challenge, method, self.target))]
        if reply.status < 300 and not self.their_tag:
            self.their_tag, self.target = reply.tag("To"), contact_of(reply)
            self.routes = list(reversed(split_list(reply.all("Record-Route"))))
        return reply

    def _to(self):
        return self.their + (f";tag={self.their_tag}" if self.their_tag else "")

    def _ack(self, reply, branch=None, sdp=""):
        self.phone.send(f"ACK {self.target} SIP/2.0", [
            ("Via", self.phone.via(branch or f"z9hG4bK{secrets.token_hex(8)}")), ("Max-Forwards", "70"),
            ("From", f"{self.own};tag={self.own_tag}"), ("To", reply.header("To")), ("Call-ID", self.call_id),
            ("CSeq", f"{reply.cseq} ACK"), *(("Route", route) for route in self.routes),
            *((("Content-Type", "application/sdp"),) if sdp else ())], sdp.encode())

    def answered(self, seconds=40, sdp=""):
        """Waits for the 2xx, acknowledges it and gives it."""
        self._thread.join(seconds)
        if self.failure:
            raise self.failure
        if not self.final:
            raise TimeoutError(f"no final reply within {seconds} s; {self.phone.history()}")
        if self.final.status >= 300:
            raise Refused(self.final)
        self._ack(self.final, sdp=sdp)
        return self.final

    def refused(self, seconds=40):
        """Waits for the final reply, which must not be a 2xx, and gives its status."""
        self._thread.join(seconds)
        if self.failure or not self.final or self.final.status < 300:
            raise AssertionError(f"not refused: {self.failure or self.statuses}")
        return self.final.status

    def cancel(self):
        return self.phone.transact("CANCEL", self.target, [
            ("From", f"{self.own};tag={self.own_tag}"), ("To", self.their), ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} CANCEL")], branch=self._branch)

    # -- as the one who is called
    def incoming(self, invite):
        self._invite, self.call_id = invite, invite.header("Call-ID")
        self.phone.calls[self.call_id] = self
        self.own, self.their, self.their_tag = (invite.header("To"), invite.header("From").split(";tag")[0],
                                                invite.tag("From"))
        self.target = contact_of(invite)
        self.routes = split_list(invite.all("Record-Route"))
        self.phone.reply(invite, 180, "Ringing", self.own_tag)

    @property
    def offer(self):
        return self._invite.sdp

    def progress(self, sdp):
        self.phone.reply(self._invite, 183, "Session Progress", self.own_tag, body=sdp.encode())

    def answer(self, sdp):
        self.sdp = sdp
        self.phone.reply(self._invite, 200, "OK", self.own_tag, body=sdp.encode())
        return self

    def reject(self, status, reason):
        self.phone.reply(self._invite, status, reason, self.own_tag)

    # -- within the dialog
    def send(self, method, body=b"", content_type=""):
        self.cseq += 1
        return self.phone.transact(method, self.target, [
            ("From", f"{self.own};tag={self.own_tag}"), ("To", self._to()), ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} {method}"), ("Contact", f"<{self.phone.contact}>"),
            *(("Route", route) for route in self.routes),
            *((("Content-Type", content_type),) if body else ())], body)

    def again(self, sdp, answer=""):
        """A re-INVITE, acknowledged: its 2xx. answer: where that has the offer."""
        self.sdp = sdp or answer
        reply = self.send("INVITE", sdp.encode(), "application/sdp")
        if reply.status >= 300:
            raise Refused(reply)
        self._ack(reply, sdp=answer)
        return reply

    def press(self, key, ms=160):
        return self.send("INFO", f"Signal={key}\r\nDuration={ms}\r\n".encode(), "application/dtmf-relay")

    def hang_up(self):
        return self.send("BYE")


# -- SDP
def sdp(address, port, formats=((8, "PCMA/8000"), (101, "telephone-event/8000")), key=None, ptime=20,
        direction="sendrecv", version=1, more=()):
    """One audio section. key: (tag, suite, what stands behind inline:) of its a=crypto."""
    family = "IP6" if ":" in address else "IP4"
    lines = ["v=0", f"o=- 4711 {version} IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0",
             f"m=audio {port} {'RTP/SAVP' if key else 'RTP/AVP'} {' '.join(str(pt) for pt, _ in formats)}"]
    lines += [f"a=rtpmap:{pt} {name}" for pt, name in formats]
    lines += [f"a=fmtp:{pt} 0-16" for pt, name in formats if name.startswith("telephone-event")]
    if key:
        lines.append(f"a=crypto:{key[0]} {key[1]} inline:{key[2]}")
    lines += [f"a=ptime:{ptime}", f"a={direction}", *more]
    return "\r\n".join(lines) + "\r\n"


def media_of(text):
    """Where an SDP wants its first stream: (address, port)."""
    address = re.findall(r"^c=IN IP[46] ([^\s/]+)", text, re.MULTILINE)[-1]
    return address, int(re.search(r"^m=\w+ (\d+)", text, re.MULTILINE)[1])


def crypto_of(text, suite=""):
    """(tag, suite, what stands behind inline:) of the first a=crypto, or of that with the suite; or None."""
    found = re.findall(r"^a=crypto:(\d+) (\S+) inline:([^\s|]+)", text, re.MULTILINE)
    return next((line for line in found if suite in (line[1], "")), None)


def lines_of(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]
