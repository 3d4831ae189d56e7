"""Grafana's HTTP API, read-only: health, the dashboard and its data source, alert instances.

https://grafana.com/docs/grafana/latest/developers/http_api/ A service account with the role Viewer is sufficient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from playbook.clients.answer import Answer
from playbook.clients.grafana_v2 import Resource, address_of
from playbook.clients.http import HttpClient, monitoring_client
from playbook.clients.wire import Kept
from playbook.core import door
from playbook.core.engine import client
from playbook.core.errors import Malformed, Unmeasured
from playbook.settings.model import Settings

SERVICE = "Grafana"
_NO_SOURCE = "Data source not found"
# Kinds that Grafana itself has, for panels that show those of others.
_OWN = frozenset({"datasource", "grafana", "mixed", "dashboard", "__expr__"})
HINT = "The token must be that of a service account with the role Viewer at least."


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A stored dashboard.

    Attributes:
        datasources: uids of the Prometheus data sources of its panels, without duplicates, in order.
        alike: number of dashboards with that title.
        others: uids of its data sources of other kinds, such as Loki.
        of_no_kind: uids of which no panel tells the kind; one may also be the name of a data source.
    """

    uid: str
    title: str
    panels: int
    datasources: tuple[str, ...]
    alike: int = 1
    others: tuple[str, ...] = ()
    of_no_kind: tuple[str, ...] = ()


class AlertingOff(Unmeasured):
    """Grafana's alerting is switched off, so it has neither rules nor alerts."""


class _Message(msgspec.Struct):
    message: str


class _SourceHealth(msgspec.Struct):
    status: str
    message: str = ""


class _Health(msgspec.Struct):
    database: str
    version: str = ""


class _Found(msgspec.Struct):
    uid: str
    title: str
    folderTitle: str = ""  # noqa: N815 - Grafana's; empty is "General", also called "Dashboards"


class _Stored(msgspec.Struct):
    dashboard: dict[str, Any]


class _Integration(msgspec.Struct):
    """A channel of a contact point, e.g. ``slack[0]``, and why its last attempt failed."""

    name: str = ""
    lastNotifyAttemptError: str = ""  # noqa: N815 - Grafana's


class _ContactPoint(msgspec.Struct):
    """``active`` is false if no notification policy uses it."""

    name: str = ""
    active: bool = True
    integrations: list[_Integration] | None = None


class _Alerts(msgspec.Struct):
    class Data(msgspec.Struct):
        alerts: list[Any]

    data: Data
    status: str = "success"
    warnings: list[str] | None = None


class _Rules(msgspec.Struct):
    class Data(msgspec.Struct):
        groups: list[Any]
        groupNextToken: str = ""  # noqa: N815 - Grafana's; there are more pages

    data: Data
    status: str = "success"
    warnings: list[str] | None = None


@dataclass(frozen=True)
class Grafana:
    """Read access to Grafana. Thread-safe."""

    http: HttpClient
    settings: Settings

    def health(self) -> tuple[str, str]:
        """State of its database (``ok``, or ``failing`` with HTTP 503) and its version."""
        answer = self.http.get("api/health", retry="connection")
        health = (answer if answer.status == 503 else answer.expect_ok()).json(_Health)
        return health.database, health.version

    def dashboard(self, title: str) -> Dashboard | None:
        """The dashboard with the configured uid, else the one with exactly this title in the configured folder.

        ``None`` if the token sees no such dashboard.
        """
        uid = self.settings.target.grafana.dashboard_uid
        if uid:
            return self._stored(uid, title, 1)
        found = self._read("api/search", list[_Found], {"query": title, "type": "dash-db"})
        folder = self.settings.target.grafana.folder
        same = [one for one in found if one.title == title and folder in (None, one.folderTitle)]
        if not same:
            return None
        return self._stored(same[0].uid, title, len(same))

    def _stored(self, uid: str, title: str, alike: int) -> Dashboard | None:
        answer = self.http.get(f"api/dashboards/uid/{quote(uid, safe='')}")
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status == HTTPStatus.NOT_ACCEPTABLE and (path := address_of(answer.body, uid)):
            stored = self._read(path, Resource).as_v1
        else:
            stored = answer.expect_ok(if_denied=HINT).json(_Stored).dashboard
        panels = list(_panels(stored))
        uids = dict.fromkeys(one for panel in panels for one in _uids(panel, stored))
        told = dict.fromkeys(one for one, kind in uids if kind)
        others = tuple(one for one, kind in uids if kind not in ("", "prometheus"))
        return Dashboard(
            uid,
            title,
            len(panels),
            tuple(one for one in told if one not in others),
            alike,
            others,
            tuple(one for one, kind in uids if one not in told),
        )

    def ailment(self, uid: str, *, may_be_name: bool = False) -> str:
        """Why a data source of any kind does not work, by its own check; empty where it does or has no check.

        Args:
            may_be_name: what is not found may be the name of one, which has no address.
        """
        answer = self.http.get(f"api/datasources/uid/{quote(uid, safe='')}/health")
        bad = answer.status == HTTPStatus.BAD_REQUEST or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if answer.status == HTTPStatus.NOT_FOUND:  # of the source, or only of its check
            missing = _NO_SOURCE.encode() in answer.body and not may_be_name
            return f"HTTP 404: {_NO_SOURCE}" if missing else ""
        try:
            health = (answer if bad else answer.expect_ok(if_denied=HINT)).json(_SourceHealth)
        except Malformed:
            if not bad:
                raise
            return f"HTTP {answer.status}"
        return "" if health.status == "OK" and not bad else door.line(f"{health.status}: {health.message}", 160)

    def datasource_uid(self, dashboard: Dashboard | None = None) -> str:
        """The setting ``grafana.datasource_uid``, else the first data source of the dashboard.

        Raises:
            NotConfigured: there is neither.
        """
        own = self.settings.target.grafana
        if own.datasource_uid:
            return own.datasource_uid
        dashboard = dashboard or self.dashboard(own.dashboard)
        uid = dashboard.datasources[0] if dashboard and dashboard.datasources else None
        return self.settings.require(uid, "grafana.datasource_uid", "The Prometheus data source in Grafana")

    def alerts(self) -> tuple[list[Any], tuple[str, ...]]:
        """Alert instances of Grafana's own rules: ``labels``, ``annotations``, ``state``, ``activeAt``; and
        warnings attached to that answer.

        Internal labels are included, as a silence on one rule refers to it by ``__alert_rule_uid__``.

        Raises:
            AlertingOff: Grafana evaluates no rules.
        """
        parameters = {"includeInternalLabels": "true"}
        answer = self.http.get("api/prometheus/grafana/api/v1/alerts", parameters)
        if answer.status == HTTPStatus.NOT_FOUND and self._has_no_alerting(answer):
            raise AlertingOff(
                f"{SERVICE}: expected its alerts, got HTTP 404, as its alerting is switched off",
                service=SERVICE,
                hint="Switch it on (unified_alerting.enabled), or set prometheus.url or alertmanager.url.",
                attempts=answer.attempts,
            )
        found = answer.expect_ok(if_denied=HINT).json(_Alerts)
        _require_success(found.status)
        return found.data.alerts, tuple(found.warnings or ())

    def _has_no_alerting(self, answer: Answer) -> bool:
        """Whether Grafana itself answered 404, as it does for alerts if its alerting is switched off."""
        try:
            # Its version may be hidden; the state of its database is not.
            return answer.json(_Message).message == "Not found" and bool(self.health()[0])
        except Unmeasured:
            return False

    def rule_groups(self) -> tuple[list[Any], tuple[str, ...]]:
        """Groups of Grafana's own rules in Prometheus' format, and warnings attached to that answer."""
        answer = self._read("api/prometheus/grafana/api/v1/rules", _Rules)
        _require_success(answer.status)
        more = ("there are more pages",) if answer.data.groupNextToken else ()
        return answer.data.groups, (*(answer.warnings or ()), *more)

    def silences(self, kind: Any) -> Any:
        """Silences of Grafana's own Alertmanager as ``kind``; the format is Alertmanager's."""
        return self._read("api/alertmanager/grafana/api/v2/silences", kind)

    def refusing_contact_points(self) -> list[str]:
        """Contact points whose last notification failed, with the channel: ``operations (slack)``.

        The error itself is not told, as it may quote an address with a secret. None before Grafana 9, and where
        its alerting is switched off.
        """
        answer = self.http.get("api/alertmanager/grafana/config/api/v1/receivers")
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        found = answer.expect_ok(HINT).json(list[_ContactPoint])
        return [
            f"{one.name} ({channel.name.partition('[')[0]})"
            for one in found
            for channel in one.integrations or []
            if one.active and channel.lastNotifyAttemptError
        ]

    def below(self, path: str, service: str) -> HttpClient:
        """A client for services that Grafana proxies."""
        return replace(self.http, base_url=f"{self.http.base_url.rstrip('/')}/{path}", service=service)

    def _read(self, path: str, kind: Any, parameters: Mapping[str, str] | None = None) -> Any:
        return self.http.get(path, parameters).expect_ok(if_denied=HINT).json(kind)


def _require_success(status: str) -> None:
    if status != "success":
        raise Malformed(f"{SERVICE}: expected its alerts, got the status {status!r}", service=SERVICE)


def _panels(stored: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel, including those in collapsed rows; rows are not panels.

    Dashboards stored in the format of Grafana 4 have all their panels in ``rows``; it is converted in the browser.
    """
    old_rows = stored.get("rows") or []
    for row in old_rows if isinstance(old_rows, list) else []:
        if isinstance(row, dict):
            yield from _panels(row)
    panels = stored.get("panels") or []
    if not isinstance(panels, list) or not all(isinstance(panel, dict) for panel in panels):
        raise Malformed(
            f"{SERVICE}: expected a list of panels in the dashboard, got something else", service=SERVICE
        )
    for panel in panels:
        if panel.get("type") == "row":
            yield from _panels(panel)
        else:
            yield panel


def _uids(panel: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Data sources of a panel and their kinds, which may be untold; ``${name}`` is looked up among the
    dashboard's variables.
    """
    targets = panel.get("targets") or []
    if not isinstance(targets, list) or not all(isinstance(target, dict) for target in targets):
        raise Malformed(
            f"{SERVICE}: expected a list of queries in each panel of the dashboard, got something else",
            service=SERVICE,
        )
    for source in (panel.get("datasource"), *(target.get("datasource") for target in targets)):
        if not isinstance(source, dict):  # a name, or the default one
            continue
        kind, uid = str(source.get("type") or ""), str(source.get("uid") or "")
        if kind in _OWN or uid in _OWN:
            continue
        if uid.startswith("$"):
            uid = _variable(uid.strip("${}"), stored)
        if uid and not uid.startswith("-"):
            yield uid, kind


def _variable(name: str, stored: Mapping[str, Any]) -> str:
    for variable in (stored.get("templating") or {}).get("list") or []:
        if variable.get("name") == name:
            value = (variable.get("current") or {}).get("value")
            return value if isinstance(value, str) and value != "default" else ""
    return ""


@client(libraries=("playbook.clients.transport", "stamina"), parts=("grafana",))
def grafana(settings: Settings) -> Grafana:
    """Grafana with a service account's token."""
    return Grafana(monitoring_client(settings, "grafana", SERVICE, Kept()), settings)
