"""Property tests: anything added to, removed from or garbled in a good log makes the checks not OK."""

import functools
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.clients.log_reading import LogStream, Part
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.judge import Judge
from playbook.core.verdict import SEVERITY, Critical, Verdict
from playbook.measure.logs.logs import log_review
from playbook.settings.loading import load

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SETTINGS = load("sandbox", environment={})
FOREIGN = tomllib.loads((Path(__file__).parents[3] / "foreign" / "log_lines.toml").read_text(encoding="utf-8"))
BAD = [case["line"] for kind in FOREIGN.values() for case in kind["lines"] if case["level"] in ("error", "fatal")]
BAD = [line for line in BAD if not line.startswith(("web ", "SEVERE:"))]
FAILED = [
    case["line"]
    for kind in FOREIGN.values()
    for case in kind["lines"]
    if case.get("status", 0) >= 500 and not case["line"].startswith("web ")
]


def at(minutes_ago, component, text):
    return f"{component} {NOW - timedelta(minutes=minutes_ago):%Y-%m-%dT%H:%M:%S}.000000000Z {text}"


@functools.cache
def good():
    """A day: a request every four minutes, notices of two components, one of them a worker."""
    lines = []
    for minute in range(24 * 60 + 30, -1, -4):
        moment = NOW - timedelta(minutes=minute)
        access = f'192.0.2.1 - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET /a HTTP/1.1" 200 503 "-" "curl/8"'
        lines.append(at(minute, "web", access))
        lines.append(
            at(minute, "worker", f"{moment:%Y-%m-%d %H:%M:%S},000 INFO worker: job {minute} done, 0 errors")
        )
        lines.append(at(minute, "web", '{"level":30,"time":1,"pid":17,"msg":"cache refreshed"}'))
    return tuple(lines)


class Source:
    def __init__(self, *parts):
        self._parts = parts

    def read(self, since):
        return LogStream("a list", iter([Part("", iter(part)) for part in self._parts]))


def verdicts(*parts):
    """Verdicts of both daily checks."""
    review = log_review(Source(*parts), SETTINGS, FixedClock(NOW), Earlier())
    limits = SETTINGS.limits
    found = []
    for readings in (
        [(review.fatal, limits.log_fatal), (review.errors, limits.log_errors)],
        [
            (review.server_errors, limits.log_server_errors),
            (review.server_errors_lately, limits.log_server_errors),
            (review.throttled, limits.log_throttled),
        ],
    ):
        judge = Judge()
        judge.add_coverage("log_review", review.coverage)
        try:
            for reading, limit in readings:
                judge(reading, limit)
        except Critical:
            pass
        found.append(min((judged.verdict for judged in judge.judgements), key=SEVERITY.index))
    return found


def test_good_log_is_ok():
    """Precondition for the other tests."""
    assert verdicts(good()) == [Verdict.OK, Verdict.OK]


@settings(max_examples=50)
@given(st.sampled_from(BAD), st.integers(0, len(good()) - 100), st.sampled_from(["web", "worker"]))
def test_one_error_line_anywhere_is_not_ok(bad, place, component):
    """In the format of every runtime, in every source, within the day."""
    lines = list(good())
    minute = (len(lines) - place) // 3 * 4
    lines.insert(place, at(min(minute, 24 * 60 - 1), component, bad))
    assert verdicts(lines)[0] is not Verdict.OK


@settings(max_examples=25)
@given(st.lists(st.sampled_from(FAILED), min_size=20, max_size=40), st.integers(0, 24 * 60 - 60))
def test_failed_requests_anywhere_are_not_ok(failed, minute):
    """In the format of every server; twenty are over one percent here."""
    lines = [*good(), *(at(minute + number, "web", line) for number, line in enumerate(failed))]
    assert verdicts(lines)[1] is not Verdict.OK


@settings(max_examples=25)
@given(st.integers(0, 24 * 60 - 64), st.integers(64, 300), st.sampled_from(["", "web ", "worker "]))
def test_missing_hour_anywhere_is_not_ok(start, length, component):
    """Of the whole log, or of one source while the other continues."""
    kept = [
        line
        for number, line in enumerate(good())
        if not (line.startswith(component) and start <= (len(good()) - 1 - number) // 3 * 4 <= start + length)
    ]
    assert all(verdict is not Verdict.OK for verdict in verdicts(kept))


GARBLED = [
    lambda line: line[: len(line) * 2 // 3] if '"GET' in line else line[:70],
    lambda line: line[:40] + "\ufffd\ufffd\ufffd" + line[95:120],
    lambda line: line[30:],
    lambda line: (
        line.replace(" 200 ", " 2x0 ").replace('"level":30', '"level":"thirty"').replace(" INFO ", " level=odd ")
    ),
]


@settings(max_examples=25)
@given(st.sampled_from(range(len(GARBLED))), st.integers(30, len(good()) - 61), st.integers(40, 60))
def test_garbled_lines_anywhere_are_not_ok(how, start, count):
    """More than may be not understood: truncated, overwritten, without a beginning, with other words."""
    lines = list(good())
    lines[start : start + count] = map(GARBLED[how], lines[start : start + count])
    assert any(verdict is not Verdict.OK for verdict in verdicts(lines))


@settings(max_examples=10)
@given(st.integers(1, len(good()) - 1))
def test_order_of_the_parts_does_not_matter(place):
    """Files and blocks are read newest first."""
    assert verdicts(good()[place:], good()[:place]) == [Verdict.OK, Verdict.OK]


@pytest.mark.parametrize(("ahead", "expected"), [(2, Verdict.OK), (30, Verdict.OK)])
def test_lines_ahead_of_our_clock_count(ahead, expected):
    """A fast clock hides nothing: good lines are seen, error lines judged."""
    bad = f"web {NOW + timedelta(minutes=ahead):%Y-%m-%dT%H:%M:%S}Z ERROR it broke"
    fine = f"web {NOW + timedelta(minutes=ahead):%Y-%m-%dT%H:%M:%S}Z INFO all is well"
    assert verdicts([*good(), fine])[0] is expected
    assert verdicts([*good(), bad])[0] is Verdict.WARNING
