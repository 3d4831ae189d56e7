"""pytest hooks, thin: they hand what pytest knows to the run, and what the run found to pytest."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from playbook import asserting, collecting, door, fixtures, progress
from playbook.audience import Audience, of_terminal
from playbook.chosen import settings_for
from playbook.collecting import ITEM, rule_of, runbook_of
from playbook.command_line import Once
from playbook.controller import Controller
from playbook.engine import REGISTRY, needs_of
from playbook.errors import UsageError
from playbook.fixtures import NOTES, RUN
from playbook.gate import GATE, OPTION
from playbook.load import options as load_options
from playbook.load.order import LoadOrder
from playbook.one_process import spares_workers
from playbook.profile import missing_for, part_of
from playbook.record import Record, Timing
from playbook.recorder import Notes
from playbook.report import pytest_html, pytest_output
from playbook.report.pytest_output import redact
from playbook.report.pytest_terms import LETTERS, attach, record_of
from playbook.run import Run, subject_of
from playbook.sections.parts import unknown_parts
from playbook.verdict import Verdict, verdict_of
from playbook.warned import Warned

CONTROLLER = pytest.StashKey[Controller]()
_STARTED = pytest.StashKey[float]()
_SPARES = pytest.StashKey[bool]()
_DRILL_MARGIN = 60.0  # seconds beyond a drill's own limit, for what comes before and after it


# ------------------------------------------------------------------------------------------------- command line


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("playbook", "operations playbook")
    group.addoption(
        "--target", action=Once, help="target from playbook.toml; default: $PLAYBOOK_TARGET, else the sandbox"
    )
    group.addoption(
        "--fault", action="append", default=[], metavar="NAME", help="switch on a fault of the sandbox; repeatable"
    )
    group.addoption("--list-faults", action="store_true", help="list the sandbox's faults and exit")
    group.addoption(
        OPTION,
        action="store_true",
        help="let checks marked mutates change a staging target (restore drills, test alerts); never production",
    )
    # Written with "=": a folder behind an option that it does not know yet, pytest takes for its own root.
    group.addoption(
        "--reports",
        default="reports",
        metavar="DIR",
        help="folder for reports, as --reports=DIR (default: reports)",
    )
    group.addoption(
        "--history",
        metavar="DIR",
        help="folder of the history of runs, as --history=DIR "
        "(default: $PLAYBOOK_HISTORY, the setting, history below the reports)",
    )
    group.addoption(
        "--confirms",
        metavar="RUN",
        help="for `python -m playbook run`: id of the run whose bad checks are looked at again",
    )
    load_options.add_options(group)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _reads_settings(config: pytest.Config) -> bool:
    options = config.option
    return not (options.collectonly or options.list_faults or getattr(options, "help", False) or options.version)


# A run begins with its first check, so what executes none needs no mention. These are named for what would come
# before that: the workers of xdist with their sandbox, and fixtures that are set up for no check.
_SHOW_ONLY = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test", "cacheshow")


def _only_shows(config: pytest.Config) -> bool:
    return any(getattr(config.option, name, False) for name in _SHOW_ONLY)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if _only_shows(config):
        _execute_nothing(config.option)
    elif spares_workers(config):
        config.option.numprocesses = 0
        config.stash[_SPARES] = True
    if not config.option.list_faults:
        return None
    from sandbox.faults import describe

    sys.stdout.write(f"{describe()}\n")
    return 0


def _execute_nothing(options: Any) -> None:
    options.numprocesses, options.dist, options.tx = 0, "no", []  # xdist's
    # To set up a fixture here is to ask the operated system, which only a run does: the plan has to do.
    options.setupplan = options.setupplan or options.setuponly


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "showfixtures", False) or getattr(config.option, "show_fixtures_per_test", False):
        fixtures.describe()
    config.pluginmanager.register(fixtures)
    asserting.see_asserts(config)
    config.pluginmanager.register(Warned())
    if not _reads_settings(config):
        return
    if not _only_shows(config):
        config.option.continue_on_collection_errors = True
        if config.option.capture != "fd":  # it would come into the report of a failure
            progress.show_on_stderr(one_line=not _is_worker(config))
    if of_terminal(os.environ) is Audience.PUBLIC:
        _say_nothing_of_its_own(config.option)
        config.pluginmanager.register(pytest_output.InternalErrorForEverybody())
    with _usage_errors():
        if _is_worker(config):
            # A terminal that is closed tells all its processes; a worker is ended by its controller.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            overlay = config.workerinput["playbook_overlay"]  # type: ignore[attr-defined]
            settings = settings_for(config.option.target, config.rootpath, overlay)
            allowed = config.workerinput["playbook_mutations"]  # type: ignore[attr-defined]
            history = Path(config.workerinput["playbook_history"])  # type: ignore[attr-defined]
            order = LoadOrder(history=history)
            config.stash[RUN] = Run(settings, allow_mutations=allowed, load_order=order, history=history)
        else:
            config.stash[CONTROLLER] = Controller(config)
            config.pluginmanager.register(pytest_html)
            config.pluginmanager.register(_Keeper(config.stash[CONTROLLER]))


def _say_nothing_of_its_own(options: Any) -> None:
    """Where everybody reads the terminal: no traceback, warning, captured text, or name with its parameters."""
    options.tbstyle, options.showcapture, options.reportchars = "no", "no", "N"
    options.disable_warnings, options.durations, options.verbose = True, None, min(options.verbose, 0)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """What whoever started pytest has got wrong, as pytest says that: in a sentence, with code 4."""
    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(door.text(str(error))) from None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    controller = session.config.stash.get(CONTROLLER, None)
    if session.config.pluginmanager.has_plugin("terminalreporter"):
        pytest_output.guard(session.config)
    if controller and not _only_shows(session.config):
        with _usage_errors():
            controller.announce()
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal and session.config.stash.get(_SPARES, False):
            terminal.write_line("one process: what a target is measured by goes side by side in it")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside of pytest-timeout, whose limit is for the check alone
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """With the first check the run begins, and all that the checks want measured is measured side by side."""
    controller = item.config.stash.get(CONTROLLER, None)
    if controller and RUN not in item.config.stash and not _only_shows(item.config):
        with _usage_errors():
            item.config.stash[RUN] = controller.begin()
        _measure(item.session)
        controller.open_page()
    return (yield)


def _measure(session: pytest.Session) -> None:
    # A worker of xdist does not know which checks it will get, so it measures what they ask for when they do.
    # A load test begins when the first check asks for it, which is after all others are done.
    early = [item for item in session.items if not _needs_load(item)]
    names = dict.fromkeys(name for item in early for name in getattr(item, "fixturenames", ()))
    session.config.stash[RUN].measurements.start(name for name in names if name in REGISTRY)


def pytest_unconfigure(config: pytest.Config) -> None:
    progress.show_on(None)
    if RUN in config.stash:
        config.stash[RUN].measurements.close()
    if CONTROLLER in config.stash:
        config.stash[CONTROLLER].stop()


# ------------------------------------------------------------------------------------------------------- xdist


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    controller = node.config.stash[CONTROLLER]
    with _usage_errors():
        controller.start()
    node.workerinput["playbook_overlay"] = controller.overlay
    node.workerinput["playbook_mutations"] = controller.allow_mutations
    node.workerinput["playbook_history"] = str(controller.history)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    node.config.stash[CONTROLLER].selected = dict.fromkeys(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    output, controller = getattr(node, "workeroutput", {}), node.config.stash[CONTROLLER]
    controller.timings += msgspec.json.decode(output.get("playbook_timings", b"[]"), type=list[Timing])
    controller.run.left_out |= output.get("playbook_left_out", {})


# -------------------------------------------------------------------------------------------------- collection


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    with collecting.imported_apart(collector):
        try:
            report = yield
        except SystemExit as error:  # of a script without a guard; pytest would end here
            said = f"{collector.nodeid}: expected a file of checks, got one that exits with {error.code!r}"
            report = collecting.report_of_mistake(collector.nodeid, said)
    collecting.note_names(collector, report)
    collecting.without_secrets(report, redact)
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    run = config.stash[CONTROLLER].run if CONTROLLER in config.stash else config.stash.get(RUN, None)
    if run is None:
        return
    gc.freeze()  # what is loaded by now stays: looking through it again and again is a tenth of a run's CPU time
    load_options.leave_out(config, items)

    def prepare(item: pytest.Item) -> None:
        for mistake in unknown_parts(_marked_parts(item)):
            raise UsageError(f"@pytest.mark.part: {mistake}")
        if GATE in needs_of(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(run.settings.target.recovery.seconds + _DRILL_MARGIN))
        if _needs_load(item):
            item.add_marker(pytest.mark.timeout(load_options.seconds_of(run.settings, run.load_order)))

    kept, mistakes = collecting.understood(items, run.catalogue, prepare)
    for file, mistake in mistakes.items():
        config.hook.pytest_collectreport(report=collecting.report_of_mistake(file, mistake))
    items[:] = kept
    _leave_out_what_is_absent(config, run, items)


def _marked_parts(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("part") for name in mark.args]


def _leave_out_what_is_absent(config: pytest.Config, run: Run, items: list[pytest.Item]) -> None:
    """What is about parts that the product does not have is no check of it; the run says so once."""
    without = run.settings.target.without
    gone = []
    for item in items if without else ():
        names = getattr(item, "fixturenames", ())
        has_item = item.get_closest_marker("item") is not None
        missing = missing_for(names, _marked_parts(item), run.settings.nowhere, needs_all=not has_item)
        if missing:
            run.left_out[item.stash[ITEM].id] = part_of(missing, without)
            gone.append(item)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def _needs_load(item: pytest.Item) -> bool:
    return load_options.MEASUREMENT in needs_of(getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    controller = session.config.stash.get(CONTROLLER, None)
    if controller and session.items:
        controller.selected = {item.nodeid: item.stash.get(ITEM, None) for item in session.items}


# --------------------------------------------------------------------------------------------------- each check


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[NOTES] = Notes()
    item.stash[_STARTED] = time.perf_counter()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    notes = item.stash[NOTES]
    notes.asserts_count, notes.runs = "judge" not in getattr(item, "fixturenames", ()), True
    try:
        return (yield)
    finally:
        notes.runs = False


def pytest_assertion_pass(item: pytest.Item, orig: str, expl: str) -> None:
    if NOTES in item.stash:
        asserting.note_pass(item.stash[NOTES], item.stash[ITEM].title, orig, expl, redact)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if RUN not in item.config.stash:  # fixtures are shown, and no check is executed
        return report
    report.sections = []  # captured logs of libraries may hold addresses with credentials
    error = call.excinfo.value if call.excinfo else None
    if item.stash[NOTES].runs:
        return _part_of(item, call, report)
    if (report.when == "call" or error is not None) and not isinstance(error, pytest.exit.Exception):
        notes, title = item.stash[NOTES], item.stash[ITEM].title
        record = _record(item, asserting.meaning(call, report, notes, title, item.path, redact=redact))
        attach(report, record)
        if not report.failed:
            call.excinfo = None  # neither a debugger nor an editor is to take it for a failure
        own = {name: redact(value) if isinstance(value, str) else value for name, value in item.user_properties}
        told = {**own, "verdict": str(record.verdict), "message": record.message}
        item.user_properties[:] = report.user_properties = list(told.items())  # JUnit's come with the teardown
    return report


def _part_of(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> pytest.TestReport:
    """Of a subtest: it is a part of its check, whose record tells of the worst of them."""
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
    run = item.config.stash[RUN]
    seconds = time.perf_counter() - item.stash[_STARTED]
    return run.record(
        item=item.stash[ITEM],
        check=item.nodeid,
        subject=subject_of(item.nodeid),
        rule=rule_of(item),
        runbook=runbook_of(item),
        notes=item.stash[NOTES],
        error=error,
        started=run.clock.now(),
        seconds=seconds,
        worker=getattr(item.config, "workerinput", {}).get("workerid", ""),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    if hasattr(report, "playbook_part"):
        return "", "", ("", {})
    record = record_of(report)
    if record is None:
        return None
    letter, markup = LETTERS[record.verdict]
    return str(record.verdict).lower(), letter, (str(record.verdict), markup)


class _Keeper:
    """Hands each record to the controller as it comes; the hook itself is not told the configuration."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """With workers of xdist, this is how the first check is heard of."""
        if not _only_shows(self.controller.config):
            with _usage_errors():
                self.controller.begin()
                self.controller.open_page()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = record_of(report)
        if record:
            self.controller.keep(record)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read costs its own checks, and not the run."""
        if report.failed:
            self.controller.uncollected[report.nodeid] = report.longreprtext
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.controller.left_out[report.nodeid] = str(report.longrepr[-1])


# ----------------------------------------------------------------------------------------------------- the end


# Innermost: after xdist has gathered its workers, before the terminal prints its summary.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
    config = session.config
    if CONTROLLER in config.stash:
        # What another plugin cannot write costs its own file: an exception here would end pytest with code 1.
        pytest_output.hold_the_end(config, config.stash[CONTROLLER].not_written)
    result = yield
    if _is_worker(config) and RUN in config.stash:
        timings = config.stash[RUN].timings()
        config.workeroutput["playbook_timings"] = msgspec.json.encode(timings)  # type: ignore[attr-defined]
        config.workeroutput["playbook_left_out"] = config.stash[RUN].left_out  # type: ignore[attr-defined]
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        controller.finish(session, exitstatus)
    return result


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        controller.summarise(terminalreporter)
