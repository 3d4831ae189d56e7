"""``python -m loadtests plan``: write the plan of a load test, for processes started by hand.

The master and every worker have their own copy, made from their own settings, and none relies on another for where
load may be sent. The outcome is written beside the plan.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loadtests.launch import OUTCOME
from playbook.core.command_line import Parser, whole
from playbook.core.errors import Forbidden, NotConfigured, UsageError
from playbook.core.verdict import EXIT_OK, EXIT_USAGE
from playbook.readers.load.order import DEFAULT_SHAPE, PRODUCTION_OPTION, SHAPE_OPTION, WORKERS_OPTION, LoadOrder
from playbook.readers.load.plan import Plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the plan; 4 if load may not be sent to the target or the command line is wrong."""
    try:
        options = _parser().parse_args(arguments)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    order = LoadOrder(shape=options.shape, workers=options.workers, production=options.load_production)
    try:
        plan = msgspec.structs.replace(_plan(options.target, order), outcome=OUTCOME)
        options.out.write_bytes(msgspec.json.format(msgspec.json.encode(plan)) + b"\n")
    except OSError as error:
        sys.stderr.write(f"{options.out} cannot be written: {error.strerror}\n")
        return EXIT_USAGE
    except (UsageError, Forbidden, NotConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    return EXIT_OK


def _plan(target: str | None, order: LoadOrder) -> Plan:
    from playbook.readers.load.permission import require_permission
    from playbook.readers.load.planning import make_plan
    from playbook.settings.chosen import settings_for
    from playbook.settings.model import SANDBOX

    root = Path.cwd()
    settings = settings_for(target, root)
    if settings.target.kind == SANDBOX:
        from sandbox.launcher import ATTACH_VARIABLE, attach_or_start

        if not os.environ.get(ATTACH_VARIABLE):
            raise UsageError(
                f"${ATTACH_VARIABLE} is not set: expected a sandbox that outlives this command; "
                "`python -m sandbox` starts one and says what to set"
            )
        with attach_or_start() as sandbox:
            settings = settings_for(target, root, sandbox.settings)
    return make_plan(settings, order, require_permission(settings, order.production))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m loadtests", description=__doc__)
    plan = parser.add_subparsers(required=True, metavar="plan").add_parser("plan", help="write a plan's file")
    plan.add_argument("--target", metavar="NAME", help="system of playbook.toml (default: the sandbox)")
    plan.add_argument(SHAPE_OPTION, default=DEFAULT_SHAPE, metavar="NAME", help="default: %(default)s")
    plan.add_argument(
        WORKERS_OPTION, type=whole(0), default=0, metavar="N", help="processes that share users and caps"
    )
    plan.add_argument(PRODUCTION_OPTION, default="", metavar="NAME", help="repeat a production target's name")
    plan.add_argument("--out", type=Path, default=Path("plan.json"), metavar="FILE", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
