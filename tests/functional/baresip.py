"""baresip as a phone: it registers, calls, plays a recording and keeps what it hears."""

import json
import socket
import threading
import time

from api import wait_until
from lab.kamailio import Process
from media_programs import wav_samples

CONTROL_PORT, KEYS_PORT = 4444, 5555  # of the loopback interface of its host
LET_GO = "\x04"
CONFIG = """sip_listen {address}:5060
audio_source aufile,{sound}
audio_player aubridge,{user}
audio_alert aubridge,alert
audio_srate 8000
audio_channels 1
rtp_ports 16000-16999
module_path /usr/lib/baresip/modules
module g711.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module cons.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
cons_listen 127.0.0.1:{keys}
snd_path {folder}
"""
ACCOUNT = ("<sip:{user}@{domain};transport=udp>;auth_user={user};auth_pass={password};"
           'outbound="sip:{proxy}:5060;transport=udp";regint=600;answermode=auto;audio_codecs=PCMA/8000/1'
           "{more}\n")


class Baresip(Process):
    """One phone, which begins to register when the block begins. Its folder takes what it hears."""

    def __init__(self, host, folder, user, password, domain, proxy, sound, more=""):
        """sound: WAV, 8 kHz, mono, played to the end. more: of its account, as ";mediaenc=srtp"."""
        folder.mkdir()
        super().__init__("baresip", folder)
        self.host, self.folder, self.events, self._control = host, folder, [], None
        (folder / "config").write_text(CONFIG.format(
            address=host.v4, sound=sound, user=user, folder=folder, control=CONTROL_PORT, keys=KEYS_PORT))
        (folder / "accounts").write_text(ACCOUNT.format(
            user=user, domain=domain, password=password, proxy=proxy, more=more))
        (folder / "contacts").touch()

    def __enter__(self):
        self.run(["baresip", "-f", str(self.folder)], self.host, cwd=self.folder)
        try:
            self._control = wait_until(self._connected, what=f"baresip's control port; {self.log()}")
            threading.Thread(target=self._read, daemon=True).start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        if self._control:
            self._control.close()

    def _connected(self):
        with self.host.inside():
            control = socket.socket()
        try:
            control.connect(("127.0.0.1", CONTROL_PORT))
        except ConnectionRefusedError:
            control.close()
            return None
        return control

    def _read(self):
        """Netstrings of JSON: events and responses."""
        waiting = b""
        while data := self._control.recv(65536):
            waiting += data
            while b":" in waiting:
                length, _, rest = waiting.partition(b":")
                if len(rest) <= int(length):
                    break
                message, waiting = json.loads(rest[:int(length)]), rest[int(length) + 1:]
                if message.get("event"):
                    self.events.append(message)

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def press(self, key, seconds=0.2):
        """A key of the phone, held for so long. It leaves by RFC 4733."""
        with self.host.udp("127.0.0.1") as udp:
            for what, then in ((key, seconds), (LET_GO, 0)):
                udp.sendto(what.encode(), ("127.0.0.1", KEYS_PORT))
                time.sleep(then)

    def found(self, kind):
        """The parameters of all events of a kind."""
        return [event.get("param", "") for event in list(self.events) if event["type"] == kind]

    def heard(self):
        """Samples of the last call. Post: it has ended, so that the file is whole."""
        *_, last = sorted(self.folder.glob("dump-*-dec.wav"))
        return wav_samples(last)
