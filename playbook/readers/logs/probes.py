"""Requests that watch a site: health probes, uptime monitors, and the collection of metrics.

On a quiet site they are most of the requests, and their good answers would hide the failures that visitors see.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

from ahocorasick_rs import BytesAhoCorasick, MatchKind

# Of Kubernetes, load balancers (Google's, AWS', Cloudflare's), uptime monitors (DigitalOcean's, UptimeRobot,
# Uptime Kuma, Google's UptimeChecks …), and Prometheus; and this suite's own.
_AGENTS = (
    *(b"kube-probe/", b"GoogleHC/", b"HealthChecker/", b"Health-Check", b"Health Check", b"Healthchecks"),
    *(b"Envoy/HC", b"Uptime", b"Pingdom.com_bot", b"StatusCake", b"Blackbox", b"Prometheus/"),
    b"operations-playbook",
)
_AGENT_NAMES = tuple(agent.decode() for agent in _AGENTS)
# Usual paths, besides those of the settings.
PROBED = ("/health", "/healthz", "/livez", "/readyz", "/metrics")
# A path in an access line, in JSON and in logfmt is behind one of these; a query or a slash may follow it.
_BEFORE = (b" ", b'"', b"=")
_BEHIND = re.compile(rb"/?(?:[ \"?\n]|\Z)")
_WITH_ITS_END = (1).__add__
_KEPT = 1024


class Probes:
    """Recognises lines about requests of probes.

    Args:
        paths: of the site's own health endpoints.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._paths = frozenset(filter(None, (path.rstrip("/") for path in (*paths, *PROBED))))
        quoted = [before + path.encode() for path in sorted(self._paths) for before in _BEFORE]
        self._find = BytesAhoCorasick([*_AGENTS, *quoted], MatchKind.LeftmostLongest).find_matches_as_indexes

    def is_one(self, text: str, path: str) -> bool:
        """Whether a line about a request of ``path`` is about one of a probe."""
        if path.partition("?")[0].rstrip("/") in self._paths:
            return True
        return _ends_with_agent(text[text.rfind(' "') :]) if text[-1:] == '"' else _names_agent(text)

    def among(self, block: bytes, lines: list[bytes]) -> set[int]:
        """The numbers of the lines that contain a probe's name or path.

        Args:
            lines: the first lines of ``block``, or all.
        """
        found = [
            start
            for word, start, end in self._find(block)
            if word < len(_AGENTS) or _BEHIND.match(block, end) is not None
        ]
        if not found:
            return set()
        starts = list(accumulate(map(_WITH_ITS_END, map(len, lines)), initial=0))
        return {bisect(starts, start) - 1 for start in found if start < starts[-1]}


def _names_agent(text: str) -> bool:
    return any([agent in text for agent in _AGENT_NAMES])  # noqa: C419 - a generator takes longer


_ends_with_agent = lru_cache(_KEPT)(_names_agent)
"""For the end of a web server's line, its user agent: there are few."""
