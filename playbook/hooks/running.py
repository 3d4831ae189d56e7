"""A run from its first check to its end: what is measured when, and the results."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
import pytest

from playbook.core import progress
from playbook.hooks.checks import has_begun, report_as_unknown
from playbook.hooks.fixtures import NOTES, RUNS, TARGET, run_of
from playbook.hooks.leaving import end_in_time
from playbook.hooks.removed import EXPECTED, selected
from playbook.hooks.shared import (
    CONTROLLER,
    TURNS,
    is_worker,
    measure,
    only_shows,
    usage_errors,
)
from playbook.report import pytest_output
from playbook.run.notes import Notes

_SESSION = pytest.StashKey[pytest.Session]()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside pytest-timeout, whose limit is for the check alone
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Begin the run with the first check, and start all its measurements concurrently."""
    controller = item.config.stash.get(CONTROLLER, None)
    turns = item.config.stash.get(TURNS, None)
    if turns:
        with usage_errors():
            turns.before(item)
    elif controller and RUNS not in item.config.stash and not only_shows(item.config):
        with usage_errors():
            run = controller.begin()
        item.config.stash[RUNS] = {item.stash[TARGET]: run}
        measure(run, item.session.items)
        controller.open_page()
    try:
        result = yield
    except Exception as error:
        if isinstance(error, pytest.UsageError) or has_begun(item):
            raise
        result = report_as_unknown(item, error)
    if turns:
        item.stash[NOTES] = Notes()  # its data can be large
        is_last = turns.after(item)
        if is_last and not controller:
            target_run = run_of(item)
            target_run.measurements.close()
            target_run.measurements.forget()
        elif is_last and controller and controller.load_was_cut:
            item.session.shouldstop = controller.ending.why  # who stopped one load test wants no other one
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    progress.show_on(None)
    for run in config.stash.get(RUNS, {}).values():
        run.measurements.close()
    if CONTROLLER in config.stash:
        config.stash[CONTROLLER].stop()
    if _SESSION in config.stash:
        end_in_time(lambda: int(config.stash[_SESSION].exitstatus))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
    config = session.config
    config.stash[_SESSION] = session
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        # An exception of another plugin that cannot write its file would end pytest with code 1.
        pytest_output.hold_the_end(config, controller.not_written)
        with controller.ending.last_write():
            result = yield
            if exitstatus == pytest.ExitCode.OK and not only_shows(config):
                controller.begin_unrun()
            controller.finish(session, exitstatus)
        return result
    result = yield
    if is_worker(config):
        expected = selected(config.stash[EXPECTED]) if EXPECTED in config.stash else {}
        config.workeroutput["playbook_expected"] = msgspec.json.encode(expected)  # type: ignore[attr-defined]
    if is_worker(config) and len(config.stash.get(RUNS, {})) == 1:
        (run,) = config.stash[RUNS].values()
        config.workeroutput["playbook_timings"] = msgspec.json.encode(run.timings())  # type: ignore[attr-defined]
        config.workeroutput["playbook_left_out"] = run.left_out  # type: ignore[attr-defined]
    return result


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        controller.summarise(terminalreporter)
