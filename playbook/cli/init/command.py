"""The command: takes options or asks, validates the new file as ``doctor`` would, and writes it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from playbook.cli.init.answers import Answers, require_address, require_parts, require_queue, require_target
from playbook.cli.init.asking import ask_everything
from playbook.cli.init.floors import fitting_floors
from playbook.cli.init.from_app import ask_digitalocean
from playbook.cli.init.text import playbook_toml
from playbook.core.errors import Unmeasured, UsageError
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN
from playbook.settings.files import CONFIG_VARIABLE, shipped_defaults
from playbook.settings.loading import load
from playbook.settings.sections.parts import PARTS

Say = Callable[[str], None]
Ask = Callable[[str], str]

_FILE = Path("playbook.toml")


def run_init(
    options: argparse.Namespace,
    root: Path,
    say: Say,
    ask: Ask | None,
    *,
    environment: Mapping[str, str] = os.environ,
    today: date | None = None,
) -> int:
    """Write the first playbook.toml of a product; 10 if DigitalOcean could not be asked, with nothing written.

    Args:
        ask: shows a question and returns the answer; None without a terminal.

    Raises:
        UsageError: an option or answer is wrong, or the file exists already.
    """
    file = root / (options.to or _FILE)
    has_options = any((options.from_app, options.url, options.parts, options.without, options.queue))
    if not has_options and ask is None:
        raise UsageError(
            "init: expected --from-app ID or --url ADDRESS, as there is no terminal to ask on (see init --help)"
        )
    may_replace = options.force
    if file.exists() and not may_replace:
        may_replace = (
            not has_options and ask is not None and _agreed(ask, f"{file} is there already. Write over it?")
        )
        if not may_replace:
            raise UsageError(
                f"init: {file} is there already: expected --force to write over it, or --to another file"
            )
    answers = _from_options(options)
    try:
        if answers.app_id:
            answers = ask_digitalocean(answers, environment)
        if not has_options and ask is not None:
            answers = ask_everything(answers, ask, say, lambda known: ask_digitalocean(known, environment))
    except Unmeasured as error:
        say(f"init: {error}; nothing was written")
        return EXIT_UNKNOWN
    if answers.url:
        answers = replace(answers, url=require_address(answers.url))
    defaults = shipped_defaults()["floors"]
    text = playbook_toml(answers, fitting_floors(answers, defaults), today or date.today())  # noqa: DTZ011 - a comment
    _require_readable(text, answers, file, environment)
    _write(file, text, may_replace=may_replace)
    say(f"{file} is written for the target {answers.target}")
    if answers.open:
        say(f"not known yet, so commented out: {', '.join(answers.open)}")
    say(f"next: set the variables that it names, then `playbook doctor --target {answers.target}`")
    return EXIT_OK


def _from_options(options: argparse.Namespace) -> Answers:
    there, absent = require_parts("--with", options.parts), require_parts("--without", options.without)
    queues = tuple(map(require_queue, options.queue))
    answers = Answers(
        target=require_target(options.target),
        kind=options.kind or ("staging" if options.target == "staging" else "production"),
        url=require_address(options.url) if options.url else "",
        parts=frozenset(there).union(("redis", "queue") if queues else ()),
        queues=queues,
        without=absent,
        app_id=(options.from_app or "").strip(),
        selector=options.selector or "",
        endpoint=options.endpoint or "",
        ca=options.ca or "",
    )
    both = sorted(answers.parts & answers.absent)
    if both:
        raise UsageError(f"init: expected each part to be there or not, got {both[0]!r} both --with and --without")
    return answers


def _agreed(ask: Ask, question: str) -> bool:
    return ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _require_readable(text: str, answers: Answers, file: Path, environment: Mapping[str, str]) -> None:
    """Load the new text like any playbook.toml; a mistake in it names the file to be written."""
    with tempfile.TemporaryDirectory(prefix="playbook-init-") as folder:
        trial = Path(folder) / "playbook.toml"
        trial.write_bytes(_utf8(text))
        kept = {name: value for name, value in environment.items() if name != CONFIG_VARIABLE}
        try:
            load(answers.target, root=Path(folder), environment=kept)
        except UsageError as error:
            raise UsageError(str(error).replace(str(trial), str(file))) from None


def _write(file: Path, text: str, *, may_replace: bool) -> None:
    try:
        with file.open("wb" if may_replace else "xb") as out:
            out.write(_utf8(text))
    except FileExistsError:
        raise UsageError(f"init: {file} is there already") from None
    except OSError as error:
        raise UsageError(f"init: {file} cannot be written: {error.strerror}") from None


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")


def _terminal() -> Ask | None:
    return input if sys.stdin and sys.stdin.isatty() else None


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "init",
        description="Write a commented playbook.toml for a product: from questions on a terminal or from "
        "options, and with --from-app from DigitalOcean's data ($DIGITALOCEAN_TOKEN; nothing is changed there). "
        "Secrets are named as variables and never written. "
        f"Parts: {', '.join(PARTS)}. Exit code: 0 written, 10 DigitalOcean could not be asked, 4 anything else.",
    )
    parser.add_argument("--target", default="production", metavar="NAME", help="name of the target (production)")
    parser.add_argument("--kind", choices=("production", "staging"), help="default: production")
    parser.add_argument("--from-app", metavar="ID", help="an app on App Platform: doctl apps list")
    parser.add_argument("--url", metavar="ADDRESS", help="of the website; default: the app's first domain")
    parser.add_argument(
        "--with",
        dest="parts",
        action="append",
        default=[],
        metavar="PART",
        help="a part that the product has; repeatable",
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="PART", help="a part that it does not have; repeatable"
    )
    parser.add_argument(
        "--queue", action="append", default=[], metavar="LIBRARY:NAME", help="in Redis: celery:celery; repeatable"
    )
    parser.add_argument("--selector", metavar="MATCHERS", help="of its series in Prometheus: 'job=\"shop\"'")
    parser.add_argument("--to", type=Path, metavar="FILE", help=f"default: {_FILE}")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("--endpoint", metavar="ADDRESS", help="of the DigitalOcean API, where it is another one")
    parser.add_argument("--ca", metavar="FILE", help="a private certificate authority of the services")
    parser.set_defaults(command=lambda options: run_init(options, Path.cwd(), say, _terminal()))
