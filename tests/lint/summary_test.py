#!/usr/bin/python3
"""Tests of scripts/test_summary.py: nothing that went wrong may get lost in the closing line."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SUMMARY = Path(__file__).resolve().parents[2] / "scripts" / "test_summary.py"
PASSED = '<testcase classname="A" name="a" status="run"/>'
FAILED = '<testcase classname="A" name="b"><failure message="1 is not 2"/></testcase>'
SKIPPED = '<testcase classname="A" name="c"><skipped message="needs root"/></testcase>'


class Summary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pollux-summary-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def junit(self, *cases, name="report.xml"):
        path = self.folder / name
        path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
        return str(path)

    def meson(self, *results):
        log = self.folder / "testlog.json"
        log.write_text("".join(json.dumps({"name": f"t{i}", "result": result, "command": [f"/x/prog{i}"],
                                           "returncode": 0, "stdout": ""}) + "\n"
                               for i, result in enumerate(results)))
        return ["--meson", str(log), "m: ", str(self.folder)]

    def check(self, arguments, status, line, *texts):
        result = subprocess.run([sys.executable, SUMMARY, *arguments], capture_output=True, text=True,
                                check=False)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout.splitlines()[-1], line)
        self.assertEqual(result.returncode, status)
        for text in texts:
            self.assertIn(text, result.stdout)

    def test_adds_up(self):
        self.check([*self.meson("OK", "OK"), "--junit", self.junit(PASSED, PASSED), "p"], 0,
                   "4 passed, 0 failed, 0 skipped")

    def test_single_cases_of_a_program(self):
        self.junit(PASSED, PASSED, PASSED, name="prog0.xml")
        self.check(self.meson("OK"), 0, "3 passed, 0 failed, 0 skipped")

    def test_failure(self):
        self.check(["--junit", self.junit(PASSED, FAILED), "p"], 1, "1 passed, 1 failed, 0 skipped",
                   "FAILED p: A.b: 1 is not 2")

    def test_meson_results_that_are_no_success(self):
        for result in ("FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS"):
            self.check(self.meson(result), 1, "0 passed, 1 failed, 0 skipped")

    def test_crash_after_all_cases_passed(self):
        self.junit(PASSED, name="prog0.xml")
        self.check(self.meson("FAIL"), 1, "1 passed, 1 failed, 0 skipped")

    def test_skips_are_loud(self):
        report = self.junit(PASSED, SKIPPED)
        self.check(["--junit", report, "p"], 0, "1 passed, 0 failed, 1 skipped", "SKIPPED p: A.c: needs root")
        self.check(["--junit", report, "p", "--no-skips"], 1, "1 passed, 0 failed, 1 skipped")

    def test_missing_or_empty_reports(self):
        for arguments in (["--junit", str(self.folder / "none.xml"), "p"], ["--junit", self.junit(), "p"],
                          ["--meson", str(self.folder / "none.json"), "m", ""]):
            self.check(arguments, 1, "0 passed, 1 failed, 0 skipped")

    def test_nothing_ran(self):
        self.check([], 1, "0 passed, 0 failed, 0 skipped")

    def test_step_that_never_got_to_tests(self):
        self.check([*self.meson("OK"), "--failed", "build", "status 1"], 1, "1 passed, 1 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
