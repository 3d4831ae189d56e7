"""The tables of SECURITY.md, as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

SECURITY = Path(__file__).resolve().parents[1] / "SECURITY.md"
READS = "request"
DRILLS = "request in a drill"
_ROW = re.compile(r"^\| (?P<system>[^|]+?) \| `(?P<request>[^`]+)` \| (?P<purpose>[^|]+) \|$")
_HEAD = re.compile(r"^\| system \| (?P<kind>[^|]+?) \|")


class Row(NamedTuple):
    """One line: a system, what is asked of it, and what for."""

    system: str
    request: str
    purpose: str


def lines_of(kind: str) -> list[Row]:
    """The lines of every table with this second column: ``request``, ``command`` or ``request in a drill``."""
    found, current = [], ""
    for line in SECURITY.read_text(encoding="utf-8").splitlines():
        head, row = _HEAD.match(line), _ROW.match(line)
        if head:
            current = head["kind"]
        elif row and current == kind and row["system"] not in _ELSEWHERE:
            found.append(Row(**row.groupdict()))
    return found


def lines_of_system(system: str) -> list[Row]:
    """The lines of one system, in whatever table."""
    rows = (_ROW.match(line) for line in SECURITY.read_text(encoding="utf-8").splitlines())
    return [Row(**row.groupdict()) for row in rows if row and row["system"] == system]


def path_matches(pattern: str, request: str) -> bool:
    """``GET /v2/apps/{id}`` matches ``GET /v2/apps/4711``."""
    parts = re.split(r"\{\w+\}", pattern)
    return re.fullmatch(r"[^/]+".join(map(re.escape, parts)), request) is not None


def scopes() -> set[str]:
    """Of the token for DigitalOcean."""
    words = _section("The token for DigitalOcean").strip().rpartition("\n\n")[2]
    return set(re.findall(r"`([a-z_]+:[a-z]+)`", words))


def acl_line() -> str:
    """The line for ``users.acl``."""
    found = re.search(r"^user playbook .+$", SECURITY.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found[0]


# Of systems that the sandbox does not have; other tests hold their lines.
_ELSEWHERE = frozenset({"Object storage", "GitHub issues", "DigitalOcean log texts"})


def _section(heading: str) -> str:
    text = SECURITY.read_text(encoding="utf-8")
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
