"""Requests that watch a site: health probes, uptime monitors, and the collection of metrics.

On a quiet site they are most of the requests, and their good answers would hide the failures that visitors see.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

# Of Kubernetes, load balancers (Google's, AWS', Cloudflare's), uptime monitors (DigitalOcean's, UptimeRobot,
# Uptime Kuma, Google's UptimeChecks …), and Prometheus; and this suite's own. Few, as each costs time.
_AGENTS = (
    *(b"kube-probe/", b"GoogleHC/", b"HealthChecker/", b"Health-Check", b"Health Check", b"Healthchecks"),
    *(b"Envoy/HC", b"Uptime", b"Pingdom.com_bot", b"StatusCake", b"Blackbox", b"Prometheus/"),
    b"operations-playbook",
)
_AGENT_NAMES = tuple(agent.decode() for agent in _AGENTS)
# Usual paths, besides those of the settings.
PROBED = ("/health", "/healthz", "/livez", "/readyz", "/metrics")
# A path in an access line, in JSON, and in logfmt; with a query, and with a slash at its end.
_AROUND = ((b" ", b" "), (b'"', b'"'), (b"=", b" "), (b" ", b"?"), (b'"', b"?"), (b" ", b"/ "), (b'"', b'/"'))
_KEPT = 1024
_SAMPLE = 1 << 12  # bytes at the beginning of a block


class Probes:
    """Recognises lines about requests of probes.

    Args:
        paths: of the site's own health endpoints.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._paths = frozenset(filter(None, (path.rstrip("/") for path in (*paths, *PROBED))))
        quoted = (before + path.encode() + after for path in sorted(self._paths) for before, after in _AROUND)
        self._words = (*_AGENTS, *quoted)
        self._seen: list[bytes] = []

    def is_one(self, text: str, path: str) -> bool:
        """Whether a line about a request of ``path`` is about one of a probe."""
        if path.partition("?")[0].rstrip("/") in self._paths:
            return True
        return _ends_with_agent(text[text.rfind(' "') :]) if text[-1:] == '"' else _names_agent(text)

    def among(self, block: bytes, lines: list[bytes]) -> set[int]:
        """The numbers of the lines of a block that contain a probe's name or path.

        Names and paths that have occurred at the beginning of no block so far are not looked for in the rest: what
        is as rare as that does not change a share, and to search for all would take half as long as the review.
        """
        sample = block[:_SAMPLE]
        self._seen += [word for word in self._words if word in sample and word not in self._seen]
        found: set[int] = set()
        for word in self._seen:
            found.update([number for number, line in enumerate(lines) if word in line])
        return found


def _names_agent(text: str) -> bool:
    return any([agent in text for agent in _AGENT_NAMES])  # noqa: C419 - a generator takes longer


_ends_with_agent = lru_cache(_KEPT)(_names_agent)
"""For the end of a web server's line, its user agent: there are few."""
