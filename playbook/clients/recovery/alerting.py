"""A test alert: sent to Alertmanager, received by our receiver, and resolved again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import msgspec

from playbook.clients.exchange import Exchange
from playbook.clients.http import HttpClient, read_body, unreachable
from playbook.clients.urls import parse_url, shown
from playbook.clients.wire import Broken
from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.errors import Denied, Malformed
from playbook.settings.gate import Permit, require_permit

SERVICE = "Alertmanager"
RECEIVER = "Alert receiver"
NAME = "PlaybookTestAlert"
_MOST = 256 * 1024  # bytes of an answer
_ENDS_BY_ITSELF = timedelta(minutes=5)  # if nothing resolves it
_AT_ONCE = timedelta(milliseconds=1)
_END_KNOWN = 2.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds


class Notified(msgspec.Struct, frozen=True):
    """One alert of a notification."""

    status: str
    labels: dict[str, str]


class Notification(msgspec.Struct, frozen=True):
    """What Alertmanager posts to a webhook.

    https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
    """

    receiver: str = ""
    alerts: list[Notified] = []


@dataclass(frozen=True, slots=True)
class Delivery:
    """Result of a test alert.

    Attributes:
        labels: of the alert.
        began: when it was sent, aware.
        arrived: seconds until the receiver had it; None if it did not arrive in time.
        waited: seconds that were allowed, or that it took.
        receiver: Alertmanager's name of the receiver; may be empty.
        ended: whether Alertmanager no longer reports it as firing.
        end_arrived: seconds until the receiver was notified of its end; None if that took longer than two seconds,
            which is usual, as Alertmanager waits for its group_interval.
    """

    labels: dict[str, str]
    began: datetime
    arrived: float | None
    waited: float
    receiver: str
    ended: bool
    end_arrived: float | None


class AlertRoute:
    """Sends test alerts, and nothing else, and asks the receiver what it received."""

    def __init__(self, permit: Permit, alertmanager: HttpClient, receiver: HttpClient) -> None:
        require_permit(permit)
        self._alertmanager = alertmanager
        self._receiver = receiver

    def try_out(self, labels: Mapping[str, str], seconds: float, clock: Clock) -> Delivery:
        """Fire a test alert, wait for its arrival, and resolve it, whatever happens in between.

        Raises:
            Unreachable, Denied, Malformed: Alertmanager or the receiver could not be asked.
        """
        named = {**labels, "alertname": NAME, "test": "true", "run": token_hex(8)}
        self._seen(named)  # an unreachable receiver is detected before anything is sent
        began, started = clock.now(), time.monotonic()
        # It begins now: for alerts that began earlier, Alertmanager skips its group_wait.
        self._post(named, began, began + _ENDS_BY_ITSELF)
        try:
            receiver = self._wait(named, "firing", seconds, clock)
            waited = time.monotonic() - started
        finally:
            ending = time.monotonic()
            # Resolved as early as possible: its clock may be behind ours, and an alert whose end is in its future
            # keeps firing.
            self._post(named, began, began + _AT_ONCE)
        receiver_name = None
        if receiver is not None:
            # The notification may come minutes later; that the alert has ended is what counts.
            receiver_name = self._wait(named, "resolved", _END_KNOWN, clock)
        ended = self._is_ended(named)  # after that wait, as Alertmanager's clock may be behind
        return Delivery(
            named,
            began,
            waited if receiver is not None else None,
            waited,
            receiver or "",
            ended,
            time.monotonic() - ending if receiver_name is not None else None,
        )

    def _wait(self, labels: Mapping[str, str], status: str, seconds: float, clock: Clock) -> str | None:
        """Name of the receiver that has it; None if it does not arrive in time."""
        deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
        while True:
            seen = self._seen(labels)
            if status in seen:
                return seen[status]
            if time.monotonic() >= deadline:
                return None
            clock.sleep(min(pause, max(deadline - time.monotonic(), 0.01)))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _seen(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Receivers that were notified of this alert, by status."""
        notifications = self._receiver.get().expect_ok().json(list[Notification])
        return {
            alert.status: notification.receiver
            for notification in notifications
            for alert in notification.alerts
            if alert.labels.get("run") == labels["run"]
        }

    def _is_ended(self, labels: Mapping[str, str]) -> bool:
        answer = self._alertmanager.get("api/v2/alerts", {"filter": f'run="{labels["run"]}"'})
        listed: list[Any] = answer.expect_ok().json(list[dict[str, Any]])
        return not any(alert.get("labels", {}).get("run") == labels["run"] for alert in listed)

    def _post(self, labels: Mapping[str, str], starts: datetime, ends: datetime) -> None:
        """Send the alert, once; sending the same labels again only changes its end."""
        body = msgspec.json.encode(
            [
                {
                    "labels": labels,
                    "annotations": {
                        "summary": "Test alert of the operations playbook; nothing is wrong",
                        "description": "It shows that alerts reach their receiver, and is ended at once.",
                    },
                    "startsAt": starts.isoformat(),
                    "endsAt": ends.isoformat(),
                }
            ]
        )
        client = self._alertmanager
        url = parse_url(client.base_url.rstrip("/") + "/api/v2/alerts", SERVICE)
        call = client.call("POST", url, {"Content-Type": "application/json"}, seconds=client.budget, body=body)
        try:
            with Exchange(call) as exchange:
                answer = read_body(exchange, SERVICE, url, _MOST)
        except Broken as broken:
            raise unreachable(SERVICE, url, broken, (f"only try: {broken}",)) from broken
        if exchange.status in (401, 403):
            raise Denied(
                f"{SERVICE}: expected our credentials to be accepted by {shown(url)}, got HTTP {exchange.status}",
                service=SERVICE,
            )
        if not 200 <= exchange.status < 300:
            raise Malformed(
                f"{SERVICE}: expected the test alert to be taken by {shown(url)}, "
                f"got HTTP {exchange.status}: {door.line(answer, 120)}",
                service=SERVICE,
            )
