"""Scheduling of many targets: their checks run one target after another, and later targets are measured ahead.

While the checks of one target are judged, some later ones are being measured. A target whose measurements hang is
postponed until they have ended or timed out, so that it does not delay the others.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from playbook.clients.pace import Bucket, note_wait, pace_of
from playbook.run.run import Run
from playbook.settings.model import Settings

if TYPE_CHECKING:
    import pytest

# More at once would slow each other's measurements down, and distort their times.
AT_ONCE = 2
# One that takes longer is waiting for something, and uses no CPU.
LATE = 5.0  # seconds
_POLL = 0.05  # seconds
_READY, _BEING_MEASURED, _NOT_BEGUN, _HANGS = range(4)
# Including late ones: each has some dozen threads, and containers limit their number.
MOST_AT_ONCE = 24
# Targets that are measured but not judged yet hold memory and connections, and their values grow old.
MOST_READY = 3


class Turns:
    """The checks of a session in the order in which they run, which changes as the run proceeds.

    Args:
        items: the session's own list.
        target_of: an item's target.
        start: begins a target and its measurements; called once for each.
        gates: by target, the bucket of its token; None without a token.
        puts_off: whether the order may change; with xdist the controller decides it.
    """

    def __init__(
        self,
        items: list[pytest.Item],
        target_of: Callable[[pytest.Item], str],
        start: Callable[[str], Run],
        *,
        gates: Mapping[str, Bucket | None],
        puts_off: bool,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gates, self._sleep = gates, sleep
        self._items, self._target_of, self._start, self._clock = items, target_of, start, clock
        self._puts_off, self._at_once = puts_off, at_once
        self._left = Counter(target_of(item) for item in items)
        self._waiting = deque(self._left)
        self._measured: dict[str, tuple[Run, float]] = {}  # start times, in the order of the starts
        self._position = -1

    def before(self, item: pytest.Item) -> None:
        """A check is about to run: begin its target, and some that follow."""
        self._position += 1
        self._begin(self._target_of(item))
        if self._puts_off:
            self._begin_ahead()

    def after(self, item: pytest.Item) -> bool:
        """A check has run; whether it was the last of its target. Decides what follows the next check."""
        target = self._target_of(item)
        self._left[target] -= 1
        is_last = not self._left[target]
        if is_last:
            self._measured.pop(target, None)
            gate = self._gates.get(target)
            if gate:
                gate.leave(target)
        if self._puts_off:
            self._choose()
        return is_last

    def is_last(self, item: pytest.Item) -> bool:
        """Whether no other check of its target is left."""
        return self._left[self._target_of(item)] == 1

    def _begin(self, target: str) -> None:
        if target in self._waiting:
            self._waiting.remove(target)
            wait = self._wait(target)
            if wait > 0:
                self._sleep(wait)
                note_wait(target, wait)
            gate = self._gates.get(target)
            if gate:
                gate.enter(target)
            self._measured[target] = self._start(target), self._clock()

    def _begin_ahead(self) -> None:
        while len(self._measured) < MOST_AT_ONCE and self._has_room():
            ready = next((target for target in self._waiting if not self._wait(target)), None)
            if ready is None:
                return
            self._begin(ready)

    def _wait(self, target: str) -> float:
        """Seconds until the rate limit admits the target."""
        gate = self._gates.get(target)
        return gate.admit() if gate else 0.0

    def _has_room(self) -> bool:
        """Whether another target may be measured: few are in progress (hanging ones aside), and few are ready."""
        settled = {target: run.measurements.is_settled() for target, (run, _) in self._measured.items()}
        busy = sum(not done and not self._is_late(target) for target, done in settled.items())
        return busy < self._at_once and sum(settled.values()) <= MOST_READY

    def _is_late(self, target: str) -> bool:
        return self._clock() - self._measured[target][1] > LATE

    def _choose(self) -> None:
        """Put the checks of a ready target after the next check, which pytest already knows."""
        first = self._position + 2
        rest = self._items[first:]
        if not rest:
            return
        now = self._target_of(rest[0])
        is_next_of_it = self._target_of(self._items[first - 1]) == now
        if is_next_of_it and not self._hangs(now):
            return
        targets = list(dict.fromkeys(map(self._target_of, rest)))
        best = self._await_ready(targets)
        if best != now:
            mine = [item for item in rest if self._target_of(item) == best]
            self._items[first:] = mine + [item for item in rest if self._target_of(item) != best]

    def _await_ready(self, targets: list[str]) -> str:
        """The best of these targets; waits while one is being measured rather than choose one that hangs.

        A check that waits for a hanging measurement would delay all others.
        """
        while True:
            self._begin_ahead()
            best = min(targets, key=self._rank)
            if self._rank(best) != _BEING_MEASURED:
                return best
            self._sleep(_POLL)

    def _rank(self, target: str) -> int:
        """Ready first, then being measured, then not begun, and hanging last."""
        if target not in self._measured:
            return _NOT_BEGUN
        if self._measured[target][0].measurements.is_settled():
            return _READY
        return _HANGS if self._is_late(target) else _BEING_MEASURED

    def _hangs(self, target: str) -> bool:
        return target in self._measured and self._rank(target) == _HANGS


def gate_of(settings: Settings) -> Bucket | None:
    """The bucket of the target's token; None without a token."""
    token = settings.target.digitalocean.token
    return pace_of(token, settings.target.name).bucket if token else None
