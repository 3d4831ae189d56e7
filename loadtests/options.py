"""Filters Locust's command line, variables and configuration files for a guarded load."""

from __future__ import annotations

import os
import sys
from typing import Any

from playbook.readers.load.plan import PLAN_VARIABLE

LOOPBACK = "127.0.0.1"
NO_PLAN = f"${PLAN_VARIABLE}: a master and its workers need the file of a plan"


def hold(parser: Any) -> None:
    """Pass every result of Locust's parser through ``tame``; called when Locust has created the parser."""
    parse = parser.parse_args

    def parse_tamed(*arguments: Any, **named: Any) -> Any:
        options = parse(*arguments, **named)
        tame(options)
        return options

    parser.parse_args = parse_tamed


def tame(options: Any) -> None:
    """Reset options that would open a port to others, survive Ctrl-C or change the visitors.

    A master listens for other machines only if given one of this machine's addresses: ``*`` is not enough.
    """
    options.web_host = LOOPBACK
    if options.master_bind_host in ("*", ""):
        options.master_bind_host = LOOPBACK
    options.stop_timeout = 0
    options.config_users = None
    options.reset_stats = False
    options.class_picker = False
    options.otel = False
    options.run_time = None
    with_others = bool(options.worker or options.master or options.processes)
    if with_others and not os.environ.get(PLAN_VARIABLE):
        leave(NO_PLAN)  # before a port is opened
    if with_others or os.environ.get(PLAN_VARIABLE):
        options.headless = not options.worker or options.headless
        options.headful = False
        options.autostart = False


def leave(message: str) -> None:
    """Exit with one sentence and the code of a usage error."""
    from playbook.core.verdict import EXIT_USAGE

    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
    raise SystemExit(EXIT_USAGE)
