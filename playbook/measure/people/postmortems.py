"""Post-mortems: which of the required ones are filed, and how long the others have been due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unreachable
from playbook.core.evidence import Evidence, Lines, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.history.derive import incidents_of
from playbook.history.folder import history_folder
from playbook.history.incidents import Incident
from playbook.history.people.postmortems import ASKED_FOR, filed
from playbook.history.runs import read
from playbook.history.severity import severity_of_incident
from playbook.settings.model import Settings

SERVICE = "Post-mortems"


@dataclass(frozen=True, slots=True)
class Asked:
    """An incident that requires a post-mortem.

    Attributes:
        filed: its page exists and is complete.
        missing: what its page lacks, in words; empty where there is no page, or nothing is missing.
    """

    incident: Incident
    severity: str
    closed: datetime
    filed: bool
    missing: str = ""

    @property
    def page(self) -> str:
        """State of its page, in words."""
        return "filed" if self.filed else self.missing or "none"


@dataclass(frozen=True, slots=True)
class PostMortems:
    """The P1 and P2 incidents that have recovered, oldest first.

    Attributes:
        runs: number of runs in the history.
        problems: what of the history could not be read.
    """

    asked: tuple[Asked, ...]
    now: datetime
    runs: int
    problems: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """The whole history: without runs, incidents are unknown."""
        if not self.runs:
            return lacking(
                "no runs",
                expected="runs in the history",
                got="none, so past incidents are unknown",
                hint="Keep the history: history.folder or $PLAYBOOK_HISTORY sets its place.",
            )
        seen = whole(plural(self.runs, "run"))
        if self.problems:
            seen += lacking(
                f"{plural(len(self.problems), 'line')} not read",
                expected="a history that can be read",
                got=self.problems[0],
                hint="`python -m playbook history --problems` names what cannot be read.",
            )
        return seen

    @property
    def missing(self) -> tuple[Asked, ...]:
        """Incidents without a filed page, in order of recovery."""
        return tuple(sorted((one for one in self.asked if not one.filed), key=lambda one: one.closed))

    @property
    def waiting(self) -> Reading:
        """Days since the first of them recovered; 0 where all are filed."""
        if not self.missing:
            count = len(self.asked)
            details = f"{plural(count, 'incident')} of P1 and P2, all with theirs" if count else "none asked for"
            return Reading(0.0, f"({details})")
        first = self.missing[0]
        days = (self.now - first.closed) / timedelta(days=1)
        more = f", and {len(self.missing) - 1} more" if len(self.missing) > 1 else ""
        details = (
            f"{first.severity} {first.incident.name}, recovered {moment(first.closed)}, page: {first.page}{more}"
        )
        return Reading(round(max(days, 0.0), 1), f"({details})")

    def evidence(self) -> list[Evidence]:
        """A row for each incident, and what could not be read."""
        rows = [
            [one.incident.key, one.incident.name, one.severity, moment(one.closed), one.page] for one in self.asked
        ]
        shown: list[Evidence] = [
            Table(
                "Incidents that ask for a post-mortem", ["Incident", "What", "Severity", "Recovered", "Page"], rows
            )
        ]
        if self.problems:
            shown.append(Lines("Lines of the history that could not be read", list(self.problems)))
        return shown


@measurement
def post_mortems(settings: Settings, clock: Clock) -> PostMortems:
    """The P1 and P2 incidents of the history, and the pages in ``people.postmortems``.

    Raises:
        NotConfigured: no folder is named.
        Unreachable: it exists and cannot be read.
    """
    folder = settings.path_of(settings.require(settings.people.postmortems, "people.postmortems", SERVICE))
    own = settings.people.deliveries
    history = settings.path_of(own) if own else history_folder(settings, Path.cwd() / "reports")
    target, now = settings.target.name, clock.now()
    past = read(history)
    runs = past.of(target)
    try:
        done, begun = filed(folder, target)
    except OSError as error:
        raise Unreachable(
            f"{SERVICE}: expected to read the folder {folder.name}, got an error ({error.strerror})",
            service=SERVICE,
        ) from None
    since = settings.people.postmortems_since
    asked = [
        Asked(one, severity, one.closed, one.key in done, begun.get(one.key, ""))
        for one in incidents_of(settings, runs)
        if one.closed
        and not one.gone
        and (since is None or one.closed.date() >= since)
        and (severity := severity_of_incident(one, settings)) in ASKED_FOR
    ]
    return PostMortems(tuple(asked), now, len(runs), past.problems)
