"""pytest-html's page with the six verdicts.

pytest-html knows a fixed set of outcomes, in Python and in JavaScript; a row with any other disappears. So each
verdict borrows an outcome for its row, whatever it is to pytest, and only visible texts are relabelled; the rows
are then counted. pytest-html escapes neither test ids nor what hooks return, so everything is escaped here.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, MutableSequence
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import pytest

from playbook.core.errors import UsageError
from playbook.core.evidence import Chart, Evidence, Facts, Lines, Table
from playbook.core.record import Record
from playbook.core.verdict import Verdict
from playbook.core.whole_file import reason_of, write_whole
from playbook.core.wording import without_code_marks
from playbook.report.pytest_terms import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Template

STYLE = Path(__file__).with_name("templates") / "pytest_html.css"

# Verdict → the outcome that its row borrows.
BORROWED: dict[Verdict, str] = {
    Verdict.OK: "Passed",
    Verdict.WARNING: "XFailed",
    Verdict.CRITICAL: "Failed",
    Verdict.UNKNOWN: "XPassed",
    Verdict.NOT_CONFIGURED: "Skipped",
    Verdict.WAIVED: "Skipped",
}
_LABELS = {
    "passed": "OK",
    "xfailed": "WARNING",
    "failed": "CRITICAL",
    "xpassed": "UNKNOWN",
    "skipped": "NOT CONFIGURED or WAIVED",
    "error": "Errors of pytest",
}
_LINES = 40
_OURS = pytest.StashKey[bool]()  # the page is in the run's folder; with --html it can be anywhere


def add_page(config: pytest.Config, file: Path, failed: Callable[[str, str], None]) -> None:
    """Make pytest-html write ``file``: it is configured before a session, and the first check comes later.

    Args:
        failed: called with the file's name and the error if it cannot be written.
    """
    config.stash[_OURS] = True
    config.pluginmanager.register(_page(config, file, lambda why: failed(file.name, why)))


class PageApart:
    """A pytest-html page for some checks only: those of one target, if a run has many."""

    def __init__(self, config: pytest.Config, file: Path, failed: Callable[[str, str], None]) -> None:
        self._failed, self._name = failed, file.name
        config.stash[_OURS] = True
        self._page = _page(config, file, lambda why: failed(file.name, why))
        config.option.htmlpath = None  # only our page is written

    def keep(self, report: pytest.TestReport) -> None:
        """Add a report."""
        self._page.pytest_runtest_logreport(report)

    def write(self, config: pytest.Config) -> None:
        """Write the page."""
        _count_rows(self._page._report)
        try:
            self._page.pytest_sessionfinish(config.pluginmanager.get_plugin("session"))
        except Exception as error:  # noqa: BLE001 - its page must not cost the verdict
            self._failed(self._name, f"{type(error).__name__}: {error}")


def check_options(config: pytest.Config) -> None:
    """Whether pytest-html can do what its options ask for, as it ends the run with a traceback if not.

    Raises:
        UsageError: a file of ``--css`` cannot be read, or the folder of ``--html`` cannot be written to.
    """
    for file in _styles_given(config):
        try:
            file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"--css: expected a style sheet, and {file} cannot be read: {reason}") from None
    if asked := getattr(config.option, "htmlpath", None):
        folder = _path(asked).absolute().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise UsageError(f"--html: cannot write to the folder {folder}: {reason_of(error)}") from None


def _styles_given(config: pytest.Config) -> list[Path]:
    return [_path(name) for name in getattr(config.option, "css", ())]


def _path(name: str) -> Path:
    """A file as pytest-html understands its name."""
    return Path(os.path.expandvars(name)).expanduser()


def _page(config: pytest.Config, file: Path, failed: Callable[[str], None]) -> Any:
    """A page as pytest-html makes it with ``--self-contained-html`` and our style, begun."""
    from pytest_html.report_data import ReportData
    from pytest_html.selfcontained_report import SelfContainedReport
    from pytest_html.util import _process_css

    config.option.htmlpath = str(file)
    config.option.self_contained_html = True
    css = _process_css(_resources() / "style.css", [*_styles_given(config), STYLE])
    page = SelfContainedReport(str(file), config, ReportData(config), template(), css)
    page._generate_report = _without_raising(_then(page._generate_report, lambda: make_accessible(file)), failed)
    page.pytest_sessionstart(config.pluginmanager.get_plugin("session"))
    return page


@cache
def template() -> Template:
    """pytest-html's own template; compiled anew for each run it would take longer than its page."""
    from jinja2 import Environment, FileSystemLoader, select_autoescape

    from playbook.report.compiled import Compiled

    environment = Environment(
        loader=FileSystemLoader(_resources()),
        autoescape=select_autoescape(enabled_extensions=("jinja2",)),
        bytecode_cache=Compiled(STYLE.parent),
    )
    return environment.get_template("index.jinja2")


def _resources() -> Path:
    import pytest_html

    return Path(pytest_html.__file__).with_name("resources")


# Accessibility fixes: the page's own text, and its replacement.
_MENDED = (
    (re.compile(r"<html>"), '<html lang="en">'),
    (re.compile(r"<body>"), "<body><main>"),
    (re.compile(r"(?=<footer>)"), "</main>"),
    (
        re.compile(r'(<input[^>]*class="filter"[^>]*>)(\s*<span class="[a-z]+">[^<]*</span>)'),
        r"<label>\1\2</label>",
    ),
    (
        re.compile(r'<div class="logwrapper">'),
        '<div class="logwrapper" role="group" tabindex="0" aria-label="Details">',
    ),
)


def make_accessible(file: Path) -> None:
    """Fix the written page, completely or not at all; pages of other pytest-html versions are left unchanged."""
    text = file.read_text(encoding="utf-8")
    head, body, data = _parts(text)
    for pattern, instead in _MENDED:
        head, body = pattern.sub(instead, head), pattern.sub(instead, body)
    write_whole(file, f"{head}{body}{data}".encode())


def _parts(text: str) -> tuple[str, str, str]:
    """Everything before the body, the body, and its data, which contains texts of checks."""
    before, body, rest = text.partition("<body>")
    shown, footer, data = rest.partition("<footer>")
    return before, body + shown + footer, data


def _then(write: Callable[..., None], do: Callable[[], None]) -> Callable[..., None]:
    def both(*arguments: Any, **named: Any) -> None:
        write(*arguments, **named)
        do()

    return both


def _without_raising(write: Callable[..., None], failed: Callable[[str], None]) -> Callable[..., None]:
    def guarded(*arguments: Any, **named: Any) -> None:
        try:
            write(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - its page must not cost the verdict
            failed(reason_of(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}")

    return guarded


def silence(config: pytest.Config) -> None:
    """Suppress its closing line, which names a folder that ours names too; the page is written by now."""
    for page in _pages(config):
        config.pluginmanager.unregister(page)


def _pages(config: pytest.Config) -> list[Any]:
    from pytest_html.basereport import BaseReport

    return [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, BaseReport)]


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """Remove the table of packages and variables above the results; results.json has the versions."""
    metadata.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:
    report.title = "Operations playbook"
    if _OURS in report.config.stash:
        # The folder names target, set and time: sandbox-daily-20261123T070000Z.
        report.title += f": {Path(report.config.option.htmlpath).resolve().parent.name}"
    for outcome, label in _LABELS.items():
        report.outcomes[outcome]["label"] = label


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    for page in _pages(session.config):
        _count_rows(page._report)
    # pytest-html's head has no viewport; browsers accept it in the body too.
    prefix.append('<meta name="viewport" content="width=device-width, initial-scale=1">')
    if _OURS in session.config.stash:
        prefix.append('<p><a href="index.html">The report with verdict, figures and next steps</a></p>')


def _count_rows(made: Any) -> None:
    """One row per check, the last: a failing teardown replaces the record of the call."""
    for rows in made.data["tests"].values():
        del rows[:-1]
    counted = Counter(row["result"].lower() for rows in made.data["tests"].values() for row in rows)
    for outcome, count in made.outcomes.items():
        count["value"] = counted[outcome]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: MutableSequence[str]) -> None:
    record = record_of(report)
    if record is None:
        cells[1] = f'<td class="col-testId">{escape(report.nodeid)}</td>'
        return
    verdict = escape(str(record.verdict))
    cells[0] = f'<td class="col-result" data-verdict="{verdict}">{BORROWED[record.verdict]}</td>'
    cells[1] = f'<td class="col-testId">{escape(record.title)} <small>{escape(record.item)}</small></td>'


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_html(report: pytest.TestReport, data: list[str]) -> None:
    record = record_of(report)
    if record:
        data[:] = [escape("\n".join(_told(record)))]


def _told(record: Record) -> Iterator[str]:
    yield f"{record.verdict}: {record.message}"
    lines = {
        "Rule": record.rule,
        "Expected": record.expected,
        "Found": record.found,
        "Seen": record.coverage,
        "Why it matters": record.why,
        "Next step": without_code_marks(record.next_step),
        "Look again": record.look_again.replace("\n", "\n" + " " * 18),
        "Add": record.add,
    }
    # Indented, as pytest-html treats a line that begins with an E as an error.
    yield from (f"  {name:<15} {text}" for name, text in lines.items() if text)
    for item in record.evidence:
        yield ""
        yield from _evidence(item)
    for step in record.investigation:
        yield ""
        yield f"Looked at: {step.title}"
        if step.problem:
            yield f"  not measured: {step.problem}"
        for item in step.evidence:
            yield from (f"  {line}" for line in _evidence(item))
    if record.resolution:
        yield ""
        yield from (f"{action.when}: {action.what}" for action in record.resolution)


def _evidence(item: Evidence) -> Iterator[str]:
    yield item.title
    match item:
        case Facts():
            yield from (f"  {name}: {value}" for name, value in item.facts.items())
        case Table():
            yield "  " + " | ".join(item.columns)
            yield from ("  " + " | ".join(row) for row in item.rows[:_LINES])
            yield from _not_shown(len(item.rows))
        case Lines():
            yield from (f"  {line}" for line in item.lines[:_LINES])
            yield from _not_shown(len(item.lines))
        case Chart():
            yield from (f"  {line}" for line in item.lines)


def _not_shown(count: int) -> Iterator[str]:
    if count > _LINES:
        yield f"  … {count - _LINES} more in results.json"
