"""ctrf.json from the results: the Common Test Report Format (https://ctrf.io, schema version 0.1.0).

It has five outcomes, so UNKNOWN becomes ``other`` and WARNING passes; the verdict itself is in ``rawStatus`` and
``labels``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from playbook.core.places import path_of
from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.core.wording import without_code_marks
from playbook.report.words import clip

VERSION = "0.1.0"
STATUS = {
    Verdict.OK: "passed",
    Verdict.WARNING: "passed",
    Verdict.CRITICAL: "failed",
    Verdict.UNKNOWN: "other",
    Verdict.NOT_CONFIGURED: "skipped",
    Verdict.WAIVED: "skipped",
}
_STATUSES = ("passed", "failed", "skipped", "pending", "other")
_SPACE = "https://github.com/ctrf-io/ctrf/operations-playbook"


def ctrf(results: Results) -> bytes:
    """The document. Times are milliseconds."""
    start, stop = _milliseconds(results.started), _milliseconds(results.finished)
    tests = [_test(record) for record in results.records]
    document = {
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "reportId": str(uuid5(NAMESPACE_URL, f"{_SPACE}/{results.target}/{results.set}/{results.started}")),
        "timestamp": results.finished,
        "generatedBy": "operations-playbook",
        "results": {
            "tool": {"name": "operations-playbook", "version": results.versions.get("playbook", "")},
            "summary": {
                "tests": len(tests),
                **{status: sum(test["status"] == status for test in tests) for status in _STATUSES},
                "start": start,
                "stop": stop,
                "duration": round(results.seconds * 1000),
                "extra": {"verdict": results.verdict, "counts": results.counts, "ended": results.ended},
            },
            "tests": tests,
            "environment": {
                "reportName": f"{results.target} {results.set}",
                "testEnvironment": results.target,
                "healthy": results.exit_code == 0,
                "extra": {"kind": results.kind, "set": results.set, "versions": results.versions},
            },
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _test(record: Record) -> dict[str, Any]:
    # The node id of a check, and so this id, is stable across runs.
    test: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE_URL, f"{_SPACE}/{record.check}")),
        "name": record.title or record.item or record.check,
        "status": STATUS[record.verdict],
        "duration": round(record.seconds * 1000),
        "suite": [record.subject or "checks"],
        "message": clip(record.message),
        "rawStatus": record.verdict,
        "tags": [record.subject, record.item.partition(".")[0]],
        "labels": {"item": record.item, "verdict": record.verdict},
        "filePath": path_of(record.check),
        "extra": {"nextStep": without_code_marks(record.next_step), "cause": record.cause},
    }
    if record.value is not None and record.limit is not None:
        test["labels"] |= {"value": record.value, "unit": record.limit.unit}
    if record.started:
        test["start"] = _milliseconds(record.started)
        test["stop"] = test["start"] + test["duration"]
    return test


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
