"""``[catalogue]``: catalogue files of a project's own checks."""

from __future__ import annotations

from playbook.core.secret import Section


class OwnCatalogue(Section, frozen=True):
    """Files of items in the format of docs/playbook.md, in addition to it.

    Attributes:
        own: paths from the folder of playbook.toml. The default file need not exist.
    """

    own: tuple[str, ...] = ("checks/local/playbook.md",)
