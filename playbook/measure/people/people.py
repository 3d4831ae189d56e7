"""Sign-offs by people: item, who, when, and until when they count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.durations import hours_or_days
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.sign_off import SignOff
from playbook.core.wording import plural
from playbook.history.deliveries import Delivery, read
from playbook.history.first_days import known_since
from playbook.history.folder import history_folder
from playbook.history.people.attest import SignOffs, rule_for
from playbook.history.people.files import rules, sign_offs_of
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.own_catalogue import catalogue_of

_ENDINGS = ("recovered", "gone")


@dataclass(frozen=True, slots=True)
class Attestations:
    """The ledger of sign-offs. ``attestations.of("weekly.docs.updated")`` goes to ``judge.sign_off``."""

    sign_offs: SignOffs

    @property
    def coverage(self) -> Coverage:
        """The whole ledger; the judge reports lines that do not count where they matter."""
        lines = sum(map(len, self.sign_offs.lines.values()))
        return whole(f"{plural(lines, 'line')} of the ledger")

    def of(self, item: str) -> SignOff:
        """Current sign-off of an item; also for one that nobody signed."""
        return self.sign_offs.of(item)

    def evidence(self) -> list[Evidence]:
        """The newest of each item, and every refused line."""
        rows = [_row(self.of(item)) for item in sorted(self.sign_offs.lines)]
        shown: list[Evidence] = [Table("Sign-offs", ["Item", "Who", "When", "Looked at", "Expires in"], rows)]
        refused = [problem for problems in self.sign_offs.refused.values() for problem in problems]
        if refused:
            shown.append(Lines("Refused lines of the ledger", refused))
        return shown


def _row(sign_off: SignOff) -> list[str]:
    line, left = sign_off.newest, sign_off.left
    assert line  # only items with a line are shown
    assert left is not None
    looked_at = "; ".join([line.note, *(file.path for file in line.evidence)])
    ends = hours_or_days(left) if sign_off.valid else f"expired {hours_or_days(-left)} ago"
    return [sign_off.item, line.who, f"{line.when:%Y-%m-%d}", looked_at, ends]


@measurement
def attestations(settings: Settings, clock: Clock) -> Attestations:
    """The sign-offs of items that only a person can know."""
    return Attestations(sign_offs_of(settings, catalogue_of(settings), clock.now()))


@dataclass(frozen=True, slots=True)
class TeamNotified:
    """Whether the team was notified of the week's result, by a delivered notification or by a person.

    Attributes:
        delivery: the newest of the week, if one is on record.
        sign_off: the current sign-off.
    """

    delivery: Delivery | None
    sign_off: SignOff

    @property
    def coverage(self) -> Coverage:
        """Both ways were checked."""
        return whole("deliveries and sign-offs")

    @property
    def delivered(self) -> str:
        """The delivery in words; empty where there was none."""
        return f"delivered to {self.delivery.to} on {self.delivery.when:%Y-%m-%d}" if self.delivery else ""

    def evidence(self) -> Facts:
        """Both ways."""
        return Facts(
            "The team was notified", {"By notification": self.delivered or "no", "Sign-off": self.sign_off.found}
        )


@measurement
def team_notified(settings: Settings, clock: Clock) -> TeamNotified:
    """Whether a notification of this week's result was delivered, or somebody signed that the team was notified.

    A delivery counts as long as a sign-off would: a week, and its grace period.
    """
    now = clock.now()
    item = "weekly.team.notified"
    rule = rule_for(item, rules(settings))
    delivery = newest_delivery(settings, now - rule.valid, now, set_name="weekly")
    if delivery and not settings.people.attestations:
        return TeamNotified(delivery, SignOff(item, None, (), rule, now, known_since(settings, now)))
    return TeamNotified(delivery, sign_offs_of(settings, catalogue_of(settings), now).of(item))


def newest_delivery(
    settings: Settings, since: datetime, until: datetime, *, set_name: str = "", of_incidents: bool = False
) -> Delivery | None:
    """The newest delivery; None where there was none, and for an embedded sandbox, whose deliveries do not count.

    Args:
        set_name: the set whose result it must report; of any set where empty.
        of_incidents: it must report an incident that has not ended since, by message or as an issue; a digest
            does not count.
    """
    kinds = ("events", "issue") if of_incidents else ("digest", "events")
    if settings.people.deliveries is not None:
        history = settings.path_of(settings.people.deliveries)
    elif settings.target.kind != SANDBOX:
        history = history_folder(settings, Path.cwd() / "reports")
    else:
        return None
    mine = [
        delivery
        for delivery in read(history, since=since)
        if delivery.target == settings.target.name and delivery.when <= until
    ]
    events = [_Event(*each.split("-")) for delivery in mine for each in delivery.ids if each.count("-") == 2]
    ended = {event.incident: event.at for event in sorted(events, key=_at) if event.what in _ENDINGS}
    still_open = {"-".join(event) for event in events if event.at > ended.get(event.incident, "")}
    found = [
        delivery
        for delivery in mine
        if delivery.delivered
        and delivery.what in kinds
        and (not set_name or delivery.set == set_name)
        and (not of_incidents or not still_open.isdisjoint(delivery.ids))
    ]
    return max(found, key=lambda delivery: delivery.when, default=None)


class _Event(NamedTuple):
    """An event by the parts of its id; ``incident`` is the fingerprint."""

    incident: str
    what: str
    at: str


def _at(event: _Event) -> str:
    return event.at
