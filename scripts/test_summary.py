#!/usr/bin/python3
"""Adds up the results of all runners and ends with one line: N passed, N failed, N skipped.

Reads meson's testlog.json files, the JUnit files that GoogleTest programs wrote (folder) and those of pytest.
A meson test whose program wrote a JUnit file counts as its single cases, any other as one.
"""

import argparse
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

MESON_OUTCOME = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


class Summary:
    def __init__(self):
        self.count = Counter(passed=0, failed=0, skipped=0)
        self.failures, self.skips = [], []

    def add(self, outcome, name, reason=""):
        self.count[outcome] += 1
        if outcome == "failed":
            self.failures.append(f"{name}: {reason}" if reason else name)
        elif outcome == "skipped":
            self.skips.append(f"{name}: {reason or 'no reason given'}")


def first_line(text):
    return (text or "").strip().split("\n", 1)[0]


def junit_cases(path):
    """(outcome, name, reason) of each test case of a JUnit file."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name')}"
        bad = [e for e in case if e.tag in ("failure", "error")]
        skipped = case.find("skipped")
        if bad:
            yield "failed", name, first_line(bad[0].get("message") or bad[0].text)
        elif skipped is not None or case.get("status") == "notrun":
            yield "skipped", name, first_line(skipped.get("message") if skipped is not None else "disabled")
        else:
            yield "passed", name, ""


def add_meson(summary, log, prefix, junit_folder):
    for line in log.read_text(encoding="utf-8").splitlines():
        test = json.loads(line)
        name = f"{prefix}{test['name']}"
        outcome = MESON_OUTCOME.get(test["result"], "failed")
        report = junit_folder / f"{Path(test['command'][0]).name}.xml" if junit_folder else None
        if not (report and report.is_file()):
            reason = first_line(test.get("stdout")) if outcome == "skipped" else test["result"]
            summary.add(outcome, name, reason)
            continue
        outcomes = Counter()
        for result, case, reason in junit_cases(report):
            outcomes[result] += 1
            summary.add(result, f"{name}: {case}", reason)
        # All cases passed and the program failed all the same: a crash or a leak at the end.
        if outcome == "failed" and not outcomes["failed"]:
            summary.add("failed", name, f"{test['result']}, status {test.get('returncode')}")
        elif not outcomes:
            summary.add("failed", name, "ran no test at all")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meson", nargs=3, action="append", default=[],
                        metavar=("LOG", "PREFIX", "JUNIT_FOLDER"))
    parser.add_argument("--junit", nargs=2, action="append", default=[], metavar=("FILE", "NAME"))
    parser.add_argument("--failed", nargs=2, action="append", default=[], metavar=("STEP", "REASON"),
                        help="a step that failed before it could report tests")
    parser.add_argument("--no-skips", action="store_true", help="skipped tests make the run fail")
    options = parser.parse_args()

    summary = Summary()
    for log, prefix, folder in options.meson:
        if Path(log).is_file():
            add_meson(summary, Path(log), prefix, Path(folder) if folder else None)
        else:
            summary.add("failed", prefix or "meson", f"left no {log}")
    for path, name in options.junit:
        try:
            cases = list(junit_cases(path))
        except (OSError, ElementTree.ParseError) as error:
            cases = [("failed", "report", str(error))]
        for outcome, case, reason in cases or [("failed", "report", "ran no test at all")]:
            summary.add(outcome, f"{name}: {case}", reason)
    for step, reason in options.failed:
        summary.add("failed", step, reason)

    for title, names in (("SKIPPED", summary.skips), ("FAILED", summary.failures)):
        for name in names:
            print(f"{title} {name}")
    count = summary.count
    if options.no_skips and count["skipped"]:
        print("Skipped tests are failures in this run.")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] or (options.no_skips and count["skipped"]) else 0


if __name__ == "__main__":
    sys.exit(main())
