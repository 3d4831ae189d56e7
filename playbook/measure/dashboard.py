"""The dashboard that people look at: whether it is there, and whether what it shows is of now."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.clients.grafana import grafana
from playbook.clients.prometheus import Prometheus, prometheus, through
from playbook.engine import measurement
from playbook.errors import TooLittleData, Unreachable
from playbook.evidence import Evidence, Facts
from playbook.limits import Reading
from playbook.settings import Settings

NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class DashboardView:
    """What somebody who opens the dashboard would see.

    Attributes:
        title: of the dashboard that is looked for.
        found: in words: what was found of it, or that it was not looked for.
        is_there: False where Grafana does not have it.
        grafana: version, and state of its database; empty where Grafana is not configured.
        data_source: name of what answers the dashboard's queries.
        problem: why it does not answer; empty where it does.
        minutes: age of the newest sample by the data source's own clock; ``None`` where there is none in a day.
    """

    title: str
    found: str
    is_there: bool
    grafana: str
    data_source: str
    problem: str
    minutes: float | None

    @property
    def age(self) -> Reading:
        """Minutes since the newest sample; TooLittleData where there is none."""
        if self.minutes is None:
            raise TooLittleData(
                f"{self.data_source}: expected samples of the last day, got none", service=self.data_source
            )
        return Reading(self.minutes)

    def evidence(self) -> Evidence:
        """All of it."""
        answers = self.problem or ("answers" if self.data_source != NOT_ASKED else "was not asked")
        facts = {
            "Dashboard": self.found,
            "Grafana": self.grafana or "not configured",
            "Data source": f"{self.data_source}: {answers}" if self.data_source != NOT_ASKED else NOT_ASKED,
            "Newest sample": "none in the last day" if self.minutes is None else f"{self.minutes:.1f} min old",
        }
        return Facts(self.title, facts)


@measurement
def dashboard(settings: Settings) -> DashboardView:
    """The dashboard in Grafana by its title, its data source, and the age of the newest sample.

    Without Grafana the data source alone is looked at.
    """
    title = settings.target.grafana.dashboard
    if settings.target.grafana.url is None:
        store = prometheus(settings)
        minutes = _age(store, settings)
        found = "not looked for, as Grafana is not configured: its data source alone"
        return DashboardView(title, found, True, "", store.service, "", minutes)
    reader = grafana(settings)
    database, version = reader.health()
    state = f"{version}, database {database}".lstrip(", ")
    stored = reader.dashboard(title)
    if stored is None:
        return DashboardView(title, "no dashboard of that title", False, state, NOT_ASKED, "", None)
    uid = reader.datasource_uid(stored)
    store = through(reader, uid)
    problem, minutes = "", None
    try:
        minutes = _age(store, settings)
    except Unreachable as error:
        # What the dashboard does not use says nothing of it: then our own setting is wrong.
        if uid not in stored.datasources:
            raise
        # Grafana has just answered: that what stands behind it does not is a finding, not our connection.
        problem = str(error).partition("got ")[2] or str(error)
    found = f"there, with {stored.panels} panels"
    return DashboardView(title, found, True, state, store.service, problem, minutes)


def _age(store: Prometheus, settings: Settings) -> float | None:
    """Minutes between the newest sample and the store's own present."""
    answered = store.ask(settings.queries.newest_sample, setting="queries.newest_sample")
    if not answered.samples:
        return None
    return max(0.0, answered.samples[0].time - answered.number) / 60
