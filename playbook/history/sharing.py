"""Past runs in little memory: what many lines say alike is held once. Pure.

Of five years of a daily set most findings are the same few: the verdict OK with nothing beside it, and the limits
of the settings. How long each check took is no reason to hold them apart, for those who do not show it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from playbook.history.runs import Finding, RunLine


class Shared:
    """Gives runs whose like parts are one object each, without counters and the seconds that their checks took."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, run: RunLine) -> RunLine:
        """The run, of shared parts."""
        return msgspec.structs.replace(
            run,
            target=self._same(run.target),
            kind=self._same(run.kind),
            set=self._same(run.set),
            ended=self._same(run.ended),
            items={self._same(name): self._finding(found) for name, found in run.items.items()},
            versions=self._mapping(run.versions),
            counts=self._mapping(run.counts),
            readings={},
        )

    def _finding(self, found: Finding) -> Finding:
        limit = self._mapping(found.limit)
        if found.value is not None:  # few are alike
            return msgspec.structs.replace(found, limit=limit, seconds=0.0)
        key = (found.verdict, id(limit), found.below_target, found.message, found.cause, found.title)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = msgspec.structs.replace(found, limit=limit, seconds=0.0)
        return known

    def _mapping(self, mapping: dict[str, Any]) -> dict[str, Any]:
        return self._known.setdefault(tuple(mapping.items()), mapping)  # type: ignore[no-any-return]

    def _same(self, text: str) -> str:
        return self._known.setdefault(text, text)  # type: ignore[no-any-return]
