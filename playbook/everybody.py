"""Past runs as everybody may read them, with the names that are ours at hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from playbook.audience import Audience
from playbook.catalogue import Catalogue, read_catalogue
from playbook.history.public_lines import public_line
from playbook.history.runs import RunLine
from playbook.recorder import measurements_of_the_suite
from playbook.run import load_providers


def runs_for_everybody(runs: Iterable[RunLine], private: Collection[str] = ()) -> tuple[RunLine, ...]:
    """The lines without what is the team's, also those of long ago; of a private target as they are."""
    return tuple(
        run if run.target in private or run.audience is Audience.PUBLIC else public_line(run, *known_as_ours())
        for run in runs
    )


@cache
def known_as_ours() -> tuple[Catalogue, frozenset[str]]:
    """The catalogue, and the names of our clients and measurements; loading them takes a moment."""
    load_providers()
    return read_catalogue(), measurements_of_the_suite()
