"""The notes of a release: its section of CHANGELOG.md, if the tag is the version being built.

    python .ci/release.py v1.2.3 --notes notes.md

Ends with 1 and one sentence where the tag is no version, is not that of playbook/__init__.py, or the changelog has
no section for it with a date and at least one line.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TAG = re.compile(r"v(\d+\.\d+\.\d+)")
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_HEADING = re.compile(r"^## (?P<version>\S+)(?: \((?P<date>\d{4}-\d{2}-\d{2})\))?$", re.MULTILINE)


class NoRelease(Exception):  # noqa: N818 - a reason for people
    """Why this tag is no release."""


def notes_of(tag: str, package: str, changelog: str) -> str:
    """The notes of a release.

    Args:
        package: text of playbook/__init__.py.
        changelog: text of CHANGELOG.md: ``## 1.2.3 (2026-12-01)`` and its lines, the newest first.

    Raises:
        NoRelease: the tag is not a release.
    """
    named = _TAG.fullmatch(tag)
    if not named:
        raise NoRelease(f"expected a tag such as v1.2.3, got {tag!r}")
    built = _VERSION.search(package)
    if not built or built[1] != named[1]:
        version = built[1] if built else "none"
        raise NoRelease(f"expected __version__ of playbook/__init__.py to be {named[1]}, got {version}")
    headings = list(_HEADING.finditer(changelog))
    for heading, end in zip(headings, [*(each.start() for each in headings[1:]), len(changelog)], strict=False):
        if heading["version"] != named[1]:
            continue
        if not heading["date"]:
            raise NoRelease(f"expected the section {named[1]} of CHANGELOG.md to have its date, got none")
        text = changelog[heading.end() : end].strip()
        if not text:
            raise NoRelease(f"expected the section {named[1]} of CHANGELOG.md to say something, got nothing")
        return f"{text}\n"
    raise NoRelease(f"expected a section ## {named[1]} (DATE) in CHANGELOG.md, got none")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description="Write the notes of a release.")
    parser.add_argument("tag", help="such as v1.2.3")
    parser.add_argument("--notes", type=Path, required=True, metavar="FILE", help="where they go")
    options = parser.parse_args(arguments)
    try:
        package, changelog = (ROOT / name for name in ("playbook/__init__.py", "CHANGELOG.md"))
        text = notes_of(options.tag, package.read_text(encoding="utf-8"), changelog.read_text(encoding="utf-8"))
    except NoRelease as reason:
        sys.stderr.write(f"no release: {reason}\n")
        return 1
    options.notes.parent.mkdir(parents=True, exist_ok=True)
    options.notes.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
