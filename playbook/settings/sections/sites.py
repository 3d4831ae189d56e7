"""Settings of the further websites and health endpoints of a target."""

from __future__ import annotations

from typing import Literal

from playbook.core.secret import Section
from playbook.settings.sections.limits import Limits


class Site(Section, frozen=True):
    """One of them: each is a row of the items that are about the website. Its limits are the target's.

    Attributes:
        name: as messages call it; the host and path of its address where it is not set.
        url: its address, of which all paths are below; a site whose variable is not set is not looked at, which is
            said.
        http_url, expect, hosts, least_bytes: as of the website, for this one.
        ca: file with its certificate authority; the website's where it is not set.
        homepage: False where only its health endpoint is looked at.
        health_path: its health endpoint; without one none is looked at.
        health: ``body`` reads what it says; ``status`` takes any 2xx for healthy.
        limits: ladders that differ, line by line, e.g. ``limits.homepage_time``.
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
