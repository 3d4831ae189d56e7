"""Every message of every verdict of every item, to be read: ``make messages``, or ``python -m tests.messages``.

What is OK comes from a run of all sets on a healthy sandbox. All other verdicts come from what the fault matrix
expects: it holds each of those patterns to what the check really says under its fault, so that an example of the
pattern is what an operator reads, but for its figures. What no fault shows comes from the sources: the texts of
checks, measurements and clients, with their places left open.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from playbook.core.catalogue import read_catalogue
from playbook.core.places import ROOT
from playbook.core.record import Results
from playbook.core.verdict import Verdict
from tests.checks.expectations import EXPECTATIONS
from tests.wording import mistakes_in

_PARSER: Any = re._parser  # type: ignore[attr-defined]
_LETTERS = "abcdefghij"
_SOURCES = ("checks", "playbook/measure", "playbook/clients", "playbook/readers", "playbook/history/people")
_SAID = frozenset({"expected", "found", "got", "hint", "words", "subject", "message"})


class Example(NamedTuple):
    """One message as it may be read."""

    item: str
    verdict: str
    fault: str
    message: str


def expected_examples() -> Iterator[Example]:
    """One for each item under each fault that makes it say something."""
    for fault, items in sorted(EXPECTATIONS.items()):
        for item, (verdict, pattern) in sorted(items.items()):
            yield Example(item, verdict.removeprefix("OK or "), fault, example_of(pattern))


def example_of(pattern: str) -> str:
    """A text that matches a regular expression; the same each time."""
    chance = random.Random(pattern)
    groups: dict[int, str] = {}
    text = "".join(_parts(_PARSER.parse(pattern), chance, groups))
    assert re.fullmatch(pattern, text), (pattern, text)
    return text


def _parts(parsed: Any, chance: random.Random, groups: dict[int, str]) -> Iterator[str]:
    for kind, value in parsed:
        match str(kind):
            case "LITERAL":
                yield chr(value)
            case "NOT_LITERAL" | "ANY":
                yield "…"
            case "IN":
                yield _one_of(value, chance)
            case "BRANCH":
                yield "".join(_parts(value[1][0], chance, groups))
            case "SUBPATTERN":
                groups[value[0]] = "".join(_parts(value[3], chance, groups))
                yield groups[value[0]]
            case "GROUPREF":
                yield groups[value]
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, what = value
                times = min(max(least, 1), most) if str(what[0][0]) != "SUBPATTERN" else least
                yield from (part for _ in range(int(times)) for part in _parts(what, chance, groups))
            case "AT":
                pass
            case _:
                raise NotImplementedError(kind)


def _one_of(choices: Any, chance: random.Random) -> str:
    kind, value = choices[0]
    if str(kind) == "NEGATE":
        return next(letter for letter in "…xX0" if not _holds(choices[1:], letter))
    if str(kind) == "LITERAL":
        return chr(value)
    if str(kind) == "RANGE":
        return chr(chance.randint(max(value[0], ord("2") if value[0] == ord("0") else 0), value[1]))
    digit = str(chance.randint(2, 9))
    return {"CATEGORY_DIGIT": digit, "CATEGORY_NOT_SPACE": digit, "CATEGORY_SPACE": " "}.get(
        str(value), chance.choice(_LETTERS)
    )


def _holds(choices: Any, letter: str) -> bool:
    return any(
        (str(kind) == "LITERAL" and chr(value) == letter)
        or (str(kind) == "RANGE" and value[0] <= ord(letter) <= value[1])
        for kind, value in choices
    )


class Template(NamedTuple):
    """A text of the sources; ``{…}`` stands where a value comes in."""

    file: str
    line: int
    text: str


@cache
def templates() -> tuple[Template, ...]:
    """What checks, measurements and clients may say, by file and line."""
    found = set()
    for folder in _SOURCES:
        for file in sorted((ROOT / folder).glob("**/*.py")):
            name = file.relative_to(ROOT).as_posix()
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                for text in _texts_of(node):
                    found.add(Template(name, getattr(node, "lineno", 0), text))
    return tuple(sorted(found))


def _texts_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg in _SAID:
                yield from _strings(keyword.value)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name.endswith(("that", "Statement", "Reading", "Row", "Judged", "lacking")):
            yield from (text for argument in node.args for text in _strings(argument))
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
        yield from _strings(node.exc.args[0])
    elif isinstance(node, ast.Return | ast.Yield) and node.value is not None:
        yield from _strings(node.value)


def _strings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
    elif isinstance(node, ast.IfExp | ast.BoolOp):
        choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        yield from (text for choice in choices for text in _strings(choice))
        return
    else:
        return
    if " " in text.strip():
        yield text


def missing(examples: list[Example], healthy: dict[str, str]) -> list[str]:
    """Items and verdicts that no example shows: each must have been OK, bad and UNKNOWN once."""
    shown: dict[str, set[str]] = {}
    for one in examples:
        shown.setdefault(one.item, set()).add(one.verdict)
    found = []
    for item in sorted(read_catalogue().items):
        verdicts = shown.get(item, set())
        if item not in healthy:
            found.append(f"{item}: OK")
        if not verdicts & {Verdict.WARNING, Verdict.CRITICAL}:
            found.append(f"{item}: WARNING or CRITICAL")
        if Verdict.UNKNOWN not in verdicts:
            found.append(f"{item}: UNKNOWN")
    return found


def listed(examples: list[Example], healthy: dict[str, str]) -> Iterator[str]:
    """The list to read, in Markdown; what breaks a rule of ``tests.wording`` has a mark."""
    items = read_catalogue().items
    for item in sorted(items):
        yield f"\n## {item}: {items[item].title}\n"
        if item in healthy:
            yield _line("OK", healthy[item], "")
        told: dict[tuple[str, str], list[str]] = {}
        for one in examples:
            if one.item == item:
                told.setdefault((one.verdict, one.message), []).append(one.fault)
        for (verdict, message), faults in sorted(told.items()):
            yield _line(verdict, message, f" [{', '.join(faults)}]")
    yield "\n## Texts of the sources\n"
    for template in templates():
        yield f"- {template.file}:{template.line}: {template.text}"


def _line(verdict: str, message: str, why: str) -> str:
    wrong = "; ".join(mistakes_in(message))
    return f"- {verdict}: {message}{why}{f' **{wrong}**' if wrong else ''}"


def healthy_messages() -> dict[str, str]:
    """What every item says on a healthy sandbox, load tests included."""
    import os
    import subprocess
    import tempfile

    import msgspec

    from tests.leisure import AT_LEISURE

    found = {}
    for chosen in ("not load", "load"):
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "playbook.toml"  # limits that a busy machine keeps too
            settings.write_text(AT_LEISURE, encoding="utf-8")
            command = [sys.executable, "-m", "pytest", "-m", chosen, "--target", "sandbox", f"--reports={folder}"]
            subprocess.run(
                [*command, "--allow-mutations"],
                cwd=ROOT,
                env=os.environ | {"PLAYBOOK_CONFIG": str(settings)},
                check=False,
                stdout=sys.stderr,
            )
            for file in Path(folder).glob("sandbox-*/results.json"):
                results = msgspec.json.decode(file.read_bytes(), type=Results)
                found |= {r.item: r.message for r in results.records if r.verdict is Verdict.OK}
    return found


def main() -> int:
    """Write the list to standard output; 1 where an item or a verdict is missing, each named."""
    examples, healthy = list(expected_examples()), healthy_messages()
    sys.stdout.write("# Messages\n" + "\n".join(listed(examples, healthy)) + "\n")
    absent = missing(examples, healthy)
    sys.stderr.write("".join(f"missing: {text}\n" for text in absent))
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
