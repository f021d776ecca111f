"""SIP messages taken apart, and answers to challenges (RFC 3261, RFC 2617)."""

import hashlib
import re
import secrets


class Message:
    """A request or a reply, taken apart."""

    def __init__(self, data, source):
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        self.source, self.body = source, body
        self.headers = [(name.strip(), value.strip()) for name, _, value in (l.partition(":") for l in lines)]
        self.status, self.reason, self.method, self.uri = 0, "", "", ""
        if first.startswith("SIP/2.0"):
            _, status, self.reason = first.split(" ", 2)
            self.status = int(status)
            self.method = self.header("CSeq").split()[1]
        else:
            self.method, self.uri, _ = first.split(" ")

    def all(self, name):
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def header(self, name):
        return next(iter(self.all(name)), "")

    def tag(self, name):
        found = re.search(r";\s*tag=([^;]+)", self.header(name))
        return found[1] if found else ""

    @property
    def cseq(self):
        return int(self.header("CSeq").split()[0])

    @property
    def branch(self):
        return re.search(r"branch=([^;]+)", self.header("Via"))[1]

    @property
    def sdp(self):
        return self.body.decode()


def contact_of(message):
    return re.search(r"<([^>]+)>", message.header("Contact"))[1]


def digest(user, password, challenge, method, uri):
    """The value of Authorization (RFC 2617, MD5)."""
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    ha1, ha2 = md5(f"{user}:{fields['realm']}:{password}"), md5(f"{method}:{uri}")
    if "qop" in fields:
        count, own = "00000001", secrets.token_hex(8)
        response = md5(f"{ha1}:{fields['nonce']}:{count}:{own}:auth:{ha2}")
        more = f', qop=auth, nc={count}, cnonce="{own}"'
    else:
        response, more = md5(f"{ha1}:{fields['nonce']}:{ha2}"), ""
    return (f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm=MD5{more}')


def split_list(values):
    return [part.strip() for value in values for part in value.split(",")]
