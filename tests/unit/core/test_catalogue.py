"""The checks, the catalogue and the runbooks are consistent."""

import ast

import pytest

from playbook.core.catalogue import CATALOGUE, RUNBOOKS, read_catalogue, read_runbook
from playbook.core.engine import REGISTRY
from playbook.core.errors import UsageError
from playbook.run.run import load_providers
from tests.written import written_checks

COMMANDS = {
    *("curl", "doctl", "redis-cli", "pytest", "python", "openssl", "npm", "gh", "jq"),
    *("ls", "cat", "find", "grep", "tail", "tar"),
    # Variables that a target's settings replace in a command: playbook/run/look_again.py.
    *("$READ_LOGS", "$READ_SIGN_INS", "$LIST_BACKUPS", "$ASK_PROMETHEUS"),
}


CHECKS = list(written_checks())
IDS = [f"{file.stem}::{node.name}" for file, node, *_ in CHECKS]


def test_checks_and_catalogue_have_the_same_items():
    """Every item has one check, every check one item, and nothing built is listed as not built."""
    catalogue = read_catalogue()
    named = [item for _, _, item, _, _ in CHECKS]
    assert sorted(named) == sorted(catalogue.items)
    assert not set(catalogue.not_built) & set(named)
    assert len(set(catalogue.not_built)) == len(catalogue.not_built)


@pytest.mark.parametrize(("file", "node", "item", "runbook", "cadences"), CHECKS, ids=IDS)
def test_check_has_cadence_rule_and_runbook(file, node, item, runbook, cadences):
    """Its first sentence is the rule, its runbook exists, and it contains no try or loop."""
    assert cadences == set(read_catalogue().items[item].markers)
    doc = ast.get_docstring(node)
    assert doc
    assert doc.splitlines()[0].endswith((".", ":")) or "." in doc
    assert not [n for n in ast.walk(node) if isinstance(n, ast.Try | ast.While | ast.With)]
    if runbook:
        assert (RUNBOOKS / f"{runbook}.md").is_file()


TROUBLESHOOTING = ("high-error-rates", "high-response-times", "resource-exhaustion")


@pytest.mark.parametrize("name", TROUBLESHOOTING)
def test_runbook_steps_name_measurements_and_commands(name):
    """Every step names what is measured and a command; the actions are in order."""
    load_providers()
    runbook = read_runbook(name)
    assert len(runbook.steps) >= 3
    for step in runbook.steps:
        assert step.command, step.title
        assert step.measurements, step.title
        assert set(step.measurements) <= REGISTRY.keys(), step.title
    assert [action.when for action in runbook.actions] == ["Immediate", "Short-term", "Long-term"]
    assert all(action.what for action in runbook.actions)


def test_every_item_has_reason_next_step_and_command():
    """Sentences, and a command."""
    for item in read_catalogue().items.values():
        for text in (item.holds, item.why, item.next_step):
            assert text.endswith("."), (item.id, text)
            assert text[0].isupper() or text[0] in "`/0123456789", (item.id, text)
        assert item.look_again.split()[0] in COMMANDS, item.id


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("- **Matters because**", "- **Because**"), "`daily.health.api` has no line '- **Matters because** …'"),
        (("### `daily.health.image-service`", "### `daily.health.api`"), "daily.health.api is defined twice"),
    ],
)
def test_mistake_in_the_catalogue_is_one_sentence(tmp_path, change, sentence):
    """It names the file and the item."""
    file = tmp_path / "playbook.md"
    file.write_text(CATALOGUE.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_catalogue(file)
    assert sentence.replace("`", "") in str(caught.value)
    assert str(file) in str(caught.value)


def test_unknown_runbook_is_reported_with_the_known_ones():
    """One sentence."""
    with pytest.raises(UsageError, match=r"unknown runbook 'x': expected one of .*high-error-rates, "):
        read_runbook("x")
