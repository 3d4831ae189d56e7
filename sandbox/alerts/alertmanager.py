"""Alertmanager's API v2, according to its OpenAPI description; errors are JSON strings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.world.alerts import AlertsState, AlertState, SilenceState

RECEIVER = "operations"
VERSION = "0.28.1"
RESOLVE_AFTER = timedelta(minutes=5)


@dataclass
class Posted:
    """Alerts posted by clients, by their labels.

    Attributes:
        notify: called with posted alerts, to notify the receiver.
    """

    notify: Callable[[list[dict[str, Any]]], None]
    alerts: dict[tuple[tuple[str, str], ...], dict[str, Any]] = field(default_factory=dict)

    def add(self, body: bytes, now: datetime) -> list[dict[str, Any]]:
        """Store posted alerts, and return their current state.

        Raises:
            ValueError: its message is Alertmanager's answer.
        """
        try:
            sent = json.loads(body)
        except ValueError as error:
            raise ValueError(f"parsing alerts body from {error}") from None
        if not isinstance(sent, list) or not all(isinstance(alert, dict) for alert in sent):
            raise ValueError("parsing alerts body failed: expected an array of alerts")
        taken = []
        for alert in sent:
            labels = alert.get("labels")
            if not isinstance(labels, dict) or not labels or not all(isinstance(v, str) for v in labels.values()):
                raise ValueError("invalid alert: at least one label pair required")
            starts = _moment(alert, "startsAt") or now
            ends = _moment(alert, "endsAt") or now + RESOLVE_AFTER
            known = {
                "labels": labels,
                "annotations": alert.get("annotations") or {},
                "generatorURL": alert.get("generatorURL", ""),
                "starts": starts,
                "ends": ends,
                "updated": now,
            }
            self.alerts[tuple(sorted(labels.items()))] = known
            taken.append(known)
        return taken


def notification(alerts: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Body of a webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""
    told = [
        {
            "status": "firing" if alert["ends"] > now else "resolved",
            "labels": alert["labels"],
            "annotations": alert["annotations"],
            "startsAt": _text(alert["starts"]),
            "endsAt": _text(alert["ends"]),
            "generatorURL": alert["generatorURL"],
            "fingerprint": _fingerprint(alert["labels"]),
        }
        for alert in alerts
    ]
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing" if any(alert["status"] == "firing" for alert in told) else "resolved",
        "receiver": RECEIVER,
        "groupLabels": {},
        "commonLabels": told[0]["labels"] if len(told) == 1 else {},
        "commonAnnotations": told[0]["annotations"] if len(told) == 1 else {},
        "externalURL": "",
        "alerts": told,
    }


def answer(  # noqa: PLR0911, PLR0917 - one for each path; called once
    state: AlertsState, posted: Posted, now: datetime, path: str, query: Mapping[str, str], body: bytes | None
) -> Response:
    """The response to a request below ``/api/v2/``; ``body`` is that of a POST."""
    if body is not None:
        if path != "alerts":
            return _error(405, f"method POST is not allowed, but [GET] are, for /api/v2/{path}")
        try:
            taken = posted.add(body, now)
        except ValueError as error:
            return _error(400, str(error))
        if taken:
            posted.notify(taken)
        return Response(status_code=200)
    if path == "alerts":
        flags = {}
        for name in ("active", "silenced", "inhibited", "unprocessed"):
            flags[name] = query.get(name, "true")
            if flags[name] not in ("true", "false"):
                return JSONResponse(
                    {"code": 602, "message": f'{name} in query must be of type boolean: "{flags[name]}"'}, 422
                )
        return JSONResponse(_alerts(state, posted, now, flags))
    if path == "silences":
        return JSONResponse(silences(state, now))
    if path == "receivers":
        return JSONResponse([{"name": RECEIVER}])
    if path == "status":
        return JSONResponse(_status(state))
    return JSONResponse({"code": 404, "message": f"path /api/v2/{path} was not found"}, 404)


def silences(state: AlertsState, now: datetime) -> list[dict[str, Any]]:
    """Every silence; Grafana lists its own in the same format."""
    return [_silence(silence, now) for silence in state.silences]


def _error(status: int, text: str) -> Response:
    return JSONResponse(text, status)


def _alerts(state: AlertsState, posted: Posted, now: datetime, flags: Mapping[str, str]) -> list[dict[str, Any]]:
    known = [_known(alert) for alert in state.alerts if alert.state == "firing" and alert.delivered]
    listed = []
    for alert in [*known, *(alert for alert in posted.alerts.values() if alert["ends"] > now)]:
        silenced_by = [
            silence.id
            for silence in state.silences
            if alert["labels"].get("alertname") == silence.alertname and silence.starts <= now < silence.ends
        ]
        if flags["silenced" if silenced_by else "active"] == "false":
            continue
        listed.append(
            {
                "labels": alert["labels"],
                "annotations": alert["annotations"],
                **({"generatorURL": alert["generatorURL"]} if alert["generatorURL"] else {}),
                "startsAt": _text(alert["starts"]),
                "endsAt": _text(alert["ends"] or now + RESOLVE_AFTER),
                "updatedAt": _text(alert["updated"] or now),
                "fingerprint": _fingerprint(alert["labels"]),
                "receivers": [{"name": RECEIVER}],
                "status": {
                    "state": "suppressed" if silenced_by else "active",
                    "silencedBy": silenced_by,
                    "inhibitedBy": [],
                    "mutedBy": [],
                },
            }
        )
    return sorted(listed, key=lambda alert: alert["fingerprint"])


def _known(alert: AlertState) -> dict[str, Any]:
    return {
        "labels": alert.labels,
        "annotations": {"summary": alert.summary},
        "generatorURL": "",
        "starts": alert.started,
        "ends": None,
        "updated": None,
    }


def _silence(silence: SilenceState, now: datetime) -> dict[str, Any]:
    state = "pending" if now < silence.starts else "active" if now < silence.ends else "expired"
    return {
        "id": silence.id,
        "status": {"state": state},
        "createdBy": silence.created_by,
        "comment": silence.comment,
        "startsAt": _text(silence.starts),
        "endsAt": _text(silence.ends),
        "updatedAt": _text(silence.starts),
        "matchers": [{"name": "alertname", "value": silence.alertname, "isRegex": False, "isEqual": True}],
    }


def _status(state: AlertsState) -> dict[str, Any]:
    return {
        "cluster": {"name": "sandbox", "peers": [], "status": "ready" if state.settled else "settling"},
        "config": {"original": f"route:\n  receiver: {RECEIVER}\nreceivers:\n- name: {RECEIVER}\n"},
        "uptime": _text(state.now - timedelta(days=9)),
        "versionInfo": {
            "branch": "HEAD",
            "buildDate": "20250307-15:05:18",
            "buildUser": "sandbox",
            "goVersion": "go1.23.7",
            "revision": "b2099eaa2c9ebc25edb26517cb9c732738e93910",
            "version": VERSION,
        },
    }


def _fingerprint(labels: Mapping[str, str]) -> str:
    return hashlib.sha256(repr(sorted(labels.items())).encode()).hexdigest()[:16]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(alert: Mapping[str, Any], name: str) -> datetime | None:
    text = alert.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"parsing alerts body failed: {name} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise ValueError(f"parsing alerts body failed: {name} has no time zone")
    return moment
