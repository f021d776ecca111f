#!/usr/bin/python3
"""Checks that links in the documentation lead somewhere and that no file names a path of one machine."""

import re
from urllib.parse import unquote

import lint_base

LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)>\s]+)>?[^)]*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:work|root|home)/[\w.-]+")
TEXT = (".md", ".py", ".cpp", ".hpp", ".proto", ".yaml", ".build", ".txt", ".sh", ".service", ".json")


def anchors(text):
    """The ids that GitHub and GitLab give a page's headings."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = 0
        while (numbered := f"{anchor}-{count}" if count else anchor) in found:
            count += 1
        found.add(numbered)
    return found


def blank(match):
    return "\n" * match[0].count("\n")


def check_links(root, path, text):
    without_code = re.sub(r"`[^`\n]*`", "", FENCE.sub(blank, text))
    for match in LINK.finditer(without_code):
        line = without_code.count("\n", 0, match.start()) + 1
        target, _, anchor = unquote(match[1]).partition("#")
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        page = (root / path).parent / target if target else root / path
        if not page.exists():
            yield f"{path}:{line}: link to {target}, which doesn't exist"
        elif anchor and page.suffix == ".md" and anchor not in anchors(page.read_text(encoding="utf-8")):
            yield f"{path}:{line}: link to #{anchor}, a heading that {page.name} doesn't have"


def check_paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if match := MACHINE_PATH.search(line):
            yield f"{path}:{number}: {match[0]} is a path of one machine"


def main():
    root = lint_base.arguments(__doc__).parse_args().root
    findings, checked = [], 0
    for path in lint_base.source_files(root, ""):
        if path.suffix not in TEXT and path.parts[0] not in ("scripts", ".ci"):
            continue
        checked += 1
        text = (root / path).read_text(encoding="utf-8")
        findings += check_paths(path, text)
        if path.suffix == ".md":
            findings += check_links(root, path, text)
    return lint_base.report("check_docs", findings, checked)


if __name__ == "__main__":
    lint_base.run(main)
