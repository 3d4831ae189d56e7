"""Alerts: which count, their order, and what is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.alert_rules import Rules
from playbook.clients.alert_words import Alert, Silence
from playbook.clients.alertmanager import Found, RuleAlerts
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import lacking
from playbook.measure.alerts.alerts import Alerts, alerts
from playbook.settings.loading import load
from tests.judged import check, judged

CHECK = check("test_alerts", "test_no_alert_is_firing_or_pending")
NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)


def alert(name, state="firing", minutes=5.0, **labels):
    since = None if minutes is None else NOW - timedelta(minutes=minutes)
    return Alert(name, {"alertname": name, **labels}, state, since, f"about {name}")


def of(*found, **more):
    rules = more.pop("rules", Rules("Prometheus", ("HighErrorRate", "Watchdog")))
    return Alerts(NOW, Found("Alertmanager", found, rules=rules, **more), ("Watchdog",), ("Watchdog",), 30.0)


def test_only_unsilenced_unexpected_firing_alerts_count():
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
        "Rules": "2 alerting rules",
        "Meant to fire": "Watchdog",
    }
    assert ["firing", "Old", "1 h 30 min", "component=web, severity=critical", "about Old"] in table.rows


def test_undelivered_alerts_come_first():
    """They are listed even if silenced or meant to fire."""
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


def test_unreadable_silences_are_reported():
    """Firing alerts still count."""
    lacks = lacking("silences not known", expected="its silences", got="HTTP 403")
    seen = of(alert("Fires"), alert("Watchdog"), lacks=lacks)
    assert len(seen.firing) == 1
    assert seen.evidence()[0].facts["Not known"] == "expected its silences, got HTTP 403"
    assert not seen.coverage.enough


def test_long_list_is_shortened_in_the_message():
    """Three names and the number of others."""
    seen = of(*(alert(f"A{n}") for n in range(5)))
    assert seen.words(seen.firing) == "5: A0 (for 5 min), A1 (for 5 min), A2 (for 5 min), 2 more"
    assert seen.words(()) == "none"


def test_silences_are_shown_in_the_evidence():
    """Soonest end first."""
    late, soon = (Silence("1", ('a="b"', 'c="d"'), "alex", "known", NOW + timedelta(hours=h)) for h in (5, 2))
    table = of(silences=(late, soon)).evidence()[-1]
    assert table.rows[0] == ['a="b", c="d"', "alex", "2026-06-15 10:00 UTC", "known"]


@pytest.mark.parametrize(
    ("found", "rules", "enough"),
    [
        ([alert("Watchdog")], ("Watchdog",), True),
        ([], ("Watchdog",), False),
        ([alert("Watchdog", "silenced")], ("Watchdog",), False),
        ([replace(alert("Watchdog"), delivered=False)], ("Watchdog",), False),
        ([], ("Another",), True),
    ],
)
def test_always_firing_alert_must_fire_if_its_rule_exists(found, rules, enough):
    """Otherwise alerts may be lost."""
    assert of(*found, rules=Rules("Prometheus", rules)).coverage.enough is enough


def test_named_alert_that_always_fires_must_exist():
    """Its name may be misspelt, and nothing would be known of the way that alerts take."""
    always = ("Watchdog", "Heartbeat")
    for rules in (None, Rules("Prometheus", ("Watchdog", "Heartbeats"))):
        found = Found("Prometheus", (alert("Watchdog"), alert("Heartbeats")), rules=rules)
        assert Alerts(NOW, found, (), always).coverage.got == "none of them"
    assert Alerts(NOW, Found("Prometheus", (alert("Heartbeat"),)), (), always).coverage.enough


@pytest.mark.parametrize(
    ("silence", "told"),
    [
        (Silence("1", ('a="b"',), "alex", "", NOW + timedelta(days=29)), "none"),
        (Silence("1", ('a="b"',), "alex", "", NOW + timedelta(days=31)), '1: a="b" until 2026-07-16 08:00 UTC'),
        (
            Silence("1", ('alertname=~".+"',), "alex", "", NOW + timedelta(hours=1), None, True),
            "1: everything until 2026-06-15 09:00 UTC",
        ),
    ],
)
def test_silences_that_are_overlong_or_match_everything_are_listed(silence, told):
    """What they hide would be overlooked."""
    assert of(silences=(silence,)).found_overlong == told


def test_alerts_meant_to_fire_are_a_setting():
    """With the usual two as default."""

    class Source(RuleAlerts):
        def found(self, now):
            return Found("Prometheus", (alert("Watchdog"), alert("Mine")))

    class Fixed:
        def now(self):
            return NOW

    def measured(**section):
        overlay = {"targets": {"sandbox": {"alertmanager": section}}}
        return alerts(Source(None), load("sandbox", environment={}, overlay=overlay), Fixed(), Earlier())

    assert [one.name for one in measured().firing] == ["Mine"]
    assert [one.name for one in measured(ignore=["Mine"]).firing] == ["Watchdog"]


def rolled(names, *before, paused=(), **section):
    """Alerts with these rules, after runs a day apart that have seen the given ones."""

    class Source(RuleAlerts):
        def found(self, now):
            return Found("Prometheus", (), rules=Rules("Prometheus", tuple(names), paused=paused))

    past = [
        {"alerting rules": Counted(at=NOW - timedelta(days=days), counts=dict.fromkeys(one, 1.0), named=True)}
        for days, one in enumerate(before, 1)
    ]
    overlay = {"targets": {"sandbox": {"alertmanager": section}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    return alerts(Source(None), settings, FixedClock(NOW), Earlier(lambda: past))


BEFORE = ("shoperrors", "solidqueueworkersgone")


def test_rule_that_earlier_runs_have_seen_is_missed():
    """Deleted with a release of the rules, so that nobody learns of it any more."""
    found = rolled(["ShopErrors"], BEFORE, BEFORE)
    assert found.rules_missing == "solidqueueworkersgone"
    assert judged(CHECK, alerts=found) == (
        "WARNING",
        "Alert rules: expected each that earlier runs have seen (or its name in alertmanager.rules_gone), "
        "got all but solidqueueworkersgone",
    )
    assert found.readings["alerting rules"].counts["solidqueueworkersgone"] == 2.0  # and so tomorrow


@pytest.mark.parametrize(
    ("names", "section"),
    [
        (["ShopErrors", "SolidQueueWorkersGone", "New"], {}),
        (["ShopErrors"], {"rules_gone": ["SolidQueueWorkersGone"]}),
        ([], {}),  # which is another problem
        ([f"Rule{'ab'[bit % 2]}{'x' * bit}" for bit in range(201)], {}),
    ],
    ids=["there", "given up", "none known", "too many to be kept"],
)
def test_rule_that_is_there_or_was_given_up_is_not_missed(names, section):
    """Nor is any where the rules are not all known."""
    assert not rolled(names, BEFORE, **section).rules_missing


def test_paused_rule_is_not_missing():
    """It is told as paused."""
    assert not rolled(["ShopErrors"], BEFORE, paused=("SolidQueueWorkersGone",)).rules_missing
