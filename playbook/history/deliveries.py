"""What was told to whom: one line each, in files that git merges by keeping the lines of both sides.

<history>/deliveries/2026.jsonl     every try to tell something in 2026 (UTC), also those that failed
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
    """One thing that was told over one channel, or could not be. What is as its default is not written.

    Attributes:
        set, target: whose result it told.
        channel: over what, the same every time: ``apprise Slack``.
        to: who or what received it, without secrets: ``Slack``.
        ids: of the events that it told, or of the digest.
        attempts: tries that were made.
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
    """What was noted, or noted since a moment (aware); oldest first. What cannot be read tells of no delivery."""
    found: list[Delivery] = []
    for file in sorted((history / FOLDER).glob("[0-9][0-9][0-9][0-9].jsonl")):
        if since is None or int(file.stem) >= since.astimezone(UTC).year:
            found += lines.decoded(file, _LONGEST_LINE, _DELIVERY.decode)
    return sorted(
        (each for each in found if since is None or each.when >= since), key=lambda delivery: delivery.when
    )


def known_since(deliveries: Iterable[Delivery], target: str, channel: str) -> datetime | None:
    """When something was first told over this channel, or tried to be; None where nothing was."""
    mine = (each.when for each in deliveries if each.target == target and each.channel == channel)
    return min(mine, default=None)


def ids_told(deliveries: Iterable[Delivery], target: str, channel: str) -> set[str]:
    """What this channel has delivered."""
    return {
        each
        for delivery in deliveries
        if delivery.delivered and delivery.target == target and delivery.channel == channel
        for each in delivery.ids
    }
