"""Alerts from Alertmanager, Prometheus and Grafana, in the same words."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.alertmanager import Alertmanager, alerting
from playbook.core.errors import Malformed, NotConfigured, TooLittleData
from playbook.settings.loading import load
from tests.unit.loopback import answer, closed_port, serve

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
READY = {"cluster": {"status": "ready"}}


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
    """Alerts A0, A1 … in these states."""
    alerts = [{"labels": {"alertname": f"A{n}"}, "state": state} for n, state in enumerate(states)]
    return content({"status": "success", "data": {"alerts": alerts}})


def rule(name="A0", **changes):
    told = {"type": "alerting", "name": name, "health": "ok", "lastEvaluation": "2026-06-15T07:59:30Z"}
    return {**told, **changes}


def groups(*rules, **more):
    """One group of these rules."""
    one = {"name": "g", "interval": 60, "rules": rules}
    return content({"status": "success", "data": {"groups": [one]}, **more})


EVALUATED = groups(rule())


def test_silences_on_alert_are_active_and_pending_ones():
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
    # One to come at a time that nobody says begins when it ends: it covers nothing.
    assert [one.since and one.since.isoformat()[:13] for one in found] == [None, "2026-06-15T07", "2026-06-16T07"]


def test_prometheus_alone_cannot_answer_for_silences():
    """Which is said, as nothing could be found there."""
    with pytest.raises(TooLittleData, match="expected silences, got none, as it does not support them"):
        client_of(prometheus="http://127.0.0.1:9").silences_on({"a": "b"})


def test_grafana_beside_prometheus_answers_for_silences():
    """Which Prometheus does not support."""
    with serve(content([silence("active")])) as server:
        found = client_of(prometheus="http://127.0.0.1:9", grafana=server.url).silences_on({"a": "b"})
    assert [one.matchers for one in found] == [('a="b"',)]


def test_firing_silenced_and_inhibited_alerts_are_distinguished():
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
    with serve(content(alerts), content(silences), content(READY)) as server:
        found = client_of(alertmanager=server.url).found(NOW)
    assert [(one.name, one.state) for one in found.alerts] == [
        ("Fires", "firing"),
        ("Silent", "silenced"),
        ("Below", "inhibited"),
    ]
    assert found.alerts[0].summary == "about Fires"
    assert found.alerts[0].since.isoformat() == "2026-06-15T07:18:00.123000+00:00"
    assert [one.matchers for one in found.silences] == [('a="b"',), ('a!~"b"',), ('a!="b"',)]
    assert found.source == "Alertmanager"
    assert found.coverage.expected == "the rules that alert to be asked"
    assert found.coverage.hint == 'Add to playbook.toml:\n[targets.sandbox.prometheus]\nurl = "…"'


def test_pending_alerts_come_from_prometheus():
    """Its firing alerts are left to Alertmanager, which knows what is silenced."""
    delivered = alert("A0", "suppressed", silencedBy=["1"])
    delivered["labels"]["cluster"] = "eu"
    with (
        serve(content([delivered]), content([]), content(READY)) as server,
        serve(rules("firing", "pending"), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [(one.name, one.state, one.delivered) for one in found.alerts] == [
        ("A0", "silenced", True),
        ("A1", "pending", True),
    ]
    assert found.source == "Alertmanager and Prometheus"
    assert (found.coverage.enough, found.coverage.words) == (True, "1 alerting rule")


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
def test_firing_alert_missing_from_alertmanager_is_undelivered(sent, came, lost):
    """External labels come on top, others may be dropped; a label that says otherwise is another alert."""
    fires = {"labels": {"alertname": "Fires", **sent}, "state": "firing"}
    store_answer = content({"status": "success", "data": {"alerts": [fires]}})
    arrived = alert("Fires")
    arrived["labels"] |= came
    with (
        serve(content([arrived]), content([]), content(READY)) as server,
        serve(store_answer, EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [one.name for one in found.alerts if not one.delivered] == ["Fires"] * lost


@pytest.mark.parametrize(
    ("started", "date", "young"),
    [
        ("2026-06-15T07:59:15.400Z", "", True),
        ("2026-06-15T07:57:59Z", "", False),
        ("2026-06-15T07:40:00Z", "Mon, 15 Jun 2026 07:41:00 GMT", True),  # its clock is slow, by which it is young
        ("2026-06-15T07:59:15Z", "Mon, 15 Jun 2026 09:00:00 GMT", False),
        ("2026-06-15T07:59:15+02:00", "", False),
        ("2026-06-15T08:00:00.900Z", "Mon, 15 Jun 2026 08:00:00 GMT", True),  # a Date has whole seconds
        ("2026-06-15T09:00:00Z", "", False),
        ("yesterday", "", False),
        ("2026-06-15T07:59:15", "", False),
        ("0001-01-01T00:00:00Z", "", False),
        ("2026-06-15T07:59:15Z", "no date", False),
    ],
)
def test_recently_started_alertmanager_has_no_undelivered_alerts(started, date, young):
    """Within two minutes of its start, by its own clock; its firing alerts are reported, its list is partial."""
    status = answer(body=json.dumps({**READY, "uptime": started}).encode(), **({"Date": date} if date else {}))
    with (
        serve(content([]), content([]), status) as server,
        serve(rules("firing"), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [(one.name, one.state, one.delivered) for one in found.alerts] == [("A0", "firing", young)]
    assert found.coverage.enough is not young
    if young:
        assert found.coverage.expected == "an Alertmanager that has run for 120 s"
        assert "s ago and has not yet received 1 firing alert" in found.coverage.got


def test_recently_started_alertmanager_with_all_alerts_is_whole():
    """It was sent everything again already."""
    status = content({**READY, "uptime": "2026-06-15T07:59:15Z"})
    with (
        serve(content([alert("A0")]), content([]), status) as server,
        serve(rules("firing"), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert found.coverage.enough
    assert all(one.delivered for one in found.alerts)


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
def test_grafana_silences_are_matched_like_alertmanagers(matcher, silenced):
    """Matched as Alertmanager does; a silence that has ended, or an expression that is none, hides nothing."""
    labels = {"alertname": "A0", "__alert_rule_uid__": "rule-1"}
    fires = content({"status": "success", "data": {"alerts": [{"labels": labels, "state": "Alerting"}]}})
    past = silence("expired", name="alertname", value="A0")
    with serve(fires, EVALUATED, content([past, silence("active", **matcher)])) as server:
        found = client_of(grafana=server.url).found(NOW)
    assert [one.state for one in found.alerts] == ["silenced" if silenced else "firing"]
    assert found.alerts[0].labels == {"alertname": "A0"}
    assert len(found.silences) == 1
    assert server.requests[0].startswith(b"GET /api/prometheus/grafana/api/v1/alerts?includeInternalLabels=true ")
    assert server.requests[1].startswith(b"GET /api/prometheus/grafana/api/v1/rules ")
    assert server.requests[2].startswith(b"GET /api/alertmanager/grafana/api/v2/silences ")


def test_silence_requires_all_matchers():
    """One that does not hold is enough to let the alert through; it may be pending, too."""
    one = silence("active", name="alertname", value="A0")
    other = silence("active", name="alertname", value="A1")
    other["matchers"].append({"name": "severity", "value": "info"})
    with serve(rules("Pending", "Alerting"), EVALUATED, content([one, other])) as server:
        found = client_of(grafana=server.url).found(NOW)
    assert [(one.name, one.state) for one in found.alerts] == [("A0", "silenced"), ("A1", "firing")]


def test_firing_alerts_are_returned_without_grafana_silences():
    """That they may not be read is kept, not raised, and nothing is taken for silenced."""
    with serve(rules("Alerting"), EVALUATED, answer("403 Forbidden", b"{}")) as server:
        found = client_of(grafana=server.url).found(NOW)
    assert [one.state for one in found.alerts] == ["firing"]
    assert "silences not known" in found.coverage.words
    assert not found.coverage.enough


@pytest.mark.parametrize(
    "answered", [answer("500 Internal Server Error", b'"no quorum"'), content([silence("active") | {"id": None}])]
)
def test_firing_alerts_are_returned_without_alertmanager_silences(answered):
    """An error, or one silence that is not understood, does not hide what fires."""
    with (
        serve(content([alert("Fires")]), answered, content(READY)) as server,
        serve(rules("pending"), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [(one.name, one.state) for one in found.alerts] == [("Fires", "firing"), ("A0", "pending")]
    assert "silences not known" in found.coverage.words
    assert not found.coverage.enough


def test_unknown_state_of_silence_is_counted():
    """It could be in effect."""
    listed = [silence("active"), silence("dormant")]
    with (
        serve(content([]), content(listed), content(READY)) as server,
        serve(rules(), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert len(found.silences) == 1
    assert found.coverage.got == "1 of 2 that is not, e.g. '1 dormant'"
    with serve(rules(), EVALUATED, content(listed)) as board:
        assert not client_of(grafana=board.url).found(NOW).coverage.enough


def test_firing_alerts_are_returned_without_prometheus():
    """That it is away is kept, not raised."""
    with serve(content([alert("Fires")]), content([]), content(READY)) as server:
        client = client_of(alertmanager=server.url, prometheus=f"http://localhost:{closed_port()}")
        found = client.found(NOW)
    assert [one.name for one in found.alerts] == ["Fires"]
    assert found.coverage.got.startswith("connection refused")
    assert "pending not known" in found.coverage.words


@pytest.mark.parametrize(
    ("state", "silences", "states"),
    [("firing", [], ["firing"]), ("pending", [], ["pending"]), ("firing", [silence("active")], ["silenced"])],
)
def test_alerts_of_the_rules_are_returned_without_those_of_alertmanager(state, silences, states):
    """Whether it has received them is not known, so they are not undelivered; its silences still count."""
    fires = {"labels": {"alertname": "Fires", "a": "b"}, "state": state}
    store_answer = content({"status": "success", "data": {"alerts": [fires]}})
    with (
        serve(
            answer("500 Internal Server Error", b'"out of memory"'), content(silences), content(READY)
        ) as server,
        serve(store_answer, EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [one.state for one in found.alerts] == states
    assert all(one.delivered for one in found.alerts)
    assert not found.coverage.enough
    assert "alerts of Alertmanager not known" in found.coverage.words


def test_nothing_is_good_without_alertmanagers_alerts():
    """Where no rule alerts, they are needed."""
    broken = answer("500 Internal Server Error", b'"out of memory"')
    with (
        serve(broken, content([]), content(READY)) as server,
        serve(rules("inactive"), EVALUATED) as store,
        pytest.raises(Malformed, match="out of memory"),
    ):
        client_of(alertmanager=server.url, prometheus=store.url).found(NOW)


def test_alerts_are_those_of_the_rules_where_their_list_cannot_be_read():
    """Prometheus lists its alerts twice: by themselves and with their rules."""
    fires = {"labels": {"alertname": "A0"}, "state": "firing", "annotations": {}}
    page = answer(body=b"<html>maintenance</html>")
    with serve(page, groups(rule(alerts=[fires], state="firing"))) as store:
        found = client_of(prometheus=store.url).found(NOW)
    assert [(one.name, one.state) for one in found.alerts] == [("A0", "firing")]
    assert "alerts known by their rules only" in found.coverage.words
    with serve(page, groups(rule(alerts=[], state="inactive"))) as store, pytest.raises(Malformed):
        client_of(prometheus=store.url).found(NOW)


def test_prometheus_is_used_without_alertmanager():
    """Firing and pending."""
    with serve(rules("firing", "pending", "inactive"), EVALUATED) as server:
        found = client_of(prometheus=server.url, grafana="http://localhost:1").found(NOW)
    assert [one.state for one in found.alerts] == ["firing", "pending"]


def test_grafana_states_are_translated():
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
    with serve(rules(*states), EVALUATED, content([])) as server:
        found = client_of(grafana=server.url).found(NOW)
    assert [(one.name, one.state) for one in found.alerts] == [
        ("A1", "firing"),
        ("A2", "pending"),
        ("A3", "not evaluated"),
        ("A4", "not evaluated"),
        ("A5", "firing"),
        ("A7", "firing"),
    ]
    assert found.alerts[4].summary == "(NoData)"
    assert found.coverage.got == "1 that saw nothing or failed: A6 Normal (Error)"


def test_unknown_alert_state_is_counted():
    """It could be a bad one."""
    with serve(rules("Smouldering", "Alerting"), EVALUATED, content([])) as server:
        found = client_of(grafana=server.url).found(NOW)
    assert [one.name for one in found.alerts] == ["A1"]
    assert found.coverage.got == "1 of 2 that is not, e.g. 'A0 Smouldering'"


@pytest.mark.parametrize(
    ("answered", "got"),
    [
        (groups(), "none in Prometheus"),
        (content({"status": "success", "data": {"groups": []}}), "none in Prometheus"),
        (groups(rule(type="recording")), "none in Prometheus"),
        (groups(rule(health="err", lastError="many-to-many")), "1 that is not: A0 (health err: many-to-many)"),
        (groups(rule(health="unknown")), "1 that is not: A0 (health unknown)"),
        (groups(rule(lastEvaluation="0001-01-01T00:00:00Z")), "1 that is not: A0 (never evaluated, or paused)"),
        (groups(rule(), {"name": "A1"}), "1 of 2 that is not, e.g. \"{'name': 'A1'}\""),
        (groups(rule(lastEvaluation="2026-06-15T07:40:00Z")), "1 that is not: A0 (last evaluated 20 min ago)"),
        (
            groups(rule(lastEvaluation="2026-06-15T09:00:00Z")),
            "1 that is not: A0 (last evaluated 60 min in the future, by its clock)",
        ),
        (groups(rule(), warnings=["one ruler is away"]), "an answer with the warning 'one ruler is away'"),
        (groups(rule(state="smouldering")), "1 of 2 that is not, e.g. 'A0 smouldering'"),
        (
            content({"status": "success", "data": {"groups": [{"rules": [rule()]}], "groupNextToken": "79b"}}),
            "an answer with the warning 'there are more pages'",
        ),
        (groups(rule(), isPartial=True), "an answer with the warning 'isPartial: true'"),
        (answer("404 Not Found", b"404 page not found"), "HTTP 404"),
        (content({"status": "success", "data": []}), "JSON of another shape: Expected `object`, got `array`"),
    ],
)
def test_no_alerts_without_evaluated_rules_is_not_ok(answered, got):
    """None loaded, none evaluated, or nobody can say."""
    with serve(rules(), answered) as server:
        found = client_of(prometheus=server.url).found(NOW)
    assert not found.coverage.enough
    assert found.coverage.got.startswith(got)


FIRING = {"labels": {"alertname": "A0", "disk": "a"}, "state": "firing", "activeAt": "2026-06-15T07:50:00Z"}


@pytest.mark.parametrize(
    ("listed", "told", "found"),
    [
        ([], rule(alerts=[FIRING]), [("A0", "firing", {"disk": "a"})]),
        ([FIRING], rule(alerts=[FIRING]), [("A0", "firing", {"disk": "a"})]),
        ([{**FIRING, "labels": {**FIRING["labels"], "__rule_uid__": "x"}}], rule(alerts=[FIRING]), 1),
        ([{**FIRING, "state": "pending"}], rule(alerts=[FIRING]), 2),
        ([FIRING], rule(alerts=[{**FIRING, "labels": {"alertname": "A0", "disk": "b"}}]), 2),
        # An answer that leaves the alerts out says of the whole rule that it fires.
        ([], rule(state="firing", labels={"severity": "page"}), [("A0", "firing", {"severity": "page"})]),
        ([], rule(state="pending"), [("A0", "pending", {})]),
        ([], rule(state="recovering"), [("A0", "firing", {})]),
        ([FIRING], rule(state="firing", labels={"severity": "page"}), [("A0", "firing", {"disk": "a"})]),
        ([], rule(state="inactive", alerts=[]), []),
        ([], rule(state="firing", alerts="none", labels=["odd"]), [("A0", "firing", {})]),
    ],
)
def test_alerts_from_rules_are_added_to_the_list(listed, told, found):
    """The list is another answer, and empty where Prometheus was started between the two."""
    answered = content({"status": "success", "data": {"alerts": listed}})
    with serve(answered, groups(told)) as server:
        alerts = client_of(prometheus=server.url).found(NOW).alerts
    shown = [(one.name, one.state, {**one.labels}) for one in alerts]
    for *_, labels in shown:
        labels.pop("alertname")
    assert (len(shown) if isinstance(found, int) else shown) == found


def test_unreadable_alert_of_rule_is_counted():
    """It could be one that fires."""
    with serve(rules(), groups(rule(alerts=["odd"]))) as server:
        found = client_of(prometheus=server.url).found(NOW)
    assert found.coverage.got == "1 of 1 that is not, e.g. 'odd'"


def test_paused_rules_are_listed_but_do_not_count():
    """As somebody has paused them; with no other there are none."""
    paused = rule("A1", isPaused=True, health="ok", lastEvaluation="0001-01-01T00:00:00Z")
    with serve(rules(), groups(rule(), paused), content([])) as server:
        assert client_of(grafana=server.url).found(NOW).coverage.words == "1 alerting rule, 1 paused"
    with serve(rules(), groups(paused), content([])) as server:
        assert client_of(grafana=server.url).found(NOW).coverage.got == "none in Grafana, 1 paused"


def test_grafana_rules_are_used_if_prometheus_has_none():
    """What it finds counts, and is not taken for lost as Alertmanager does not know it."""
    with (
        serve(rules(), groups()) as store,
        serve(rules("Alerting", "Normal"), EVALUATED, content([])) as board,
        serve(content([]), content([]), content(READY)) as server,
    ):
        client = client_of(alertmanager=server.url, prometheus=store.url, grafana=board.url)
        found = client.found(NOW)
    assert [(one.name, one.state, one.delivered) for one in found.alerts] == [("A0", "firing", True)]
    assert found.coverage.enough
    assert found.source == "Alertmanager, Prometheus and Grafana"


@pytest.mark.parametrize(
    ("changes", "names", "enough"),
    [
        ({}, ["Fires"], True),
        ({"endsAt": "2026-06-15T07:54:00Z"}, [], True),
        ({"endsAt": "2026-06-15T07:56:00Z"}, ["Fires"], True),  # by a clock behind ours
        ({"endsAt": "2026-06-15T08:03:00Z"}, ["Fires"], True),
        ({"endsAt": "0001-01-01T00:00:00.000Z"}, ["Fires"], True),
        ({"startsAt": "2026-06-15T11:00:00Z"}, ["Fires"], False),
        ({"status": {"state": "unprocessed"}}, ["Fires"], True),
        ({"status": {"state": "Active"}}, ["Fires"], True),
        ({"status": {"state": "smouldering"}}, ["Fires"], False),
        ({"status": {"state": "suppressed"}}, [], False),
        ({"status": {"state": "suppressed", "mutedBy": ["nights"]}}, [], True),
        ({"labels": None}, [], False),
    ],
)
def test_alertmanager_alerts_are_filtered_by_state_and_end(changes, names, enough):
    """What has ended does not fire; what nobody understands is not passed over."""
    told = [alert("Fires") | changes]
    with (
        serve(content(told), content([]), content(READY)) as server,
        serve(rules(), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [one.name for one in found.alerts if one.state == "firing"] == names
    assert found.coverage.enough is enough


@pytest.mark.parametrize(
    ("status", "enough"),
    [
        (content(READY), True),
        (content({"cluster": {"status": "disabled"}}), True),
        (content({"cluster": {"status": "settling"}}), False),
        (content({}), False),
        (answer("404 Not Found"), False),
    ],
)
def test_unsettled_alertmanager_is_incomplete(status, enough):
    """Of its peers' alerts and silences."""
    with (
        serve(content([]), content([]), status) as server,
        serve(rules(), EVALUATED) as store,
    ):
        assert client_of(alertmanager=server.url, prometheus=store.url).found(NOW).coverage.enough is enough


@pytest.mark.parametrize("state", ["FIRING", "Firing", "firing"])
def test_state_is_case_insensitive(state):
    """As proxies and other rulers write them."""
    with serve(rules(state), EVALUATED) as server:
        assert client_of(prometheus=server.url).found(NOW).alerts[0].state == "firing"


def test_answer_other_than_array_is_malformed():
    """As of a login page's API."""
    with serve(content({"message": "please log in"})) as server, pytest.raises(Malformed):
        client_of(alertmanager=server.url).found(NOW)


def test_silence_on_everything_is_recognised():
    """By its matchers."""
    silences = [
        silence("active", name="alertname", value=".+", isRegex=True),
        silence("active", name="alertname", value="A0"),
        silence("active", name="alertname", value="A0", isEqual=False),
    ]
    with (
        serve(content([]), content(silences), content(READY)) as server,
        serve(rules(), EVALUATED) as store,
    ):
        found = client_of(alertmanager=server.url, prometheus=store.url).found(NOW)
    assert [one.on_everything for one in found.silences] == [True, False, True]
    assert found.silences[0].until - NOW == timedelta(hours=23, minutes=18)


def test_alertmanager_json_string_errors_are_shown():
    """As JSON strings, with 400."""
    script = answer("400 Bad Request", b'"bad filter"')
    with serve(script) as server, pytest.raises(Malformed, match="got HTTP 400: bad filter"):
        client_of(alertmanager=server.url).found(NOW)


def test_unconfigured_alerting_asks_for_alertmanager():
    """The first of the three places."""
    with pytest.raises(NotConfigured) as caught:
        alerting(load("production", environment={}))
    assert caught.value.setting == "targets.production.alertmanager.url"
    assert isinstance(client_of(alertmanager="http://localhost:1"), Alertmanager)
