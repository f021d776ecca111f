"""Kamailio with MariaDB and pollux-ng, each in a folder that goes away: nothing of the system's is used.

    phones on side a ── Kamailio ── phones on side b
                          │ NG           (media goes through polluxd)
                      pollux-ng ── gRPC ── polluxd
"""

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import yaml

from lab import ng, node as lab_node

KIT = lab_node.REPOSITORY / "config" / "kamailio"
SCHEMAS = Path("/usr/share/kamailio/mysql")
TABLES = ("standard", "auth_db", "usrloc", "dialog", "avpops")
DOMAIN = "pollux.example"
NG_PORT, EVENTS_PORT = 22222, 8448


def wait_for(condition, seconds, what, alive=None):
    deadline = time.monotonic() + seconds
    while not condition():
        if alive and (fault := alive()):
            raise RuntimeError(f"{what}: {fault}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Process:
    """A program that runs until stop(), with its log."""

    def __init__(self, name, folder):
        self.name, self.log_path, self.process = name, Path(folder) / f"{name}.log", None

    def run(self, command, namespace=None, **options):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(namespace.command(*command) if namespace else command,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def ended(self):
        if self.process.poll() is not None:
            return f"{self.name} ended with status {self.process.returncode}:\n{self.log()}"
        return None

    def log(self, last=60):
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-last:])

    def stop(self, seconds=40):
        """SIGTERM, and the exit status; SIGKILL when that doesn't do."""
        if not self.process:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Database(Process):
    """MariaDB on a socket in its folder, without network, with the tables that Kamailio ships."""

    def __init__(self, folder):
        super().__init__("mariadb", folder)
        self.folder = Path(folder) / "mariadb"
        self.socket = self.folder / "sock"

    def start(self):
        self.folder.mkdir()
        data = self.folder / "data"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL)
        self.run(["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={self.socket}",
                  f"--pid-file={self.folder}/pid", "--skip-networking", "--innodb-buffer-pool-size=16M",
                  "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=2",
                  "--performance-schema=off"])
        wait_for(lambda: subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={self.socket}", "ping"],
                                        capture_output=True, check=False).returncode == 0,
                 90, "MariaDB's start", self.ended)
        self.sql("CREATE DATABASE kamailio; CREATE USER kamailio@localhost IDENTIFIED BY 'kamailiorw'; "
                 "GRANT ALL ON kamailio.* TO kamailio@localhost;", "")
        for table in TABLES:
            self.sql((SCHEMAS / f"{table}-create.sql").read_text())
        return self

    def sql(self, text, database="kamailio"):
        """What a statement gives, a line a row, columns separated by tabs."""
        command = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--batch", "--skip-column-names"]
        if database:
            command.append(database)
        return subprocess.run(command, input=text, check=True, text=True, capture_output=True).stdout

    def add_user(self, user, password, *wishes):
        """As kamctl add does, but without the plain password. wishes: usr_preferences, attribute media."""
        ha1 = hashlib.md5(f"{user}:{DOMAIN}:{password}".encode()).hexdigest()
        self.sql(f"INSERT INTO subscriber (username, domain, password, ha1, ha1b) "
                 f"VALUES ('{user}', '{DOMAIN}', '', '{ha1}', '');")
        self.wish(user, *wishes)

    def wish(self, user, *wishes):
        """What the user's phone wants from now on."""
        self.sql(f"DELETE FROM usr_preferences WHERE username = '{user}';" + "".join(
            "INSERT INTO usr_preferences (uuid, username, domain, attribute, type, value) "
            f"VALUES ('', '{user}', '{DOMAIN}', 'media', 0, '{wish}');" for wish in wishes))


def ng_answers(namespace, port=NG_PORT):
    """Whether something answers an NG ping at the port, be it that it has no node yet."""
    with namespace.udp("127.0.0.1") as udp:
        udp.settimeout(0.2)
        try:
            udp.sendto(b"lab d7:command4:pinge", ("127.0.0.1", port))
            return udp.recv(2000).startswith(b"lab ")
        except (TimeoutError, ConnectionError):
            return False


class Gateway(Process):
    """pollux-ng on loopback of a namespace, in front of polluxd; presses go to Kamailio's evapi."""

    def __init__(self, host, folder, targets, name="pollux-ng", **options):
        super().__init__(name, folder)
        self.host, self.config_path = host, Path(folder) / f"{name}.yaml"
        self.port = options.pop("port", NG_PORT)
        self.settings = {
            "listen": {"udp": [f"127.0.0.1:{self.port}"], "tcp": [f"127.0.0.1:{self.port}"]},
            "requests": {"time": "2500 ms", "health_interval": "1 s"},
            "nodes": [{"address": target} for target in targets],
            "interfaces": [{"name": name, "network": name} for name in ("outside", "inside")],
            "dtmf_sinks": [{"type": "evapi", "address": f"127.0.0.1:{EVENTS_PORT}", "outgoing": True}],
            "log": {"level": "debug", "target": "stderr"}, **options}

    def start(self):
        self.config_path.write_text(yaml.safe_dump(self.settings, sort_keys=False))
        self.run([lab_node.program("pollux-ng"), "--config", str(self.config_path)], self.host)
        wait_for(lambda: ng_answers(self.host, self.port), 60, "pollux-ng's start", self.ended)
        return self

    def client(self, **options):
        return ng.Client(self.host, self.port, **options)

    def wait_for_nodes(self, seconds=40):
        """Until every polluxd answers it (list says which don't), and it has noticed (ping)."""
        with self.client() as client:
            wait_for(lambda: client.ask("ping") == {"result": "pong"} and "warning" not in client.ask("list"),
                     seconds, "pollux-ng's nodes", self.ended)


class Kamailio(Process):
    """Kamailio with config/kamailio/kamailio.cfg, on a host with a foot in each network."""

    def __init__(self, host, folder, database, gateways=(f"udp:127.0.0.1:{NG_PORT}",), processes=2):
        super().__init__("kamailio", folder)
        self.host, self.database, self.folder = host, database, Path(folder) / "kamailio"
        self.gateways, self.processes = gateways, processes
        self.control = f"unixs:{self.folder}/ctl"

    def start(self):
        self.folder.mkdir(exist_ok=True)
        for file in KIT.glob("*.cfg"):
            shutil.copy(file, self.folder)
        (self.folder / "kamailio-local.cfg").write_text("\n".join((
            "#!define WITH_INSIDE",
            f'#!define OUTSIDE_ADDRESS "{self.host.v4_a}"',
            f"#!define OUTSIDE_LISTEN udp:{self.host.v4_a}:5060",
            f'#!define INSIDE_ADDRESS "{self.host.v4_b}"',
            f"#!define INSIDE_LISTEN udp:{self.host.v4_b}:5060",
            f'#!define SIP_DOMAIN "{DOMAIN}"',
            '#!define DATABASE_URL "mysql://kamailio:kamailiorw@localhost/kamailio"',
            f'#!define POLLUX_NG "{" ".join(self.gateways)}"',
            f'#!define EVENTS_ADDRESS "127.0.0.1:{EVENTS_PORT}"',
            f'#!define CONTROL_SOCKET "{self.control}"',
            f"#!define PROCESSES {self.processes}",
            "#!define LOG_TO_STDERR yes",
            "#!define LOG_LEVEL 2", "")))
        self.run(["kamailio", "-DD", "-E", "-f", str(self.folder / "kamailio.cfg"), "-Y", str(self.folder),
                  "-P", str(self.folder / "pid"), "-m", "64", "-M", "8"], self.host,
                 env={**os.environ, "MYSQL_UNIX_PORT": str(self.database.socket)})
        wait_for(self.answers, 60, "Kamailio's start", self.ended)
        return self

    def answers(self):
        """Asks with OPTIONS whether it answers calls."""
        with self.host.udp(self.host.v4_a) as udp:
            address, port = udp.getsockname()
            udp.settimeout(0.2)
            udp.sendto((f"OPTIONS sip:{DOMAIN} SIP/2.0\r\n"
                        f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK1\r\n"
                        f"From: <sip:lab@{DOMAIN}>;tag=1\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: {port}\r\n"
                        "CSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n").encode(),
                       (self.host.v4_a, 5060))
            try:
                return udp.recv(2000).startswith(b"SIP/2.0 200")
            except (TimeoutError, ConnectionError):
                return False

    def hears_of_keys(self, seconds=40):
        """Until pollux-ng is connected to evapi: before that, it has nobody to tell key presses."""
        def connected():
            return self.host.run("ss", "-tnH", "state", "established", "sport", "=", f":{EVENTS_PORT}").stdout
        wait_for(connected, seconds, "pollux-ng's connection to evapi", self.ended)

    def forget_phones(self, user):
        """As if none of the user's phones had registered."""
        with contextlib.suppress(subprocess.CalledProcessError):  # none has
            self.rpc("ul.rm", "location", user)

    def uses_gateways(self):
        """Also those that it has taken for dead, as pollux-ng seems to be while there is no polluxd."""
        self.rpc("rtpengine.enable", "all", "1")

    def rpc(self, *words):
        return subprocess.run(["kamcmd", "-s", self.control, *words], check=True, text=True,
                              capture_output=True, timeout=30).stdout
