"""Shared by the check_* lints: which files there are, how findings are reported. Standard library only."""

import argparse
import subprocess
import sys
from pathlib import Path


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent,
                        help="the tree to check (default: this repository)")
    return parser


def source_files(root, *suffixes):
    """Files under version control, or new and not ignored; every file where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode().split("\0")
    except (subprocess.CalledProcessError, FileNotFoundError):
        listed = [str(path.relative_to(root)) for path in root.rglob("*")]
    wanted = [Path(name) for name in sorted(set(listed)) if name.endswith(suffixes)]
    return [path for path in wanted if (root / path).is_file()]


def report(name, findings, checked):
    """Prints the findings and gives the exit status. Checking nothing at all is a finding, too."""
    for finding in findings:
        print(finding)
    if not checked:
        print(f"{name}: nothing to check: wrong folder?")
        return 2
    print(f"{name}: {len(findings)} findings in {checked} files")
    return 1 if findings else 0


def run(main):
    sys.exit(main())
