"""Items of somebody's own checks: made of a test, or written down in a catalogue file of their own."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from playbook.catalogue import HEADING, Catalogue, Item, read_catalogue, shipped
from playbook.errors import UsageError
from playbook.sections.catalogue import OwnCatalogue
from playbook.settings import Settings

# What stands between the set and the name in the id of an item that is made of a test.
_LOCAL = "local"
# ``Why: …``, ``*Why*: …``, ``**Why:** …``; its text follows on the line, or indented below it.
_SECTION = re.compile(
    r"^\**(?P<name>Why|Next|Look again)(?:\**:|:\**)(?:[ \t]+(?P<text>\S.*)|[ \t]*)"
    r"(?P<more>(?:\n(?!\**(?:Why|Next|Look again)(?:\**:|:\**)(?:\s|$))[ \t]*\S.*)*)$",
    re.MULTILINE,
)
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SENTENCE_END = re.compile(r"(?<=\.)\s")


def is_made_of_test(item: str) -> bool:
    """Whether an id is that of an item made of a test, which need stand in no catalogue."""
    return item.split(".")[1:2] == [_LOCAL]


def item_of_test(
    *,
    path: str,
    name: str,
    parameters: str,
    doc: str,
    set_name: str,
    classes: Sequence[str] = (),
    told_apart: bool = False,
) -> Item:
    """The item of a check that names none: id and title from its name, the rest from its docstring.

        def test_cart_answers(httpx_client):
            \"\"\"The shop's cart answers.

            Why: without it nothing is sold.
            Next: restart the shop.
            Look again: `curl -sI $URL/cart`
            \"\"\"

    Args:
        path: of its file, from the root; the folders checks/ and local/ and the word ``test_`` add nothing.
        parameters: the id of its parameters; empty where it has none.
        set_name: the marker of the set it belongs to.
        classes: the test classes that it stands in, outermost first.
        told_apart: the letters and digits of its parameters are those of another one's (``/en`` and ``/en/``), so
            a few digits of a digest follow them.
    """
    words = _in_words(name.removeprefix("test_"))
    groups = [_in_words(each.removeprefix("Test")) or each for each in classes]
    own = path.removeprefix("checks/").removeprefix("local/")
    parts = [part.removeprefix("test_") for part in Path(own).with_suffix("").parts]
    digest = hashlib.sha256(parameters.encode(errors="replace")).hexdigest()[:6] if told_apart else ""
    names = [slug(part) for part in (*parts, *groups, words)] + [slug(f"{parameters} {digest}")]
    sections = {found["name"]: _text(found) for found in _SECTION.finditer(doc)}
    title = ": ".join((*groups, words))
    again = sections.get("Look again", "")
    return Item(
        id=".".join((set_name, _LOCAL, *filter(None, names))),
        title=title[:1].upper() + title[1:] + (f" ({parameters})" if parameters else ""),
        holds=" ".join(_SECTION.sub("", doc).strip().partition("\n\n")[0].split()),
        why=" ".join(sections.get("Why", "").split()),
        next_step=" ".join(sections.get("Next", "").split()),
        look_again="\n".join(line.strip().strip("`") for line in again.splitlines()),
    )


def slug(text: str) -> str:
    """Letters and digits of a name, as they stand in ids."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def first_sentence(text: str) -> str:
    """The rule of a check: the first sentence of its docstring, as one line."""
    return _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]


def _in_words(name: str) -> str:
    """``test_cart_answers`` and ``TestCartAnswers`` in words; ``HTTPClient`` stays as it is."""
    return _NEW_WORD.sub(" ", name).replace("_", " ").strip()


def _text(found: re.Match[str]) -> str:
    """Of a section: what stands on its line continues below it; what begins below it keeps its lines."""
    more = textwrap.dedent(found["more"].removeprefix("\n"))
    if found["text"]:
        return " ".join([found["text"], *more.split()])
    return more.strip()


# ---------------------------------------------------------------------------------------- a catalogue of one's own

_ANY_HEADING = re.compile(r"^###(?!#).*$", re.MULTILINE)


def catalogue_of(settings: Settings) -> Catalogue:
    """The suite's catalogue with the items of the files that ``[catalogue] own`` names.

    A file with a mistake counts as a whole for none; what is wrong with it stands in ``unread``.
    """
    whole = shipped()
    items, unread = dict(whole.items), {}
    for name in settings.catalogue.own:
        file = root_of(settings) / Path(name).expanduser()
        if name == OwnCatalogue().own[0] and not file.exists():
            continue
        try:
            items |= _read_own(file, name, items)
        except UsageError as error:
            unread[name] = str(error).replace(str(file), name, 1)
    return Catalogue(items, whole.not_built, frozenset(items.keys() - whole.items.keys()), unread)


def _read_own(file: Path, name: str, known: Mapping[str, Item]) -> Mapping[str, Item]:
    found = read_catalogue(file).items
    text = file.read_text(encoding="utf-8")
    for heading in _ANY_HEADING.finditer(text):
        where = f"{file}:{text.count(chr(10), 0, heading.start()) + 1}"
        item = HEADING.match(heading[0])
        if item is None or "." not in item["id"].strip("."):
            raise UsageError(
                f"{where}: expected a heading such as '### `daily.shop.cart` The cart answers', got {heading[0]!r}"
            )
        if item["id"] in known:
            raise UsageError(f"{where}: {item['id']} stands in another catalogue already")
    return found


def root_of(settings: Settings) -> Path:
    """The folder that relative paths of the settings start from: that of playbook.toml."""
    if settings.file:
        return settings.file.parent.resolve()
    return settings.root or Path.cwd()
