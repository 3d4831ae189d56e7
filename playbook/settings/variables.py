"""Environment variables in the settings: which texts are secrets, and replacement of ``${NAME}``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from playbook.settings.sections.incidents import PLAIN

VARIABLE = re.compile(r"\$\{([A-Z0-9_]+(?:\|[A-Z0-9_]+)*)\}")
# Those of shells, of Windows, of GitHub Actions and of templates.
_MEANT = re.compile(r"\$\{|\{\{|^\$[A-Z_][A-Z0-9_]*$|^%[A-Z_][A-Z0-9_]*%$")
_SECRET_KEYS = frozenset({"token", "password", "access_key", "secret_key"})
_SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIALS|(?:API|ACCESS|SECRET|PRIVATE)_?KEY)$"
)
_MIN_SECRET = 8
NOTIFICATIONS = "notifications"
_TABLES = (dict, Mapping)  # what is a dict needs no look at the abstract class, which takes ten times as long
_IN_A_LIST = re.compile(r"\.\d+$")


def is_secret(path: str) -> bool:
    if path.startswith(f"{NOTIFICATIONS}."):
        return _IN_A_LIST.sub("", path) not in PLAIN
    return path.rpartition(".")[2] in _SECRET_KEYS or path.endswith(".redis.url")


def holds_secret(variable: str, text: str) -> bool:
    """Whether an environment variable that no setting names holds a secret, by its name; a project's own checks
    may use it.
    """
    return bool(_SECRET_VARIABLE.search(variable)) and len(text) >= _MIN_SECRET and text[0] != "/"


def from_variable(source: str) -> str:
    """The variable that a value came from, in words; empty for a literal."""
    variables = VARIABLE.findall(source)
    return f" (from {' or '.join('$' + name for name in variables[0].split('|'))})" if variables else ""


def looks_like_variable(text: str) -> bool:
    """Whether a text was meant to hold a variable, in another form: ``${name}``, ``$NAME`` or ``%NAME%``."""
    return bool(_MEANT.search(VARIABLE.sub("", text)))


def texts_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, _TABLES):
        for key, inner in value.items():
            yield from texts_in(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts_in(inner, f"{path}.{number}")


def interpolate(value: Any, environment: Mapping[str, str]) -> Any:
    """Replace ``${NAME}``; a text with an unset variable becomes None, which is 'not configured'."""
    if isinstance(value, str):
        return _filled(value, environment) if "${" in value else value
    if isinstance(value, _TABLES):
        filled = ((key, interpolate(inner, environment)) for key, inner in value.items())
        return {key: inner for key, inner in filled if inner is not None}
    if isinstance(value, list):
        return [inner for inner in (interpolate(item, environment) for item in value) if inner is not None]
    return value


def _filled(text: str, environment: Mapping[str, str]) -> str | None:
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        for variable in match[1].split("|"):
            if environment.get(variable, "").strip():
                return environment[variable].strip()
        missing = True
        return ""

    filled = VARIABLE.sub(fill, text)
    return None if missing else filled
