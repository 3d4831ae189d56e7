"""Settings of the security review: domains with certificates, logs of sign-ins, links."""

from __future__ import annotations

import msgspec

from playbook.core.clock import iana_zone
from playbook.core.secret import Section
from playbook.settings.sections.ranges import Positive


class Security(Section, frozen=True):
    """What is checked besides the website and the app's own domains.

    Attributes:
        domains: further hosts whose certificate is read, ``host`` or ``host:port``.
        connect_to: where to connect for a host, ``{"portfolio.example" = "192.0.2.7:443"}``, as curl's
            ``--connect-to`` does: to read the origin's certificate behind a proxy, or before a name is switched.
        auth_logs: files with sign-ins by glob, e.g. ``/var/log/auth.log*``, besides the target's logs.
        days: how far back refused requests and failed sign-ins are counted, as far as the logs reach.
        time_zone: of times in these files without an offset, e.g. ``Europe/Berlin``; as ``logs.time_zone``.
        quiet_hours: how long these files may be without a line; the rest of a longer silence counts as not seen.
        ipv6: whether hosts are checked over IPv6 too; by default if this machine has a route. The result says so
            where they are checked over IPv4 alone.
        break_in_failures: number of a source's failed sign-ins within an hour before a successful one that
            indicate a guessed password.
    """

    domains: tuple[str, ...] = ()
    connect_to: dict[str, str] = msgspec.field(default_factory=dict)
    auth_logs: tuple[str, ...] = ()
    days: Positive = 7.0
    time_zone: str | None = None
    quiet_hours: float = 24.0
    ipv6: bool | None = None
    break_in_failures: int = 10

    def __post_init__(self) -> None:
        try:
            iana_zone(self.time_zone or "UTC")
        except ValueError as error:
            raise ValueError(f"time_zone: {error}") from None


class Links(Section, frozen=True):
    """The links that people follow in an incident. Grafana's defaults to its address.

    Attributes:
        logs: where people read the logs.
    """

    grafana: str | None = None
    console: str | None = None
    status_page: str | None = None
    documentation: str | None = None
    logs: str | None = None
