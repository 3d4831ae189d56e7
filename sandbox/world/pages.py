"""State of the pages that the handbook links to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class PagesState:
    """Answers of the pages, by name.

    Attributes:
        statuses: if not 200. The console requires a login, as the real one does.
        parked: names whose domain shows somebody else's page.
    """

    statuses: dict[str, int] = field(default_factory=lambda: {"console": 401})
    parked: set[str] = field(default_factory=set)
