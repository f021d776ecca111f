"""Fixtures: the lab of network namespaces, polluxd in it, its API. Everything here needs root."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from lab import net, node as lab_node  # noqa: E402
from lab.api import load_stubs  # noqa: E402
from machine import Taken  # noqa: E402
from time_limit import within  # noqa: E402

SECONDS_PER_TEST = 180
ATTEMPTS, MOST_REPEATED = 3, 8
REPEATED = pytest.StashKey()


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces need root"))


@pytest.fixture(autouse=True)
def bounded():
    """No test hangs: after three minutes it fails where it stands."""
    with within(SECONDS_PER_TEST):
        yield


def pytest_configure(config):
    config.addinivalue_line("markers", "never_repeated: what it looks for may be there only now and then")


def may_be_repeated(item, reports):
    """The test proper has failed, while a CPU was away; all that it ran has ended well."""
    return ([report.when for report in reports if report.failed] == ["call"] and item.taken.much() and
            not item.get_closest_marker("never_repeated") and
            len(item.config.stash.get(REPEATED, [])) < MOST_REPEATED)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Runs a test; once more one that failed while a CPU was away, and shows that at the end.

    Nearly all of them judge packets in real time, which then says nothing.
    """
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(ATTEMPTS):
        if attempt:
            item._initrequest()
        item.taken = Taken()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if attempt == ATTEMPTS - 1 or not may_be_repeated(item, reports):
            break
        item.config.stash.setdefault(REPEATED, []).append((item, [r for r in reports if r.failed]))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter, config):
    repeated = config.stash.get(REPEATED, [])
    for item, reports in repeated:
        for report in reports:
            terminalreporter.section(f"run again: {item.nodeid} had failed")
            report.toterminal(terminalreporter._tw)
            for title, text in report.sections:
                terminalreporter.section(title, "-")
                terminalreporter.line(text)
    if repeated:
        terminalreporter.section(f"{len(repeated)} run again, {MOST_REPEATED} at the most")


@pytest.fixture(scope="session")
def lab():
    with net.Lab() as built:
        yield built


@pytest.fixture(scope="session")
def stubs():
    """The API's generated Python modules, importable from here on."""
    with lab_node.generate_stubs():
        yield load_stubs()


class Keeper:
    """Runs one polluxd at a time, and keeps it while tests want the same configuration."""

    def __init__(self, lab, stubs):
        self.lab, self.stubs = lab, stubs
        self.folder = tempfile.TemporaryDirectory(prefix="plx-")
        self.node = None

    def settings(self, **options):
        return lab_node.configuration(self.folder.name, **options)

    def use(self, settings):
        from api import Api
        if self.node and (self.node.settings != settings or self.node.process.poll() is not None):
            self.stop()
        if not self.node:
            node = lab_node.Node(self.lab.node, settings, self.folder.name)
            try:
                node.start()
            except BaseException:
                node.kill()
                raise
            node.api = Api(node, self.stubs)
            self.node = node
        return self.node

    def stop(self):
        """The running polluxd has to end with status 0; one that a test has ended is just forgotten."""
        node, self.node = self.node, None
        if not node:
            return
        node.api.close()
        if node.process.returncode is None:
            status = node.stop()
            assert status == 0, f"polluxd ended with status {status}:\n{node.log()}"


@pytest.fixture(scope="session")
def keeper(lab, stubs):
    kept = Keeper(lab, stubs)
    yield kept
    try:
        kept.stop()
    finally:
        if kept.node:
            kept.node.kill()
        kept.folder.cleanup()


@pytest.fixture
def start(keeper):
    """start(settings) → a running polluxd with these settings (default: the usual ones)."""
    yield lambda settings=None: keeper.use(settings or keeper.settings())
    node = keeper.node
    if node and node.process.poll() is None:
        node.api.delete_all()
    elif node:
        status = node.process.returncode
        expected = getattr(node, "expected_status", 0)
        keeper.stop()
        assert status == expected, f"polluxd ended with status {status}:\n{node.log()}"


@pytest.fixture
def node(start):
    """A running polluxd with the usual settings, without sessions."""
    return start()


@pytest.fixture(scope="session")
def running_gateway(lab, keeper):
    """pollux-ng on h3's loopback, in front of whatever polluxd the keeper runs."""
    from lab import kamailio
    target = f"unix:{keeper.settings()['grpc']['unix_socket']}"
    with tempfile.TemporaryDirectory(prefix="plx-ng-") as folder:
        running = kamailio.Gateway(lab.h3, folder, [target], dtmf_sinks=[])
        try:
            yield running.start()
            assert running.stop() == 0, running.log()
        finally:
            running.kill()


@pytest.fixture
def gateway(node, running_gateway):
    """pollux-ng, which reaches `node`."""
    running_gateway.wait_for_nodes()
    running_gateway.node, running_gateway.api = node, node.api
    return running_gateway


@pytest.fixture(scope="session")
def running_site(lab, keeper):
    """Kamailio, MariaDB and pollux-ng, from the first test that wants them to the end of the run."""
    from kamailio_lab import Site
    with tempfile.TemporaryDirectory(prefix="plx-sip-") as folder:
        with Site(lab, folder, f"unix:{keeper.settings()['grpc']['unix_socket']}") as site:
            yield site


@pytest.fixture
def site(node, running_site):
    """A running Kamailio whose media goes through `node`. No wishes of users, no phones known."""
    for user in running_site.USERS:
        running_site.database.wish(user)
        running_site.kamailio.forget_phones(user)
    running_site.node, running_site.api = node, node.api
    running_site.gateway.wait_for_nodes()
    running_site.kamailio.uses_gateways()
    running_site.kamailio.hears_of_keys()
    return running_site


@pytest.fixture
def drill(start, keeper):
    """A console at a node where faults show quickly: a second of one-way audio is suspicious."""
    from drill import Console
    settings = keeper.settings()
    settings["timeouts"] = {"one_way_audio": "1s"}
    settings["ports"][1]["mtu"] = 1280
    return Console(start(settings))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what polluxd said last, and how busy the machine was."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("the machine", item.taken.told()))
    keeper = item.funcargs.get("keeper") if hasattr(item, "funcargs") else None
    if keeper is None and hasattr(item, "_request"):
        try:
            keeper = item._request.getfixturevalue("keeper") if "start" in item.fixturenames else None
        except Exception:  # the lab itself failed: then there is no log
            keeper = None
    if report.failed and "site" in getattr(item, "funcargs", {}):
        report.sections.append(("Kamailio's and pollux-ng's logs", item.funcargs["site"].logs()))
    if report.failed and "gateway" in getattr(item, "funcargs", {}):
        report.sections.append(("pollux-ng's log", item.funcargs["gateway"].log()))
    if report.failed and keeper and keeper.node:
        report.sections.append(("polluxd's log", keeper.node.log()))
        if keeper.node.process.poll() is None:
            report.sections.append(("polluxd's threads", keeper.node.threads()))
            report.sections.append(("polluxd's drops since its start", str(keeper.node.api.drops())))


@pytest.fixture
def note(record_property):
    """Keeps a figure: in the report, and on the screen with -s."""
    def keep(name, value):
        record_property(name, value)
        print(f"{name}: {value}", flush=True)
    return keep
