"""One check: what it found becomes a record, and the record what pytest shows of it."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Generator
from typing import Any

import msgspec
import pytest

from playbook.clients.pace import waited_for
from playbook.core.check_ids import without_target
from playbook.core.errors import Unmeasured
from playbook.core.record import Record
from playbook.core.verdict import SEVERITY, Critical, Verdict, verdict_of
from playbook.hooks import asserting, unheard
from playbook.hooks.collecting import ITEM, rule_of, runbook_of
from playbook.hooks.controller import Controller
from playbook.hooks.fixtures import NOTES, RUNS, TARGET, run_of
from playbook.hooks.removed import expected_of
from playbook.hooks.shared import (
    TURNS,
    check_id,
    is_worker,
    only_shows,
    usage_errors,
)
from playbook.report.pytest_output import redact
from playbook.report.pytest_terms import LETTERS, attach, record_of, verdict_on
from playbook.run.notes import Notes
from playbook.run.recorder import Execution
from playbook.run.run import subject_of
from playbook.run.target_run import FINISHED, ToldByWorker

_STARTED = pytest.StashKey[float]()
_PROCESS = pytest.StashKey[int]()
_FAILED = pytest.StashKey[list[str]]()  # what it found bad before a plugin repeated it
_RECORD = pytest.StashKey[Record]()  # what it came to, before its teardown


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[NOTES] = Notes()
    item.stash[_STARTED], item.stash[_PROCESS] = time.perf_counter(), os.getpid()
    if _RECORD in item.stash:
        del item.stash[_RECORD]  # of an attempt that a plugin repeats
    asserting.see_hidden()


def has_begun(item: pytest.Item) -> bool:
    """Whether the check's setup has begun, so that pytest reports what becomes of it."""
    return _STARTED in item.stash


def report_as_unknown(item: pytest.Item, error: Exception) -> bool:
    """Report a check that could not begin, as another plugin raised: a wrong mark affects its own check only."""

    def fail() -> None:
        raise error

    pytest_runtest_setup(item)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    call = pytest.CallInfo.from_call(fail, "setup")
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    notes = item.stash[NOTES]
    notes.asserts_count, notes.runs = "judge" not in getattr(item, "fixturenames", ()), True
    title = item.stash[ITEM].title
    tell = functools.partial(asserting.note_method, notes, title)
    try:
        with (
            unheard.lost_tasks(item.path.parent) as tasks,
            unheard.methods_told(getattr(item, "instance", None), tell),
        ):
            result = yield
    finally:
        notes.runs = False
    if tasks.found:
        raise asserting.of_a_lost_task(tasks.found, title, redact)
    return result


@pytest.hookimpl(
    wrapper=True, trylast=True
)  # the innermost: hooks of others may keep to themselves what they catch
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    notes = pyfuncitem.stash[NOTES]
    notes.raised = None
    try:
        return (yield)
    except BaseException as error:
        notes.raised = error
        raise


def pytest_assertion_pass(item: pytest.Item, orig: str, expl: str) -> None:
    if NOTES in item.stash:
        asserting.note_pass(item.stash[NOTES], item.stash[ITEM].title, orig, expl, redact)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if os.getpid() != item.stash[_PROCESS]:
        os._exit(1)  # a child that the check has forked: it is not to go on with the run, beside its parent
    _see_what_it_raised(item.stash[NOTES], call)
    if call.excinfo and RUNS in item.config.stash:
        # pytest would parse each module of the traceback, and the record's message replaces it anyway.
        item._repr_failure_py = _in_words  # type: ignore[method-assign, assignment]
    report = yield
    _see_what_it_raised(item.stash[NOTES], call)
    turns = item.config.stash.get(TURNS, None)
    if turns and call.when == "teardown" and is_worker(item.config) and turns.is_last(item):
        run = run_of(item)
        notice = ToldByWorker(
            run.timings(),
            run.left_out,
            waited_for(item.stash[TARGET]),
            expected_of(item.config, item.stash[TARGET]),
        )
        report.playbook_told = msgspec.json.encode(notice).decode()  # type: ignore[attr-defined]
    if RUNS not in item.config.stash:  # fixtures are shown without executing a check
        return report
    report.sections = []  # captured logs of libraries may contain addresses with credentials
    error = call.excinfo.value if call.excinfo else None
    if item.stash[NOTES].runs:
        return _part_of(item, call, report)
    notes, title = item.stash[NOTES], item.stash[ITEM].title
    failed_by_others = asserting.objection(report, title, redact) if error is None else None
    raised = error or failed_by_others
    if (report.when == "call" or raised is not None) and not isinstance(raised, pytest.exit.Exception):
        ended = failed_by_others or asserting.meaning(call, report, notes, title, item.path, redact=redact)
        failed = item.stash.setdefault(_FAILED, [])
        if failed and ended is None:
            notes.judge.that(False, title, expected="no failure before it is repeated", found=failed[0], warn=True)
        record = _record(item, notes.end_of(ended, is_judged=isinstance(error, Critical)))
        record = item.stash[_RECORD] = _worse(item.stash.get(_RECORD, None), record)
        attach(report, record)
        if record.verdict in {Verdict.CRITICAL, Verdict.UNKNOWN}:
            failed.append(f"{record.verdict}: {record.message}")
        if not report.failed:
            call.excinfo = None  # neither a debugger nor an editor should take it for a failure
        own = {name: redact(value) if isinstance(value, str) else value for name, value in item.user_properties}
        properties = {**own, "verdict": str(record.verdict), "message": record.message}
        # JUnit's properties are written with the teardown
        item.user_properties[:] = report.user_properties = list(properties.items())
    return report


def _see_what_it_raised(notes: Notes, call: pytest.CallInfo[None]) -> None:
    """A hook of others that catches the check's error does not make it hold."""
    if call.when == "call" and not call.excinfo and notes.raised and not notes.runs:
        call.excinfo = pytest.ExceptionInfo.from_exception(notes.raised)


def _worse(found: Record | None, later: Record) -> Record:
    """A teardown that fails or skips takes nothing back of what the check has found before it."""
    if found is None or SEVERITY.index(later.verdict) < SEVERITY.index(found.verdict):
        return later
    return msgspec.structs.replace(found, evidence=[*found.evidence, *later.evidence])


def _in_words(excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
    return str(excinfo.value)


def _part_of(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> pytest.TestReport:
    """Report of a subtest, which is part of its check; the check's record shows the worst one."""
    notes = item.stash[NOTES]
    error = asserting.meaning(call, report, notes, item.stash[ITEM].title, item.path, redact=redact)
    if error is not None:
        asserting.note_part(notes, item.stash[ITEM].title, error, redact)
    if verdict_of(error) not in {Verdict.CRITICAL, Verdict.UNKNOWN}:
        call.excinfo = None
    report.outcome, report.longrepr = "passed", None
    if hasattr(report, "wasxfail"):
        del report.wasxfail
    report.playbook_part = True  # type: ignore[attr-defined]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]) -> None:
    if call.excinfo and call.when == "call" and node.config.getoption("usepdb"):
        asserting.end_at_the_check(call.excinfo, node.path)


def _record(item: pytest.Item, error: BaseException | None) -> Record:
    run = run_of(item)
    seconds = time.perf_counter() - item.stash[_STARTED]
    execution = Execution(
        item=item.stash[ITEM],
        check=check_id(item),
        subject=subject_of(item.nodeid),
        rule=rule_of(item),
        runbook=runbook_of(item),
        notes=item.stash[NOTES],
        error=error,
        started=run.clock.now(),
        seconds=seconds,
        worker=getattr(item.config, "workerinput", {}).get("workerid", ""),
    )
    return run.record(execution)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if hasattr(report, "playbook_part"):
        return "", "", ("", {})
    verdict = verdict_on(report)
    if verdict is None:
        return None
    letter, markup = LETTERS[verdict]
    return str(verdict).lower(), letter, (str(verdict), markup)


def _against(record: Record, refused: Unmeasured) -> Record:
    """The record of a check that holds, and that a plugin fails after it was judged."""
    if record.verdict in {Verdict.CRITICAL, Verdict.UNKNOWN}:
        return record
    return msgspec.structs.replace(
        record,
        verdict=Verdict.UNKNOWN,
        message=str(refused),
        next_step=refused.hint,
        below_target=False,
        public="",
    )


class Keeper:
    """Passes each record to the controller as it arrives; the hook itself does not get the configuration."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """With xdist workers, this is the first sign of a check."""
        if not only_shows(self.controller.config):
            with usage_errors():
                self.controller.begin(self.controller.of_report(nodeid))
                self.controller.open_page()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """A check that calls ``pytest.exit`` ends the run, also where it gives it the code of a good one."""
        if isinstance(excinfo.value, pytest.exit.Exception) and self.controller.ending.why == FINISHED:
            self.controller.ending.why = f"pytest.exit: {excinfo.value.msg}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = record_of(report)
        if report.failed and report.when == "teardown":
            name = self.controller.of_report(report.nodeid)
            check = without_target(report.nodeid, name) if self.controller.many else report.nodeid
            record = record or self.controller.targets[name].records.get(check)
        if record and (refused := asserting.objection(report, record.title, redact)):
            record = _against(record, refused)
            attach(report, record)
        if record:
            self.controller.keep(record, report.nodeid)
        if self.controller.many:
            self.controller.many.note_report(report)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """With many targets, a target ends with its last check."""
        if self.controller.many and not only_shows(self.controller.config):
            with self.controller.ending.put_off():
                self.controller.many.has_run(nodeid, self.controller.ending.why)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """An unreadable file affects its own checks, not the run."""
        if report.failed:
            self.controller.order.uncollected[report.nodeid] = report.longreprtext
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.controller.order.left_out[report.nodeid] = str(report.longrepr[-1])
