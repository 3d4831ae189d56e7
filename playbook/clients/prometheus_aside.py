"""Questions beside a figure: what they cannot tell must not hide a figure that is bad."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from playbook.core.coverage import unread
from playbook.core.errors import Unmeasured

if TYPE_CHECKING:
    from playbook.clients.prometheus import Answered, Prometheus


class _Aside:
    """A store whose answers say where they could not be read, in place of raising that."""

    def __init__(self, store: Prometheus) -> None:
        self._store = store

    def ask(self, expression: str, at: datetime | None = None, *, setting: str = "") -> Answered:
        """As ``Prometheus.ask``; an answer that could not be read has no samples, and its coverage says why."""
        from playbook.clients.prometheus import Answered

        try:
            return self._store.ask(expression, at, setting=setting)
        except Unmeasured as error:
            what = f"an answer to {setting}" if setting else "an answer about its series"
            return Answered(error.service, expression, setting, [], (), unread=unread(error, what))

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def aside(store: Prometheus) -> Prometheus:
    """The store for questions beside a figure, whose answers are enough for OK only where all were read."""
    return cast("Prometheus", _Aside(store))
