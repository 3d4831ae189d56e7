"""Runbooks: whether they have an owner, were reviewed in time, and have working links."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date
from ipaddress import ip_address
from urllib.parse import urlsplit

from playbook.clients.http import HttpClient
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unreachable, UsageError
from playbook.core.evidence import Evidence, Lines, Table
from playbook.core.limits import Reading
from playbook.measure.web.link_faults import fault_of_link
from playbook.readers.documents import Document, documents_in, others_in, read_document
from playbook.settings.model import Settings

SERVICE = "Runbooks"
MOST_LINKS = 50


@dataclass(frozen=True, slots=True)
class Runbooks:
    """The runbooks of the folder.

    Attributes:
        documents: in the order of their names.
        today: in UTC.
        silent: links that were tried and failed, in words.
        untried: links to hosts that may not be tried.
        beyond: links that may be tried, but come after the first ``MOST_LINKS``.
        unread: names of documents in forms that are not read here.
    """

    documents: tuple[Document, ...]
    today: date
    silent: tuple[str, ...]
    untried: tuple[str, ...]
    beyond: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """What they lack, by runbook: ``emergency: no owner``."""
        return [
            f"{document.name}: {problem}"
            for document in self.documents
            for problem in document.problems(self.today)
        ]

    @property
    def dead_links(self) -> list[str]:
        """Links to missing files and headings, by runbook."""
        return [f"{document.name}: {link}" for document in self.documents for link in document.dead_links()]

    @property
    def review_age(self) -> Reading:
        """Days since the least recent review; unknown where none has a date."""
        dated = [(document.reviewed, document.name) for document in self.documents if document.reviewed]
        seen = share(
            len(dated),
            len(self.documents),
            "runbooks",
            what="dates of review",
            hint="Write the date of review into the head of each runbook.",
        )
        if not dated:
            return Reading(math.nan, coverage=seen)
        reviewed, name = min(dated)
        return Reading(max((self.today - reviewed).days, 0), f"({name}, reviewed on {reviewed})", seen)

    @property
    def coverage(self) -> Coverage:
        """All documents, and the links that were tried; links to other hosts are not tried, which is noted.

        The coverage is not enough if there are too many links to try them all.
        """
        links = len(dict.fromkeys(link for document in self.documents for link in document.links))
        tried = links - len(self.untried) - len(self.beyond)
        beyond = Coverage()
        if self.beyond:
            beyond = lacking(
                f"{len(self.beyond)} too many",
                expected=f"at most {MOST_LINKS} links to hosts that may be tried",
                got=f"{len(self.beyond)} more",
                hint="Take hosts out of people.link_hosts, or links out of the runbooks.",
            )
        note = "others not tried" if self.untried else ""
        linked = share(tried, links, "links", least_percent=0, note=note, may_be_empty=True)
        read = share(
            len(self.documents),
            len(self.documents) + len(self.unread),
            "runbooks",
            note=f"not {self.unread[0]}" if self.unread else "",
            hint="Only Markdown is read: write them in it, or keep them in another folder.",
        )
        return read + linked + beyond

    @staticmethod
    def words(found: list[str], otherwise: str) -> str:
        """The first three findings."""
        more = f"; and {len(found) - 3} more" if found[3:] else ""
        return "; ".join(found[:3]) + more if found else otherwise

    @property
    def summary(self) -> str:
        """``6 with owner, date, commands and outcomes``, or what they lack."""
        return self.words(self.problems, f"{len(self.documents)} with owner, date, commands and outcomes")

    @property
    def links(self) -> str:
        """How many links there are, or the broken ones."""
        count = sum(len(document.links) for document in self.documents)
        return self.words(
            [*self.dead_links, *self.silent], f"{count} links, {len(self.untried)} of them not tried"
        )

    def evidence(self) -> list[Evidence]:
        """A row for each runbook, and the links that were not tried."""
        rows = [
            [
                document.name,
                document.owner or "none",
                str(document.reviewed or "never"),
                f"{(self.today - document.reviewed).days} days" if document.reviewed else "",
                str(document.commands),
                str(len(document.links)),
            ]
            for document in self.documents
        ]
        columns = ["Runbook", "Owner", "Reviewed", "Ago", "Blocks of commands", "Links"]
        shown: list[Evidence] = [Table("Runbooks", columns, rows)]
        if self.untried:
            shown.append(Lines("Links that were not tried (people.link_hosts)", list(self.untried)))
        return shown


@measurement
def runbooks(settings: Settings, clock: Clock) -> Runbooks:
    """Every runbook in the folder of runbooks."""
    folder = settings.path_of(settings.require(settings.people.runbooks, "people.runbooks", SERVICE))
    try:
        documents = tuple(read_document(file) for file in documents_in(folder))
    except UnicodeDecodeError as error:
        raise Malformed(f"{SERVICE}: expected text in UTF-8, got {error.reason}", service=SERVICE) from None
    except OSError as error:
        raise Unreachable(f"{SERVICE}: cannot be read: {error.strerror}", service=SERVICE) from None
    if not documents:
        raise Unreachable(
            f"{SERVICE}: expected documents in the folder {folder.name}, which "
            f"{'holds none' if folder.is_dir() else 'is not there'}",
            service=SERVICE,
            hint="Name the folder of your runbooks in people.runbooks.",
        )
    remote = list(dict.fromkeys(link for document in documents for link in document.links if _is_remote(link)))
    permitted = [link for link in remote if _may_be_tried(link, settings.people.link_hosts)]
    to_try, beyond = permitted[:MOST_LINKS], permitted[MOST_LINKS:]
    silent = [problem for link in to_try if (problem := _try(link, settings))]
    untried = [link for link in remote if link not in permitted]
    today = clock.now().astimezone(UTC).date()
    unread = tuple(file.name for file in others_in(folder))
    return Runbooks(documents, today, tuple(silent), tuple(untried), tuple(beyond), unread)


def _is_remote(link: str) -> bool:
    return link.startswith(("http://", "https://"))


def _may_be_tried(link: str, hosts: tuple[str, ...]) -> bool:
    """Whether a link may be requested: anybody can write one into a document, so only this machine and configured
    hosts are.
    """
    try:
        host = urlsplit(link).hostname or ""
        return host in hosts or host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _try(link: str, settings: Settings) -> str:
    """Why a link is broken; empty where it leads to a page or to a login."""
    try:
        answer = HttpClient(link, service=SERVICE, time_limits=settings.time_limits).get(redirects=5)
    except (Unreachable, Malformed, UsageError) as error:
        return f"{link}: {str(error).rpartition(', got ')[2]}"
    fault = None if 200 < answer.status < 300 else fault_of_link("documentation", link, answer)
    return f"{link}: {fault.words}" if fault else ""
