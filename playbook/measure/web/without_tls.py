"""HSTS of the website, and its handling of requests without TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from playbook.clients.http import HttpClient
from playbook.clients.wire import Broken
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Facts
from playbook.core.limits import Reading
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

DAY = 86400
_REFUSALS = (403, 421, 426)  # by which an edge says that it wants https; an application may send the others
_HEADER = "strict-transport-security"
_NAMES_AGE = re.compile(r"(?:^|;)\s*max-age\b", re.IGNORECASE)


class Passed(NamedTuple):
    """A redirect on the way to the homepage, and the header that it sent."""

    url: str
    header: str

    @property
    def host(self) -> str:
        """Host of its address where that is one of https, otherwise empty."""
        url = urlsplit(self.url)
        return url.hostname or "" if url.scheme == "https" else ""


@dataclass(frozen=True, slots=True)
class Hsts:
    """The website's Strict-Transport-Security header.

    Attributes:
        before: redirects on the way to the homepage, where there are any.
        header: as sent; empty where it is not.
        max_age: seconds; 0 where there is no header, or an invalid one.
        status: of the response; None where there was none.
        problem: why nothing is known of it; empty where something is.
    """

    url: str
    header: str
    max_age: int
    status: int | None = 200
    problem: str = ""
    before: tuple[Passed, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """One response is enough."""
        return whole("" if self.problem else "1 answer")

    @property
    def days(self) -> Reading:
        """Validity of the header in days."""
        if self.problem:
            unseen = lacking("no homepage", expected="the homepage's header", got=self.problem)
            return Reading(float("nan"), "", unseen)
        return Reading(self.max_age / DAY, self._words)

    @property
    def _words(self) -> str:
        if not self.header:
            return "(the answer has no such header)"
        if self.url.startswith("http:"):
            return f"({self.header}, sent without TLS, where it counts for nothing)"
        if max_age(self.header) is None:
            return f"({self.header}, which no browser can read)"
        return f"({self.header})"

    def statements(self, of: str = "") -> list[Statement]:
        """That redirects of the homepage keep to TLS, and a host that only redirects sends the header too.

        ``of`` names the site. Behind a proxy that ends TLS, an application may redirect to its own http.
        """
        if not self.before:
            return []
        way = [*(passed.url for passed in self.before), self.url]
        host = self.before[0].host
        kept = not any(later.startswith("http:") for later in way[1:-1]) or not host
        sent = not host or self._is_promised(host)
        return [
            Statement(f"Redirects of the homepage{of}", kept, "https all the way", " → ".join(way), warn=True),
            Statement(
                f"HSTS of {host}", sent, "the header on its redirect too", f"none on that to {way[1]}", warn=True
            ),
        ]

    def _is_promised(self, host: str) -> bool:
        """Whether a browser that came by this host comes to it by TLS only, the next time."""
        last = Passed(self.url, self.header)
        if any(max_age(one.header) for one in (*self.before, last) if one.host == host):
            return True
        below = bool(last.host) and host.endswith(f".{last.host}")
        return below and self.max_age > 0 and "includesubdomains" in self.header.lower()

    def evidence(self) -> Facts:
        """The header as received."""
        facts = {"Address": self.url, "Header": self.header or "not sent"}
        return Facts("Strict-Transport-Security", facts | ({"Problem": self.problem} if self.problem else {}))


@measurement
def hsts(website: HttpClient) -> Hsts:
    """The Strict-Transport-Security header of the homepage (RFC 6797). No response is kept as a problem."""
    return read_hsts(website)


def read_hsts(website: HttpClient) -> Hsts:
    """As ``hsts`` for any website."""
    try:
        answer = website.get(redirects=5)
    except Unmeasured as error:
        return Hsts(website.base_url, "", 0, None, str(error))
    header = answer.headers.get(_HEADER, "")
    seconds = 0 if answer.url.startswith("http:") else max_age(header) or 0
    # Many servers omit headers on error pages, so an error page without the header says nothing.
    problem = f"HTTP {answer.status} from {answer.url}" if answer.status >= 400 and not header else ""
    before = tuple(Passed(one.url, one.headers.get(_HEADER, "")) for one in answer.before)
    return Hsts(answer.url, header, seconds, answer.status, problem, before)


def max_age(header: str) -> int | None:
    """Seconds of the header's ``max-age``; None where it has none, or more than one.

    Where the application and its proxy both send one, each with its max-age, browsers process the first (RFC 6797,
    8.1). With a comma within a single one they ignore it.
    """
    parts = header.split(",")
    if all(_NAMES_AGE.search(part) for part in parts):
        header = parts[0]
    found = re.findall(r'(?:^|;)\s*max-age\s*=\s*("?)(\d+)\1\s*(?=;|$)', header, re.IGNORECASE)
    return int(found[0][1]) if len(found) == len(_NAMES_AGE.findall(header)) == 1 and "," not in header else None


@dataclass(frozen=True, slots=True)
class PlainHttp:
    """What happens to a visitor without TLS.

    Attributes:
        url: the requested address.
        hops: every address on the way, including the first; empty where nothing listens, which is fine.
        status: of the last response; None where nothing listens.
        problem: why the redirects could not be followed; empty where they could.
    """

    url: str
    hops: tuple[str, ...]
    status: int | None
    problem: str = ""

    @property
    def coverage(self) -> Coverage:
        """Whether the redirects were followed to their end."""
        if not self.problem:
            return whole("port 80 closed" if self.status is None else "the way without TLS")
        return lacking(
            "the way without TLS not followed",
            expected="an answer to visitors without TLS",
            got=self.problem,
            hint="A packet filter on the way is no finding about the website: check from another network.",
        )

    @property
    def result(self) -> str:
        """Result in the words of Mozilla's HTTP Observatory: a key of its table of scores."""
        astray = len(self.hops) > 1 and not self.hops[1].startswith("https:")  # known, wherever it ends
        if self.status is None or (self.problem and not astray):  # the coverage says what is unknown
            return "redirection-not-needed-no-http"
        if len(self.hops) == 1:
            return "redirection-missing"
        if not self.problem and not self.hops[-1].startswith("https:"):
            return "redirection-not-to-https"
        if astray:
            return "redirection-not-to-https-on-initial-redirection"
        if urlsplit(self.hops[0]).hostname != urlsplit(self.hops[1]).hostname:
            return "redirection-off-host-from-http"
        return "redirection-to-https"

    @property
    def is_safe(self) -> bool:
        """Whether the visitor ends up with TLS, or nowhere."""
        return self.is_refused or self.result not in ("redirection-missing", "redirection-not-to-https")

    @property
    def is_refused(self) -> bool:
        """Whether there is an answer, and no page: as of a CDN that is set to https only."""
        return len(self.hops) == 1 and self.status in _REFUSALS

    @property
    def is_direct(self) -> bool:
        """Whether the first redirect leads to https on the same host, so that HSTS covers it the next time."""
        return self.result in ("redirection-to-https", "redirection-not-needed-no-http")

    def statements(self, of: str = "") -> list[Statement]:
        """That visitors are safe, and led to https at once; ``of`` names the site."""
        subject = f"Requests{of} without TLS"
        return [
            Statement(subject, self.is_safe, "a redirect to https", self.summary),
            Statement(
                subject, self.is_direct, "a redirect to https on the same host first", self.summary, warn=True
            ),
        ]

    @property
    def summary(self) -> str:
        """The redirects in words."""
        if self.problem and not self.is_direct:
            return f"{' → '.join(self.hops)}: {self.problem}"
        if self.problem:
            return self.problem
        if self.status is None:
            return f"nothing listens at {self.url}"
        if len(self.hops) == 1:
            return f"HTTP {self.status} from {self.url} without TLS"
        return " → ".join(self.hops)

    def evidence(self) -> Facts:
        """Address and redirects."""
        return Facts("Without TLS", {"Address": self.url, "Leads": self.summary})


@measurement
def plain_http(settings: Settings) -> PlainHttp:
    """Where ``http://`` leads: up to five redirects are followed, without judging their certificates.

    Raises:
        NotConfigured: the website is on a port of its own and ``web.http_url`` is not set.

    A refused connection is a result; no answer, or one that is not HTTP, is a problem that leaves it unknown.
    """
    return read_plain_http(settings)


def read_plain_http(settings: Settings) -> PlainHttp:
    """As ``plain_http``; raises the same errors."""
    web = settings.target.web
    site = urlsplit(settings.require(web.url, "web.url", "Website"))
    derived = f"http://{site.hostname}" if site.scheme == "http" or site.port in (None, 443) else None
    url = settings.require(web.http_url or derived, "web.http_url", "Website without TLS")
    client = HttpClient(url, service="Website without TLS", time_limits=settings.time_limits, ca=web.ca)
    try:
        answer = client.get("/", retry="none", redirects=0)
    except Unmeasured as error:
        if isinstance(error.__cause__, Broken) and error.__cause__.reason == "connection refused":
            return PlainHttp(url, (), None)
        return PlainHttp(url, (), None, str(error))
    hops = [answer.url]
    for _ in range(5):
        target = answer.headers.get("location", "")
        if answer.status not in (301, 302, 303, 307, 308) or not target:
            break
        hops.append(_absolute(hops[-1], target))
        if hops[-1].startswith("https:"):
            break  # whether TLS works there is measured separately
        try:
            answer = client.get(hops[-1], retry="none", redirects=0)
        except Unmeasured as error:
            return PlainHttp(url, tuple(hops), answer.status, str(error))
    return PlainHttp(url, tuple(hops), answer.status)


def _absolute(base: str, target: str) -> str:
    """Where a redirect leads, without its query, which may hold anything."""
    return urlsplit(urljoin(base, target))._replace(query="", fragment="").geturl()
