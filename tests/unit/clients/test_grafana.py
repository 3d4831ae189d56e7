"""The Grafana client: health, dashboards, data sources."""

import json

import pytest

from playbook.clients.grafana import HINT, grafana
from playbook.core.errors import Denied, Malformed, NotConfigured
from playbook.settings.loading import load
from tests.unit.loopback import answer, serve

FOUND = answer(body=b'[{"uid": "other", "title": "Portfolio Overview (old)"}, {"uid": "po", "title": "Overview"}]')


def client_of(url, **more):
    return grafana(
        load("sandbox", environment={}, overlay={"targets": {"sandbox": {"grafana": {"url": url, **more}}}})
    )


def stored(*panels, **more):
    return answer(body=json.dumps({"meta": {}, "dashboard": {"panels": panels, **more}}).encode())


@pytest.mark.parametrize(("status", "state"), [("200 OK", "ok"), ("503 Service Unavailable", "failing")])
def test_failing_health_is_a_value(status, state):
    """503 with a state is an answer."""
    with serve(answer(status, json.dumps({"database": state, "version": "12.3.0"}).encode())) as server:
        assert client_of(server.url).health() == (state, "12.3.0")
    assert len(server.requests) == 1


def test_dashboard_is_matched_by_exact_title():
    """The search finds parts of titles, too."""
    source = {"type": "prometheus", "uid": "p1"}
    panels = [
        {"type": "stat", "datasource": source},
        {
            "type": "row",
            "panels": [{"datasource": {"type": "loki", "uid": "l"}, "targets": [{"datasource": source}]}],
        },
        {"type": "text", "datasource": "p0"},
        {"datasource": {"type": "prometheus", "uid": "p2"}, "targets": None},
    ]
    with serve(FOUND, stored(*panels)) as server:
        dashboard = client_of(server.url).dashboard("Overview")
    assert (dashboard.uid, dashboard.panels, dashboard.datasources) == ("po", 4, ("p1", "p2"))
    assert server.requests[0].startswith(b"GET /api/search?query=Overview&type=dash-db ")
    assert server.requests[1].startswith(b"GET /api/dashboards/uid/po ")


def test_missing_dashboard_is_none():
    """Similar titles do not count."""
    with serve(FOUND) as server:
        assert client_of(server.url).dashboard("Portfolio Overview") is None


def test_dashboard_is_found_by_configured_uid():
    """Whatever its title is; one that is not there is none."""
    with serve(stored({"type": "stat"}), answer("404 Not Found", b'{"message": "Dashboard not found"}')) as server:
        client = client_of(server.url, dashboard_uid="a b")
        found = client.dashboard("anything")
        assert client.dashboard("anything") is None
    assert (found.uid, found.panels, found.alike) == ("a b", 1, 1)
    assert server.requests[0].startswith(b"GET /api/dashboards/uid/a%20b ")


def test_unknown_data_source_is_not_configured():
    """The setting is named."""
    with serve(FOUND, stored({"datasource": {"type": "prometheus", "uid": "-- Mixed --"}})) as server:
        client = client_of(server.url, dashboard="Overview")
        with pytest.raises(NotConfigured) as caught:
            client.datasource_uid()
    assert caught.value.setting == "targets.sandbox.grafana.datasource_uid"


def test_token_without_role_is_denied():
    """With the role that it needs."""
    with serve(answer("403 Forbidden", b'{"message": "no"}')) as server, pytest.raises(Denied) as caught:
        client_of(server.url, token="glsa_1").dashboard("Overview")
    assert caught.value.hint == HINT


def test_without_token_the_missing_one_is_named():
    """Its variable may not be set: then nothing has to be found out about permissions."""
    refused = answer("401 Unauthorized", b'{"message": "Unauthorized"}')
    with serve(refused) as server, pytest.raises(Denied) as caught:
        client_of(server.url).dashboard("Overview")
    assert caught.value.hint == f"No credentials are set: add them to [targets.sandbox.grafana]. {HINT}"


def test_server_error_says_nothing_of_the_token():
    failed = answer("500 Internal Server Error", b'{"message": "Internal Server Error"}')
    with serve(failed) as server, pytest.raises(Malformed) as caught:
        client_of(server.url).dashboard("Overview")
    assert caught.value.hint == ""


@pytest.mark.parametrize("body", [b"<html>", b'{"dashboard": {"panels": "many"}}'])
def test_unexpected_grafana_answer_is_malformed(body):
    """A login page, a dashboard that is none."""
    with serve(FOUND, answer(body=body)) as server, pytest.raises(Malformed):
        client_of(server.url).dashboard("Overview")
