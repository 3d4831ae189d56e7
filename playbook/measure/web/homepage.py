"""The homepage: whether it is a page, and how long it takes, over several samples."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from urllib.parse import urljoin

from playbook.clients.answer import not_renewed
from playbook.clients.breakage import is_internal
from playbook.clients.http import HttpClient
from playbook.clients.network import Network
from playbook.clients.web import SERVICE
from playbook.clients.wire import Phases
from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unreachable
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.hosts import host_in
from playbook.core.limits import Reading
from playbook.core.wording import plural
from playbook.measure.statements import Statement
from playbook.measure.web import page_loads
from playbook.measure.web.page_assets import Assets, assets_of
from playbook.measure.web.page_parts import page_of, text_of
from playbook.measure.web.web import (
    REDIRECTS,
    in_between,
    milliseconds,
    network_or_site,
    page_rules,
    phase_texts,
    problem_of,
)
from playbook.measure.web.web_page import (
    REFUSED,
    Fault,
    PageRules,
    fault_of,
    title_of,
)
from playbook.settings.model import Settings

HOMEPAGE = "homepage"  # name under which a run keeps its title for later runs


# What a reading keeps of a page that search engines may list, and whose address for them is its own.
_LISTED, _OWN_ADDRESS = "listed", "own address"


SAMPLES = 5


_BARE = 32  # characters of text


_PAUSE = 0.05  # seconds between samples


_ENOUGH = 6.0  # seconds after which no further sample is begun; such slowness is known well enough


_LEAST_SAMPLES = 3


_CHALLENGED = "Exempt this machine from the challenge, or run the check from another network."


_ENOUGH_FOR_THEM = 1.5  # seconds after which the minimum number of samples is enough


@dataclass(frozen=True, slots=True)
class Sample:
    """One request for the homepage over a fresh connection.

    Attributes:
        status: of the last hop; ``None`` without a complete response, for the reason in ``problem``.
        redirects: hops on the way, one line each.
        fault: why the response is not the page; None where it is.
        title: of the page.
        old_copy: the header by which a cache says that it could not renew its copy; empty where none does.
        unlisted: the page asks search engines to leave it out.
        elsewhere: its address for search engines, where that is none of the site; empty elsewhere.
        assets: its own styles and scripts.
        is_bare: it has hardly any text, so that a script is to show all of it.
    """

    status: int | None
    phases: Phases = Phases()  # noqa: RUF009 - frozen
    problem: str = ""
    redirects: tuple[str, ...] = ()
    fault: Fault | None = None
    title: str = ""
    old_copy: str = ""
    unlisted: bool = False
    elsewhere: str = ""
    assets: page_loads.Named = page_loads.Named()  # noqa: RUF009 - frozen
    is_bare: bool = False

    @property
    def is_page(self) -> bool:
        """Whether it returned the page."""
        return self.status is not None and self.status == 200 and self.fault is None

    @property
    def is_uncertain(self) -> bool:
        """Whether it says nothing about what visitors see."""
        return self.fault is not None and self.fault.uncertain

    @property
    def outcome(self) -> str:
        """``HTTP 200``, what was returned in place of the page, or the error."""
        if self.fault:
            return self.fault.words
        return f"HTTP {self.status}" if self.status else self.problem


@dataclass(frozen=True, slots=True)
class HomepageTiming:
    """Several samples of the homepage.

    Attributes:
        down: where no sample got a response, why that is a failure.
        text_is_known: the page was searched for a required text (web.expect).
        key: under which its title is kept for later runs.
        usual_title: of the last good run in the history; empty where there is none.
        usual: what that run said of search engines (``_LISTED``, ``_OWN_ADDRESS``).
        read_at: when it was measured.
        assets: its styles and scripts, where it is the page.
    """

    samples: tuple[Sample, ...]
    down: str = ""
    text_is_known: bool = False
    usual_title: str = ""
    usual: Mapping[str, float] = field(default_factory=dict)
    read_at: datetime | None = None
    key: str = HOMEPAGE
    assets: Assets = Assets()  # noqa: RUF009 - frozen

    @property
    def title(self) -> str:
        """Title of the page; empty where it has none, or none was returned."""
        return next((sample.title for sample in self.samples if sample.is_page and sample.title), "")

    @property
    def is_retitled(self) -> bool:
        """Whether its title differs from that of the last good run, and no required text is configured."""
        return bool(self.usual_title and self.title) and not self.text_is_known and self.title != self.usual_title

    @property
    def readings(self) -> dict[str, Counted]:
        """The title of the last good run, for the next one: this one's if it was good."""
        good = not self.bad and not self.is_retitled
        title = (self.title if good else "") or self.usual_title
        page = next((sample for sample in self.samples if sample.is_page), None)
        now = {_LISTED: not page.unlisted, _OWN_ADDRESS: not page.elsewhere} if good and page else {}
        # Once it was so, it is missed until it is so again.
        counts = {**self.usual, **{name: 1.0 for name, holds in now.items() if holds}}
        return {self.key: Counted(at=self.read_at, origin=title, counts=counts)} if title and self.read_at else {}

    @property
    def astray(self) -> str:
        """How search engines are led away from the homepage, which they were not at the last good run; empty where
        they are not. An address on the machine of whoever built the site needs no such run.
        """
        page = next((sample for sample in self.samples if sample.is_page), None)
        if page is None:
            return ""
        if page.elsewhere and (_OWN_ADDRESS in self.usual or is_internal(host_in(page.elsewhere))):
            return f"one that tells them its address is {door.line(page.elsewhere, 80)}"
        return "one that asks them to leave it out (noindex)" if page.unlisted and _LISTED in self.usual else ""

    @property
    def bad(self) -> list[Sample]:
        """Samples that did not return the page, where visitors get none either."""
        return [sample for sample in self.samples if not sample.is_page and not sample.is_uncertain]

    @property
    def is_down(self) -> bool:
        """Whether no visitor gets the page: every sample failed, not only because this machine was refused."""
        return (
            bool(self.samples)
            and len(self.bad) == len(self.samples)
            and any(sample.status not in REFUSED for sample in self.samples)
        )

    @property
    def cause(self) -> str:
        """The website, where that is down as a whole; otherwise empty."""
        return SERVICE if self.down else ""

    @property
    def bad_percent(self) -> float:
        """Percent of the samples."""
        return 100 * len(self.bad) / len(self.samples)

    @property
    def coverage(self) -> Coverage:
        """Whether every sample shows what visitors see."""
        uncertain = [sample for sample in self.samples if sample.is_uncertain]
        if uncertain:
            hints = (sample.fault.hint for sample in uncertain if sample.fault)
            return lacking(
                f"{len(uncertain)} of {len(self.samples)} samples were inconclusive",
                expected="the page as visitors see it",
                got=", ".join(dict.fromkeys(sample.outcome for sample in uncertain)),
                hint=next(filter(None, hints), _CHALLENGED),
            )
        if self.down:
            return whole("no answer")
        text = "" if self.text_is_known or self.usual_title else ", no expected text set (web.expect)"
        return whole(f"{len(self.samples)} of {len(self.samples)} samples{text}") + self.assets.coverage

    @property
    def summary(self) -> str:
        """``5 of 5 HTTP 200``, or what was returned instead."""
        if self.down:
            return f"no answer: {self.down}"
        if not self.bad:
            good = sum(sample.is_page for sample in self.samples)
            return f"{good} of {len(self.samples)} HTTP 200"
        outcomes = dict.fromkeys(sample.outcome for sample in self.bad)
        return f"{', '.join(outcomes)} in {len(self.bad)} of {len(self.samples)} samples"

    @property
    def old_copy(self) -> str:
        """The header of a cache that could not renew its copies: each page was such a one; empty where not.

        While a copy is being renewed, one answer or two are old, but not all of them.
        """
        pages = [sample for sample in self.samples if sample.is_page]
        only_old = len(pages) >= _LEAST_SAMPLES and all(sample.old_copy for sample in pages)
        return pages[0].old_copy if only_old else ""

    def statements(self, name: str = "") -> list[Statement]:
        """That it is the page each time, has its usual title, and comes from the website; ``name`` is that of a
        further site.
        """
        of = f" of {name}" if name else ""
        title = f"Title of the homepage{of}"
        usual = repr(self.usual_title) if self.usual_title else "any title"
        return [
            Statement(
                f"Homepage{of}", not self.bad, "HTTP 200 each time", self.summary, cause="" if name else self.cause
            ),
            Statement(title, not self.is_retitled, usual, repr(self.title), warn=True),
            Statement(
                f"Homepage{of} in search engines",
                not self.astray,
                "a page that they may list under the site's own address, as before",
                self.astray or "such a one, or no word on it",
                warn=True,
            ),
            Statement(
                f"Styles and scripts of the homepage{of}",
                not self.assets.missing,
                "each that it names",
                self.assets.words,
                warn=not self.assets.needed,
            ),
            Statement(
                f"Website{of} behind its cache",
                not self.old_copy,
                "copies that the cache can renew",
                f"an old one each time ({self.old_copy})" if self.old_copy else "no other",
                warn=True,
            ),
        ]

    @property
    def timed(self) -> list[Phases]:
        """Phases of the samples that were read to their end; others have no time."""
        return [sample.phases for sample in self.samples if sample.status and sample.phases.total]

    @property
    def median(self) -> Reading:
        """Median seconds from the DNS lookup to the last byte, including redirects; NaN if none ended."""
        totals = [phases.total for phases in self.timed]
        if not totals:
            return Reading(math.nan, "", lacking("", expected="the page", got=self.summary))
        connections = plural(len(totals), "fresh connection")
        pages = lacking("", expected="the page each time", got=self.summary) if self.bad else Coverage()
        return Reading(median(totals), f"{connections} (slowest {max(totals):.3f} s)", pages)

    def evidence(self) -> list[Evidence]:
        """A row of phases for each sample, and the redirects."""
        columns = ["Sample", "Answer", "DNS", "Connect", "TLS", "First byte", "Total"]
        rows = [[str(n), s.outcome, *phase_texts(s.phases)] for n, s in enumerate(self.samples, 1)]
        for name, of in (("Median", median), ("Slowest", max)):
            figures = [(p.dns, p.connect, p.tls, p.first_byte, p.total) for p in self.timed]
            if figures:
                rows.append([name, "", *(milliseconds(of(column)) for column in zip(*figures, strict=True))])
        table = Table("Homepage, each time over a fresh connection", columns, rows)
        redirects = next((s.redirects for s in self.samples if s.redirects), ())
        hops = {str(n): hop for n, hop in enumerate(redirects, 1)}
        more = {"Redirects": hops, "Styles and scripts": self.assets.facts}
        return [table, *(Facts(name, facts) for name, facts in more.items() if facts)]


@measurement(time_limit=45.0)
def homepage_timing(
    website: HttpClient, network: Network, settings: Settings, clock: Clock, earlier: Earlier
) -> HomepageTiming:
    """Phases of the homepage's response time, five times over fresh connections.

    A page returned in place of the homepage is a result, and so is a connection lost between others that held.

    Raises:
        Unreachable: no sample got a response, and it may be this machine's own network.
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
    """As ``homepage_timing`` for any website, by its settings; its title is kept under ``key``."""
    rules = page_rules(settings, website.base_url)
    between = in_between(rules, network)
    with website.in_turn():
        samples, lost = _sampled(website, network, rules, clock, between)
        page = next((sample for sample in samples if sample.is_page), Sample(None))
        assets = assets_of(website, page.assets, is_bare=page.is_bare)
    down = ""
    if lost and not any(sample.status for sample in samples):
        down = network.finding(lost, website.base_url)
    before = max(earlier.of(key), key=lambda one: one.at, default=None)
    return HomepageTiming(
        tuple(samples),
        down,
        text_is_known=bool(rules.expect),
        usual_title=before.origin if before else "",
        usual=before.counts if before else {},
        read_at=clock.now(),
        key=key,
        assets=assets,
    )


def _sampled(
    website: HttpClient, network: Network, rules: PageRules, clock: Clock, between: Fault | None
) -> tuple[list[Sample], Unreachable | None]:
    """The samples, and the last connection that was lost."""
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
        except Malformed as error:  # too large to be read completely: unknown
            samples.append(Sample(200, fault=Fault(problem_of(error), uncertain=True)))
        else:
            fault = between or network_or_site(fault_of(answer, rules), rules, network)
            title = title_of(answer)
            loads = page_loads.loads_of(text_of(answer), answer.headers)
            samples.append(
                Sample(
                    answer.status,
                    answer.phases,
                    redirects=answer.redirects,
                    fault=fault,
                    title=title,
                    old_copy=not_renewed(answer.headers),
                    unlisted=loads.unlisted,
                    elsewhere=_elsewhere(urljoin(answer.url, loads.canonical), rules) if loads.canonical else "",
                    assets=loads.named(answer.url),
                    is_bare=len(page_of(answer).text) <= _BARE,
                )
            )
    return samples, lost


def _elsewhere(address: str, rules: PageRules) -> str:
    """The page's address for search engines, where that is none of the site; a site at home may have any."""
    host = host_in(address)
    at_home = is_internal(host_in(rules.url))
    return "" if at_home or not host or rules.may_lead_to(host) else address
