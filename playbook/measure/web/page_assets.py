"""Whether the styles and scripts of a page are served: without them a page is bare, or stays empty.

They are missing after a build for another path (Vite's ``base``, Nuxt's ``baseURL``), beside the page of another
release that a cache has kept, or where static files were not collected. A site that answers every path with its
homepage answers 200 for them as well, with a page in place of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from playbook.clients.answer import Answer
from playbook.clients.http import HttpClient
from playbook.core import door
from playbook.core.coverage import Coverage, lacking
from playbook.core.errors import Malformed, Unreachable
from playbook.core.side_by_side import side_by_side
from playbook.core.wording import plural
from playbook.measure.web.page_loads import WITHIN, Named

MOST = 8  # that are asked for, of each page: as many as a browser asks for at once
_BEGINNING = 64 * 1024  # bytes that are read of each
_MISSING = (404, 410)
_OF_A_PROXY = "/cdn-cgi/"  # what Cloudflare puts into pages, and serves itself
_REFUSED = "refused by the page's own Content-Security-Policy"
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Assets:
    """Styles and scripts of a page, on its own host.

    Attributes:
        named: number that the page names.
        served: number of those that were asked for and are there.
        missing: those that are not, with what came instead.
        untold: those that this machine may not have, with what came instead.
        lost: those without an answer.
        needed: the page shows nothing without the missing ones.
    """

    named: int = 0
    served: int = 0
    missing: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    needed: bool = False

    @property
    def coverage(self) -> Coverage:
        """Whether there was an answer to each request."""
        if not self.lost:
            return Coverage()
        return lacking(
            "styles or scripts without an answer",
            expected="an answer to the request for each style and script that the homepage names",
            got=f"none to {self.lost[0]}",
            hint="Ask for it by `curl -sI`: if it answers there, repeat the check.",
        )

    @property
    def words(self) -> str:
        """``/_astro/a.css (HTTP 404) and 2 more``."""
        if not self.missing:
            return f"{self.served} of {self.named} looked at, all there"
        return self.missing[0] + (f" and {len(self.missing) - 1} more" if self.missing[1:] else "")

    @property
    def facts(self) -> dict[str, str]:
        """For the evidence."""
        if not self.named:
            return {}
        shown = {"Named": plural(self.named, "style or script", "styles and scripts"), "Served": str(self.served)}
        shown |= {"Missing": "; ".join(self.missing)} if self.missing else {}
        untold = (*self.untold, *self.lost)
        return shown | ({"Not known": "; ".join(untold)} if untold else {})


def assets_of(website: HttpClient, named: Named, *, is_bare: bool) -> Assets:
    """Ask for the first of the addresses that are not refused, side by side as browsers do.

    Args:
        is_bare: the page has hardly any text, so that scripts are to show all of it.
    """
    every = tuple(one for one in named.addresses if _OF_A_PROXY not in one and one not in named.refused)
    refused = [one for one in named.refused if (is_bare or one != WITHIN) and _OF_A_PROXY not in one]
    needed = is_bare and not all(one.endswith(".css") for one in refused)
    served = 0
    missing = [f"{door.line(urlsplit(one).path, 80)} ({_REFUSED})" for one in refused]
    untold: list[str] = []
    lost: list[str] = []
    asked = every[:MOST]
    for address, answer in zip(asked, side_by_side([partial(_ask, website, one) for one in asked]), strict=True):
        shown = door.line(urlsplit(address).path, 80)
        if isinstance(answer, str):
            lost.append(f"{shown} ({answer})")
        elif instead := _instead(answer):
            missing.append(f"{shown} ({instead})")
            needed |= is_bare and not shown.endswith(".css")
        elif answer.status == 200:
            served += 1
        else:
            untold.append(f"{shown} (HTTP {answer.status})")
    return Assets(len(every) + len(refused), served, tuple(missing), tuple(untold), tuple(lost), needed=needed)


def _ask(website: HttpClient, address: str) -> Answer | str:
    """The answer, or why there is none."""
    try:
        return website.get(address, retry="connection", redirects=2, max_body=_BEGINNING, cut=True)
    except (Unreachable, Malformed) as error:
        return error.got


def _instead(answer: Answer) -> str:
    """What came in place of a style or script that is not there; empty where it is, or that is not known."""
    if answer.status in _MISSING or answer.status >= 500:
        return f"HTTP {answer.status}"
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_page = kind in _PAGES and answer.body.lstrip()[:1] == b"<"
    return "a page in its place" if answer.status == 200 and is_page else ""
