"""pytest hooks, kept thin: they pass what pytest knows to the run, and what the run found to pytest."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from playbook.clients.pace import share_with, waited_for
from playbook.core import door, progress
from playbook.core.audience import Audience, of_terminal
from playbook.core.check_ids import PARAMETER, parameter_id
from playbook.core.command_line import Once
from playbook.core.engine import REGISTRY, needs_of
from playbook.core.errors import UsageError
from playbook.core.record import Record, Timing
from playbook.core.verdict import Verdict, verdict_of
from playbook.history.readings import SharedReadings
from playbook.hooks import asserting, collecting, fixtures, load_options
from playbook.hooks.collecting import CHECK, ITEM, rule_of, runbook_of
from playbook.hooks.controller import Controller
from playbook.hooks.fixtures import NOTES, RUNS, TARGET, run_of
from playbook.hooks.one_process import spares_workers
from playbook.hooks.warned import Warned
from playbook.load.order import LoadOrder
from playbook.report import pytest_html, pytest_output
from playbook.report.pytest_output import redact
from playbook.report.pytest_terms import LETTERS, attach, record_of, verdict_on
from playbook.run import Run, subject_of
from playbook.run.recorder import Notes
from playbook.run.target_run import ToldByWorker
from playbook.run.turns import Turns, gate_of
from playbook.settings.chosen import settings_of_all
from playbook.settings.gate import GATE, OPTION
from playbook.settings.loading import Settings
from playbook.settings.profile import missing_for, part_of
from playbook.settings.sections.groups import shard_of
from playbook.settings.sections.parts import unknown_parts

CONTROLLER = pytest.StashKey[Controller]()
TURNS = pytest.StashKey[Turns]()  # with many targets
_WANTED = pytest.StashKey[collecting.Wanted]()
_MISTAKES = pytest.StashKey[set[str]]()
_STARTED = pytest.StashKey[float]()
_SPARES = pytest.StashKey[bool]()
_DRILL_MARGIN = 60.0  # seconds beyond a drill's own limit, for what comes before and after it


# ------------------------------------------------------------------------------------------------- command line


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("playbook", "operations playbook")
    group.addoption(
        "--target",
        action="append",
        default=[],
        metavar="NAME",
        help="target from playbook.toml, or group:NAME for all of a group; repeatable "
        "(default: $PLAYBOOK_TARGET, else the sandbox)",
    )
    group.addoption(
        "--shard", action=Once, metavar="N/M", help="of the targets only this part: 3/8 is the third of eight"
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
    # Written with "=": pytest would take a folder after an option unknown to it for its own root.
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
        action="append",
        default=[],
        metavar="RUN",
        help="for `python -m playbook run`: id of the run whose bad checks are looked at again; one a target",
    )
    load_options.add_options(group)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _reads_settings(config: pytest.Config) -> bool:
    options = config.option
    return not (options.collectonly or options.list_faults or getattr(options, "help", False) or options.version)


# A run begins with its first check, so options that execute none need no mention. These are listed for what would
# happen before that: xdist workers with their sandbox, and fixtures set up without a check.
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
    options.numprocesses, options.dist, options.tx = 0, "no", []  # xdist's options
    # Setting up a fixture here means querying the operated system, which only a run does; so only the plan is
    # shown.
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
        if config.option.capture != "fd":  # otherwise it would appear in the report of a failure
            progress.show_on_stderr(one_line=not _is_worker(config))
    if of_terminal(os.environ) is Audience.PUBLIC:
        _say_nothing_of_its_own(config.option)
        config.pluginmanager.register(pytest_output.InternalErrorForEverybody())
    with _usage_errors():
        if _is_worker(config):
            # A closed terminal signals all its processes; a worker is ended by its controller.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            config.stash[RUNS] = _runs_of_worker(config)
        else:
            controller = config.stash[CONTROLLER] = Controller(config)
            if controller.many and getattr(config.option, "dist", "no") != "no":
                config.option.dist = "loadgroup"  # a target is a group, so that nothing is measured twice
            config.pluginmanager.register(pytest_html)
            config.pluginmanager.register(_Keeper(controller))
    _note_wanted(config)


def _runs_of_worker(config: pytest.Config) -> dict[str, Run]:
    told = config.workerinput  # type: ignore[attr-defined]
    shard = shard_of(config.option.shard) if config.option.shard else None
    share_with(shard.of if shard else 1)
    found = settings_of_all(config.option.target, config.rootpath, told["playbook_overlay"], shard=shard)
    histories = {name: Path(history) for name, history in told["playbook_histories"].items()}
    shared = SharedReadings()
    runs = {}
    for settings in found:
        name = settings.target.name
        history = histories[name]
        runs[name] = Run(
            settings,
            allow_mutations=told["playbook_mutations"],
            load_order=LoadOrder(history=history),
            history=history,
            earlier=shared.of(settings, history) if len(found) > 1 else None,
        )
    return runs


def _note_wanted(config: pytest.Config) -> None:
    targets = _targets(config)
    if len(targets) > 1 and any("::" in argument for argument in config.args):
        config.stash[_WANTED] = collecting.Wanted(config.args, targets)


def _say_nothing_of_its_own(options: Any) -> None:
    """On a public terminal: no traceback, warning, captured text, or name with its parameters."""
    options.tbstyle, options.showcapture, options.reportchars = "no", "no", "N"
    options.disable_warnings, options.durations, options.verbose = True, None, min(options.verbose, 0)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Report usage errors as pytest does: one sentence, exit code 4."""
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


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outside pytest-timeout, whose limit is for the check alone
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Begin the run with the first check, and start all its measurements concurrently."""
    controller = item.config.stash.get(CONTROLLER, None)
    turns = item.config.stash.get(TURNS, None)
    if turns:
        with _usage_errors():
            turns.before(item)
    elif controller and RUNS not in item.config.stash and not _only_shows(item.config):
        with _usage_errors():
            run = controller.begin()
        item.config.stash[RUNS] = {item.stash[TARGET]: run}
        _measure(run, item.session.items)
        controller.open_page()
    result = yield
    if turns:
        item.stash[NOTES] = Notes()  # its data can be large
        if turns.after(item) and not controller:
            target_run = run_of(item)
            target_run.measurements.close()
            target_run.measurements.forget()
    return result


def _measure(run: Run, items: Iterable[pytest.Item]) -> None:
    # An xdist worker does not know which checks it will get, so it measures on demand; with many targets it gets
    # all checks of a target. A load test begins with the first check that needs it, after all others are done.
    early = [item for item in items if not _needs_load(item)]
    names = dict.fromkeys(name for item in early for name in getattr(item, "fixturenames", ()))
    run.measurements.start(name for name in names if name in REGISTRY)


def pytest_unconfigure(config: pytest.Config) -> None:
    progress.show_on(None)
    for run in config.stash.get(RUNS, {}).values():
        run.measurements.close()
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
    node.workerinput["playbook_histories"] = {
        name: str(target.history) for name, target in controller.targets.items()
    }


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    controller = config.stash.get(CONTROLLER, None)
    if controller is None or not controller.many:
        return None
    from playbook.run.spread import ByTarget

    return ByTarget(config, log, controller.targets)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    controller = node.config.stash[CONTROLLER]
    if not controller.has_begun:
        controller.note_ids(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    output, controller = getattr(node, "workeroutput", {}), node.config.stash[CONTROLLER]
    if not controller.many:
        controller.first.timings += msgspec.json.decode(output.get("playbook_timings", b"[]"), type=list[Timing])
        controller.first.run.left_out |= output.get("playbook_left_out", {})


# -------------------------------------------------------------------------------------------------- collection


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    with collecting.imported_apart(collector):
        try:
            report = yield
        except SystemExit as error:  # raised by a script without a main guard; pytest would exit here
            said = f"{collector.nodeid}: expected a file of checks, got one that exits with {error.code!r}"
            report = collecting.report_of_mistake(collector.nodeid, said)
    collecting.note_names(collector, report)
    collecting.without_secrets(report, redact)
    return report


def _targets(config: pytest.Config) -> list[str]:
    controller = config.stash.get(CONTROLLER, None)
    return list(controller.targets if controller else config.stash.get(RUNS, {}))


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize each check by target, if there are several."""
    targets = _targets(metafunc.config)
    if len(targets) > 1:
        metafunc.fixturenames.append(PARAMETER)
        has_others = bool(getattr(metafunc, "_calls", ()))
        ids = [parameter_id(name, has_others=has_others) for name in targets]
        metafunc.parametrize(PARAMETER, targets, indirect=True, ids=ids)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    controller = config.stash.get(CONTROLLER, None)
    runs = (
        {name: one.run for name, one in controller.targets.items()} if controller else config.stash.get(RUNS, {})
    )
    if not runs:
        return
    gc.freeze()  # what is loaded by now stays: scanning it again and again takes a tenth of a run's CPU time
    load_options.leave_out(config, items)
    by_target = collecting.by_target(items, list(runs))
    wanted = config.stash.get(_WANTED, None)
    if wanted:
        unwanted = [item for mine in by_target.values() for item in mine if not wanted.is_wanted(item)]
        config.hook.pytest_deselected(items=unwanted)
        by_target = {name: [item for item in mine if wanted.is_wanted(item)] for name, mine in by_target.items()}
    items.clear()
    for name, mine in by_target.items():
        _understand(config, runs[name], mine)
        items += mine


def _understand(config: pytest.Config, run: Run, items: list[pytest.Item]) -> None:
    """Find the item of each check of one target; remove checks that are not understood or not about the target."""

    def prepare(item: pytest.Item) -> None:
        for mistake in unknown_parts(_marked_parts(item)):
            raise UsageError(f"@pytest.mark.part: {mistake}")
        if GATE in needs_of(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(run.settings.target.recovery.seconds + _DRILL_MARGIN))
        if _needs_load(item):
            item.add_marker(pytest.mark.timeout(load_options.seconds_of(run.settings, run.load_order)))

    kept, mistakes = collecting.understood(items, run.catalogue, prepare)
    known = config.stash.setdefault(_MISTAKES, set())
    for file, mistake in mistakes.items():
        if file in known:
            continue  # with many targets each has the same mistake
        known.add(file)
        config.hook.pytest_collectreport(report=collecting.report_of_mistake(file, mistake))
    items[:] = kept
    _leave_out_what_is_absent(config, run, items)


def _marked_parts(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("part") for name in mark.args]


def _leave_out_what_is_absent(config: pytest.Config, run: Run, items: list[pytest.Item]) -> None:
    """Deselect checks about parts that the product does not have; the run reports it once."""
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
        left = set(map(id, gone))
        items[:] = [item for item in items if id(item) not in left]


def _needs_load(item: pytest.Item) -> bool:
    return load_options.MEASUREMENT in needs_of(getattr(item, "fixturenames", ()))


def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    controller = config.stash.get(CONTROLLER, None)
    if not all(TARGET in item.stash for item in session.items):
        return  # the selection itself failed, which pytest reports
    if controller and session.items:
        controller.note_selected(
            {item.nodeid: (item.stash[TARGET], _check(item), item.stash.get(ITEM, None)) for item in session.items}
        )
    if (controller and not controller.many) or _only_shows(config):
        return
    runs: dict[str, Run] = config.stash.setdefault(RUNS, {})
    if not controller and len(runs) < 2:
        return
    mine: dict[str, list[pytest.Item]] = {}
    for item in session.items:
        mine.setdefault(item.stash[TARGET], []).append(item)

    def start(name: str) -> Run:
        if controller:
            runs[name] = controller.begin(name)
        _measure(runs[name], mine.pop(name))
        return runs[name]

    gc.freeze()  # thousands of checks that stay: no collection needs to scan them again
    config.stash[TURNS] = Turns(
        session.items,
        lambda item: item.stash[TARGET],
        start,
        gates={name: gate_of(settings) for name, settings in _settings(config).items()},
        puts_off=controller is not None,
    )


def _settings(config: pytest.Config) -> dict[str, Settings]:
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        return {name: target.settings for name, target in controller.targets.items()}
    return {name: run.settings for name, run in config.stash[RUNS].items()}


def _check(item: pytest.Item) -> str:
    """Id of a check, as in its record."""
    return item.stash.get(CHECK, None) or item.nodeid


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
    if call.excinfo and RUNS in item.config.stash:
        # pytest would parse each module of the traceback, and the record's message then takes its place.
        item._repr_failure_py = _in_words  # type: ignore[method-assign, assignment]
    report = yield
    turns = item.config.stash.get(TURNS, None)
    if turns and call.when == "teardown" and _is_worker(item.config) and turns.is_last(item):
        run = run_of(item)
        heard = ToldByWorker(run.timings(), run.left_out, waited_for(item.stash[TARGET]))
        report.playbook_told = msgspec.json.encode(heard).decode()  # type: ignore[attr-defined]
    if RUNS not in item.config.stash:  # fixtures are shown without executing a check
        return report
    report.sections = []  # captured logs of libraries may contain addresses with credentials
    error = call.excinfo.value if call.excinfo else None
    if item.stash[NOTES].runs:
        return _part_of(item, call, report)
    if (report.when == "call" or error is not None) and not isinstance(error, pytest.exit.Exception):
        notes, title = item.stash[NOTES], item.stash[ITEM].title
        record = _record(item, asserting.meaning(call, report, notes, title, item.path, redact=redact))
        attach(report, record)
        if not report.failed:
            call.excinfo = None  # neither a debugger nor an editor should take it for a failure
        own = {name: redact(value) if isinstance(value, str) else value for name, value in item.user_properties}
        told = {**own, "verdict": str(record.verdict), "message": record.message}
        # JUnit's properties are written with the teardown
        item.user_properties[:] = report.user_properties = list(told.items())
    return report


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
    return run.record(
        item=item.stash[ITEM],
        check=_check(item),
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
    verdict = verdict_on(report)
    if verdict is None:
        return None
    letter, markup = LETTERS[verdict]
    return str(verdict).lower(), letter, (str(verdict), markup)


class _Keeper:
    """Passes each record to the controller as it arrives; the hook itself does not get the configuration."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """With xdist workers, this is the first sign of a check."""
        if not _only_shows(self.controller.config):
            with _usage_errors():
                self.controller.begin(self.controller.of_report(nodeid))
                self.controller.open_page()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = record_of(report)
        if record:
            self.controller.keep(record, report.nodeid)
        if self.controller.many:
            self.controller.many.note_report(report)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """With many targets, a target ends with its last check."""
        if self.controller.many and not _only_shows(self.controller.config):
            self.controller.many.has_run(nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """An unreadable file affects its own checks, not the run."""
        if report.failed:
            self.controller.order.uncollected[report.nodeid] = report.longreprtext
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.controller.order.left_out[report.nodeid] = str(report.longrepr[-1])


# ----------------------------------------------------------------------------------------------------- the end


# Innermost: after xdist has collected its workers, before the terminal prints its summary.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, Any, Any]:
    config = session.config
    if CONTROLLER in config.stash:
        # An exception of another plugin that cannot write its file would end pytest with code 1.
        pytest_output.hold_the_end(config, config.stash[CONTROLLER].not_written)
    result = yield
    if _is_worker(config) and len(config.stash.get(RUNS, {})) == 1:
        (run,) = config.stash[RUNS].values()
        config.workeroutput["playbook_timings"] = msgspec.json.encode(run.timings())  # type: ignore[attr-defined]
        config.workeroutput["playbook_left_out"] = run.left_out  # type: ignore[attr-defined]
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        controller.finish(session, exitstatus)
    return result


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    controller = config.stash.get(CONTROLLER, None)
    if controller:
        controller.summarise(terminalreporter)
