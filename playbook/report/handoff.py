"""The handoff page as HTML, in the style of the report, and as Markdown; and written as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from markupsafe import Markup

from playbook.core.catalogue import shipped
from playbook.core.verdict import Verdict, worst
from playbook.core.wording import plural
from playbook.core.zones import both
from playbook.history.handoff_files import file_of
from playbook.history.handoff_page import Ending, Page
from playbook.report.first_screen import mail, telephone
from playbook.report.page import environment, shown, styled
from playbook.report.summary import plain, plain_with_code
from playbook.report.units import units_kept
from playbook.report.words import MARKS

_REACH = re.compile(r"((?:\+|\b0)\d[\d ()./-]{5,}\d\b(?!:)|[^\s@,;<>]+@[^\s@,;<>]+)")


def write_page(folder: Path, page: Page) -> list[Path]:
    """Write a page; the JSON last, so that what is found there is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    file = file_of(folder, page)
    contents = {suffix: form_of(page, suffix) for suffix in FORMS}
    contents[".json"] = msgspec.json.format(msgspec.json.encode(page), indent=1) + b"\n"
    for suffix, content in contents.items():
        part = file.with_suffix(f"{suffix}.part")
        part.write_bytes(content)
        part.replace(file.with_suffix(suffix))
    return [file.with_suffix(suffix) for suffix in contents]


def form_of(page: Page, suffix: str) -> bytes:
    """The page as people read it, exactly as it is written to the file with this suffix, one of ``FORMS``."""
    return FORMS[suffix](page).encode("utf-8", "replace")


def handoff_html(page: Page) -> str:
    """One file, no JavaScript."""
    return (
        environment()
        .get_template("handoff")
        .render(
            page=page,
            heading=_heading(page),
            open_words=_open_words(page),
            headline=_headline(page),
            runs_words=_runs_words(page),
            no_problems=_no_problems(page),
            no_changes=_no_changes(page),
            worst=_worst(page),
            when=partial(_when, page),
            ends_words=_ends_words(page),
            title_of=_title,
            note_of=_note,
            reachable=_reachable,
            age=lambda since: _age(page, since),
            **styled("style.css", "first_screen.css"),
        )
    )


def handoff_markdown(page: Page) -> str:
    """For a chat or an issue; escaped so that it mentions nobody."""
    return "\n".join(_lines(page)) + "\n"


FORMS: dict[str, Callable[[Page], str]] = {
    ".html": lambda page: units_kept(handoff_html(page)),
    ".md": handoff_markdown,
}


def _lines(page: Page) -> Iterator[str]:
    yield f"# {MARKS[_worst(page)]} {plain(_heading(page))}"
    yield ""
    yield f"**{_open_words(page)}.** {plain(_headline(page))}"
    yield ""
    yield f"Made {_when(page, page.made)} · changes since {_when(page, page.since)} · {plain(_runs_words(page))}"
    yield from ("", "## On call", "")
    yield from (f"- {plain(line)}" for line in page.on_call or ["Not known: no roster is configured."])
    yield from ("", "## Open problems", "")
    for problem in page.problems:
        yield f"- {MARKS[problem.verdict]} **{problem.verdict}**, open for {_age(page, problem.since)}: "
        yield f"  {plain(problem.message)}  "
        yield f"  Next step: {plain_with_code(problem.next_step)} ({plain(problem.item)}, {plain(problem.report)})"
    if not page.problems:
        yield _no_problems(page)
    yield from ("", "## What changed", "")
    for change in page.changes:
        before = change.before or "not looked at"
        yield f"- **{change.change}** {plain(change.title)} ({before} → {change.now}, {_when(page, change.at)}):"
        yield f"  {plain(change.message)}"
    if not page.changes:
        yield plain(_no_changes(page))
    yield from ("", f"## {_ends_words(page)}", "")
    for ending in page.endings:
        at = f" {_when(page, ending.at)}." if ending.at else ""
        yield f"- **{plain(_title(ending))}**{f': ends{at}' if at else ':'} {plain(_note(ending))}"
    if not page.endings:
        yield "Nothing known."
    if page.left_out:
        yield from ("", f"Not part of this product: {plain(', '.join(page.left_out))}.")
    if page.not_read:
        yield from ("", "## What could not be read", "")
        yield from (f"- {plain(line)}" for line in page.not_read)


def _heading(page: Page) -> str:
    return f"{page.period.capitalize()} handoff of {page.target}, {page.made:%-d\u00a0%b\u00a0%Y}"


def _ends_words(page: Page) -> str:
    return f"What ends in the next {plural((page.until - page.made).days, 'day')}"


def _title(ending: Ending) -> str:
    """What ends, as people call it; of an item its title."""
    item = shipped().items.get(ending.what)
    return item.title if item else ending.what


def _note(ending: Ending) -> str:
    """What is to be known of it, in a sentence."""
    kind, note = ending.kind, ending.note
    if kind == "sign-off" and note == "none":
        return "Nobody has signed it off."
    if kind == "sign-off" and note.startswith("one by "):
        return f"Signed off by {note.removeprefix('one by ').replace(', which ', '; it ')}."
    text = f"{kind}: {note}" if note else kind
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _reachable(line: str) -> Markup:
    """A line of the roster, with its numbers and addresses as links."""
    parts = _REACH.split(line)
    return Markup("").join(
        Markup('<a class="call" href="{}">{}</a>').format(telephone(part) or mail(part), part)
        if number % 2 and (telephone(part) or mail(part))
        else Markup("{}").format(shown(part))
        for number, part in enumerate(parts)
    )


def _open_words(page: Page) -> str:
    if page.problems:
        return plural(len(page.problems), "open problem")
    return "No open problems" if page.last_run else "Nothing is known"


def _no_problems(page: Page) -> str:
    if page.last_run:
        return "None: every checked item is healthy or waived."
    return "Not known: no run of this target was found."


def _no_changes(page: Page) -> str:
    return f"Nothing, as far as {_runs_words(page)} can tell." if page.last_run else "Not known."


def _headline(page: Page) -> str:
    if page.last_run is None:
        return "No run of this target was found, so nothing is known."
    counted: dict[str, int] = {}
    for change in page.changes:
        counted[change.change] = counted.get(change.change, 0) + 1
    changed = ", ".join(f"{count} {change}" for change, count in counted.items()) or "nothing changed"
    return f"Since the last page: {changed}. {plural(len(page.endings), 'thing')} to see to in the next period."


def _runs_words(page: Page) -> str:
    total = sum(page.runs.values())
    by_set = ", ".join(f"{count} {name}" for name, count in page.runs.items())
    return plural(total, "run") + (f" ({by_set})" if by_set else "")


def _worst(page: Page) -> Verdict:
    if page.last_run is None:
        return Verdict.UNKNOWN
    return worst(problem.verdict for problem in page.problems) if page.problems else Verdict.OK


def _when(page: Page, at: datetime) -> str:
    return both(at, page.time_zone)


def _age(page: Page, since: datetime) -> str:
    hours = (page.made - since).total_seconds() / 3600
    return f"{plural(round(hours), 'hour')}" if hours < 48 else plural(round(hours / 24), "day")
