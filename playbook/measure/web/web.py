"""What visitors reach over HTTP: health endpoints and the homepage."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from statistics import median
from urllib.parse import urlsplit

from playbook.clients.answer import Answer
from playbook.clients.http import HttpClient
from playbook.clients.network import Network
from playbook.clients.web import SERVICE
from playbook.clients.wire import Phases
from playbook.core.audience import Public, say
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unreachable
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.measure.web.health import MOST_BYTES, Report, State, UnknownShapeError, read_report
from playbook.measure.web.health_values import made_at
from playbook.measure.web.web_page import (
    REFUSED,
    Fault,
    PageRules,
    fault_of,
    in_place_of_it,
    off_the_way,
    title_of,
)
from playbook.settings.loading import Settings

REDIRECTS = 5
HOMEPAGE = "homepage"  # name of what a run keeps of it for later ones
SAMPLES = 5
_PAUSE = 0.05  # seconds between samples
_ENOUGH = 6.0  # seconds after which no further sample is begun; what is that slow, is known to be
_LEAST_SAMPLES = 3
_ENOUGH_FOR_THEM = 1.5  # seconds after which so many are enough
_BY_STATUS = "status"
_PARTIAL = 206
_UNREADABLE = (
    "Where the endpoint says how it is by its HTTP status alone, set web.health to status; else let it answer in "
    'a usual shape, e.g. {"status": "healthy"}.'
)
_ASKED_TOO = ("Redis", "Prometheus", "Grafana")  # as our clients call them
_UNKNOWN_WORDS = "Let the endpoint say healthy, degraded or unhealthy, or look at what it means by these words."


def page_rules(settings: Settings, url: str = "") -> PageRules:
    """What the homepage must be, by the settings; also of another address of the same site."""
    web = settings.target.web
    hosts = [*web.hosts, *([_host(web.url)] if web.url else [])]
    return PageRules(url or web.url or "", tuple(hosts), web.expect, web.least_bytes)


@dataclass(frozen=True, slots=True)
class Health:
    """A service's health by its own account.

    Attributes:
        status: HTTP status; ``None`` where there was no answer, and ``down`` says why that is a finding.
        report: what the body says; ``None`` where it is not asked, or is no report of a service in trouble.
        astray: where redirects have led, where that is not the service.
        age: minutes since the checks were carried out, by the answer's own account.
        newest: minutes that it may be old.
    """

    path: str
    status: int | None
    report: Report | None
    phases: Phases
    attempts: tuple[str, ...]
    down: str = ""
    astray: str = ""
    age: float = 0.0
    newest: float = math.inf

    @property
    def state(self) -> State:
        """The worst of the HTTP status and of all that the service says."""
        if self.status is None or self.status >= 500:
            return State.UNHEALTHY
        return self.report.state if self.report else State.HEALTHY

    @property
    def cause(self) -> str:
        """The website, where that is down as a whole; else empty."""
        return SERVICE if self.down else ""

    @property
    def points_at(self) -> str:
        """The one service that it says is bad, where that is one that we ask too; else empty."""
        bad = {one.name.lower() for one in self.report.dependencies if one.state} if self.report else set()
        services = {next((s for s in _ASKED_TOO if s.lower() in name), "") for name in bad}
        return services.pop() if len(services) == 1 else ""

    @property
    def public(self) -> Public:
        """What everybody may read of it, and can see by asking: whether there was an answer, and its status."""
        return say("no answer") if self.status is None else say("HTTP {}", self.status)

    @property
    def is_unhealthy(self) -> bool:
        """The service or something that it needs does not work, or it gives no answer."""
        return self.state is State.UNHEALTHY

    @property
    def is_degraded(self) -> bool:
        """All works, some of it badly."""
        return self.state is State.DEGRADED

    @property
    def coverage(self) -> Coverage:
        """All that it says is understood, and it is the service that says it."""
        if self.astray:
            return lacking("", expected=f"an answer of {self.path} itself", got=self.astray)
        if self.age > self.newest:
            return lacking(
                f"{self.age:.0f} min old",
                expected=f"an answer of the last {self.newest:g} min",
                got=f"one of {self.age:.0f} min ago",
                hint=f"Let no cache keep what {self.path} answers, and see that what carries out its checks runs.",
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
            told = [f"{d.name} {d.status}{f' ({d.remark})' if d.remark else ''}" for d in bad[:10]]
            return f"{own}; {', '.join(told)}" + (f" and {len(bad) - 10} more" if bad[10:] else "")
        return f"{own}, {self._listed}" if not self.state else own

    @property
    def _listed(self) -> str:
        dependencies = self.report.dependencies if self.report else ()
        good = sum(one.state is State.HEALTHY for one in dependencies)
        if not dependencies:
            return "no dependency listed"
        of = f" of {len(dependencies)}" if good != len(dependencies) else ""
        return f"{good}{of} {'dependency' if len(dependencies) == 1 else 'dependencies'} healthy"

    def evidence(self) -> list[Evidence]:
        """The service's own word, then one row for each dependency, then what was not understood."""
        facts = {
            "HTTP status": str(self.status or "none"),
            "Status": self.report.status if self.report else "no health report",
            "Answered in": milliseconds(self.phases.total),
            "Tries": "; ".join(self.attempts),
        }
        if self.down:
            facts["No answer"] = self.down
        if self.report and self.report.unclear:
            facts["Not understood"] = "; ".join(self.report.unclear[:20])
        shown_facts = Facts(self.path, facts)
        if not self.report or not self.report.dependencies:
            return [shown_facts]
        rows = [[d.name, d.status, d.remark] for d in self.report.dependencies]
        return [shown_facts, Table("Dependencies", ["Dependency", "Status", "Remark"], rows)]


@measurement(parts=("api",))
def api_health(website: HttpClient, network: Network, settings: Settings) -> Health:
    """What ``/api/health`` says of the application and of what it depends on."""
    return health_of(website, network, settings, settings.target.web.health_path)


@measurement(parts=("images",))
def image_health(website: HttpClient, network: Network, settings: Settings) -> Health:
    """What ``/api/image/health`` says of the image service."""
    return health_of(website, network, settings, settings.target.web.image_health_path)


def health_of(website: HttpClient, network: Network, settings: Settings, path: str) -> Health:
    """What a health endpoint says, by the settings of its website."""
    try:
        # A 503 is what was asked for, so only lost connections are tried again.
        answer = website.get(path, retry="connection", redirects=REDIRECTS, max_body=2 * MOST_BYTES)
    except Unreachable as error:
        return Health(path, None, None, Phases(), error.attempts, down=network.finding(error, website.base_url))
    rules = page_rules(settings, website.base_url)
    foreign = in_place_of_it(answer) or in_between(rules, network)
    if foreign:
        raise _no_report(answer, foreign.words)
    astray = off_the_way(answer, rules)
    report = None if settings.target.web.health == _BY_STATUS else _report(answer)
    bad = report is not None and report.state is not State.HEALTHY
    if answer.status < 500 and not bad:
        answer.expect_ok()
        if answer.status == _PARTIAL:
            raise _no_report(answer, "HTTP 206, a part of one")
    return Health(
        path,
        answer.status,
        report,
        answer.phases,
        answer.attempts,
        astray=astray.words if astray else "",
        age=_age(answer),
        newest=settings.coverage.newest_minutes,
    )


def _age(answer: Answer) -> float:
    """Minutes since the checks were carried out, by the answer's own account; a cache on the way counts."""
    age = answer.headers.get("age", "").strip()
    cached = int(age[:9]) / 60 if age.isascii() and age.isdigit() else 0.0
    at = made_at(answer.body)
    try:
        now = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return cached
    since = (now - at).total_seconds() / 60 if at and now.tzinfo else 0.0
    return max(cached, since)


def _report(answer: Answer) -> Report | None:
    """What the body says; None where it is no report and the status says enough."""
    try:
        return read_report(answer.body)
    except UnknownShapeError as error:
        if answer.status >= 500 or not 200 <= answer.status < 300:
            return None
        raise _no_report(answer, str(error)) from None


def _no_report(answer: Answer, got: str) -> Malformed:
    return Malformed(
        f"{answer.service}: expected a health report from {answer.url}, got {got}",
        service=answer.service,
        hint=_UNREADABLE,
        attempts=answer.attempts,
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """One request for the homepage over a fresh connection.

    Attributes:
        status: of the last hop; ``None`` where no whole answer came, and ``problem`` says why.
        redirects: hops that led there, one line each.
        fault: why the answer is not the page; None where it is.
        title: of the page.
    """

    status: int | None
    phases: Phases = Phases()  # noqa: RUF009 - frozen
    problem: str = ""
    redirects: tuple[str, ...] = ()
    fault: Fault | None = None
    title: str = ""

    @property
    def is_page(self) -> bool:
        """It brought the page."""
        return self.status is not None and self.status == 200 and self.fault is None

    @property
    def is_uncertain(self) -> bool:
        """It says nothing of what visitors see."""
        return self.fault is not None and self.fault.uncertain

    @property
    def outcome(self) -> str:
        """``HTTP 200``, what came in place of the page, or why nothing did."""
        if self.fault:
            return self.fault.words
        return f"HTTP {self.status}" if self.status else self.problem


@dataclass(frozen=True, slots=True)
class HomepageTiming:
    """Several samples of the homepage.

    Attributes:
        down: where none was answered, why that is a finding.
        text_is_known: the page was looked through for a text that must stand on it (web.expect).
        key: under which its title is kept for later runs.
        usual_title: of the last good run, as the history has it; empty where it has none.
        read_at: when it was measured.
    """

    samples: tuple[Sample, ...]
    down: str = ""
    text_is_known: bool = False
    usual_title: str = ""
    read_at: datetime | None = None
    key: str = HOMEPAGE

    @property
    def title(self) -> str:
        """Of the page; empty where it has none, or where none came."""
        return next((sample.title for sample in self.samples if sample.is_page and sample.title), "")

    @property
    def is_retitled(self) -> bool:
        """Its title is not that of the last good run, and no other text of it is known."""
        return bool(self.usual_title and self.title) and not self.text_is_known and self.title != self.usual_title

    @property
    def readings(self) -> dict[str, Counted]:
        """The title of the last good run, for the next one: this one's where it was good."""
        good = not self.bad and not self.is_retitled
        title = (self.title if good else "") or self.usual_title
        return {self.key: Counted(at=self.read_at, origin=title)} if title and self.read_at else {}

    @property
    def bad(self) -> list[Sample]:
        """Samples that did not bring the page, where visitors get none either."""
        return [sample for sample in self.samples if not sample.is_page and not sample.is_uncertain]

    @property
    def is_down(self) -> bool:
        """No visitor gets the page: every sample was bad, for another reason than who asked."""
        return (
            bool(self.samples)
            and len(self.bad) == len(self.samples)
            and any(sample.status not in REFUSED for sample in self.samples)
        )

    @property
    def cause(self) -> str:
        """The website, where that is down as a whole; else empty."""
        return SERVICE if self.down else ""

    @property
    def bad_percent(self) -> float:
        """Percent of the samples."""
        return 100 * len(self.bad) / len(self.samples)

    @property
    def coverage(self) -> Coverage:
        """Every sample shows what visitors see."""
        uncertain = [sample for sample in self.samples if sample.is_uncertain]
        if uncertain:
            return lacking(
                f"{len(uncertain)} of {len(self.samples)} samples tell nothing",
                expected="the page as visitors see it",
                got=", ".join(dict.fromkeys(sample.outcome for sample in uncertain)),
                hint="Let this machine pass by what stands in between, or run the check where nothing does.",
            )
        if self.down:
            return whole("no answer")
        text = "" if self.text_is_known or self.usual_title else ", no text of it known (web.expect)"
        return whole(f"{len(self.samples)} of {len(self.samples)} samples{text}")

    @property
    def summary(self) -> str:
        """``5 of 5 HTTP 200``, or what came instead."""
        if self.down:
            return f"no answer: {self.down}"
        if not self.bad:
            good = sum(sample.is_page for sample in self.samples)
            return f"{good} of {len(self.samples)} HTTP 200"
        outcomes = dict.fromkeys(sample.outcome for sample in self.bad)
        return f"{', '.join(outcomes)} in {len(self.bad)} of {len(self.samples)} samples"

    @property
    def median(self) -> Reading:
        """Seconds from looking up the name to the last byte, redirects included; NaN where none was answered."""
        totals = [sample.phases.total for sample in self.samples if sample.status]
        if not totals:
            return Reading(math.nan, "", lacking("", expected="the page", got=self.summary))
        connections = "1 fresh connection" if len(totals) == 1 else f"{len(totals)} fresh connections"
        pages = lacking("", expected="the page each time", got=self.summary) if self.bad else Coverage()
        return Reading(median(totals), f"{connections} (slowest {max(totals):.3f} s)", pages)

    def evidence(self) -> list[Evidence]:
        """A row of phases for each sample, and the redirects."""
        columns = ["Sample", "Answer", "DNS", "Connect", "TLS", "First byte", "Total"]
        rows = [[str(n), s.outcome, *phase_texts(s.phases)] for n, s in enumerate(self.samples, 1)]
        answered = [s.phases for s in self.samples if s.status]
        for name, of in (("Median", median), ("Slowest", max)):
            figures = [(p.dns, p.connect, p.tls, p.first_byte, p.total) for p in answered]
            if figures:
                rows.append([name, "", *(milliseconds(of(column)) for column in zip(*figures, strict=True))])
        table = Table("Homepage, each time over a fresh connection", columns, rows)
        redirects = next((s.redirects for s in self.samples if s.redirects), ())
        hops = {str(n): hop for n, hop in enumerate(redirects, 1)}
        return [table, Facts("Redirects", hops)] if hops else [table]


@measurement(time_limit=45.0)
def homepage_timing(
    website: HttpClient, network: Network, settings: Settings, clock: Clock, earlier: Earlier
) -> HomepageTiming:
    """Where the time goes when a visitor opens the homepage, five times over fresh connections.

    What comes in place of the page is a value, and so is a connection lost between others that held.

    Raises:
        Unreachable: no sample was answered, and it may be this machine's own network.
    """
    return time_homepage(website, network, settings, clock=clock, earlier=earlier)


def time_homepage(
    website: HttpClient,
    network: Network,
    settings: Settings,
    *,
    clock: Clock,
    earlier: Earlier,
    key: str = HOMEPAGE,
) -> HomepageTiming:
    """The same of any website, by its settings; its title is kept under ``key``."""
    rules = page_rules(settings, website.base_url)
    between = in_between(rules, network)
    samples: list[Sample] = []
    lost: Unreachable | None = None
    started = time.monotonic()
    for _ in range(SAMPLES):
        if samples:
            spent = time.monotonic() - started
            if spent >= _ENOUGH or (spent >= _ENOUGH_FOR_THEM and len(samples) >= _LEAST_SAMPLES):
                break
            clock.sleep(_PAUSE)
        try:
            answer = website.get(retry="none", redirects=REDIRECTS)
        except Unreachable as error:
            lost = error
            samples.append(Sample(None, problem=problem_of(error), redirects=error.redirects))
        except Malformed as error:  # too large to be read whole: nobody knows what it is
            samples.append(Sample(200, fault=Fault(problem_of(error), uncertain=True)))
        else:
            fault = between or network_or_site(fault_of(answer, rules), rules, network)
            title = title_of(answer)
            samples.append(
                Sample(answer.status, answer.phases, redirects=answer.redirects, fault=fault, title=title)
            )
    down = ""
    if lost and not any(sample.status for sample in samples):
        down = network.finding(lost, website.base_url)
    before = max(earlier.of(key), key=lambda one: one.at, default=None)
    return HomepageTiming(
        tuple(samples),
        down,
        text_is_known=bool(rules.expect),
        usual_title=before.origin if before else "",
        read_at=clock.now(),
        key=key,
    )


def in_between(rules: PageRules, network: Network) -> Fault | None:
    """Whoever answers in the website's name; without TLS it could be anybody at a private address."""
    private = "" if rules.is_authentic else network.private_address(rules.url)
    return Fault(f"an answer of the private address {private} in its name", uncertain=True) if private else None


def network_or_site(fault: Fault | None, rules: PageRules, network: Network) -> Fault | None:
    """The fault; a redirect that anybody on the way may have sent counts only where the way is proven."""
    if fault is None or not fault.foreign or rules.is_authentic or network.proof(internal=False):
        return fault
    return Fault(f"{fault.words}, which a network of this machine's may have sent", uncertain=True)


def problem_of(error: Unreachable | Malformed) -> str:
    """What came instead, without the sentence around it."""
    return str(error).rpartition(", got ")[2]


def milliseconds(seconds: float) -> str:
    """A duration as a reader wants it in a table: ``12.3 ms``."""
    return f"{seconds * 1000:,.1f} ms"


def phase_texts(phases: Phases) -> list[str]:
    """DNS, connect, TLS, first byte and total, ready for a table."""
    return [milliseconds(s) for s in (phases.dns, phases.connect, phases.tls, phases.first_byte, phases.total)]


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
