"""What the health endpoints of the website and its image service answer, and whom they point at."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from playbook.clients.answer import Answer, cache_says
from playbook.clients.http import HttpClient
from playbook.clients.network import Network
from playbook.clients.web import SERVICE
from playbook.clients.wire import Phases
from playbook.core import door
from playbook.core.audience import Public, say
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unreachable
from playbook.core.evidence import Evidence, Facts, Table
from playbook.measure.roll_call import RollCall, roll_call
from playbook.measure.statements import Statement
from playbook.measure.web.health import MOST_BYTES, State, read_report
from playbook.measure.web.health_report import Report, UnknownShapeError
from playbook.measure.web.health_values import made_at
from playbook.measure.web.web import REDIRECTS, in_between, milliseconds, page_rules
from playbook.measure.web.web_page import (
    error_page,
    in_place_of_it,
    off_the_way,
)
from playbook.settings.model import Settings

_BY_STATUS = "status"


# Frameworks that have a page for people as well (django-health-check, health endpoints of Laravel) give it to
# whoever asks for nothing in particular.
_AS_DATA = {"Accept": "application/json, */*;q=0.5"}
_SAMPLES = 3


_QUICK = 1.0  # seconds; a slower endpoint is asked once


_TOO_MANY = 429


_UNREADABLE = (
    "If the endpoint only uses its HTTP status, set web.health to status; otherwise let it answer in a common "
    'format, e.g. {"status": "healthy"}.'
)


_ASKED_TOO = ("Redis", "Prometheus", "Grafana")  # as our clients call them


_UNKNOWN_WORDS = (
    "Let the endpoint say healthy, degraded or unhealthy, or look at what it means by these words. A check "
    "that is skipped or disabled tells nothing: let it run whenever the endpoint is asked, or leave "
    "it out of the report."
)


@dataclass(frozen=True, slots=True)
class Health:
    """A service's health as it reports it.

    Attributes:
        status: HTTP status; ``None`` where there was no response, for the reason in ``down``.
        report: parsed body; ``None`` where it is not read, or is no report of a failing service.
        astray: where redirects have led, if not to the service.
        age: minutes since the checks were carried out, according to the response; infinite where a
            cache does not tell.
        cache: the header by which a cache says that the answer is its own; empty where none does.
        newest: maximum age in minutes.
        asked: number of answers, of which this is the worst.
        roll: dependencies that earlier runs have listed and this one does not; None where that is not known.
        key: under which what is listed is kept for later runs.
    """

    path: str
    status: int | None
    report: Report | None
    phases: Phases
    attempts: tuple[str, ...]
    down: str = ""
    astray: str = ""
    age: float = 0.0
    cache: str = ""
    newest: float = math.inf
    asked: int = 1
    roll: RollCall | None = None
    key: str = ""

    @property
    def state(self) -> State:
        """The worst of the HTTP status and of everything that the service reports."""
        if self.status is None or self.status >= 500:
            return State.UNHEALTHY
        return self.report.state if self.report else State.HEALTHY

    @property
    def cause(self) -> str:
        """The website, where that is down as a whole; otherwise empty."""
        return SERVICE if self.down else ""

    @property
    def points_at(self) -> str:
        """The one failing dependency that is also one of our services; otherwise empty."""
        bad = {one.name.lower() for one in self.report.dependencies if one.state} if self.report else set()
        services = {next((s for s in _ASKED_TOO if s.lower() in name), "") for name in bad}
        return services.pop() if len(services) == 1 else ""

    @property
    def listed(self) -> tuple[str, ...]:
        """Names of the dependencies that are listed, without what is told only while it is bad."""
        return tuple(one.name for one in self.report.dependencies if not one.passing) if self.report else ()

    @property
    def public(self) -> Public:
        """Public text: whether there was a response, and its status, which everybody can see."""
        return say("no answer") if self.status is None else say("HTTP {}", self.status)

    @property
    def is_unhealthy(self) -> bool:
        """Whether the service or a dependency does not work, or it does not respond."""
        return self.state is State.UNHEALTHY

    @property
    def is_good(self) -> bool:
        """Whether it is healthy, and everything that it reports is understood."""
        return self.state is State.HEALTHY and self.coverage.enough

    @property
    def is_degraded(self) -> bool:
        """Whether everything works, but some of it badly."""
        return self.state is State.DEGRADED

    def listing(self, subject: str) -> Statement:
        """That each dependency is listed that earlier runs have listed."""
        expected = "each dependency that earlier runs have listed (or its name in web.dependencies_gone)"
        missing = self.roll.words if self.roll else ""
        return Statement(
            subject, not missing, expected, f"a list without {missing}" if missing else self._listed, warn=True
        )

    @property
    def readings(self) -> dict[str, Counted]:
        """The dependencies that are listed, for later runs."""
        return {self.key: self.roll.read} if self.roll else {}

    @property
    def coverage(self) -> Coverage:
        """Whether everything reported is understood, and it is the service that reports it."""
        if self.astray:
            return lacking(
                "",
                expected=f"an answer of {self.path} itself",
                got=self.astray,
                hint="Name the path to which it leads in web.health_path or web.image_health_path; name a host in "
                "web.hosts if it is the site's as well.",
            )
        if self.age > self.newest:
            expected = f"an answer of the last {self.newest:g} min"
            if math.isinf(self.age):
                got = f"one from a cache that does not tell its age ({self.cache})"
                hint = (
                    f"Exclude {self.path} from caching (nginx: proxy_cache off), or let the cache tell the age, "
                    "also where it keeps answers for a second."
                )
                return lacking("of unknown age", expected=expected, got=got, hint=hint)
            return lacking(
                f"{self.age:.0f} min old",
                expected=expected,
                got=f"one of {self.age:.0f} min ago{f' ({self.cache})' if self.cache else ''}",
                hint=f"Exclude {self.path} from caching, and check that the job behind its health checks is"
                " running.",
            )
        if self.report is None:
            return whole("the HTTP status" if self.down == "" else "no answer")
        unclear = self.report.unclear
        return whole(self._listed) + understood(
            len(unclear), self.report.read, "statements", examples=unclear, hint=_UNKNOWN_WORDS
        )

    @property
    def summary(self) -> str:
        """``HTTP 503, degraded; redis unhealthy (ConnectionError)``."""
        if self.status is None:
            return f"no answer: {self.down}"
        if self.report is None:
            return f"HTTP {self.status}" + (
                " without a health report" if self.status >= 500 else ", not read further"
            )
        own = f"HTTP {self.status}, {self.report.status}"
        bad = sorted((d for d in self.report.dependencies if d.state), key=lambda d: -(d.state or 0))
        if bad:
            failing = [f"{d.name} {d.status}{f' ({d.remark})' if d.remark else ''}" for d in bad[:10]]
            return f"{own}; {', '.join(failing)}" + (f" and {len(bad) - 10} more" if bad[10:] else "")
        told = f"; {', '.join(self.report.told)}" if self.report.told else ""
        return f"{own}, {self._listed}{told}" if not self.state else own

    @property
    def _listed(self) -> str:
        dependencies = self.report.dependencies if self.report else ()
        good = sum(one.state is State.HEALTHY for one in dependencies)
        if not dependencies:
            return "no dependency listed"
        of = f" of {len(dependencies)}" if good != len(dependencies) else ""
        return f"{good}{of} {'dependency' if len(dependencies) == 1 else 'dependencies'} healthy"

    def evidence(self) -> list[Evidence]:
        """The service's own status, then a row for each dependency, then what was not understood."""
        facts = {
            "HTTP status": str(self.status or "none"),
            "Status": self.report.status if self.report else "no health report",
            "Answered in": milliseconds(self.phases.total),
            "Tries": "; ".join(self.attempts),
        }
        if self.asked > 1:
            facts["Asked"] = f"{self.asked} times; the worst answer is shown"
        if self.roll and self.roll.given_up:
            facts["Need not be listed"] = ", ".join(self.roll.given_up)
        if self.down:
            facts["No answer"] = self.down
        if self.report and self.report.unclear:
            facts["Not understood"] = "; ".join(self.report.unclear[:20])
        if self.report and self.report.told:
            facts["Amounts of work"] = ", ".join(self.report.told[:20])
        shown_facts = Facts(self.path, facts)
        if not self.report or not self.report.dependencies:
            return [shown_facts]
        rows = [[d.name, d.status, d.remark] for d in self.report.dependencies]
        return [shown_facts, Table("Dependencies", ["Dependency", "Status", "Remark"], rows)]


@measurement(parts=("api",))
def api_health(
    website: HttpClient, network: Network, settings: Settings, clock: Clock, earlier: Earlier
) -> Health:
    """Report of ``/api/health`` on the application and its dependencies."""
    found = health_of(website, network, settings, settings.target.web.health_path, clock)
    return compared(found, "health", settings, clock, earlier)


@measurement(parts=("images",))
def image_health(
    website: HttpClient, network: Network, settings: Settings, clock: Clock, earlier: Earlier
) -> Health:
    """Report of ``/api/image/health`` on the image service."""
    found = health_of(website, network, settings, settings.target.web.image_health_path, clock)
    return compared(found, "health images", settings, clock, earlier)


def health_of(website: HttpClient, network: Network, settings: Settings, path: str, clock: Clock) -> Health:
    """Report of a health endpoint, by the settings of its website.

    The worst of several answers counts: of two instances one may fail, and each request meets only one of them.
    """
    found: list[Health] = []
    with website.in_turn():
        while len(found) < _SAMPLES and all(one.is_good and one.phases.total < _QUICK for one in found):
            one = _asked(website, network, settings, path, again=bool(found), now=clock.now())
            if one is None:
                break
            found.append(one)
    worst = max(found, key=lambda one: (one.state, not one.is_good, -len(one.listed)))
    return replace(worst, asked=len(found))


def compared(found: Health, key: str, settings: Settings, clock: Clock, earlier: Earlier) -> Health:
    """The report beside those of earlier runs, whose dependencies are kept under ``key``.

    One of a failing service may list less, or what it lists only then.
    """
    known = found.report is not None and not found.is_unhealthy
    given_up = (*settings.target.web.dependencies_gone, *settings.absent)
    names = found.listed if known else None
    roll = roll_call(names, clock.now(), earlier.of(key), settings.coverage, given_up=given_up)
    return replace(found, roll=roll, key=key)


def _asked(
    website: HttpClient, network: Network, settings: Settings, path: str, *, again: bool, now: datetime
) -> Health | None:
    """One answer; None where it only says that it was asked ``again`` too soon, or repeats one from a cache."""
    try:
        # A 503 is a valid response here, so only lost connections are retried.
        # Only the beginning of a larger report is judged, and the result says that more follows.
        answer = website.get(
            path, headers=_AS_DATA, retry="connection", redirects=REDIRECTS, max_body=2 * MOST_BYTES, cut=True
        )
    except Unreachable as error:
        return Health(path, None, None, Phases(), error.attempts, down=network.finding(error, website.base_url))
    if again and (answer.status == _TOO_MANY or math.isinf(_age(answer, now))):
        return None
    rules = page_rules(settings, website.base_url)
    foreign = in_place_of_it(answer) or in_between(rules, network)
    if foreign:
        raise _no_report(answer, foreign.words)
    astray = off_the_way(answer, rules)
    report = None if settings.target.web.health == _BY_STATUS else _report(answer, now)
    bad = report is not None and report.state is not State.HEALTHY
    if answer.status < 500 and not bad:
        answer.expect_ok()
        if report is None and (instead := error_page(answer)):
            raise _no_report(answer, instead.words, hint="Open that address in a browser.")
    return Health(
        path,
        answer.status,
        report,
        answer.phases,
        answer.attempts,
        astray=astray.words if astray else "",
        age=_age(answer, now),
        cache=_cache_of(answer),
        newest=settings.coverage.newest_minutes,
    )


def _age(answer: Answer, present: datetime) -> float:
    """Minutes since the checks were carried out, according to the response; time in a cache is included.

    Where the response has no date, by our own clock; and by that, a date of long ago is one from a cache, too.
    """
    age = answer.headers.get("age", "").strip()
    is_told = age.isascii() and age.isdigit()
    cached = int(age[:9]) / 60 if is_told else math.inf if _cache_of(answer) else 0.0
    at, sent = made_at(answer.body), _sent_at(answer)
    since = ((sent or present) - at).total_seconds() / 60 if at else 0.0
    kept = (present - sent).total_seconds() / 60 if sent else 0.0
    return max(cached, since, kept)


def _sent_at(answer: Answer) -> datetime | None:
    """When it was made, by its header; a cache keeps that of the website."""
    try:
        sent = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return sent if sent.tzinfo else None


def _cache_of(answer: Answer) -> str:
    """The header by which a cache says that it gave the answer itself; empty without one."""
    return door.line(cache_says(answer.headers, kept=True), 80)


def _report(answer: Answer, now: datetime) -> Report | None:
    """The parsed body; None where it is no report and the HTTP status is enough."""
    try:
        return read_report(answer.body, now)
    except UnknownShapeError as error:
        if answer.status >= 500 or not 200 <= answer.status < 300:
            return None
        raise _no_report(answer, str(error)) from None


def _no_report(answer: Answer, got: str, *, hint: str = _UNREADABLE) -> Malformed:
    return Malformed(
        f"{answer.service}: expected a health report from {answer.url}, got {got}",
        service=answer.service,
        hint=hint,
        attempts=answer.attempts,
    )
