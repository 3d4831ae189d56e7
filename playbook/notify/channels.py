"""Channels for messages: those of apprise, and a plain webhook."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import msgspec

from playbook.core import door
from playbook.core.secret import Secret
from playbook.notify.messages import Message, as_plain_text
from playbook.notify.post import post
from playbook.notify.tries import Try, bounded
from playbook.settings.model import Settings
from playbook.settings.sections.incidents import Webhook

if TYPE_CHECKING:
    from apprise import NotifyBase


class Channel(Protocol):
    """A way to deliver messages.

    Attributes:
        name: stable, and without secrets.
        to: recipient, for people.
    """

    name: str
    to: str

    def send(self, message: Message, seconds: float) -> Try:
        """Send it once."""


def channels_of(settings: Settings) -> tuple[list[Channel], list[str]]:
    """Every channel of the settings, and what is wrong with unusable ones, in words."""
    found: list[Channel] = []
    problems: list[str] = []
    seen: Counter[str] = Counter()
    for number, address in enumerate(settings.notifications.apprise, 1):
        service = _service(address)
        if service is None:
            problems.append(f"notifications.apprise: address {number}: unknown apprise URL scheme")
            continue
        kind = str(service.service_name)
        seen[kind] += 1
        found.append(AppriseChannel(service, f"{kind} {seen[kind]}" if seen[kind] > 1 else kind))
    webhook = settings.notifications.webhook
    if webhook.url is not None:
        found.append(WebhookChannel(webhook, webhook.url))
    return found, problems


def _service(address: Secret) -> NotifyBase | None:
    import apprise

    with _kept_logs():
        # A redirect could send the message anywhere.
        asset = apprise.AppriseAsset(app_id="Operations playbook", app_desc="Operations playbook")
        asset.http_redirects = False
        service = apprise.Apprise.instantiate(address.reveal(), asset=asset)
    return service if isinstance(service, apprise.NotifyBase) else None


class AppriseChannel:
    """One address of ``notifications.apprise``: Slack, mail, or any other service of apprise."""

    def __init__(self, service: NotifyBase, to: str) -> None:
        self._service = service
        self.name, self.to = f"apprise {to}", to

    def send(self, message: Message, seconds: float) -> Try:
        """apprise reports the reason of a failure only in its log, which is read and redacted."""
        import apprise

        self._service.socket_connect_timeout = min(5.0, seconds)
        self._service.socket_read_timeout = seconds
        sender = apprise.Apprise()
        sender.add(self._service)
        # Slack and its like render Markdown, where code between backticks is shown as code.
        markdown = self._service.notify_format == apprise.NotifyFormat.MARKDOWN
        text = message.text if markdown else as_plain_text(message.text)
        mood = {"failure": "failure", "warning": "warning", "success": "success"}.get(message.mood, "info")

        def notify() -> bool:
            return bool(sender.notify(body=text, title=message.title, notify_type=mood, body_format="text"))

        with _kept_logs() as logged:
            try:
                delivered = bounded(notify, seconds)
            except TimeoutError as error:
                return Try(str(error))  # it may still be delivered
            except Exception as error:  # noqa: BLE001 - any of a hundred services' libraries
                return Try(f"{self.to} failed with {type(error).__name__}")
        if delivered:
            return Try()
        reason = door.line(" ".join(logged), 200)
        return Try(f"{self.to} did not take it{f' ({reason})' if reason else ''}", again=True)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _kept_logs() -> Iterator[list[str]]:
    """apprise's log at warning or above; otherwise it would go to standard error, including addresses."""
    logger, handler = logging.getLogger("apprise"), _Lines()
    logger.addHandler(handler)
    # Permanently: an abandoned delivery continues in its thread, and may log after this block has ended.
    logger.propagate = False
    if not any(isinstance(each, logging.NullHandler) for each in logger.handlers):
        logger.addHandler(logging.NullHandler())
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


class WebhookChannel:
    """JSON by POST: the fields of ``playbook.notify.messages.Message``.

    ``Idempotency-Key`` is the message's id, so that a duplicate can be recognised. With a secret,
    ``X-Playbook-Signature`` is ``sha256=`` and the HMAC-SHA256 of the body in hexadecimal digits.
    """

    name = "webhook"
    to = "the webhook"

    def __init__(self, settings: Webhook, url: Secret) -> None:
        self._secret, self._url = settings.secret, url

    def send(self, message: Message, seconds: float) -> Try:
        """A 2xx answer that says nothing against it is a delivery."""
        body = msgspec.json.encode(msgspec.structs.replace(message, text=as_plain_text(message.text)))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "operations-playbook",
            "Idempotency-Key": message.id,
            "X-Playbook-Event": message.what,
        }
        if self._secret is not None:
            headers["X-Playbook-Signature"] = signature(self._secret, body)
        return post(self._url, body, headers, seconds)


def signature(secret: Secret, body: bytes) -> str:
    """``sha256=…``, as GitHub signs its own webhooks."""
    return "sha256=" + hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
