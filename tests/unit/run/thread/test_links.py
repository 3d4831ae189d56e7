"""Where to look: addresses of the settings, and nothing that they do not know."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from playbook.core.context import Asked
from playbook.run.thread.links import LONGEST, Addresses, usable
from playbook.settings.loading import load

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
P95 = Asked(
    query='histogram_quantile(0.95, sum by (le) (rate(x_bucket{job="a b",c!~"d&e"}[24h])))', seconds=86_400
)


def addresses(environment=None, **changes):
    """Of a production target with these settings, by section below the target."""
    settings = load("production", environment=environment or {})
    target = settings.target
    for section, fields in changes.items():
        target = msgspec.structs.replace(
            target, **{section: msgspec.structs.replace(getattr(target, section), **fields)}
        )
    return Addresses(msgspec.structs.replace(settings, target=target))


def named(links):
    """Addresses by name."""
    return {link.name: link.to for link in links}


def test_missing_settings_give_no_links():
    """The shipped settings know the console alone, and no app in it."""
    found = addresses()
    assert found.elsewhere("daily.kpi.response-time", [P95], NOW) == []
    assert found.elsewhere("daily.app.active", [], NOW) == []
    assert [*found.item("daily.app.active"), *found.runbook("high-error-rates"), *found.incident("ab12", 1)] == []
    assert [*found.logs, *found.dashboard, *found.app, *found.deployment("d1"), *found.commits("a", "b")] == []


def test_grafana_link_opens_query_and_range():
    """As Explore reads it, whatever characters the expression has."""
    own = addresses(grafana={"url": "https://grafana.example/", "datasource_uid": "p/1", "dashboard_uid": "ab cd"})
    found = named(own.elsewhere("daily.kpi.response-time", [P95], NOW))
    assert found["Dashboard"] == "https://grafana.example/d/ab%20cd"
    parts = urlsplit(found["Query in Grafana"])
    assert (parts.netloc, parts.path, parts.fragment) == ("grafana.example", "/explore", "")
    query = parse_qs(parts.query)
    assert query["schemaVersion"] == ["1"]
    (pane,) = json.loads(query["panes"][0]).values()
    assert pane["datasource"] == "p/1"
    assert pane["queries"][0]["expr"] == P95.query
    begins, ends = (int(pane["range"][edge]) / 1000 for edge in ("from", "to"))
    assert begins < NOW.timestamp() - P95.seconds < NOW.timestamp() < ends
    assert ends - begins < P95.seconds + 3600


def test_prometheus_link_is_used_without_grafana_data_source():
    """Its own page of queries."""
    own = addresses(prometheus={"url": "https://prometheus.example/base/"})
    (link,) = own.elsewhere("daily.kpi.error-rate", [P95], NOW)
    parts = urlsplit(link.to)
    assert parts.path == "/base/graph"
    assert parse_qs(parts.query)["g0.expr"] == [P95.query]


@pytest.mark.parametrize(
    ("item", "to"),
    [
        ("daily.app.active", "https://cloud.digitalocean.com/apps/a%2F1"),
        ("daily.deployments.recent", "https://cloud.digitalocean.com/apps/a%2F1/deployments"),
        ("daily.redis.alive", "https://cloud.digitalocean.com/databases/r1"),
    ],
)
def test_console_link_shows_subject_of_item(item, to):
    """App, its deployments, or the Redis cluster; parts of an address lead nowhere else."""
    own = addresses(digitalocean={"app_id": "a/1", "redis_cluster_id": "r1"})
    assert to in named(own.elsewhere(item, [], NOW)).values()


def test_site_links_are_public_and_escaped():
    """Of item, run, incident and runbook."""
    own = addresses({"PLAYBOOK_SITE_URL": "https://ops.example/site/"})
    links = [*own.item('own.x.[<"é>]'), *own.runbook("high-error-rates"), *own.incident("ab12cd34ef56", 2)]
    assert [link.to for link in links][1:] == [
        "https://ops.example/site/runbooks/high-error-rates.html",
        "https://ops.example/site/incidents/ab12cd34ef56-2.html",
    ]
    assert links[0].to.startswith("https://ops.example/site/items/production/own.x-")
    assert links[0].to.isascii()
    assert {str(link.audience) for link in links} == {"public"}


def test_metrics_and_console_links_are_for_team_only():
    """Addresses of Grafana, the console and the logs are for nobody else."""
    own = addresses(
        grafana={"url": "https://grafana.example"},
        digitalocean={"app_id": "a1"},
        links={"logs": "https://logs.example"},
    )
    links = [*own.elsewhere("daily.kpi.error-rate", [P95], NOW), *own.app, *own.logs]
    assert len(links) >= 3
    assert {str(link.audience) for link in links} == {"team"}


def test_commits_between_runs_link_to_github_comparison():
    """Also on an Enterprise server; the same commit, or one that is not known, is no comparison."""
    own = addresses(github={"repository": "acme/shop"})
    assert named(own.commits("a1", "b2")) == {"Commits between": "https://github.com/acme/shop/compare/a1...b2"}
    assert own.commits("a1", "a1") == own.commits("", "b2") == []
    enterprise = addresses(github={"repository": "acme/shop", "endpoint": "https://git.example/api/v3"})
    assert named(enterprise.commits("a", "b"))["Commits between"].startswith("https://git.example/acme/shop/")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://user:secret@grafana.example",
        "https://",
        "https://[",
        "https://a b.example",
        "https://a.example/\x07",
        f"https://a.example/{'x' * LONGEST}",
        "",
    ],
)
def test_unsafe_address_is_no_link(address):
    """A scheme that runs code, credentials, no host, control characters, no end."""
    assert usable(address) == ""
