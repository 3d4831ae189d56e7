"""Answers from which one thing is taken away, or made into something else: bad news never becomes good.

Each field of each answer is left out, renamed, emptied, wrapped or replaced. A list that is emptied is another
system's, so lists are only made into something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from tests.foreign.monitoring import (
    groups,
    of_rules,
    probes,
    rule,
    vector,
    verdict_on_alerts,
    verdict_on_availability,
)
from tests.foreign.test_alertmanager import FIRING, QUIET, alert, manager
from tests.foreign.test_health import verdict

Path = tuple[str | int, ...]
Verdict = Callable[[Any], str]
LEFT_OUT = object()
INSTEAD: tuple[Any, ...] = ({}, "", "somehow", 7, True, {"data": 1})
OF_GRAFANA = "api/prometheus/grafana/api/v1"


def fields(answer: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field of every object in it."""
    if isinstance(answer, Mapping):
        for name, value in answer.items():
            yield (*at, name), value
            yield from fields(value, (*at, name))
    elif isinstance(answer, list):
        for number, value in enumerate(answer):
            yield from fields(value, (*at, number))


def changed(answer: Any, at: Path, value: Any, name: str | None = None) -> Any:
    """A copy in which this field has another value, another name, or is left out."""
    copy = deepcopy(answer)
    holder = copy
    for part in at[:-1]:
        holder = holder[part]
    del holder[at[-1]]
    if value is not LEFT_OUT:
        holder[name or at[-1]] = value
    return copy


def changes(answer: Any) -> Iterator[tuple[str, Any]]:
    """What was changed, and the answer with it."""
    for at, value in fields(answer):
        where = ".".join(map(str, at))
        if not isinstance(value, list):
            yield f"{where} left out", changed(answer, at, LEFT_OUT)
            yield f"{where} renamed", changed(answer, at, value, f"x_{at[-1]}")
            yield f"{where} null", changed(answer, at, None)
            yield f"{where} in a list", changed(answer, at, [value])
        for other in INSTEAD:
            if other != value:
                yield f"{where} {other!r}", changed(answer, at, other)
    for whole in (None, {}, "", [answer], {"data": answer}):
        yield f"{whole!r} instead"[:60], whole


def found_by(sources: Mapping[str, Mapping[str, Any]]) -> str:
    """The verdict on the alerts of these sources."""
    return verdict_on_alerts(**sources)[0]


ALERTS: dict[str, dict[str, dict[str, Any]]] = {
    "Alertmanager": {"alertmanager": manager(alert()), "prometheus": QUIET},
    "Prometheus": {"prometheus": of_rules(FIRING)},
    "Grafana": {"grafana": of_rules(FIRING | {"state": "Alerting"}, path=OF_GRAFANA)},
    "a rule that fails": {"prometheus": QUIET | {"api/v1/rules": groups(rule(health="err"))}},
    "a rule that is late": {
        "prometheus": QUIET | {"api/v1/rules": groups(rule(lastEvaluation="2026-06-15T07:00:00Z"))}
    },
}


@pytest.mark.parametrize("name", ALERTS)
def test_alert_with_one_thing_taken_away_is_not_ok(name):
    """Whichever of the sources tells of it."""
    sources = ALERTS[name]
    assert found_by(sources) != "OK"
    good = [
        f"{source} {path}: {what}"
        for source, answers in sources.items()
        for path, answer in answers.items()
        for what, other in changes(answer)
        if found_by({**sources, source: {**answers, path: other}}) == "OK"
    ]
    assert good == []


@pytest.mark.parametrize("value", ["98.2", "99.3"])
def test_low_availability_with_one_thing_taken_away_is_not_ok(value):
    """Whichever of the answers says less."""
    answers = probes(value=vector(value))
    good = [
        f"{name}: {what}"
        for name, answer in answers.items()
        for what, other in changes(answer)
        if verdict_on_availability({**answers, name: other})[0] == "OK"
    ]
    assert good == []


@pytest.mark.parametrize(
    "report",
    [
        {"status": "ok", "dependencies": {"redis": {"status": "down"}}},
        {"status": "UP", "components": {"db": {"status": "DOWN", "details": {"error": "refused"}}}},
        {"status": "pass", "checks": {"db:connections": [{"status": "fail"}]}},
        {"status": "Healthy", "entries": {"redis": {"status": "Unhealthy", "tags": ["ready"]}}},
    ],
)
def test_failing_dependency_without_its_word_is_not_ok(report):
    """A dependency that is listed must say how it is."""
    good = [
        what
        for what, other in changes(report)
        if ".status" in what and "in a list" not in what and verdict(json.dumps(other).encode()) == "OK"
    ]
    assert verdict(json.dumps(report).encode()) == "CRITICAL"
    assert [what for what in good if not what.endswith((" True", "'data': 1}"))] == []
