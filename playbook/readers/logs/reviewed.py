"""What a review of logs says: counts by hour, kinds of errors, failed requests, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass, field

from playbook.readers.logs.tracks import Track

HOUR = 3600


@dataclass(slots=True)
class Hour:
    """Counts of one hour that begins at ``start`` (epoch seconds, a full hour).

    Attributes:
        probes: requests of health probes and other monitors, among ``requests``; so are the other two among
            ``server_errors`` and ``throttled``.
    """

    start: int
    lines: int = 0
    requests: int = 0
    errors: int = 0
    server_errors: int = 0
    throttled: int = 0
    probes: int = 0
    probes_server_errors: int = 0
    probes_throttled: int = 0


@dataclass(slots=True)
class Occurrences:
    """Number of occurrences, with the first and last time (epoch seconds).

    Attributes:
        fatal: at least one of them was a crash or of level fatal.
        example: the newest; in a review, ready to be shown.
    """

    count: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    fatal: bool = False
    example: str = ""

    def add(self, time: float) -> bool:
        """Count one; True where it is the newest so far."""
        self.count += 1
        if time < self.first:  # noqa: PLR1730 - min() takes three times as long, for every line
            self.first = time
        if time >= self.last:
            self.last = time
            return True
        return False


Rows = list[tuple[tuple[str, ...], Occurrences]]
Tracks = list[tuple[str, Track]]


@dataclass(frozen=True)
class Review:
    """Review of a log from ``since`` to ``until`` (epoch seconds).

    Attributes:
        lines: those within the window; others are ``outside``, or ``undated`` where none near them had a time.
        undated_errors: those that report an error, or requests answered 5xx; ``undated_error`` is one of them.
        ahead: lines more than five minutes in the future; they count as current.
        ahead_by: seconds by which the newest line is in the future, 0 where none is.
        strange: lines that were not understood, among ``lines`` and ``undated``; some of them are ``examples``.
        first, last: times of the oldest and newest line, None without any.
        components, files: lines of each, most first. Files only where the reader names them.
        everything: lines of all of them.
        errors: error and fatal lines, a stack trace counted as one; ``fatal`` of them were fatal or a crash.
        kinds: (component, signature) of the errors, fatal ones and frequent ones first.
        answers: (status, path) of 429 and 5xx answers, frequent ones first.
        newest_errors, newest_answers: times and lines, oldest first.
        probes: requests of health probes and other monitors, among ``requests``.
        left_out: kinds and paths that were too rare to be kept; ``kinds_left_out`` of them are kinds.
        errors_by_minute: minute (epoch seconds by 60) → errors in it.
    """

    since: float
    until: float
    lines: int
    outside: int
    undated: int
    ahead: int
    ahead_by: float
    strange: int
    examples: list[str]
    first: float | None
    last: float | None
    hours: list[Hour]
    components: Tracks
    files: Tracks
    everything: Track
    errors: int
    fatal: int
    kinds: Rows
    newest_errors: list[tuple[float, str]]
    requests: int
    server_errors: int
    throttled: int
    answers: Rows
    newest_answers: list[tuple[float, str]]
    left_out: int
    kinds_left_out: int = 0
    probes: int = 0
    errors_by_minute: dict[int, int] = field(default_factory=dict)
    undated_errors: int = 0
    undated_error: str = ""
