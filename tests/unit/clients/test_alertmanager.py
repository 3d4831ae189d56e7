"""Alerts from Alertmanager, Prometheus and Grafana, in the same words."""

import json

import pytest

from playbook.clients.alertmanager import Alertmanager, alerting
from playbook.errors import Malformed, NotConfigured, Unreachable
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
    with serve(content([]), content([])) as server, serve(rules("firing", "pending")) as store:
        found = client_of(alertmanager=server.url, prometheus=store.url).found()
    assert [(one.name, one.state) for one in found.alerts] == [("A1", "pending")]
    assert found.source == "Alertmanager and Prometheus"


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
    with serve(rules(*states)) as server:
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
