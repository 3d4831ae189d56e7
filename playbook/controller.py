"""The process that owns a run: it starts the sandbox, gathers the records and writes the results.

A run begins with its first check. Before, nothing is started and no folder made: pytest also lists fixtures and
markers, collects for an editor, or ends with a mistake in a file of checks, and none of that is a run.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from playbook import door
from playbook.audience import Audience, of_terminal
from playbook.catalogue import Item, shipped
from playbook.chosen import settings_for
from playbook.clock import iso
from playbook.coming_due import coming_due
from playbook.door.records import leaving
from playbook.errors import UsageError
from playbook.gate import OPTION, refused_as_production
from playbook.history.folder import history_folder
from playbook.history.past import past_of
from playbook.history.runs import append, line_of
from playbook.history.runs import read as read_history
from playbook.history.schedule import slot_of
from playbook.load.options import demand_permitted, order_of, ordered
from playbook.load.order import LoadOrder
from playbook.places import MODULE
from playbook.profile import left_out
from playbook.public import public_results
from playbook.record import LeftOut, Record, Results, Timing
from playbook.report import pytest_html
from playbook.run import Run, add_up, begun_now, floor_of, never_ran
from playbook.run_folder import Begun, RunFolder, tell_starter
from playbook.settings import SANDBOX
from playbook.uncollected import file_left_out, not_collected
from playbook.verdict import EXIT_NOT_KEPT, EXIT_OK

if TYPE_CHECKING:
    from sandbox.launcher import RunningSandbox


# pytest's options that leave out something of a set.
_CHOICES = ("keyword", "deselect", "ignore", "ignore_glob", "lf", "stepwise")
# How far back the small curves beside the figures go: a year of a monthly set.
_LOOK_BACK = timedelta(days=400)
_USUAL_LETTERS = "fE"  # of pytest's -r: what failed, which the closing lines tell anyway


class Controller:
    """What only one process of a run does; workers of xdist have none."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings = settings_for(config.option.target, config.rootpath)
        self.chosen = bool(config.option.target) or self.settings.target.name != SANDBOX
        if config.option.fault:
            self._demand_known_faults()
        self.set_name, self.partial = _set_name(config), _is_partial(config)
        self.overlay: dict[str, Any] | None = None
        self.sandbox: RunningSandbox | None = None
        self.selected: dict[str, Item | None] = {}
        self.records: dict[str, Record] = {}
        self.timings: list[Timing] = []
        self.faults: list[str] = []
        self.ended = "finished"
        self.results: Results | None = None
        self.allow_mutations = self._asked_for_mutations()
        self.reports = config.rootpath / config.option.reports
        self.history = history_folder(self.settings, self.reports, chosen=config.option.history)
        self.load = order_of(config, self.settings, self.history)
        self.run = self._new_run()
        self.started = self.run.clock.now()
        self._previous: dict[int, Any] = {}
        self._is_started = False
        self.folder: RunFolder | None = None  # of a run that has begun
        self.uncollected: dict[str, str] = {}  # what pytest said of each file that it could not read
        self.left_out: dict[str, str] = {}  # files that skip themselves, with their reason
        self.not_kept = ""
        self._load_was_cut = False
        self._has_page = False
        self._quiet_html = hasattr(config.option, "htmlpath") and not config.option.htmlpath

    def announce(self) -> None:
        """Say what will be checked, before anything of pytest's own.

        Raises:
            UsageError: load must not go where it would; of the sandbox that is known once it is started.
        """
        terminal = self._terminal
        if terminal:
            terminal.write_line(self._first_line(), bold=True)
        if self.load and self.settings.target.kind != SANDBOX:
            demand_permitted(self.settings, self.load)

    def begin(self) -> Run:
        """Make the folder of the run, once; what comes to a record from now on is a run that is reported."""
        if self.folder is None:
            run = self.start()
            self.folder = RunFolder(self.reports, run.settings.target.name, self.set_name, self.started)
            self.folder.begin(leaving(self._begun()))
            if self.load and self.folder.is_there:
                self.load.folder = self.folder.path
        return self.run

    def open_page(self) -> None:
        """Begin pytest-html's page of the run, once, and while the first answers are on their way."""
        if self._quiet_html and not self._has_page and self.folder and self.folder.is_there:
            self._has_page = True
            pytest_html.add_page(self.config, self.folder.path / "pytest-html.html", self.not_written)

    def _begun(self) -> Begun:
        return begun_now(
            self.settings,
            set_name=self.set_name,
            command=shlex.join(["pytest", *self.config.invocation_params.args]),
            started=self.started,
            floor=floor_of(
                self.settings,
                self.run.catalogue,
                self.set_name,
                selected=len(self.selected),
                partial=self.partial,
                left_out=self.run.left_out,
            ),
            partial=self.partial,
            faults=self.faults,
            left_out=self._left_out(),
            planned={check: item or _unknown(check) for check, item in self.selected.items()},
        )

    def not_written(self, name: str, why: str) -> None:
        """Note what the run could not write; it is said at the end."""
        if self.folder:
            self.folder.problems[name] = door.line(why, 400)

    def start(self) -> Run:
        """Start the sandbox where that is what is checked, once; xdist's workers need it before the run begins.

        Raises:
            UsageError: the sandbox cannot be started, or load must not go where it would.
        """
        if self._is_started:
            return self.run
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                self._previous[number] = signal.signal(number, self._terminated)
        if self.load:
            self._previous[signal.SIGINT] = signal.signal(signal.SIGINT, self._interrupted)
        self._is_started = True
        terminal = self._terminal
        if terminal:
            # pytest's closing line counts in its own words; ours uses the six verdicts.
            terminal.summary_stats = lambda: None
        if self.settings.target.kind == SANDBOX:
            from sandbox.launcher import attach_or_start

            self.sandbox = attach_or_start(self.config.option.fault)
            self.overlay = self.sandbox.settings
            self.faults = self.sandbox.faults()
            self.settings = settings_for(self.config.option.target, self.config.rootpath, self.overlay)
            self._begin_anew()
        if self.load:
            demand_permitted(self.settings, self.load)
        return self.run

    def _begin_anew(self) -> None:
        """With other settings; what was collected stays collected."""
        left_out = self.run.left_out
        self.run = self._new_run()
        self.run.left_out = left_out

    def _left_out(self) -> list[LeftOut]:
        return left_out(self.run.left_out, self.settings.target.without)

    def _new_run(self) -> Run:
        return Run(
            self.settings,
            allow_mutations=self.allow_mutations,
            load_order=self.load or LoadOrder(history=self.history),
            history=self.history,
        )

    def keep(self, record: Record) -> None:
        """Take one record in; a later one for the same check (a failing teardown) replaces it."""
        assert self.folder  # a record comes of a check, and with the first check the run has begun
        self.records[record.check] = record
        self.folder.keep(record)

    def finish(self, session: pytest.Session, exitstatus: int) -> None:
        """Add the run up, write it down, and set the exit code."""
        if self.folder is None:
            if self.uncollected and exitstatus == pytest.ExitCode.TESTS_FAILED:
                session.exitstatus = pytest.ExitCode.INTERRUPTED  # not one check was found, and none has failed
            return
        if self._quiet_html:
            pytest_html.silence(self.config)
        if exitstatus in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED and self.ended == "finished":
            self.ended = str(session.shouldstop or "interrupted")
        elif session.shouldfail:
            self.ended = str(session.shouldfail)
        elif exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            self.ended = "pytest had an internal error"
        results = self._added_up()
        if results is None:
            return
        results = self._with_thread(results)
        if self._load_was_cut:
            session.exitstatus = exitstatus = pytest.ExitCode.INTERRUPTED
        if exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            session.exitstatus = results.exit_code
        else:  # interrupted, or an internal error: pytest's own code says more
            results = msgspec.structs.replace(results, exit_code=int(exitstatus))
        self.results = results
        if not self._write_down(results, self.folder) and session.exitstatus == EXIT_OK:
            # Good, and nothing to show for it: whoever counts on the run's code must not take it for kept.
            session.exitstatus = EXIT_NOT_KEPT

    def _write_down(self, results: Results, folder: RunFolder) -> bool:
        """Write the results, each form of the report and the line of the history; whether the results are kept.

        What fails costs its own file, and is told at the end.
        """
        from playbook.report import write_all

        is_kept = folder.write(results)
        self._keep_line(results, folder)
        for name, why in (write_all(results, folder.path) if is_kept else {}).items():
            self.not_written(name, why)
        return is_kept

    def _added_up(self) -> Results | None:
        """The results of all that came to a record, or should have; None where nothing did."""
        now = self.run.clock.now()
        unread = {**self.uncollected, **self.run.catalogue.unread}
        self._add_files(unread)
        begun = leaving(self._begun())
        reason = {"finished": "its worker process died"}.get(self.ended, f"the run ended early ({self.ended})")
        records = [*self.records.values()]
        records += never_ran(begun, records, reason, now)
        if not records:
            return None
        results = add_up(
            begun,
            records,
            timings=self.timings or self.run.timings(),
            finished=now,
            ended=door.line(self.ended),
            unread=map(door.line, unread),
        )
        runs = read_history(self.history, since=now - _LOOK_BACK).runs
        due = coming_due(self.settings, self.run.catalogue, self.run.waivers, runs, now)
        return msgspec.structs.replace(results, past=past_of(results, runs), due=[leaving(one) for one in due])

    def _with_thread(self, results: Results) -> Results:
        """With what history and roster know of it; a fault there costs neither the report nor the verdict."""
        from playbook.thread.weaving import with_thread

        try:
            return leaving(with_thread(results, self.settings, self.history, self.reports))
        except Exception as error:  # noqa: BLE001 - see above
            self.not_written("what changed since the last run", f"{type(error).__name__}: {error}")
            return results

    def _add_files(self, unread: Mapping[str, str]) -> None:
        """Records of the files that cannot be read, and of those that skip themselves."""
        now = self.run.clock.now()
        for file, said in unread.items():
            self.records[door.text(file)] = leaving(not_collected(file, said, self.set_name, now))
        for file, reason in self.left_out.items():
            self.records[door.text(file)] = leaving(file_left_out(file, reason, self.set_name, now))

    def _keep_line(self, results: Results, folder: RunFolder) -> None:
        """Add the run to the history; one that cannot be written costs neither the report nor the verdict."""
        slot = slot_of(self.settings.schedule, self.set_name, self.started, os.environ)
        kept = results if results.private else public_results(results, shipped())
        line = line_of(kept, report=folder.path.name, slot=slot, confirms=self.config.option.confirms or "")
        try:
            append(self.history, line)
        except UsageError as error:
            self.not_kept = door.line(str(error))
        tell_starter(folder.path, line.id)

    def summarise(self, terminal: Any) -> None:
        """Print what is not OK, the counts, and where the report is."""
        from playbook.report.terminal import absent, lines, listed

        if self.results is None or self.folder is None:
            for text, markup in absent(self._left_out() if self.run.left_out else []):
                terminal.write_line(text, **markup)
            return

        results = self.results
        if of_terminal(os.environ) is Audience.PUBLIC:
            results = public_results(results, shipped())
        where = self.folder.path
        if where.is_relative_to(Path.cwd()):
            where = where.relative_to(Path.cwd())
        report = str(where / "index.html") if self.folder.results_file.is_file() else "none"
        terminal.ensure_newline()
        if self.config.option.reportchars != _USUAL_LETTERS and not terminal.no_summary:
            for text, markup in listed(results, terminal.reportchars):
                terminal.write_line(text, **markup)
        for text, markup in lines(results, report, width=terminal._tw.fullwidth):
            terminal.write_line(text, **markup)
        for name, why in self.folder.problems.items():
            terminal.write_line(f"  not written: {name} ({why})", red=True)
        if self.not_kept:
            terminal.write_line(f"  not in the history: {self.not_kept}", red=True)

    def stop(self) -> None:
        """Stop what was started. Called whatever happened."""
        if self.load:
            self.load.end()
        if self.sandbox:
            self.sandbox.stop()
        if self.folder:
            self.folder.discard_if_empty()
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _demand_known_faults(self) -> None:
        if self.settings.target.kind != SANDBOX:
            raise UsageError(f"--fault only works on the sandbox, and the target is {self.settings.target.name}")
        from sandbox.faults import demand_known

        demand_known(self.config.option.fault)

    def _asked_for_mutations(self) -> bool:
        """Whether the command line itself says so; an ini file or a variable would say so for ever, unseen."""
        if not self.config.getoption(OPTION):
            return False
        if OPTION not in self.config.invocation_params.args:
            raise UsageError(
                f"{OPTION} counts on the command line only, and was given by $PYTEST_ADDOPTS or pytest.ini"
            )
        target = self.settings.target
        refusal = refused_as_production(target.name, target.kind)
        if refusal:
            raise UsageError(f"{OPTION} is refused: {refusal}")
        return True

    @property
    def _terminal(self) -> Any:
        return self.config.pluginmanager.get_plugin("terminalreporter")

    def _first_line(self) -> str:
        target = self.settings.target
        name = (
            target.name if self.chosen else f"{target.name} (no target chosen: this is the embedded demo system)"
        )
        faults = f" · faults: {', '.join(self.config.option.fault)}" if self.config.option.fault else ""
        load = f" · load: {ordered(self.settings, self.load)}" if self.load else ""
        return f"operations playbook · target: {name} · set: {self.set_name}{load}{faults} · {iso(self.started)}"

    def _terminated(self, signum: int, frame: object) -> None:
        self.ended = f"interrupted by {signal.Signals(signum).name}"
        if not self._stop_load():
            raise KeyboardInterrupt(self.ended)

    def _interrupted(self, signum: int, frame: object) -> None:
        self.ended = "interrupted"
        if not self._stop_load():
            raise KeyboardInterrupt

    def _stop_load(self) -> bool:
        """Stop a load test that runs, once; what it measured is then judged (UNKNOWN) and reported as always."""
        if self.load is None or not self.load.running or self.load.stop.is_set():
            return False
        self.load.stop.set()
        self._load_was_cut = True
        self._say("the load is being stopped and then reported; once more ends the run at once")
        return True

    def _say(self, text: str) -> None:
        """A line on the terminal, also while a check runs, whose output is kept from there."""
        terminal = self._terminal
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext(), suppress(RuntimeError):
            if terminal:  # which may just have been writing: RuntimeError
                terminal.write_line(f"\n{text}")


def _set_name(config: pytest.Config) -> str:
    expression = (config.option.markexpr or "").strip()
    return re.sub(r"[^a-z0-9_]+", "-", expression.lower()).strip("-") or "all"


def _is_partial(config: pytest.Config) -> bool:
    """True where the command line asks for a part of a set, so that the floor of the whole set says nothing."""
    options = config.option
    sources = pytest.Config.ArgsSource
    # Below the root pytest takes what stands there, and with no folder named in the ini file all of the root.
    named = (config.args_source is sources.ARGS and MODULE not in config.args) or (
        config.args_source is sources.INVOCATION_DIR and config.invocation_params.dir != config.rootpath
    )
    simple = re.fullmatch(r"\w*", options.markexpr or "")
    some = [getattr(options, name, None) for name in _CHOICES]
    return bool(named or any(some) or not simple)


def _unknown(check: str) -> Item:
    """What is known of a check of which a worker of xdist has told the name only."""
    return Item(check, check.rpartition("::")[2], "", "", "", "")
