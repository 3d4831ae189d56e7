"""What is known of the app's components: what is measured of them counts even where the app itself is unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.core.coverage import Coverage
from playbook.core.engine import Outcome, measurement
from playbook.measure.app.app import AppStatus
from playbook.measure.known import known


@dataclass(frozen=True, slots=True)
class KnownApp:
    """The app's components by its spec; without any where that could not be read, which is never enough for OK.

    Attributes:
        coverage: that of the app's status, or why it could not be read.
        least: minimum number of running instances, by component.
        others: components without a health state: static sites, jobs, functions.
    """

    coverage: Coverage
    components: tuple[str, ...] = ()
    least: tuple[tuple[str, int], ...] = ()
    others: tuple[str, ...] = ()
    unknown_kinds: tuple[str, ...] = ()
    deployed_at: datetime | None = None

    def instances(self, component: str) -> int:
        """Minimum number of running instances of a component; 0 where it may be scaled to zero or is not in the
        spec.
        """
        return dict(self.least).get(component, int(component in self.components))


def instances_of(app: KnownApp) -> dict[str, int] | None:
    """Minimum number of running instances by component; None where nothing is known of the components."""
    if not app.components and not app.others:
        return None
    return {name: app.instances(name) for name in app.components}


@measurement(outcomes=("app",))
def known_app(app: Outcome) -> KnownApp:
    """The app's components, as far as they are known."""
    found: AppStatus | None
    found, coverage = known(app, "the app's spec")
    if found is None:
        return KnownApp(coverage)
    return KnownApp(
        coverage,
        found.components,
        found.least,
        found.others,
        found.unknown_kinds,
        found.deployed_at,
    )
