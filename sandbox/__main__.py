"""``python -m sandbox``: the embedded system, to explore or to run the checks against."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playbook.core.command_line import Parser
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_OK, EXIT_USAGE
from sandbox.faults import describe, require_known
from sandbox.products import PORTFOLIO, PRODUCTS, Product, product_of

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until terminated; exit code 0, or 4 for a usage error."""
    try:
        options = _parser().parse_args(arguments)
        require_known([] if options.list_faults else options.fault)
        product = product_of(options.product)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    if options.list_faults:
        _say(describe())
        return EXIT_OK
    return _serve(options, product)


def _serve(options: argparse.Namespace, product: Product) -> int:
    from playbook.core.guard import Guard, temporary_folder

    guard = Guard(temporary_folder())
    try:
        from sandbox.server import run

        machine = options.json or options.ready_fd is not None

        def ready(sandbox: Sandbox) -> None:
            if not machine:
                _say(_introduction(sandbox))
                return
            line = json.dumps(_handshake(sandbox)) + "\n"
            if options.ready_fd is None:
                _say(line.rstrip())
            else:
                with os.fdopen(options.ready_fd, "w", encoding="utf-8") as pipe:
                    pipe.write(line)

        asyncio.run(run(guard, options.fault, ready, until_eof=machine, product=product))
    except KeyboardInterrupt:
        pass  # Ctrl-C during start-up
    finally:
        guard.end()
    return EXIT_OK


def _handshake(sandbox: Sandbox) -> dict[str, Any]:
    return {"control": sandbox.control.url, "token": sandbox.control.token, "settings": sandbox.settings()}


def _introduction(sandbox: Sandbox) -> str:
    """The addresses, the settings to use them, and how to continue."""
    from sandbox.launcher import ATTACH_VARIABLE, attach_address

    rows = [
        (f"{section}.{key}", str(value))
        for section, values in sandbox.settings().items()
        for key, value in values.items()
    ]
    width = max(len(name) for name, _ in rows)
    handshake = _handshake(sandbox)
    return "\n".join(
        [
            "The sandbox is ready." + (f" Faults: {', '.join(sandbox.faults)}." if sandbox.faults else ""),
            "",
            *(f"  {name:<{width}}  {value}" for name, value in rows),
            "",
            "Run the checks against it from another terminal:",
            f"  export {ATTACH_VARIABLE}='{attach_address(handshake['control'], handshake['token'])}'",
            "  pytest -m daily",
            "  pytest -m daily --fault redis-cold-cache     (--list-faults lists them)",
            "",
            "Ctrl-C ends it.",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="switch on a fault; repeatable"
    )
    parser.add_argument("--list-faults", action="store_true", help="list the faults and exit")
    kinds = "; ".join(f"{one.name}: {one.summary}" for one in PRODUCTS.values())
    parser.add_argument("--product", default=PORTFOLIO.name, metavar="NAME", help=f"what it is ({kinds})")
    machine = parser.add_argument_group("for programs", "The sandbox then also ends when its standard input does.")
    machine.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    machine.add_argument(
        "--ready-fd", type=int, metavar="N", help="write that line to this file descriptor instead"
    )
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
