"""Validation beyond msgspec's types: addresses, paths, numbers and names of sets."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from playbook.core.clock import iana_zone
from playbook.core.secret import Secret
from playbook.core.severity import SEVERITIES
from playbook.core.suggestions import did_you_mean

_WEB = ("http", "https")
# By dotted path, from the target or from the top: allowed schemes of an address.
_ADDRESSES = {
    "target.web.url": _WEB,
    "target.web.http_url": ("http",),
    "target.digitalocean.endpoint": _WEB,
    "target.redis.url": ("redis", "rediss"),
    "target.prometheus.url": _WEB,
    "target.grafana.url": _WEB,
    "target.alertmanager.url": _WEB,
    "target.backups.endpoint": _WEB,
    "target.alert_test.received_url": _WEB,
    "target.github.endpoint": _WEB,
    "target.npm.registry": _WEB,
    "target.links.grafana": _WEB,
    "target.links.console": _WEB,
    "target.links.status_page": _WEB,
    "target.links.documentation": _WEB,
    "target.links.logs": _WEB,
    "notifications.link": _WEB,
    "notifications.site": _WEB,
}
_PATHS = ("target.web.health_path", "target.web.image_health_path", "target.web.optimize_path")
_HOSTS = ("people.link_hosts", "target.web.hosts")
_HOST = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:]+\]?")
_MATCHER = re.compile(r"\s*[A-Za-z_]\w*\s*(?:=~|!~|!=|=)")
# The two standards for international names lead to different hosts: Python follows the older, browsers the newer.
_AMBIGUOUS = frozenset("\u00df\u03c2\u200c\u200d")
# Places with names of sets: as keys of a table, or in a list.
_SETS = (
    "floors",
    "schedule.cron",
    "schedule.grace_hours",
    "incidents.bad_runs",
    "incidents.recheck",
    "notifications.digests",
    "notifications.ping_urls",
)
_SIGN_OFFS, _ANSWERS = "people.sign_offs", "people.answer_minutes"
_SITES = "target.web.also."
_OF_SITES = re.compile(r"target\.web\.also\.\d+\.(url|http_url)")
_HEALTH_OF_SITES = re.compile(r"target\.web\.also\.\d+\.health_path")
_LIMITS = "limits"  # tables of numbers, which have rules of their own: playbook/core/limits.py
_OTHERS = "others"  # a key of incidents.bad_runs
_LEAVES = (str, int, float, type(None))


class Mistake(msgspec.Struct, frozen=True):
    """An invalid setting: its dotted path, and what was expected and found in words."""

    path: str
    text: str


def mistakes(settings: msgspec.Struct, sets: Iterable[str], where: str = "") -> Iterator[Mistake]:
    """What is wrong with settings that are of the right types.

    Args:
        sets: names of all sets there are.
        where: path of these settings, if they are a part of all.
    """
    found: dict[str, Any] = {}
    _collect(settings, where, found)
    yield from _numbers(found)
    for path, schemes in _ADDRESSES.items():
        yield from _address(path, found.get(path), schemes)
    of_sites = [path for path in found if path.startswith(_SITES)]
    for path in of_sites:
        if _OF_SITES.fullmatch(path) and found[path]:
            yield from _address(path, found[path], _WEB)
    for path in _HOSTS:
        for host in _names(found.get(path)):
            if not _HOST.fullmatch(host):
                yield Mistake(path, f"expected names of hosts such as grafana.portfolio.example, got {host!r}")
    yield from _names_of_sites(found.get("target.web.also"))
    for path in [*_PATHS, *(path for path in of_sites if _HEALTH_OF_SITES.fullmatch(path) and found[path])]:
        value = found.get(path)
        if isinstance(value, str) and not value.startswith("/"):
            yield Mistake(path, f"expected a path such as /api/health, got {value!r}")
    matcher = found.get("metrics.image_success")
    if isinstance(matcher, str) and not _MATCHER.match(matcher):  # all images would count as processed
        example = 'result="success"'
        yield Mistake(
            "metrics.image_success", f"expected a label with its value such as {example}, got {matcher!r}"
        )
    yield from _zone("target.time_zone", found.get("target.time_zone"))
    yield from _zone("target.logs.time_zone", found.get("target.logs.time_zone") or "UTC")
    yield from _keys(found, {*sets, _OTHERS})


def _keys(found: Mapping[str, Any], known: Collection[str]) -> Iterator[Mistake]:
    """Names of sets, items and severities: what is set for any other has no effect."""
    for path in _SETS:
        for name in _names(found.get(path)):
            if name not in known:
                yield Mistake(
                    f"{path}.{name}", f"expected the name of a set, got {name!r}{did_you_mean(name, known)}"
                )
    for name in _names(found.get(_SIGN_OFFS)):  # an item, or its set
        if name.partition(".")[0] not in known:
            expected = f"expected an item or a set, got {name!r}{did_you_mean(name, known)}"
            yield Mistake(f"{_SIGN_OFFS}.{name}", expected)
    for name in _names(found.get(_ANSWERS)):
        if name not in SEVERITIES:
            yield Mistake(f"{_ANSWERS}.{name}", f"expected {SEVERITIES[0]} to {SEVERITIES[-1]}, got {name!r}")


def _collect(value: Any, path: str, found: dict[str, Any]) -> None:
    """Add a value and all within it to ``found``, by dotted path."""
    if path:
        found[path] = value
    if isinstance(value, _LEAVES):
        return
    inside = f"{path}." if path else ""
    if isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            if field != _LIMITS:
                _collect(getattr(value, field), inside + field, found)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _collect(each, f"{inside}{key}", found)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            _collect(each, f"{inside}{number}", found)


def _numbers(found: Mapping[str, Any]) -> Iterator[Mistake]:
    for path, value in found.items():
        if not isinstance(value, (int, float)) or isinstance(value, bool) or 0 <= value < math.inf:
            continue
        if math.isfinite(value):
            yield Mistake(path, f"expected a number of 0 or more, got {value:g}")
        else:
            yield Mistake(path, f"expected a finite number, got {value}")


def _address(path: str, value: Any, schemes: tuple[str, ...]) -> Iterator[Mistake]:
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str):
        return
    try:
        parts = urlsplit(text)
        sound = parts.scheme.lower() in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        got = "something else" if isinstance(value, Secret) else repr(text)
        yield Mistake(path, f"expected an address such as {schemes[-1]}://portfolio.example, got {got}")
    elif _AMBIGUOUS & set(parts.hostname or ""):
        expected = "expected the host as in DNS (xn--…)"
        yield Mistake(path, f"{expected}, got {parts.hostname}, which not all programs look up by the same name")


def _zone(path: str, value: Any) -> Iterator[Mistake]:
    try:
        iana_zone(value)
    except ValueError as error:
        yield Mistake(path, str(error))


def _names_of_sites(sites: Any) -> Iterator[Mistake]:
    """Names must differ: messages and stored titles use them as keys."""
    names = [site.label for site in sites or ()]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Mistake(f"target.web.also.{number}.name", f"expected a name of its own, got {name!r} twice")


def _names(value: Any) -> list[str]:
    return list(value) if isinstance(value, Mapping | list | tuple) else []
