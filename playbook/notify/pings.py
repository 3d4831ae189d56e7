"""The dead man's switch: a service that alerts if it does not hear from a run.

For healthchecks.io and compatible services: POST to ``URL/start`` when a run begins, to ``URL`` when it ended OK,
else to ``URL/fail``. https://healthchecks.io/docs/http_api/
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.errors import UsageError
from playbook.core.secret import Secret
from playbook.history.deliveries import Delivery, note
from playbook.notify.post import post
from playbook.notify.tries import Outcome, deliver
from playbook.settings.model import Settings

Say = Callable[[str], None]
Signal = Literal["start", "success", "fail"]

_TRIES = 3
_PAUSE = 1.0
_LONGEST_BODY = 10_000
_PATHS: dict[Signal, str] = {"start": "/start", "success": "", "fail": "/fail"}


def ping(
    settings: Settings,
    set_name: str,
    signal: Signal,
    say: Say,
    *,
    body: str = "",
    history: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Ping ``notifications.ping_url`` when a run of a set starts or ends; nothing if it is not set.

    Sent up to three times, as a duplicate is harmless; errors are never raised.

    Args:
        body: sent along, e.g. the line with the verdict.
        history: folder of the history, in which the ping is recorded.
    """
    url = settings.notifications.ping_for(set_name)
    if url is None:
        return
    clock = clock or Clock()
    text = door.text(body, _LONGEST_BODY).encode()
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    limit = settings.notifications.ping_limit_seconds
    try:
        address = address_of(url, signal)
    except ValueError:
        outcome = Outcome(delivered=False, attempts=0, error="its address is invalid")
    else:
        outcome = deliver(lambda: post(address, text, headers, limit), tries=_TRIES, pause=_PAUSE, clock=clock)
    if not outcome.delivered:
        tries = f"after {outcome.attempts} tries" if outcome.attempts > 1 else "and not tried again"
        say(f"ping ({signal}): not delivered, {tries}: {outcome.error}")
    if history is not None:
        delivery = Delivery(
            when=clock.now(),
            target=settings.target.name,
            set=set_name,
            what="ping",
            channel=f"ping {signal}",
            to="the dead man's switch",
            delivered=outcome.delivered,
            attempts=outcome.attempts,
            error=outcome.error,
        )
        try:
            note(history, delivery)
        except UsageError as error:
            say(f"ping ({signal}): not noted: {error}")


def address_of(url: Secret, signal: Signal) -> Secret:
    """The address for a signal; a query string stays at its end. Raises ValueError."""
    parts = urlsplit(url.reveal())
    return Secret(parts._replace(path=parts.path.rstrip("/") + _PATHS[signal]).geturl())
