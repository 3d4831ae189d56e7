"""The end of a run in the terminal: what to do next, worst first, what changed, the counts. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from playbook.core.record import LeftOut, Record, Results, RootCause
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import plural, without_code_marks
from playbook.report.first_screen import change_lines, opening_words
from playbook.report.troubles import Trouble, call_words, since_words, troubles
from playbook.report.words import MARKS, by_line_to_add, clip, counted, not_part, of_verdict, subject_of

Line = tuple[str, dict[str, bool]]

_MARKUP = {
    Verdict.OK: {"green": True},
    Verdict.WARNING: {"yellow": True},
    Verdict.CRITICAL: {"red": True},
    Verdict.UNKNOWN: {"purple": True},
    Verdict.NOT_CONFIGURED: {},
    Verdict.WAIVED: {"cyan": True},
}
_CARRIED = "load.carried"
_INDENT = "    "
_WIDEST = 100
_MOST_CHARACTERS = 600  # of one text; the report shows more


def lines(results: Results, where: str, width: int = 80) -> list[Line]:
    """Lines with pytest's markup words. ``where`` is the report's path; no colour is needed to understand them."""
    return list(_lines(results, where, min(width, _WIDEST)))


USUAL_LETTERS = "fE"  # of pytest's -r: what failed, which the closing lines tell anyway
# What the letters of pytest's -r ask for; UNKNOWN is what pytest calls an error.
_LETTERS = {
    Verdict.OK: "pP",
    Verdict.WARNING: "xX",
    Verdict.CRITICAL: "f",
    Verdict.UNKNOWN: "E",
    Verdict.NOT_CONFIGURED: "s",
    Verdict.WAIVED: "s",
}


def listed(results: Results, letters: str, name_of: Callable[[str], str] = str) -> Iterator[Line]:
    """A line for each check whose verdict ``letters`` ask for, the worst last.

    Args:
        name_of: how a check is called here; by its id in the records where nothing else is said.
    """
    asked = [verdict for verdict, those in _LETTERS.items() if set(those) & set(letters)]
    for verdict in sorted(asked, key=SEVERITY.index, reverse=True):
        for record in of_verdict(results, verdict):
            text = clip(f"{verdict} {name_of(record.check)} - {record.message}", _MOST_CHARACTERS)
            yield _plain(text), _MARKUP[verdict]


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _lines(results: Results, where: str, width: int) -> Iterator[Line]:
    for trouble in troubles(results):
        yield from _trouble(trouble, results, width)
    missing = of_verdict(results, Verdict.NOT_CONFIGURED)
    if missing:
        yield "", {}
        yield f"{MARKS[Verdict.NOT_CONFIGURED]} NOT CONFIGURED", {"bold": True}
        for add, items in by_line_to_add(missing).items():
            yield from _wrapped(f"{_INDENT}{', '.join(items)}", _INDENT, width, {})
            for number, line in enumerate(add.splitlines()):
                yield from _wrapped(f"{_INDENT}  {'    ' if number else 'add '}{line}", _INDENT * 3, width, {})
    if results.left_out:
        yield "", {}
        yield from absent(results.left_out, width)
    yield "", {}
    mark = MARKS[results.verdict]
    yield f"{mark} {results.verdict}", {**_MARKUP[results.verdict], "bold": True}
    yield from _wrapped(f"  {opening_words(results)}", "  ", width, {})
    for record in results.records:
        # After a load test the figures matter more than the verdict.
        if record.item == _CARRIED and record.verdict is Verdict.OK:
            yield from _wrapped(f"  {record.message}", "  ", width, {})
    for line in change_lines(results):
        yield from _wrapped(f"  {line}", _INDENT, width, {})
    if results.records:
        yield f"  {counted(results)} · {results.seconds:.1f} s", {}
    if results.faults:
        yield f"  {plural(len(results.faults), 'fault')} switched on: {', '.join(results.faults)}", {}
    yield f"  report: {where}", {}


def absent(parts: Sequence[LeftOut], width: int = 80) -> Iterator[Line]:
    """``not part of this product: images (8 items), staging (4 items)``; nothing where it has all parts."""
    if parts:
        text = f"  not part of this product: {', '.join(not_part(part) for part in parts)}"
        yield from _wrapped(text, _INDENT, min(width, _WIDEST), {})


def _trouble(trouble: Trouble, results: Results, width: int) -> Iterator[Line]:
    if trouble.cause:
        yield "", {}
        yield from _cause(trouble, trouble.cause, results, width)
        return
    for record in trouble.records:
        yield "", {}
        yield from _failure(record, trouble, results, width)


def _cause(trouble: Trouble, cause: RootCause, results: Results, width: int) -> Iterator[Line]:
    markup = {**_MARKUP[trouble.verdict], "bold": True}
    yield from _wrapped(f"{MARKS[trouble.verdict]} ROOT CAUSE  {cause.message}", "  ", width, markup)
    for attempt in cause.attempts:
        yield from _wrapped(f"{_INDENT}{attempt}", _INDENT * 2, width, {})
    for record in trouble.symptoms:
        text = f"{record.verdict}  {record.title}  ({record.item}): {record.found or record.message}"
        yield from _field("so also", text, width)
    yield from _field("since", since_words(trouble.since, results.started, results.time_zone), width)
    yield from _field("next", without_code_marks(trouble.todo), width)
    yield from _field("call", call_words(trouble), width)
    yield from _field("leaves unjudged", ", ".join(dict.fromkeys(cause.items)), width)
    if trouble.runbook:
        yield from _field("runbook", f"docs/runbooks/{trouble.runbook}.md", width)


def _failure(record: Record, trouble: Trouble, results: Results, width: int) -> Iterator[Line]:
    markup = {**_MARKUP[record.verdict], "bold": True}
    head = f"{MARKS[record.verdict]} {record.verdict}  {record.title}"
    yield from _wrapped(f"{head}  ({record.item})", "  ", width, markup)
    if record.expected:
        yield from _field("what", subject_of(record), width)
        yield from _field("expected", record.expected, width)
        yield from _field("found", record.found, width)
    else:
        yield from _field("found", record.message, width)
    yield from _field("seen", record.coverage, width)
    yield from _field("since", since_words(trouble.since, results.started, results.time_zone), width)
    yield from _field("next", without_code_marks(record.next_step), width)
    yield from _field("call", call_words(trouble), width)
    if record.runbook:
        yield from _field("runbook", f"docs/runbooks/{record.runbook}.md", width)


def _field(name: str, text: str, width: int) -> Iterator[Line]:
    if text:
        label = f"{_INDENT}{name:<9}"
        yield from _wrapped(f"{label} {text}", " " * (len(label) + 1), width, {})


def _wrapped(text: str, indent: str, width: int, markup: dict[str, bool]) -> Iterator[Line]:
    text = _plain(clip(text, _MOST_CHARACTERS))
    for line in textwrap.wrap(text, max(width, 40), subsequent_indent=indent, break_on_hyphens=False):
        yield line, markup
