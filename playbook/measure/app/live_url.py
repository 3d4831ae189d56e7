"""What the app's live URL, the platform's own address of it, returns."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from playbook.clients.breakage import Kind
from playbook.clients.http import HttpClient
from playbook.clients.urls import origin
from playbook.clients.web import SERVICE as WEBSITE
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unreachable
from playbook.core.evidence import Evidence, Facts
from playbook.core.hosts import host_in
from playbook.measure.app.app import AppStatus
from playbook.measure.statements import Statement
from playbook.measure.web.web import page_rules
from playbook.measure.web.web_page import fault_of
from playbook.settings.model import Settings

_INTERCEPTED = "Something on the way to the app intercepts the request."


@dataclass(frozen=True, slots=True)
class LiveUrlAnswer:
    """Response of the app's live URL.

    Attributes:
        url: as the platform gives it; empty where it gives none.
        status: HTTP status, after redirects; None without a response.
        outcome: the response in words.
        answered: a page, or a request for authentication, was returned.
        uncertain: why the response does not show what visitors get; empty where it does.
        is_website: the live URL is the address of the website itself.
        seconds: for the whole response.
    """

    url: str
    status: int | None
    outcome: str
    answered: bool
    uncertain: str = ""
    is_website: bool = False
    seconds: float | None = None
    attempts: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether visitors get no page: no response, an error, or something else in place of the page."""
        return not self.answered and not self.uncertain

    @property
    def coverage(self) -> Coverage:
        """One response; the app's phase does not rely on it."""
        return whole("1 answer" if self.status else "no answer")

    @property
    def cause(self) -> str:
        """The website, where the live URL is its address and does not respond; otherwise empty."""
        return WEBSITE if self.failed and self.status is None and self.is_website else ""

    @property
    def certainty(self) -> Coverage:
        """Whether the response is what visitors get."""
        if not self.uncertain:
            return Coverage()
        return lacking("", expected="the page that visitors get", got=self.outcome, hint=self.uncertain)

    @property
    def statement(self) -> Statement:
        """That visitors get a page at it."""
        return Statement(
            f"Live URL {self.url}".strip(),
            not self.failed,
            "a page",
            self.outcome,
            coverage=self.certainty,
            cause=self.cause,
        )

    def evidence(self) -> Evidence:
        """URL, outcome and attempts."""
        facts = {"URL": self.url or "none", "Answer": self.outcome}
        if self.seconds is not None:
            facts["Time"] = f"{self.seconds:.3f} s"
        if len(self.attempts) > 1:
            facts["Tries"] = "; ".join(self.attempts)
        return Facts("Live URL", facts)


@measurement
def live_url_answer(app: AppStatus, settings: Settings) -> LiveUrlAnswer:
    """Whether the live URL returns a page.

    No response is a failure here, not a connectivity issue: the DigitalOcean API has just responded, so this
    machine's network works. Only if this machine itself has no route to the address is it not a failure.
    """
    if not app.live_url:
        why = "" if app.is_reachable else ", and no component that visitors could reach"
        return LiveUrlAnswer("", None, f"no live URL{why}", answered=not app.is_reachable)
    client = HttpClient(
        app.live_url, service="Live URL", time_limits=settings.time_limits, ca=settings.target.web.ca
    )
    try:
        answer = client.get(retry="connection", redirects=5)
    except Unreachable as error:
        reason = error.attempts[-1].partition(": ")[2] if error.attempts else str(error)
        own = "The fault is on this machine's side: its routes, its limits or its proxy."
        uncertain = own if error.kind == Kind.OWN else ""
        is_website = _place(app.live_url) == _place(settings.target.web.url or "")
        return LiveUrlAnswer(app.live_url, None, reason, False, uncertain, is_website, attempts=error.attempts)
    fault = fault_of(answer, page_rules(settings, app.live_url))
    asks_who = answer.status == 401 and "www-authenticate" in answer.headers
    return LiveUrlAnswer(
        app.live_url,
        answer.status,
        fault.words if fault else f"HTTP {answer.status}",
        answered=fault is None or asks_who,
        uncertain=(fault.hint or _INTERCEPTED) if fault and fault.uncertain else "",
        seconds=answer.phases.total,
        attempts=answer.attempts,
    )


def _place(url: str) -> tuple[str, int]:
    return host_in(url), origin(urlsplit(url))[2]
