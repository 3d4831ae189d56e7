"""Guidance for an incident: its severity, what to do, whom to call by when, and where it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from playbook.core.catalogue import Item, shipped
from playbook.core.context import Caller
from playbook.history.incidents import Incident
from playbook.history.severity import severity_of_incident
from playbook.report.troubles import caller_words
from playbook.run.thread.calls import calls_of
from playbook.run.thread.links import Addresses
from playbook.settings.model import Settings

_UNSEEN = "See why it cannot be measured: the run's report lists the attempts."


@dataclass(frozen=True, slots=True)
class Guide:
    """Guidance that accompanies an incident wherever it is shown.

    Attributes:
        severity: ``P1`` to ``P4``.
        todo: what to do, from the catalogue; empty for a project's own checks.
        call: whom to call by when; empty where unknown, or not for these readers.
        link: its page on the site; empty where no site is configured.
    """

    severity: str = ""
    todo: str = ""
    call: str = ""
    link: str = ""


@dataclass
class Guides:
    """The guides to the incidents of a target.

    Attributes:
        for_the_team: the readers may see names and numbers of people.
        now: start of the time to answer.
    """

    settings: Settings
    now: datetime
    for_the_team: bool
    _addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        self._addresses = Addresses(self.settings)

    def of(self, incident: Incident) -> Guide:
        """The guide to one incident."""
        severity = severity_of_incident(incident, self.settings)
        links = self._addresses.incident(incident.fingerprint, incident.number)
        caller = self._first.get(severity) if self.for_the_team and incident.is_open else None
        return Guide(
            severity=severity,
            todo=_todo(incident),
            call=caller_words(caller, severity),
            link=links[0].to if links else "",
        )

    @cached_property
    def _first(self) -> dict[str, Caller]:
        return calls_of(self.settings, self.now).first


def _todo(incident: Incident) -> str:
    if not incident.down:
        return _UNSEEN
    known = (shipped().items.get(item) for item in incident.down)
    item: Item | None = next((each for each in known if each), None)
    return item.next_step if item else ""
