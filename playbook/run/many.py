"""Shared state of a run of many targets: which have ended, the page over all, and the exit code.

A target's report is written as soon as its last check has ended, so that nothing later can lose it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from playbook.core.audience import Audience, of_terminal
from playbook.core.catalogue import shipped
from playbook.core.check_ids import with_target
from playbook.core.clock import iso
from playbook.core.public import public_results
from playbook.core.record import Results
from playbook.core.verdict import EXIT_NOT_KEPT, EXIT_OK
from playbook.report import lead_latest_to, pytest_html
from playbook.report.overview import Overview, Row, line_of, lines, overview_of, row_of, unreached
from playbook.report.pytest_terms import forget_record, forget_reports
from playbook.run.run import Run
from playbook.run.target_run import FINISHED, Order, TargetRun, ToldByWorker
from playbook.run.targets_folder import TargetsFolder

_COLLECT_AFTER = 5  # targets
_NOTHING_CHOSEN = "no check of this set is chosen for it"


class Many:
    """The targets of a run as a whole.

    Attributes:
        asked: the targets as the command line names them.
    """

    def __init__(
        self, config: pytest.Config, targets: Mapping[str, TargetRun], order: Order, *, asked: str, shard: str
    ) -> None:
        self._config, self._targets, self._order = config, targets, order
        self.asked, self._shard = asked, shard
        self._started = next(iter(targets.values())).started
        self._where: dict[str, tuple[str, str]] = {}
        self._open: dict[str, set[str]] = {}
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._pages: dict[str, pytest_html.PageApart] = {}
        self._rows: dict[str, Row] = {}
        self._told: dict[str, Row] = {}
        self._folder: TargetsFolder | None = None
        self._not_written: dict[str, str] = {}
        self._overview: Overview | None = None
        if config.option.verbose == 0:
            config.option.verbose = -1  # a line for each file and target would be useless

    def note_selected(self, where: dict[str, tuple[str, str]]) -> None:
        """Register the target of each check, and its id without the target, by node id."""
        self._where = where
        self._open = {name: set() for name in self._targets}
        for nodeid, (name, _) in where.items():
            self._open[name].add(nodeid)

    def target_of(self, nodeid: str) -> str:
        """Target of a check."""
        return self._where[nodeid][0]

    def knows(self, nodeid: str) -> bool:
        """Whether it is the node id of a check."""
        return nodeid in self._where

    def begin(self, target: TargetRun, page: Path | None) -> None:
        """Register the start of a target."""
        if self._folder is None:
            self._folder = TargetsFolder(self._order.reports, self._order.set_name, self._started)
            self._folder.begin(self._overview_of({}, "the run was killed before"))
        assert target.folder
        self._folder.has_begun(target.name, target.folder.path)
        if page:
            self._pages[target.name] = pytest_html.PageApart(self._config, page, target.not_written)

    def not_written(self, name: str, why: str) -> None:
        """Record a file that could not be written and belongs to no single target."""
        self._not_written[name] = why

    def note_report(self, report: pytest.TestReport) -> None:
        """Register a report of a check."""
        name = self.target_of(report.nodeid)
        encoded = getattr(report, "playbook_told", "")
        if encoded:
            self._targets[name].hear(msgspec.json.decode(encoded, type=ToldByWorker))
        page = self._pages.get(name)
        if page:
            page.keep(report)
        self._reports.setdefault(report.nodeid, []).append(report)

    def has_run(self, nodeid: str, ended: str = FINISHED) -> None:
        """Register the end of a check. With its last check a target ends, unless the run is being interrupted.

        Args:
            ended: ``finished``, or why its measurements ended early.
        """
        for report in self._reports.pop(nodeid, ()):
            forget_record(report)  # pytest keeps every report until the end
        name = self.target_of(nodeid)
        self._open[name].discard(nodeid)
        if not self._open[name]:
            self._end(name, ended)

    def _end(self, name: str, ended: str, code: int | None = None) -> None:
        target = self._targets[name]
        if target.has_ended:
            return
        results = target.added_up(ended, code)
        if results is None:
            self._rows[name] = self._told[name] = unreached(name, target.settings.target.kind, _NOTHING_CHOSEN)
            target.let_go()
            return
        page = self._pages.pop(name, None)
        if page:
            page.write(self._config)
        is_kept = target.write_down(results)
        assert target.folder
        problems = [f"{file} ({why})" for file, why in target.folder.problems.items()]
        problems += [f"the history ({target.not_kept})"] if target.not_kept else []
        row = row_of(
            results,
            folder=target.folder.path.name if is_kept else "",
            problem="; ".join(problems),
            waited=target.waited,
        )
        self._rows[name] = self._told[name] = row
        told = results
        if _is_for_everybody():
            told = public_results(results, shipped())
            self._told[name] = row_of(told, folder=row.folder, problem=row.problem)
        target.results = None
        target.let_go()
        if len(self._rows) == 1:
            gc.freeze()  # all modules are loaded by now, and stay
        elif len(self._rows) % _COLLECT_AFTER == 0:
            # a target's measurements are few but large objects, which automatic collection would keep for long
            gc.collect()
        self._print(name, told)

    def _print(self, name: str, results: Results) -> None:
        """Write the target's line, and below it what pytest's -r asks for."""
        from playbook.report.terminal import USUAL_LETTERS, listed  # loaded after the first checks

        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return
        if not self._config.option.durations:  # which pytest finds in the reports
            forget_reports(terminal.stats)
        if terminal.no_summary:
            return
        if terminal._tw.width_of_current_line:
            terminal.write_line("")
        text, markup = line_of(self._told[name])
        terminal.write_line(text, **markup)
        if self._config.option.reportchars != USUAL_LETTERS:
            for text, markup in listed(results, terminal.reportchars, lambda check: with_target(check, name)):
                terminal.write_line(text, **markup)

    def finish(self, ended: str, exitstatus: int, *, begin: Callable[[str], Run]) -> int:
        """End the remaining targets, and write the page over all; the exit code.

        Targets that have begun come first, then the page, and then reports of targets that were not reached, as an
        interrupted run may be killed before all are written.
        """
        counts = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        code = None if counts else int(exitstatus)
        for name, target in self._targets.items():
            if target.folder is not None:
                is_whole = not self._open.get(name, {name})  # all of its checks have ended
                self._end(name, FINISHED if is_whole else ended, None if is_whole else code)
        missing = [name for name in self._targets if name not in self._rows]
        why = f"the run ended early ({ended})" if ended != FINISHED else "the run did not come to it"
        if missing:
            self._write(why, ended, is_last=False)
            for name in missing:
                if self._targets[name].selected:
                    begin(name)
                self._end(name, ended, code)
        overview = self._write(why, ended, is_last=True)
        if code is not None:
            return code
        if overview.exit_code == EXIT_OK and not all(row.folder for row in overview.rows):
            return EXIT_NOT_KEPT
        return overview.exit_code

    def _write(self, why: str, ended: str, *, is_last: bool) -> Overview:
        self._overview = overview = self._overview_of(self._rows, why, ended)
        if self._folder:
            self._folder.write(overview, is_last=is_last)
            self._folder.problems |= lead_latest_to(self._folder.path)
        return overview

    def _overview_of(self, rows: Mapping[str, Row], why: str, ended: str = FINISHED) -> Overview:
        now = next(iter(self._targets.values())).run.clock.now()
        return overview_of(
            [
                rows.get(name) or unreached(name, target.settings.target.kind, why)
                for name, target in self._targets.items()
            ],
            set_name=self._order.set_name,
            asked=self.asked,
            shard=self._shard,
            command=self._order.command,
            started=iso(self._started),
            finished=iso(now),
            seconds=(now - self._started).total_seconds(),
            ended=ended,
        )

    def summarise(self, terminal: Any) -> None:
        """Print which targets are failing, and the path of the page."""
        if self._overview is None or self._folder is None:
            return
        where = self._folder.path
        if where.is_relative_to(Path.cwd()):
            where = where.relative_to(Path.cwd())
        overview = self._overview_of(self._told, self._overview.ended, self._overview.ended)
        terminal.ensure_newline()
        for text, markup in lines(overview, str(where / "index.html")):
            terminal.write_line(text, **markup)
        for name, why in {**self._folder.problems, **self._not_written}.items():
            terminal.write_line(f"  not written: {name} ({why})", red=True)


def _is_for_everybody() -> bool:
    return of_terminal(os.environ) is Audience.PUBLIC
