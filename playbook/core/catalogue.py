"""The catalogue, read from docs/playbook.md and docs/runbooks/*.md: what each item means, and what to do on
failure.

The documents are the source, so correcting a sentence there corrects every report.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from playbook.core.audience import Audience
from playbook.core.errors import UsageError
from playbook.core.places import CATALOGUE, RUNBOOKS
from playbook.core.record import Action

# Sets whose sections can be run on their own; the second part of their items' ids is a marker too.
SECTIONED = frozenset({"troubleshooting"})


class Item(msgspec.Struct, frozen=True):
    """One item of the playbook.

    Attributes:
        title: a few words.
        holds: what must hold.
        why: why it matters.
        next_step: what to do first when it does not hold.
        look_again: a command that shows the same by hand.
        sign_off: what to look at before signing, for an item that a person signs; empty otherwise.
        audience: who may read what its check found; the team by default.
    """

    id: str
    title: str
    holds: str
    why: str
    next_step: str
    look_again: str
    sign_off: str = ""
    audience: Audience = Audience.TEAM

    @property
    def set(self) -> str:
        """The cadence it belongs to, e.g. ``daily``."""
        return self.id.partition(".")[0]

    @property
    def markers(self) -> tuple[str, ...]:
        """Markers that select it: its set and, in a set with sections, its section, e.g.
        ``high_response_times``.
        """
        first, _, rest = self.id.partition(".")
        section = rest.partition(".")[0].replace("-", "_")
        return (first, section) if first in SECTIONED else (first,)


class Catalogue(msgspec.Struct, frozen=True):
    """Every item by id.

    Attributes:
        not_built: ids that the playbook lists and that have no check yet.
        own: ids of items from the project's own catalogue files; no set requires them.
        unread: the project's own catalogue files that cannot be read, each with the reason in a sentence.
    """

    items: dict[str, Item]
    not_built: list[str]
    own: frozenset[str] = frozenset()
    unread: dict[str, str] = {}

    def ids_of(self, set_name: str) -> list[str]:
        """Ids of the built items of a set, or of a section that has its own marker."""
        return [i.id for i in self.items.values() if set_name in i.markers and i.id not in self.own]


class Investigation(msgspec.Struct, frozen=True):
    """One step of a runbook: title, the command an operator types, and the measurements that show the same."""

    title: str
    command: str
    measurements: list[str]


class Runbook(msgspec.Struct, frozen=True):
    """A troubleshooting section of the playbook."""

    name: str
    title: str
    steps: list[Investigation]
    actions: list[Action]


_FIELDS = {
    "Holds when": "holds",
    "Matters because": "why",
    "When it does not": "next_step",
    "Look again": "look_again",
}
HEADING = re.compile(r"^### `(?P<id>[a-z0-9._-]+)` (?P<title>.+)$", re.MULTILINE)
_FIELD = re.compile(r"^- \*\*(?P<name>[^*]+)\*\*:? +(?P<text>.+(?:\n {2,}\S.*)*)", re.MULTILINE)
_NOT_BUILT = re.compile(r"^## Not yet built$(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def read_catalogue(file: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue.

    Raises:
        UsageError: an item lacks a field, has an unknown audience, or is defined twice.
    """
    text = _read(file)
    not_built = _NOT_BUILT.search(text)
    ids = re.findall(r"`([a-z0-9._-]+)`", not_built["body"]) if not_built else []
    items: dict[str, Item] = {}
    headings = list(HEADING.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None], strict=False):
        body = text[heading.end() : following.start() if following else len(text)]
        body = body.partition("\n## ")[0]
        found = {field["name"].rstrip(":"): _unwrap(field["text"]) for field in _FIELD.finditer(body)}
        where = f"{file}:{text.count(chr(10), 0, heading.start()) + 1}"
        missing = [name for name in _FIELDS if not found.get(name)]
        if missing:
            raise UsageError(f"{where}: {heading['id']} has no line '- **{missing[0]}** …'")
        if heading["id"] in items:
            raise UsageError(f"{where}: {heading['id']} is defined twice")
        fields = {key: found[name][0].upper() + found[name][1:] for name, key in _FIELDS.items()}
        fields["look_again"] = found["Look again"].strip("`")
        fields["sign_off"] = found.get("To sign off", "")
        audience = audience_of(found.get("Audience", ""), f"{file}: {heading['id']}")
        items[heading["id"]] = Item(id=heading["id"], title=heading["title"].strip(), audience=audience, **fields)
    return Catalogue(items, ids)


def audience_of(word: str, where: str) -> Audience:
    """The audience named by ``word``, the team by default; UsageError for an unknown word."""
    try:
        return Audience(word.strip("`. ").lower() or Audience.TEAM)
    except ValueError:
        raise UsageError(f"{where}: expected the audience public or team, got {word!r}") from None


@cache
def shipped() -> Catalogue:
    """The suite's own catalogue, docs/playbook.md, read once."""
    return read_catalogue()


def is_own(item: str) -> bool:
    """Whether an id belongs to a project's own check, which the suite's catalogue does not list."""
    return item not in shipped().items


_STEP = re.compile(r"^\d+\. \*\*(?P<title>[^*]+)\*\*(?P<rest>.*?)(?=^\d+\. |^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"```\w*\n(?P<code>.*?)```", re.DOTALL)
_MEASURED = re.compile(r"Measured by (?P<names>[^.\n]+)")


def read_runbook(name: str, folder: Path = RUNBOOKS) -> Runbook:
    """Read the sections 'Investigation' and 'Resolution' of ``docs/runbooks/NAME.md``.

    Raises:
        UsageError: the runbook does not exist or lacks one of the sections.
    """
    file = folder / f"{name}.md"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.md")))
        raise UsageError(f"unknown runbook {name!r}: expected one of {known}")
    text = _read(file)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    steps = [
        Investigation(
            title=step["title"].strip().rstrip("."),
            command=_code(step["rest"]),
            measurements=re.findall(r"`(\w+)`", measured["names"])
            if (measured := _MEASURED.search(step["rest"]))
            else [],
        )
        for step in _STEP.finditer(_section(text, "Investigation", file))
    ]
    actions = [
        Action(when=step["title"].strip().rstrip(":."), what=_unwrap(step["rest"].strip(" :\n")))
        for step in _STEP.finditer(_section(text, "Resolution", file))
    ]
    return Runbook(name, title[1].strip() if title else name, steps, actions)


def _section(text: str, heading: str, file: Path) -> str:
    match = re.search(rf"^## {heading}\n(?P<body>.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not match:
        raise UsageError(f"{file} has no section '## {heading}'")
    return match["body"]


def _code(text: str) -> str:
    match = _CODE.search(text)
    if not match:
        return ""
    return "\n".join(line.strip() for line in match["code"].strip().splitlines())


def _unwrap(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).strip()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        got = f"the byte 0x{error.object[error.start]:02x}"
        raise UsageError(f"{file}:{line}: expected text in UTF-8, got {got}") from None
