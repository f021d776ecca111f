"""A client of the NG protocol, as a SIP proxy is one: bencode or JSON, by UDP or TCP."""

import itertools
import json
import socket

_cookies = itertools.count(1)


def bencode(value):
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, str):
        return bencode(value.encode())
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(key) + bencode(inner) for key, inner in value.items()) + b"e"
    return b"l" + b"".join(map(bencode, value)) + b"e"


def bdecode(data):
    value, rest = _take(data)
    if rest:
        raise ValueError(f"{len(rest)} bytes after the value")
    return value


def _take(data):
    kind = data[:1]
    if kind == b"i":
        number, _, rest = data[1:].partition(b"e")
        return int(number), rest
    if kind in (b"l", b"d"):
        items, rest = [], data[1:]
        while not rest.startswith(b"e"):
            item, rest = _take(rest)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), rest[1:]
    length, _, rest = data.partition(b":")
    return rest[:int(length)].decode(), rest[int(length):]


class Client:
    """ask(command, key=value ...): the reply. Keys with underscores are sent with hyphens."""

    def __init__(self, host, port, form="bencode", transport="udp"):
        self.form, self.address = form, ("127.0.0.1", port)
        with host.inside():
            if transport == "tcp":
                self.socket = socket.create_connection(self.address, 20)
            else:
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self.socket.connect(self.address)
        self.socket.settimeout(20)
        self.stream = transport == "tcp"
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, command, cookie=None, **keys):
        request = {"command": command, **{key.replace("_", "-"): value for key, value in keys.items()}}
        return self.decoded(self.exchange(self.encoded(request), cookie))

    def encoded(self, request):
        return bencode(request) if self.form == "bencode" else json.dumps(request).encode()

    def decoded(self, payload):
        return bdecode(payload) if payload.startswith(b"d") else json.loads(payload)

    def exchange(self, payload, cookie=None):
        """Sends these bytes and gives those of the reply to them."""
        cookie = (cookie or f"lab_{id(self):x}_{next(_cookies)}").encode()
        self.socket.sendall(cookie + b" " + payload)
        while True:
            answered, _, reply = self._receive().partition(b" ")
            if answered == cookie:
                return reply

    def _receive(self):
        if not self.stream:
            return self.socket.recv(65536)
        while True:
            cookie, blank, rest = self.pending.partition(b" ")
            try:
                if blank and rest:
                    _, self.pending = _take(rest)
                    return cookie + b" " + rest[:len(rest) - len(self.pending)]
            except (ValueError, IndexError):
                pass  # not all of it yet
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the gateway has closed the connection")
            self.pending += data
