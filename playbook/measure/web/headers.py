"""Security headers of the homepage, graded as by Mozilla's HTTP Observatory."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playbook.clients.answer import Answer
from playbook.clients.http import HttpClient
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.measure.web.page_parts import text_of
from playbook.measure.web.web import page_rules
from playbook.measure.web.web_page import fault_of
from playbook.measure.web.without_tls import PlainHttp
from playbook.readers.observatory import csp, page, results
from playbook.readers.observatory.scores import PROTECTS, SCORES, grade_of, total
from playbook.settings.model import Settings

ORIGIN = "https://elsewhere.example"  # another site, which sends requests with its visitors' cookies
HTML = ("text/html", "application/xhtml+xml")
_SHOWN = (
    "content-security-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
)


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Results of the Observatory's tests.

    Attributes:
        results: its result by test.
        sent: the relevant headers, as received.
        unclear: parts of them that are not understood, so that they may protect from nothing.
        astray: why the response is not the homepage; empty where it is.
        way: what is unknown about requests without TLS.
    """

    url: str
    results: dict[str, str]
    sent: dict[str, str]
    unclear: tuple[str, ...] = ()
    astray: str = ""
    way: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """All ten tests, of the homepage itself, with every header understood."""
        seen = whole(f"{len(self.results)} tests of 1 answer")
        seen += understood(
            len(self.unclear),
            len(self.sent) + len(self.unclear),
            "headers and directives",
            examples=self.unclear,
            hint="Correct what is mistyped, doubled or without effect.",
        )
        if self.astray:
            seen += lacking("", expected="the headers of the homepage", got=self.astray)
        return seen + self.way

    @property
    def points(self) -> int:
        """Sum of all results."""
        return total(list(self.results.values()))

    @property
    def grade(self) -> str:
        """Grade, ``A+`` to ``F``."""
        return grade_of(self.points)

    @property
    def score(self) -> Reading:
        """Points, with the grade and the tests that cost most."""
        lost = sorted((test for test in self.results if self._points(test) < 0), key=self._points)
        names = ", ".join(f"{test} {self._points(test)}" for test in lost)
        return Reading(self.points, f"in ten tests (grade {self.grade}{f'; {names}' if names else ''})")

    def evidence(self) -> list[Evidence]:
        """A row for each test, worst first, with what it protects from; then the headers."""
        rows = [
            [test, result, f"{self._points(test):+d}" if self._points(test) else "0", PROTECTS[test]]
            for test, result in sorted(self.results.items(), key=lambda found: SCORES[found[1]])
        ]
        return [
            Facts("Grade", {"Address": self.url, "Points": str(self.points), "Grade": self.grade}),
            Table("Tests of Mozilla's HTTP Observatory", ["Test", "Result", "Points", "Protects from"], rows),
            Facts("Headers", {name: self.sent.get(name, "not sent") for name in _SHOWN}),
        ]

    def _points(self, test: str) -> int:
        return SCORES[self.results[test]]


@measurement
def security_headers(website: HttpClient, plain_http: PlainHttp, settings: Settings) -> SecurityHeaders:
    """The homepage's headers, cookies and scripts, and its response to a cross-origin request.

    Raises:
        Unreachable, Denied, Malformed: the homepage does not return 200, and an error page has other headers.
    """
    return read_headers(website, plain_http, settings)


def read_headers(website: HttpClient, plain_http: PlainHttp, settings: Settings) -> SecurityHeaders:
    """As ``security_headers`` for any website, by its settings; raises the same errors."""
    answer = website.get(redirects=5).expect_ok()
    shared = website.get(headers={"Origin": ORIGIN}, redirects=5)
    sent = answer.headers
    address = urlsplit(answer.url)
    https = address.scheme == "https"
    is_html = sent.get("content-type", "text/html").partition(";")[0].strip().lower() in HTML
    content = page.read(text_of(answer)) if is_html else page.Page()
    by_header, by_meta = _policies(answer, content)
    nonces = csp.nonces_of([*by_header, *by_meta])
    again = _policies(shared, page.read(text_of(shared))) if nonces else ([], [])
    repeated = [nonce for nonce in nonces if nonce in csp.nonces_of([*again[0], *again[1]])]
    policy, framed = csp.result_of(
        by_header,
        by_meta,
        https=https,
        report_only="content-security-policy-report-only" in sent,
    )
    hsts = results.hsts_of(sent.get("strict-transport-security", ""), https=https)
    referrer = [sent["referrer-policy"]] if "referrer-policy" in sent else []
    found = {
        "Content-Security-Policy": policy,
        "Cookies": results.cookies_of(_cookies(answer), by_hsts=hsts.endswith("at-least-six-months")),
        "Cross-origin sharing": results.sharing_of(ORIGIN, shared.headers),
        "Redirection to https": plain_http.result,
        "Referrer-Policy": results.referrer_of([*referrer, *content.equiv.get("referrer-policy", [])]),
        "Strict-Transport-Security": hsts,
        "Subresource integrity": page.integrity_of(content, address.hostname or "", https=https)
        if is_html
        else "sri-not-implemented-response-not-html",
        "X-Content-Type-Options": results.sniffing_of(sent.get("x-content-type-options", "")),
        "Framing": results.framing_of(sent.get("x-frame-options", ""), by_policy=framed),
        "Cross-Origin-Resource-Policy": results.resource_policy_of(sent.get("cross-origin-resource-policy", "")),
    }
    fault = fault_of(answer, page_rules(settings, website.base_url))
    astray = fault.words if fault else ""
    if not astray and shared.status != answer.status:
        astray = f"HTTP {shared.status} for a visitor of another site"
    return SecurityHeaders(
        answer.url,
        found,
        {name: sent[name] for name in _SHOWN if name in sent},
        unclear=(
            *csp.unclear_of(by_header, by_meta),
            *(f"{nonce} in two answers, so that everybody knows it" for nonce in repeated),
            *results.unclear_of(sent, shared.headers, framed=framed),
            *page.unclear_of(content),
        ),
        astray=astray,
        way=Coverage() if plain_http.coverage.enough else plain_http.coverage,
    )


def _policies(answer: Answer, content: page.Page) -> tuple[list[str], list[str]]:
    """Content security policies of an answer: by header, and by its page."""
    header = answer.headers.get("content-security-policy")
    return [] if header is None else [header], content.equiv.get("content-security-policy", [])


def _cookies(answer: Answer) -> str:
    """Cookies of the page and of the redirects of its host that led to it, which a browser keeps as well."""
    host = urlsplit(answer.url).hostname
    sent = [
        one.headers.get("set-cookie", "") for one in (*answer.before, answer) if urlsplit(one.url).hostname == host
    ]
    return ", ".join(filter(None, sent))
