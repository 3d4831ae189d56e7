"""The playbook as a document: whether it has an owner and a version, and was reviewed in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unreachable
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.readers.documents import Document, read_document
from playbook.settings.model import Settings

SERVICE = "Playbook"


@dataclass(frozen=True, slots=True)
class PlaybookDocument:
    """The document.

    Attributes:
        today: in UTC.
    """

    document: Document
    today: date

    @property
    def coverage(self) -> Coverage:
        """Its head, which is all that is checked."""
        return whole("1 document")

    @property
    def lacks(self) -> str:
        """What its head lacks, or what is damaged, in words; empty where nothing."""
        document = self.document
        if document.damage:
            return document.damage
        fields = {"owner": document.owner, "version": document.version, "date of review": document.reviewed}
        return ", ".join(f"no {what}" for what, value in fields.items() if not value)

    @property
    def found(self) -> str:
        """The content of its head, or what it lacks."""
        return self.lacks or f"version {self.document.version} of {self.document.owner}"

    @property
    def review_age(self) -> Reading:
        """Days since its review; unknown without a date, or with a future one."""
        reviewed = self.document.reviewed
        # in some time zones it is already tomorrow
        if reviewed is None or reviewed > self.today + timedelta(days=1):
            got = f"{reviewed}, which is to come" if reviewed else "none"
            return Reading(
                math.nan,
                coverage=lacking(
                    "",
                    expected="the date of the last review",
                    got=got,
                    hint="Go through the playbook with the team, and write the date of that day into its head.",
                ),
            )
        return Reading(max((self.today - reviewed).days, 0), f"(reviewed on {reviewed})")

    def evidence(self) -> Evidence:
        """Its head."""
        document = self.document
        return Facts(
            "The playbook",
            {
                "Document": document.file.name,
                "Owner": document.owner or "none",
                "Version": document.version or "none",
                "Reviewed": str(document.reviewed or "never"),
            },
        )


@measurement
def playbook_document(settings: Settings, clock: Clock) -> PlaybookDocument:
    """Owner, version and date of review of the playbook, from its head."""
    file = settings.path_of(settings.require(settings.people.playbook, "people.playbook", SERVICE))
    try:
        document = read_document(file)
    except UnicodeDecodeError as error:
        raise Malformed(f"{SERVICE}: expected text in UTF-8, got {error.reason}", service=SERVICE) from None
    except OSError as error:
        raise Unreachable(
            f"{SERVICE}: expected to read {file.name}, got an error "
            f"({(error.strerror or type(error).__name__).lower()})",
            service=SERVICE,
            hint="Name the playbook of your team in people.playbook.",
        ) from None
    return PlaybookDocument(document, clock.now().astimezone(UTC).date())
