"""summary.md from the results: for a job summary, a chat, an issue. Verdict first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playbook.record import Record, Results
from playbook.report.words import MARKS, attention, headline, of_verdict, scope
from playbook.verdict import SEVERITY, Verdict

# GitHub drops a job summary over 1 MiB whole, so it is cut well before, on a line.
LARGEST = 900_000

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&])")


def summary(results: Results, largest: int = LARGEST) -> str:
    """The document; at most ``largest`` bytes, and cut on a line where it would be more."""
    text = "\n".join(_lines(results)) + "\n"
    if len(text.encode()) <= largest:
        return text
    note = "\n… cut here; results.json holds the rest.\n"
    room = largest - len(note.encode())
    kept = text.encode()[:room].decode(errors="ignore")
    return kept[: kept.rfind("\n")] + note


def _lines(results: Results) -> Iterator[str]:
    yield f"# {MARKS[results.verdict]} {results.verdict}: {_plain(scope(results))}"
    yield ""
    yield _plain(headline(results))
    yield ""
    counts = " · ".join(f"{results.counts[str(v)]} {v}" for v in SEVERITY if results.counts[str(v)])
    yield f"{counts} · started {results.started} · {results.seconds:.1f} s"
    if results.faults:
        yield ""
        yield f"Faults switched on: {_plain(', '.join(results.faults))}"
    if results.root_causes:
        yield from ("", "## Root causes", "")
        for cause in results.root_causes:
            yield f"- **{_plain(cause.message)}** {_plain(cause.hint)}  "
            yield f"  leaves unjudged: {_plain(', '.join(dict.fromkeys(cause.items)))}"
    found = attention(results)
    if found:
        yield from ("", "## What needs attention")
        for record in found:
            yield from _failure(record)
    yield from _kpis(results)
    missing = of_verdict(results, Verdict.NOT_CONFIGURED)
    if missing:
        yield from ("", "## Not configured", "", "| item | add |", "|---|---|")
        for record in missing:
            yield f"| {record.item} | {_plain(record.add)} |"


def _failure(record: Record) -> Iterator[str]:
    yield from ("", f"### {MARKS[record.verdict]} {record.verdict}: {_plain(record.title)}", "")
    yield f"{_plain(record.message)}"
    yield ""
    told = {
        "Expected": record.expected,
        "Found": record.found,
        "Why it matters": record.why,
        "Next step": record.next_step,
    }
    yield from (f"- {name}: {_plain(text)}" for name, text in told.items() if text)
    if record.runbook:
        yield f"- Runbook: docs/runbooks/{record.runbook}.md"
        yield from (f"  - {_plain(action.when)}: {_plain(action.what)}" for action in record.resolution)


def _kpis(results: Results) -> Iterator[str]:
    judged = [record for record in results.records if record.limit and record.value is not None]
    if not judged:
        return
    yield from ("", "## Figures", "", "| | value | target | warning | critical |", "|---|--:|--:|--:|--:|")
    for record in judged:
        limit, value = record.limit, record.value
        assert limit is not None
        assert value is not None
        bounds = " | ".join(
            _plain(str(bound)) if bound else "" for bound in (limit.target, limit.warning, limit.critical)
        )
        yield f"| {MARKS[record.verdict]} {_plain(record.title)} | {limit.format(value)} | {bounds} |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line, and that mentions nobody."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _SPECIAL.sub(r"\\\1", text).replace("@", "@\u200b")
