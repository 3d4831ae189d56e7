"""Stores past runs in little memory: equal parts of many lines are held once. Pure.

In five years of a daily set most findings are the same few: the verdict OK with nothing else, and the limits of
the settings. The duration of each check does not matter to readers who do not show it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from playbook.history.runs import Finding, RunLine


class Shared:
    """Returns runs whose equal parts are one object, without counters and the durations of their checks."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def __call__(self, run: RunLine) -> RunLine:
        """The run, with shared parts."""
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
        if found.value is not None:  # rarely equal
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
