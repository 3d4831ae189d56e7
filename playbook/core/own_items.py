"""Items made from a project's own checks, which no catalogue lists. Pure."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from playbook.core.catalogue import Item, audience_of

# Between set and name in the id of an item made from a test.
_LOCAL = "local"
# ``Why: …``, ``*Why*: …``, ``**Why:** …``; its text follows on the line, or indented below it.
_SECTION = re.compile(
    r"^\**(?P<name>Why|Next|Look again|Audience)(?:\**:|:\**)(?:[ \t]+(?P<text>\S.*)|[ \t]*)"
    r"(?P<more>(?:\n(?!\**(?:Why|Next|Look again|Audience)(?:\**:|:\**)(?:\s|$))[ \t]*\S.*)*)$",
    re.MULTILINE,
)
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SENTENCE_END = re.compile(r"(?<=\.)\s")


def is_made_of_test(item: str) -> bool:
    """Whether the id belongs to an item made from a test, which need not be in a catalogue."""
    return item.split(".")[1:2] == [_LOCAL]


def item_of_test(
    *,
    path: str,
    name: str,
    parameters: str,
    doc: str,
    set_name: str,
    classes: Sequence[str] = (),
    ambiguous: bool = False,
) -> Item:
    """The item of a check without one: id and title from its name, the rest from its docstring.

        def test_cart_answers(httpx_client):
            \"\"\"The shop's cart answers.

            Why: without it nothing is sold.
            Next: restart the shop.
            Look again: `curl -sI $URL/cart`
            Audience: public
            \"\"\"

    Args:
        path: its file's path from the root; the folders checks/ and local/ and the word ``test_`` are omitted.
        parameters: the id of its parameters; empty where it has none.
        set_name: the marker of its set.
        classes: the test classes that contain it, outermost first.
        ambiguous: another check's parameters have the same letters and digits (``/en`` and ``/en/``), so a few
            digits of a digest are appended.

    Raises:
        UsageError: its audience is unknown.
    """
    words = _in_words(name.removeprefix("test_"))
    groups = [_in_words(each.removeprefix("Test")) or each for each in classes]
    own = path.removeprefix("checks/").removeprefix("local/")
    parts = [part.removeprefix("test_") for part in Path(own).with_suffix("").parts]
    digest = hashlib.sha256(parameters.encode(errors="replace")).hexdigest()[:6] if ambiguous else ""
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
        audience=audience_of(" ".join(sections.get("Audience", "").split()), f"{path}: {name}"),
    )


def id_of_file(file: str, set_name: str) -> str:
    """The item that represents a file of checks that could not be read."""
    return item_of_test(path=file, name="file", parameters="", doc="", set_name=set_name).id


def slug(text: str) -> str:
    """Letters and digits of a name, as used in ids."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def first_sentence(text: str) -> str:
    """The rule of a check: the first sentence of its docstring, as one line."""
    return _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]


def _in_words(name: str) -> str:
    """``test_cart_answers`` and ``TestCartAnswers`` in words; ``HTTPClient`` stays as it is."""
    return _NEW_WORD.sub(" ", name).replace("_", " ").strip()


def _text(found: re.Match[str]) -> str:
    """Text of a section: text on its own line continues below it; text that begins below keeps its lines."""
    more = textwrap.dedent(found["more"].removeprefix("\n"))
    if found["text"]:
        return " ".join([found["text"], *more.split()])
    return more.strip()
