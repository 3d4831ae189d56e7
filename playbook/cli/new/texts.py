"""The text of each part of a new check. Each gap is marked with FILL IN and a sentence about what goes there."""

from __future__ import annotations

import textwrap

from playbook.cli.new.plan import FILL_IN, Needed, Plan


def catalogue_entry(plan: Plan) -> str:
    """The item as docs/playbook.md describes one."""
    return f"""### `{plan.item}` {plan.title}
- **Holds when** {FILL_IN}: what must hold, with its limit, in one sentence.
- **Matters because** {FILL_IN}: what goes wrong, and for whom, when it does not hold.
- **When it does not** {FILL_IN}: what to do first.
- **Look again** `{FILL_IN}: a command that shows the same by hand, such as curl or redis-cli`
- **Audience** team
"""


def check(plan: Plan) -> str:
    """The check: it asks for the measurement, and judges."""
    needed = plan.measured
    hints = [
        f"For a number: judge({needed.name}.FIGURE, limits.LIMIT).",
        f"FIGURE is one of: {', '.join(plan.figures)}." if plan.figures else "",
        "LIMIT is a table [limits.NAME] of playbook/defaults.toml"
        + (f", such as {', '.join(plan.limits)}." if plan.limits else "."),
        'For a fact: judge.that(HOLDS, "SUBJECT", expected="...", found="..."), with warn=True for a WARNING.',
        'A public item shows what was found only as public=say("HTTP {}", status) (playbook.core.audience).',
    ]
    shown = "\n".join(
        textwrap.fill(hint, 111, initial_indent="    # ", subsequent_indent="    #   ") for hint in hints if hint
    )
    return f'''

{_markers(plan)}
@pytest.mark.item("{plan.item}")
def {plan.check}({needed.name}: {needed.annotation}, limits: Limits, judge: Judge) -> None:
    """{FILL_IN}: the rule with its limits, in one sentence."""
{shown}
    raise NotImplementedError("{FILL_IN}: judge what {needed.name} holds, as the comment above shows")
'''


def _markers(plan: Plan) -> str:
    return "\n".join(f"@pytest.mark.{marker}" for marker in plan.markers)


def measurement(plan: Plan, clients: tuple[Needed, ...]) -> str:
    """The measurement and the value that it returns."""
    name, kind = plan.measured.name, plan.measured.annotation
    imports = "\n".join(
        sorted(
            {
                "from playbook.core.coverage import Coverage",
                "from playbook.core.engine import measurement",
                "from playbook.core.evidence import Facts",
                "from playbook.core.limits import Reading",
                *(f"from {one.module} import {one.annotation}" for one in clients),
            }
        )
    )
    parameters = ", ".join(f"{one.name}: {one.annotation}" for one in clients)
    return f'''"""{plan.title}: {FILL_IN}: what is measured, and where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

{imports}


@dataclass(frozen=True, slots=True)
class {kind}:
    """{FILL_IN}: what was measured.

    Attributes:
        reading: {FILL_IN}: the figure, with its unit.
        coverage: how much of what had to be looked at was seen: whole("1 answer"), share(...), understood(...).
    """

    reading: Reading
    coverage: Coverage

    def evidence(self) -> Facts:
        """What the report shows."""
        return Facts("{plan.title}", {{"{plan.title}": f"{{self.reading.value:,g}}"}})


@measurement
def {name}({parameters}) -> {kind}:
    """{FILL_IN}: what is asked, its unit, and the source of that fact."""
    # What is not understood: raise Malformed("SUBJECT: expected ..., got ...", service="SERVICE").
    # Unreachable is not caught here: without an answer the check is UNKNOWN. An HTTP client raises for no status:
    # `.expect_ok()` makes one UNKNOWN; one that is a finding, such as a 404, goes into the value.
    raise NotImplementedError("{FILL_IN}: ask {clients[0].name}, and return {kind}(reading, coverage)")
'''


def unit_test(plan: Plan) -> str:
    """Tests of the measurement by itself, without a sandbox."""
    name = plan.measured.name
    return f'''"""{plan.title}: {FILL_IN}: what is proven of the measurement by itself."""

import pytest

from {plan.measured.module} import {name}


def test_whole_answer_gives_the_figure():
    """{FILL_IN}: the answer of the real system, and the figure that follows from it."""
    # Clients: tests/unit/loopback.py serves HTTP, tests/redis_factory.py has a Redis, and the neighbours of
    # this file show the others.
    pytest.fail(f"{FILL_IN}: call {{{name}.__name__}} with such a client, and compare its reading and coverage")


@pytest.mark.parametrize("answer", [""])
def test_answer_that_is_not_understood_is_not_good(answer):
    """{FILL_IN}: answers that are cut, renamed or of another type; none of them gives a good figure."""
    pytest.fail(f"{FILL_IN}: call {{{name}.__name__}} with {{answer!r}}: it raises Unmeasured, or lacks coverage")
'''


def fault(plan: Plan) -> str:
    """A fault under which the check is WARNING or CRITICAL."""
    return f'''

@fault("{plan.fault}", "{FILL_IN}: what an operator would see, in one sentence without a full stop")
def _(world: World) -> None:
    raise NotImplementedError("{FILL_IN}: edit the state of `world` that sandbox/world/__init__.py names")
'''


def expected_bad(plan: Plan) -> str:
    """What the check says under its fault."""
    pattern = f"{FILL_IN}: the whole message, and WARNING or CRITICAL: SUBJECT: expected .+, got .+"
    return f'"{plan.item}": ("CRITICAL", r"{pattern}"),'


def expected_unknown(plan: Plan) -> str:
    """What the check says where that is away which it measures."""
    pattern = f"{FILL_IN}: the message without a measurement; no line where it stays OK: SUBJECT: expected .+, got"
    return f'"{plan.item}": ("UNKNOWN", r"{pattern}"),'
