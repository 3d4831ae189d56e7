"""The tables ``[limits.NAME]``, parsed into limits: a target's own, and those of its further websites."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from playbook.core.errors import UsageError
from playbook.core.limits import Limit, parse_limit
from playbook.settings.files import merged_over


def fill_limits_of_sites(target: dict[str, Any], limits: Mapping[str, Any], where: str) -> None:
    """Parse the limits of further websites, which override the target's line by line."""
    web = target.get("web")
    sites = web.get("also") if isinstance(web, Mapping) else None
    for number, site in enumerate(sites if isinstance(sites, list) else ()):
        if isinstance(site, dict) and isinstance(site.get("limits"), Mapping):
            paths = {key: f"web.also[{number}].limits.{key}" for key in site["limits"]}
            site["limits"] = limits_from(merged_over(limits, site["limits"]), where, paths)


def limits_from(raw: Any, where: str, paths: Mapping[str, str]) -> dict[str, Limit]:
    limits: dict[str, Limit] = {}
    if not isinstance(raw, Mapping):
        raise UsageError(f"{where}: limits must be a table, got {raw!r}")
    for key, spec in raw.items():
        path = paths.get(key, f"limits.{key}")
        if not isinstance(spec, Mapping) or not all(isinstance(text, str) for text in spec.values()):
            raise UsageError(f'{where}: {path} must be a table of texts such as warning = "< 80 %"')
        allowed = ("name", "target", "warning", "critical", "possible")
        for wrong in spec.keys() - set(allowed):
            raise UsageError(f"{where}: unknown setting {path}.{wrong}: expected {', '.join(allowed)}")
        try:
            limits[key] = _parsed(spec.get("name", key), tuple(spec.items()))
        except ValueError as error:
            raise UsageError(f"{where}: {path}: {error}") from None
    return limits


@lru_cache(maxsize=1024)
def _parsed(name: str, spec: tuple[tuple[str, str], ...]) -> Limit:
    """Parsed once, as nearly all targets have the same limits."""
    return parse_limit(name, dict(spec))
