"""What the measurements of the website share: its rules, who answers in its name, durations for tables."""

from __future__ import annotations

from playbook.clients.network import Network
from playbook.clients.wire import Phases
from playbook.core.errors import Malformed, Unreachable
from playbook.measure.web.web_page import (
    Fault,
    PageRules,
)
from playbook.settings.model import Settings

REDIRECTS = 5  # the most that are followed


def page_rules(settings: Settings, url: str = "") -> PageRules:
    """Requirements for the homepage, from the settings; also for another address of the same site."""
    web = settings.target.web
    hosts = [*web.hosts, *([web.url] if web.url else [])]
    return PageRules(url or web.url or "", tuple(hosts), web.expect, web.least_bytes)


def in_between(rules: PageRules, network: Network) -> Fault | None:
    """Fault where a private address responds in the website's name; without TLS that could be anybody."""
    private = "" if rules.is_authentic else network.private_address(rules.url)
    got = f"an answer from the private address {private} under the website's name"
    return Fault(got, uncertain=True) if private else None


def network_or_site(fault: Fault | None, rules: PageRules, network: Network) -> Fault | None:
    """The fault; a redirect that an intermediary may have sent counts only where the connection is proven."""
    if fault is None or not fault.foreign or rules.is_authentic or network.proof(internal=False):
        return fault
    return Fault(f"{fault.words}, which this machine's network may have sent", uncertain=True)


def problem_of(error: Unreachable | Malformed) -> str:
    """What was received instead, without the sentence around it."""
    return str(error).rpartition(", got ")[2]


def milliseconds(seconds: float) -> str:
    """A duration for a table: ``12.3 ms``."""
    return f"{seconds * 1000:,.1f} ms"


def phase_texts(phases: Phases) -> list[str]:
    """DNS, connect, TLS, first byte and total, for a table."""
    return [milliseconds(s) for s in (phases.dns, phases.connect, phases.tls, phases.first_byte, phases.total)]
