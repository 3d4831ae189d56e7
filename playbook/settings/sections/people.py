"""Settings of what people write and sign: the files, and how long a word counts."""

from __future__ import annotations

from datetime import date

import msgspec


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Validity(_Section, frozen=True):
    """How many days a sign-off counts, and how many before its end it is time to renew it."""

    valid_days: float
    near_days: float


class People(_Section, frozen=True):
    """Files by path: absolute, or from the folder of playbook.toml (without one, from where the command is run).

    Attributes:
        attestations, waivers: ledgers, one JSON object a line, kept in git; see ``playbook.core.ledger``.
        sign_offs: validity by item id, or by the first word of it, e.g. ``weekly``.
        roster: the on-call roster, TOML; see ``playbook.people.roster``.
        handoffs: folder of the handoff pages.
        runbooks: folder of the runbooks, in Markdown.
        postmortems: folder of the post-mortems, in Markdown; see ``playbook.people.postmortems``.
        postmortems_since: incidents that recovered before this day ask for none.
        playbook: the playbook as a document, in Markdown.
        deliveries: folder of the history in which notifications note what they delivered, where it is another than
            the target's own.
        waiver_days: the furthest ahead that a waiver may reach.
        on_call_days: how far ahead somebody must be on call.
        answer_minutes: by severity, within how many minutes a call is answered at the latest; a severity that
            is not there may wait until the end of the next business day.
        link_hosts: hosts whose links in the runbooks are tried; others are not, but for loopback.
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
    on_call_days: float = 7.0
    answer_minutes: dict[str, float] = {}
    link_hosts: tuple[str, ...] = ()
