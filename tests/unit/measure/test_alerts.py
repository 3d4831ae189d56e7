"""Alerts: what counts, in which order, and what is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.alertmanager import Alert, Found, Silence
from playbook.errors import Unreachable
from playbook.measure.alerts import Alerts, alerts
from playbook.settings import load

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


def alert(name, state="firing", minutes=5.0, **labels):
    since = None if minutes is None else NOW - timedelta(minutes=minutes)
    return Alert(name, {"alertname": name, **labels}, state, since, f"about {name}")


def of(*found, **more):
    return Alerts(NOW, Found("Alertmanager", found, **more), ("Watchdog",))


def test_only_what_fires_unsilenced_and_not_on_purpose_counts():
    """Longest first."""
    seen = of(
        alert("Young", minutes=5),
        alert("Watchdog"),
        alert("Silent", "silenced"),
        alert("Below", "inhibited"),
        alert("Old", minutes=90, component="web", severity="critical"),
        alert("Pending", "pending"),
        alert("Blind", "not evaluated", None),
    )
    assert [one.name for one in seen.firing] == ["Old", "Young"]
    assert [one.name for one in seen.waiting] == ["Pending", "Blind"]
    assert seen.words(seen.firing) == "2: Old (web, critical, for 1 h 30 min), Young (for 5 min)"
    assert seen.words(seen.waiting[1:]) == "1: Blind"
    facts, table = seen.evidence()
    assert facts.facts == {
        "Source": "Alertmanager",
        "Firing": "2",
        "Pending": "1",
        "Silenced": "1",
        "Inhibited": "1",
        "Not evaluated": "1",
        "Meant to fire": "Watchdog",
    }
    assert ["firing", "Old", "1 h 30 min", "component=web, severity=critical", "about Old"] in table.rows


def test_what_nobody_was_told_of_comes_first():
    """And is named, also where it is silenced or meant to fire."""
    lost = [
        replace(alert(name, state), delivered=False)
        for name, state in (("Lost", "firing"), ("Silent", "silenced"), ("Watchdog", "firing"))
    ]
    seen = of(alert("Old", minutes=90), *lost)
    assert [one.name for one in seen.firing] == ["Lost", "Old"]
    assert seen.words(seen.firing[:1]) == "1: Lost (for 5 min, not delivered to Alertmanager)"
    assert [one.name for one in seen.undelivered] == ["Lost", "Silent", "Watchdog"]
    facts, table = seen.evidence()
    assert facts.facts["Not delivered to Alertmanager"] == "3"
    assert [row[0] for row in table.rows] == ["firing", "firing, not delivered", "silenced, not delivered"]


def test_silences_that_nobody_could_read_are_said():
    """What fires counts."""
    seen = of(alert("Fires"), silences_unknown=Unreachable("away", service="Grafana"))
    assert len(seen.firing) == 1
    assert seen.evidence()[0].facts["Silences"] == "not known: away"


def test_a_long_list_is_cut_in_the_message():
    """Three names and how many more."""
    seen = of(*(alert(f"A{n}") for n in range(5)))
    assert seen.words(seen.firing) == "5: A0 (for 5 min), A1 (for 5 min), A2 (for 5 min), 2 more"
    assert seen.words(()) == "none"


def test_silences_are_shown():
    """Soonest end first."""
    late, soon = (Silence("1", ('a="b"', 'c="d"'), "alex", "known", NOW + timedelta(hours=h)) for h in (5, 2))
    table = of(silences=(late, soon)).evidence()[-1]
    assert table.rows[0] == ['a="b", c="d"', "alex", "2026-06-15 10:00 UTC", "known"]


def test_pending_that_nobody_could_tell_is_an_error_of_its_own():
    """What fires is known all the same, and the evidence says both."""
    seen = of(alert("Fires"), pending_unknown=Unreachable("Prometheus is away", service="Prometheus"))
    assert len(seen.firing) == 1
    assert seen.evidence()[0].facts["Pending"] == "not known: Prometheus is away"
    with pytest.raises(Unreachable):
        _ = seen.waiting


def test_what_is_meant_to_fire_is_a_setting():
    """With the usual two as default."""

    class Source:
        def found(self):
            return Found("Prometheus", (alert("Watchdog"), alert("Mine")))

    class Fixed:
        def now(self):
            return NOW

    def measured(**section):
        overlay = {"targets": {"sandbox": {"alertmanager": section}}}
        return alerts(Source(), load("sandbox", environment={}, overlay=overlay), Fixed())

    assert [one.name for one in measured().firing] == ["Mine"]
    assert [one.name for one in measured(ignore=["Mine"]).firing] == ["Watchdog"]
