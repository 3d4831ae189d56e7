"""``python -m playbook COMMAND``: what an operator does besides running the checks."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from playbook.core import door
from playbook.core.command_line import USUAL_TARGET, Parser
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_NOT_KEPT, EXIT_OK, EXIT_USAGE

_EXIT_INTERRUPTED = 130  # shell convention: 128 plus the number of SIGINT
_LONGEST = 100_000  # characters printed at once


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. A mistake in command line or settings is one sentence and code 4."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # escape what a terminal cannot display
    own, extra = _divided(sys.argv[1:] if arguments is None else arguments)
    if not own and not extra:
        _parser("").print_help()
        return EXIT_OK
    try:
        options = _parser(own[0] if own else "").parse_args(
            own, argparse.Namespace(extra=extra, takes_extra=False)
        )
        if extra and not options.takes_extra:
            raise UsageError(f"{_name()}: only run hands on what follows --")
        return int(options.command(options))
    except UsageError as error:
        sys.stderr.write(f"{door.text(str(error), _LONGEST)}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED


def _name() -> str:
    """Name of the program for its help: a checkout has no program of that name."""
    return "playbook" if Path(sys.argv[0]).name == "playbook" else "python -m playbook"


def _divided(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our arguments, and those after ``--``, which are passed on."""
    words = list(arguments)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


class _Command(NamedTuple):
    """A command in a module of its own, which is imported when the command is called.

    Attributes:
        module: its module.
        adds: function there that adds its parser.
        help: its line in the list of commands.
    """

    module: str
    adds: str
    help: str


_COMMANDS = {
    "init": _Command(
        "playbook.cli.init.command", "add_parser", "write the first playbook.toml of a product of your own"
    ),
    "run": _Command(
        "playbook.cli.run.command",
        "add_parser",
        "run a set as a schedule does: repeat failing checks once, and send notifications",
    ),
    "history": _Command(
        "playbook.cli.history",
        "add_parser",
        "show the newest run of each set, and unreadable parts of the history",
    ),
    "attest": _Command(
        "playbook.cli.people",
        "add_parsers",
        "sign off an item that only a person can know, or list what is due",
    ),
    "waive": _Command("playbook.cli.people", "add_parsers", "accept a finding until a day, or list the waivers"),
    "handoff": _Command(
        "playbook.cli.handoff", "add_parser", "write the page that one week or month hands to the next"
    ),
    "notify": _Command(
        "playbook.cli.notify",
        "add_parser",
        "deliver notifications of incidents that opened, got worse, recovered or came back",
    ),
    "incident": _Command(
        "playbook.cli.incident",
        "add_parser",
        "acknowledge, comment or close an incident, or write its post-mortem",
    ),
    "watch": _Command(
        "playbook.cli.watch",
        "add_parser",
        "measure at short intervals until several observations in a row show no emergency",
    ),
    "ci": _Command("playbook.cli.ci.command", "add_parser", "the steps of the workflows; they run anywhere"),
    "new": _Command(
        "playbook.cli.new.command",
        "add_parser",
        "write the skeleton of a check with its proofs; it fails until it is filled in",
    ),
    "where": _Command(
        "playbook.cli.where",
        "add_parser",
        "name every place of an item: catalogue, check, measurements, faults, tests",
    ),
    "site": _Command("playbook.cli.site", "add_parser", "build the static site of past runs"),
}


def _parser(*chosen: str) -> argparse.ArgumentParser:
    """The parser with the chosen command and the names of the others; with all commands if none is chosen."""
    parser = Parser(prog=_name(), description="The operations playbook. The checks are run by pytest.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_own(commands)
    for name in chosen or _COMMANDS:
        if name in _COMMANDS and name not in commands.choices:
            module, adds, _ = _COMMANDS[name]
            getattr(import_module(module), adds)(commands, _say)
    for name, command in _COMMANDS.items():
        if name not in commands.choices:
            commands.add_parser(name, help=command.help)
    return parser


def _add_own(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="show what is configured, reachable and permitted, without running checks",
        description="Show whether each service of a target is configured, reachable and permitted, "
        "and who would be notified of incidents. "
        "Exit code: 0 every configured service works, 10 one does not (or none is configured), 4 wrong usage.",
    )
    doctor.add_argument("--target", metavar="NAME", help=USUAL_TARGET)
    doctor.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="sandbox only: switch on a fault; repeatable"
    )
    doctor.set_defaults(command=_doctor)

    sandbox = commands.add_parser(
        "sandbox",
        help="run the embedded system to look around in; Ctrl-C ends it",
        description="Run the embedded system, and print its addresses. Ctrl-C ends it.",
    )
    sandbox.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="switch on a fault; repeatable"
    )
    sandbox.add_argument("--list-faults", action="store_true", help="list the faults and end")
    sandbox.add_argument(
        "--product",
        metavar="NAME",
        help="what it is: portfolio (default), shop, renamed, static-site, django-shop",
    )
    sandbox.set_defaults(command=_sandbox)

    report = commands.add_parser(
        "report",
        help="write a report's pages anew from its results.json, or from the records of a run that was killed",
        description="Write the pages and exports of a run anew from its results.json. A run that was killed has "
        "left its records, and its results are made of them first. "
        "Exit code: 0, or 11 where a file could not be written.",
    )
    report.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="FOLDER",
        help="of the report; default: %(default)s",
    )
    report.set_defaults(command=_report)


def _doctor(options: argparse.Namespace) -> int:
    from playbook.cli.doctor import run

    return run(options.target, options.fault, Path.cwd(), _say)


def _sandbox(options: argparse.Namespace) -> int:
    from sandbox.__main__ import main as sandbox

    faults = [part for name in options.fault for part in ("--fault", name)]
    product = ["--product", options.product] if options.product else []
    return sandbox([*faults, *product, *(["--list-faults"] if options.list_faults else [])])


def _report(options: argparse.Namespace) -> int:
    from playbook.core.run_folder import keep_results
    from playbook.report import RESULTS, render_folder
    from playbook.run.run import make_from_records
    from playbook.run.targets_folder import is_of_many, made_anew

    if is_of_many(options.folder):
        overview, problems = made_anew(options.folder)
        return _say_report(str(overview.verdict), options.folder, problems)
    try:
        if not (options.folder / RESULTS).exists():
            made = make_from_records(options.folder)
            if made is not None:
                keep_results(options.folder, made)
        results, problems = render_folder(options.folder)
    except OSError as error:
        reason = f"got none that can be read ({error.strerror})"
        raise UsageError(f"{options.folder}: expected a report's folder with its results.json, {reason}") from None
    except ValueError as error:
        raise UsageError(f"{options.folder}: expected a report's folder with its results.json ({error})") from None
    return _say_report(str(results.verdict), options.folder, problems)


def _say_report(verdict: str, folder: Path, problems: Mapping[str, str]) -> int:
    _say(f"{verdict}: {folder / 'index.html'}")
    for name, why in problems.items():
        _say(f"not written: {name} ({why})")
    return EXIT_NOT_KEPT if problems else EXIT_OK


def _say(line: str) -> None:
    sys.stdout.write(f"{door.text(line, _LONGEST)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
