"""Settings of a target's further websites and health endpoints."""

from __future__ import annotations

from typing import Literal

from playbook.core.secret import Section
from playbook.settings.sections.limits import Limits

# What a further website is judged by; its other figures are those of the target.
LIMITS_OF_SITES = ("homepage_time", "header_score", "hsts_days")


class Site(Section, frozen=True):
    """A further website: a row in each item about the website. Its limits default to the target's.

    Attributes:
        name: as messages call it; host and path of its address by default.
        url: its address, with all paths below it; a site whose variable is not set is not checked, which is
            reported.
        http_url, expect, hosts, least_bytes: as for the website.
        ca: file with its certificate authority; the website's by default.
        homepage: False where only its health endpoint is checked.
        health_path: its health endpoint; without one none is checked.
        health: ``body`` reads what it reports; ``status`` takes any 2xx for healthy.
        limits: limits that differ, line by line, e.g. ``limits.homepage_time``.
    """

    name: str = ""
    url: str | None = None
    http_url: str | None = None
    ca: str | None = None
    homepage: bool = True
    health_path: str = ""
    health: Literal["body", "status"] = "body"
    expect: str = ""
    hosts: tuple[str, ...] = ()
    least_bytes: int = 64
    limits: Limits | None = None

    @property
    def label(self) -> str:
        """Its name."""
        _, _, place = (self.url or "").partition("://")
        return self.name or place.rpartition("@")[2].rstrip("/") or "a website without name and address"
