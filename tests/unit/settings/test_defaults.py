"""playbook/defaults.toml contains every setting, with its default and an explanation."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from playbook.settings.files import DEFAULTS
from playbook.settings.model import Settings
from playbook.settings.sections.target import Target

TEXT = DEFAULTS.read_text(encoding="utf-8")
# A commented-out setting has no space after its #; prose has one.
EXAMPLES = [line[1:] for line in TEXT.splitlines() if re.match(r"#(\[|\w+ = )", line)]
SHOWN = tomllib.loads("\n".join(EXAMPLES))["targets"]["NAME"]
SET = tomllib.loads(TEXT)
NOT_SETTINGS = {"target", "file", "sources", "guarded"}
# Maps with the user's own names, and PromQL and limits, whose only defaults are those in the file.
OWN_NAMES = {"limits", "queries"}


def fields(kind: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting by its dotted path, with its default in TOML; None where it has none."""
    for field in msgspec.structs.fields(kind):
        here = f"{path}.{field.name}".lstrip(".")
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            if here not in NOT_SETTINGS | OWN_NAMES:
                yield from fields(field.type, here)
        elif here not in NOT_SETTINGS:
            default = field.default
            if default is msgspec.NODEFAULT:
                factory = field.default_factory
                default = None if factory is msgspec.NODEFAULT else factory()
            yield here, msgspec.to_builtins(default) if default is not None else None


def at(table: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for key in path.split("."):
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


@pytest.mark.parametrize(("path", "default"), [pair for pair in fields(Target) if pair[0] not in {"name", "kind"}])
def test_every_target_setting_is_shown_with_its_default(path, default):
    """Below [targets.NAME], commented out."""
    shown = at(SHOWN, path)
    assert shown is not None, f"defaults.toml does not show targets.NAME.{path}"
    if default is not None:
        assert shown == (list(default) if isinstance(default, tuple) else default)


@pytest.mark.parametrize(("path", "default"), [pair for pair in fields(Settings) if "." in pair[0]])
def test_every_other_setting_is_set_or_shown(path, default):
    """The file's value is the default; where it has none, an example is below [targets.NAME]."""
    assert at(SET, path) is not None or at(SHOWN, path) is not None, f"defaults.toml has no {path}"


def test_every_shown_setting_exists_and_is_explained():
    """Nothing is outdated, and each has a short explanation; where there is no default it says so."""
    known = dict(fields(Target)) | dict(fields(Settings))
    table = ""
    for line in EXAMPLES:
        if line.startswith("["):
            table = line.strip("[]").removeprefix("targets.NAME").removeprefix(".")
            continue
        path = f"{table}.{line.partition(' = ')[0]}".removeprefix(".")
        assert path in known, f"{path} is shown and is no setting"
        explanation = line.rpartition(" # ")[2]
        assert len(explanation) > 5, path
        assert explanation.startswith("not set") == (known[path] is None), path
