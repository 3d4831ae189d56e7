"""playbook.sarif from the results: the security items, as GitHub's code scanning reads SARIF 2.1.0.

GitHub shows every result as an open alert, whatever its ``kind`` or ``suppressions``, and closes an alert as fixed
when its result is missing. So only OK items have no result. CRITICAL is an error, WARNING a warning. UNKNOWN is a
note, as an alert must not be called fixed because it could not be checked, and also a notification. WAIVED is a
suppressed note, for readers that support it. NOT CONFIGURED is a notification only. No rule has a
``security-severity``: it would be shown instead of the level, and an UNKNOWN as High as a CRITICAL.

https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from playbook.core.catalogue import Catalogue, Item, shipped
from playbook.core.errors import UsageError
from playbook.core.places import INSTALLED, ROOT, file_of, path_of
from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.core.wording import without_code_marks
from playbook.report.words import clip

SUBJECTS = frozenset({"security", "tls", "firewall", "access", "vulnerabilities"})
LEVELS = {
    Verdict.CRITICAL: "error",
    Verdict.WARNING: "warning",
    Verdict.UNKNOWN: "note",
    Verdict.WAIVED: "note",
}
# GitHub's limits for a description and a title, in characters.
_LONGEST = 1_000
_LONGEST_NAME = 250
_NOTED = {Verdict.UNKNOWN: "toolExecutionNotifications", Verdict.NOT_CONFIGURED: "toolConfigurationNotifications"}


def security_records(results: Results) -> list[Record]:
    """Records that are reported to code scanning."""
    return [record for record in results.records if record.subject in SUBJECTS]


def sarif(results: Results, root: Path | None = None) -> bytes:
    """The document; ``root`` is the folder that the checks' paths are relative to, by default the project's."""
    root = root or (Path.cwd() if INSTALLED else ROOT)
    records = security_records(results)
    ids = list(dict.fromkeys(record.item for record in records))
    catalogue = _catalogue()
    rules = [_rule(next(r for r in records if r.item == item), catalogue) for item in ids]
    run = {
        "tool": {
            "driver": {
                "name": "operations-playbook",
                "version": results.versions.get("playbook", "0"),
                "rules": rules,
            }
        },
        # Everything up to the last slash is the category: a weekly run does not close what a monthly one found.
        "automationDetails": {"id": f"operations-playbook/{results.target}/{results.set}/"},
        "invocations": [_invocation(results, records)],
        "results": [_result(record, ids, results.target, root) for record in records if record.verdict in LEVELS],
        "columnKind": "unicodeCodePoints",
        "properties": {"counts": {str(v): sum(r.verdict is v for r in records) for v in Verdict}},
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _rule(record: Record, catalogue: Catalogue) -> dict[str, Any]:
    """From the catalogue, whose text does not depend on the target."""
    item = catalogue.items.get(record.item) or Item(
        record.item, record.title, record.rule, record.why, record.next_step, record.look_again
    )
    rule = {
        "Holds when": item.holds,
        "Matters because": item.why,
        "When it does not": item.next_step,
        "Look again": item.look_again,
    }
    rule = {name: text for name, text in rule.items() if text}
    plain = "\n".join(f"{name}: {without_code_marks(text)}" for name, text in rule.items())
    markdown = "\n\n".join(f"**{name}** {_markdown(name, text)}" for name, text in rule.items())
    return {
        "id": record.item,
        "name": clip(item.title, _LONGEST_NAME) or record.item,
        "shortDescription": {"text": _short(item.title or record.item)},
        "fullDescription": {"text": _short(item.holds or item.title or record.item)},
        "help": {"text": plain or record.item, "markdown": markdown or record.item},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": sorted({"security", "operations", record.subject}),  # GitHub refuses duplicates
            "precision": "high",
        },
    }


def _markdown(name: str, text: str) -> str:
    if name != "Look again":
        return text
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=2))
    return f"\n\n{fence}\n{text}\n{fence}"


def _result(record: Record, ids: list[str], target: str, root: Path) -> dict[str, Any]:
    path, name = path_of(record.check), record.check.partition("::")[2]
    line, width = _line_of(file_of(record.check, root), name.partition("[")[0])
    region = {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": width + 1}
    result: dict[str, Any] = {
        "ruleId": record.item,
        "ruleIndex": ids.index(record.item),
        "level": LEVELS[record.verdict],
        "message": {"text": _short(_message(record))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(target, record)},
        "properties": {"verdict": record.verdict, "target": target},
    }
    if record.verdict is Verdict.WAIVED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _short(record.message)}
        ]
    return result


def _message(record: Record) -> str:
    message = record.message or record.title or record.item
    return f"{message}. Next: {without_code_marks(record.next_step)}" if record.next_step else message


def _fingerprint(target: str, record: Record) -> str:
    """Of the check on this target, without anything that changes from day to day: numbers, dates, lines."""
    digest = hashlib.sha256(f"{target}\n{record.item}\n{record.check}".encode(errors="replace")).hexdigest()
    return f"{digest[:16]}:1"


def _invocation(results: Results, records: list[Record]) -> dict[str, Any]:
    notes: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record.verdict in _NOTED:
            level = "error" if record.verdict is Verdict.UNKNOWN else "note"
            note = {
                "level": level,
                "message": {"text": _short(_message(record))},
                "associatedRule": {"id": record.item},
            }
            notes.setdefault(_NOTED[record.verdict], []).append(note)
    return {
        "executionSuccessful": results.ended == "finished",
        "startTimeUtc": results.started,
        "endTimeUtc": results.finished,
        "exitCode": results.exit_code,
        **notes,
    }


def _line_of(file: Path, name: str) -> tuple[int, int]:
    """Line of a check in its file, and its length; the first line if it is no longer there."""
    for number, line in enumerate(_lines(file), 1):
        if line.startswith(f"def {name}("):
            return number, len(line)
    return 1, 1


@cache
def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError):
        return ()


def _catalogue() -> Catalogue:
    try:
        return shipped()
    except UsageError:  # the report must not be lost because of it; a test ensures that it is readable
        return Catalogue({}, [])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
