"""Planned maintenance: the next window, preparations for it, and the system's state since the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from playbook.clients.alert_words import Silence
from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_aside import aside
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, TooLittleData
from playbook.core.evidence import Evidence, Facts, Table, evidence_of
from playbook.core.sign_off import SignOff
from playbook.core.suggestions import did_you_mean
from playbook.core.wording import moment, plural
from playbook.history.people.attest import window_of
from playbook.history.people.roster import DUTIES, PRIMARY, SECONDARY, read_roster
from playbook.history.people.roster import SERVICE as ROSTER
from playbook.measure.figures.figure_names import ERROR_RATE, IMAGE_SUCCESS, RESPONSE_TIME
from playbook.measure.figures.recent import Recent, recent
from playbook.measure.figures.recent_images import CountedLately, recent_images
from playbook.settings.model import Settings

SERVICE = "Maintenance"
_LONGEST = timedelta(hours=24)  # maximum period since the end of a window over which figures are measured
_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Window:
    """One planned maintenance; ``start`` and ``end`` are aware, in UTC."""

    name: str
    start: datetime
    end: datetime
    zone: ZoneInfo

    def __str__(self) -> str:
        start, end = self.start.astimezone(self.zone), self.end.astimezone(self.zone)
        until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %Y-%m-%d %H:%M}"
        return f"{self.name}, {start:%a %Y-%m-%d %H:%M} to {until} {self.zone.key}"


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """The windows at one moment, in order of time. There is at least one."""

    windows: tuple[Window, ...]
    now: datetime

    @property
    def coverage(self) -> Coverage:
        """How many windows are configured."""
        return whole(f"{plural(len(self.windows), 'window')} of the settings")

    @property
    def ahead(self) -> Window | None:
        """The next or current window."""
        return next((window for window in self.windows if window.end > self.now), None)

    @property
    def past(self) -> Window | None:
        """The last finished window: that which ended last, whenever it began."""
        over = (window for window in self.windows if window.end <= self.now)
        return max(over, key=lambda window: window.end, default=None)

    @property
    def next(self) -> Window:
        """As ``ahead``; TooLittleData where none is ahead."""
        return self.ahead or self._require("a maintenance window ahead")

    @property
    def last(self) -> Window:
        """As ``past``; TooLittleData where none is finished."""
        return self.past or self._require("a maintenance that is over")

    @property
    def found(self) -> str:
        """The window ahead and when it begins, or the last one."""
        if self.ahead:
            until = (self.ahead.start - self.now).total_seconds()
            return f"{self.ahead}, {f'in {two_units(until)}' if until > 0 else 'which is on now'}"
        assert self.past
        return f"none; the last was {self.past}"

    def after(self, sign_off: SignOff) -> bool:
        """Whether it was signed after the last window; an earlier sign-off does not count."""
        return sign_off.newest is not None and sign_off.newest.when >= self.last.end

    def about_next(self, sign_off: SignOff) -> bool:
        """Whether it may be about the window ahead: one from before the end of the last window is about that one,
        and one from before the window was moved is about the time that it had then.
        """
        window = sign_off.newest.window if sign_off.newest else ""
        if window and (self.ahead is None or window != window_of(self.ahead.start, self.ahead.end)):
            return False
        return self.past is None or sign_off.newest is None or sign_off.newest.when >= self.past.end

    def expected_of_next(self, sign_off: SignOff) -> str:
        """Of a sign-off about the window ahead."""
        if self.past and sign_off.newest and sign_off.newest.when < self.past.end:
            return f"one after {self.past}"
        return f"one about {self.ahead or 'a window ahead'}"

    def evidence(self) -> Evidence:
        """A row for each window."""
        rows = [
            [one.name, moment(one.start), moment(one.end), self._state(one)]
            for one in sorted(self.windows, key=lambda one: one.start, reverse=True)[:_SHOWN]
        ]
        return Table("Maintenance windows", ["What", "From", "Until", "State"], rows)

    def _state(self, window: Window) -> str:
        if window.end <= self.now:
            return f"over for {two_units((self.now - window.end).total_seconds())}"
        if window.start <= self.now:
            return f"on, for another {two_units((window.end - self.now).total_seconds())}"
        return f"in {two_units((window.start - self.now).total_seconds())}"

    def _require(self, expected: str) -> NoReturn:
        raise TooLittleData(
            f"{SERVICE}: expected {expected}, got {self.windows[-1]}",
            service=SERVICE,
            hint="Look at the windows in the settings, and run this set on its side of the maintenance.",
        )


@measurement
def maintenance_plan(settings: Settings, clock: Clock) -> MaintenancePlan:
    """The planned maintenance windows, in order of time; NotConfigured where there is none."""
    planned = settings.maintenance
    windows = tuple(Window(one.name, one.start, one.end, planned.zone) for one in planned.in_utc())
    if not windows:
        line = 'windows = [{ name = "…", start = 2026-11-28T22:00:00, end = 2026-11-28T23:00:00 }]'
        _not_configured(settings, "maintenance.windows", "no maintenance window is entered", line)
    return MaintenancePlan(windows, clock.now())


@dataclass(frozen=True, slots=True)
class SilencedAlert:
    """One alert that the work will trigger, and the best matching silence."""

    name: str
    silence: Silence | None
    early: timedelta
    late: timedelta


@dataclass(frozen=True, slots=True)
class WindowSilences:
    """Whether the alerts that the work will trigger are silenced for the window.

    Attributes:
        slack: by how much a silence may be longer.
        misspelt: names of alerts that no rule has, with a similar one that a rule has.
    """

    window: Window
    alerts: tuple[SilencedAlert, ...]
    slack: timedelta
    misspelt: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """Number of alerts for which a silence was looked for; a silence on a misspelt one silences nothing."""
        total = whole(f"{plural(len(self.alerts), 'alert')} of the settings")
        for name in self.misspelt:
            expected = "a rule for each alert of maintenance.silenced"
            hint = "Correct the name in maintenance.silenced, and the silence itself."
            total += lacking("alert not known", expected=expected, got=f"none named {name}", hint=hint)
        return total

    @property
    def all_silenced(self) -> bool:
        """Whether each alert is silenced from before the window begins until it is over."""
        return not self._open

    @property
    def none_longer(self) -> bool:
        """Whether no silence hides alerts long before or after the window."""
        return not self._longer

    @property
    def slack_words(self) -> str:
        """By how much a silence may be longer."""
        return two_units(self.slack.total_seconds())

    @property
    def found(self) -> str:
        """Alerts that are not silenced, or those that are."""
        if self._open:
            return f"none on {', '.join(alert.name for alert in self._open)}"
        return f"silences on {', '.join(alert.name for alert in self.alerts)}"

    @property
    def found_longer(self) -> str:
        """The silence that is longer than allowed."""
        if not self._longer:
            return "none that does"
        worst = self._longer[0]
        assert worst.silence
        return f"the one on {worst.name} until {moment(worst.silence.until)}"

    def evidence(self) -> Evidence:
        """A row for each alert."""
        rows = [
            [
                alert.name,
                moment(alert.silence.since) if alert.silence else "not silenced",
                moment(alert.silence.until) if alert.silence else "",
                f"{alert.silence.by}: {alert.silence.comment}" if alert.silence else "",
            ]
            for alert in self.alerts
        ]
        return Table(f"Silences for {self.window}", ["Alert", "From", "Until", "By"], rows)

    @property
    def _open(self) -> list[SilencedAlert]:
        return [alert for alert in self.alerts if alert.silence is None]

    @property
    def _longer(self) -> list[SilencedAlert]:
        return [alert for alert in self.alerts if max(alert.early, alert.late) > self.slack]


@measurement
def window_silences(
    alerting: Alertmanager | RuleAlerts, maintenance_plan: MaintenancePlan, settings: Settings
) -> WindowSilences:
    """The silences on the alerts that the work of the next window will trigger."""
    planned = settings.maintenance
    if not planned.silenced:
        line = 'silenced = [{ alertname = "…" }]'
        _not_configured(settings, "maintenance.silenced", "the alerts to silence are not configured", line)
    window = maintenance_plan.next
    # A current window has to be silenced from now on.
    begins = max(window.start, maintenance_plan.now)
    found = tuple(_silenced(labels, alerting.silences_on(labels), window, begins) for labels in planned.silenced)
    names = alerting.rule_names(maintenance_plan.now)
    asked = [labels.get("alertname", "") for labels in planned.silenced]
    meant = {name: did_you_mean(name, names) for name in asked if name and name not in names}
    misspelt = tuple(f"{name!r}{other}" for name, other in meant.items() if other)
    return WindowSilences(window, found, timedelta(minutes=planned.slack_minutes), misspelt)


def _silenced(
    labels: Mapping[str, str], silences: list[Silence], window: Window, begins: datetime
) -> SilencedAlert:
    name = labels.get("alertname") or ", ".join(f"{key}={value}" for key, value in labels.items())
    best = _covering(silences, begins, window.end)
    if best is None:
        return SilencedAlert(name, None, timedelta(), timedelta())
    return SilencedAlert(name, best, window.start - (best.since or window.start), best.until - window.end)


def _covering(silences: list[Silence], begins: datetime, ends: datetime) -> Silence | None:
    """The silence that covers a time and ends first; several that do so one after the other are one."""
    alone = [one for one in silences if (one.since or begins) <= begins and one.until >= ends]
    if alone:
        return min(alone, key=lambda one: one.until)
    chain: Silence | None = None
    covered = begins
    while covered < ends:
        going_on = [one for one in silences if (one.since or begins) <= covered < one.until]
        if not going_on:
            return None
        longest = max(going_on, key=lambda one: one.until)
        covered = longest.until
        chain = replace(chain, until=covered) if chain else longest
    return chain


@dataclass(frozen=True, slots=True)
class WindowTeam:
    """Who is on call during the next window.

    Attributes:
        people: names by duty, in order of their turns.
        gaps: in words; also who could not be called.
    """

    window: Window
    people: Mapping[str, tuple[str, ...]]
    gaps: tuple[str, ...]

    @property
    def coverage(self) -> Coverage:
        """The roster for the whole window."""
        return whole(f"{len(self.people)} duties of the roster")

    @property
    def there(self) -> bool:
        """Whether two different people are on call all the time, and can be called."""
        return not self.gaps

    @property
    def found(self) -> str:
        """Who they are, or what is wrong."""
        if self.gaps:
            return "; ".join(self.gaps)
        return " and ".join(f"{' then '.join(names)} as {duty}" for duty, names in self.people.items())

    def evidence(self) -> Evidence:
        """Who has which duty."""
        facts = {duty.capitalize(): " then ".join(names) or "nobody" for duty, names in self.people.items()}
        return Facts(f"On call during {self.window}", facts)


@measurement
def window_team(maintenance_plan: MaintenancePlan, settings: Settings) -> WindowTeam:
    """Who is on call during the next window, from the roster."""
    window = maintenance_plan.next
    roster = read_roster(settings.path_of(settings.require(settings.people.roster, "people.roster", ROSTER)))
    begins = max(window.start, maintenance_plan.now)
    spans = {duty: list(roster.spans(duty, begins, window.end)) for duty in DUTIES}
    people = {
        duty: tuple(dict.fromkeys(roster.people[one.person].name or one.person for one in found if one.person))
        for duty, found in spans.items()
    }
    gaps = [f"nobody as {duty}" for duty in DUTIES if any(one.person is None for one in spans[duty])]
    doubles = [
        f"{roster.people[mine.person or ''].name} as both"
        for mine in spans[PRIMARY]
        for other in spans[SECONDARY]
        if roster.one_phone(mine.person, other.person) and mine.start < other.end and other.start < mine.end
    ]
    keys = dict.fromkeys(one.person for found in spans.values() for one in found if one.person)
    silent = [f"no phone of {roster.people[key].name or key}" for key in keys if not roster.people[key].has_number]
    return WindowTeam(window, people, (*gaps, *doubles, *silent))


@dataclass(frozen=True, slots=True)
class SinceMaintenance:
    """The key figures since the end of the last window, at most over a day; images only where the product has
    them.
    """

    window: Window
    response_time: Recent
    error_rate: Recent
    image_success: Recent | CountedLately | None = None

    @property
    def coverage(self) -> Coverage:
        """Length of the period; each figure has its own coverage."""
        return whole(f"{two_units(self.response_time.minutes * 60)} since the maintenance")

    def evidence(self) -> list[Evidence]:
        """The window, and each figure."""
        return [
            Facts("Last maintenance", {"Window": str(self.window)}),
            self.response_time.evidence(),
            self.error_rate.evidence(),
            *evidence_of(self.image_success),
        ]

    @property
    def readings(self) -> dict[str, Counted]:
        """The counts of images, for later runs to compare with."""
        return self.image_success.readings if isinstance(self.image_success, CountedLately) else {}


@measurement
def since_maintenance(
    prometheus: Prometheus, maintenance_plan: MaintenancePlan, settings: Settings, clock: Clock, earlier: Earlier
) -> SinceMaintenance:
    """Response time, errors and images since the last maintenance ended.

    Availability is not among them: one failed probe of the few in an hour would be critical. A figure that cannot
    be read hides none of the others.
    """
    store, window = aside(prometheus), maintenance_plan.last
    minutes = min(maintenance_plan.now - window.end, _LONGEST).total_seconds() / 60
    response, errors = (
        recent(store, settings, figure, minutes, maintenance_plan.now) for figure in (RESPONSE_TIME, ERROR_RATE)
    )
    if not (response.answered.unread.enough or errors.answered.unread.enough):
        recent(prometheus, settings, RESPONSE_TIME, minutes, maintenance_plan.now)  # raises why nothing is read
    without = IMAGE_SUCCESS.part in settings.absent
    images = None if without else recent_images(store, settings, minutes, clock, earlier)
    return SinceMaintenance(window, response, errors, images)


def _not_configured(settings: Settings, setting: str, what: str, line: str) -> NoReturn:
    name = settings.target.name
    raise NotConfigured(
        f"{SERVICE}: {what} for the target {name}",
        setting=f"targets.{name}.{setting}",
        add=f"to playbook.toml:\n[targets.{name}.maintenance]\n{line}",
    )
