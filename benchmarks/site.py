"""How large the site of a year and of five years is, and how long building it takes.

    python -m benchmarks.site [years …]

Builds from files as the command does, in one process: reading the history, deriving incidents, rendering, writing.
Full reports are not counted: as many are copied as `history.keep_reports` says.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playbook.catalogue import read_catalogue
from playbook.command_line import positive
from playbook.history import runs as history
from playbook.history.derive import incidents_of
from playbook.history.runs import RunLine
from playbook.settings import load
from playbook.site.due import due_sets
from playbook.site.making import make_site
from playbook.site.pages import render
from playbook.site.writing import write_folder
from tests.history_factory import NOW, write, years

_TARGET = "sandbox"


def build(lines: Path, to: Path) -> dict[str, float]:
    """One build; seconds by step."""
    settings = load(_TARGET, environment={})
    marks = [time.perf_counter()]
    past = history.read(lines)
    marks.append(time.perf_counter())
    incidents = incidents_of(settings, past.runs)
    marks.append(time.perf_counter())
    due = due_sets(past.runs, {_TARGET: settings.schedule}, NOW)
    files = dict(render(make_site(past, incidents, due, read_catalogue(), NOW)))
    marks.append(time.perf_counter())
    write_folder(to, files)
    marks.append(time.perf_counter())
    steps = ("read", "incidents", "pages", "write")
    return {step: after - before for step, before, after in zip(steps, marks, marks[1:], strict=False)}


def main() -> None:
    """Print a line of figures for each number of years."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.site", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("years", nargs="*", type=positive, default=[1.0, 5.0], help="of how many (default: 1 5)")
    for count in parser.parse_args().years:
        runs: list[RunLine] = years(count, target=_TARGET)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write(root / "history", runs)
            best = min(
                (build(root / "history", root / "site") for _ in range(3)), key=lambda each: sum(each.values())
            )
            files = [file for file in (root / "site").rglob("*") if file.is_file()]
            first = (root / "site" / "index.html").stat().st_size
            size = sum(file.stat().st_size for file in files)
            largest = max(files, key=lambda file: file.stat().st_size)
            steps = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in best.items())
            print(  # noqa: T201
                f"{count:g} years: {len(runs):,} runs, {len(files):,} files, {size / 1e6:.1f} MB; first page "
                f"{first / 1e3:.0f} kB; largest {largest.relative_to(root / 'site')} "
                f"{largest.stat().st_size / 1e3:.0f} kB; {sum(best.values()):.2f} s ({steps})"
            )


if __name__ == "__main__":
    main()
