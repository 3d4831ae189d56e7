"""A skeleton that ``python -m playbook new`` wrote is filled in before it is committed."""

from pathlib import Path

from playbook.cli.new.plan import FILL_IN

ROOT = Path(__file__).resolve().parents[3]
PLACES = ("docs/playbook.md", "checks", "playbook/measure", "sandbox/faults", "tests/checks", "tests/unit/measure")


def test_every_skeleton_is_filled_in():
    """Each gap says in a sentence what goes there."""
    gaps = []
    for place in map(ROOT.joinpath, PLACES):
        for file in [place] if place.is_file() else sorted([*place.rglob("*.py")]):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if FILL_IN in line:
                    gaps.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not gaps, "\n".join(["still to be filled in:", *gaps])
