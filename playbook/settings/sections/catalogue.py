"""``[catalogue]``: where the words about somebody's own checks stand."""

from __future__ import annotations

from playbook.core.secret import Section


class OwnCatalogue(Section, frozen=True):
    """Files of items in the form of docs/playbook.md, beside it.

    Attributes:
        own: paths from the folder of playbook.toml. The first one by default need not exist.
    """

    own: tuple[str, ...] = ("checks/local/playbook.md",)
