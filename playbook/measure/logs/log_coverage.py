"""Coverage of a log review: hours with lines, silent sources, and lines not understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

from playbook.clients.log_reading import KEPT_HINT, LogStream
from playbook.core import door
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.durations import two_units
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.reviewed import Review
from playbook.readers.logs.tracks import Hole, holes
from playbook.settings.sections.coverage import CoverageRules

_SHOWN = 3
_SILENT_HINT = (
    "Check whether the component runs and whether its logs still arrive. One that has been taken away belongs out "
    "of logs.files; coverage.newest_minutes says how long a source may be quiet that usually is not."
)
UNNAMED_HINT = (
    "Lines name their component themselves, by a field such as service or component, or by the platform's prefix; "
    "the name of a file is none. Where they name none, leave out logs.components and logs.serving: each file is "
    "watched by itself."
)
_FORMAT_HINT = (
    "Lines are understood in the formats that tests/foreign/log_lines.toml shows; write JSON with a level, or one "
    "of the usual formats. coverage.not_understood_percent is how many may be strange."
)
TIME_HINT = (
    "These lines have no time, as those of uvicorn by default. Let the program write one (uvicorn --log-config, "
    "with %(asctime)s in both formats), or take the lines from the platform or the journal, which add it."
)
# Minimum number of lines not understood before a small source is reported by itself.
_LEAST_STRANGE = 10


def of_lines(
    review: Review, stream: LogStream, rules: CoverageRules, quiet: tuple[float, float] | None = None
) -> Coverage:
    """Coverage of statements about lines: hours, sources, understanding, and read problems.

    Args:
        quiet: the times (epoch seconds) between which no lines are expected, because of maintenance.
    """
    silent = silences(review, rules.newest_minutes)
    if quiet:
        beyond = rules.newest_minutes * 60
        silent = [
            (name, hole)
            for name, hole in silent
            if max(quiet[0] - hole.start, 0) + max(hole.end - quiet[1], 0) >= min(beyond, hole.seconds)
        ]
    words = [_short(name, hole) for name, hole in silent[:_SHOWN]]
    found = share(
        hours_seen(review),
        hours_of(review),
        "h",
        least_percent=rules.window_percent,
        what="lines",
        note=", ".join(words),
        hint=KEPT_HINT,
    )
    for name, hole in silent[:_SHOWN]:
        others = " while others went on" if name else ""
        found += lacking(
            "",
            expected="lines without a break from whatever usually writes them",
            got=f"{_long(name, hole)}{others}",
            hint=_SILENT_HINT,
        )
    found += _of_sources(review, stream)
    if review.undated_errors:
        found += lacking(
            "errors without a time",
            expected="a time with each error",
            got=f"{review.undated_errors:,} without one, e.g. {door.quoted(review.undated_error, 160)}",
            hint=TIME_HINT,
        )
    found += _of_understanding(review, rules)
    for text in stream.problems:
        found += lacking("not all read", expected="all of the logs to be read", got=text)
    return found


def of_requests(review: Review, stream: LogStream, rules: CoverageRules) -> Coverage:
    """Coverage of statements about requests: which components serve them, and gaps in the access lines."""
    if not any(hour.requests for hour in review.hours):
        return lacking(
            "no access lines",
            expected="access lines with a status",
            got=f"none among {review.lines:,} lines",
            hint="Log requests in one of the formats that playbook/readers/logs/access.py names.",
        )
    known = {name: track for name, track in review.components if track.answered.all()}
    mute = [name for name in stream.serving if name not in known]
    found = Coverage()
    if mute:
        found += lacking(
            f"no access lines of {', '.join(mute)}",
            expected="access lines of every component that answers requests",
            got=f"none of {', '.join(mute)}",
            hint=_unnamed(review) or "Log its requests, or name the components that do under logs.serving.",
        )
    silent = silences(review, rules.newest_minutes)  # reported for the lines as a whole
    told: list[Hole] = []  # of components, in whose files it is the same
    for name, track in (*known.items(), *review.files):
        reported = [hole for other, hole in silent if other in ("", name)] + ([] if name in known else told)
        own = _holes(track.answered.all(), review, rules.newest_minutes)
        new = (hole for hole in own if not any(_within(hole, other, rules.newest_minutes) for other in reported))
        for hole in islice(new, 1):
            told.append(hole)
            subject = f"the access lines of {name}" if name else "the access lines"
            found += lacking(
                _short(subject, hole),
                expected="access lines without a break",
                got=f"none in {subject} {_when(hole)}",
                hint=_SILENT_HINT,
            )
    return found


def silences(review: Review, newest_minutes: float) -> list[tuple[str, Hole]]:
    """Silent sources that usually write, and when; the name is empty for all together. Longest first.

    A component's silence within that of everything is not reported again, nor a file's within its component's.
    """
    found: list[tuple[str, Hole]] = [
        ("", hole) for hole in _holes(review.everything.written, review, newest_minutes)
    ]
    for tracks in (review.components, review.files):
        own = [
            (name, hole)
            for name, track in tracks
            if name
            for hole in _holes(track.written, review, newest_minutes)
            if not any(_within(hole, other, newest_minutes) for _, other in found)
        ]
        found += own
    return sorted(found, key=lambda item: -item[1].seconds)


def hours_seen(review: Review) -> int:
    """Number of hours with lines; full clock hours count once, the two partial ones at the ends as one."""
    return min(sum(hour.lines > 0 for hour in review.hours), hours_of(review))


def hours_of(review: Review) -> int:
    """Length of the review in hours."""
    return round((review.until - review.since) / 3600)


def _of_sources(review: Review, stream: LogStream) -> Coverage:
    """Coverage of the components that must have lines."""
    known = {name for name, track in review.components if track.lines}
    mute = [name for name in stream.expected if name not in known]
    if not stream.expected:
        return Coverage()
    note = f"none of {', '.join(mute)}" if mute else ""
    return share(
        len(stream.expected) - len(mute),
        len(stream.expected),
        "components",
        what="lines",
        note=note,
        hint=_unnamed(review) or _SILENT_HINT,
    )


def _unnamed(review: Review) -> str:
    """What to do where no line names a component; empty where one does."""
    return UNNAMED_HINT if {name for name, track in review.components if track.lines} == {""} else ""


def _of_understanding(review: Review, rules: CoverageRules) -> Coverage:
    """Coverage of all lines, and of each component and file: a small one may be entirely not understood."""
    most, total = rules.not_understood_percent, review.lines + review.undated
    hint = TIME_HINT if are_untimed(review.examples) else _FORMAT_HINT
    found = understood(review.strange, total, "lines", examples=review.examples, most_percent=most, hint=hint)
    if not found.enough:
        return found
    for name, track in (*review.components, *review.files):
        if track.strange >= _LEAST_STRANGE and track.strange * 100 > track.lines * most:
            found += understood(
                track.strange,
                track.lines,
                f"lines of {name}" if name else "lines without a component",
                examples=review.examples,
                most_percent=most,
                hint=hint,
            )
            break
    return found


def are_untimed(examples: Sequence[str]) -> bool:
    """Whether none of these lines has a time, which is why they are not understood."""
    parser = Parser(0.0)
    return bool(examples) and all(parser.parse(line).time is None for line in examples)


def _holes(minutes: Sequence[int], review: Review, newest_minutes: float) -> list[Hole]:
    return holes(minutes, review.since, review.until, newest_minutes=newest_minutes)


def _within(hole: Hole, other: Hole, newest_minutes: float) -> bool:
    """Whether a silence exceeds another at neither end by long enough to count as one itself."""
    return other.start - hole.start < newest_minutes * 60 and hole.end - other.end < newest_minutes * 60


def _short(name: str, hole: Hole) -> str:
    return f"{name or 'all'} silent for {two_units(hole.seconds)}"


def _long(name: str, hole: Hole) -> str:
    return f"no line of {name or 'any component'} {_when(hole)}"


def _when(hole: Hole) -> str:
    start = f"{datetime.fromtimestamp(hole.start, UTC):%d %b %H:%M}"
    if hole.ongoing:
        return f"since {start} UTC ({two_units(hole.seconds)})"
    return f"from {start} to {datetime.fromtimestamp(hole.end, UTC):%H:%M} UTC ({two_units(hole.seconds)})"
