"""``python -m playbook site build``: write the static site of past runs."""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue, shipped
from playbook.core.clock import Clock
from playbook.core.errors import UsageError
from playbook.core.public import public_file
from playbook.core.verdict import EXIT_OK
from playbook.core.wording import plural
from playbook.history import runs as history
from playbook.history.derive import incidents_of, titles
from playbook.history.due import due_sets
from playbook.history.folder import history_to_read
from playbook.history.folding import incidents
from playbook.history.rules import Rules
from playbook.history.runs import RunLine
from playbook.history.sharing import Shared
from playbook.report import for_everybody, read_results
from playbook.report.units import units_kept
from playbook.run.everybody import runs_for_everybody
from playbook.settings.loading import Document, load
from playbook.settings.model import is_private
from playbook.settings.own_catalogue import catalogue_of
from playbook.settings.sections.places import with_lines
from playbook.site.done import done_about
from playbook.site.making import known_by, make_site
from playbook.site.pages import render
from playbook.site.views import Site
from playbook.site.writing import write_folder

Say = Callable[[str], None]

FOLDER = Path("reports/site")
# Monthly reports kept besides the newest of all: one year.
MONTHLY_REPORTS = 12
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def run_build(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Build the site and print what was written. A damaged line of the history is shown, and is no failure."""
    base_url = _address(options.base_url)
    settings = load(root=root)
    reports = root / options.reports
    folder = root / options.to
    lines = history_to_read(settings, reports, chosen=options.history)
    _require_outside(folder, history=lines, reports=reports)
    now = (clock or Clock()).now()
    settings_of = cache(with_lines(Document(root).settings_if_known))
    share = Shared()

    def shown(run: RunLine) -> RunLine:
        return share(*runs_for_everybody([run], {run.target} if is_private(settings_of(run.target)) else ()))

    past = known_by(history.read(lines, change=shown), now)
    by_target = {name: settings_of(name) for name in dict.fromkeys(run.target for run in past.runs)}
    private = {name for name, each in by_target.items() if is_private(each)}
    kept = kept_reports(past.runs, reports, settings.history.keep_reports)
    kept = frozenset(name for name in kept if _has_results(reports / name))
    catalogue = catalogue_of(settings)
    mistakes = list(catalogue.unread.values())
    if by_target.keys() - private:
        # A mistake is quoted with the words around it, and readers of the site may read this job's log.
        mistakes = [
            f"{public_file(name)} has a mistake; a daily run's report says which" for name in catalogue.unread
        ]
        catalogue = _of_everybody(catalogue)
    known = {name: each for name, each in by_target.items() if each}
    found = {
        name: incidents_of(each, past.runs)
        if each
        else incidents(past.of(name), Rules(), titles=titles(past.of(name)))
        for name, each in by_target.items()
    }
    zones = {each.target.time_zone for each in known.values()}
    site = make_site(
        past,
        [incident for each in found.values() for incident in each],
        due_sets(past.runs, {name: each.schedule for name, each in known.items()}, now),
        catalogue,
        now,
        kept=kept,
        retired=frozenset(by_target.keys() - known.keys()),
        # Targets of several zones share pages, whose times are in UTC then.
        time_zone=zones.pop() if len(zones) == 1 else "UTC",
        done={
            key: each for name in known for key, each in done_about(found[name], known[name], lines, now).items()
        },
    )
    with tempfile.TemporaryDirectory(prefix="playbook-site-") as made:
        copies = {}
        for name in sorted(kept):
            if read_results(reports / name).target in private:
                copies[f"runs/{name}"] = reports / name
            else:
                copies[f"runs/{name}"] = Path(made) / name
                for_everybody(reports / name, Path(made) / name, shipped())
        files = ((name, _kept(name, content)) for name, content in render(site, base_url))
        pages = write_folder(folder, files, copies)
    for problem in (*past.problems, *mistakes):
        say(f"not read: {problem}")
    say(_summary(site, pages))
    say(str(folder / "index.html"))
    return EXIT_OK


def _of_everybody(catalogue: Catalogue) -> Catalogue:
    """Without the team's words of own items."""
    items = {
        name: item
        for name, item in catalogue.items.items()
        if name in shipped().items or item.audience is Audience.PUBLIC
    }
    return msgspec.structs.replace(catalogue, items=items)


def _require_outside(folder: Path, **sources: Path) -> None:
    """Require that the site's folder does not contain its own sources, which would be replaced."""
    for name, source in sources.items():
        if source.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"--to: expected a folder that does not hold the {name}, got {folder} ({source})")


def kept_reports(runs: Iterable[RunLine], reports: Path, most: int) -> frozenset[str]:
    """Names of the newest full reports in ``reports``, and those of a year of the monthly set."""
    newest = [run for run in runs if _is_report(run.report, reports)][::-1]
    monthly = [run for run in newest if run.set == "monthly"]
    kept = [*newest[:most], *monthly[:MONTHLY_REPORTS]] if most > 0 else []
    return frozenset(run.report for run in kept)


def _is_report(name: str, reports: Path) -> bool:
    folder = reports / name
    return bool(_NAME.fullmatch(name)) and not folder.is_symlink() and (folder / "index.html").is_file()


def _has_results(folder: Path) -> bool:
    """Whether the public version of a report can be made."""
    try:
        read_results(folder)
    except (OSError, msgspec.MsgspecError):
        return False
    return True


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        whole = False
    if text and not whole:
        raise UsageError(f"--base-url: expected an address such as https://name.example/playbook/, got {text!r}")
    return text


def _summary(site: Site, pages: int) -> str:
    missing = f", {plural(len(site.missing), 'set')} without data" if site.missing else ""
    return (
        f"{site.state}: {plural(len(site.runs), 'run')} of {plural(len(site.targets), 'target')}, "
        f"{plural(len(site.open), 'open incident')}{missing}; {plural(pages, 'file')}"
    )


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "site",
        description="The static site of past runs: what is known now, 90 days of every item, incidents, reports.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="write the site",
        description="Write the site from the history and the reports. It replaces the previous site as "
        "a whole; a folder that no build made is left alone. Exit code: 0, also without runs; 4 wrong usage.",
    )
    build.add_argument(
        "--history", metavar="DIR", help="where the lines of past runs are; default: as the settings say"
    )
    build.add_argument(
        "--reports", default="reports", metavar="DIR", help="where full reports are (default: %(default)s)"
    )
    build.add_argument(
        "--to", type=Path, default=FOLDER, metavar="DIR", help="where the site goes (default: %(default)s)"
    )
    build.add_argument(
        "--base-url",
        default="",
        metavar="URL",
        help="address of the published site, for absolute links in the feed",
    )
    build.set_defaults(command=lambda options: run_build(options, Path.cwd(), say))


def _kept(name: str, content: bytes) -> bytes:
    """A page with no-break spaces between numbers and units; other files unchanged."""
    return units_kept(content.decode()).encode() if name.endswith(".html") else content
