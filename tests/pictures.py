"""``make pictures``: every kind of page as people see it, at a desk and on a phone, light and dark, and on paper.

    python -m tests.pictures [FOLDER]      # pictures/ where none is given

Each page is a real one: runs of the sandbox with its faults, the handoff page, and a site. Also writes the two
pictures of the README. Needs Chromium; pages on paper become pictures too where poppler's ``pdftoppm`` is there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.leisure import leisure
from tests.pictured import BAD_WEEK, ROOT, built_site, handoff, report, with_past
from tests.real.chromium import PAPERS, PROGRAM, Page, browser

WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
WARNED = {"load": ("load_images_p95",)}  # limits of times that are judged, by set
TALLEST = 15_000  # pixels, beyond which a picture is cut
# The README's pictures: which page, width, and height of what is shown of it.
SHOWN = {"daily-memory-critical": ("report.png", 1280, 1640), "site": ("site.png", 1200, 1440)}


class Pictured(NamedTuple):
    """A page to be pictured, and how its pictures are called."""

    name: str
    file: Path


def pages(folder: Path) -> Iterator[Pictured]:
    """Every kind of page, each made when it is asked for."""
    history = with_past(folder / "history")
    runs = [
        ("daily",),
        ("daily", "redis-gone"),
        ("daily", "response-slow", "log-5xx-burst"),
        ("daily", "memory-critical", "website-down"),
        ("weekly", *BAD_WEEK),
        ("monthly", "month-worse"),
        ("load", "load-images-slow"),
        ("emergency", "web-gone"),
    ]
    for set_name, *faults in runs:
        # A past of its own for each: a run with a fault is not the past of the next.
        past = shutil.copytree(history, folder / f"history-{len(list(folder.iterdir()))}")
        made = report(folder, set_name, *faults, history=past, limits=leisure(warned=WARNED.get(set_name, ())))
        name = f"{set_name}-{faults[0]}" if faults else f"{set_name}-healthy"
        yield Pictured("weekly-bad" if set_name == "weekly" else name, made / "index.html")
    yield Pictured("handoff", handoff(folder / "handoff", history))
    first = built_site(folder / "site")
    yield Pictured("site", first)
    yield Pictured("incident", _open_incident(first.parent))
    yield Pictured("item", next((first.parent / "items").glob("*/daily.kpi.cache-hit-rate.html")))


def _open_incident(site: Path) -> Path:
    """The page of the incident that is open on the first page."""
    found = re.search(r'href="(incidents/[^"]+)"', (site / "index.html").read_text(encoding="utf-8"))
    assert found, "no incident is open"
    return site / found[1]


def picture(tab: Page, page: Pictured, to: Path) -> Iterator[str]:
    """Take all pictures of one page; the names of the files."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            tab.open(page.file.as_uri(), width=width, scheme=scheme)
            height = int(tab.evaluate("document.documentElement.scrollHeight"))
            file = to / f"{page.name}-{width}-{scheme}.png"
            file.write_bytes(tab.picture(width=width, height=min(height, TALLEST)))
            yield f"{file.name} ({height} px)"
    tab.open(page.file.as_uri(), width=WIDTHS[0], scheme="light")
    for paper in PAPERS:
        file = to / f"{page.name}-{paper}.pdf"
        made = tab.pdf(paper)
        file.write_bytes(made)
        if program := shutil.which("pdftoppm"):
            subprocess.run([program, "-r", "70", "-png", file, file.with_suffix("")], check=True)
        yield f"{file.name} ({made.count(b'/Type /Page' + chr(10).encode())} pages)"
    if page.name in SHOWN:
        name, width, height = SHOWN[page.name]
        tab.open(page.file.as_uri(), width=width, scheme="light")
        (ROOT / "docs" / name).write_bytes(tab.picture(width=width, height=height))
        yield f"docs/{name}"


def main(arguments: list[str]) -> int:
    """Make all pictures; 1 where Chromium is missing."""
    if PROGRAM is None:
        sys.stderr.write("pictures: Chromium is not installed; expected chromium or google-chrome on the path\n")
        return 1
    to = Path(arguments[0]) if arguments else ROOT / "pictures"
    with suppress(FileNotFoundError):
        shutil.rmtree(to)
    to.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder, browser() as tab:
        for page in pages(Path(folder)):
            for line in picture(tab, page, to):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    sys.stdout.write(f"all pictures are in {to}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
