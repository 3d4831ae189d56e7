"""summary.md from the results: for a job summary, a chat, an issue. Verdict first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.core.wording import code_parts
from playbook.report.first_screen import change_lines, opening_words
from playbook.report.troubles import call_words, called_about_all, since_words, troubles
from playbook.report.words import (
    MARKS,
    attention,
    by_line_to_add,
    clip,
    counted,
    not_part,
    of_verdict,
    readers,
    scope,
)

# GitHub drops a job summary over 1 MiB entirely, so it is cut well below, at a line end.
LARGEST = 900_000

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&])")
# Addresses become links by themselves; a backslash in them would become part of the link.
_ADDRESS = re.compile(r"(https?://[A-Za-z0-9.:/_?=%+,;-]*[A-Za-z0-9/])")
# Texts that GitHub turns into a mention of a person or an issue, escaped or not.
_MENTION = re.compile(r"(@|\\#(?=\d))")
_ZERO_WIDTH_SPACE = "\u200b"


def summary(results: Results, largest: int = LARGEST) -> str:
    """The document; at most ``largest`` bytes, cut at a line end beyond that."""
    text = "\n".join(_lines(results)) + "\n"
    if len(text.encode()) <= largest:
        return text
    note = "\n… cut here; results.json holds the rest.\n"
    room = largest - len(note.encode())
    kept = text.encode()[:room].decode(errors="ignore")
    return kept[: kept.rfind("\n")] + note


def _lines(results: Results) -> Iterator[str]:
    yield f"# {MARKS[results.verdict]} {results.verdict}: {plain(scope(results))}"
    yield ""
    yield plain(opening_words(results))
    yield ""
    yield f"*{readers(results)}*"
    yield ""
    yield f"{counted(results)} · started {plain(results.started)} · {results.seconds:.1f} s"
    if results.faults:
        yield ""
        yield f"Faults switched on: {plain(', '.join(results.faults))}"
    yield from _do_next(results)
    if results.root_causes:
        yield from ("", "## Root causes", "")
        for cause in results.root_causes:
            yield f"- **{plain(cause.message)}** {plain_with_code(cause.hint)}  "
            yield f"  Leaves unjudged: {plain(', '.join(dict.fromkeys(cause.items)))}"
    found = attention(results)
    if found:
        yield from ("", "## What needs attention")
        for record in found:
            yield from _failure(record)
    yield from _kpis(results)
    missing = of_verdict(results, Verdict.NOT_CONFIGURED)
    if missing:
        yield from ("", "## Not configured", "")
        for add, items in by_line_to_add(missing).items():
            first, _, rest = add.partition("\n")
            yield "  \n  ".join([f"- {plain(', '.join(items))}: add {plain(first)}", *_code(rest)])
    if results.left_out:
        yield from ("", "## Not part of this product", "")
        for part in results.left_out:
            yield f"- {plain(not_part(part))}: {plain(part.what)}" + (
                f"; {plain(', '.join(part.items))}" if part.items else ""
            )
    waived = of_verdict(results, Verdict.WAIVED)
    if waived:
        yield from ("", "## Waived", "")
        yield from (f"- {plain(record.title)}: {plain(record.message)}" for record in waived)


def _do_next(results: Results) -> Iterator[str]:
    """What is wrong and since when, what to do, whom to call; then changes since the last run."""
    found = troubles(results)
    if found:
        yield from ("", "## Do next", "")
    about_all = called_about_all(found)
    if about_all:
        yield from (plain(call_words(about_all, f"all {len(found)}")) + ".", "")
    for trouble in found:
        since = since_words(trouble.since, results.started, results.time_zone)
        name = f"{MARKS[trouble.verdict]} **{plain(trouble.name)}**{f' ({since})' if since else ''}"
        yield f"1. {name}: {plain(trouble.what)}"
        if trouble.symptoms:
            also = "; ".join(f"{one.title} ({one.found or one.message})" for one in trouble.symptoms)
            yield f"   - For the same cause: {plain(also)}"
        if trouble.todo:
            yield f"   - Do: {plain_with_code(trouble.todo)}"
        if not about_all and (call := call_words(trouble)):
            yield f"   - {plain(call)}"
        links = [
            f"[{plain(link.name)}]({_target(link.to)})" for link in trouble.links if link.to.startswith("http")
        ]
        if links:
            yield f"   - {' · '.join(links)}"
    lines = [plain(line) for line in change_lines(results)]
    if lines:
        yield from ("", "## Since the last run", "", lines[0])
        yield from ("", *(f"- {line}" for line in lines[1:])) if lines[1:] else ()


def _target(address: str) -> str:
    """An address in Markdown's angle brackets."""
    return address.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")


def _failure(record: Record) -> Iterator[str]:
    yield from ("", f"### {MARKS[record.verdict]} {record.verdict}: {plain(record.title)}", "")
    yield f"{plain(record.message)}"
    yield ""
    fields = {
        "Expected": plain(record.expected),
        "Found": plain(record.found),
        "Seen": plain(record.coverage),
        "Why it matters": plain_with_code(record.why),
        "Next step": plain_with_code(record.next_step),
    }
    yield from (f"- {name}: {text}" for name, text in fields.items() if text)
    if record.look_again:
        yield "  \n  ".join(["- Look again:", *_code(record.look_again)])
    if record.runbook:
        yield f"- Runbook: docs/runbooks/{plain(record.runbook)}.md"
        yield from (f"  - {plain(action.when)}: {plain_with_code(action.what)}" for action in record.resolution)


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
            plain(bound.shown) if bound else "" for bound in (limit.target, limit.warning, limit.critical)
        )
        yield f"| {MARKS[record.verdict]} {plain(record.title)} | {plain(limit.format(value))} | {bounds} |"


def plain(text: str) -> str:
    """Text that Markdown shows literally, on one line, without mentions."""
    parts = _ADDRESS.split(_one_line(text))
    return "".join(f"<{part}>" if number % 2 else _escaped(part) for number, part in enumerate(parts))


def plain_with_code(text: str) -> str:
    """The same for a text of ours, with code between backticks."""
    parts = code_parts(_one_line(text))
    return "".join(f"`{part}`" if code else _kept_spaces(part) for part, code in parts)


def _kept_spaces(part: str) -> str:
    """A part of a line, with the spaces around it."""
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before}{plain(part)}{after}" if part.strip() else part


def _escaped(text: str) -> str:
    return _MENTION.sub(rf"\1{_ZERO_WIDTH_SPACE}", _SPECIAL.sub(r"\\\1", text))


def _code(text: str) -> list[str]:
    """Each line as a code span, fenced by more backticks than it contains."""
    lines = [_one_line(line) for line in text.splitlines()]
    return [f"{(fence := _fence(line))} {line} {fence}" for line in lines if line]


def _fence(line: str) -> str:
    return "`" * (1 + max(map(len, re.findall("`+", line)), default=0))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in clip(text)).split())
