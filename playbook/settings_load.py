"""Settings of load tests: who may be loaded, how much, and what is good enough."""

from __future__ import annotations

from playbook.secret import Section


class LoadTarget(Section, frozen=True):
    """What a target says of being loaded, under ``[targets.NAME.load]``.

    Attributes:
        hosts: with port where it is not the scheme's own; nothing else is ever loaded. Empty: nothing is.
        production: this production system may be loaded, where the command line repeats its name as well.
    """

    hosts: tuple[str, ...] = ()
    production: bool = False
