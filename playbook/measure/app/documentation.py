"""Whether anything was deployed since the documents were last reviewed.

If nothing was, the documents are still accurate as far as releases can make them outdated. Everything else needs a
person's judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from playbook.clients.digitalocean import digitalocean
from playbook.clients.digitalocean_types import Deployment
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, Lines
from playbook.core.wording import moment
from playbook.measure.app.app import identity_of
from playbook.measure.app.deployments import newest_first
from playbook.measure.app.release import GOOD
from playbook.readers.documents import documents_in, others_in, read_document
from playbook.settings.model import Settings

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Documentation:
    """What is known about the documents without a sign-off.

    Attributes:
        reviewed: date of the least recent review; None where it is not known.
        documents: how many there are.
        since: releases since then, newest first; None where they are not known.
        unknown: why something is not known; empty where everything is.
        recent: the review is within the validity of a sign-off.
    """

    reviewed: date | None
    documents: int
    since: tuple[str, ...] | None
    unknown: str
    recent: bool

    @property
    def coverage(self) -> Coverage:
        """Documents and releases where they are known; otherwise a sign-off is required."""
        return whole("documents and releases" if not self.unknown else "a person's word")

    @property
    def settled(self) -> str:
        """Why no sign-off is needed; empty where one is."""
        if self.unknown or self.since is None or self.since or not self.recent:
            return ""
        return f"nothing was deployed since all {self.documents} documents were reviewed, by {self.reviewed}"

    def evidence(self) -> list[Evidence]:
        """When the documents were reviewed, and what was deployed since."""
        facts = {
            "Documents": f"{self.documents}, all reviewed by {self.reviewed or 'no known day'}",
            "Deployed since": "not known" if self.since is None else f"{len(self.since)}",
        }
        if self.unknown:
            facts["Unknown to them"] = self.unknown
        shown: list[Evidence] = [Facts("Documents against deployments", facts)]
        if self.since:
            shown.append(Lines("Deployed since, to compare the documents with", list(self.since[:_SHOWN])))
        return shown


@measurement(libraries=("pydo", "playbook.clients.transport", "stamina"))
def documentation(settings: Settings, clock: Clock) -> Documentation:
    """When the runbooks and the playbook were last reviewed, and the releases since then."""
    now = clock.now()
    reviewed, count, unknown = _reviewed(settings, now.date() + timedelta(days=1))  # tomorrow in some time zone
    if reviewed is None:
        return Documentation(None, count, None, unknown, recent=False)
    validity = settings.people.sign_offs.get("weekly")
    recent = validity is not None and now.date() - reviewed <= timedelta(days=validity.valid_days)
    # A review has only a date: a deployment of the same day may have come after it.
    since = datetime(reviewed.year, reviewed.month, reviewed.day, tzinfo=UTC)
    try:
        platform = digitalocean(settings)
        identity = identity_of(platform.app(), settings)
        listing = platform.deployments(since=since)
    except (NotConfigured, Unmeasured) as error:
        return Documentation(reviewed, count, None, str(error), recent)
    if not (seen := listing.coverage + identity).enough:
        return Documentation(reviewed, count, None, seen.got, recent)
    releases = tuple(_words(one) for one in newest_first(listing) if _may_be_since(one, since))
    return Documentation(reviewed, count, releases, "", recent)


def _may_be_since(deployment: Deployment, since: datetime) -> bool:
    """Whether it was, or may have been, released since then."""
    if deployment.created_at is not None and deployment.created_at < since:
        return False
    return deployment.phase in GOOD or deployment.phase not in {"ERROR", "CANCELED"}


def _reviewed(settings: Settings, latest: date) -> tuple[date | None, int, str]:
    """Date of the oldest review, number of documents, and why the date is not known."""
    people = settings.people
    if people.runbooks is None:
        return None, 0, "people.runbooks is not set"
    files = documents_in(settings.path_of(people.runbooks))
    if people.playbook is not None:
        files.append(settings.path_of(people.playbook))
    if others := others_in(settings.path_of(people.runbooks)):
        return None, len(files), f"{others[0].name} is in a form that is not read here"
    try:
        documents = [read_document(file) for file in files]
    except (OSError, UnicodeDecodeError) as error:
        return None, len(files), f"a document cannot be read ({type(error).__name__})"
    dates = [document.reviewed for document in documents]
    if not dates or None in dates:
        return None, len(files), "a document has no date of review" if dates else "there are no documents"
    if max(day for day in dates if day) > latest:
        return None, len(files), "a document was reviewed in the future"
    return min(day for day in dates if day), len(files), ""


def _words(deployment: Deployment) -> str:
    return f"{moment(deployment.created_at)}: {deployment.cause or deployment.id} ({deployment.phase})"
