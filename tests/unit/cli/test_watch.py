"""Watching: when it ends, what it says, what its exit code means."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.__main__ import main
from playbook.cli.watch import watch
from playbook.core.clock import FixedClock
from playbook.core.coverage import lacking, whole
from playbook.core.errors import Unreachable
from playbook.settings.loading import load

NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)


class Seen:
    """A look as far as watching knows it; ``?`` is one that shows nothing and is not sure."""

    def __init__(self, severity, at):
        self.severity = severity.strip("?")
        self.coverage = lacking("", expected="all", got="less") if "?" in severity else whole("5 of 5 signs")
        self.line = f"looks like {severity or 'nothing'}"
        self.at = at


@pytest.fixture
def settings(tmp_path):
    """A target without a roster."""
    return load("production", root=tmp_path, environment={})


def watched(settings, *severities, stable_for=3, minutes=60.0, every=60.0):
    """Exit code and lines; what comes last goes on."""
    clock, said, left = FixedClock(NOW), [], list(severities)

    def look_at(_settings, clock):
        severity = left.pop(0) if len(left) > 1 else left[0]
        if severity == "crash":
            raise Unreachable("Website: away", service="Website")
        return Seen(severity, clock.now())

    code = watch(
        settings,
        clock,
        every=every,
        stable_for=stable_for,
        at_most=timedelta(minutes=minutes),
        say=said.append,
        look_at=look_at,
    )
    return code, said, clock.now() - NOW


def test_watch_ends_after_stable_period(settings):
    """A look that is not well begins the count anew."""
    code, said, took = watched(settings, "P2", "", "", "P3", "", "", "")
    assert code == 0
    assert said[-1] == "stable: 3 observations in a row without an emergency"
    assert took == timedelta(minutes=6)
    assert said[1] == "21:00:00 UTC  P2  looks like P2"


def test_person_to_call_is_named_once_per_severity(settings):
    """Not with each look."""
    _, said, _ = watched(settings, "P3", "P3", "P1", "P2", "", "", "")
    called = [line.strip() for line in said if line.startswith("  ")]
    assert [line.partition(":")[0] for line in called] == ["P3", "P1"]
    assert called[0].startswith("P3: not known whom to call (On-call roster is not configured")


@pytest.mark.parametrize(
    ("severities", "code", "last"),
    [
        (["P2"], 1, "not stable after 2 min: the last observation showed P2"),
        (["P2", "?"], 10, "not stable after 2 min: the last observation was inconclusive"),
        (["crash"], 10, "not stable after 2 min: the last observation was inconclusive"),
        (["P2", "P2", ""], 10, "not stable after 2 min: only 1 observation in a row without an emergency"),
    ],
)
def test_watch_ends_at_time_limit(settings, severities, code, last):
    """However it goes on."""
    ended, said, took = watched(settings, *severities, minutes=2)
    assert (ended, said[-1]) == (code, last)
    assert took == timedelta(minutes=2)


def test_unknown_observation_resets_stability(settings):
    """It counts as no look at all that was well."""
    code, said, _ = watched(settings, "", "", "?", "", "", "")
    assert code == 0
    assert len([line for line in said if " ok " in line]) == 5
    assert [line for line in said if " ? " in line] == ["21:02:00 UTC  ?   looks like ?"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--every", "0"], "expected a number over 0"),
        (["--every", "inf"], "expected a number over 0"),
        (["--stable-for", "0"], "expected a whole number, 1 or more"),
        (["--at-most", "x"], "expected a number over 0, got 'x'"),
        (["--target", "production", "--fault", "web-gone"], "faults are for the sandbox only"),
        (["--target", "production"], "web.url is not set"),
    ],
)
def test_watch_mistake_is_one_sentence(arguments, sentence, capsys, monkeypatch):
    """And code 4."""
    monkeypatch.delenv("PRODUCTION_URL", raising=False)
    assert main(["watch", *arguments]) == 4
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
