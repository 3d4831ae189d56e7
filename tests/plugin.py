"""What every test stands on; tests/pytest.ini loads it.

It is no conftest.py, as pytest loads that of every folder ``test*`` for a run of the checks as well
(``pytest -m daily --target production``), where the tests' packages may be missing and nothing of this may apply.
"""

import configparser
import gc
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from playbook.clients import retries
from playbook.clients.pace import WORKERS_VARIABLE
from playbook.core import door
from playbook.core.door.known import Known
from tests.installed import LIMIT, build, call, environment_of
from tests.preloaded import CAN_FORK, Server
from tests.project import ROOT
from tests.scheduling import ByFile, matrix_last, may_hold_slow, require_found_by_text
from tests.shared import made_once

# The same few examples each time: a test of properties fails for a change and not by chance. To look for more of
# them, where a test says no number: HYPOTHESIS=explore pytest tests/unit/measure/tls/test_certificates.py
# How long an example takes to make is a matter of the machine, which may be busy.
_AT_LEISURE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, database=None, max_examples=50, **_AT_LEISURE)
settings.register_profile("explore", max_examples=2000, **_AT_LEISURE)
settings.load_profile(os.environ.get("HYPOTHESIS", "fixed"))

# Runs that tests start ask sandboxes of their own, so they need not share the rate limit of a token.
os.environ.pop(WORKERS_VARIABLE, None)

# Attempts follow each other at once: the tests that see what is tried again would wait half a second each.
retries.PAUSE = 0.0

# Times in log files without a zone are judged by this machine's.
os.environ["TZ"] = "UTC"
time.tzset()

# A shell gives its background jobs Ctrl-C ignored, and so to every process that a test starts and then interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_STARTED = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
_started: list[str] = []
_LONG = 1.0  # seconds of a set-up that --durations shows
_GARBAGE = 50_000  # objects; at Python's 700 it collects a twentieth of the time, as tests leave little behind
_BEFORE = pytest.StashKey[int]()


def _notice(event, arguments):
    if event in _STARTED:
        _started.append(f"{event} {arguments[:2]}")


sys.addaudithook(_notice)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[_BEFORE] = len(_started)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    """The quick layer starts no processes; what does is marked."""
    started = _started[item.stash[_BEFORE] :]
    if started and item.get_closest_marker("slow") is None:
        pytest.fail(f"this test starts a process and is not marked slow: {started[0]}", pytrace=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Send one report of a passed test to xdist's controller, and not also those of its set-up and teardown.

    Sending, receiving and counting five messages for each test took a tenth of the quick layer's time.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > _LONG:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(autouse=True)
def _secrets_of_one_test(monkeypatch):
    """What one test has made a secret is an ordinary word in the next."""
    monkeypatch.setattr(door, "_KNOWN", Known(door._KNOWN.secrets))


@pytest.fixture
def logged() -> Generator[io.StringIO, None, None]:
    """What is logged during a test. pytest's own plugin for that is off, as it works for each of all tests."""
    text = io.StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


def pytest_configure(config: pytest.Config) -> None:
    """Know the markers of the checks, as tests import some of those to ask them for their verdict."""
    written = configparser.ConfigParser(interpolation=None)
    written.read(ROOT / "pytest.ini", encoding="utf-8")
    for line in written["pytest"]["markers"].strip().splitlines():
        config.addinivalue_line("markers", line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The slow layer's own, where a file is to stay with one worker."""
    return ByFile(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the files that hold no slow test out of the slow layer."""
    is_left_out = config.option.markexpr == "slow" and collection_path.match("test_*.py")
    return True if is_left_out and not may_hold_slow(collection_path) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep Python's cyclic garbage collector from scanning thousands of tests again and again."""
    gc.disable()
    try:
        collected = yield
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(_GARBAGE)
    if "locust" in sys.modules:
        raise pytest.UsageError("a test imports Locust, which patches this whole process: let a program import it")
    return collected


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Check that the slow layer finds all its tests, and put the matrix last, as its tests are short.

    The quick layer collects everything before it deselects, so a slow test in an unmarked file fails there.
    """
    require_found_by_text(items)
    yield
    items[:] = matrix_last(items)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory):
    """The folder of the programs of an installed suite, which all workers share."""
    return (made_once(tmp_path_factory, "installed", build) / "venv" / "bin").resolve()


@pytest.fixture(name="call")
def call_installed(installed, tmp_path):
    """Run one of these programs, in the test's own folder where no other is given."""

    def run(*command, cwd=tmp_path, **variables):
        return call(installed, *command, cwd=cwd, **variables)

    return run


@pytest.fixture(scope="session")
def _installed_server(installed, tmp_path_factory: pytest.TempPathFactory):
    """A server that forks for runs of pytest, with the installed suite loaded."""
    server = Server(installed / "python", tmp_path_factory.mktemp("empty"))
    yield server
    server.stop()


@pytest.fixture
def run_installed(installed, request, tmp_path):
    """Run the pytest of an installed suite, as ``call("python", "-m", "pytest", …)`` does but in a fork."""

    def run(*arguments, **variables):
        if not CAN_FORK:
            return call(installed, "python", "-m", "pytest", *arguments, cwd=tmp_path, **variables)
        server = request.getfixturevalue("_installed_server")
        environment = environment_of(variables)
        return server.run(arguments, tmp_path, environment, LIMIT)

    return run
