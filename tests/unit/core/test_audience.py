"""A text belongs to the team, unless it is made only of public text."""

import ast
from datetime import date
from pathlib import Path

import pytest

from playbook.core.audience import Audience, Public, of_terminal, say
from playbook.core.catalogue import CATALOGUE, read_catalogue
from playbook.core.errors import UsageError
from playbook.core.evidence import Chart, Facts, Lines, Table
from playbook.core.judge import Judge
from playbook.core.limits import Reading, parse_limit
from playbook.core.own_items import item_of_test
from playbook.core.public import SERVICES
from playbook.core.verdict import Critical, Verdict

ROOT = Path(__file__).resolve().parents[3]
CODE = [file for folder in ("playbook", "checks") for file in sorted((ROOT / folder).rglob("*.py"))]
LIMIT = parse_limit("Hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})


def calls(name):
    """Every call of this function of ``playbook.core.audience`` in our code, with its file."""
    for file in CODE:
        text = file.read_text(encoding="utf-8")
        if "from playbook.core.audience import" not in text and file.name != "audience.py":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield file, node


def test_public_sentence_takes_numbers_dates_and_public_texts():
    """The result is public too."""
    sentence = say("{} of {:,} until {}: {} {}", 2, 1200, date(2026, 3, 1), Verdict.WARNING, Public("Redis"))
    assert sentence == "2 of 1,200 until 2026-03-01: WARNING Redis"
    assert type(sentence) is Public


@pytest.mark.parametrize("part", ["alice", b"bob", ["alice"], {"a": 1}, None, ValueError("alice")])
def test_plain_text_is_refused_in_a_public_sentence(part):
    """As is anything that could contain one."""
    with pytest.raises(TypeError, match="expected numbers, dates and public texts"):
        say("{} is well", part)


CHANGES = {
    "formatted": lambda text: f"{text}",
    "added": lambda text: text + " of alice",
    "joined-to": lambda text: "alice: " + text,
    "replaced": lambda text: text.replace("Redis", "alice"),
    "replaced-nothing": lambda text: text.replace("x", "alice"),
    "cut": lambda text: text[:3],
    "cut-nowhere": lambda text: text[:],
    "joined": lambda text: "".join([text]),
    "upper": lambda text: text.upper(),
    "stripped": lambda text: text.strip(),
    "str": str,
    "percent": lambda text: text % "alice",
    "format": lambda text: text.format("alice"),
    "translated": lambda text: text.translate({ord("R"): "alice"}),
    "padded": lambda text: text.ljust(20, "a"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_operations_on_a_public_text_give_plain_text(change):
    """So text joined to it cannot become public."""
    assert type(change(Public("Redis {} %s"))) is str


def test_public_sentences_are_literals():
    """No sentence is assembled before ``say``, and nothing else makes public texts."""
    assert [file for file, call in calls("say") if len(call.args) > 1 and not _literal_or_ours(file, call)] == []
    made = [(file.name, ast.unparse(call)) for file, call in calls("Public")]
    assert {name for name, _ in made} <= {"audience.py", "public.py", "judge.py"}
    assert ("judge.py", "Public('')") in made


def _literal_or_ours(file, call):
    """``reason`` in public.py is taken from a table of literals."""
    first = call.args[0]
    return isinstance(first, ast.Constant) or (file.name == "public.py" and ast.unparse(first) == "reason")


def test_every_service_named_in_the_code_is_known():
    """Until it is added, a new one appears as "what was asked" in public."""
    texts = [text for file in CODE if "SERVICE = " in (text := file.read_text(encoding="utf-8"))]
    named = {
        node.value.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and any(isinstance(target, ast.Name) and target.id == "SERVICE" for target in node.targets)
    }
    assert len(named) > 10
    assert named <= SERVICES


@pytest.mark.parametrize("made", [Table("t", [], []), Facts("t", {}), Lines("t", []), Chart("t", "", [])])
def test_evidence_is_for_the_team_by_default(made):
    """For every kind."""
    assert made.audience is Audience.TEAM


def test_every_item_of_the_catalogue_states_its_audience():
    """The default is for items of other catalogues."""
    text = CATALOGUE.read_text(encoding="utf-8")
    items = read_catalogue().items
    assert text.count("- **Audience** public\n") + text.count("- **Audience** team\n") == len(items)
    team = {name for name, item in items.items() if item.audience is Audience.TEAM}
    assert {
        "monthly.access.mfa",
        "handoff.contacts",
        "weekly.security.suspicious",
        "emergency.who-to-call",
    } <= team
    assert not {name for name in items if ".access." in name or "contacts" in name or "on-call" in name} - team


def test_item_without_audience_is_for_the_team(tmp_path):
    """An unknown audience is an error with its location."""
    item = "## X\n\n### `daily.x` X\n- **Holds when** a.\n- **Matters because** b.\n- **When it does not** c.\n"
    file = tmp_path / "playbook.md"
    file.write_text(f"{item}- **Look again** `d`\n")
    assert read_catalogue(file).items["daily.x"].audience is Audience.TEAM
    file.write_text(f"{item}- **Look again** `d`\n- **Audience** `public`\n")
    assert read_catalogue(file).items["daily.x"].audience is Audience.PUBLIC
    file.write_text(f"{item}- **Look again** `d`\n- **Audience** all\n")
    with pytest.raises(UsageError, match=r"playbook.md: daily.x: expected the audience public or team, got 'all'"):
        read_catalogue(file)


@pytest.mark.parametrize(("doc", "audience"), [("Shop.", "team"), ("Shop.\n\nAudience: public", "public")])
def test_own_check_is_for_the_team_unless_its_docstring_says_otherwise(doc, audience):
    """In the words of the catalogue."""
    made = item_of_test(path="checks/local/test_a.py", name="test_b", parameters="", doc=doc, set_name="daily")
    assert made.audience == audience
    assert made.holds == "Shop."


def test_public_number_has_its_limit_and_no_text_of_the_check():
    """The subject and the window are plain texts here and so are omitted."""
    judge = Judge()
    judge(Reading(85.0, "24 h on db-7.internal"), LIMIT, subject="Hits of alice")
    (judged,) = judge.judgements
    assert judged.public == "Hit rate: expected over 90 %, got 85 % (short of the target)"
    assert "alice" in judged.message
    judge(Reading(85.0, say("{} h", 24)), LIMIT, subject=say("Hits"))
    assert judge.judgements[1].public == "Hits: expected over 90 %, got 85 % over 24 h (short of the target)"


def test_statement_is_published_only_in_public_words():
    """Expected and found are for the team only."""
    judge = Judge()
    judge.that(True, "Alerts", expected="none of alice", found="none")
    judge.that(True, "Alerts", expected="none", found="none of alice", public=say("{} firing", 0))
    assert [each.public for each in judge.judgements] == ["", "0 firing"]
    with pytest.raises(TypeError, match="expected a text that say"):
        judge.that(True, "Alerts", expected="none", found="none", public="alice is well")


def test_partial_coverage_publishes_nothing():
    """Its words name what was not seen."""
    from playbook.core.coverage import lacking

    judge = Judge()
    judge(Reading(85.0, coverage=lacking("", expected="2 hosts", got="db-7 silent")), LIMIT)
    assert (judge.leading.verdict, judge.leading.public) == (Verdict.UNKNOWN, "")
    with pytest.raises(Critical):
        judge(Reading(12.0), LIMIT)
    assert judge.leading.public == "Hit rate: expected at least 80 %, got 12 % (critical < 70 %)"


@pytest.mark.parametrize(
    ("variable", "audience"), [("", "team"), ("team", "team"), ("public", "public"), ("x", "public")]
)
def test_audience_of_the_terminal(variable, audience):
    """An unknown value means the safe one."""
    assert of_terminal({"PLAYBOOK_AUDIENCE": variable}) == audience
