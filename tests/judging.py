"""What the judge makes of one measured value."""

from __future__ import annotations

from contextlib import suppress

from playbook.core.coverage import Coverage
from playbook.core.judge import Judge
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Critical


def judged(coverage: Coverage, reading: Reading, limit: Limit) -> tuple[str, str]:
    """Verdict and message of a number that stands on this."""
    judge = Judge()
    judge.add_coverage("measured", coverage)
    with suppress(Critical):
        judge(reading, limit)
    assert judge.leading
    return str(judge.leading.verdict), judge.leading.message


def stated(coverage: Coverage, *statements: tuple[bool, bool]) -> str:
    """The verdict of statements, each with whether it holds and whether it is only a warning."""
    judge = Judge()
    judge.add_coverage("measured", coverage)
    with suppress(Critical):
        for holds, warn in statements:
            judge.that(holds, "It", expected="so", found="otherwise", warn=warn)
    assert judge.leading
    return str(judge.leading.verdict)
