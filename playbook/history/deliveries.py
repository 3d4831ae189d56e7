"""Record of notifications: one line each, in files that git merges by keeping the lines of both sides.

<history>/deliveries/2026.jsonl     every delivery attempted in 2026 (UTC), including failed ones
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from playbook.core import lines
from playbook.core.clock import Moment
from playbook.history.runs import make_folder

FOLDER = "deliveries"
_LONGEST_LINE = 64 * 1024

Told = Literal["events", "digest", "issue", "ping"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One notification over one channel, delivered or not. Default values are not written.

    Attributes:
        set, target: whose result it reports.
        channel: a constant name of the channel: ``apprise Slack``.
        to: recipient, without secrets: ``Slack``.
        ids: of the reported events, or of the digest.
        attempts: number of attempts.
        error: why it was not delivered, without secrets.
    """

    schema: int = 1
    when: Moment
    target: str
    set: str = ""
    what: Told
    channel: str
    to: str
    ids: list[str] = []
    delivered: bool
    attempts: int = 1
    error: str = ""


_DELIVERY = msgspec.json.Decoder(Delivery)


def note(history: Path, delivery: Delivery) -> None:
    """Add a line, on disk when this returns; UsageError where it cannot be written."""
    make_folder(history)
    file = history / FOLDER / f"{delivery.when.astimezone(UTC):%Y}.jsonl"
    lines.append(file, msgspec.json.encode(delivery) + b"\n")


def read(history: Path, *, since: datetime | None = None) -> list[Delivery]:
    """All deliveries, or those since a moment (aware); oldest first. Unreadable lines are skipped."""
    found: list[Delivery] = []
    for file in sorted((history / FOLDER).glob("[0-9][0-9][0-9][0-9].jsonl")):
        if since is None or int(file.stem) >= since.astimezone(UTC).year:
            found += lines.decoded(file, _LONGEST_LINE, _DELIVERY.decode)
    return sorted(
        (each for each in found if since is None or each.when >= since), key=lambda delivery: delivery.when
    )


def known_since(deliveries: Iterable[Delivery], target: str, channel: str) -> datetime | None:
    """When this channel was first used or attempted; None where it never was."""
    mine = (each.when for each in deliveries if each.target == target and each.channel == channel)
    return min(mine, default=None)


def ids_told(deliveries: Iterable[Delivery], target: str, channel: str) -> set[str]:
    """Ids of the events that this channel has delivered."""
    return {
        each
        for delivery in deliveries
        if delivery.delivered and delivery.target == target and delivery.channel == channel
        for each in delivery.ids
    }
