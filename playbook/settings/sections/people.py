"""Settings of what people write and sign: the files, and how long a sign-off is valid."""

from __future__ import annotations

from datetime import date

import msgspec

from playbook.settings.sections.ranges import Positive


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Validity(_Section, frozen=True):
    """Validity of a sign-off in days, and how many days before its end it is due for renewal."""

    valid_days: float
    near_days: float


class People(_Section, frozen=True):
    """Paths of files: absolute, or from the folder of playbook.toml (without one, from the current folder).

    Attributes:
        attestations, waivers: ledgers, one JSON object per line, kept in git; see ``playbook.core.ledger``.
        sign_offs: validity by item id, or by its first part, e.g. ``weekly``.
        roster: the on-call roster, TOML; see ``playbook.history.people.roster``.
        handoffs: folder of the handoff pages.
        runbooks: folder of the runbooks, in Markdown.
        postmortems: folder of the post-mortems, in Markdown; see ``playbook.history.people.postmortems``.
        postmortems_since: incidents that recovered before this day require none.
        playbook: the playbook as a document, in Markdown.
        deliveries: folder of the history in which notifications record their deliveries, where it differs from the
            target's own.
        waiver_days: maximum validity of a waiver.
        on_call_days: how far ahead the roster must be filled.
        answer_minutes: by severity, within how many minutes a call must be answered; a severity without an entry
            may wait until the end of the next business day.
        link_hosts: hosts whose links in the runbooks are tested; others are not, except for loopback.
    """

    attestations: str | None = None
    waivers: str | None = None
    roster: str | None = None
    handoffs: str | None = None
    runbooks: str | None = None
    postmortems: str | None = None
    postmortems_since: date | None = None
    playbook: str | None = None
    deliveries: str | None = None
    sign_offs: dict[str, Validity] = {}
    waiver_days: int = 30
    on_call_days: Positive = 7.0
    answer_minutes: dict[str, Positive] = {}
    link_hosts: tuple[str, ...] = ()
