"""The command: it decides on names, makes every text, and only then writes, so that a mistake leaves nothing."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from playbook.cli.new import inserting, texts
from playbook.cli.new.own import new_own_check
from playbook.cli.new.plan import FILL_IN, Plan, make_plan
from playbook.cli.where import CATALOGUE, file_of_module
from playbook.core.errors import UsageError
from playbook.core.own_items import is_made_of_test
from playbook.core.places import is_checkout
from playbook.core.verdict import EXIT_OK

Say = Callable[[str], None]


class Edit(NamedTuple):
    """The new text of a file; ``adds`` says what was added to it."""

    file: Path
    text: str
    adds: str


def add_parser(commands: Any, say: Say) -> None:
    """The command line of ``new``."""
    parser = commands.add_parser(
        "new",
        help="write the skeleton of a check with its proofs; it fails until it is filled in",
        description="Write the skeleton of a check with its proofs: its entry in the catalogue, the check, a "
        "measurement with its unit test where it is new, a fault, and what is expected under it. Each gap is "
        f"marked with {FILL_IN}, and fails until it is filled in. Nothing is ever overwritten. Outside of a "
        "checkout, and for an item such as daily.local.shop.answers, it writes a check of your own into checks/.",
    )
    parser.add_argument("item", metavar="ITEM", help="the id of the new item, such as daily.redis.clients")
    parser.add_argument("--measurement", metavar="NAME", default="", help="existing measurement to judge")
    parser.add_argument("--client", metavar="NAME", default="", help="client of a new measurement, such as redis")
    parser.add_argument("--subject", metavar="NAME", default="", help="where it belongs, such as redis or web")
    parser.add_argument(
        "--fault", metavar="NAME", default="", help="fault under which the check fails, existing or new"
    )
    parser.add_argument(
        "--gone", metavar="NAME", default="", help="fault that makes the measured service unavailable"
    )
    parser.set_defaults(command=lambda options: run_new(options, Path.cwd(), say))


def run_new(options: argparse.Namespace, root: Path, say: Say) -> int:
    """Write the skeleton, and say which files there are to fill in and how to prove the check.

    Raises:
        UsageError: the item is there already, or a name is none; nothing is written then.
    """
    chosen = {name: getattr(options, name) for name in ("measurement", "client", "subject", "fault", "gone")}
    if not is_checkout(root) or is_made_of_test(options.item):
        option = next((name for name, value in chosen.items() if value and name != "measurement"), "")
        if option:
            raise UsageError(
                f"new: --{option} is for a check of the suite in its checkout, not for one of your own"
            )
        return new_own_check(options.item, root, say, measurement=chosen["measurement"])
    plan = make_plan(options.item, root, **chosen)
    edits = planned_edits(plan, root)
    for edit in edits:
        (root / edit.file).parent.mkdir(parents=True, exist_ok=True)
        (root / edit.file).write_text(edit.text, encoding="utf-8")
    _format([edit.file for edit in edits if edit.file.suffix == ".py"], root, say)
    for edit in edits:
        say(f"{edit.file}: {edit.adds}")
    say(f"Fill in what is marked {FILL_IN} in these {len(edits)} files, then prove it:")
    say(f"  {proving_command(plan)}")
    say("  make lint types")
    return EXIT_OK


def proving_command(plan: Plan) -> str:
    """What runs the new proofs: healthy, its fault, and each fault that takes away what its neighbours measure.

    A new measurement may send a request that SECURITY.md does not list, so its table is compared as well.
    """
    healthy = f"(healthy and {plan.item.partition('.')[0]})"
    chosen = dict.fromkeys(
        ("filled_in", plan.item, plan.measured.name, healthy, plan.fault, plan.gone, *plan.also_gone)
    )
    if plan.clients:
        chosen["security_table"] = None
    return f'.venv/bin/pytest tests/unit tests/checks -k "{" or ".join(chosen)}"'


def planned_edits(plan: Plan, root: Path) -> list[Edit]:
    """Every file of the skeleton with its new text: four, or three with a fault that is there already, and two
    more for a new measurement.

    Raises:
        UsageError: a file that has to be new is there already.
    """
    name, subject = plan.measured.name, plan.subject
    catalogue = _read(root / CATALOGUE)
    edits = [
        Edit(CATALOGUE, inserting.with_entry(catalogue, plan.item, texts.catalogue_entry(plan)), "the item"),
    ]
    imports = [
        f"from {plan.measured.module} import {plan.measured.annotation}",
        "from playbook.settings.sections.limits import Limits",
        "from playbook.core.judge import Judge",
    ]
    checks = inserting.with_types(_read(root / plan.file), imports) + texts.check(plan)
    edits.append(Edit(plan.file, checks, f"the check {plan.check}"))
    if plan.clients:
        measure = file_of_module(plan.measured.module)
        test = Path(f"tests/unit/measure/{subject}/test_{name}.py")
        for file in (measure, test):
            if (root / file).exists():
                raise UsageError(f"new: {file} is there already; choose another ITEM, or give --measurement")
        edits.append(Edit(measure, texts.measurement(plan, plan.clients), f"the measurement {name}"))
        edits.append(Edit(test, texts.unit_test(plan), "its unit tests"))
    if plan.fault_is_new:
        faults = Path(f"sandbox/faults/{subject}.py")
        edits.append(Edit(faults, _read(root / faults) + texts.fault(plan), f"the fault {plan.fault}"))
    stated = Path(f"tests/checks/expectations/{subject}.py")
    text = inserting.with_expected(_read(root / stated), plan.fault, texts.expected_bad(plan))
    gone = dict.fromkeys((plan.gone, *plan.also_gone))
    for fault in gone:
        text = inserting.with_expected(text, fault, texts.expected_unknown(plan))
    edits.append(Edit(stated, text, f"what it says under {', '.join([plan.fault, *gone])}"))
    return edits


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _format(files: list[Path], root: Path, say: Say) -> None:
    """Sort imports and wrap lines as `make lint` wants them."""
    if importlib.util.find_spec("ruff") is None:
        say("ruff is not installed here, so the new lines may have to be wrapped: `make lint` installs it.")
        return
    ruff = [sys.executable, "-m", "ruff"]
    for words in (["check", "--select", "I,F401", "--fix"], ["format"]):
        subprocess.run(
            [*ruff, *words, "--quiet", "--no-cache", *map(str, files)], cwd=root, check=False, timeout=60
        )
