"""Failures as annotations of a GitHub job: one line for each root cause and each failing item. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.cli.ci.runner import notice
from playbook.core.record import Results
from playbook.core.verdict import Verdict
from playbook.core.wording import plural

# GitHub shows this many of each kind per step, and silently drops the rest.
# https://docs.github.com/en/rest/checks/runs (annotations), actions/toolkit docs/problem-matchers.md#limitations
MOST = 10

_KINDS = {Verdict.CRITICAL: "error", Verdict.UNKNOWN: "error", Verdict.WARNING: "warning"}


def annotations_of(results: Results) -> list[str]:
    """Lines to print, worst first; items not judged because of a root cause are listed with it."""
    notices: dict[str, list[str]] = {"error": [], "warning": []}
    for kind, title, text in _told(results):
        notices[kind].append(notice(text, kind, title))
    lines = []
    for kind, all_of_it in notices.items():
        lines += all_of_it[:MOST]
        if len(all_of_it) > MOST:
            rest = len(all_of_it) - MOST + 1
            lines[-1] = notice("The summary of this run names them.", kind, f"And {rest} more")
    return lines


def _told(results: Results) -> Iterator[tuple[str, str, str]]:
    """Kind, title and text of each."""
    for record in results.records:
        if record.verdict is Verdict.CRITICAL:
            yield "error", f"CRITICAL: {record.title}", record.message
    caused = set()
    for cause in results.root_causes:
        items = list(dict.fromkeys(cause.items))
        caused |= set(items)
        yield (
            "error",
            f"UNKNOWN: {plural(len(items), 'item')}",
            f"{cause.message} Leaves unjudged: {', '.join(items)}",
        )
    for record in results.records:
        if record.verdict is Verdict.UNKNOWN and record.item not in caused:
            yield "error", f"UNKNOWN: {record.title}", record.message
    for record in results.records:
        if record.verdict is Verdict.WARNING:
            yield "warning", f"WARNING: {record.title}", record.message
