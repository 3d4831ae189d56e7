"""What visitors reach over HTTP: health endpoints, the homepage, and whether a URL answers at all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from playbook.clients.http import Answer, HttpClient, shown
from playbook.clients.wire import Phases
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import Malformed, Unreachable
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.health import Report, State, UnknownShapeError, read_report
from playbook.settings import Settings

REDIRECTS = 5
SAMPLES = 5
_PAUSE = 0.05  # seconds between samples
_ENOUGH = 6.0  # seconds after which no further sample is begun; what is that slow, is known to be


@dataclass(frozen=True, slots=True)
class Health:
    """A service's health by its own account.

    Attributes:
        status: HTTP status.
        report: what the body says; ``None`` where a 5xx came with a body that is no report.
    """

    path: str
    status: int
    report: Report | None
    phases: Phases
    attempts: tuple[str, ...]

    @property
    def state(self) -> State:
        """The worst of the HTTP status, the service's own word and its dependencies."""
        if self.status >= 500 or self.report is None:
            return State.UNHEALTHY
        return max([self.report.state, *(dependency.state for dependency in self.report.dependencies)])

    @property
    def is_unhealthy(self) -> bool:
        """The service or something that it needs does not work."""
        return self.state is State.UNHEALTHY

    @property
    def is_degraded(self) -> bool:
        """All works, some of it badly."""
        return self.state is State.DEGRADED

    @property
    def summary(self) -> str:
        """``HTTP 503, degraded; redis unhealthy (ConnectionError)``."""
        if self.report is None:
            return f"HTTP {self.status} without a health report"
        own = f"HTTP {self.status}, {self.report.status}"
        dependencies = self.report.dependencies
        bad = sorted((d for d in dependencies if d.state), key=lambda d: -d.state)
        if bad:
            return (
                own + "; " + ", ".join(f"{d.name} {d.status}{f' ({d.remark})' if d.remark else ''}" for d in bad)
            )
        count = len(dependencies)
        return own + (f", {count} {'dependency' if count == 1 else 'dependencies'} healthy" if count else "")

    def evidence(self) -> list[Evidence]:
        """The service's own word, then one row for each dependency."""
        facts = {
            "HTTP status": str(self.status),
            "Status": self.report.status if self.report else "no health report",
            "Answered in": milliseconds(self.phases.total),
            "Tries": "; ".join(self.attempts),
        }
        shown_facts = Facts(self.path, facts)
        if not self.report or not self.report.dependencies:
            return [shown_facts]
        rows = [[d.name, d.status, d.remark] for d in self.report.dependencies]
        return [shown_facts, Table("Dependencies", ["Dependency", "Status", "Remark"], rows)]


@measurement
def api_health(website: HttpClient, settings: Settings) -> Health:
    """What ``/api/health`` says of the application and of what it depends on."""
    return _health(website, settings.target.web.health_path)


@measurement
def image_health(website: HttpClient, settings: Settings) -> Health:
    """What ``/api/image/health`` says of the image service."""
    return _health(website, settings.target.web.image_health_path)


def _health(website: HttpClient, path: str) -> Health:
    # A 503 is what was asked for, so only lost connections are tried again.
    answer = website.get(path, retry="connection", redirects=REDIRECTS)
    report: Report | None = None
    try:
        if answer.status < 500:
            answer.expect_ok()
        report = read_report(answer.body)
    except UnknownShapeError as error:
        if answer.status < 500:
            raise Malformed(
                f"{answer.service}: expected a health report from {answer.url}, got {error}",
                service=answer.service,
                attempts=answer.attempts,
            ) from None
    return Health(path, answer.status, report, answer.phases, answer.attempts)


@dataclass(frozen=True, slots=True)
class Sample:
    """One request for the homepage over a fresh connection.

    Attributes:
        status: of the last hop; ``None`` where no whole answer came, and ``problem`` says why.
        redirects: hops that led there, one line each.
    """

    status: int | None
    phases: Phases = Phases()  # noqa: RUF009 - frozen
    problem: str = ""
    redirects: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """``HTTP 200``, or why there is none."""
        return f"HTTP {self.status}" if self.status else self.problem


@dataclass(frozen=True, slots=True)
class HomepageTiming:
    """Several samples of the homepage. At least one of them was answered."""

    samples: tuple[Sample, ...]

    @property
    def bad(self) -> list[Sample]:
        """Samples that were not answered with 200."""
        return [sample for sample in self.samples if sample.status != 200]

    @property
    def summary(self) -> str:
        """``5 of 5 HTTP 200``, or what came instead."""
        if not self.bad:
            return f"{len(self.samples)} of {len(self.samples)} HTTP 200"
        outcomes = dict.fromkeys(sample.outcome for sample in self.bad)
        return f"{', '.join(outcomes)} in {len(self.bad)} of {len(self.samples)} samples"

    @property
    def median(self) -> Reading:
        """Seconds from looking up the name to the last byte, redirects included."""
        totals = [sample.phases.total for sample in self.samples if sample.status]
        connections = "1 fresh connection" if len(totals) == 1 else f"{len(totals)} fresh connections"
        return Reading(median(totals), f"{connections} (slowest {max(totals):.3f} s)")

    def evidence(self) -> list[Evidence]:
        """A row of phases for each sample, and the redirects."""
        columns = ["Sample", "Answer", "DNS", "Connect", "TLS", "First byte", "Total"]
        rows = [[str(n), s.outcome, *phase_texts(s.phases)] for n, s in enumerate(self.samples, 1)]
        answered = [s.phases for s in self.samples if s.status]
        for name, of in (("Median", median), ("Slowest", max)):
            figures = [(p.dns, p.connect, p.tls, p.first_byte, p.total) for p in answered]
            rows.append([name, "", *(milliseconds(of(column)) for column in zip(*figures, strict=True))])
        table = Table("Homepage, each time over a fresh connection", columns, rows)
        redirects = next((s.redirects for s in self.samples if s.redirects), ())
        hops = {str(n): hop for n, hop in enumerate(redirects, 1)}
        return [table, Facts("Redirects", hops)] if hops else [table]


@measurement(time_limit=45.0)
def homepage_timing(website: HttpClient, clock: Clock) -> HomepageTiming:
    """Where the time goes when a visitor opens the homepage, five times over fresh connections.

    A status other than 200 is a value, and so is a connection lost between others that held.

    Raises:
        Unreachable: no sample was answered.
    """
    samples: list[Sample] = []
    lost: Unreachable | None = None
    started = time.monotonic()
    for _ in range(SAMPLES):
        if samples:
            if time.monotonic() - started >= _ENOUGH:
                break
            clock.sleep(_PAUSE)
        try:
            answer = website.get(retry="none", redirects=REDIRECTS)
        except Unreachable as error:
            lost = error
            samples.append(Sample(None, problem=_problem(error)))
        else:
            samples.append(Sample(answer.status, answer.phases, redirects=answer.redirects))
    if lost and not any(sample.status for sample in samples):
        raise lost
    return HomepageTiming(tuple(samples))


@dataclass(frozen=True, slots=True)
class UrlAnswer:
    """Whether a URL answers. Not answering is a value here, where something else proves our own network.

    Attributes:
        status: of the last hop; ``None`` where no whole answer came, and ``problem`` says why.
    """

    url: str
    status: int | None
    problem: str
    phases: Phases
    attempts: tuple[str, ...]
    redirects: tuple[str, ...] = ()

    @property
    def answers(self) -> bool:
        """True for any status below 400."""
        return self.status is not None and self.status < 400

    @property
    def summary(self) -> str:
        """``HTTP 200 in 123 ms``, or why there is no answer."""
        return f"HTTP {self.status} in {milliseconds(self.phases.total)}" if self.status else self.problem

    def evidence(self) -> Facts:
        """Address, answer, tries and redirects."""
        facts = {"URL": self.url, "Answer": self.summary, "Tries": "; ".join(self.attempts)}
        if self.redirects:
            facts["Redirects"] = "; ".join(self.redirects)
        return Facts("Live URL", facts)


def answer_of(url: str, settings: Settings) -> UrlAnswer:
    """Ask ``url``, such as the live URL that the platform names, three times at most.

    For use inside measurements that have already reached another service: then a URL that does not answer is a
    finding. Trusts the certificate authority of the target's website. No credentials are sent.

    Raises:
        UsageError: ``url`` is no http or https address.
    """
    client = HttpClient(url, service="Live URL", time_limits=settings.time_limits, ca=settings.target.web.ca)
    try:
        answer: Answer = client.get(redirects=REDIRECTS)
    except (Unreachable, Malformed) as error:
        return UrlAnswer(shown(urlsplit(url)), None, _problem(error), Phases(), error.attempts)
    return UrlAnswer(answer.url, answer.status, "", answer.phases, answer.attempts, answer.redirects)


def _problem(error: Unreachable | Malformed) -> str:
    """What came instead, without the sentence around it."""
    return str(error).rpartition(", got ")[2]


def milliseconds(seconds: float) -> str:
    """A duration as a reader wants it in a table: ``12.3 ms``."""
    return f"{seconds * 1000:,.1f} ms"


def phase_texts(phases: Phases) -> list[str]:
    """DNS, connect, TLS, first byte and total, ready for a table."""
    return [milliseconds(s) for s in (phases.dns, phases.connect, phases.tls, phases.first_byte, phases.total)]
