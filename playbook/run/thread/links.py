"""Links for a finding, built only from the settings. Pure.

The parts of an address are quoted one by one, so that no name can lead elsewhere; an address that is no web
address, contains credentials, or is too long for browsers is omitted.

https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from playbook.core.audience import Audience
from playbook.core.context import Asked, Link
from playbook.core.page_words import anchor, slug
from playbook.history.runs import RunLine
from playbook.settings.model import Settings

LONGEST = 6_000  # characters; some browsers and proxies accept no more than 8,192
_MOST_QUERIES = 2
_AROUND = timedelta(minutes=5)

# Subjects of items, by a word in their ids: the page of the console that shows them.
_REDIS = ("redis", "cache", "queue", "queues")
_DEPLOYMENTS = ("deployment", "deployments", "rollback", "release")
_DATABASES = ("database", "databases")
_OF_THE_APP = (
    "app",
    "health",
    "web",
    "scaling",
    "cpu",
    "memory",
    "resources",
    "utilization",
    "homepage",
    "optimize",
)
_LOGS = ("logs", "log", "errors", "error-rate", "severity", "stable")


class Addresses:
    """The addresses of one target."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._target = settings, settings.target
        self.site = usable(settings.notifications.site or "")

    # ------------------------------------------------------------------------------------------------- on the site

    def item(self, item: str) -> list[Link]:
        """An item's history."""
        return self._on_site("History", f"items/{slug(self._target.name)}/{slug(item)}.html")

    def run(self, run: RunLine) -> list[Link]:
        """The line of a run, with its report where that is kept."""
        return self._on_site("Run", f"runs-{run.started.year}.html#{anchor(run.id)}")

    def incident(self, fingerprint: str, number: int) -> list[Link]:
        """An incident's page."""
        return self._on_site("Incident", f"incidents/{slug(fingerprint)}-{number}.html")

    def runbook(self, name: str) -> list[Link]:
        """A runbook's page."""
        return self._on_site("Runbook", f"runbooks/{slug(name)}.html") if name else []

    def _on_site(self, name: str, path: str) -> list[Link]:
        if not self.site:
            return []
        # The site's readers are decided where it is built.
        return [Link(name=name, to=f"{self.site.rstrip('/')}/{path}", audience=Audience.PUBLIC)]

    # -------------------------------------------------------------------------------------------------- elsewhere

    def elsewhere(self, item: str, asked: Iterable[Asked], until: datetime) -> list[Link]:
        """Dashboard, queries, console and logs about an item."""
        words = set(item.replace(".", "-").split("-")) | set(item.split("."))
        found = [*self._metrics(list(asked), until), *self._console(words)]
        if words & set(_LOGS):
            found += self.logs
        return [link for link in found if usable(link.to)]

    @property
    def logs(self) -> list[Link]:
        """Where people read the logs."""
        return self._link("Logs", self._target.links.logs)

    @property
    def dashboard(self) -> list[Link]:
        """Grafana's dashboard; Grafana itself where its identifier is not set."""
        base, uid = self._grafana, self._target.grafana.dashboard_uid
        if not base:
            return []
        return self._link("Dashboard", f"{base}/d/{quote(uid, safe='')}" if uid else base)

    @property
    def app(self) -> list[Link]:
        """The app in DigitalOcean's console."""
        base = self._console_app
        return self._link("App in the console", base) if base else []

    def deployment(self, deployment: str) -> list[Link]:
        """A deployment in DigitalOcean's console."""
        base = self._console_app
        if not base or not deployment:
            return []
        return self._link("Deployment in the console", f"{base}/deployments/{quote(deployment, safe='')}")

    def commits(self, earlier: str, later: str) -> list[Link]:
        """Changes between two commits, if both are known and differ."""
        if not (self._repository and earlier and later) or earlier == later:
            return []
        between = f"{quote(earlier, safe='')}...{quote(later, safe='')}"
        return self._link("Commits between", f"{self._repository}/compare/{between}")

    def commits_up_to(self, commit: str) -> list[Link]:
        """The newest commits of a release."""
        if not (self._repository and commit):
            return []
        return self._link("Commits in it", f"{self._repository}/commits/{quote(commit, safe='')}")

    @property
    def _repository(self) -> str:
        """The repository's page; empty where the settings do not name it."""
        github = self._target.github
        web = _web_of(github.endpoint)
        return f"{web}/{quote(github.repository)}" if web and github.repository else ""

    @property
    def _grafana(self) -> str:
        return usable(self._target.links.grafana or self._target.grafana.url or "").rstrip("/")

    @property
    def _console_app(self) -> str:
        console, app = usable(self._target.links.console or ""), self._target.digitalocean.app_id
        return f"{console.rstrip('/')}/apps/{quote(app, safe='')}" if console and app else ""

    def _metrics(self, asked: list[Asked], until: datetime) -> Iterator[Link]:
        if not asked:
            return
        yield from self.dashboard
        for number, one in enumerate(asked[:_MOST_QUERIES], 1):
            name = "Query" if len(asked) == 1 else f"Query {number}"
            yield from self._query(name, one, until)

    def _query(self, name: str, asked: Asked, until: datetime) -> list[Link]:
        """The expression over its window: in Grafana's Explore, or else on Prometheus' own page."""
        base, uid = self._grafana, self._target.grafana.datasource_uid
        begins, ends = until - timedelta(seconds=asked.seconds) - _AROUND, until + _AROUND
        if base and uid:
            source = {"type": "prometheus", "uid": uid}
            pane = {
                "datasource": uid,
                "queries": [{"refId": "A", "expr": asked.query, "datasource": source, "range": True}],
                "range": {"from": f"{begins.timestamp() * 1000:.0f}", "to": f"{ends.timestamp() * 1000:.0f}"},
            }
            query = {"schemaVersion": "1", "panes": json.dumps({"a": pane}, separators=(",", ":"))}
            return self._link(f"{name} in Grafana", f"{base}/explore?{urlencode(query)}")
        own = usable(self._target.prometheus.url or "")
        if not own:
            return []
        seconds = f"{(ends - begins).total_seconds():.0f}s"
        query = {
            "g0.expr": asked.query,
            "g0.tab": "0",
            "g0.range_input": seconds,
            "g0.end_input": f"{ends:%Y-%m-%d %H:%M:%S}",
        }
        return self._link(f"{name} in Prometheus", f"{own.rstrip('/')}/graph?{urlencode(query)}")

    def _console(self, words: set[str]) -> Iterator[Link]:
        ocean, console = self._target.digitalocean, usable(self._target.links.console or "").rstrip("/")
        base = self._console_app
        if words & set(_REDIS) and console and ocean.redis_cluster_id:
            cluster = quote(ocean.redis_cluster_id, safe="")
            yield from self._link("Redis in the console", f"{console}/databases/{cluster}")
        if words & set(_DATABASES) and console:
            for one in ocean.databases:
                if one.id:
                    yield from self._link(
                        "Database in the console", f"{console}/databases/{quote(one.id, safe='')}"
                    )
        if base and words & set(_DEPLOYMENTS):
            yield from self._link("Deployments in the console", f"{base}/deployments")
        elif base and words & set(_OF_THE_APP):
            yield from self.app

    def _link(self, name: str, to: str | None) -> list[Link]:
        return [Link(name=name, to=to)] if to and usable(to) else []


def usable(address: str) -> str:
    """The address if a browser can open it and it contains no secret; empty otherwise."""
    try:
        parts = urlsplit(address)
        web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    has_credentials = parts.username or parts.password
    plain = address.isprintable() and " " not in address and len(address) <= LONGEST
    return address if web and plain and not has_credentials else ""


def _web_of(endpoint: str) -> str:
    """GitHub's website for the address of its API; empty for another server."""
    if endpoint.rstrip("/") == "https://api.github.com":
        return "https://github.com"
    return usable(endpoint.rstrip("/").removesuffix("/api/v3")) if endpoint.rstrip("/").endswith("/api/v3") else ""
