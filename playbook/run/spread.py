"""How xdist spreads many targets over its workers: a target is a group, whose checks one worker runs.

So nothing is measured twice. This is ``--dist loadgroup`` by node id: the mark ``xdist_group`` of xdist 3.8 sets
what pytest 9.2 calls otherwise, so that with it nothing is grouped.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from xdist.scheduler import LoadGroupScheduling

from playbook.core.check_ids import target_in


class ByTarget(LoadGroupScheduling):  # type: ignore[misc]
    """A work unit is all that is checked of one target."""

    def __init__(self, config: Any, log: Any, targets: Collection[str]) -> None:
        super().__init__(config, log)
        self._targets = targets

    def _split_scope(self, nodeid: str) -> str:
        return target_in(nodeid, self._targets) or nodeid
