"""Settings of the platform: GitHub, dependencies, costs, instance sizes, access."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core.secret import Seconds, Secret, Section

# A later day comes in no February, so that what waits for it would never be judged in one.
_DayOfMonth = Annotated[float, msgspec.Meta(ge=0, le=28)]
_Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
_Room = Annotated[float, msgspec.Meta(gt=0, le=100)]


class GitHub(Section, frozen=True):
    """The organisation and repository of the code. ``ca`` is for a private certificate authority.

    Attributes:
        endpoint: of the API; for GitHub Enterprise it ends with ``/api/v3``.
        repository: ``owner/name``.
        token: reads the organisation's members and the repository's Dependabot alerts. Only an owner's can see who
            has no second factor.
    """

    endpoint: str = "https://api.github.com"
    organisation: str | None = None
    repository: str | None = None
    token: Secret | None = None
    ca: str | None = None


class Npm(Section, frozen=True):
    """The Node project whose dependencies are checked.

    Attributes:
        project: its folder, with package.json and package-lock.json. Nothing is written into it.
        command: the npm to run.
        registry: instead of the one that npm is configured with.
        ca: file with the private certificate authority of that registry.
    """

    project: str | None = None
    command: str = "npm"
    registry: str | None = None
    ca: str | None = None


class Costs(Section, frozen=True):
    """``monthly_budget_usd`` is for the whole DigitalOcean account, as its balance is."""

    monthly_budget_usd: float | None = None


class CostReview(Section, frozen=True):
    """How costs are reviewed.

    Attributes:
        project_after_days: in the first days of a month its usage is too little for a projection; until then the
            last full month is judged.
        paid_after_days: from this day of a month on, nothing may be owed from earlier months.
        least_usd: a product that costs less than this a month is not judged by itself.
        months: number of invoices shown.
    """

    project_after_days: _DayOfMonth = 3.0
    paid_after_days: _DayOfMonth = 15.0
    least_usd: float = 5.0
    months: int = 5


class Firewalls(Section, frozen=True):
    """What must not be open.

    Attributes:
        management_ports: no cloud firewall may open one of these to the world.
        widest_ipv4, widest_ipv6: prefix lengths; a shorter one among the trusted sources of Redis is too wide.
    """

    management_ports: Annotated[list[_Port], msgspec.Meta(min_length=1)] = []
    widest_ipv4: Annotated[int, msgspec.Meta(ge=1, le=32)] = 16
    widest_ipv6: Annotated[int, msgspec.Meta(ge=1, le=128)] = 32


class UtilizationRules(Section, frozen=True):
    """``peak_minutes``: period over which the mean CPU and memory of an instance count as a peak."""

    peak_minutes: Annotated[float, msgspec.Meta(gt=0, le=60)] = 15.0


class Scaling(Section, frozen=True):
    """When instances fit.

    Attributes:
        cpu_room_percent, memory_room_percent: a proposal stays below these.
        least_instances: of a service, so that one can fail; where there are fewer already, that many.
        least_saving_usd: per month; a smaller saving is not worth a change.
    """

    cpu_room_percent: _Room = 60.0
    memory_room_percent: _Room = 75.0
    least_instances: int = 2
    least_saving_usd: float = 5.0


class Access(Section, frozen=True):
    """Intended access to GitHub, and when a member counts as idle.

    Attributes:
        github_owners, github_outsiders: logins of owners and outside collaborators; where a list is set, nobody
            else may be one.
        idle_days: days without a push or merge; GitHub lists those of a year.
    """

    github_owners: list[str] | None = None
    github_outsiders: list[str] | None = None
    idle_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 90


class Dependencies(Section, frozen=True):
    """Time limits for npm, in seconds."""

    time_limit: Seconds = 60.0
