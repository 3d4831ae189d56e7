"""What a release says: the section of the changelog, for a tag that is the version."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_SPEC = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
release = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(release)

PACKAGE = '"""The package."""\n\n__version__ = "1.2.3"\n'
CHANGELOG = """# Changelog

## Unreleased

- Not yet.

## 1.2.3 (2026-12-01)

- One thing.
- And
  another.

## 1.2.2 (2026-11-01)

- Before.
"""


def test_release_notes_are_section_of_tag():
    """Neither what is not released nor what was before."""
    assert release.notes_of("v1.2.3", PACKAGE, CHANGELOG) == "- One thing.\n- And\n  another.\n"


@pytest.mark.parametrize(
    ("tag", "package", "changelog", "reason"),
    [
        ("v1.2", PACKAGE, CHANGELOG, "expected a tag such as v1.2.3, got 'v1.2'"),
        ("v1.2.4", PACKAGE, CHANGELOG, "expected __version__ of playbook/__init__.py to be 1.2.4, got 1.2.3"),
        ("v1.2.3", "", CHANGELOG, "expected __version__ of playbook/__init__.py to be 1.2.3, got none"),
        (
            "v1.2.3",
            PACKAGE,
            CHANGELOG.replace("1.2.3 (2026-12-01)", "1.2.3"),
            "expected the section 1.2.3 of CHANGELOG.md to have its date, got none",
        ),
        (
            "v1.2.3",
            PACKAGE,
            "## 1.2.3 (2026-12-01)\n\n## 1.2.2 (2026-11-01)\n",
            "expected the section 1.2.3 of CHANGELOG.md to say something, got nothing",
        ),
        ("v1.2.3", PACKAGE, "# Changelog\n", "expected a section ## 1.2.3 (DATE) in CHANGELOG.md, got none"),
    ],
)
def test_missing_release_section_is_one_sentence(tag, package, changelog, reason):
    """In one sentence, before anything is built."""
    with pytest.raises(release.NoRelease) as told:
        release.notes_of(tag, package, changelog)
    assert str(told.value) == reason


def test_release_command_fails_without_output_file(tmp_path, capsys):
    """The workflow stops at its first step."""
    assert release.main(["v0.0.0", "--notes", str(tmp_path / "notes.md")]) == 1
    assert capsys.readouterr().err.startswith("no release: expected __version__ of playbook/__init__.py")
    assert not list(tmp_path.iterdir())
