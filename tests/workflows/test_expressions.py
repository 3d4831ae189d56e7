"""The evaluator used for the workflows gives GitHub's results, or refuses."""

import pytest

from tests.workflows.expressions import Declared, UnknownExpressionError, condition, evaluate, interpolate

VALUES = {
    "github": Declared(event_name="schedule", event={"schedule": "17 6 * * *"}),
    "inputs": Declared(target=None, scheduled=True, set=""),
    "vars": {"A": "a"},
    "steps": Declared(run=Declared(outputs={"code": "1"}, outcome="success")),
}
WELL = {"success": True, "failure": False, "cancelled": False}
BAD = {"success": False, "failure": True, "cancelled": False}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.target || vars.B || 'production'", "production"),
        ("inputs.target || vars.A || 'production'", "a"),
        ("github.event_name == 'SCHEDULE'", True),
        ("github.event_name != 'schedule' && 'x' || 'y'", "y"),
        ("!(inputs.set == '')", False),
        ("vars.B == ''", True),
        ("github.event.repository.default_branch", None),
        ("'it''s'", "it's"),
        ("1.5", 1.5),
        ("true && null", None),
    ],
)
def test_expression_has_its_value(text, value):
    """Operators return operands, missing properties are null, texts are compared case-insensitively."""
    assert evaluate(text, VALUES) == value


@pytest.mark.parametrize(
    "text",
    [
        "foo.bar",
        "inputs.other",
        "steps.other.outputs.x",
        "always()",
        "contains('a', 'b')",
        "1 == 'a'",
        "(1",
        "",
        "1 2",
        "a[0]",
    ],
)
def test_unsupported_expression_is_refused(text):
    """A guess would not test what GitHub runs."""
    with pytest.raises(UnknownExpressionError):
        evaluate(text, VALUES)


def test_single_expression_keeps_its_type():
    """As part of a text it becomes text."""
    assert interpolate("${{ inputs.scheduled }}", VALUES) is True
    assert interpolate({"a": ["x-${{ inputs.scheduled }}-${{ vars.B }}"]}, VALUES) == {"a": ["x-true-"]}


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        (None, WELL, True),
        (None, BAD, False),
        ("${{ always() }}", BAD, True),
        ("${{ always() && steps.run.outcome == 'success' }}", BAD, True),
        ("steps.run.outputs.code == '1'", WELL, True),
        ("steps.run.outputs.code == '1'", BAD, False),
        ("${{ !cancelled() && vars.A }}", BAD, True),
        ("${{ !cancelled() }}", {**BAD, "cancelled": True}, False),
        ("failure()", BAD, True),
    ],
)
def test_condition_depends_on_the_status(text, status, expected):
    """Without a status function, an if also requires that nothing failed before."""
    assert condition(text, VALUES, status) is expected
