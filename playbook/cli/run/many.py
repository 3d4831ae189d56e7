"""``python -m playbook run SET`` for many targets: one pytest run, and the follow-up of each target.

History, incidents, sign-offs, messages and pings are per target, as if each were run by itself. Targets with the
same ping address share one ping: success if all of them are OK.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from playbook.cli.run.runner import BAD, Ended, Runner, Say, bad_checks
from playbook.core.check_ids import with_target
from playbook.core.clock import Clock
from playbook.core.record import Results
from playbook.core.run_folder import RunNotice
from playbook.core.verdict import Verdict, exit_code, worst
from playbook.core.wording import plural
from playbook.history import runs as history
from playbook.history.folder import history_folder
from playbook.notify import ping, tell
from playbook.readers.load.order import MARKER
from playbook.report import read_results
from playbook.settings.model import Settings

# Checks repeated by one start of pytest: the system limits the length of a command line.
_MOST_CHECKS = 500


@dataclass
class _OfTarget:
    """Result of a target in one run; its full results are read again when needed, as they can be large.

    Attributes:
        bad: its failing checks, by node id.
        ids: of its lines in the history, with the folder of each report.
    """

    verdict: Verdict
    ended: str
    id: str
    bad: list[str]
    ids: dict[str, Path] = field(default_factory=dict)


class ManyRunner(Runner):
    """One call of the command, for several targets."""

    def __init__(
        self, options: argparse.Namespace, found: Sequence[Settings], root: Path, say: Say, clock: Clock
    ) -> None:
        super().__init__(options, found[0], root, say, clock)
        self._found = {settings.target.name: settings for settings in found}
        minutes = [settings.running.limit_minutes for settings in found]
        # Load tests run one after another; what else is checked goes side by side.
        self._limit = 60 * (options.limit or (sum(minutes) if options.set == MARKER else max(minutes)))
        self._histories = {
            name: history_folder(settings, self._reports, chosen=options.history)
            for name, settings in self._found.items()
        }
        self._heard: dict[str, _OfTarget] = {}

    def run(self) -> int:
        """The whole command, step by step."""
        many = plural(len(self._found), "target")
        self._say(f"{self._set} on {many}, for {self._limit / 60:g} min at most")
        self._ping_all("start", {}, {})
        results_in_words: dict[str, str] = {}
        seen: dict[str, _OfTarget] = {}
        try:
            self._step("handoff pages", self._write_handoff)
            first = self._pytest()
            code = first.code
            seen = dict(self._heard)
            results_in_words = {name: self._words_of(name, seen.get(name), code) for name in self._found}
            self._say(f"{self._set} of {many}: {self._overall(seen)}, code {code}, {first.seconds:.0f} s")
            for name, words in results_in_words.items():
                if name not in seen or seen[name].verdict in BAD:
                    self._say(words)
            again = [name for name in self._found if name in seen and self._is_bad_enough(name, seen[name])]
            if again:
                self._look_at_again(again, seen, results_in_words)
            if self._signal:
                self._say("stopped: no notifications are sent now; the next run sends what is due")
            else:
                self._tell_all(seen)
        finally:  # always: a service that was pinged at the start gets a ping at the end
            self._ping_all("end", results_in_words, seen)
        return code

    def _whose(self) -> Iterable[tuple[Settings, Path]]:
        return [(settings, self._histories[name]) for name, settings in self._found.items()]

    def _ended(self, code: int, seconds: float, heard: bytes) -> Ended:
        for line in heard.splitlines():
            try:
                notice = msgspec.json.decode(line, type=RunNotice)
                results = read_results(Path(notice.folder))
            except (OSError, msgspec.MsgspecError):
                continue  # nothing was measured, so nothing is OK
            known = self._heard.get(results.target)
            of_it = _OfTarget(results.verdict, results.ended, notice.id, bad_checks(results))
            of_it.ids = {**(known.ids if known else {}), notice.id: Path(notice.folder)}
            self._heard[results.target] = of_it
        # As with one target: a target without results makes the run UNKNOWN, whatever pytest's code.
        return Ended(code or exit_code(self._overall(self._heard)), seconds)

    def _overall(self, seen: Mapping[str, _OfTarget]) -> Verdict:
        return worst(seen[name].verdict if name in seen else Verdict.UNKNOWN for name in self._found)

    def _words_of(self, name: str, of_it: _OfTarget | None, code: int) -> str:
        if of_it is None:
            return f"{self._set} of {name}: no results; code {code}"
        early = "" if of_it.ended == "finished" else f" ({of_it.ended})"
        return f"{self._set} of {name}: {of_it.verdict}{early}, {plural(len(of_it.bad), 'bad check')}"

    # ------------------------------------------------------------------------------------ repeat of failing checks

    def _is_bad_enough(self, name: str, of_it: _OfTarget) -> bool:
        is_whole = of_it.ended == "finished" and not self._signal
        return is_whole and bool(of_it.bad) and self._set in self._found[name].incidents.recheck

    def _look_at_again(self, names: list[str], seen: Mapping[str, _OfTarget], told: dict[str, str]) -> None:
        """Repeat exactly the failing checks of these targets; the first run's verdicts stay."""
        if not self._may_repeat():
            return
        wait = max(self._found[name].incidents.recheck_after_seconds for name in names)
        count = sum(len(seen[name].bad) for name in names)
        bad = f"{plural(count, 'bad check')} of {plural(len(names), 'target')}"
        if not self._wait_to_repeat(bad, wait):
            return
        for some in _in_parts(names, seen):
            if self._signal:
                return
            alone = len(some) == 1
            checks = [one if alone else with_target(one, name) for name in some for one in seen[name].bad]
            self._pytest(checks, confirms=[seen[name].id for name in some], targets=some)
            for name in some:
                now = self._heard[name]
                if now.id == seen[name].id:
                    words = "no results"
                else:
                    still = sum(one in seen[name].bad for one in now.bad)
                    words = f"{still} of {plural(len(seen[name].bad), 'check')} still bad"
                told[name] += f"; repeated: {words}"
                self._say(told[name])

    # ----------------------------------------------------------------------------------------------- notifications

    def _tell_all(self, seen: Mapping[str, _OfTarget]) -> None:
        """Deliver what is due for each target; the history is read once."""
        read: dict[Path, dict[str, history.History]] = {}
        for name, settings in self._found.items():
            if self._signal:
                return
            folder = self._histories[name]
            if folder not in read:
                read[folder] = _by_target(history.read(folder))
            found = read[folder].get(name, history.History((), ()))
            self._step(f"notifications of {name}", partial(self._tell, settings, folder, found))

    def _tell(self, settings: Settings, folder: Path, found: history.History) -> None:
        results = dict(_results_of(self._heard.get(settings.target.name)))
        tell(settings, folder, self._say, self._clock, results, found=found)

    def _ping_all(
        self, how: Literal["start", "end"], told: Mapping[str, str], seen: Mapping[str, _OfTarget]
    ) -> None:
        """One ping for each address: all of its targets begin, or how they ended."""
        by_address: dict[str, list[str]] = {}
        for name, settings in self._found.items():
            url = settings.notifications.ping_for(self._set)
            if url is not None:
                by_address.setdefault(url.reveal(), []).append(name)
        for names in by_address.values():
            verdicts = [seen[name].verdict if name in seen else Verdict.UNKNOWN for name in names]
            good = how == "end" and told and not any(verdict in BAD for verdict in verdicts)
            end: Literal["success", "fail"] = "success" if good else "fail"
            self._ping_for(names, "start" if how == "start" else end, told)

    def _ping_for(
        self, names: Sequence[str], signal: Literal["start", "success", "fail"], told: Mapping[str, str]
    ) -> None:
        def send() -> None:
            ping(
                self._found[names[0]],
                self._set,
                signal,
                self._say,
                body="\n".join(told[name] for name in names if name in told),
                history=self._histories[names[0]],
                clock=self._clock,
            )

        self._step(f"ping {signal}", send)


def _in_parts(names: Sequence[str], seen: Mapping[str, _OfTarget]) -> Iterator[list[str]]:
    part: list[str] = []
    count = 0
    for name in names:
        if part and count + len(seen[name].bad) > _MOST_CHECKS:
            yield part
            part, count = [], 0
        part.append(name)
        count += len(seen[name].bad)
    if part:
        yield part


def _by_target(found: history.History) -> dict[str, history.History]:
    by_target: dict[str, list[history.RunLine]] = {}
    for run in found.runs:
        by_target.setdefault(run.target, []).append(run)
    return {name: history.History(tuple(runs), found.problems) for name, runs in by_target.items()}


def _results_of(of_it: _OfTarget | None) -> Iterator[tuple[str, Results]]:
    for run, folder in (of_it.ids if of_it else {}).items():
        try:
            yield run, read_results(folder)
        except (OSError, msgspec.MsgspecError):
            continue
