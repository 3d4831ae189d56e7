"""index.html: one file without JavaScript, for desk, phone, dark mode and paper. A pure function of the
results.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from playbook.core.evidence import Chart, Evidence, Facts, Lines, Table
from playbook.core.record import Record, Results
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import code_parts, heading, plural
from playbook.core.zones import both as in_both
from playbook.core.zones import short_both as in_short_both
from playbook.report.chart import MOST_CURVES, draw
from playbook.report.compiled import Compiled
from playbook.report.first_screen import changes, emergency, entries, mail, opening_words, telephone
from playbook.report.lean import lean
from playbook.report.pictures import opening, pictures, spark
from playbook.report.threshold_bar import threshold_bar
from playbook.report.troubles import called_about_all, name_of
from playbook.report.units import units_kept
from playbook.report.words import (
    MARKS,
    adds_to_title,
    attention,
    clip,
    not_part,
    of_verdict,
    readers,
    scope,
    subject_of,
)

# More rows do not help on a page; results.json contains all.
MOST_ROWS = 60
# Checks that are OK and whose evidence is on the page; results.json holds the evidence of all checks.
MOST_EVIDENCE = 2000
# Shorter evidence (bytes of JSON) is repeated: a link to its first place would be as long.
_WORTH_A_LINK = 200
# Troubles shown in full above everything else; further ones are listed by name with what to do.
MOST_IN_FULL = 25
MOST_DUE = 3

# Control characters, lone surrogates, and direction overrides, with which a log line could change the display.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

SUBJECTS = {
    "kpis": "Key performance indicators",
    "web": "Website and API",
    "security": "Security",
    "tls": "TLS",
    "links": "Links",
    "images": "Image optimisation",
    "app": "Application",
    "deployments": "Deployments",
    "utilization": "Utilization",
    "performance": "Performance",
    "capacity": "Capacity",
    "logs": "Logs",
    "alerts": "Alerts",
    "dashboard": "Dashboard",
    "redis": "Redis",
    "backups": "Backups",
    "troubleshooting": "Troubleshooting",
    "maintenance": "Maintenance",
    "emergency": "Emergency",
    "incidents": "Incidents",
    "optimization": "Optimisation",
}


def page(results: Results) -> str:
    """The whole document."""
    urgent = attention(results)
    anchors = _anchors(results.records)
    opened = opening(results)
    found = entries(results, anchors)
    first_of_runbook = {record.runbook: record for record in reversed(urgent)}
    figures = _figures(results.records)
    judged = {record.check for record in figures}
    subjects = _by_subject(results.records)
    urgent_checks = {record.check for record in urgent}
    calm = [record for _, group in subjects for record in group if record.check not in urgent_checks]
    healthy = [record for record in calm if record.evidence and record.verdict is Verdict.OK]
    beyond = {record.check for record in healthy[MOST_EVIDENCE:]}
    return (
        environment()
        .get_template("page")
        .render(
            results=results,
            headline=opening_words(results),
            scope=scope(results),
            readers=readers(results),
            entries=found,
            about_all=called_about_all([entry.trouble for entry in found]),
            of_cause={one.trouble.cause.id: one for one in found if one.trouble.cause},
            changes=changes(results, anchors),
            emergency=emergency(results),
            attention=urgent,
            urgent=urgent_checks,
            beyond=beyond,
            repeated=_repeated([*urgent, *(record for record in calm if record.check not in beyond)], anchors),
            first_of_runbook=first_of_runbook,
            opening=opened,
            pictures=_pictures(results, urgent, first_of_runbook, is_opened=opened is not None),
            anchors=anchors,
            items={record.item: record for record in reversed(results.records)},
            figures=[(record, spark(record, results)) for record in figures],
            well=[
                clip(record.title, 120)
                for record in results.records
                if record.verdict is Verdict.OK and record.check not in judged
            ],
            both=lambda at: in_both(datetime.fromisoformat(at), results.time_zone),
            short_both=lambda at: in_short_both(datetime.fromisoformat(at), results.time_zone),
            causes={cause.id: number for number, cause in enumerate(results.root_causes, 1)},
            subjects=subjects,
            not_configured=of_verdict(results, Verdict.NOT_CONFIGURED),
            waived=of_verdict(results, Verdict.WAIVED),
            severity=SEVERITY,
            icon=icon(results.verdict),
            most_rows=MOST_ROWS,
            most_evidence=MOST_EVIDENCE,
            most_in_full=MOST_IN_FULL,
            most_due=MOST_DUE,
            **styled("style.css", "first_screen.css"),
        )
    )


def _pictures(
    results: Results, urgent: list[Record], first_of_runbook: Mapping[str, Record], *, is_opened: bool
) -> dict[str, list[Chart]]:
    """Charts shown unfolded with each finding, by check."""
    shown: dict[str, list[Chart]] = {}
    for record in urgent:
        shown[record.check] = pictures(
            record,
            results,
            with_investigation=first_of_runbook[record.runbook] is record,
            is_opened=is_opened,
            already=[chart for charts in shown.values() for chart in charts],
        )
    return shown


def _repeated(records: list[Record], anchors: Mapping[str, str]) -> dict[int, tuple[str, str]]:
    """Return title and anchor of the check that already shows equal evidence, by ``id`` of the evidence.

    Args:
        records: those whose evidence is on the page, in the order of the page.
    """
    first: dict[bytes, Record] = {}
    found = {}
    for record in records:
        for item in record.evidence:
            content = msgspec.json.encode(item)
            known = first.setdefault(content, record)
            if known is not record and len(content) > _WORTH_A_LINK:
                found[id(item)] = known.title, anchors[known.check]
    return found


def written_page(results: Results) -> str:
    """The page as written: numbers stay with their units, and markup that HTML does not need is left out."""
    return lean(units_kept(page(results)))


def _anchors(records: list[Record]) -> dict[str, str]:
    """Anchor of each check by node id: its item, numbered if several checks share one."""
    anchors: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for record in records:
        name = "check-" + re.sub("[^a-z0-9]+", "-", record.item.lower())
        taken[name] += 1
        anchors[record.check] = name if taken[name] == 1 else f"{name}--{taken[name]}"
    return anchors


def _by_subject(records: list[Record]) -> list[tuple[str, list[Record]]]:
    """Subjects with failures first, then in the order of the playbook."""
    ordered = sorted(records, key=lambda record: record.subject)
    grouped = [(subject, sorted(group, key=_badness)) for subject, group in groupby(ordered, lambda r: r.subject)]
    known = list(SUBJECTS)
    grouped.sort(key=lambda g: (_badness(g[1][0])[0] >= 3, known.index(g[0]) if g[0] in known else len(known)))
    return [(SUBJECTS.get(subject, heading(subject)), group) for subject, group in grouped]


def _figures(records: list[Record]) -> list[Record]:
    """Values judged by a limit: the playbook's key performance indicators, then the rest."""
    judged = [record for record in records if record.limit and record.value is not None]
    return sorted(judged, key=lambda record: (".kpi." not in record.item, record.item))


def _badness(record: Record) -> tuple[int, str]:
    return SEVERITY.index(record.verdict), record.item


def icon(verdict: Verdict) -> str:
    """The verdict's icon, as a data URL."""
    colour = {
        Verdict.OK: "#12703d",
        Verdict.WARNING: "#a86400",
        Verdict.CRITICAL: "#b3191e",
        Verdict.UNKNOWN: "#5b3a9e",
    }.get(verdict, "#50565e")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{colour}"/>'
        '<text x="16" y="23" font-size="20" font-family="sans-serif" font-weight="700" fill="#fff" '
        f'text-anchor="middle">{MARKS[verdict]}</text></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _kind(evidence: Evidence) -> str:
    match evidence:
        case Table():
            return "table"
        case Facts():
            return "facts"
        case Lines():
            return "lines"
        case Chart():
            return "chart"


def _slug(verdict: Verdict | str) -> str:
    return str(verdict).lower().replace(" ", "-")


def shown(value: object) -> object:
    """Every text that is put into the page: without control characters, and bounded."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _UNSHOWABLE.sub("\ufffd", clip(value))


def coded(text: str) -> Markup:
    """A text of ours as HTML; text between backticks becomes code."""
    one = (Markup("<code>{}</code>"), Markup("{}"))
    return Markup("").join(one[0 if code else 1].format(shown(part)) for part, code in code_parts(text))


@cache
def environment() -> Environment:
    """Environment of the report's own templates."""
    return make_environment({})


def make_environment(more: Mapping[str, str]) -> Environment:
    """The report's templates, filters and protection against hostile texts, with more templates by name."""
    own = {
        name: template_text(f"{name}.html.j2")
        for name in ("page", "parts", "drawing", "handoff", "first_screen", "overview")
    }
    environment = Environment(
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader({**own, **more}),
        bytecode_cache=Compiled(Path(str(files("playbook.report") / "templates"))),
    )
    environment.filters |= {
        "kind": _kind,
        "identity": id,
        "slug": _slug,
        "name": name_of,
        "subject": subject_of,
        "adds": adds_to_title,
    }
    environment.filters |= {"not_part": not_part, "coded": coded}
    environment.globals |= {"marks": MARKS, "threshold_bar": threshold_bar, "plural": plural}
    environment.globals |= {"telephone": telephone, "mail": mail}
    environment.globals |= {"draw": draw, "most_curves": MOST_CURVES}
    return environment


def styled(*names: str) -> dict[str, str]:
    """The style of a page, made of these files, and its digest, by which the page allows no other one."""
    text = "".join(template_text(name) for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"style": Markup(text), "style_hash": digest}  # noqa: S704 - our own files


def template_text(name: str) -> str:
    return (files("playbook.report") / "templates" / name).read_text(encoding="utf-8")
