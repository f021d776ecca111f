"""The manual of faults is whole, and notices when it goes stale."""

import re
from pathlib import Path

import pytest
from drill import MANUAL, Console, manual_blocks, masked


def headings():
    return re.findall(r"^### (\d+\. .*)$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)


def test_each_fault_of_the_manual_is_drilled():
    files = Path(__file__).parent.glob("test_drill_*.py")
    drills = "".join(file.read_text(encoding="utf-8") for file in files)
    drilled = set(re.findall(r'agrees_with_manual\("(\d+\. [^"]*)"\)', drills))
    assert drilled == set(headings())
    assert [heading.split(".")[0] for heading in headings()] == [str(number) for number in range(1, 11)]
    for heading in headings():
        assert manual_blocks(heading), heading


def test_stale_line_is_noticed():
    heading = headings()[0]
    console = Console(None)
    for command, lines in manual_blocks(heading):
        console.note(command.split()[1:], "\n".join(lines))
    console.agrees_with_manual(heading)
    for shown in console.shown.values():
        shown[:] = [line.replace("receiving", "getting") for line in shown]
    with pytest.raises(AssertionError, match="receiving, forwarding"):
        console.agrees_with_manual(heading)


def test_only_what_differs_from_look_to_look_is_masked():
    assert masked("2026-01-02 03:04:05.678Z  #12  call-3  leg a RTP: new SSRC 0x10001234") == \
        "TIME #N call-N leg a RTP: new SSRC SSRC"
    assert masked("b silent for 1 min 02 s at 10.71.2.12:4000 (12.3 k packets)") == \
        "b silent for DURATION at ADDRESS (N packets)"
