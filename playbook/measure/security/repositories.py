"""Whether the repository that is looked at on GitHub holds the app's code, by the app's own spec."""

from __future__ import annotations

import re
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
    """Whether the configured repository is one of the app's; what is read of it relies on that."""

    identity: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """The app's spec, of which nothing else is needed."""
        return whole("") + self.identity


@measurement
def own_repository(settings: Settings) -> OwnRepository:
    """The repositories that the app is built from, beside ``github.repository``.

    An app that cannot be read, or that is built from images or on another platform, contradicts nothing.
    """
    return OwnRepository(_of_app(settings))


def _of_app(settings: Settings) -> Coverage:
    own = settings.target.github.repository
    try:
        spec = digitalocean(settings).app().spec_in_effect
    except (NotConfigured, Unmeasured):
        return Coverage()
    named = [one.github.repo for one in spec.components if one.github]
    cloned = [_ON_GITHUB.match(one.git.repo_clone_url) for one in spec.components if one.git]
    found = list(dict.fromkeys(filter(None, [*named, *(match[1] for match in cloned if match)])))
    if own is None or not found or own.casefold() in map(str.casefold, found):
        return Coverage()
    return lacking(
        "another repository",
        expected=f"the repository that the app is built from ({', '.join(found[:_NAMED])})",
        got=own,
        hint="Set github.repository to that of the app; if it was renamed, give the app's spec its new name.",
    )
