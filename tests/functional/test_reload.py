"""A configuration read again while media flows: by SIGHUP and by NodeService.Reload, all of it or nothing."""

import copy
import json
import signal

import grpc
import pytest
import yaml
from api import error_details, wait_until
from party import Party, both_ways
from test_relay import call
from traffic import talking


@pytest.fixture
def reloadable(start, keeper):
    """A node of its own, whose file a test may rewrite: write(settings)."""
    settings = keeper.settings()
    node = start(settings)
    node.original = copy.deepcopy(settings)

    def write(changed):
        text = changed if isinstance(changed, str) else yaml.safe_dump(changed, sort_keys=False)
        node.config_path.write_text(text)
        return text
    node.write = write
    yield node
    node.write(node.original)
    node.api.reload()


def changed(node, **sections):
    settings = copy.deepcopy(node.original)
    for section, values in sections.items():
        settings.setdefault(section, {}).update(values)
    return settings


def keys(changes):
    return {change.key: (change.old_value, change.new_value) for change in changes}


def test_hot_keys_take_effect_under_traffic(lab, reloadable):
    node, events = reloadable, reloadable.api.events()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        session = call(node, a, b)
        both_ways(a, b, 20)
        node.write(changed(node, timeouts={"media": "7s"}, learning={"probation_packets": 9},
                           memory={"mbufs": 16384}))
        told = node.api.reload(dry_run=True)
        assert "timeouts.media" in keys(told.applied) and not events.found("CONFIG_RELOADED")
        with talking(a, b):
            told = node.api.reload()
        assert keys(told.applied) == {"timeouts.media": ("60s", "7s"),
                                      "learning.probation_packets": ("5", "9")}
        assert keys(told.needs_restart) == {"memory.mbufs": ("8192", "16384")}
        events.wait_for("CONFIG_RELOADED")
        both_ways(a, b, 20)
        assert node.api.get(session.session_id).spec.media_timeout.seconds == 60  # made before
        with Party(lab.h1) as c, Party(lab.h2) as d:
            late = call(node, c, d)
            assert late.spec.media_timeout.seconds == 7
            both_ways(c, d, 20)
        assert not keys(node.api.reload().applied), "the same file again changes nothing"
    events.close()


def test_wrong_file_changes_nothing(lab, reloadable):
    node, events = reloadable, reloadable.api.events()
    wrong = changed(node, timeouts={"media": "7s"}, log={"level": "loud"})
    wrong["wrkers"] = []
    text = node.write(wrong)
    with pytest.raises(grpc.RpcError) as error:
        node.api.reload()
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    reason, violations = error_details(error.value)
    assert reason == "CONFIG_INVALID"
    for key, word in (("log.level", "level: loud"), ("wrkers", "wrkers")):
        line = next(n for n, line in enumerate(text.splitlines(), 1) if word in line)
        assert f"line {line}" in violations[key], violations
    node.signal(signal.SIGHUP)
    wait_until(lambda: "nothing has changed" in node.log(), what="SIGHUP's answer in the log")
    assert "log.level" in node.log() and "wrkers" in node.log()
    with Party(lab.h1) as a, Party(lab.h2) as b:
        assert call(node, a, b).spec.media_timeout.seconds == 60
        both_ways(a, b, 5)
    assert not events.found("CONFIG_RELOADED")
    events.close()


def test_sighup_reloads_and_opens_the_log_anew(lab, reloadable, tmp_path):
    node, events = reloadable, reloadable.api.events()
    log = tmp_path / "polluxd.log"
    with Party(lab.h1) as a, Party(lab.h2) as b:
        call(node, a, b)
        node.write(changed(node, log={"target": "file", "file": str(log), "format": "json"}))
        with talking(a, b):
            node.signal(signal.SIGHUP)
            events.wait_for("CONFIG_RELOADED")
        text = wait_until(lambda: log.exists() and log.read_text(), what="the log file")
        first = json.loads(text.splitlines()[0])
        assert first["level"] == "info" and "log.format (text -> json)" in first["message"]
        log.rename(tmp_path / "polluxd.log.1")  # what logrotate does
        node.signal(signal.SIGHUP)
        wait_until(lambda: log.exists() and "read again" in log.read_text(), what="the new log file")
        both_ways(a, b, 20)
    events.close()


def test_log_file_that_cannot_be_opened_changes_nothing(reloadable):
    node = reloadable
    node.write(changed(node, timeouts={"media": "7s"}, log={"target": "file", "file": "/proc/none/x.log"}))
    with pytest.raises(grpc.RpcError) as error:
        node.api.reload()
    assert "log.file" in error_details(error.value)[1]
    node.write(changed(node, timeouts={"media": "7s"}))
    assert keys(node.api.reload().applied) == {"timeouts.media": ("60s", "7s")}, "some of it had been applied"
