"""What people did about the incidents on the site, as far as its readers may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from playbook.core.context import Link
from playbook.history import handling
from playbook.history.acts import DONE, acknowledged_words
from playbook.history.handling import Handled, Handling
from playbook.history.incidents import Incident
from playbook.run.thread.guide import Guides
from playbook.run.thread.links import Addresses
from playbook.settings.model import Settings
from playbook.site.views import Done


def done_about(
    incidents: Sequence[Incident], settings: Settings, history: Path, now: datetime
) -> Mapping[str, Done]:
    """By the key of each incident of a target."""
    private = settings.target.private
    acts, _ = handling.read(history, settings.target.name)
    if not private:
        acts = [handling.for_everybody(act) for act in acts]
    handled = handling.handled(incidents, acts, now)
    guides, addresses = Guides(settings, now, for_the_team=private), Addresses(settings)
    return {
        one.key: _done(
            one, handled[one.key], settings, guides, list(_elsewhere(one, addresses)) if private else []
        )
        for one in incidents
    }


def _done(incident: Incident, done: Handled, settings: Settings, guides: Guides, elsewhere: list[Link]) -> Done:
    guide = guides.of(incident)
    return Done(
        severity=guide.severity,
        todo=guide.todo,
        acknowledged=acknowledged_words(incident, done, settings, guides.now),
        acts=tuple((act.when.astimezone(UTC), _words(act)) for act in done.acts),
        elsewhere=tuple(elsewhere),
    )


def _elsewhere(incident: Incident, addresses: Addresses) -> Iterator[Link]:
    found = [link for item in incident.items for link in addresses.elsewhere(item, (), incident.opened)]
    yield from {link.to: link for link in [*found, *addresses.dashboard, *addresses.logs]}.values()


def _words(act: Handling) -> str:
    by = f" by {act.who}" if act.who else ""
    via = f" ({act.via})" if act.via else ""
    return f"{DONE[act.what]}{by}{via}{f': {act.note}' if act.note else ''}"
