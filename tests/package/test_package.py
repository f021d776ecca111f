"""The Debian package in a fresh Debian 12: installs with apt, runs as its own user, leaves nothing behind.

In the order of a package's life; each test goes on where the last one stopped.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from fresh_root import FreshRoot

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / "build-package"
APT = "apt-get -y -qq -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "

# All files but those that come and go with packages in general.
FILES = ("find / -xdev " + "".join(f"-path {folder} -prune -o " for folder in
                                   ("/var/lib", "/var/cache", "/srv", "/proc", "/sys", "/dev")) +
         "-print | sort")


@pytest.fixture(scope="module")
def package():
    subprocess.run([REPOSITORY / "scripts/package"], check=True, cwd=REPOSITORY)
    [found] = CACHE.glob("pollux_*.deb")
    return found


@pytest.fixture(scope="module")
def root():
    if os.geteuid() != 0:
        pytest.fail("a fresh root needs root")
    fresh = FreshRoot(CACHE)
    yield fresh
    fresh.close()


@pytest.fixture(scope="module")
def installed(root, package):
    """The fresh system with the package installed; without what it only recommends."""
    shutil.copy(package, root.path / "srv" / package.name)
    root.run(f"{FILES} >/srv/before; "
             f"{APT} update; {APT} install --no-install-recommends adduser", seconds=240)
    root.run(f"{APT} install --no-install-recommends /srv/{package.name}", seconds=300)
    return root


def test_describes_itself(package):
    def field(name):
        return subprocess.run(["dpkg-deb", "-f", package, name], check=True, capture_output=True,
                              text=True).stdout.strip()
    assert field("Package") == "pollux"
    assert "-dev" not in field("Depends")
    assert "librte-mempool-ring" in field("Depends") and "libgrpc++" in field("Depends")
    listed = subprocess.run(["dpkg-deb", "-c", package], check=True, capture_output=True, text=True).stdout
    for name in ("usr/sbin/polluxd", "usr/sbin/pollux-ng", "usr/bin/polluxctl",
                 "usr/lib/systemd/system/pollux.service", "usr/lib/systemd/system/pollux-ng.service",
                 "etc/pollux/pollux-ng.yaml",
                 "etc/pollux/pollux.yaml", "etc/logrotate.d/pollux", "usr/share/doc/pollux/copyright",
                 "usr/share/doc/pollux/README.Debian", "usr/share/doc/pollux/docs/running.md"):
        assert f"./{name}\n" in listed, name


def test_programs_say_their_version(installed, package):
    version = package.name.split("_")[1]
    said = installed.run("polluxd --version; polluxctl --version").stdout
    assert f"polluxd {version}" in said and "DPDK 22.11" in said and "CPU features" in said
    assert "polluxctl" in said


def test_installed_configuration_is_right(installed):
    installed.run("polluxd --config /etc/pollux/pollux.yaml --check")
    installed.run("pollux-ng --config /etc/pollux/pollux-ng.yaml --check")


def test_example_of_kernel_interfaces_is_right(installed):
    example = installed.path / "usr/share/doc/pollux/config/demo-netns.yaml"
    settings = yaml.safe_load(example.read_text())
    settings["workers"][0]["cpu"] = max(os.sched_getaffinity(0))
    (installed.path / "srv/af_packet.yaml").write_text(yaml.safe_dump(settings))
    installed.run("polluxd --config /srv/af_packet.yaml --check")


def test_runs_as_its_own_user_without_capabilities(installed):
    """The starter as installed, as systemd would run it: its user, its runtime folder, no capability."""
    said = installed.run("""
install -d -o pollux -g pollux -m 750 /run/pollux
XDG_RUNTIME_DIR=/run/pollux setpriv --reuid=pollux --regid=pollux --init-groups --no-new-privs \\
  --inh-caps=-all --bounding-set=-all polluxd --config /etc/pollux/pollux.yaml >/tmp/log 2>&1 &
daemon=$!
for try in $(seq 300); do
  polluxctl node info >/tmp/info 2>&1 && break
  kill -0 $daemon || { cat /tmp/log; exit 1; }
  sleep 0.1
done
cat /tmp/info
stat -c '%U %a' /run/pollux/pollux.sock
grep -E '^(Uid|CapEff)' /proc/$daemon/status
kill -TERM $daemon
wait $daemon
cat /tmp/log
""").stdout
    assert "serving" in said and "nowhere" in said, said
    assert "pollux 660" in said and "0000000000000000" in said, said
    assert "ended" in said, said


def test_unit_is_right_and_hardened(installed, tmp_path):
    """By this machine's systemd, as the fresh system has none; the program's path is the fresh system's."""
    unit = tmp_path / "pollux.service"
    text = (installed.path / "usr/lib/systemd/system/pollux.service").read_text()
    unit.write_text(text.replace("ExecStart=/usr/sbin", f"ExecStart={installed.path}/usr/sbin"))
    for arguments in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=30", "--no-pager"]):
        result = subprocess.run(["systemd-analyze", *arguments, unit], check=False, capture_output=True,
                                text=True)
        said = result.stdout + result.stderr
        assert result.returncode == 0 and "pollux.service:" not in result.stderr, said


def test_is_not_enabled(installed):
    assert not list(installed.path.glob("etc/systemd/system/*.wants/pollux.service"))


def test_purge_leaves_nothing(installed):
    left = installed.run(f"""
{APT} purge pollux >/dev/null
{FILES} >/srv/after
comm -13 /srv/before /srv/after | grep -i pollux || true
getent passwd pollux || true
getent group pollux || true
""").stdout
    assert left == ""
