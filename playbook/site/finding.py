"""Search index of the site: everything by name. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from playbook.core.page_words import capital, short
from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.site.sentences import set_name
from playbook.site.views import NOT_WELL, Site


class Entry(NamedTuple):
    """One line.

    Attributes:
        kind: item, set or incident.
        words: on its badge, if different from its state.
        about: other search terms: target, set, id.
        bad: it is failing, or nothing is known about it.
        open: an open incident.
    """

    kind: str
    title: str
    page: str
    state: str
    about: str
    words: str = ""
    bad: bool = False
    open: bool = False


def entries(site: Site, page_of: Callable[[Incident], str]) -> list[Entry]:
    """Items, sets and incidents by name; incidents of one name newest first."""
    found: list[Entry] = []
    for target in site.targets:
        for one in target.sets:
            title = f"{capital(set_name(one.name))} checks"
            found.append(Entry("set", title, one.page, one.state, target.name, bad=one.state in NOT_WELL))
            found += [
                Entry(
                    "item",
                    item.title,
                    item.page,
                    item.state,
                    f"{target.name}, {set_name(one.name)}, {item.id}",
                    bad=item.state in NOT_WELL,
                )
                for item in one.current
            ]
    for incident in reversed(site.incidents):
        is_open = incident.is_open
        state = str(incident.worst) if is_open else str(Verdict.OK)
        about = f"{incident.target}, incident of {short(incident.opened)} {incident.opened.year}"
        words = "OPEN" if is_open else "CLOSED"
        found.append(Entry("incident", incident.title, page_of(incident), state, about, words, is_open, is_open))
    return sorted(found, key=lambda entry: entry.title.casefold())
