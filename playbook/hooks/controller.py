"""The process that owns a run: starts the sandbox, collects the records and writes the results.

A run begins with its first check. Before that nothing is started and no folder is created: pytest also lists
fixtures and markers, collects for an editor, or ends with an error in a file of checks, none of which is a run.

A run has one target or many. ``run.target_run`` handles a single target; with many there is also a page over all
of them (``playbook.run.many``).
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from playbook.clients.pace import share_with
from playbook.core.audience import Audience, of_terminal
from playbook.core.catalogue import Item, shipped
from playbook.core.check_ids import target_in, without_target
from playbook.core.clock import iso
from playbook.core.errors import UsageError
from playbook.core.places import MODULE, ROOT
from playbook.core.public import public_results
from playbook.core.record import Record, Results
from playbook.core.verdict import EXIT_NOT_KEPT, EXIT_OK
from playbook.history.by_target import RunsByTarget
from playbook.history.folder import history_folder
from playbook.hooks.ending import Ending
from playbook.hooks.load_options import add_time, ordered, orders_of, require_permitted
from playbook.report import pytest_html
from playbook.report.words import clip
from playbook.run.many import Many
from playbook.run.run import Run
from playbook.run.target_run import FINISHED, Order, TargetRun
from playbook.settings.chosen import settings_of_all
from playbook.settings.gate import OPTION, refused_as_production
from playbook.settings.model import SANDBOX
from playbook.settings.sections.groups import shard_of

if TYPE_CHECKING:
    from sandbox.launcher import RunningSandbox


# pytest's options that leave out part of a set.
_CHOICES = ("keyword", "deselect", "ignore", "ignore_glob", "lf", "stepwise")


class Controller:
    """Duties of a run's main process; xdist workers have none.

    Attributes:
        targets: by name, in the order of the command line.
        many: the page over all; None with one target.
        ending: signals that end the run, and why it ended.
        loads: requested load tests, by target; empty if there are none.
        load_was_cut: a load test was stopped, so no other one may begin.
        overlay: addresses of the sandbox, once it is started.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        options = config.option
        shard = shard_of(options.shard) if options.shard else None
        share_with(shard.of if shard else 1)
        found = settings_of_all(options.target, config.rootpath, shard=shard)
        self.reports = config.rootpath / options.reports
        self.chosen = bool(options.target) or found[0].target.name != SANDBOX
        kinds: dict[str, str] = {settings.target.name: settings.target.kind for settings in found}
        if options.fault:
            self._require_known_faults(kinds)
        self.allow_mutations = self._asked_for_mutations(kinds)
        partial = _is_partial(config)
        self.order = Order(
            set_name=_set_name(config),
            command=shlex.join(["pytest", *config.invocation_params.args]),
            partial=partial,
            whole=not partial and (MODULE in config.args or config.rootpath == ROOT),
            reports=self.reports,
            allow_mutations=self.allow_mutations,
            confirms=_confirmed(options.confirms, list(kinds)),
            is_only=len(found) == 1,
        )
        histories = [history_folder(settings, self.reports, chosen=options.history) for settings in found]
        self.history = histories[0]
        self.loads = orders_of(config, found, histories)
        known = RunsByTarget()
        self.targets = {
            settings.target.name: TargetRun(
                settings,
                self.order,
                history=history,
                load=self.loads.get(settings.target.name),
                known=known,
            )
            for settings, history in zip(found, histories, strict=True)
        }
        self.started = self.first.started
        self.overlay: dict[str, Any] | None = None
        self.sandbox: RunningSandbox | None = None
        self.ending = Ending(self._stop_load)
        self.results: Results | None = None
        self.many: Many | None = None
        if not self.order.is_only:
            asked = ", ".join(options.target) or os.environ.get("PLAYBOOK_TARGET", "")
            self.many = Many(config, self.targets, self.order, asked=asked, shard=str(shard or ""))
            add_time(config, (len(found) - 1) * 60.0)
        self._is_started = False
        self.load_was_cut = False
        self._has_page = False
        self._quiet_html = hasattr(options, "htmlpath") and not options.htmlpath

    @property
    def first(self) -> TargetRun:
        """The target, if there is only one."""
        return next(iter(self.targets.values()))

    @property
    def has_begun(self) -> bool:
        """Whether a check has been executed, so that this is a run."""
        return any(target.folder is not None for target in self.targets.values())

    def announce(self) -> None:
        """Print what will be checked, before pytest's own output.

        Raises:
            UsageError: load may not be sent to the target; for the sandbox this is known after its start.
        """
        terminal = self._terminal
        if terminal:
            terminal.write_line(self._first_line(), bold=True)
        self._require_load_permitted(now_that_it_is_started=False)

    def begin(self, name: str = "") -> Run:
        """Create the folder of a target's report, once; from now on every record is reported."""
        self.start()
        target = self.targets[name] if name else self.first
        if target.folder is None:
            folder = target.begin()
            if self.many:
                page = folder.path / "pytest-html.html" if self._quiet_html and folder.is_there else None
                self.many.begin(target, page)
        return target.run

    def open_page(self) -> None:
        """Start pytest-html's page of the run, once, while the first requests are in flight."""
        folder = self.first.folder
        if self._quiet_html and not self.many and not self._has_page and folder and folder.is_there:
            self._has_page = True
            pytest_html.add_page(self.config, folder.path / "pytest-html.html", self.not_written)

    def not_written(self, name: str, why: str) -> None:
        """Record a file of the whole run that could not be written; reported at the end."""
        if self.many:
            self.many.not_written(name, why)
        else:
            self.first.not_written(name, why)

    def start(self) -> None:
        """Start the sandbox if it is the target, once; xdist's workers need it before the run begins.

        Raises:
            UsageError: the sandbox cannot be started, or load may not be sent to the target.
        """
        if self._is_started:
            return
        self.ending.listen()
        self._is_started = True
        terminal = self._terminal
        if terminal:
            # pytest's summary line uses its own outcomes; ours uses the six verdicts.
            terminal.summary_stats = lambda: None
        if any(target.settings.target.kind == SANDBOX for target in self.targets.values()):
            self._start_sandbox()
        self._require_load_permitted(now_that_it_is_started=True)

    def _require_load_permitted(self, *, now_that_it_is_started: bool) -> None:
        """Of each target before anything is sent to any of them; of the sandbox once its addresses are known."""
        for name, order in self.loads.items():
            settings = self.targets[name].settings
            if settings.target.kind != SANDBOX or now_that_it_is_started:
                require_permitted(settings, order)

    def _start_sandbox(self) -> None:
        from sandbox.launcher import attach_or_start

        self.sandbox = attach_or_start(self.config.option.fault)
        self.overlay = self.sandbox.settings
        for settings in settings_of_all(list(self.targets), self.config.rootpath, self.overlay):
            target = self.targets[settings.target.name]
            if settings.target.kind == SANDBOX:
                target.faults = self.sandbox.faults()
                target.now_with(settings)

    # --------------------------------------------------------------------------------------------- what is checked

    def note_selected(self, items: dict[str, tuple[str, str, Item | None]]) -> None:
        """Register the selected checks by node id: target, id without the target, and item."""
        for target in self.targets.values():
            target.selected = {}
        for name, check, item in items.values():
            self.targets[name].selected[check] = item
        if self.many:
            self.many.note_selected({nodeid: (name, check) for nodeid, (name, check, _) in items.items()})

    def note_ids(self, ids: list[str]) -> None:
        """Register the node ids collected by an xdist worker."""
        found: dict[str, tuple[str, str, Item | None]] = {}
        for nodeid in ids:
            name = target_in(nodeid, self.targets) if self.many else None
            found[nodeid] = (name, without_target(nodeid, name), None) if name else (self.first.name, nodeid, None)
        self.note_selected(found)

    def note_expected(self, items: dict[str, tuple[str, str, Item | None]]) -> None:
        """Register what an xdist worker should have had, beside what it has collected."""
        for name, check, item in () if self.order.partial else items.values():
            self.targets[name].selected[check] = self.targets[name].selected.get(check) or item

    def of_report(self, nodeid: str) -> str:
        """Target of a check."""
        return self.many.target_of(nodeid) if self.many else self.first.name

    def keep(self, record: Record, nodeid: str) -> None:
        """Add a record."""
        self.targets[self.of_report(nodeid)].keep(record)

    # -------------------------------------------------------------------------------------------------- the end

    def begin_unrun(self) -> None:
        """Begin what nothing has executed, although all ended well: a plugin runs checks in a way of its own."""
        for target in () if self.has_begun else filter(lambda target: target.selected, self.targets.values()):
            self.begin(target.name)

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Compute the results, write them, and set the exit code."""
        if not self.has_begun:
            if self.order.uncollected and exitstatus == pytest.ExitCode.TESTS_FAILED:
                session.exitstatus = pytest.ExitCode.INTERRUPTED  # no check was found, and none has failed
            return
        if self._quiet_html and not self.many:
            pytest_html.silence(self.config)
        by_pytest = self.ending.why == FINISHED  # no check has called pytest.exit
        if by_pytest and exitstatus in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED and self.ending.why == FINISHED:
            self.ending.why = str(session.shouldstop or "interrupted")
        elif session.shouldfail:
            self.ending.why = str(session.shouldfail)
        elif exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            self.ending.why = "pytest had an internal error"
        if self.many:
            session.exitstatus = self.many.finish(self.ending.why, exitstatus, begin=self.begin)
            return
        if self.load_was_cut:
            session.exitstatus = exitstatus = pytest.ExitCode.INTERRUPTED
        counts = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        # After an interruption or an internal error, pytest's own code is more specific.
        results = self.first.added_up(self.ending.why, None if counts else int(exitstatus))
        if results is None:
            return
        if counts:
            session.exitstatus = results.exit_code
        self.results = results
        if not self.first.write_down(results) and session.exitstatus == EXIT_OK:
            # OK, but the results could not be kept: callers must not take the exit code for a stored run.
            session.exitstatus = EXIT_NOT_KEPT

    def summarise(self, terminal: Any) -> None:
        """Print what is not OK, the counts, and the path of the report."""
        from playbook.report.terminal import USUAL_LETTERS, absent, lines, listed

        if self.many:
            self.many.summarise(terminal)
            return
        folder = self.first.folder
        if self.results is None or folder is None:
            for text, markup in absent(self.first.parts_left_out() if self.first.run.left_out else []):
                terminal.write_line(text, **markup)
            return

        results = self.results
        if of_terminal(os.environ) is Audience.PUBLIC:
            results = public_results(results, shipped())
        where = folder.path
        if where.is_relative_to(Path.cwd()):
            where = where.relative_to(Path.cwd())
        report = str(where / "index.html") if folder.results_file.is_file() else "none"
        terminal.ensure_newline()
        if self.config.option.reportchars != USUAL_LETTERS and not terminal.no_summary:
            for text, markup in listed(results, terminal.reportchars):
                terminal.write_line(text, **markup)
        for text, markup in lines(results, report, width=terminal._tw.fullwidth):
            terminal.write_line(text, **markup)
        for name, why in folder.problems.items():
            terminal.write_line(f"  not written: {name} ({why})", red=True)
        for text, markup in self.first.about_its_history():
            terminal.write_line(text, **markup)

    def stop(self) -> None:
        """Stop everything that was started. Always called."""
        for order in self.loads.values():
            order.end()
        if self.sandbox:
            self.sandbox.stop()
        for target in self.targets.values():
            if target.folder:
                target.folder.discard_if_empty()
        self.ending.listen_no_more()

    # ------------------------------------------------------------------------------------------ the command line

    def _require_known_faults(self, kinds: dict[str, str]) -> None:
        for name, kind in kinds.items():
            if kind != SANDBOX:
                raise UsageError(f"--fault only works on the sandbox, and the target is {name}")
        from sandbox.faults import require_known

        require_known(self.config.option.fault)

    def _asked_for_mutations(self, kinds: dict[str, str]) -> bool:
        """Whether the option is on the command line itself; an ini file or a variable would set it permanently and
        unnoticed.
        """
        if not self.config.getoption(OPTION):
            return False
        if OPTION not in self.config.invocation_params.args:
            raise UsageError(
                f"{OPTION} is accepted on the command line only, but was set by $PYTEST_ADDOPTS or pytest.ini"
            )
        for name, kind in kinds.items():
            refusal = refused_as_production(name, kind)
            if refusal:
                raise UsageError(f"{OPTION} is refused: {refusal}")
        return True

    @property
    def _terminal(self) -> Any:
        return self.config.pluginmanager.get_plugin("terminalreporter")

    def _first_line(self) -> str:
        target = self.first.settings.target
        name = (
            target.name if self.chosen else f"{target.name} (no target chosen: this is the embedded demo system)"
        )
        subject = (
            f"{len(self.targets):,} targets ({clip(self.many.asked, 200)})" if self.many else f"target: {name}"
        )
        faults = f" · faults: {', '.join(self.config.option.fault)}" if self.config.option.fault else ""
        load = f" · load: {ordered(self.first.settings, self.loads)}" if self.loads else ""
        return f"operations playbook · {subject} · set: {self.order.set_name}{load}{faults} · {iso(self.started)}"

    def _stop_load(self) -> bool:
        """Stop a running load test, once; what it measured is judged (UNKNOWN) and reported as usual."""
        running = next((order for order in self.loads.values() if order.running), None)
        if running is None or running.stop.is_set():
            return False
        running.stop.set()
        self.load_was_cut = True
        self._say("the load test is being stopped and will be reported; a second signal ends the run at once")
        return True

    def _say(self, text: str) -> None:
        """Print a line on the terminal, even while a check runs and output is captured."""
        terminal = self._terminal
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext(), suppress(RuntimeError):
            if terminal:  # RuntimeError if it is being written to
                terminal.write_line(f"\n{text}")


def _set_name(config: pytest.Config) -> str:
    expression = (config.option.markexpr or "").strip()
    return re.sub(r"[^a-z0-9_]+", "-", expression.lower()).strip("-") or "all"


def _confirmed(runs: list[str], targets: list[str]) -> dict[str, str]:
    """By target, the run whose failing checks are repeated; its id begins with the target's name.

    ``shop-a-daily-20261123T070000Z-0123abcd``.
    """
    if len(targets) == 1:
        return {targets[0]: runs[-1]} if runs else {}
    return {run.rsplit("-", 3)[0]: run for run in runs}


def _is_partial(config: pytest.Config) -> bool:
    """Whether the command line selects part of a set, to which the floor of the whole set does not apply."""
    options = config.option
    sources = pytest.Config.ArgsSource
    # In a subfolder pytest collects that folder, and without testpaths the whole root.
    named = (config.args_source is sources.ARGS and MODULE not in config.args) or (
        config.args_source is sources.INVOCATION_DIR and config.invocation_params.dir != config.rootpath
    )
    simple = re.fullmatch(r"\w*", options.markexpr or "")
    some = [getattr(options, name, None) for name in _CHOICES]
    return bool(named or any(some) or not simple)
