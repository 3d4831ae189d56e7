"""Hosts of the website to which its homepage redirects: visitors need their certificates too."""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from playbook.clients.http import HttpClient
from playbook.core.errors import Unmeasured
from playbook.core.hosts import Hosts, plain_host
from playbook.settings.model import Settings

_MOST = 5
_SECONDS, _IN_ALL = 5.0, 15.0


class Led(NamedTuple):
    """A host to which a homepage redirects, and the authority that is configured for that website."""

    host: str
    port: int
    ca: str | None


def led_to(settings: Settings) -> list[Led]:
    """Hosts with TLS to which the homepages of the website and the further ones redirect.

    Only the site's own, with or without ``www.``, and those of ``hosts``: elsewhere the homepage is at fault. A
    host that does not answer has led to nothing; its own certificate is looked at all the same.
    """
    web = settings.target.web
    until = time.monotonic() + _IN_ALL
    found = _of(settings, web.url, web.ca, web.hosts, until)
    for site in web.also:
        if site.homepage:
            found += _of(settings, site.url, site.ca or web.ca, site.hosts, until)
    return found


def _of(settings: Settings, url: str | None, ca: str | None, hosts: tuple[str, ...], until: float) -> list[Led]:
    start = urlsplit(url or "")
    if start.scheme != "https" or not start.hostname:
        return []
    if plain_host(start.hostname) in map(plain_host, settings.target.security.connect_to):
        return []  # looked at elsewhere than where its name leads
    own = Hosts.of((start.hostname, *hosts))
    client = HttpClient(url or "", service="Website", time_limits=settings.time_limits, ca=ca, whole=_SECONDS)
    found: list[Led] = []
    place = ""
    while len(found) < _MOST and time.monotonic() < until:
        try:
            answer = client.get(place, retry="none", cut=True, max_body=0)
        except Unmeasured:
            break
        target = urlsplit(urljoin(place or client.base_url, answer.headers.get("location", "")))
        if not 300 <= answer.status < 400 or target.scheme != "https" or (target.hostname or "") not in own:
            break
        found.append(Led(plain_host(target.hostname or ""), target.port or 443, ca))
        place = target.geturl()
    return found
