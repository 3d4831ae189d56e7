"""What is asked for on the command line, and what of the run is known before anything is collected."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from playbook.clients.pace import share_with
from playbook.core import progress
from playbook.core.audience import Audience, of_terminal
from playbook.core.command_line import USUAL_TARGET, Once
from playbook.history.by_target import RunsByTarget
from playbook.hooks import asserting, collecting, fixtures, load_options, other_options
from playbook.hooks.checks import Keeper
from playbook.hooks.controller import Controller
from playbook.hooks.fixtures import RUNS
from playbook.hooks.one_process import spares_workers
from playbook.hooks.shared import (
    CONTROLLER,
    WANTED,
    is_worker,
    only_shows,
    runs_by_target,
    usage_errors,
)
from playbook.hooks.warned import Warned
from playbook.readers.load.order import LoadOrder
from playbook.report import pytest_html, pytest_output
from playbook.run.run import Run
from playbook.settings.chosen import settings_of_all
from playbook.settings.gate import OPTION
from playbook.settings.sections.groups import shard_of

_SPARES = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("playbook", "operations playbook")
    group.addoption(
        "--target",
        action="append",
        default=[],
        metavar="NAME",
        help=f"target from playbook.toml, or group:NAME for all of a group; repeatable ({USUAL_TARGET})",
    )
    group.addoption(
        "--shard",
        action=Once,
        metavar="N/M",
        help="check only this part of the targets: 3/8 is the third of eight",
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
        help="for `python -m playbook run`: id of the run whose failing checks are repeated; one for each target",
    )
    load_options.add_options(group)


def _reads_settings(config: pytest.Config) -> bool:
    options = config.option
    return not (options.collectonly or options.list_faults or getattr(options, "help", False) or options.version)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if only_shows(config):
        _execute_nothing(config.option)
    elif spares_workers(config):
        config.option.numprocesses = 0
        config.stash[_SPARES] = True
    if not config.option.list_faults:
        if _reads_settings(config) and not only_shows(config) and not is_worker(config):
            with usage_errors():
                other_options.check_others(config)
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
    if not only_shows(config):
        config.option.continue_on_collection_errors = True
        if config.option.capture != "fd":  # otherwise it would appear in the report of a failure
            progress.show_on_stderr(one_line=not is_worker(config))
    if of_terminal(os.environ) is Audience.PUBLIC:
        _say_nothing_of_its_own(config.option)
        config.pluginmanager.register(pytest_output.InternalErrorForEverybody())
    with usage_errors():
        if is_worker(config):
            # A closed terminal signals all its processes; a worker is ended by its controller.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            config.stash[RUNS] = _runs_of_worker(config)
        else:
            pytest_html.check_options(config)
            controller = config.stash[CONTROLLER] = Controller(config)
            if controller.many and getattr(config.option, "dist", "no") != "no":
                config.option.dist = "loadgroup"  # a target is a group, so that nothing is measured twice
            config.pluginmanager.register(pytest_html)
            config.pluginmanager.register(Keeper(controller))
    _note_wanted(config)


def _runs_of_worker(config: pytest.Config) -> dict[str, Run]:
    worker_input = config.workerinput  # type: ignore[attr-defined]
    shard = shard_of(config.option.shard) if config.option.shard else None
    share_with(shard.of if shard else 1)
    found = settings_of_all(config.option.target, config.rootpath, worker_input["playbook_overlay"], shard=shard)
    histories = {name: Path(history) for name, history in worker_input["playbook_histories"].items()}
    known = RunsByTarget()
    runs = {}
    for settings in found:
        name = settings.target.name
        history = histories[name]
        runs[name] = Run(
            settings,
            allow_mutations=worker_input["playbook_mutations"],
            load_order=LoadOrder(history=history),
            history=history,
            known=known,
        )
    return runs


def _note_wanted(config: pytest.Config) -> None:
    targets = list(runs_by_target(config))
    if len(targets) > 1 and any("::" in argument for argument in config.args):
        config.stash[WANTED] = collecting.Wanted(config.args, targets)


def _say_nothing_of_its_own(options: Any) -> None:
    """On a public terminal: no traceback, warning, captured text, or name with its parameters."""
    options.tbstyle, options.showcapture, options.reportchars = "no", "no", "N"
    options.disable_warnings, options.durations, options.verbose = True, None, min(options.verbose, 0)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    controller = session.config.stash.get(CONTROLLER, None)
    if session.config.pluginmanager.has_plugin("terminalreporter"):
        pytest_output.guard(session.config)
    if controller and not only_shows(session.config):
        with usage_errors():
            if getattr(session.config.option, "dist", "no") != "no":
                other_options.check_expressions(session.config)
            controller.announce()
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal and session.config.stash.get(_SPARES, False):
            terminal.write_line("one process instead of -n: the target's measurements run concurrently in it")
