"""What people signed off: by item, who, when, and until when it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playbook.attest import SERVICE, Rule, SignOff, SignOffs, days, read
from playbook.catalogue import read_catalogue
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.evidence import Evidence, Lines, Table
from playbook.settings import Settings


@dataclass(frozen=True, slots=True)
class Attestations:
    """The ledger of sign-offs. ``attestations.of("weekly.docs.updated")`` goes to ``judge.sign_off``."""

    sign_offs: SignOffs

    def of(self, item: str) -> SignOff:
        """How it stands with an item; an item that nobody signed is there too."""
        return self.sign_offs.of(item)

    def evidence(self) -> list[Evidence]:
        """The newest of each item, and every line that was refused."""
        rows = [_row(self.of(item)) for item in sorted(self.sign_offs.lines)]
        shown: list[Evidence] = [Table("Sign-offs", ["Item", "Who", "When", "Looked at", "Expires in"], rows)]
        refused = [problem for problems in self.sign_offs.refused.values() for problem in problems]
        if refused:
            shown.append(Lines("Refused lines of the ledger", refused))
        return shown


def _row(sign_off: SignOff) -> list[str]:
    line, left = sign_off.newest, sign_off.left
    assert line  # only items with a line are shown
    assert left is not None
    looked_at = "; ".join([line.note, *(file.path for file in line.evidence)])
    ends = days(left) if sign_off.valid else f"expired {days(-left)} ago"
    return [sign_off.item, line.who, f"{line.when:%Y-%m-%d}", looked_at, ends]


@measurement
def attestations(settings: Settings, clock: Clock) -> Attestations:
    """The sign-offs of items that only a person can know."""
    file = settings.require(settings.people.attestations, "people.attestations", SERVICE)
    catalogue = read_catalogue()
    known = {*catalogue.items, *catalogue.not_built}
    return Attestations(
        read(people_file(settings, file), known=known, rules=rules(settings), now=clock.now())
    )


def rules(settings: Settings) -> Mapping[str, Rule]:
    """How long sign-offs count, by item or set."""
    return {
        name: Rule(timedelta(days=validity.valid_days), timedelta(days=validity.near_days))
        for name, validity in settings.people.sign_offs.items()
    }


def people_file(settings: Settings, path: str) -> Path:
    """A file of ``[people]``: absolute, or from the folder of playbook.toml."""
    return folder_of(settings) / Path(path).expanduser()


def folder_of(settings: Settings) -> Path:
    """The folder that paths of ``[people]`` start from."""
    return settings.file.parent.resolve() if settings.file else Path.cwd()
