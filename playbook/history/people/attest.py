"""Sign-offs of what only a person can know: who checked what, when, and until when it counts. Pure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from playbook.core import ledger
from playbook.core.clock import AHEAD
from playbook.core.errors import UsageError
from playbook.core.placeholders import is_placeholder
from playbook.core.sign_off import Attestation, Rule, SignOff

SERVICE = "Sign-offs"
HINT = "Begin it with `python -m playbook attest ITEM --by NAME --note TEXT`, or mend people.attestations."


@dataclass(frozen=True, slots=True)
class SignOffs:
    """The ledger as it counts now.

    Attributes:
        lines: valid lines of the ledger, by item.
        refused: by item; those that name no item of the playbook are under the empty text.
        since: when the system was first checked; None where that does not matter.
        elsewhere: by item, other targets that were signed for.
    """

    lines: Mapping[str, Sequence[Attestation]]
    refused: Mapping[str, Sequence[str]]
    rules: Mapping[str, Rule]
    now: datetime
    since: datetime | None = None
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, item: str) -> SignOff:
        """Current sign-off of an item."""
        newest = max(self.lines.get(item, ()), key=lambda line: line.when, default=None)
        # may have been for this item
        refused = [*self.refused.get(item, ()), *(() if newest else self.refused.get("", ()))]
        elsewhere = tuple(dict.fromkeys(self.elsewhere.get(item, ())))
        rule = rule_for(item, self.rules)
        return SignOff(item, newest, tuple(refused), rule, self.now, self.since, elsewhere)


def rule_for(item: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule for an item, otherwise for its set; UsageError where neither is set."""
    cadence = item.partition(".")[0]
    rule = rules.get(item) or rules.get(cadence)
    if rule is None:
        raise UsageError(f"people.sign_offs.{cadence} is not set: how long does a sign-off of {item} count?")
    return rule


def read(
    file: Path, *, known: Container[str], rules: Mapping[str, Rule], now: datetime, target: str = ""
) -> SignOffs:
    """The sign-offs in a ledger. A line that is damaged, edited, in the future or of no known item is refused.

    Args:
        target: whose; lines about others are left out, as several targets may have the same ledger.

    Raises:
        Unreachable, Denied: the file does not exist or may not be read.
    """
    lines: dict[str, list[Attestation]] = {}
    refused: dict[str, list[str]] = {}
    elsewhere: dict[str, list[str]] = {}
    for entry in ledger.read(file, Attestation, SERVICE, HINT):
        line: Attestation | None = entry.value
        if line and not ledger.is_about(line.targets, target):
            elsewhere.setdefault(line.item, []).extend(line.targets)
            continue
        problem = entry.problem or _problem(line, file.parent, known, now)
        if problem:
            item = line.item if line and line.item in known else ""
            refused.setdefault(item, []).append(f"line {entry.number} {problem}")
        elif line:
            lines.setdefault(line.item, []).append(line)
    return SignOffs(lines, refused, rules, now, elsewhere=elsewhere)


def _problem(line: Attestation | None, folder: Path, known: Container[str], now: datetime) -> str:
    assert line  # a line without value has a problem
    if line.item not in known:
        return f"names {line.item}, which is not an item of the playbook"
    if line.when > now + AHEAD:
        return f"is dated {line.when:%Y-%m-%d %H:%M}, in the future"
    for file in line.evidence:
        try:
            if sha256(folder / file.path) != file.sha256:
                return f"no longer holds: {file.path} was changed since"
        except OSError:
            return f"no longer holds: {file.path} cannot be read"
    return ""


def attest(
    file: Path,
    item: str,
    *,
    who: str,
    note: str,
    rule: Rule,
    now: datetime,
    evidence: Sequence[Path] = (),
    root: Path,
    targets: Sequence[str] = (),
    window: str = "",
) -> Attestation:
    """Add a sign-off to the ledger.

    Args:
        evidence: files that were checked; they must be below ``root``, as they are kept with the ledger.
        targets: names or patterns of those that it is about.
        window: as ``window_of`` writes the planned maintenance that it is about.

    Raises:
        UsageError: a text is empty or not a plain line, a file cannot be read, or the ledger cannot be written.
    """
    fields: dict[str, Any] = {
        "item": item,
        "who": plain_line(who, "--by"),
        "when": moment(now),
        "note": plain_line(note, "--note"),
        "expires": moment(now + rule.valid),
    }
    if targets:
        fields["targets"] = list(targets)
    if window:
        fields["window"] = window
    if evidence:
        fields["evidence"] = [_file(path, file.parent, root) for path in evidence]
    ledger.append(file, fields)
    return msgspec.convert({**fields, ledger.DIGEST: ledger.digest_of(fields)}, Attestation)


def _file(path: Path, folder: Path, root: Path) -> dict[str, str]:
    whole = path.resolve()
    if not whole.is_relative_to(root.resolve()) and not whole.is_relative_to(folder.resolve()):
        raise UsageError(f"--evidence {path}: expected a file below {root}, so that it is kept with the sign-off")
    try:
        return {"path": os.path.relpath(whole, folder.resolve()), "sha256": sha256(whole)}
    except OSError as error:
        raise UsageError(f"--evidence {path} cannot be read: {error.strerror}") from None


def sha256(file: Path) -> str:
    """Digest of a regular file's content, read in constant memory."""
    if not file.is_file():  # a pipe or a device would never end
        raise FileNotFoundError(2, "not a regular file", str(file))
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def plain_line(text: str, option: str) -> str:
    """The stripped text; UsageError where it is empty, a placeholder, or not a single line of plain text."""
    text = text.strip()
    if not text:
        raise UsageError(f"{option} is empty")
    if is_placeholder(text):
        raise UsageError(f"{option} says nothing: {text!r}")
    if not text.isprintable():
        raise UsageError(f"{option} must be one line of plain text, got {text!r}")
    return text


def window_of(start: datetime, end: datetime) -> str:
    """``2026-11-28T22:00:00Z to 2026-11-28T23:00:00Z``."""
    return f"{moment(start)} to {moment(end)}"


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
