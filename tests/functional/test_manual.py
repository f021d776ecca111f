"""The manual pages: clean troff, and polluxd's tells every option and exit code that the program has."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from lab.node import program

POLLUXD_PAGE = Path(__file__).resolve().parents[2] / "docs" / "man" / "polluxd.8"


def rendered(page):
    """The page as plain text; troff's complaints are a failure."""
    environment = {**os.environ, "GROFF_NO_SGR": "1"}
    result = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-c", "-rLL=200n", str(page)], check=False,
                            capture_output=True, text=True, timeout=60, env=environment)
    assert result.returncode == 0 and result.stderr == ""
    return re.sub(".\x08", "", result.stdout)


@pytest.fixture
def polluxctl_page(tmp_path):
    page = tmp_path / "polluxctl.1"
    page.write_bytes(subprocess.run([program("polluxctl"), "manual-page"], check=True, capture_output=True,
                                    timeout=60).stdout)
    return page


def test_polluxctl(polluxctl_page):
    text = rendered(polluxctl_page)
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"):
        assert f"\n{section}\n" in text
    assert "polluxctl session show" in text and "--tls-server-name NAME" in text


def test_polluxd_has_the_options_of_the_program():
    text = rendered(POLLUXD_PAGE)
    usage = subprocess.run([program("polluxd"), "--help"], check=True, capture_output=True, text=True,
                           timeout=60)
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage.stdout))
    assert {"--config", "--check", "--version"} <= options
    missing = [option for option in options if option not in text]
    assert not missing


def test_polluxd_has_the_exit_codes_of_the_program(tmp_path):
    text = rendered(POLLUXD_PAGE)
    missing = str(tmp_path / "none.yaml")
    for arguments, code in ((["--version"], 0), (["--config", missing, "--check"], 2)):
        result = subprocess.run([program("polluxd"), *arguments], check=False, capture_output=True,
                                timeout=60)
        assert result.returncode == code
    for code in (0, 1, 2):
        assert re.search(rf"\n\s+{code}\s+\w", text.split("EXIT STATUS")[1])
