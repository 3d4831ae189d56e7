"""Files of handoff pages: a JSON with the page's data, and readable files beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import msgspec

from playbook.core.errors import Denied, Unreachable
from playbook.history.handoff_page import SCHEMA, Page, Period

SERVICE = "Handoff pages"


class Kept(NamedTuple):
    """A page in the folder; ``lacking`` are the readable files that are missing beside it, or cut off."""

    page: Page
    file: Path
    lacking: tuple[str, ...]


class Pages(NamedTuple):
    """The pages of one target and period, oldest first, and the invalid files, in words."""

    kept: tuple[Kept, ...]
    damaged: tuple[str, ...]

    @property
    def spoilt(self) -> str:
        """The last invalid file, in words, where it is of a later time than every page; else empty."""
        newest = max((kept.file.name for kept in self.kept), default="")
        dated = [words for words in self.damaged if _DATED.match(words)]
        return dated[-1] if dated and dated[-1].partition(":")[0] > newest else ""


_DATED = re.compile(r".+-\d{8}T\d{6}Z\.json: ")
# How a whole file ends: by a tag, or anyhow, but not empty.
_ENDS = {".html": b"</html>", ".md": b""}


def file_of(folder: Path, page: Page) -> Path:
    """The page's JSON; HTML and Markdown have the same name."""
    return folder / f"{page.target}-{page.period}-{page.made:%Y%m%dT%H%M%SZ}.json"


def read_pages(folder: Path, target: str, period: Period) -> Pages:
    """The pages of a target.

    Raises:
        Unreachable, Denied: the folder does not exist or may not be read.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.match(f"{target}-{period}-*.json"))
    except PermissionError:
        raise Denied(f"{SERVICE}: expected to be allowed to read {folder}", service=SERVICE) from None
    except OSError as error:
        raise Unreachable(
            f"{SERVICE}: expected the folder {folder.name}, which is not there ({error.strerror})",
            service=SERVICE,
            hint="Write the first page with `python -m playbook handoff --weekly`, or mend people.handoffs.",
        ) from None
    kept: list[Kept] = []
    damaged: list[str] = []
    for file in files:
        try:
            page = msgspec.json.decode(file.read_bytes(), type=Page)
        except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
            damaged.append(f"{file.name}: {str(error).replace('`', '')}")
            continue
        if page.schema != SCHEMA or (page.target, page.period) != (target, period):
            damaged.append(f"{file.name}: no {period} page of {target} in form {SCHEMA}")
            continue
        lacking = [suffix for suffix in _ENDS if not _is_whole(file.with_suffix(suffix))]
        kept.append(Kept(page, file, tuple(lacking)))
    kept.sort(key=lambda each: each.page.made)
    return Pages(tuple(kept), tuple(damaged))


def _is_whole(file: Path) -> bool:
    try:
        content = file.read_bytes().rstrip()
    except OSError:
        return False
    return bool(content) and content.endswith(_ENDS[file.suffix])
