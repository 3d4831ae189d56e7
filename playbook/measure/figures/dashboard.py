"""The dashboard that people use: whether it exists, and whether its data is current."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

from playbook.clients.grafana import Dashboard, Grafana, grafana
from playbook.clients.prometheus import Prometheus, prometheus, through
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import named, own_series, query_of
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, unread, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured, Unreachable
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.measure.figures.store_answers import number_of
from playbook.measure.known import or_unread, those_read
from playbook.settings.model import Settings

NOT_ASKED = "not asked"
DAY = 86_400.0
AHEAD = 300.0  # seconds of allowed clock skew


@dataclass(frozen=True, slots=True)
class DashboardView:
    """What opening the dashboard would show.

    Attributes:
        title: of the dashboard that is looked for.
        found: in words: the dashboard, or that it was not looked for.
        is_there: False where Grafana does not have it, or where it has no panels.
        grafana: version, and state of its database; empty where Grafana is not configured.
        works: False where Grafana reports that its database fails.
        data_source: name of the dashboard's data source.
        problem: why it does not respond; empty where it does.
        minutes: age of the newest sample by the data source's own clock; ``None`` where there is none in a day.
        seen: what is uncertain: whose samples they are, clock skew, ambiguous dashboard; and what was not read.
        is_dated: whether the newest sample was looked for; otherwise ``seen`` says why it was not.
        series: name of the metric whose newest sample it is; empty where a query of the target's own asks for it.
    """

    title: str
    found: str
    is_there: bool
    grafana: str
    data_source: str
    problem: str
    minutes: float | None
    works: bool = True
    seen: Coverage = field(default_factory=Coverage)
    is_dated: bool = True
    series: str = ""

    @property
    def samples(self) -> str:
        """Whether there are samples of the last day, and which are missing."""
        if self.minutes is not None:
            return "some"
        return f"none of {self.series}" if self.series else "none"

    @property
    def coverage(self) -> Coverage:
        """The target's own samples, with clocks that agree."""
        return self.seen if self.seen.parts else whole(self.found)

    @property
    def age(self) -> Reading:
        """Minutes since the newest sample; NaN where there is none."""
        if not self.is_dated:
            return Reading(math.nan, coverage=self.seen)
        if self.minutes is None:
            none = lacking(
                "no samples",
                expected="samples of the last day",
                got="none",
                hint="See whether the targets that the dashboard shows are scraped.",
            )
            return Reading(math.nan, coverage=none)
        return Reading(self.minutes)

    def evidence(self) -> Evidence:
        """Dashboard, Grafana, data source and newest sample."""
        answers = self.problem or ("answers" if self.data_source != NOT_ASKED else "was not asked")
        facts = {
            "Dashboard": self.found,
            "Grafana": self.grafana or "not configured",
            "Data source": f"{self.data_source}: {answers}" if self.data_source != NOT_ASKED else NOT_ASKED,
            "Newest sample": ("none in the last day" if self.is_dated else "not known")
            if self.minutes is None
            else f"{self.minutes:.1f} min old",
        }
        return Facts(self.title, facts)


@measurement(parts=("prometheus",))
def dashboard(settings: Settings, clock: Clock) -> DashboardView:
    """The dashboard in Grafana by its title, its data sources, and the age of the newest sample.

    Without Grafana, only the data source is checked.
    """
    own = settings.target.grafana
    title = f"the dashboard {own.dashboard_uid}" if own.dashboard_uid else own.dashboard
    if settings.target.grafana.url is None:
        store = prometheus(settings)
        minutes, seen = _age(store, settings, clock)
        found = "not checked, as Grafana is not configured; only its data source was"
        return DashboardView(
            title, found, True, "", store.service, "", minutes, seen=seen, series=_series(settings)
        )
    reader = grafana(settings)
    told, seen = those_read({"Grafana's own health": reader.health, title: partial(reader.dashboard, title)})
    database, version = told.get("Grafana's own health", ("not known", ""))
    works = "Grafana's own health" not in told or database.lower() == "ok"
    state = f"{version}, database {database}".lstrip(", ")
    stored: Dashboard | None = told.get(title)
    if title not in told:
        return DashboardView(title, "not known", True, state, NOT_ASKED, "", None, works, seen, is_dated=False)
    if stored is None:
        return DashboardView(
            title,
            f"no dashboard of that {'identifier' if own.dashboard_uid else 'title'}",
            False,
            state,
            NOT_ASKED,
            "",
            None,
            works,
            seen,
        )
    if not stored.panels:  # it names no data source either, which is no gap in the settings
        return DashboardView(title, "there, with no panels", False, state, NOT_ASKED, "", None, works, seen)
    uid = reader.datasource_uid(stored)
    store = through(reader, uid)
    problem, minutes, is_dated = "", None, True
    try:
        minutes, lack = _age(store, settings, clock)
        seen += lack
    except Unreachable as error:
        # A data source that the dashboard does not use says nothing about it: our own setting is wrong.
        if uid not in stored.datasources:
            raise
        # Grafana has just responded, so a failing data source behind it is a finding, not a connectivity issue.
        problem = error.got
    except Unmeasured as error:
        seen += unread(error, "the age of the newest sample")
        is_dated = False
    if not problem:
        problem, lack = _failing_datasource(reader, stored, uid)
        seen += lack
    found = f"there, with {stored.panels} panels"
    seen += _ambiguity(stored, settings)
    return DashboardView(
        title, found, True, state, store.service, problem, minutes, works, seen, is_dated, _series(settings)
    )


def _ambiguity(stored: Dashboard, settings: Settings) -> Coverage:
    if stored.alike == 1:
        return Coverage()
    return lacking(
        f"{stored.alike} dashboards of that title",
        expected=f"one dashboard {stored.title}",
        got=f"{stored.alike} of that title",
        hint=f"Say in which folder it is, in playbook.toml:\n[targets.{settings.target.name}.grafana]\n"
        'folder = "…"',
    )


def _failing_datasource(reader: Grafana, stored: Dashboard, asked: str) -> tuple[str, Coverage]:
    """The dashboard's other data source that does not respond, empty where all do; and those that tell nothing."""
    lacks = Coverage()
    for uid in stored.datasources:
        if uid != asked:
            try:
                through(reader, uid).ask("vector(1)")
            except Unreachable as error:
                return f"{error.got} from {uid}", lacks
            except Unmeasured as error:
                lacks += unread(error, f"an answer from {uid}")
    others = [(uid, partial(reader.ailment, uid)) for uid in stored.others]
    others += [(uid, partial(reader.ailment, uid, may_be_name=True)) for uid in stored.of_no_kind]
    for uid, ask in others:
        ailment, lack = or_unread(ask, f"the health of {uid}")
        if ailment:
            return f"{ailment} from {uid}", lacks
        lacks += lack
    return "", lacks


def _series(settings: Settings) -> str:
    """The metric whose newest sample is asked for; empty for a query of the target's own."""
    name: str = settings.metrics.request_buckets
    return name if name in named(settings, "newest_sample") else ""


def _age(store: Prometheus, settings: Settings, clock: Clock) -> tuple[float | None, Coverage]:
    """Minutes between the newest sample and the store's own time, and what makes them uncertain."""
    answered = store.ask(query_of(settings, "newest_sample", DAY), setting="queries.newest_sample")
    seen = answered.coverage + own_series(aside(store), settings, ["newest_sample"], DAY, None)
    if not answered.samples:
        return None, seen
    newest, why = number_of(answered)
    if why.parts:
        return None, seen + why
    present, ours = answered.samples[0].time, clock.now().timestamp()
    for ahead, of_what in ((newest - max(present, ours), "the newest sample"), (abs(present - ours), "")):
        if ahead > AHEAD:
            got = f"{of_what} {ahead / 60:,.0f} min ahead" if of_what else f"{ahead / 60:,.0f} min between"
            seen += lacking(
                "clocks apart",
                expected="clocks that agree",
                got=f"{got} of ours" if of_what else f"{got} {store.service} and us",
                hint="Look at the clocks (NTP) of what is scraped, of the store and of this machine.",
            )
    return max(0.0, present - newest) / 60, seen
