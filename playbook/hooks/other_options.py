"""Options of pytest and of the plugins that the suite uses, where a wrong value ends a run without a verdict.

They take these values as they are and raise when they use them: as an internal error, when the run has begun or
before. So each is tried before anything begins, and a mistake is one sentence.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import Any

import pytest
from _pytest.mark.expression import Expression  # the parser of -m and -k; pytest has no public one

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean
from playbook.core.whole_file import reason_of

_PLUGINS = {"metadata": "pytest-html writes a page of each run with it"}
# Read by pytest-timeout where neither the option nor a mark says anything.
_TIMEOUT_VARIABLE = "PYTEST_TIMEOUT"
_LINE = logging.LogRecord("name", logging.INFO, "file.py", 1, "message", None, None)


def check_others(config: pytest.Config) -> None:
    """Try every option whose wrong value would be found out too late.

    Raises:
        UsageError: one of them cannot be used, with its name, what it takes, and what it was given.
    """
    for plugin, why in _PLUGINS.items():
        if config.pluginmanager.has_plugin("html") and not config.pluginmanager.has_plugin(plugin):
            raise UsageError(f"-p no:{plugin}: this plugin is needed: {why} (-p no:html leaves out both)")
    for name, value, usable in (*_numbers(config), *_words(config)):
        if value not in (None, "") and not usable.of(value):
            raise UsageError(f"{name}: expected {usable.words}, got {str(value)!r}")
    _check_log_file(config)
    _check_metadata(config)


def check_expressions(config: pytest.Config) -> None:
    """Try ``-m`` and ``-k``, which only the workers use: their mistake would be an internal error here.

    Raises:
        UsageError: one of them is not understood, or ``-m`` has a name that is no marker.
    """
    for name, given in (("-m", config.option.markexpr), ("-k", config.option.keyword)):
        try:
            found = Expression.compile(given or "")
        except SyntaxError as error:
            words = "names with and, or, not and brackets"
            raise UsageError(f"{name}: expected {words}, got {given!r} ({error.msg})") from None
        if name == "-m" and (_ini(config, "strict_markers") or _ini(config, "strict")):
            known = {re.split("[:(]", line, maxsplit=1)[0].strip() for line in config.getini("markers")}
            for unknown in sorted(found.idents() - known):
                close = did_you_mean(unknown, known)
                raise UsageError(f"-m: expected a marker (pytest --markers lists them), got {unknown!r}{close}")


class _Usable:
    """A kind of value, in words, and whether a text is one: ``convert`` returns what it holds, or raises."""

    def __init__(self, words: str, convert: Callable[[Any], object]) -> None:
        self.words, self._convert = words, convert

    def of(self, value: Any) -> bool:
        try:
            return self._convert(value) is not False
        except (TypeError, ValueError, KeyError, OverflowError):
            return False


_SECONDS = _Usable("a number of seconds", lambda value: math.isfinite(float(value)) and float(value) < TIMEOUT_MAX)
_WHOLE = _Usable("a whole number", int)
_COUNT = _Usable("a whole number, 0 or more", lambda value: int(value) >= 0)
_METHOD = _Usable("signal or thread", lambda value: value in {"signal", "thread"})
_FORMAT = _Usable(
    "a format of Python's logging, such as %(message)s",
    lambda value: logging.Formatter(value).format(_LINE),
)

_Given = Iterator[tuple[str, Any, _Usable]]


def _numbers(config: pytest.Config) -> _Given:
    for name in ("timeout", "session_timeout", "faulthandler_timeout"):
        yield f"--{name.replace('_', '-')}", config.getoption(name, None), _SECONDS
        yield name, _ini(config, name), _SECONDS
    if (seconds := os.environ.get(_TIMEOUT_VARIABLE)) is not None:
        yield f"${_TIMEOUT_VARIABLE}", seconds or "nothing", _SECONDS
    yield "tmp_path_retention_count", _number(_ini(config, "tmp_path_retention_count")), _COUNT
    yield "max_warnings", _number(_ini(config, "max_warnings")), _WHOLE
    yield "max_asset_filename_length", _number(_ini(config, "max_asset_filename_length")), _WHOLE
    yield "--max-worker-restart", _number(config.getoption("maxworkerrestart", None)), _WHOLE


def _number(value: Any) -> Any:
    """A value of an option that has to be a number: an empty one is none."""
    return "nothing" if value == "" else value


def _words(config: pytest.Config) -> _Given:
    yield "timeout_method", _ini(config, "timeout_method"), _METHOD
    for name in ("log_format", "log_cli_format", "log_file_format"):
        yield f"--{name.replace('_', '-')}", config.getoption(name, None), _FORMAT
        yield name, _ini(config, name), _FORMAT


def _ini(config: pytest.Config, name: str) -> Any:
    """A value of the configuration file or of ``-o``; None where no plugin knows that name."""
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None


def _check_log_file(config: pytest.Config) -> None:
    asked = config.getoption("log_file", None) or _ini(config, "log_file")
    if not asked:
        return
    file = Path(asked).absolute()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a"):
            pass
    except OSError as error:
        raise UsageError(f"--log-file: cannot write to {file}: {reason_of(error)}") from None


def _check_metadata(config: pytest.Config) -> None:
    """Both options of pytest-metadata take an object."""
    given = config.getoption("metadata_from_json", None)
    file = config.getoption("metadata_from_json_file", None)
    sources: list[tuple[str, Callable[[], str]]] = []
    if given is not None:
        sources.append(("--metadata-from-json", lambda: str(given)))
    if file:
        sources.append(("--metadata-from-json-file", lambda: Path(file).read_text(encoding="utf-8")))
    for name, text in sources:
        try:
            value = json.loads(text())
        except OSError as error:
            raise UsageError(f"{name}: {file} cannot be read: {reason_of(error)}") from None
        except ValueError as error:
            raise UsageError(f"{name}: expected JSON, got a text that is none: {error}") from None
        if not isinstance(value, dict):
            raise UsageError(f"{name}: expected a JSON object of names and values, got {type(value).__name__}")
