"""A fresh Debian 12 in a folder, to install things into; needs root and the mirror that this machine uses."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

KEEP_BASE = 14 * 24 * 3600  # s; an older one is made anew
RELEASE = "bookworm"


def debian_sources():
    """The Debian mirrors of this machine's own apt configuration, as lines of a sources.list."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
         "Created-By: Packages"], check=True, capture_output=True, text=True).stdout
    sources = {}
    for line in listed.splitlines():
        origin, uri, release, component = line.split("|")
        if origin == "Debian" and release.split("-")[0] == RELEASE:
            sources.setdefault((uri, release), set()).add(component)
    if not sources:
        raise RuntimeError(f"apt knows no mirror of Debian {RELEASE}: this test needs one (apt-get update?)")
    return [f"deb {uri} {release} {' '.join(sorted(components))}"
            for (uri, release), components in sorted(sources.items())]


def proxy_settings():
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    return "".join(line + "\n" for line in dump.splitlines() if re.match(r"Acquire::\w+::Proxy\b", line))


def base_archive(cache):
    """The archive of a minimal system; made when there is none that is new enough."""
    archive = cache / "base.tar"
    if not archive.is_file() or archive.stat().st_mtime < time.time() - KEEP_BASE:
        cache.mkdir(parents=True, exist_ok=True)
        proxies = [f"--aptopt={line}" for line in proxy_settings().splitlines()]
        subprocess.run(["mmdebstrap", "--quiet", "--format=tar", "--variant=minbase", *proxies, RELEASE,
                        f"{archive}.new", *debian_sources()], check=True, timeout=400)
        os.replace(f"{archive}.new", archive)
    return archive


class FreshRoot:
    def __init__(self, cache):
        self.packages = Path(cache) / "archives"
        self.packages.mkdir(parents=True, exist_ok=True)
        archive = base_archive(Path(cache))
        self.path = Path(tempfile.mkdtemp(prefix="plx-root-"))
        try:
            subprocess.run(["tar", "-C", self.path, "-xf", archive], check=True)
            (self.path / "etc/apt/apt.conf.d/99proxy").write_text(proxy_settings())
            shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        except BaseException:
            self.close()
            raise

    def close(self):
        shutil.rmtree(self.path)

    def run(self, script, check=True, seconds=120):
        """Runs a shell script inside, with mounts and processes of its own, which end with it."""
        inside, archives = self.path, f"{self.path}/var/cache/apt/archives"
        enter = (f"mount -t proc proc {inside}/proc && mount --rbind /sys {inside}/sys && "
                 f"mount --rbind /dev {inside}/dev && mkdir -p {archives} && "
                 f"mount --bind {self.packages} {archives} && "
                 f"exec chroot {inside} /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "
                 "LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -euc \"$0\"")
        result = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                                 "--kill-child", "sh", "-ec", enter, script], check=False,
                                capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds)
        if check and result.returncode != 0:
            raise AssertionError(f"status {result.returncode} of:\n{script}\n"
                                 f"{result.stdout}\n{result.stderr}")
        return result
