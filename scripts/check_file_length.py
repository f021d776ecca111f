#!/usr/bin/python3
"""Checks that files are short enough to read in one go: at most 400 lines, each at most 110 characters."""

import lint_base

MAX_LINES = 400
MAX_COLUMNS = 110
FOREIGN = "proto/google/"  # kept as their authors wrote them
SUFFIXES = (".cpp", ".hpp", ".h", ".proto", ".py", ".sh")


def is_script(path):
    return path.parts[0] in ("scripts", ".ci") and not path.suffix


def main():
    root = lint_base.arguments(__doc__).parse_args().root
    findings, checked = [], 0
    for path in lint_base.source_files(root, ""):
        if str(path).startswith(FOREIGN) or (path.suffix not in SUFFIXES and not is_script(path)):
            continue
        checked += 1
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES:
            findings.append(f"{path}:{len(lines)}: {len(lines)} lines, {MAX_LINES} are the most")
        findings += [f"{path}:{number}: {len(line)} characters, {MAX_COLUMNS} are the most"
                     for number, line in enumerate(lines, 1) if len(line) > MAX_COLUMNS]
    return lint_base.report("check_file_length", findings, checked)


if __name__ == "__main__":
    lint_base.run(main)
