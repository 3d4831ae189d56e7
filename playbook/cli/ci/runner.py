"""Communication between a GitHub Actions job and its steps: files whose paths are in the environment.

Outside of Actions these do not exist, and nothing is written.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# GitHub drops a summary of over 1 MiB entirely.
LARGEST_SUMMARY = 1_000_000

_NAME = re.compile(r"[a-z][a-z-]*")


def set_outputs(values: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> None:
    """Set outputs of this step. A value is one line, so that none can forge another output."""
    for name in values:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an output")
    lines = [f"{name}={' '.join(value.split())}\n" for name, value in values.items()]
    _append(environment.get("GITHUB_OUTPUT"), "".join(lines))


def add_summary(text: str, environment: Mapping[str, str] = os.environ) -> None:
    """Markdown for the page of the workflow run, cut at a line end if too large for GitHub."""
    _append(environment.get("GITHUB_STEP_SUMMARY"), cut(text, LARGEST_SUMMARY))


def notice(text: str, kind: str = "notice", title: str = "") -> str:
    """A workflow command that Actions shows as a notice, a warning or an error."""
    named = f" title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}" if title else ""
    return f"::{kind}{named}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


@contextmanager
def no_commands(say: Callable[[str], None], environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Disable workflow commands in what is printed: it may quote a monitored system, which must not control the
    job.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        yield
        return
    word = secrets.token_hex(16)
    say(f"::stop-commands::{word}")
    try:
        yield
    finally:
        say(f"::{word}::")


def cut(text: str, largest: int) -> str:
    """At most ``largest`` bytes of UTF-8 in whole lines, with a last line that says that it was cut."""
    data = text.encode(errors="replace")
    if len(data) <= largest:
        return data.decode()
    note = "\n… cut here; the report holds the rest.\n"
    kept = data[: largest - len(note.encode())].decode(errors="ignore")
    return kept[: max(kept.rfind("\n"), 0)] + note


def _append(file: str | None, text: str) -> None:
    if file and text:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)
