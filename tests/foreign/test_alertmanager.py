"""Alerts, rules and silences in the words of Alertmanager 0.16 to 0.28, Prometheus, vmalert, Thanos and Mimir."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.alertmanager import RuleAlerts
from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.measure.alerts.refused import not_loaded
from tests.foreign.monitoring import NOW, Http, groups, of_rules, rule, verdict_on_alerts


def alert(name: str = "HighErrorRate", state: str = "active", **changes: Any) -> dict[str, Any]:
    """As Alertmanager 0.25 lists it."""
    status = {"state": state, "silencedBy": [], "inhibitedBy": [], **changes.pop("status", {})}
    return {
        "annotations": {"summary": "Many requests fail"},
        "endsAt": "2026-06-15T08:03:41.123Z",
        "fingerprint": "6ef6f8a2b1f6a0c1",
        "receivers": [{"name": "operations"}],
        "startsAt": "2026-06-15T07:18:00.123Z",
        "status": status,
        "updatedAt": "2026-06-15T07:59:41.125Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
        "labels": {"alertname": name, "severity": "critical"},
        **changes,
    }


def silence(**changes: Any) -> dict[str, Any]:
    """As Alertmanager 0.25 lists an active one."""
    return {
        "id": "2b0c1f6e-5d0e-4f7b-9a53-6f2f8a1c7d10",
        "status": {"state": "active"},
        "updatedAt": "2026-06-15T06:00:00.000Z",
        "comment": "known",
        "createdBy": "alex",
        "endsAt": "2026-06-16T07:18:00.000Z",
        "startsAt": "2026-06-15T06:00:00.000Z",
        "matchers": [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "BackupJobSlow"}],
        **changes,
    }


STATUS = {
    "cluster": {"name": "01J0", "peers": [{"address": "10.0.0.3:9094", "name": "01J0"}], "status": "ready"},
    "config": {"original": "route:\n  receiver: operations\n"},
    "uptime": "2026-06-06T08:00:00.000Z",
    "versionInfo": {"version": "0.25.0"},
}


def manager(*alerts: Any, silences: Any = (), status: Any = STATUS) -> dict[str, Any]:
    """An Alertmanager with these."""
    return {"api/v2/alerts": list(alerts), "api/v2/silences": list(silences), "api/v2/status": status}


def silenced(name: str, value: str) -> dict[str, Any]:
    """An Alertmanager with a silence on all alerts whose label has such a value."""
    matchers = [{"isRegex": True, "name": name, "value": value}]
    return {"alertmanager": manager(silences=[silence(matchers=matchers)]), "prometheus": QUIET}


FIRING = {"labels": {"alertname": "HighErrorRate"}, "annotations": {}, "state": "firing", "value": "1e+00"}
QUIET = of_rules()


@pytest.mark.parametrize(
    ("name", "sources", "verdict"),
    [
        ("nothing fires", {"alertmanager": manager(), "prometheus": QUIET}, "OK"),
        ("Alertmanager alone", {"alertmanager": manager()}, "UNKNOWN"),
        ("Alertmanager alone, and one fires", {"alertmanager": manager(alert())}, "CRITICAL"),
        ("Prometheus alone", {"prometheus": QUIET}, "OK"),
        ("one fires", {"alertmanager": manager(alert()), "prometheus": QUIET}, "CRITICAL"),
        (
            "0.28: muted by a time interval",
            {
                "alertmanager": manager(alert(state="suppressed", status={"mutedBy": ["nights"]})),
                "prometheus": QUIET,
            },
            "OK",
        ),
        (
            "inhibited only by an alert that is meant to fire",
            {
                "alertmanager": manager(
                    alert("Watchdog", fingerprint="a1"),
                    alert(state="suppressed", status={"inhibitedBy": ["a1"]}),
                ),
                "prometheus": QUIET,
            },
            "CRITICAL",
        ),
        (
            "kube-prometheus: one for information, which InfoInhibitor or Watchdog inhibits",
            {
                "alertmanager": manager(
                    alert("Watchdog", fingerprint="a1"),
                    alert(
                        state="suppressed",
                        status={"inhibitedBy": ["a1"]},
                        labels={"alertname": "CPUThrottlingHigh", "severity": "info"},
                    ),
                ),
                "prometheus": QUIET,
            },
            "OK",
        ),
        (
            "suppressed by nothing that is named",
            {"alertmanager": manager(alert(state="suppressed")), "prometheus": QUIET},
            "UNKNOWN",
        ),
        (
            "0.16: silenced, without isEqual in its matchers",
            {
                "alertmanager": manager(
                    alert("BackupJobSlow", "suppressed", status={"silencedBy": ["2b0c"]}),
                    silences=[
                        silence(matchers=[{"isRegex": False, "name": "alertname", "value": "BackupJobSlow"}])
                    ],
                ),
                "prometheus": QUIET,
            },
            "OK",
        ),
        (
            "not yet processed",
            {"alertmanager": manager(alert(state="unprocessed")), "prometheus": QUIET},
            "CRITICAL",
        ),
        (
            "ended an hour ago",
            {"alertmanager": manager(alert(endsAt="2026-06-15T07:00:00.000Z")), "prometheus": QUIET},
            "OK",
        ),
        (
            "goes on, by a clock that is six minutes behind ours",
            {"alertmanager": manager(alert("Pushed", endsAt="2026-06-15T07:58:00.000Z")), "prometheus": QUIET},
            "CRITICAL",
        ),
        (
            "begins tomorrow, by another clock",
            {
                "alertmanager": manager(alert("Watchdog", startsAt="2026-06-16T08:00:00.000Z")),
                "prometheus": QUIET,
            },
            "UNKNOWN",
        ),
        ("a silence on everything", silenced("alertname", ".*"), "WARNING"),
        ("a silence on every severity", silenced("severity", ".+"), "WARNING"),
        (
            "a silence on everything that is critical",
            silenced("severity", "critical")
            | {
                "prometheus": QUIET
                | {"api/v1/rules": groups(rule(), rule("Slow", labels={"severity": "warning"}))}
            },
            "OK",
        ),
        ("a silence on all nodes", silenced("node", ".+"), "OK"),
        (
            "null for lists and annotations that are empty",
            {
                "alertmanager": manager(
                    alert(annotations=None, status={"silencedBy": None, "inhibitedBy": None, "mutedBy": None})
                ),
                "prometheus": QUIET,
            },
            "CRITICAL",
        ),
        (
            "fires in vmalert, without annotations",
            {
                "prometheus": of_rules(
                    FIRING | {"annotations": None, "restored": False, "id": "7", "group_id": "2"}
                )
            },
            "CRITICAL",
        ),
        (
            "a silence until 2099",
            {"alertmanager": manager(silences=[silence(endsAt="2099-01-01T00:00:00Z")]), "prometheus": QUIET},
            "WARNING",
        ),
        (
            "peers that have not settled",
            {"alertmanager": manager(status=STATUS | {"cluster": {"status": "settling"}}), "prometheus": QUIET},
            "UNKNOWN",
        ),
        (
            "a single Alertmanager without a cluster",
            {"alertmanager": manager(status=STATUS | {"cluster": {"status": "disabled"}}), "prometheus": QUIET},
            "OK",
        ),
        ("no array", {"alertmanager": {"api/v2/alerts": {"status": "success", "data": []}}}, "UNKNOWN"),
        ("not authorised", {"alertmanager": {"api/v2/alerts": (401, "Unauthorized")}}, "UNKNOWN"),
        (
            "Prometheus' own words for its states",
            {"prometheus": of_rules(FIRING | {"state": "FIRING"})},
            "CRITICAL",
        ),
        ("pending", {"prometheus": of_rules(FIRING | {"state": "pending"})}, "WARNING"),
        ("a state that nobody knows", {"prometheus": of_rules(FIRING | {"state": "smouldering"})}, "UNKNOWN"),
        (
            "fires and was never delivered",
            {"alertmanager": manager(), "prometheus": of_rules(FIRING)},
            "CRITICAL",
        ),
        (
            "no rule files: Prometheus, or VictoriaMetrics without vmalert",
            {"prometheus": QUIET | {"api/v1/rules": {"status": "success", "data": {"groups": []}}}},
            "UNKNOWN",
        ),
        (
            "recording rules alone",
            {"prometheus": QUIET | {"api/v1/rules": groups({"name": "job:up", "type": "recording"})}},
            "UNKNOWN",
        ),
        (
            "vmalert",
            {
                "prometheus": QUIET
                | {
                    "api/v1/rules": groups(
                        rule(
                            lastSamples=2,
                            lastSeriesFetched=7,
                            updates=[],
                            id="12",
                            lastError="",
                            keep_firing_for=0,
                        )
                    )
                }
            },
            "OK",
        ),
        (
            "vmalert, which cannot reach its store",
            {"prometheus": QUIET | {"api/v1/rules": groups(rule(health="err", lastError="dial tcp: refused"))}},
            "UNKNOWN",
        ),
        (
            "Prometheus 3, before the first evaluation",
            {
                "prometheus": QUIET
                | {"api/v1/rules": groups(rule(health="unknown", lastEvaluation="0001-01-01T00:00:00Z"))}
            },
            "UNKNOWN",
        ),
        (
            "Thanos Ruler",
            {
                "prometheus": QUIET
                | {"api/v1/rules": groups(rule(partialResponseStrategy="ABORT", health="OK"), warnings=[])}
            },
            "OK",
        ),
        (
            "Thanos, a ruler away",
            {"prometheus": QUIET | {"api/v1/rules": groups(rule(), warnings=["fetch rules: Unavailable"])}},
            "UNKNOWN",
        ),
        (
            "Thanos Querier, which sends null where nothing fires",
            {"prometheus": QUIET | {"api/v1/alerts": {"status": "success", "data": {"alerts": None}}}},
            "OK",
        ),
        (
            "Thanos Ruler by itself, where nothing fires",
            {"prometheus": QUIET | {"api/v1/alerts": {"status": "success", "data": {"Alerts": None}}}},
            "OK",
        ),
        (
            "Thanos Ruler by itself, where one fires",
            {"prometheus": QUIET | {"api/v1/alerts": {"status": "success", "data": {"Alerts": [FIRING]}}}},
            "CRITICAL",
        ),
        (
            "alerts of nobody knows what",
            {"prometheus": QUIET | {"api/v1/alerts": {"status": "success", "data": {}}}},
            "UNKNOWN",
        ),
        (
            "Thanos Querier, with a ruler away for the alerts alone",
            {
                "prometheus": QUIET
                | {"api/v1/alerts": of_rules()["api/v1/alerts"] | {"warnings": ["fetch rules: Unavailable"]}}
            },
            "UNKNOWN",
        ),
        (
            "Mimir, whose ruler stopped half an hour ago",
            {"prometheus": QUIET | {"api/v1/rules": groups(rule(lastEvaluation="2026-06-15T07:30:00.5Z"))}},
            "UNKNOWN",
        ),
        (
            "the watchdog's rule, which does not fire",
            {"alertmanager": manager(), "prometheus": QUIET | {"api/v1/rules": groups(rule("Watchdog"))}},
            "UNKNOWN",
        ),
        (
            "the watchdog, which does",
            {
                "alertmanager": manager(alert("Watchdog")),
                "prometheus": of_rules(FIRING | {"labels": {"alertname": "Watchdog"}})
                | {"api/v1/rules": groups(rule("Watchdog", state="firing"))},
            },
            "OK",
        ),
    ],
)
def test_monitoring_answers_have_their_verdicts(name: str, sources: dict[str, Any], verdict: str):
    """OK only where every possible alert would have been seen."""
    assert verdict_on_alerts(**sources)[0] == verdict


def recording(name: str = "job:errors:rate5m", query: str = "sum(rate(errors_total[5m]))", **changes: Any) -> Any:
    """A recording rule, as Prometheus 2.42 lists it."""
    shown = rule(name, query=query, type="recording")
    kept = ("name", "query", "health", "evaluationTime", "lastEvaluation", "type")
    return {key: shown[key] for key in kept} | changes


TWICE = "many-to-many matching not allowed: matching labels must be unique on one side"


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ([recording()], "OK"),
        ([recording(health="err", lastError=TWICE)], "UNKNOWN"),
        ([recording(), recording(health="err", lastError=TWICE, labels={"env": "b"})], "UNKNOWN"),
        ([recording(health="unknown", lastEvaluation="0001-01-01T00:00:00Z")], "UNKNOWN"),
        ([recording(lastEvaluation="2026-06-15T07:30:00.5Z")], "UNKNOWN"),
        ([recording("namespace:cpu:sum", health="err", lastError=TWICE)], "OK"),
        ([recording(query="job:e:sum / job:all:sum"), recording("job:e:sum", health="err")], "UNKNOWN"),
        ([recording(query="job:errors:rate5m offset 1h")], "OK"),
        ([{"type": "recording", "name": 7}], "OK"),
    ],
)
def test_recording_rules_that_alerts_are_computed_from_must_be_evaluated(rules, verdict):
    """Alerts on what is not recorded find nothing and look healthy; other recording rules do not matter."""
    answers = QUIET | {"api/v1/rules": groups(rule(), *rules)}
    assert verdict_on_alerts(prometheus=answers)[0] == verdict


def inhibited(name: str, severity: str, *by: str, **more: Any) -> dict[str, Any]:
    """An alert that alerts with these fingerprints inhibit."""
    labels = {"alertname": name, "severity": severity}
    return alert(state="suppressed", status={"inhibitedBy": list(by)}, labels=labels, **more)


WATCHDOG = alert("Watchdog", fingerprint="aa")
SILENCED = alert("NodeDown", "suppressed", status={"silencedBy": ["2b0c"]}, fingerprint="bb")
FIRES = alert("NodeDown", fingerprint="cc")


@pytest.mark.parametrize(
    ("name", "alerts", "verdict"),
    [
        ("by what is meant to fire", [WATCHDOG, inhibited("ApiDown", "critical", "aa")], "CRITICAL"),
        ("a warning by what is meant to fire", [WATCHDOG, inhibited("Slow", "warning", "aa")], "CRITICAL"),
        (
            "an information by kube-prometheus' InfoInhibitor",
            [alert("InfoInhibitor", fingerprint="dd"), inhibited("CPUThrottlingHigh", "info", "dd")],
            "OK",
        ),
        ("by a silenced one", [SILENCED, inhibited("ApiDown", "critical", "bb")], "WARNING"),
        ("its warning by a silenced critical one", [SILENCED, inhibited("NodeSlow", "warning", "bb")], "OK"),
        (
            "by a silenced one and what is meant to fire",
            [SILENCED, WATCHDOG, inhibited("A", "page", "aa", "bb")],
            "WARNING",
        ),
        (
            "by one that a silenced one inhibits",
            [SILENCED, inhibited("B", "warning", "bb", fingerprint="ee"), inhibited("A", "critical", "ee")],
            "WARNING",
        ),
        (
            "by each other",
            [
                inhibited("A", "critical", "2", fingerprint="1"),
                inhibited("B", "critical", "1", fingerprint="2"),
            ],
            "CRITICAL",
        ),
        ("by one that fires", [FIRES, inhibited("ApiDown", "critical", "cc")], "CRITICAL"),
        ("by one that has just ended", [inhibited("ApiDown", "critical", "ff")], "OK"),
    ],
)
def test_inhibited_alerts_of_which_nobody_learns_count(name, alerts, verdict):
    """Notifications of an inhibited alert are left out because those of another one are sent."""
    assert verdict_on_alerts(alertmanager=manager(*alerts), prometheus=QUIET)[0] == verdict, name


BAD_ALERTS = [
    alert(),
    alert(state="unprocessed"),
    alert(state="smouldering"),
    alert(state="suppressed"),
    alert(startsAt="2026-06-15T12:00:00Z"),
    alert(labels="none"),
    alert(status={"state": 7}),
    {"labels": {}},
    "HighErrorRate",
    None,
]
GOOD_ALERTS = [
    alert("Watchdog"),
    alert("BackupJobSlow", "suppressed", status={"silencedBy": ["2b0c"]}),
    alert("Below", "suppressed", status={"inhibitedBy": ["6ef6"]}),
    alert("Over", endsAt="2026-06-15T07:00:00Z"),
]


@given(st.lists(st.sampled_from(GOOD_ALERTS)), st.sampled_from(BAD_ALERTS), st.data())
def test_one_bad_or_unknown_alert_among_good_ones_is_found(good, bad, data):
    """At any position."""
    assert verdict_on_alerts(alertmanager=manager(*good), prometheus=QUIET)[0] == "OK"
    at = data.draw(st.integers(0, len(good)))
    answers = manager(*good[:at], bad, *good[at:])
    assert verdict_on_alerts(alertmanager=answers, prometheus=QUIET)[0] != "OK"


BAD_RULES = [
    rule(health="err"),
    rule(health="unknown"),
    rule(health="something"),
    rule(lastEvaluation="0001-01-01T00:00:00Z"),
    rule(lastEvaluation="2026-06-15T07:00:00Z"),
    rule(lastEvaluation="2026-06-15T18:00:00Z"),
    rule(lastEvaluation=None),
    rule(lastEvaluation="2026-06-15T07:00:00"),
    rule(type="smouldering"),
    rule(name=None),
    {},
    None,
]


@given(st.integers(0, 5), st.sampled_from(BAD_RULES), st.data())
def test_one_unevaluated_rule_among_evaluated_ones_is_found(count, bad, data):
    """At any position."""
    rules = [rule(f"R{number}") for number in range(count)]
    rules.insert(data.draw(st.integers(0, count)), bad)
    assert verdict_on_alerts(prometheus=QUIET | {"api/v1/rules": groups(*rules)})[0] != "OK"


@given(
    st.sampled_from(["api/v1/alerts", "api/v1/rules", "api/v2/alerts", "api/v2/silences", "api/v2/status"]),
    st.sampled_from([(500, ""), (404, "404 page not found"), (401, "no"), "<html>", {}, {"data": {}}, None, 7]),
)
def test_missing_answer_is_never_ok(path, broken):
    """For any of the five."""
    answers = {**manager(), **QUIET}
    assert verdict_on_alerts(alertmanager=answers, prometheus=answers)[0] == "OK"
    answers[path] = broken
    assert verdict_on_alerts(alertmanager=answers, prometheus=answers)[0] != "OK"


RULES = QUIET | {
    "api/v1/rules": groups(
        rule("HighErrorRate", labels={"severity": "critical", "env": "prod"}),
        rule("SlowAnswers", labels={"severity": "warning", "env": "prod"}),
        rule("Watchdog", labels={"severity": "none"}, state="firing"),
    )
}


def on(*matchers: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """A silence: a value with a bar or a dot is an expression, and one that begins with ``!`` must not be."""
    named = [
        {
            "name": name,
            "value": value.removeprefix("!"),
            "isRegex": bool({"|", "."} & set(value)),
            "isEqual": not value.startswith("!"),
        }
        for name, value in matchers
    ]
    return silence(matchers=named, id=str(matchers), **changes)


@pytest.mark.parametrize(
    ("silences", "verdict"),
    [
        ([on(("severity", "critical|warning"))], "WARNING"),
        ([on(("severity", "critical|warning|info"))], "WARNING"),
        ([on(("severity", "!none"))], "WARNING"),
        ([on(("env", "prod"))], "WARNING"),
        ([on(("env", "prod"), ("severity", ".+"))], "WARNING"),
        ([on(("alertname", "HighErrorRate|SlowAnswers"))], "WARNING"),
        ([on(("alertname", "HighErrorRate")), on(("alertname", "SlowAnswers"))], "WARNING"),
        ([on(("severity", "critical")), on(("severity", "warning"))], "WARNING"),
        ([on(("alertname", "High.*")), on(("alertname", "!Watchdog"), ("severity", "warning"))], "WARNING"),
        ([on(("instance", "!web-1"), ("env", "prod"))], "WARNING"),  # a rule tells no instance
        ([on(("severity", "critical"))], "OK"),
        ([on(("severity", "warning|info"))], "OK"),
        ([on(("alertname", "HighErrorRate"))], "OK"),
        ([on(("alertname", "HighErrorRate")), on(("alertname", "Gone"))], "OK"),
        ([on(("env", "staging"))], "OK"),
        ([on(("env", "prod"), ("instance", "web-1"))], "OK"),
        ([on(("env", "prod"), ("instance", "web-.*"))], "OK"),
        ([on(("env", "prod"), ("severity", "info"))], "OK"),
        ([on(("env", "prod"), status={"state": "expired"})], "OK"),
        ([on(("env", "prod"), status={"state": "pending"})], "OK"),
        ([], "OK"),
    ],
)
def test_silences_that_hide_every_rule_are_found(silences, verdict):
    """Alone or together; the heartbeat, which is meant to fire, does not count."""
    watchdog = alert("Watchdog", labels={"alertname": "Watchdog", "severity": "none"})
    found = verdict_on_alerts(alertmanager=manager(watchdog, silences=silences), prometheus=RULES)
    assert found[0] == verdict, found
    assert verdict == "OK" or "together match every alerting rule" in found[1] or "1: everything" in found[1]


@pytest.mark.parametrize("labels", [None, {}, {"severity": 7}, {"severity": "{{ $labels.severity }}"}, "critical"])
def test_rules_that_tell_no_labels_are_left_by_a_silence_on_them(labels):
    """Nothing is known of what they raise but its name."""
    answers = QUIET | {"api/v1/rules": groups(rule(labels=labels))}
    silences = [on(("severity", "critical|warning"))]
    assert verdict_on_alerts(alertmanager=manager(silences=silences), prometheus=answers)[0] == "OK"
    silences = [on(("alertname", "HighErrorRate"))]
    assert verdict_on_alerts(alertmanager=manager(silences=silences), prometheus=answers)[0] == "WARNING"


def sends_to(*urls: str) -> dict[str, Any]:
    """As Prometheus tells its Alertmanagers."""
    found = [{"url": url} for url in urls]
    return {"status": "success", "data": {"activeAlertmanagers": found, "droppedAlertmanagers": []}}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (sends_to("http://alertmanager:9093/api/v2/alerts"), "OK"),
        (sends_to("http://a:9093/api/v2/alerts", "http://b:9093/api/v2/alerts"), "OK"),
        (sends_to(), "UNKNOWN"),
        (
            {"status": "success", "data": {"activeAlertmanagers": [], "droppedAlertmanagers": [{"url": "x"}]}},
            "UNKNOWN",
        ),
        # Thanos, Mimir, VictoriaMetrics and proxies tell nothing of it.
        ((404, "404 page not found"), "OK"),
        ((400, "unsupported path requested: /api/v1/alertmanagers"), "OK"),
        ((403, "Forbidden"), "OK"),
        ((503, "Service Unavailable"), "OK"),
        ({"status": "success", "data": {}}, "OK"),
        ({"status": "success", "data": {"activeAlertmanagers": None}}, "OK"),
        ("<!DOCTYPE html><title>Prometheus</title>", "OK"),
    ],
)
def test_prometheus_that_knows_no_alertmanager_is_found(answer, verdict):
    """Nothing that fires would reach it; without an Alertmanager in the settings others may tell people."""
    sources = QUIET | {"api/v1/alertmanagers": answer}
    assert verdict_on_alerts(alertmanager=manager(), prometheus=sources)[0] == verdict
    assert verdict_on_alerts(alertmanager=manager(alert()), prometheus=sources)[0] == "CRITICAL"
    assert verdict_on_alerts(prometheus=sources)[0] == "OK"


@pytest.mark.parametrize("name", ["DeadMansSwitch", "DeadManSwitch", "PrometheusAlertmanagerE2eDeadManSwitch"])
def test_heartbeats_of_other_collections_of_rules_are_meant_to_fire(name):
    """As kube-prometheus' Watchdog: an alert where it fires is none, and where it does not, others may be lost."""
    firing = FIRING | {"labels": {"alertname": name}}
    rules = {"api/v1/rules": groups(rule(name, state="firing", query="vector(1)"), rule())}
    delivered = {"alertmanager": manager(alert(name)), "prometheus": of_rules(firing) | rules}
    assert verdict_on_alerts(**delivered)[0] == "OK"
    silent = {"alertmanager": manager(), "prometheus": QUIET | {"api/v1/rules": groups(rule(name), rule())}}
    assert verdict_on_alerts(**silent)[0] == "UNKNOWN"


WITHOUT_ZONE = "2026-06-15T07:18:00"


@pytest.mark.parametrize(
    ("sources", "verdict"),
    [
        ({"prometheus": QUIET | {"api/v1/rules": groups(rule(lastEvaluation="2026-06-15T07:59:41"))}}, "OK"),
        ({"prometheus": of_rules(FIRING | {"activeAt": WITHOUT_ZONE})}, "CRITICAL"),
        ({"alertmanager": manager(alert(startsAt=WITHOUT_ZONE)), "prometheus": QUIET}, "CRITICAL"),
        ({"alertmanager": manager(alert(endsAt=WITHOUT_ZONE)), "prometheus": QUIET}, "OK"),
        ({"alertmanager": manager(silences=[silence(startsAt=WITHOUT_ZONE)]), "prometheus": QUIET}, "OK"),
    ],
)
def test_time_without_a_zone_is_in_utc(sources, verdict):
    """As some write it; what is bad is found all the same."""
    assert verdict_on_alerts(**sources)[0] == verdict


@pytest.mark.parametrize("interval", [-1, 1e300, 10**30, "NaN", "Infinity", "often", None])
def test_interval_that_is_none_leaves_its_rules_not_understood(interval):
    """An alert beside them is found all the same."""
    answer = groups(rule())
    answer["data"]["groups"][0]["interval"] = interval
    odd = QUIET | {"api/v1/rules": answer}
    assert verdict_on_alerts(prometheus=odd)[0] == "UNKNOWN"
    assert verdict_on_alerts(alertmanager=manager(alert()), prometheus=odd)[0] == "CRITICAL"


NAMELESS = {"isRegex": False, "name": "", "value": "BackupJobSlow"}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "OK"),
        ({"matchers": []}, "UNKNOWN"),
        ({"matchers": [NAMELESS]}, "UNKNOWN"),
        ({"endsAt": "0001-01-01T00:00:00Z"}, "UNKNOWN"),
        ({"endsAt": "2026-06-15T07:18:00Z"}, "UNKNOWN"),
        ({"endsAt": "2026-06-15T07:59:59Z"}, "OK"),  # between the two answers
        ({"endsAt": "2026-06-15T07:18:00Z", "status": {"state": "expired"}}, "OK"),
        ({"matchers": [], "status": {"state": "expired"}}, "OK"),
    ],
)
def test_active_silence_must_tell_what_it_silences_until_when(changes, verdict):
    """Else it may be one on everything, or without an end."""
    assert verdict_on_alerts(alertmanager=manager(silences=[silence(**changes)]), prometheus=QUIET)[0] == verdict
    grafana = of_rules(path="api/prometheus/grafana/api/v1")
    grafana["api/alertmanager/grafana/api/v2/silences"] = [silence(**changes)]
    assert verdict_on_alerts(grafana=grafana)[0] == verdict


def shares(*rows: tuple[str, str]) -> dict[str, Any]:
    """Prometheus' answer to how much each kind of channel refused lately."""
    result = [{"metric": {"integration": name}, "value": [1781510400.0, share]} for name, share in rows]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (shares(), "OK"),
        ((422, {"status": "error", "errorType": "execution", "error": "query timed out"}), "OK"),
        (shares(("pagerduty", "100")), "WARNING"),
        (shares(("opsgenie", "58.3"), ("webhook", "100")), "WARNING"),
    ],
)
@pytest.mark.parametrize("also", [{"alertmanager": manager()}, {}])
def test_channel_that_refuses_notifications_is_found(answer, verdict, also):
    """A key that was revoked: what fires arrives at Alertmanager and reaches nobody."""
    said, message = verdict_on_alerts(prometheus={**QUIET, "refused": answer}, **also)
    assert said == verdict, message
    assert verdict == "OK" or "(100 %)" in message


def reloads(*names: str) -> dict[str, Any]:
    """Prometheus' answer to which programs could not load their newest settings."""
    result = [
        {
            "metric": {"__name__": f"{name}_config_last_reload_successful", "instance": "10.0.0.5:9", "job": "x"},
            "value": [1781510400.0, "0"],
        }
        for name in names
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.mark.parametrize(
    ("answer", "verdict", "found"),
    [
        (reloads(), "OK", ""),
        ((422, {"status": "error", "errorType": "execution", "error": "query timed out"}), "OK", ""),
        (reloads("prometheus"), "WARNING", "got older ones in prometheus at 10.0.0.5:9"),
        (reloads("prometheus", "alertmanager"), "WARNING", "alertmanager at 10.0.0.5:9, prometheus at 10.0.0.5:9"),
    ],
)
def test_settings_of_alerting_that_were_not_loaded_are_found(answer, verdict, found):
    """After a mistake in a file of rules Prometheus goes on with the old ones, and does not come up again."""
    said, message = verdict_on_alerts(prometheus={**QUIET, "not loaded": answer}, alertmanager=manager())
    assert said == verdict, message
    assert found in message


def test_programs_of_each_family_are_asked_whether_they_loaded_their_settings():
    """Of Prometheus, VictoriaMetrics, Thanos and Mimir, by the names of their own metrics."""
    asked: list[str] = []

    class Seen(Http):
        def get(self, path, parameters=None, *, retry=""):
            asked.append(str((parameters or {}).get("query", "")))
            return super().get(path, parameters, retry=retry)

    rules = RuleAlerts(Prometheus(cast(HttpClient, Seen({"not loaded": reloads("vmalert")}))))
    assert not_loaded(rules, NOW) == ("vmalert at 10.0.0.5:9",)
    for program in ("prometheus", "alertmanager", "vmalert", "vm_promscrape", "thanos_rule", "cortex_ruler"):
        assert f"{program}_config_last_reload_successful == 0" in asked[-1]
    # A VictoriaMetrics of 1.84 to 1.88 without -promscrape.config exposes 0 and has had no error.
    assert "successful == 0 and vm_promscrape_config_reloads_errors_total > 0)" in asked[-1]
