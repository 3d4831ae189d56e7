"""Settings of the security review: whose certificates are read, where sign-ins are logged, which links answer."""

from __future__ import annotations

import msgspec

from playbook.secret import Section


class Security(Section, frozen=True):
    """What is looked at beside the website and the app's own domains.

    Attributes:
        domains: further hosts whose certificate is read, ``host`` or ``host:port``.
        connect_to: where to connect for a host, ``{"portfolio.example" = "192.0.2.7:443"}``, as curl's
            ``--connect-to`` does: to read the origin's certificate behind a proxy, or before a name is switched.
        auth_logs: files with sign-ins by glob, e.g. ``/var/log/auth.log*``, beside the target's logs.
        days: how far back refused requests and failed sign-ins are counted, as far as the logs reach.
        quiet_hours: so long may these files be without a line; of a longer silence the rest counts as not seen.
        ipv6: false where this machine has no way to IPv6: hosts are then looked at by IPv4 alone, which is said.
        break_in_failures: so many failed sign-ins of a source within an hour before one that succeeds are a
            guessed password.
    """

    domains: tuple[str, ...] = ()
    connect_to: dict[str, str] = msgspec.field(default_factory=dict)
    auth_logs: tuple[str, ...] = ()
    days: float = 7.0
    quiet_hours: float = 24.0
    ipv6: bool = True
    break_in_failures: int = 10


class Links(Section, frozen=True):
    """The links that people follow in an incident. Grafana's is its address where it is not set."""

    grafana: str | None = None
    console: str | None = None
    status_page: str | None = None
    documentation: str | None = None
