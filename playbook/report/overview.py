"""Many targets in one run: a page over all of them, worst first, with a row for each.

    reports/targets-<set>-<time>/targets.json   the rows
                                 index.html     the page; each row links to the target's own report
                                 summary.md

No verdict is computed here: a row has that of its target's results, and the whole is never better than its worst
row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from playbook.core.record import SCHEMA, Results
from playbook.core.verdict import SEVERITY, Verdict, exit_code, worst
from playbook.core.whole_file import reason_of, write_whole
from playbook.core.wording import plural
from playbook.report.words import ATTENTION, MARKS, attention, clip, headline

TARGETS = "targets.json"
MOST_TOLD = 20  # targets named on the terminal; the page lists all
_MOST_CHARACTERS = 300

Line = tuple[str, dict[str, bool]]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One target.

    Attributes:
        worst: its worst finding, in a sentence; empty if everything is OK.
        folder: name of its report's folder, beside the page's; empty if there is none.
        problem: files of its report, or its line of the history, that could not be written; empty if all were.
        waited: seconds spent waiting for an API's rate limit.
    """

    target: str
    kind: str
    verdict: Verdict
    worst: str = ""
    counts: dict[str, int] = {}
    executed: int = 0
    started: str = ""
    seconds: float = 0.0
    ended: str = "finished"
    folder: str = ""
    problem: str = ""
    waited: float = 0.0


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A run of many targets. Times are ISO 8601 in UTC.

    Attributes:
        asked: targets as named on the command line.
        shard: ``3/8`` if this is a part of them; else empty.
        rows: worst first, then by name.
    """

    schema: int = SCHEMA
    set: str
    asked: str
    shard: str = ""
    command: str
    started: str
    finished: str
    seconds: float
    ended: str = "finished"
    verdict: Verdict
    exit_code: int
    rows: list[Row]


def row_of(results: Results, *, folder: str, problem: str = "", waited: float = 0.0) -> Row:
    """The row of a target with results."""
    return Row(
        target=results.target,
        kind=results.kind,
        verdict=results.verdict,
        worst=clip(_worst_of(results), _MOST_CHARACTERS),
        counts={verdict: count for verdict, count in results.counts.items() if count},
        executed=results.executed,
        started=results.started,
        seconds=results.seconds,
        ended=results.ended,
        folder=folder,
        problem=problem,
        waited=round(waited, 1),
    )


def unreached(target: str, kind: str, why: str) -> Row:
    """The row of a target that was not measured: UNKNOWN, with the reason."""
    return Row(target=target, kind=kind, verdict=Verdict.UNKNOWN, worst=f"Not looked at: {why}", ended=why)


def _worst_of(results: Results) -> str:
    if results.verdict not in ATTENTION:
        return ""
    findings = [(cause.message, Verdict.UNKNOWN) for cause in results.root_causes]
    findings += [(record.message, record.verdict) for record in attention(results)]
    findings.sort(key=lambda one: SEVERITY.index(one[1]))
    if findings and SEVERITY.index(findings[0][1]) <= SEVERITY.index(results.verdict):
        return findings[0][0]
    return headline(results)  # too few checks, or an early end


def overview_of(
    rows: Iterable[Row],
    *,
    set_name: str,
    asked: str,
    shard: str = "",
    command: str,
    started: str,
    finished: str,
    seconds: float,
    ended: str = "finished",
) -> Overview:
    """The overview of these rows."""
    begun = Overview(
        set=set_name,
        asked=asked,
        shard=shard,
        command=command,
        started=started,
        finished=finished,
        seconds=round(seconds, 2),
        ended=ended,
        verdict=Verdict.UNKNOWN,
        exit_code=exit_code(Verdict.UNKNOWN),
        rows=[],
    )
    return with_rows(begun, rows)


def with_rows(overview: Overview, rows: Iterable[Row]) -> Overview:
    """Return the same run with these rows in place of its own, and with their verdict."""
    ordered = sorted(rows, key=lambda row: (SEVERITY.index(row.verdict), row.target))
    verdict = worst(row.verdict for row in ordered)
    return msgspec.structs.replace(overview, rows=ordered, verdict=verdict, exit_code=exit_code(verdict))


def says(overview: Overview) -> str:
    """``2 of 40 targets are CRITICAL, 1 is UNKNOWN.``"""
    counts = Counter(row.verdict for row in overview.rows)
    bad = [(verdict, counts[verdict]) for verdict in ATTENTION if counts[verdict]]
    all_of_them = plural(len(overview.rows), "target")
    early = "" if overview.ended == "finished" else f"The run ended early ({overview.ended}). "
    if not bad:
        return f"{early}{all_of_them} measured, all within limits. Nothing to do."
    (verdict, count), *more = bad
    first = f"{count:,} of {all_of_them} {'is' if count == 1 else 'are'} {verdict}"
    return f"{early}{', '.join([first, *(f'{n:,} {_is(n)} {v}' for v, n in more)])}."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def lines(overview: Overview, where: str) -> Iterator[Line]:
    """The end of the run on the terminal, with pytest's markup words."""
    markup = {
        Verdict.OK: {"green": True},
        Verdict.WARNING: {"yellow": True},
        Verdict.CRITICAL: {"red": True},
        Verdict.UNKNOWN: {"purple": True},
    }
    yield "", {}
    yield f"{MARKS[overview.verdict]} {overview.verdict}", {"bold": True, **markup.get(overview.verdict, {})}
    yield f"  {says(overview)}", {}
    bad = [row for row in overview.rows if row.verdict in ATTENTION]
    for row in bad[:MOST_TOLD]:
        yield f"  {MARKS[row.verdict]} {row.verdict} {row.target}: {row.worst}", markup.get(row.verdict, {})
    if len(bad) > MOST_TOLD:
        yield f"  and {plural(len(bad) - MOST_TOLD, 'more target')}, on the page", {}
    waited = [row for row in overview.rows if row.waited]
    if waited:
        longest = max(row.waited for row in waited)
        yield (
            f"  {plural(len(waited), 'target')} waited for a limit of requests, {longest:g} s at most",
            {},
        )
    yield f"  {plural(len(overview.rows), 'target')} · {overview.seconds:.1f} s", {}
    yield f"  report: {where}", {}
    for row in overview.rows:
        if row.problem:
            yield f"  {row.target}: not written: {row.problem}", {"red": True}


def line_of(row: Row) -> Line:
    """One line for a target that has ended, while the run continues."""
    details = f": {row.worst}" if row.worst else f" ({', '.join(f'{n} {v}' for v, n in row.counts.items())})"
    return f"{MARKS[row.verdict]} {row.verdict} {row.target}{clip(details, 160)}", {}


def write_overview(overview: Overview, folder: Path) -> dict[str, str]:
    """Write its three files; errors by file name. An error affects its own file only."""
    problems = {}
    for name, made in _WRITERS.items():
        try:
            write_whole(folder / name, made(overview))
        except OSError as error:
            problems[name] = reason_of(error)
        except Exception as error:  # noqa: BLE001 - a fault in one form must not cost the others, nor the run's code
            problems[name] = f"a fault of the suite: {type(error).__name__}: {error}"
    return problems


def read_overview(folder: Path) -> Overview:
    """The overview in a folder; OSError or ValueError if there is none."""
    return msgspec.json.decode((folder / TARGETS).read_bytes(), type=Overview)


def page(overview: Overview) -> str:
    """The whole document: one file, no JavaScript."""
    from playbook.report.page import environment, icon, styled

    return (
        environment()
        .get_template("overview")
        .render(
            overview=overview,
            says=says(overview),
            counts=Counter(row.verdict for row in overview.rows),
            severity=SEVERITY,
            icon=icon(overview.verdict),
            **styled("style.css", "overview.css"),
        )
    )


def summary(overview: Overview) -> str:
    """Markdown: the verdict, and a row for each failing target."""
    lines = [f"# {MARKS[overview.verdict]} {overview.verdict}: {overview.set} checks of {overview.asked}", ""]
    lines += [says(overview), ""]
    bad = [row for row in overview.rows if row.verdict in ATTENTION]
    if bad:
        lines += ["| target | verdict | what is worst |", "|---|---|---|"]
        lines += [f"| {_cell(row.target)} | {row.verdict} | {_cell(row.worst)} |" for row in bad]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("&", "&amp;").replace("<", "&lt;")


_WRITERS: dict[str, Callable[[Overview], bytes]] = {
    TARGETS: lambda overview: msgspec.json.format(msgspec.json.encode(overview), indent=1) + b"\n",
    "index.html": lambda overview: page(overview).encode("utf-8", errors="replace"),
    "summary.md": lambda overview: summary(overview).encode("utf-8", errors="replace"),
}
