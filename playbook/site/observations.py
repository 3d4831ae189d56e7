"""What the site knows of an item over time: single observations, and streaks of equal ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple, overload

from playbook.core.verdict import Verdict
from playbook.history.runs import Finding, RunLine


class Observation(NamedTuple):
    """What one run said of one item."""

    run: RunLine
    finding: Finding

    @property
    def day(self) -> date:
        """In UTC."""
        return self.run.started.date()


class Observations(Sequence[Observation]):
    """What some runs, oldest first, said of one item. Made as they are asked for: the runs hold it already."""

    def __init__(self, item: str, runs: Sequence[RunLine]) -> None:
        self._item, self._runs = item, runs

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, at: int) -> Observation: ...
    @overload
    def __getitem__(self, at: slice) -> Observations: ...
    def __getitem__(self, at: int | slice) -> Observation | Observations:
        if isinstance(at, slice):
            return Observations(self._item, self._runs[at])
        return self._of(self._runs[at])

    def __iter__(self) -> Iterator[Observation]:
        return map(self._of, self._runs)

    def __reversed__(self) -> Iterator[Observation]:
        return map(self._of, reversed(self._runs))

    def _of(self, run: RunLine) -> Observation:
        return Observation(run, run.items[self._item])


class Streak(NamedTuple):
    """Runs in a row that said the same bad thing of an item, oldest first."""

    verdict: Verdict
    observations: tuple[Observation, ...]

    @property
    def first(self) -> RunLine:
        """The run that began it."""
        return self.observations[0].run

    @property
    def last(self) -> RunLine:
        """The newest run of it."""
        return self.observations[-1].run

    @property
    def message(self) -> str:
        """What was said last."""
        return next(
            (
                observation.finding.message
                for observation in reversed(self.observations)
                if observation.finding.message
            ),
            "",
        )
