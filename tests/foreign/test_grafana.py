"""Alerts of Grafana's own rules, and its dashboard, in the words of Grafana 9 to 12."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.grafana import Grafana
from playbook.core.errors import Malformed, Unmeasured
from tests.foreign.monitoring import SETTINGS, Http, groups, of_rules, rule, verdict_on_alerts
from tests.foreign.test_alertmanager import alert, manager

ALERTS, RULES = "api/prometheus/grafana/api/v1/alerts", "api/prometheus/grafana/api/v1/rules"
SILENCES = "api/alertmanager/grafana/api/v2/silences"


def instance(state: str, **changes: Any) -> dict[str, Any]:
    """As Grafana 10 lists it."""
    return {
        "labels": {"alertname": "HighErrorRate", "grafana_folder": "Portfolio", "__alert_rule_uid__": "c1x"},
        "annotations": {"summary": "Many requests fail"},
        "state": state,
        "activeAt": "2026-06-15T07:18:00Z",
        "value": "",
        **changes,
    }


def own_rule(**changes: Any) -> dict[str, Any]:
    """As Grafana 12 lists it."""
    return rule(
        keepFiringFor=0,
        folderUid="portfolio",
        uid="c1x",
        isPaused=False,
        queriedDatasourceUIDs=["prometheus"],
        notificationSettings=None,
        activeAt="0001-01-01T00:00:00Z",
        totals={"normal": 1},
        lastEvaluation="2026-06-15T09:59:40+02:00",
        **changes,
    )


def board(*found: Any, rules: Any = None, silences: Any = ()) -> dict[str, Any]:
    """A Grafana with these."""
    return {
        ALERTS: {"status": "success", "data": {"alerts": list(found)}},
        RULES: rules or groups(own_rule(), own_rule(name="ImagesPileUp") | {"uid": "d2"}),
        SILENCES: list(silences),
    }


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("Normal", "OK"),
        ("Normal (Updated)", "OK"),
        ("Normal (MissingSeries)", "OK"),
        ("Normal (NoData)", "UNKNOWN"),
        ("Normal (Error)", "UNKNOWN"),
        ("Normal (NoData, KeepLast)", "UNKNOWN"),
        ("Alerting", "CRITICAL"),
        ("Alerting (NoData)", "CRITICAL"),
        ("Alerting (Error, KeepLast)", "CRITICAL"),
        ("alerting", "CRITICAL"),
        ("firing", "CRITICAL"),
        ("Recovering", "CRITICAL"),
        ("Pending", "WARNING"),
        ("Pending (Error)", "WARNING"),
        ("NoData", "WARNING"),
        ("Error", "WARNING"),
        ("Paused", "UNKNOWN"),
        ("Something", "UNKNOWN"),
        ("", "UNKNOWN"),
    ],
)
def test_instance_states_have_their_verdicts(state, verdict):
    """Normal is OK where it is based on data."""
    assert verdict_on_alerts(grafana=board(instance("Normal"), instance(state)))[0] == verdict


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        (groups(own_rule()), "OK"),
        ({"status": "success", "data": {"groups": []}}, "UNKNOWN"),
        (groups(own_rule() | {"isPaused": True}), "UNKNOWN"),
        (groups(own_rule() | {"health": "error", "lastError": "[sse.dataQueryError] failed"}), "UNKNOWN"),
        (groups(own_rule() | {"health": "nodata"}), "UNKNOWN"),
        ({"status": "success", "data": {"groups": [], "groupNextToken": "abc"}}, "UNKNOWN"),
        ({"status": "success", "data": groups(own_rule())["data"] | {"groupNextToken": "abc"}}, "UNKNOWN"),
        ({"status": "error", "data": {"groups": []}}, "UNKNOWN"),
        ((404, '{"message": "Not found"}'), "UNKNOWN"),
        ("<!DOCTYPE html><title>Grafana</title>", "UNKNOWN"),
    ],
)
def test_own_rules_have_their_verdicts(rules, verdict):
    """There must be some, and they must be evaluated."""
    assert verdict_on_alerts(grafana=board(instance("Normal"), rules=rules))[0] == verdict


NEVER = "0001-01-01T00:00:00Z"


def paused(name: str = "B", **changes: Any) -> dict[str, Any]:
    """As Grafana 12 lists a rule that it does not evaluate."""
    return own_rule(name=name) | {"uid": name, "isPaused": True, "lastEvaluation": NEVER} | changes


@pytest.mark.parametrize("beside", [{}, {"prometheus": of_rules()}], ids=["alone", "beside-prometheus"])
@pytest.mark.parametrize(
    ("rules", "verdict", "words"),
    [
        ([paused()], "WARNING", "got 1: B"),
        ([paused(health="nodata", state="inactive")], "WARNING", "got 1: B"),
        ([paused(name) for name in "BCDEF"], "WARNING", "got 5: B, C, D, and 2 more"),
        ([paused("PlaybookTestAlert")], "OK", ""),  # alertmanager.ignore
        # Up to 11 nothing says that it is paused.
        ([paused() | {"isPaused": False}], "UNKNOWN", "B (never evaluated, or paused)"),
    ],
)
def test_paused_rule_is_found(beside, rules, verdict, words):
    """It sees nothing until somebody resumes it: 9.4.1 paused all rules by itself (grafana/grafana#63927)."""
    found = verdict_on_alerts(grafana=board(instance("Normal"), rules=groups(own_rule(), *rules)), **beside)
    assert found[0] == verdict, found
    assert words in found[1]


# As Grafana lists rules that were imported from Prometheus while nothing is wrong.
NO_DATA = board(instance("Normal (NoData)"), rules=groups(own_rule() | {"health": "nodata"}))


@pytest.mark.parametrize(
    ("grafana", "named", "verdict"),
    [
        (NO_DATA, ("*",), "OK"),
        (NO_DATA, ("HighErrorRate",), "OK"),
        (NO_DATA, (), "UNKNOWN"),
        (NO_DATA, ("Images*",), "UNKNOWN"),
        (board(instance("Normal (NoData, KeepLast)")), ("*",), "OK"),
        (board(instance("Normal (Error)")), ("*",), "UNKNOWN"),
        (board(instance("Normal (NoData, Error)")), ("*",), "UNKNOWN"),
        (board(instance("NoData")), ("*",), "WARNING"),
        (board(instance("Alerting")), ("*",), "CRITICAL"),
        (board(instance("Normal"), rules=groups(own_rule() | {"health": "error"})), ("*",), "UNKNOWN"),
    ],
)
def test_rule_that_need_not_find_data_is_named(grafana, named, verdict):
    """Its firing counts as that of any other."""
    found = verdict_on_alerts(grafana=grafana, no_data_is_normal=named)
    assert found[0] == verdict, found


def labelled(uid: str, name: str, state: str = "Normal") -> dict[str, Any]:
    return instance(state, labels={"alertname": name, "__alert_rule_uid__": uid})


@pytest.mark.parametrize(
    ("alerts", "rules", "verdict"),
    [
        ([labelled("c1x", "HighErrorRate")], None, "OK"),
        ([labelled("c1x", "HighErrorRate"), labelled("zz", "Hidden")], None, "UNKNOWN"),
        ([labelled("zz", "Hidden", "Alerting")], None, "CRITICAL"),
        ([labelled("zz", "Hidden")], groups(rule()), "OK"),  # versions that tell no uid
        ([labelled("zz", "Hidden")], {"status": "success", "data": {"groups": []}}, "UNKNOWN"),
        ([instance("Normal", labels={"alertname": "HighErrorRate"})], None, "OK"),
    ],
)
def test_alert_whose_rule_is_not_shown_is_found(alerts, rules, verdict):
    """Alerts are told to everybody, rules only to those who may see their folder."""
    grafana = board(*alerts, rules=rules)
    assert verdict_on_alerts(grafana=grafana)[0] == verdict
    assert verdict_on_alerts(grafana=grafana, prometheus=of_rules())[0] == verdict


POINTS = "api/alertmanager/grafana/config/api/v1/receivers"


def point(**integration: Any) -> dict[str, Any]:
    """As Grafana 10 lists a contact point."""
    sent = {"name": "slack[0]", "sendResolved": True, "lastNotifyAttempt": "2026-06-15T07:18:02.000Z"}
    return {"name": "operations", "active": True, "integrations": [{**sent, **integration}]}


@pytest.mark.parametrize("with_prometheus", [False, True])
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ([point(lastNotifyAttemptDuration="48ms")], "OK"),
        ([point(lastNotifyAttemptError="")], "OK"),
        ([point(lastNotifyAttempt=NEVER)], "OK"),
        ([{"name": "empty", "active": False, "integrations": []}, {"name": "null", "integrations": None}], "OK"),
        (
            [point(), point(lastNotifyAttemptError='Post "https://hooks.slack.com/services/T0/B0/x": EOF')],
            "WARNING",
        ),
        (
            [point(name="email[1]", lastNotifyAttemptError="SMTP not configured, check your grafana.ini")],
            "WARNING",
        ),
        ([point(lastNotifyAttemptError="EOF") | {"active": False}], "OK"),  # no policy uses it
        ((403, "{}"), "OK"),
        ((404, '{"message": "Not found"}'), "OK"),
        ("<html>", "UNKNOWN"),
        ((500, '{"message": "database is locked"}'), "UNKNOWN"),
        ({"items": [point()]}, "UNKNOWN"),
        ([point(lastNotifyAttemptError=["EOF"])], "UNKNOWN"),
    ],
)
def test_contact_point_that_refuses_is_found(answer, verdict, with_prometheus):
    """Where Grafana may not tell it, nothing is held against it; the address is a secret."""
    beside = {"prometheus": of_rules()} if with_prometheus else {}
    found = verdict_on_alerts(grafana=board(instance("Normal")) | {POINTS: answer}, **beside)
    assert found[0] == verdict, found
    assert "services/T0" not in found[1]
    assert verdict != "WARNING" or "got a refused one for operations (" in found[1]


@given(
    st.lists(st.sampled_from(["Normal", "Normal (Updated)", "Normal (MissingSeries)"])),
    st.sampled_from(["Alerting", "Pending", "NoData", "Error", "Normal (Error)", "Recovering", "?", None, 7]),
    st.data(),
)
def test_one_bad_or_unknown_instance_among_normal_ones_is_found(normal, bad, data):
    """At any position."""
    found = [instance(state) for state in normal]
    found.insert(data.draw(st.integers(0, len(found))), instance(bad))
    assert verdict_on_alerts(grafana=board(*found))[0] != "OK"


@given(
    st.sampled_from([ALERTS, RULES, SILENCES]), st.sampled_from([(500, ""), (403, "{}"), "<html>", {}, None, 7])
)
def test_missing_answer_is_never_ok(path, broken):
    """For any of the three."""
    assert verdict_on_alerts(grafana=board())[0] == "OK"
    assert verdict_on_alerts(grafana=board() | {path: broken})[0] != "OK"


OFF = (404, '{"message":"Not found"}')
HEALTH = {"api/health": {"commit": "abc", "database": "ok", "version": "12.3.0"}}
SWITCHED_OFF = {ALERTS: OFF, RULES: OFF, SILENCES: OFF, **HEALTH}
OTHER = {"labels": {"alertname": "ImagesPileUp", "grafana_folder": "Images", "__alert_rule_uid__": "d2"}}
IN_PROMETHEUS = {"labels": {"alertname": "HighErrorRate"}, "annotations": {}, "state": "firing", "value": "1e+00"}
SILENT = {
    "id": "a",
    "status": {"state": "active"},
    "comment": "known",
    "createdBy": "alex",
    "startsAt": "2026-06-15T06:00:00.000Z",
    "endsAt": "2026-06-16T07:18:00.000Z",
    "matchers": [{"isEqual": True, "isRegex": False, "name": "__alert_rule_uid__", "value": "d2"}],
}


@pytest.mark.parametrize("with_alertmanager", [False, True], ids=["rules-alone", "with-alertmanager"])
@pytest.mark.parametrize(
    ("grafana", "fires", "verdict", "words"),
    [
        (board(instance("Normal")), False, "OK", "none"),
        (board(instance("Alerting", **OTHER)), False, "CRITICAL", "1: ImagesPileUp"),
        (board(instance("Pending", **OTHER)), False, "WARNING", "1: ImagesPileUp"),
        (board(instance("Alerting", **OTHER), silences=[SILENT]), False, "OK", "none"),
        (board(instance("Normal", **OTHER), rules=groups(own_rule() | {"health": "error"})), False, "UNKNOWN", ""),
        (board(instance("Alerting")), True, "CRITICAL", "1: HighErrorRate"),
        (board(rules={"status": "success", "data": {"groups": []}}), False, "OK", "none"),
        (SWITCHED_OFF, False, "OK", "none"),
        (SWITCHED_OFF | {"api/health": {"database": "ok"}}, False, "OK", "none"),
        (SWITCHED_OFF | {"api/health": (502, "")}, False, "UNKNOWN", "HTTP 404"),
        (SWITCHED_OFF | {ALERTS: (404, "404 page not found")}, False, "UNKNOWN", "HTTP 404"),
        ({ALERTS: (403, "{}")}, False, "UNKNOWN", "HTTP 403"),
        ({ALERTS: (403, "{}")}, True, "CRITICAL", "1: HighErrorRate"),
    ],
)
def test_rules_of_grafana_count_beside_those_of_prometheus(grafana, fires, verdict, words, with_alertmanager):
    """Prometheus knows nothing of them; an alert that both show counts once."""
    sources = {"grafana": grafana, "prometheus": of_rules(*([IN_PROMETHEUS] if fires else []))}
    if with_alertmanager:
        labels = {"alertname": "HighErrorRate", "severity": "critical"}
        sources["alertmanager"] = manager(*([alert(labels=labels)] if fires else []))
    told = verdict_on_alerts(**sources)
    assert told[0] == verdict, told
    assert words in told[1]


def test_firing_rule_of_grafana_counts_without_an_answer_of_prometheus():
    """Without one the answer of Prometheus is missing, and its error is told."""
    gone = {"api/v1/alerts": (502, "")}
    assert verdict_on_alerts(prometheus=gone, grafana=board(instance("Alerting", **OTHER)))[0] == "CRITICAL"
    assert verdict_on_alerts(prometheus=gone, grafana=board(instance("Normal")))[0] == "UNKNOWN"


HIT = {
    "uid": "po",
    "title": "Portfolio Overview",
    "type": "dash-db",
    "uri": "db/po",
    "url": "/d/po/po",
    "tags": [],
}
STORED = {
    "meta": {},
    "dashboard": {"panels": [{"type": "stat", "datasource": {"type": "prometheus", "uid": "p"}}]},
}


@pytest.mark.parametrize(
    ("folder", "hits", "alike"),
    [
        (None, [HIT], 1),
        (None, [HIT, HIT | {"uid": "copy", "folderTitle": "Copies"}], 2),
        ("Copies", [HIT, HIT | {"uid": "copy", "folderTitle": "Copies"}], 1),
        ("Copies", [HIT], 0),
        (None, [HIT | {"title": "Portfolio Overview (old)"}], 0),
    ],
)
def test_dashboard_is_found_by_title_and_folder(folder, hits, alike):
    """Copies with the same title are counted; the folder distinguishes them."""

    target = SETTINGS.target
    grafana = msgspec.structs.replace(target.grafana, folder=folder)
    settings = msgspec.structs.replace(SETTINGS, target=msgspec.structs.replace(target, grafana=grafana))
    answers = {"api/search": hits, "api/dashboards/uid/po": STORED, "api/dashboards/uid/copy": STORED}
    found = Grafana(Http(answers, "Grafana"), settings).dashboard("Portfolio Overview")
    assert (found.alike if found else 0) == alike


SOURCE = {"type": "prometheus", "uid": "p"}


@pytest.mark.parametrize(
    ("stored", "panels", "sources"),
    [
        ({"panels": [{"type": "stat", "datasource": SOURCE}]}, 1, ("p",)),
        (
            {"schemaVersion": 14, "rows": [{"title": "A", "panels": [{"type": "graph", "datasource": SOURCE}]}]},
            1,
            ("p",),
        ),
        (
            {"schemaVersion": 6, "rows": [{"panels": [{"type": "graph", "datasource": "Prometheus"}] * 2}, {}]},
            2,
            (),
        ),
        (
            {"panels": [{"type": "row", "collapsed": True, "panels": [{"type": "stat", "datasource": SOURCE}]}]},
            1,
            ("p",),
        ),
        ({"panels": [{"type": "row", "panels": None}, {"type": "text"}]}, 1, ()),
        ({"panels": [{"type": "row", "panels": []}]}, 0, ()),
        ({"panels": None}, 0, ()),
        ({}, 0, ()),
    ],
)
def test_panels_of_a_dashboard_are_counted_in_every_format(stored, panels, sources):
    """Grafana shows a dashboard in its old format as any other."""
    answers = {"api/search": [HIT], "api/dashboards/uid/po": {"meta": {}, "dashboard": stored}}
    found = Grafana(Http(answers, "Grafana"), SETTINGS).dashboard("Portfolio Overview")
    assert found is not None
    assert (found.panels, found.datasources) == (panels, sources)


NOT_SUPPORTED = "dashboard api version not supported, use /{} instead"
V2 = "apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/po"


def element(**query: Any) -> dict[str, Any]:
    """A panel with one query, in the schema v2."""
    one = {"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, **query}}
    data = {"kind": "QueryGroup", "spec": {"queries": [one], "queryOptions": {}, "transformations": []}}
    return {"kind": "Panel", "spec": {"id": 1, "title": "Requests", "data": data}}


def query(group: str, name: str | None) -> dict[str, Any]:
    source = {"datasource": {"name": name}} if name else {}
    return {"query": {"kind": "DataQuery", "group": group, "version": "v0", **source, "spec": {"expr": "up"}}}


LIBRARY = {"kind": "LibraryPanel", "spec": {"id": 2, "title": "L", "libraryPanel": {"uid": "x", "name": "L"}}}
CHOICE = {
    "kind": "DatasourceVariable",
    "spec": {"name": "ds", "pluginId": "prometheus", "current": {"text": "Prometheus", "value": "p"}},
}


@pytest.mark.parametrize(
    ("spec", "panels", "sources", "others"),
    [
        ({"elements": {"panel-1": element(**query("prometheus", "p"))}, "variables": []}, 1, ("p",), ()),
        (
            {"elements": {"a": element(**query("prometheus", "p")), "b": element(**query("loki", "l"))}},
            2,
            ("p",),
            ("l",),
        ),
        (
            {"elements": {"a": element(**query("prometheus", "${ds}"))}, "variables": [CHOICE]},
            1,
            ("p",),
            (),
        ),
        (  # v2alpha1
            {
                "elements": {
                    "a": element(
                        query={"kind": "prometheus", "spec": {}}, datasource={"type": "prometheus", "uid": "p"}
                    )
                }
            },
            1,
            ("p",),
            (),
        ),
        ({"elements": {"a": element(**query("prometheus", None)), "b": LIBRARY}}, 2, (), ()),
        ({"elements": {}}, 0, (), ()),
    ],
)
def test_dashboard_in_schema_v2_is_read_where_grafana_says(spec, panels, sources, others):
    """The old API refuses it with HTTP 406."""
    answers = {
        "api/search": [HIT],
        "api/dashboards/uid/po": (406, {"message": NOT_SUPPORTED.format(V2)}),
        V2: {"kind": "Dashboard", "apiVersion": "dashboard.grafana.app/v2beta1", "spec": spec},
    }
    found = Grafana(Http(answers, "Grafana"), SETTINGS).dashboard("Portfolio Overview")
    assert found is not None
    assert (found.panels, found.datasources, found.others) == (panels, sources, others)


@pytest.mark.parametrize(
    "answers",
    [
        {"api/dashboards/uid/po": (406, "Not Acceptable")},
        {"api/dashboards/uid/po": (406, {"message": NOT_SUPPORTED.format("admin/users")})},
        {"api/dashboards/uid/po": (406, {"message": NOT_SUPPORTED.format(V2.replace("/po", "/other"))})},
        {"api/dashboards/uid/po": (406, {"message": NOT_SUPPORTED.format(V2)})},
        {"api/dashboards/uid/po": (406, {"message": NOT_SUPPORTED.format(V2)}), V2: {"spec": {"elements": []}}},
    ],
)
def test_dashboard_that_is_not_readable_in_schema_v2_is_unmeasured(answers):
    """And no address of another kind is asked."""
    http = Http({"api/search": [HIT], **answers}, "Grafana")
    with pytest.raises(Unmeasured):
        Grafana(http, SETTINGS).dashboard("Portfolio Overview")
    assert {path for path in http.asked if "apis" in path} <= {V2}


LOKI = {"type": "loki", "uid": "l"}


@pytest.mark.parametrize(
    ("panel", "prometheus", "others"),
    [
        ({"datasource": SOURCE, "targets": [{"datasource": LOKI}]}, ("p",), ("l",)),
        ({"datasource": {"type": "grafana-amazonprometheus-datasource", "uid": "amp"}}, (), ("amp",)),
        (
            {"datasource": {"type": "datasource", "uid": "-- Mixed --"}, "targets": [{"datasource": SOURCE}]},
            ("p",),
            (),
        ),
        ({"datasource": {"type": "datasource", "uid": "grafana"}}, (), ()),
        ({"datasource": {"type": "__expr__", "uid": "__expr__"}}, (), ()),
        ({"datasource": {"uid": "l"}}, (), ()),
        ({"datasource": "Loki"}, (), ()),
        ({"datasource": None}, (), ()),
    ],
)
def test_data_sources_of_other_kinds_are_known(panel, prometheus, others):
    """Grafana's own, which show those of others, are none."""
    answers = {"api/search": [HIT], "api/dashboards/uid/po": {"meta": {}, "dashboard": {"panels": [panel]}}}
    found = Grafana(Http(answers, "Grafana"), SETTINGS).dashboard("Portfolio Overview")
    assert found is not None
    assert (found.datasources, found.others) == (prometheus, others)


@pytest.mark.parametrize(
    ("panels", "of_no_kind"),
    [
        ([{"datasource": {"uid": "l"}}], ("l",)),
        ([{"datasource": {"uid": "l", "type": None}, "targets": [{"datasource": {"uid": "m"}}]}], ("l", "m")),
        ([{"datasource": {"uid": "p"}}, {"datasource": SOURCE}], ()),
        ([{"datasource": LOKI}, {"datasource": {"uid": "l"}}], ()),
        ([{"datasource": {"uid": "-- Mixed --"}}, {"datasource": {"uid": "grafana"}}], ()),
        ([{"datasource": {"uid": ""}}, {"datasource": {}}, {"datasource": "Loki"}, {"datasource": None}], ()),
    ],
)
def test_data_source_whose_kind_nobody_tells_is_known(panels, of_no_kind):
    """As Terraform and grafonnet write it: only by its uid."""
    answers = {"api/search": [HIT], "api/dashboards/uid/po": {"meta": {}, "dashboard": {"panels": panels}}}
    found = Grafana(Http(answers, "Grafana"), SETTINGS).dashboard("Portfolio Overview")
    assert found is not None
    assert found.of_no_kind == of_no_kind


@pytest.mark.parametrize("targets", [7, "up", {"expr": "up"}, [None], ["up"], [{"datasource": LOKI}, None]])
def test_queries_of_another_form_are_not_understood(targets):
    """What a panel shows is not known then."""
    panels = [{"datasource": SOURCE, "targets": targets}]
    answers = {"api/search": [HIT], "api/dashboards/uid/po": {"meta": {}, "dashboard": {"panels": panels}}}
    with pytest.raises(Malformed, match="list of queries"):
        Grafana(Http(answers, "Grafana"), SETTINGS).dashboard("Portfolio Overview")


@pytest.mark.parametrize(
    ("answer", "ailment"),
    [
        ((400, {"message": "Unable to connect", "status": "ERROR"}), "ERROR: Unable to connect"),
        ((404, {"message": "Data source not found"}), ""),  # the name of one
    ],
)
def test_data_source_of_no_kind_may_be_a_name(answer, ailment):
    """A failing one is found; a name has no check."""
    reader = Grafana(Http({"api/datasources/uid/l/health": answer}, "Grafana"), SETTINGS)
    assert reader.ailment("l", may_be_name=True) == ailment


@pytest.mark.parametrize(
    ("answer", "ailment"),
    [
        ({"message": "Data source successfully connected.", "status": "OK"}, ""),
        ((500, {"message": "", "status": "OK"}), "OK:"),
        (
            (400, {"message": "Unable to connect with Loki", "status": "ERROR"}),
            "ERROR: Unable to connect with Loki",
        ),
        ((400, {"message": "", "status": "UNKNOWN"}), "UNKNOWN:"),
        ((400, "Bad request"), "HTTP 400"),
        ((503, {"message": "Plugin unavailable"}), "HTTP 503"),
        ((404, {"message": "Data source not found"}), "HTTP 404: Data source not found"),
        ((404, {"message": "Not found"}), ""),  # a kind without a check of its own
        ((404, "404 page not found"), ""),
    ],
)
def test_other_data_source_tells_whether_it_works(answer, ailment):
    """By the check of its plugin."""
    reader = Grafana(Http({"api/datasources/uid/l/health": answer}, "Grafana"), SETTINGS)
    assert reader.ailment("l").strip() == ailment


@pytest.mark.parametrize("answer", ["<!DOCTYPE html><title>Grafana</title>", (403, "{}"), {"message": "?"}])
def test_other_data_source_that_tells_nothing_is_not_ok(answer):
    """E.g. where the token may not ask."""
    reader = Grafana(Http({"api/datasources/uid/l/health": answer}, "Grafana"), SETTINGS)
    with pytest.raises(Unmeasured):
        reader.ailment("l")


@pytest.mark.parametrize("page", ["<!DOCTYPE html><title>Grafana</title>", "[1, 2]", '{"message": "sign in"}'])
def test_login_page_with_200_is_no_search_result(page):
    """E.g. of a proxy that requires a login first."""
    with pytest.raises(Malformed):
        Grafana(Http({"api/search": page}, "Grafana"), SETTINGS).dashboard("Portfolio Overview")
