"""Which checks are run, of which target, and in which order."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

from playbook.core.check_ids import PARAMETER, parameter_id
from playbook.core.engine import needs_of
from playbook.core.errors import UsageError
from playbook.hooks import asserting, collecting, load_options
from playbook.hooks.collecting import ITEM
from playbook.hooks.fixtures import RUNS, TARGET
from playbook.hooks.removed import EXPECTED, selected, taken_away
from playbook.hooks.shared import (
    CONTROLLER,
    TURNS,
    WANTED,
    measure,
    needs_load,
    only_shows,
    runs_by_target,
)
from playbook.hooks.unseen import mistake_in
from playbook.report.pytest_output import redact
from playbook.run.run import Run
from playbook.run.turns import Turns, gate_of
from playbook.settings.gate import GATE
from playbook.settings.profile import missing_for, part_of
from playbook.settings.sections.parts import unknown_parts

_MISTAKES = pytest.StashKey[set[str]]()
_DRILL_MARGIN = 60.0  # seconds beyond a drill's own limit, for what comes before and after it


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    asserting.see_hidden()
    with collecting.imported_apart(collector):
        try:
            report = yield
        except SystemExit as error:  # raised by a script without a main guard; pytest would exit here
            mistake = f"{collector.nodeid}: expected a file of checks, got one that exits with {error.code!r}"
            report = collecting.report_of_mistake(collector.nodeid, mistake)
    if report.passed and (mistake := mistake_in(collector)):
        report = collecting.report_of_mistake(collector.nodeid, mistake)
    collecting.note_names(collector, report)
    collecting.without_secrets(report, redact)
    return report


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize each check by target, if there are several."""
    targets = list(runs_by_target(metafunc.config))
    if len(targets) > 1 and _may_be_chosen(metafunc):
        metafunc.fixturenames.append(PARAMETER)
        has_others = bool(getattr(metafunc, "_calls", ()))
        ids = [parameter_id(name, has_others=has_others) for name in targets]
        metafunc.parametrize(PARAMETER, targets, indirect=True, ids=ids)


def _may_be_chosen(metafunc: pytest.Metafunc) -> bool:
    """Whether ``-m`` may choose a check; False where its marks say that it will not, whatever its parameters.

    Of a hundred checks a set has twenty: a thousand targets would have a hundred thousand, to be left out at once.
    """
    expression = metafunc.config.option.markexpr or ""
    if not expression or "=" in expression:
        return True
    if any(getattr(call, "marks", ()) for call in getattr(metafunc, "_calls", ())):
        return True
    names = {mark.name for mark in metafunc.definition.iter_markers()}
    return load_options.selects(expression, names) is not False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    runs = runs_by_target(config)
    if not runs:
        return
    gc.freeze()  # what is loaded by now stays: scanning it again and again takes a tenth of a run's CPU time
    removed = collecting.by_target(taken_away(config, items), list(runs))
    load_options.leave_out(config, items)
    by_target = collecting.by_target(items, list(runs))
    wanted = config.stash.get(WANTED, None)
    if wanted:
        unwanted = [item for mine in by_target.values() for item in mine if not wanted.is_wanted(item)]
        config.hook.pytest_deselected(items=unwanted)
        by_target = {name: [item for item in mine if wanted.is_wanted(item)] for name, mine in by_target.items()}
    items.clear()
    for name, mine in by_target.items():
        _understand(config, runs[name], mine)
        items += mine
        _understand(config, runs[name], removed[name])
    config.stash[EXPECTED] = [*items, *(item for mine in removed.values() for item in mine)]


def _understand(config: pytest.Config, run: Run, items: list[pytest.Item]) -> None:
    """Find the item of each check of one target; remove checks that are not understood or not about the target."""

    def prepare(item: pytest.Item) -> None:
        for mistake in unknown_parts(_marked_parts(item)):
            raise UsageError(f"@pytest.mark.part: {mistake}")
        if GATE in needs_of(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(run.settings.target.recovery.seconds + _DRILL_MARGIN))
        if needs_load(item):
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


def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    controller = config.stash.get(CONTROLLER, None)
    if not all(TARGET in item.stash for item in session.items):
        return  # the selection itself failed, which pytest reports
    if controller and session.items:
        # pytest's own choices, such as --lf, come after EXPECTED
        items = session.items if controller.order.partial else config.stash[EXPECTED]
        controller.note_selected(selected(items))
    if (controller and not controller.many) or only_shows(config):
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
        measure(runs[name], mine.pop(name))
        return runs[name]

    gc.freeze()  # thousands of checks that stay: no collection needs to scan them again
    config.stash[TURNS] = Turns(
        session.items,
        lambda item: item.stash[TARGET],
        start,
        gates={name: gate_of(run.settings) for name, run in runs_by_target(config).items()},
        # Nothing is measured beside a load test: it would be measured under load.
        puts_off=controller is not None and not controller.loads,
    )
