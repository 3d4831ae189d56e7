"""The links used in an incident: whether each leads to a page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from playbook.clients.breakage import Kind
from playbook.clients.http import HttpClient
from playbook.clients.urls import shown
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, NotConfigured, Unreachable
from playbook.core.evidence import Evidence, Facts, Table
from playbook.measure.statements import Statement
from playbook.measure.web.link_faults import LOGIN, Name, fault_of_link
from playbook.measure.web.web import REDIRECTS, problem_of
from playbook.measure.web.web_page import Fault
from playbook.settings.model import Settings

_BEGINNING = 512 * 1024  # bytes of a page, which are enough to recognise it
TITLES: dict[Name, str] = {
    "grafana": "Grafana",
    "console": "DigitalOcean console",
    "status_page": "Status page",
    "documentation": "Documentation",
}
_SUBJECTS: dict[Name, str] = {
    "grafana": "Link to Grafana",
    "console": "Link to the console",
    "status_page": "Link to the status page",
    "documentation": "Link to the documentation",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Where one link leads.

    Attributes:
        status: of the last hop; None without a complete response, for the reason in ``problem``.
        redirects: hops on the way.
        error: the connection error.
        fault: what was returned instead of the page; None for a page or a login.
    """

    name: Name
    url: str
    status: int | None
    problem: str = ""
    seconds: float = 0.0
    redirects: tuple[str, ...] = ()
    error: Unreachable | None = None
    fault: Fault | None = None

    @property
    def is_dead(self) -> bool:
        """Whether there is neither a page nor a login in front of it."""
        return self.status is None or (self.fault is not None and not self.fault.uncertain)

    @property
    def coverage(self) -> Coverage:
        """Whether the response is what people get who follow the link."""
        if self.fault is None or not self.fault.uncertain:
            return Coverage()
        return lacking(
            "",
            expected="the page that people get",
            got=self.fault.words,
            hint="Open the link in a browser, and look.",
        )

    @property
    def statement(self) -> Statement:
        """That it leads to a page or a login."""
        subject = _SUBJECTS[self.name]
        return Statement(subject, not self.is_dead, "a page or a login", self.summary, coverage=self.coverage)

    @property
    def summary(self) -> str:
        """``HTTP 200 from https://…``, or why there is none."""
        if self.status is None:
            return f"{self.problem} from {self.url}"
        if self.fault:
            return f"{self.fault.words} from {self.url}"
        login = " (it asks for a login, so it is there)" if self.status in LOGIN else ""
        return f"HTTP {self.status} from {self.url}{login}"


@dataclass(frozen=True, slots=True)
class Links:
    """All configured links.

    Attributes:
        missing: what to add for those that are not configured.
    """

    answers: dict[Name, Link]
    missing: dict[Name, NotConfigured]

    @property
    def grafana(self) -> Link:
        """The dashboard."""
        return self._named("grafana")

    @property
    def console(self) -> Link:
        """DigitalOcean's control panel."""
        return self._named("console")

    @property
    def status_page(self) -> Link:
        """Where visitors are informed about incidents."""
        return self._named("status_page")

    @property
    def documentation(self) -> Link:
        """The team's documentation."""
        return self._named("documentation")

    @property
    def coverage(self) -> Coverage:
        """Each configured link was requested."""
        return whole(f"{len(self.answers)} of {len(self.answers) + len(self.missing)} links set and asked")

    def _named(self, name: Name) -> Link:
        """The link; raises NotConfigured where it is not set.

        Raises Unreachable where it did not respond and no other link did, or the fault is on this machine's side:
        then it may be its own network.
        """
        if name in self.missing:
            raise self.missing[name]
        link = self.answers[name]
        ours = link.error is not None and link.error.kind == Kind.OWN
        if link.error and (ours or not any(other.status for other in self.answers.values())):
            raise link.error
        return link

    def evidence(self) -> list[Evidence]:
        """A row for each link."""
        rows = [
            [
                TITLES[link.name],
                link.url,
                link.summary,
                f"{link.seconds:.2f} s",
                "; ".join(link.redirects),
            ]
            for link in self.answers.values()
        ]
        shown_links: list[Evidence] = [Table("Links", ["Link", "Address", "Answer", "After", "Redirects"], rows)]
        if self.missing:
            facts = {TITLES[name]: error.add for name, error in self.missing.items()}
            shown_links.append(Facts("Not set", facts))
        return shown_links


@measurement(time_limit=60.0)
def links(settings: Settings) -> Links:
    """Every link requested and the beginning of its page checked; up to five redirects are followed."""
    target = settings.target
    wanted: dict[Name, str | None] = {
        "grafana": target.links.grafana or target.grafana.url,
        "console": target.links.console,
        "status_page": target.links.status_page,
        "documentation": target.links.documentation,
    }
    missing: dict[Name, NotConfigured] = {}
    urls: dict[Name, str] = {}
    for name, url in wanted.items():
        try:
            urls[name] = settings.require(url, f"links.{name}", TITLES[name])
        except NotConfigured as error:
            missing[name] = error
    with ThreadPoolExecutor(max_workers=len(TITLES), thread_name_prefix="links") as pool:
        found = list(pool.map(lambda name: _follow(name, urls[name], settings), urls))
    return Links({link.name: link for link in found}, missing)


def _follow(name: Name, url: str, settings: Settings) -> Link:
    ca = _authority(name, url, settings)
    setting = f"targets.{settings.target.name}.links.{name}"
    client = HttpClient(url, service=TITLES[name], time_limits=settings.time_limits, ca=ca, setting=setting)
    try:
        answer = client.get(redirects=REDIRECTS, max_body=_BEGINNING, cut=True)
    except Unreachable as error:
        return Link(name, shown(urlsplit(url)), None, problem_of(error), error=error)
    except Malformed as error:  # the other links are known nevertheless
        return Link(name, shown(urlsplit(url)), 200, fault=Fault(problem_of(error), uncertain=True))
    return Link(
        name,
        answer.url,
        answer.status,
        seconds=answer.phases.total,
        redirects=answer.redirects,
        fault=fault_of_link(name, url, answer),
    )


def _authority(name: Name, url: str, settings: Settings) -> str | None:
    """The private certificate authority of Grafana, or of the website where the link leads to its host."""
    target = settings.target
    if name == "grafana" and target.grafana.ca:
        return target.grafana.ca
    return target.web.ca if urlsplit(url).hostname == urlsplit(target.web.url or "").hostname else None
