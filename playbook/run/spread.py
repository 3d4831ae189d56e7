"""Distribution of many targets over xdist workers: all checks of a target run in one worker.

So nothing is measured twice. This is ``--dist loadgroup`` by node id: pytest 9.2 ignores the mark ``xdist_group``
as xdist 3.8 sets it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from xdist.scheduler import LoadGroupScheduling

from playbook.core.check_ids import target_in


class ByTarget(LoadGroupScheduling):  # type: ignore[misc]
    """A work unit is all checks of one target."""

    def __init__(self, config: Any, log: Any, targets: Collection[str]) -> None:
        super().__init__(config, log)
        self._targets = targets

    def _split_scope(self, nodeid: str) -> str:
        return target_in(nodeid, self._targets) or nodeid
