"""The words that every output shares: the sentence under the verdict, and what needs attention in which order."""

from __future__ import annotations

import re

from playbook.core.audience import Audience
from playbook.core.record import LeftOut, Record, Results
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import heading, plural

ATTENTION = (Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WARNING)
MARKS = {
    Verdict.OK: "✓",
    Verdict.WARNING: "▲",
    Verdict.CRITICAL: "✕",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_CONFIGURED: "–",
    Verdict.WAIVED: "‖",
}


# What nobody reads to the end, e.g. a response body in a message; results.json holds it all.
MOST_CHARACTERS = 2_000
MOST_NAMED = 2


def clip(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, cut where it is too long for a reader, with what was left out said."""
    if len(text) <= most:
        return text
    return f"{text[:most]} … ({len(text) - most:,} more characters in results.json)"


def _set_by(results: Results) -> str:
    """The setting, where there is one: the sandbox must measure everything, and a part of a set something."""
    return "" if results.partial or results.kind == "sandbox" else f" (floors.{results.set})"


def headline(results: Results) -> str:
    """What an operator must know and do now, in a sentence or two."""
    counts = {verdict: results.counts.get(str(verdict), 0) for verdict in Verdict}
    critical, unknown, warning = (counts[verdict] for verdict in ATTENTION)
    sentences = []
    if results.ended != "finished":
        sentences.append(f"The run ended early ({results.ended}): what was not measured could be anything.")
    if critical:
        sentences.append(f"{_named(results, Verdict.CRITICAL, 'out of bounds')}: act on {_it(critical)} now.")
    if unknown:
        sentences.append(f"{plural(unknown, 'check')} could not be measured{_blamed(results)}.")
    if results.executed < results.floor and not critical:
        executed = plural(results.executed, "check was", "checks were")
        few = f"Only {executed}" if results.executed else "No check was"
        sentences.append(f"{few} executed, and a verdict on this set needs {results.floor}{_set_by(results)}.")
    if warning:
        sentences.append(f"{_named(results, Verdict.WARNING, 'past the warning limit')}: look today.")
    if not sentences:
        rest = "This was only a part of the set." if results.partial else "Nothing to do."
        sentences.append(f"{plural(results.executed, 'check')} measured, all within limits. {rest}")
    below = sum(record.below_target for record in results.records)
    if below:
        sentences.append(f"{plural(below, 'value is', 'values are')} short of the target, though within limits.")
    return " ".join(sentences)


def _named(results: Results, verdict: Verdict, what: str) -> str:
    """``2 checks are out of bounds (API health; Alerts)``: titles while a glance takes them in.

    A title may be any words, a whole clause too, so that no sentence is made of it. What fails for one
    cause has the name of that.
    """
    causes = {cause.id: heading(cause.id) for cause in results.root_causes}
    found = of_verdict(results, verdict)
    titles = list(dict.fromkeys(causes.get(record.cause, record.title) for record in found))
    count = results.counts.get(str(verdict), 0)
    distinct = len({record.cause if record.cause in causes else record.check for record in found})
    names = f" ({'; '.join(clip(title, 60) for title in titles)})" if distinct == len(titles) <= MOST_NAMED else ""
    return f"{plural(count, 'check is', 'checks are')} {what}{names}"


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _blamed(results: Results) -> str:
    causes = results.root_causes
    blocked = {item for cause in causes for item in cause.items}
    if not causes or len(blocked) < results.counts.get(str(Verdict.UNKNOWN), 0):
        return ""
    return ", from one cause" if len(causes) == 1 else f", from {len(causes)} causes"


def attention(results: Results) -> list[Record]:
    """What is not OK and was to be measured, worst first; what a root cause blocks is listed under that."""
    blocked = {item for cause in results.root_causes for item in cause.items}
    return [
        record
        for verdict in ATTENTION
        for record in results.records
        if record.verdict is verdict and not (verdict is Verdict.UNKNOWN and record.item in blocked)
    ]


def of_verdict(results: Results, verdict: Verdict) -> list[Record]:
    """The records with a verdict."""
    return [record for record in results.records if record.verdict is verdict]


def not_part(part: LeftOut) -> str:
    """``images (8 items)``: how many of the set's items are about it; the name alone where none is."""
    return f"{part.part} ({plural(len(part.items), 'item')})" if part.items else part.part


def by_line_to_add(records: list[Record]) -> dict[str, list[str]]:
    """What to add to configure something, and the items that wait for it."""
    grouped: dict[str, list[str]] = {}
    for record in records:
        grouped.setdefault(record.add, []).append(record.item)
    return grouped


def counted(results: Results) -> str:
    """``1 CRITICAL · 18 OK``, worst first."""
    return " · ".join(f"{results.counts[v]:,} {v}" for v in SEVERITY if results.counts.get(v))


def subject_of(record: Record) -> str:
    """What was judged, where the title does not say it: ``CPU of image-worker``."""
    subject, found, _ = record.message.partition(": expected ")
    has_subject = found and subject != record.title and record.verdict is not Verdict.WAIVED
    return subject if has_subject else ""


def adds_to_title(record: Record) -> str:
    """The same where it tells something that the title does not; empty where the title has its words already."""
    subject = subject_of(record)
    known = set(re.findall(r"\w+", record.title.lower())) | {"time", "of", "the", "and", "in"}
    return subject if set(re.findall(r"\w+", subject.lower())) - known else ""


def readers(results: Results) -> str:
    """Who may read a report, and what it holds or does not hold because of that."""
    if results.audience is Audience.PUBLIC:
        return (
            "Public report: verdicts, figures of public items, and sentences without private details. "
            "The team's report contains the findings."
        )
    kept = (
        "So do its history, site and issues, because the target is private."
        if results.private
        else "Its history, site and issues show only the public part, because the target is not private."
    )
    return f"For the team only: this report holds names, addresses and log lines. {kept}"


def scope(results: Results) -> str:
    """``daily checks of production``, and what is special about the run."""
    parts = [f"{results.set} checks of {results.target}"]
    if results.kind == "sandbox":
        parts.append("the embedded demo system")
    if results.partial:
        parts.append("a part of the set")
    return ", ".join(parts)
