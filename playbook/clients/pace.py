"""Rate limit of a DigitalOcean token across all targets: 250 requests a minute, 5,000 an hour.

The API refuses more (https://docs.digitalocean.com/reference/api/intro/), and a refused target would be UNKNOWN
through no fault of its own. So each token has a bucket that serves requests in order of arrival. Waits are shown
in the evidence of the checks and on the page over all targets.

A process knows only its own requests: with workers or shards it takes its share.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from playbook.core.secret import Secret

PER_MINUTE = 250
PER_HOUR = 5_000
_MINUTE, _HOUR = 61.0, 3605.0  # seconds, including one for the way to the API, whose clock counts
FIRST_GUESS = 40  # assumed requests per target until the first target has finished
# Shorter waits are not reported: requests come in bursts.
_WORTH_TELLING = 0.5  # seconds
WORKERS_VARIABLE = "PYTEST_XDIST_WORKER_COUNT"


class NoTurn(Exception):  # noqa: N818 - stays between the bucket and the client, who says what it means
    """The rate limit leaves no request within the remaining time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no turn to ask within {seconds:.0f} s: {limit_in_words()}")


class Bucket:
    """The requests of one token. Thread-safe."""

    def __init__(
        self,
        share: int = 1,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a bucket for one of ``share`` processes; each may at least send the requests of one target."""
        self.per_minute, self.per_hour = max(PER_MINUTE // share, FIRST_GUESS), max(PER_HOUR // share, FIRST_GUESS)
        self._now, self._sleep, self._lock = now, sleep, Lock()
        self._turns: deque[float] = deque(maxlen=self.per_hour)
        self._promised: dict[str, int] = {}
        self._given = 0
        self._ended = 0

    def take(self, until: float, target: str = "") -> float:
        """Wait until a request may be sent; seconds waited.

        Raises:
            NoTurn: the next request is possible only after ``until``; nothing was waited for.
        """
        with self._lock:
            now = self._now()
            turn = now + self._wait(1, now)
            if turn > until:
                raise NoTurn(max(until - now, 0.0))
            self._turns.append(turn)
            self._given += 1
            if self._promised.get(target):
                self._promised[target] -= 1
        if turn > now:
            self._sleep(turn - now)
        return turn - now

    def admit(self) -> float:
        """Seconds until another target can be started without waiting, estimated from those before it."""
        with self._lock:
            asked = min(self._usual() + sum(self._promised.values()), self.per_minute)
            return self._wait(asked, self._now())

    def enter(self, target: str) -> None:
        """Register a target that starts; its expected requests are reserved."""
        with self._lock:
            self._promised[target] = self._usual()

    def leave(self, target: str) -> None:
        """Unregister a target that has ended."""
        with self._lock:
            if self._promised.pop(target, None) is not None:
                self._ended += 1

    def _usual(self) -> int:
        """Requests per target, from those that have ended; requests of running ones count too."""
        return min(-(-self._given // self._ended), self.per_minute) if self._ended else FIRST_GUESS

    def _wait(self, count: int, now: float) -> float:
        """Seconds until this many requests at once are within both limits."""
        wait = 0.0
        for most, window in ((self.per_minute, _MINUTE), (self.per_hour, _HOUR)):
            over = len(self._turns) + count - most
            if over > 0:
                # The oldest of the newest ``most - count + 1`` requests must have left the window.
                oldest = self._turns[max(len(self._turns) - (most - count) - 1, 0)]
                wait = max(wait, oldest + window - now)
        return wait


@dataclass(frozen=True)
class Pace:
    """The bucket of a target's token."""

    bucket: Bucket
    target: str

    def take(self, until: float) -> float:
        """As ``Bucket.take``; the wait is recorded."""
        waited = self.bucket.take(until, self.target)
        if waited:
            with _LOCK:
                _WAITED[self.target] += waited
        return waited


_LOCK = Lock()
_BUCKETS: dict[bytes, Bucket] = {}
_WAITED: defaultdict[str, float] = defaultdict(float)
_SHARDS = [1]


def pace_of(token: Secret, target: str) -> Pace:
    """The pace of a target, which shares the bucket of its token."""
    known = hashlib.sha256(token.reveal().encode()).digest()
    with _LOCK:
        if known not in _BUCKETS:
            _BUCKETS[known] = Bucket(int(os.environ.get(WORKERS_VARIABLE) or 1) * _SHARDS[0])
        return Pace(_BUCKETS[known], target)


def share_with(shards: int) -> None:
    """Divide the limit from the start: other machines run other shards with the same tokens."""
    _SHARDS[0] = shards


def note_wait(target: str, seconds: float) -> None:
    """Record that the start of a target was delayed by the rate limit."""
    with _LOCK:
        _WAITED[target] += seconds


def waited_for(target: str) -> float:
    """Seconds that a target has waited; concurrent waits of its measurements count once."""
    with _LOCK:
        waited = _WAITED.get(target, 0.0)
    return waited if waited >= _WORTH_TELLING else 0.0


def limit_in_words() -> str:
    """``the token may send 250 requests a minute and 5,000 an hour``."""
    return f"the token may send {PER_MINUTE:,} requests a minute and {PER_HOUR:,} an hour"
