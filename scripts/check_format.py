#!/usr/bin/python3
"""Checks that clang-format has nothing to change. To repair: clang-format -i FILE…"""

import re
import subprocess

import lint_base


def main():
    root = lint_base.arguments(__doc__).parse_args().root
    files = [str(path) for path in lint_base.source_files(root, ".cpp", ".hpp", ".h")]
    findings = []
    if files:
        result = subprocess.run(["clang-format", "--dry-run", "-Werror", "--fallback-style=none", *files],
                                cwd=root, capture_output=True, text=True, check=False)
        places = re.findall(r"^(\S+:\d+):\d+: error:", result.stderr, re.MULTILINE)
        findings = [f"{place}: clang-format would change this" for place in sorted(set(places))]
        if result.returncode and not findings:
            findings = [result.stderr.strip() or f"clang-format ended with {result.returncode}"]
    return lint_base.report("check_format", findings, len(files))


if __name__ == "__main__":
    lint_base.run(main)
