"""Alerts from Alertmanager, Prometheus and Grafana, in the same words."""

import json

import pytest

from playbook.clients.alertmanager import Alertmanager, alerting
from playbook.errors import Denied, Malformed, NotConfigured, TooLittleData, Unreachable
from playbook.settings import load
from tests.unit.loopback import answer, closed_port, serve


def client_of(**sections):
    target = {name: {"url": url} for name, url in sections.items()}
    return alerting(load("sandbox", environment={}, overlay={"targets": {"sandbox": target}}))


def content(value):
    return answer(body=json.dumps(value).encode())


def alert(name, state="active", **status):
    return {
        "labels": {"alertname": name},
        "annotations": {"description": f"about {name}"},
        "startsAt": "2026-06-15T07:18:00.123Z",
        "status": {"state": state, "silencedBy": [], "inhibitedBy": [], **status},
    }


def silence(state, **matcher):
    return {
        "id": "1",
        "status": {"state": state},
        "createdBy": "alex",
        "comment": "known",
        "endsAt": "2026-06-16T07:18:00Z",
        "matchers": [{"name": "a", "value": "b", **matcher}],
    }


def rules(*states):
    alerts = [{"labels": {"alertname": f"A{n}"}, "state": state} for n, state in enumerate(states)]
    return content({"status": "success", "data": {"alerts": alerts}})


def test_silences_on_an_alert_are_those_in_effect_and_to_come():
    """Those that cover its labels; expired ones are over."""
    silences = [
        silence("active", value="b"),
        silence("pending", value="b") | {"startsAt": "2026-06-15T07:18:00Z"},
        silence("expired", value="b"),
        silence("active", value="c"),
        silence("pending", value="b|c", isRegex=True),
    ]
    with serve(content(silences)) as server:
        found = client_of(alertmanager=server.url).silences_on({"a": "b", "other": "x"})
    assert [one.matchers for one in found] == [('a="b"',), ('a="b"',), ('a=~"b|c"',)]
    assert [one.since and one.since.hour for one in found] == [None, 7, None]


def test_prometheus_alone_knows_of_no_silences():
    """Which is said, as nothing could be found there."""
    with pytest.raises(TooLittleData, match="expected silences, got none, as it knows of none"):
        client_of(prometheus="http://127.0.0.1:9").silences_on({"a": "b"})


def test_alertmanager_tells_firing_silenced_and_inhibited_apart():
    """An inhibited alert is suppressed without a silence."""
    alerts = [
        alert("Fires"),
        alert("Silent", "suppressed", silencedBy=["1"]),
        alert("Below", "suppressed", inhibitedBy=["2"]),
    ]
    silences = [
        silence("active"),
        silence("expired"),
        silence("active", isRegex=True, isEqual=False),
        silence("active", isEqual=False),
    ]
    with serve(content(alerts), content(silences)) as server:
        found = client_of(alertmanager=server.url).found()
    assert [(one.name, one.state) for one in found.alerts] == [
        ("Fires", "firing"),
        ("Silent", "silenced"),
        ("Below", "inhibited"),
    ]
    assert found.alerts[0].summary == "about Fires"
    assert found.alerts[0].since.isoformat() == "2026-06-15T07:18:00.123000+00:00"
    assert [one.matchers for one in found.silences] == [('a="b"',), ('a!~"b"',), ('a!="b"',)]
    assert (found.source, found.pending_unknown) == ("Alertmanager", None)


def test_what_is_pending_comes_from_prometheus():
    """Its firing alerts are left to Alertmanager, which knows what is silenced."""
    delivered = alert("A0", "suppressed", silencedBy=["1"])
    delivered["labels"]["cluster"] = "eu"
    with serve(content([delivered]), content([])) as server, serve(rules("firing", "pending")) as store:
        found = client_of(alertmanager=server.url, prometheus=store.url).found()
    assert [(one.name, one.state, one.delivered) for one in found.alerts] == [
        ("A0", "silenced", True),
        ("A1", "pending", True),
    ]
    assert found.source == "Alertmanager and Prometheus"


@pytest.mark.parametrize(
    ("sent", "came", "lost"),
    [
        ({}, {}, False),
        ({"instance": "1"}, {"instance": "1", "cluster": "eu"}, False),
        ({"instance": "1", "replica": "a"}, {"instance": "1"}, False),
        ({"instance": "1"}, {"instance": "2"}, True),
        ({}, {"alertname": "Another"}, True),
    ],
)
def test_what_fires_and_never_arrived_is_seen(sent, came, lost):
    """External labels come on top, others may be dropped; a label that says otherwise is another alert."""
    fires = {"labels": {"alertname": "Fires", **sent}, "state": "firing"}
    store_answer = content({"status": "success", "data": {"alerts": [fires]}})
    arrived = alert("Fires")
    arrived["labels"] |= came
    with serve(content([arrived]), content([])) as server, serve(store_answer) as store:
        found = client_of(alertmanager=server.url, prometheus=store.url).found()
    assert [one.name for one in found.alerts if not one.delivered] == ["Fires"] * lost


@pytest.mark.parametrize(
    ("matcher", "silenced"),
    [
        ({"name": "alertname", "value": "A0"}, True),
        ({"name": "alertname", "value": "A"}, False),
        ({"name": "alertname", "value": "A.", "isRegex": True}, True),
        ({"name": "alertname", "value": "A", "isRegex": True}, False),
        ({"name": "alertname", "value": "(", "isRegex": True}, False),
        ({"name": "alertname", "value": "(", "isRegex": True, "isEqual": False}, False),
        ({"name": "alertname", "value": "B", "isEqual": False}, True),
        ({"name": "alertname", "value": "A.*", "isRegex": True, "isEqual": False}, False),
        ({"name": "missing", "value": ""}, True),
        ({"name": "missing", "value": "there"}, False),
        ({"name": "__alert_rule_uid__", "value": "rule-1"}, True),
    ],
)
def test_grafanas_silences_count(matcher, silenced):
    """Matched as Alertmanager does; a silence that has ended, or an expression that is none, hides nothing."""
    labels = {"alertname": "A0", "__alert_rule_uid__": "rule-1"}
    fires = content({"status": "success", "data": {"alerts": [{"labels": labels, "state": "Alerting"}]}})
    past = silence("expired", name="alertname", value="A0")
    with serve(fires, content([past, silence("active", **matcher)])) as server:
        found = client_of(grafana=server.url).found()
    assert [one.state for one in found.alerts] == ["silenced" if silenced else "firing"]
    assert found.alerts[0].labels == {"alertname": "A0"}
    assert len(found.silences) == 1
    assert server.requests[0].startswith(b"GET /api/prometheus/grafana/api/v1/alerts?includeInternalLabels=true ")
    assert server.requests[1].startswith(b"GET /api/alertmanager/grafana/api/v2/silences ")


def test_a_silence_needs_all_of_its_matchers():
    """One that does not hold is enough to let the alert through; it may be pending, too."""
    one = silence("active", name="alertname", value="A0")
    other = silence("active", name="alertname", value="A1")
    other["matchers"].append({"name": "severity", "value": "info"})
    with serve(rules("Pending", "Alerting"), content([one, other])) as server:
        found = client_of(grafana=server.url).found()
    assert [(one.name, one.state) for one in found.alerts] == [("A0", "silenced"), ("A1", "firing")]


def test_what_fires_is_known_without_grafanas_silences():
    """That they may not be read is kept, not raised, and nothing is taken for silenced."""
    with serve(rules("Alerting"), answer("403 Forbidden", b"{}")) as server:
        found = client_of(grafana=server.url).found()
    assert [one.state for one in found.alerts] == ["firing"]
    assert isinstance(found.silences_unknown, Denied)


def test_what_fires_is_known_without_prometheus():
    """That it is away is kept, not raised."""
    with serve(content([alert("Fires")]), content([])) as server:
        client = client_of(alertmanager=server.url, prometheus=f"http://localhost:{closed_port()}")
        found = client.found()
    assert [one.name for one in found.alerts] == ["Fires"]
    assert isinstance(found.pending_unknown, Unreachable)


def test_without_alertmanager_prometheus_is_asked():
    """Firing and pending."""
    with serve(rules("firing", "pending", "inactive")) as server:
        found = client_of(prometheus=server.url, grafana="http://localhost:1").found()
    assert [one.state for one in found.alerts] == ["firing", "pending"]


def test_grafanas_words_are_translated():
    """Normal is none; a rule without data is not evaluated; a reason may follow."""
    states = [
        "Normal",
        "Alerting",
        "Pending",
        "NoData",
        "Error",
        "Alerting (NoData)",
        "Normal (Error)",
        "Recovering",
    ]
    with serve(rules(*states), content([])) as server:
        found = client_of(grafana=server.url).found()
    assert [(one.name, one.state) for one in found.alerts] == [
        ("A1", "firing"),
        ("A2", "pending"),
        ("A3", "not evaluated"),
        ("A4", "not evaluated"),
        ("A5", "firing"),
        ("A7", "firing"),
    ]
    assert found.alerts[4].summary == "(NoData)"


def test_a_state_that_nobody_knows_is_not_passed_over():
    """It could be a bad one."""
    with serve(rules("Smouldering")) as server, pytest.raises(Malformed, match="got 'Smouldering'"):
        client_of(grafana=server.url).found()


def test_alertmanagers_errors_are_texts():
    """As JSON strings, with 400."""
    script = answer("400 Bad Request", b'"bad filter"')
    with serve(script) as server, pytest.raises(Malformed, match="got HTTP 400: bad filter"):
        client_of(alertmanager=server.url).found()


def test_with_nothing_configured_alertmanager_is_asked_for():
    """The first of the three places."""
    with pytest.raises(NotConfigured) as caught:
        alerting(load("production", environment={}))
    assert caught.value.setting == "targets.production.alertmanager.url"
    assert isinstance(client_of(alertmanager="http://localhost:1"), Alertmanager)
