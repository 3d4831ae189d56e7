"""What a reader must see before anything else: what to do next, and what changed since the last run. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from playbook.core.context import GROUPS, Before, Caller, Link
from playbook.core.evidence import Table
from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.core.wording import plural
from playbook.core.zones import short_both
from playbook.report.troubles import Trouble, caller_words, since_words, troubles
from playbook.report.words import headline

EMERGENCY = "emergency"
_LOOKED_AT = "What was looked at"  # title of the evidence of playbook.measure.people.emergency
_SEVERITY_ITEM = "emergency.severity"
IN_WORDS = {
    "P1": "The service is down",
    "P2": "The service is badly impaired",
    "P3": "The service is degraded",
    "P4": "Visitors notice nothing yet",
}
GROUP_WORDS = {
    "new": "new",
    "worse": "worse",
    "first": "failing at the first check",
    "still": "still bad",
    "unseen": "failing before, and not checked now",
    "unset": "measured before, and not configured now",
    "waived": "failing before, and waived now",
    "fixed": "fixed",
}
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A name and its anchor on the page, which may be empty."""

    name: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One trouble as the first screen shows it.

    Attributes:
        anchor: id of the section with the details.
        since: in words; empty where it is not known.
        symptoms, unjudged: what is bad or unknown for the same cause.
        ways: links, those on the page first.
    """

    trouble: Trouble
    anchor: str
    since: str
    symptoms: tuple[tuple[Place, str], ...]
    unjudged: tuple[Place, ...]
    ways: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Emergency:
    """How an emergency's report opens.

    Attributes:
        severity: ``P1`` to ``P4``; empty where there is none, or it is not known.
        words: the severity in words.
        measured: what it was derived from.
        signs: everything that was looked at, and what was found.
        caller: whom to call; None where nobody has to be called, or nobody is known.
        todo: what to do first.
    """

    severity: str
    words: str
    measured: str
    signs: tuple[tuple[str, str], ...] = ()
    caller: Caller | None = None
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the run before.

    Attributes:
        words: the sentence for all of it.
        groups: what changed, in words, and which items.
        before, last_good: earlier runs with the ways to them; None where there is none.
        released, release_links: what was released since the last good run, and where to see it.
        note: what limits the comparison; may be empty.
    """

    words: str
    groups: tuple[tuple[str, tuple[Place, ...]], ...] = ()
    before: Before | None = None
    last_good: Before | None = None
    released: str = ""
    release_links: tuple[Link, ...] = ()
    note: str = ""


def entries(results: Results, anchors: Mapping[str, str]) -> list[Entry]:
    """Everything that has to be acted on, the worst first.

    Args:
        anchors: id of each check's section on the page, by node id.
    """
    causes = {cause.id: f"cause-{number}" for number, cause in enumerate(results.root_causes, 1)}
    # The severity opens the report of an emergency, so that it need not stand below once more.
    above = emergency(results)
    shown_above = _SEVERITY_ITEM if above and above.severity else ""
    found = troubles(results)
    return [
        _entry(one, results, anchors, causes)
        for one in found
        if [each.item for each in one.records] != [shown_above]
    ]


def _entry(one: Trouble, results: Results, anchors: Mapping[str, str], causes: Mapping[str, str]) -> Entry:
    anchor = causes[one.cause.id] if one.cause else anchors[one.records[0].check]
    followed = next((record for record in one.records if record.investigation), None)
    here = [Link(name="Results of the runbook's steps", to=f"#{anchors[followed.check]}")] if followed else []
    good = results.thread.last_good if results.thread else None
    beside = [Link(name="Last good run", to=link.to) for link in good.links[-1:]] if good else []
    return Entry(
        trouble=one,
        anchor=anchor,
        since=since_words(one.since, results.started, results.time_zone),
        symptoms=tuple((_place(record, anchors), _short(record)) for record in one.symptoms),
        unjudged=tuple(dict.fromkeys(_place(record, anchors) for record in one.unjudged)),
        ways=(*here, *one.links, *beside),
    )


def _place(record: Record, anchors: Mapping[str, str]) -> Place:
    return Place(record.title, anchors[record.check])


def _short(record: Record) -> str:
    return record.found or record.message


def changes(results: Results, anchors: Mapping[str, str]) -> Changes | None:
    """What is new, still bad and fixed; None where nobody has looked that up."""
    thread = results.thread
    if thread is None:
        return None
    compared = thread.compared
    if compared.before is None:
        return Changes(compared.why_not)
    titles = {record.item: Place(record.title, anchors[record.check]) for record in reversed(results.records)}
    groups = tuple(
        (f"{len(items):,} {GROUP_WORDS[group]}", tuple(titles.get(item, Place(item, "")) for item in items))
        for group in GROUPS
        if (items := getattr(compared, group))
    )
    words = " ".join(filter(None, [_counts(groups), compared.note]))
    released = tuple(thread.release_links)
    return Changes(words, groups, compared.before, thread.last_good, thread.released, released, compared.note)


def _counts(groups: Iterable[tuple[str, tuple[Place, ...]]]) -> str:
    counts = ", ".join(words for words, _ in groups)
    return f"{counts}." if counts else "Nothing has changed: everything that was healthy still is."


def change_lines(results: Results) -> Iterator[str]:
    """The same as lines of text: a line of counts, and one for each group."""
    anchors = {record.check: "" for record in results.records}
    found = changes(results, anchors)
    if found is None:
        return
    if found.before is None:
        yield f"Not compared with an earlier run: {found.words[:1].lower()}{found.words[1:]}"
        return
    before = short_both(datetime.fromisoformat(found.before.started), results.time_zone)
    yield f"Since the run of {before} ({found.before.verdict}): {found.words}"
    if found.released:
        yield found.released
    for words, places in found.groups:
        names = list(dict.fromkeys(place.name for place in places))
        more = f", and {plural(len(names) - _MOST_NAMED, 'more item')}" if len(names) > _MOST_NAMED else ""
        yield f"{words.partition(' ')[2]}: {'; '.join(names[:_MOST_NAMED])}{more}"


def emergency(results: Results) -> Emergency | None:
    """How the report of an emergency opens; None for other sets, and where its severity was not looked at."""
    record = next((each for each in results.records if each.item == _SEVERITY_ITEM), None)
    if results.set != EMERGENCY or record is None:
        return None
    measured = record.found.partition("; call ")[0].partition("; whom to call")[0] or record.message
    tables = (each for each in record.evidence if isinstance(each, Table) and each.title.startswith(_LOOKED_AT))
    signs = tuple((row[0], row[1]) for table in tables for row in table.rows if len(row) == 2)
    match record.verdict:
        case Verdict.OK:
            return Emergency("", "There is no emergency", record.coverage, signs)
        case Verdict.CRITICAL | Verdict.WARNING:
            severity = record.severity or next(iter(re.findall(r"\bP[1-4]\b", record.found)), "")
            calls = results.thread.calls.first if results.thread else {}
            words = IN_WORDS.get(severity, "There is an emergency")
            return Emergency(
                severity,
                words,
                measured.removeprefix(f"{severity}: "),
                signs,
                calls.get(severity),
                record.next_step,
            )
        case _:
            return Emergency("", "It is not known whether there is an emergency", measured, signs)


def opening_words(results: Results) -> str:
    """The sentence under the verdict; of an emergency how bad it is, whom to call by when, what was measured."""
    found = emergency(results)
    if found is None:
        return headline(results)
    if not found.severity:
        rest = headline(results)
        return (
            f"{found.words}. {rest}" if results.verdict is not Verdict.OK else f"{found.words}: {found.measured}."
        )
    sentences = [f"{found.severity}: {found.words[:1].lower()}{found.words[1:]}."]
    if call := caller_words(found.caller, found.severity).partition(": ")[2]:
        sentences.append(f"{call[:1].upper()}{call[1:]}.")
    elif results.thread:
        sentences.append("Whom to call is not known.")
    return " ".join([*sentences, f"Measured: {found.measured}."])


def telephone(number: str) -> str:
    """``tel:+49301234567``; empty for what is no number."""
    digits = re.sub(r"[\s()./-]", "", number)
    return f"tel:{digits}" if re.fullmatch(r"\+?\d{3,20}", digits) else ""


def mail(address: str) -> str:
    """``mailto:ada@example.com``; empty for what is no address."""
    return f"mailto:{address}" if re.fullmatch(r"[^\s@<>\"'?&,;:%]+@[^\s@<>\"'?&,;:%]+", address) else ""
