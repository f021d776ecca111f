"""The example of docs/offer-answer.md, run as it stands there against a real polluxd."""

import os
import re
import subprocess

from kamailio_lab import nothing_left
from lab.node import REPOSITORY


def test_example_runs(node, stubs, tmp_path):
    text = (REPOSITORY / "docs" / "offer-answer.md").read_text()
    program = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(program) >= 7, "the example is not found any more"
    (tmp_path / "example.py").write_text("\n".join(program))
    modules = os.path.dirname(os.path.dirname(os.path.dirname(stubs["session"].__file__)))
    result = subprocess.run(["/usr/bin/python3", "example.py"], cwd=tmp_path,
                            env={**os.environ, "POLLUX_TARGET": node.target, "PYTHONPATH": modules},
                            text=True, capture_output=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "INVALID_ARGUMENT line 5 " in result.stdout, result.stdout
    assert "alice caller-1 RTP/AVP" in result.stdout and "bob callee-1 RTP/SAVP" in result.stdout
    nothing_left(node.api)
