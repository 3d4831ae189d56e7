"""Settings of what people write and sign: the files, and how long a word counts."""

from __future__ import annotations

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
        attestations, waivers: ledgers, one JSON object a line, kept in git; see ``playbook.ledger``.
        sign_offs: validity by item id, or by the first word of it, e.g. ``weekly``.
        deliveries: where notifications note what they delivered, one JSON object a line; may be left out.
        waiver_days: the furthest ahead that a waiver may reach.
    """

    attestations: str | None = None
    waivers: str | None = None
    deliveries: str | None = None
    sign_offs: dict[str, Validity] = {}
    waiver_days: int = 30
