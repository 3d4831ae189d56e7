"""Measurements run concurrently, once each, and one failure is one root cause."""

import configparser
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from playbook.core import engine
from playbook.core.engine import LONGEST_WAIT, Measurements, Provider
from playbook.core.errors import NotConfigured, Unmeasured, Unreachable


def registry(*functions, time_limit=60.0, clients=()):
    """Providers from plain functions."""
    found = {}
    for function in functions:
        needs = tuple(function.__code__.co_varnames[: function.__code__.co_argcount])
        found[function.__name__] = Provider(
            function.__name__, function, needs, time_limit, function.__name__ in clients
        )
    return found


def test_independent_measurements_overlap():
    """Both run at once, or the barrier would break."""
    barrier = threading.Barrier(2, timeout=50)

    def first():
        return barrier.wait() is not None

    def second():
        return barrier.wait() is not None

    measurements = Measurements({}, registry(first, second))
    measurements.start(["first", "second"])
    assert measurements.get("first")
    assert measurements.get("second")


def test_shared_input_is_measured_once():
    """One measurement serves all that need it."""
    calls = []

    def base():
        calls.append(1)
        return 1

    def left(base):
        return base + 1

    def right(base):
        return base + 2

    measurements = Measurements({}, registry(base, left, right))
    measurements.start(["left", "right"])
    assert (measurements.get("left"), measurements.get("right"), len(calls)) == (2, 3, 1)


@pytest.mark.parametrize("parts", [(), ("redis",)])
def test_what_takes_outcomes_is_measured_without_them(parts):
    """It is told of a failure, of an absent part and of a value alike, and relies on the coverage of none."""

    def lost():
        raise Unmeasured("Redis: expected PONG, got nothing", service="Redis")

    def seen():
        return 7

    def beside(lost, seen):
        return (str(lost.error), lost.absent, seen.value)

    providers = registry(lost, seen, beside)
    providers["lost"] = replace(providers["lost"], parts=("redis",))
    providers["beside"] = replace(providers["beside"], outcomes=("lost", "seen"))
    measurements = Measurements({}, providers, absent=parts)
    outcome = measurements.outcome("beside")
    error = "None" if parts else "Redis: expected PONG, got nothing"
    assert (outcome.value, outcome.error) == ((error, bool(parts), 7), None)
    assert (outcome.absent, outcome.made_of) == (False, ())
    measurements.close()


@pytest.mark.parametrize(
    ("own", "needed", "is_long", "waited"),
    [
        (30.0, 5.0, False, 35.0),
        (45.0, 3600.0, False, LONGEST_WAIT),  # the waiting check has a minute
        (5.0, 3600.0, True, 3605.0),  # a drill or a load test, for which its checks have time
    ],
)
def test_wait_of_a_check(monkeypatch, own, needed, is_long, waited):
    """As long as everything needed may take, within its own time limit unless something needed is long."""

    def base():
        return 1

    def top(base):
        return base

    both = registry(base, time_limit=needed) | registry(top, time_limit=own)
    both["base"] = replace(both["base"], is_long=is_long)
    monkeypatch.setattr(engine, "_Task", partial(engine._Task, started=100.0))  # by the frozen clock
    asked = never_done(monkeypatch)
    monkeypatch.setattr(threading.Thread, "start", lambda _: None)
    with pytest.raises(Unmeasured, match=rf"^top did not finish within {waited:g} s$"):
        Measurements({}, both).get("top")
    assert asked == [waited]


def never_done(monkeypatch):
    """How long this thread waited for something that never ends, by a clock that only advances with that
    waiting.
    """
    asked, here, really, passed = [], threading.current_thread(), threading.Event.wait, [100.0]

    def wait(event, seconds=None):
        # a thread's start, and leftovers of other tests
        if seconds is None or threading.current_thread() is not here:
            return really(event, seconds)
        asked.append(seconds)
        passed[0] += seconds
        return False

    monkeypatch.setattr(threading.Event, "wait", wait)
    monkeypatch.setattr(
        engine, "time", SimpleNamespace(monotonic=lambda: passed[0], perf_counter=time.perf_counter)
    )
    return asked


def test_one_failure_is_the_root_cause_of_all_dependants():
    """They get the same exception, and the name of the first failure."""

    def redis():
        raise Unreachable("Redis: connection refused", service="Redis")

    def stats(redis):
        raise AssertionError("must not run")

    def hit_rate(stats):
        raise AssertionError("must not run")

    outcome = Measurements({}, registry(redis, stats, hit_rate)).outcome("hit_rate")
    assert str(outcome.error) == "Redis: connection refused"
    assert outcome.cause == "redis"


def test_crash_is_a_bug_of_the_suite_and_affects_no_other_measurement():
    """It becomes Unmeasured, says where it happened, and the rest continues."""

    def broken():
        return 1 / 0

    def fine():
        return 42

    measurements = Measurements({}, registry(broken, fine))
    with pytest.raises(Unmeasured, match=r"broken crashed: ZeroDivisionError.*test_engine.py:\d+"):
        measurements.get("broken")
    assert measurements.get("fine") == 42


def test_hanging_measurement_ends_at_its_limit():
    """The hanging one is named, and nothing waits for ever."""
    release = threading.Event()

    def hanging():
        release.wait(30)

    try:
        with pytest.raises(Unmeasured, match=r"hanging did not finish within 0.05 s"):
            Measurements({}, registry(hanging, time_limit=0.05)).get("hanging")
    finally:
        release.set()


def test_hanging_measurement_is_waited_for_once(monkeypatch):
    """The limit counts from the start of the measurement, not from each request."""
    release = threading.Event()

    def hanging():
        release.wait(30)

    monkeypatch.setattr(engine, "_Task", partial(engine._Task, started=100.0))  # by the frozen clock
    asked = never_done(monkeypatch)
    measurements = Measurements({}, registry(hanging, time_limit=8.0))
    try:
        for _ in range(2):
            with pytest.raises(Unmeasured, match="did not finish"):
                measurements.get("hanging")
        assert measurements.outcome("hanging").error
        assert asked == [8.0, 0.0, 0.0]
    finally:
        release.set()


def test_hanging_measurement_is_named_before_the_check_times_out():
    """pytest-timeout would only name the check."""
    ini = configparser.ConfigParser()
    ini.read(Path(__file__).resolve().parents[3] / "pytest.ini")
    assert float(ini["pytest"]["timeout"]) - 5 > LONGEST_WAIT


def test_given_values_and_missing_configuration_are_passed_on():
    """Settings are passed in; an unconfigured client fails everything that needs it."""

    def redis(settings):
        raise NotConfigured(f"no Redis for {settings}", setting="redis.url", add="REDIS_URL")

    def stats(redis):
        return redis

    with pytest.raises(NotConfigured, match="no Redis for production"):
        Measurements({"settings": "production"}, registry(redis, stats)).get("stats")


def test_clients_are_closed_once_and_never_started_for_closing():
    """Only opened clients are closed."""
    closed = []

    class Client:
        def close(self):
            closed.append(self)

    def opened():
        return Client()

    def untouched():
        raise AssertionError("must not be opened")

    measurements = Measurements({}, registry(opened, untouched, clients=("opened", "untouched")))
    measurements.get("opened")
    measurements.close()
    assert len(closed) == 1
    assert measurements.finished() == []


def test_client_that_opens_after_the_end_is_closed():
    """A thousand targets share the file descriptors of one process."""
    begin, closed = threading.Event(), threading.Event()

    def late():
        begin.wait(5)
        return SimpleNamespace(close=closed.set)

    measurements = Measurements({}, registry(late, clients=("late",)))
    measurements.start(["late"])
    measurements.close()
    assert not closed.is_set()
    begin.set()
    assert closed.wait(5)


def test_client_in_use_is_closed_when_its_measurement_has_ended():
    """Else a measurement would read from what is closed, or from what another target has opened in its place."""
    reading, begin, closed = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def used():
        return SimpleNamespace(close=closed.set)

    def unused():
        return SimpleNamespace(close=lambda: seen.append("unused"))

    def numbers(used):
        reading.set()
        begin.wait(50)
        seen.append(closed.is_set())
        return 1

    measurements = Measurements({}, registry(used, unused, numbers, clients=("used", "unused")))
    measurements.start(["unused", "numbers"])
    measurements.outcome("unused")
    assert reading.wait(50)
    measurements.close()
    measurements.forget()
    assert seen == ["unused"]
    assert not closed.is_set()
    begin.set()
    assert closed.wait(50)
    assert seen == ["unused", False]


def test_client_of_an_interrupted_drill_is_closed_at_once():
    """It undoes what the drill has begun, and the process may end before the drill does."""
    drilling, closed = threading.Event(), threading.Event()

    def place():
        return SimpleNamespace(close=closed.set)

    def drill(place):
        drilling.set()
        closed.wait(50)
        return 1

    providers = registry(place, drill, clients=("place",))
    providers["drill"] = replace(providers["drill"], is_long=True)
    measurements = Measurements({}, providers)
    measurements.start(["drill"])
    assert drilling.wait(50)
    measurements.close()
    assert closed.is_set()


def test_client_that_opens_while_others_are_closed_is_closed_once():
    begin, count = threading.Event(), []

    def first():
        def close():
            begin.set()
            measurements.outcome("second")

        return SimpleNamespace(close=close)

    def second():
        begin.wait(50)
        return SimpleNamespace(close=lambda: count.append(1))

    measurements = Measurements({}, registry(first, second, clients=("first", "second")))
    measurements.get("first")
    measurements.start(["second"])
    measurements.close()
    assert count == [1]


def test_nothing_is_started_after_the_end():
    started = []

    def late():
        started.append("late")
        return 1

    measurements = Measurements({}, registry(late))
    measurements.close()
    with pytest.raises(Unmeasured, match="late was not measured: the run has ended"):
        measurements.get("late")
    assert started == []


def test_measurement_without_a_thread_says_why(monkeypatch):
    """Nobody waits for what has never begun."""

    def numbers():
        return 1

    def no_thread(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    measurements = Measurements({}, registry(numbers))
    with pytest.raises(Unmeasured, match="numbers could not be measured: can't start new thread"):
        measurements.get("numbers")
    assert measurements.is_settled()


def test_outcome_lists_the_measurements_it_was_made_of():
    """Without clients, and without those in ``apart_from``."""

    def client():
        return 1

    def log(client):
        return client

    def errors(log, client):
        return log

    def calls(log, errors):
        return 1

    known = registry(client, log, errors, calls, clients=["client"])
    known["calls"] = replace(known["calls"], apart_from=("log",))
    measurements = Measurements({}, known)
    assert [one.name for one in measurements.outcome("errors").made_of] == ["log"]
    assert [one.name for one in measurements.outcome("calls").made_of] == ["errors"]


@dataclass
class Loose:
    value: int


@dataclass(frozen=True)
class Fast:
    value: int


class LooseStruct(msgspec.Struct):
    value: int


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, Loose(1), LooseStruct(1)])
def test_mutable_value_is_a_bug_of_the_measurement(value):
    """All checks share the value."""

    def made():
        return value

    with pytest.raises(
        Unmeasured, match=rf"expected a frozen value, got {type(value).__name__}, which can be changed"
    ):
        Measurements({}, registry(made)).get("made")


@pytest.mark.parametrize("value", [None, 1, "a", (1, 2), Fast(1), frozenset({1})])
def test_frozen_value_is_returned_unchanged(value):
    """Whatever its kind."""

    def made():
        return value

    assert Measurements({}, registry(made)).get("made") == value
