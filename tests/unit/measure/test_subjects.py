"""A subject has the same name in all folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import ROOT

SUBJECTS = {path.name for path in (ROOT / "playbook" / "measure").iterdir() if (path / "__init__.py").is_file()}
# Faults of shared dependencies of several subjects.
SHARED = {"network", "scopes", "services"}


def names_in(folder: str) -> set[str]:
    """Names of the packages and modules of a folder."""
    entries = Path(ROOT, folder).iterdir()
    return {path.stem for path in entries if path.stem[0] not in "_." and path.suffix in {"", ".py"}}


def test_each_subject_has_a_folder_of_checks():
    """Custom checks are in a folder beside them."""
    assert names_in("checks") - {"local"} == SUBJECTS


@pytest.mark.parametrize(
    ("folder", "besides"),
    [("sandbox/faults", SHARED), ("tests/checks/expectations", SHARED | {"phrases"})],
)
def test_faults_and_expectations_are_grouped_by_subject(folder, besides):
    """Shared ones have files of their own."""
    assert names_in(folder) == SUBJECTS | besides


def test_services_of_the_sandbox_are_grouped_by_subject():
    """Beside the world, the faults, and what all services share."""
    packages = {path.parent.name for path in Path(ROOT, "sandbox").glob("*/__init__.py")}
    assert packages - {"world", "faults", "serving"} <= SUBJECTS


def test_unit_tests_of_measurements_are_grouped_by_subject():
    """Tests of no single subject are beside the folders."""
    folder = ROOT / "tests" / "unit" / "measure"
    assert {path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "_"} == SUBJECTS
