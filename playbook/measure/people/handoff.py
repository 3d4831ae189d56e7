"""The newest handoff pages: whether there is one for the week and for the month, and how old it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.core.clock import AHEAD, Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, TooLittleData
from playbook.core.evidence import Evidence, Facts, Lines
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.history.first_days import is_due, known_since, never_proven
from playbook.history.handoff_files import SERVICE, Kept, read_pages
from playbook.history.handoff_page import Page, Period
from playbook.settings.model import Settings

_CADENCE: dict[Period, float] = {"weekly": 9.0, "monthly": 36.0}  # days


@dataclass(frozen=True, slots=True)
class HandoffPage:
    """The newest page of a period.

    Attributes:
        kept: None where there is none.
        damaged: files that are not valid pages, in words.
        spoilt: the one of them that is newer than the newest page; empty where none is.
        since: when the system was first checked.
        within: maximum age of the newest page.
    """

    period: Period
    now: datetime
    kept: Kept | None
    damaged: tuple[str, ...]
    since: datetime
    within: timedelta
    spoilt: str = ""

    @property
    def coverage(self) -> Coverage:
        """The newest page, and whether everything could be read for it; none is required before its period is over
        for the first time.
        """
        if self.pending:
            todo = f"Write it with `python -m playbook handoff --{self.period}`."
            return never_proven(f"a {self.period} page", self.since, self.within, todo)
        if self.kept is None or not self.page.not_read:
            return whole("1 page" if self.kept else "no page")
        parts = self.page.not_read
        return lacking(
            f"a page without {plural(len(parts), 'part')}",
            expected=f"a {self.period} page of everything that it hands over",
            got=f"one without what could not be read ({parts[0]})",
            hint="See what could not be read on the page, then write it again.",
        )

    @property
    def pending(self) -> bool:
        """Whether there is no page yet and none is due."""
        return self.kept is None and not self.damaged and not is_due(self.since, self.now, self.within)

    @property
    def is_there(self) -> bool:
        """Whether there is a readable page; also true before the first one is due, which is then UNKNOWN."""
        return (self.kept is not None and not self.spoilt) or self.pending

    @property
    def found(self) -> str:
        """The page, in words; empty before the first one is due."""
        if self.pending and not self.damaged:
            return ""
        if self.kept is None:
            return "none" + (f" that can be read ({self.damaged[-1]})" if self.damaged else "")
        if self.spoilt:
            return f"a newer one that cannot be read ({self.spoilt})"
        return f"one of {self.page.made:%Y-%m-%d}"

    @property
    def page(self) -> Page:
        """The page; TooLittleData where there is none."""
        if self.kept is None:
            raise TooLittleData(f"{SERVICE}: expected a {self.period} page, got none", service=SERVICE)
        return self.kept.page

    @property
    def age(self) -> Reading:
        """In days; unknown where there is no page."""
        if self.kept is None:
            return Reading(math.nan, coverage=self.coverage)
        days = (self.now - self.page.made).total_seconds() / 86_400
        return Reading(round(max(days, 0.0), 1), f"(written {moment(self.page.made)})")

    @property
    def lacking(self) -> str:
        """Missing readable formats of the page: ``.html``; empty where none is missing."""
        return " and ".join(self.kept.lacking) if self.kept else ""

    @property
    def tells_of_runs(self) -> bool:
        """Whether it covers any; none is required while it is pending."""
        return self.runs > 0 or self.pending

    @property
    def runs(self) -> int:
        """Number of runs it covers."""
        return sum(self.page.runs.values()) if self.kept else 0

    def evidence(self) -> list[Evidence]:
        """Its numbers, and the files that are not pages."""
        facts = {"Page": "none"}
        if self.kept:
            page = self.page
            facts = {
                "Page": self.kept.file.with_suffix(".html").name,
                "Made": moment(page.made),
                "Made from": f"{self.runs} runs",
                "Open problems": str(len(page.problems)),
                "Changes": str(len(page.changes)),
                "To end": str(len(page.endings)),
                "Could not be read": str(len(page.not_read)),
            }
        shown: list[Evidence] = [Facts(f"Newest {self.period} handoff page", facts)]
        if self.damaged:
            shown.append(Lines("Files that are not pages", list(self.damaged)))
        return shown


@measurement
def weekly_handoff(settings: Settings, clock: Clock) -> HandoffPage:
    """The newest handoff page of a week."""
    return _newest(settings, clock, "weekly")


@measurement
def monthly_handoff(settings: Settings, clock: Clock) -> HandoffPage:
    """The newest handoff page of a month."""
    return _newest(settings, clock, "monthly")


def _newest(settings: Settings, clock: Clock, period: Period) -> HandoffPage:
    folder = settings.path_of(settings.require(settings.people.handoffs, "people.handoffs", SERVICE))
    pages = read_pages(folder, settings.target.name, period)
    now = clock.now()
    kept = pages.kept[-1] if pages.kept else None
    if kept and kept.page.made > now + AHEAD:
        raise Malformed(
            f"{SERVICE}: expected no page from the future, got a {period} one of {moment(kept.page.made)}",
            service=SERVICE,
        )
    limit = settings.limits.weekly_handoff_age if period == "weekly" else settings.limits.monthly_handoff_age
    within = timedelta(days=limit.critical.number if limit.critical else _CADENCE[period])
    return HandoffPage(period, now, kept, pages.damaged, known_since(settings, now), within, pages.spoilt)
