"""The examples of docs/control-api.md, run as they stand there against a real polluxd."""

import os
import re
import shutil
import subprocess

from lab.node import REPOSITORY


def blocks(language):
    text = (REPOSITORY / "docs" / "control-api.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_examples_run(node, tmp_path):
    (preparation,) = blocks("sh")
    program = blocks("python")
    assert len(program) >= 10, "the examples are not found any more"
    shutil.copytree(REPOSITORY / "proto", tmp_path / "proto")
    (tmp_path / "example.py").write_text("\n".join(program))
    script = "\n".join(line for line in preparation.splitlines() if not line.startswith("apt-get"))
    result = subprocess.run(["sh", "-ec", script + "\n/usr/bin/python3 ../example.py"],
                            cwd=tmp_path,
                            env={**os.environ, "POLLUX_TARGET": node.target}, text=True,
                            capture_output=True, timeout=150, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "SESSION_ENDED" in result.stdout
    assert "INVALID_ARGUMENT INVALID_FIELD" in result.stdout
