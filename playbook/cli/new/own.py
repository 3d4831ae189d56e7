"""A check of one's own: a plain test below checks/, whose docstring is its entry in the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

from playbook.cli.new.plan import FILL_IN, require_item
from playbook.core.catalogue import shipped
from playbook.core.engine import REGISTRY
from playbook.core.errors import UsageError
from playbook.core.own_items import item_of_test
from playbook.core.places import OWN, is_checkout
from playbook.core.suggestions import did_you_mean
from playbook.core.verdict import EXIT_OK
from playbook.run.run import load_providers

Say = Callable[[str], None]


def new_own_check(item: str, root: Path, say: Say, *, measurement: str = "") -> int:
    """Write a check of one's own: ``daily.shop.answers`` is ``test_answers`` in ``checks/test_shop.py``.

    In a checkout of the suite it is in ``checks/local``. A file that is there already gets one more function.

    Args:
        measurement: what it judges; empty for one that asks the website by itself.

    Raises:
        UsageError: the item is none, or the file has such a function already.
    """
    require_item(item, {known.set for known in shipped().items.values()})
    set_name, *words = item.split(".")
    words = words[1:] if words[0] == "local" else words
    if len(words) < 2:
        raise UsageError(f"new: expected a set, a subject and a name, such as daily.shop.answers, got {item!r}")
    subject, name = _python(words[0]), _python("_".join(words[1:]))
    file = Path("checks", *([OWN] if is_checkout(root) else []), f"test_{subject}.py")
    function = f"test_{name}"
    there = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
    if any(isinstance(node, ast.FunctionDef) and node.name == function for node in ast.walk(ast.parse(there))):
        raise UsageError(f"new: {file} has a check {function} already; choose another ITEM")
    if measurement:
        load_providers()
        if measurement not in REGISTRY:
            close = did_you_mean(measurement, REGISTRY)
            raise UsageError(f"new: expected a measurement that is there, got {measurement!r}{close}")
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(_text(there, set_name, function, subject, measurement), encoding="utf-8")
    made = item_of_test(path=file.as_posix(), name=function, parameters="", doc="", set_name=set_name)
    say(f"{file}: the check {function}, whose item is {made.id}")
    say(f"Fill in what is marked {FILL_IN}, then run it: pytest {file}::{function}")
    return EXIT_OK


def _text(there: str, set_name: str, function: str, subject: str, measurement: str) -> str:
    if not there:
        title = subject.replace("_", " ").capitalize()
        there = f'"""{title}: {FILL_IN}: what these checks look at."""\n\nimport pytest\n'
    elif not re.search(r"^import pytest$", there, re.MULTILINE):
        there = _with_pytest(there)
    asked = f"{measurement}, limits, judge" if measurement else "httpx_client"
    how = (
        f"judge({measurement}.FIGURE, limits.LIMIT), or judge.that(HOLDS, ...)"
        if measurement
        else 'assert httpx_client.get("/path").status_code == 200'
    )
    return f'''{there.rstrip()}


@pytest.mark.{set_name}
def {function}({asked}):
    """{FILL_IN}: what must hold, in one sentence.

    Why: {FILL_IN}: what goes wrong, and for whom, when it does not hold.
    Next: {FILL_IN}: what to do first.
    Look again: `{FILL_IN}: a command that shows the same by hand`
    Audience: team
    """
    # For instance: {how}
    raise NotImplementedError("{FILL_IN}: check what must hold, as the comment above shows")
'''


def _with_pytest(source: str) -> str:
    """With the import behind the docstring and what comes from ``__future__``."""
    lines = source.splitlines()
    at = 0
    for node in ast.parse(source).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            at = node.end_lineno or 0
    lines[at:at] = ["", "import pytest"] if at else ["import pytest", ""]
    return "\n".join(lines) + "\n"


def _python(name: str) -> str:
    return name.replace("-", "_")
