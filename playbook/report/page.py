"""index.html: one file, no JavaScript, for desk, phone, dark and paper. A pure function of the results."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from playbook.evidence import Evidence, Facts, Lines, Table
from playbook.record import Record, Results
from playbook.report.ladder import ladder
from playbook.report.words import MARKS, attention, headline, of_verdict, plural, scope
from playbook.verdict import SEVERITY, Verdict

# More rows than this help nobody on a page; results.json holds them all.
MOST_ROWS = 60

SUBJECTS = {
    "kpis": "Key performance indicators",
    "web": "Website and API",
    "images": "Image optimisation",
    "app": "Application",
    "deployments": "Deployments",
    "utilization": "Utilization",
    "logs": "Logs",
    "alerts": "Alerts",
    "dashboard": "Dashboard",
    "redis": "Redis",
    "backups": "Backups",
}


def page(results: Results) -> str:
    """The whole document."""
    style = _text("style.css")
    return (
        _environment()
        .get_template("page")
        .render(
            results=results,
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            headline=headline(results),
            scope=scope(results),
            attention=attention(results),
            figures=[record for record in results.records if record.limit and record.value is not None],
            subjects=_by_subject(results.records),
            not_configured=of_verdict(results, Verdict.NOT_CONFIGURED),
            waived=of_verdict(results, Verdict.WAIVED),
            severity=SEVERITY,
            icon=_icon(results.verdict),
            most_rows=MOST_ROWS,
        )
    )


def _by_subject(records: list[Record]) -> list[tuple[str, list[Record]]]:
    """Subjects with something bad first, then in the order of the playbook."""
    ordered = sorted(records, key=lambda record: record.subject)
    grouped = [(subject, sorted(group, key=_badness)) for subject, group in groupby(ordered, lambda r: r.subject)]
    known = list(SUBJECTS)
    grouped.sort(key=lambda g: (_badness(g[1][0])[0] >= 3, known.index(g[0]) if g[0] in known else len(known)))
    return [(SUBJECTS.get(subject, subject.replace("_", " ").capitalize()), group) for subject, group in grouped]


def _badness(record: Record) -> tuple[int, str]:
    return SEVERITY.index(record.verdict), record.item


def _icon(verdict: Verdict) -> str:
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


def _slug(verdict: Verdict | str) -> str:
    return str(verdict).lower().replace(" ", "-")


def _anchor(record: Record) -> str:
    return "check-" + "".join(c if c.isalnum() else "-" for c in record.item)


def _shown(text: str) -> str:
    """Control characters made visible, so that a log line cannot draw on the page."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=None
    )
    environment.filters |= {"kind": _kind, "slug": _slug, "anchor": _anchor, "shown": _shown}
    environment.globals |= {"marks": MARKS, "ladder": ladder, "plural": plural}
    from jinja2 import DictLoader

    names = ("page", "parts")
    environment.loader = DictLoader({name: _text(f"{name}.html.j2") for name in names})
    return environment


def _text(name: str) -> str:
    return (files("playbook.report") / "templates" / name).read_text(encoding="utf-8")
