"""The examples of docs/dtmf.md, run in their order as they stand there, against a real polluxd."""

import os
import re
import subprocess
import sys
from pathlib import Path

from lab.node import REPOSITORY, program


def test_examples_run(node, stubs):
    text = (REPOSITORY / "docs" / "dtmf.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(sh|python)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks].count("python") == 1 and len(blocks) >= 5
    said = ""
    for language, block in blocks:
        command = ["sh", "-ec"] if language == "sh" else ["/usr/bin/python3", "-c"]
        environment = {**os.environ, "POLLUX_TARGET": node.target, "PYTHONPATH": os.pathsep.join(sys.path),
                       "PATH": f"{Path(program('polluxctl')).parent}:{os.environ['PATH']}"}
        done = subprocess.run([*command, block], env=environment, capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        said += done.stdout
    for words in ("On their way to the party of leg b: 12# (100 ms each", "Pressed by the party of leg a: 5",
                  "leg a presses 5 (SIP INFO)", "are blocked (silence)", "KEY PRESSES BY"):
        assert words in said, said
