"""Which repositories on GitHub hold the app's code by its own spec, and whether the one of the settings does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from playbook.clients.digitalocean import digitalocean
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.settings.model import Settings

_ON_GITHUB = re.compile(
    r"(?i)^(?:https?://|ssh://)?(?:[^@/]*@)?(?:www\.)?github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$"
)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class OwnRepository:
    """Whether the configured repository is one of the app's; what is read of it relies on that.

    Attributes:
        others: further repositories that DigitalOcean builds the app from, as far as whoever owns the app can read
            them: they are connected, or are cloned and have the owner of a connected one or of the configured one.
    """

    identity: Coverage = Coverage()  # noqa: RUF009 - frozen
    others: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """The app's spec, of which nothing else is needed."""
        return whole("") + self.identity


@measurement
def own_repository(settings: Settings) -> OwnRepository:
    """The repositories that the app is built from, beside ``github.repository``.

    An app that cannot be read, or that is built from images or on another platform, contradicts nothing.
    """
    own = settings.target.github.repository
    try:
        spec = digitalocean(settings).app().spec_in_effect
    except (NotConfigured, Unmeasured):
        return OwnRepository()
    connected = _distinct(one.github.repo for one in spec.components if one.github)
    cloned = (_ON_GITHUB.match(one.git.repo_clone_url) for one in spec.components if one.git)
    found = _distinct((*connected, *(match[1] for match in cloned if match)))
    owners = {one.partition("/")[0].casefold() for one in (*connected, own or "")}
    readable = [one for one in found if one in connected or one.partition("/")[0].casefold() in owners]
    if own is None or not found:
        return OwnRepository()
    if own.casefold() in map(str.casefold, found):
        return OwnRepository(others=tuple(one for one in readable if one.casefold() != own.casefold()))
    return OwnRepository(
        lacking(
            "another repository",
            expected=f"the repository that the app is built from ({', '.join(found[:_NAMED])})",
            got=own,
            hint="Set github.repository to that of the app; if it was renamed, give the app's spec its new name.",
        )
    )


def _distinct(names: Iterable[str | None]) -> list[str]:
    return list({name.casefold(): name for name in names if name}.values())
