"""What of a run everybody may read: nothing that the team's form says beyond it."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.core.audience import Audience, say
from playbook.core.catalogue import read_catalogue
from playbook.core.counters import Counted, digest_of
from playbook.core.errors import Denied, NotConfigured, TooLittleData, Unreachable
from playbook.core.evidence import Facts, Lines
from playbook.core.limits import parse_limit
from playbook.core.own_items import item_of_test
from playbook.core.public import public_names, public_record, public_results, sentence
from playbook.core.record import Action, RootCause, Step
from playbook.core.verdict import Verdict
from playbook.history.people.waivers import Waiver, Waivers
from playbook.history.public_lines import public_line
from playbook.history.runs import line_of
from playbook.report import for_everybody, read_results, render_folder
from playbook.report.words import readers
from playbook.run.notes import Notes
from playbook.run.recorder import Execution, make_record, with_waiver
from tests.factories import record, results, six_verdicts
from tests.history_factory import NOW

CANARY = "canary-alice-10.98.76.54"
CATALOGUE = read_catalogue()
LIMIT = parse_limit("Hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})
ITEMS = ("daily.health.api", "monthly.access.mfa", "daily.kpi.cache-hit-rate", "weekly.security.suspicious")


def made(item="daily.health.api", *, notes=None, error=None, **changes):
    """A record as a run makes it."""
    found = CATALOGUE.items.get(item) or item_of_test(
        path="checks/local/test_shops.py", name="test_answers", parameters="", doc="", set_name="daily"
    )
    record = make_record(
        Execution(
            item=found,
            check="checks/web/test_web.py::test_x",
            subject="web",
            rule="",
            notes=notes or Notes(),
            error=error,
            started=datetime(2026, 11, 23, 7, tzinfo=UTC),
            seconds=0.1,
        )
    )
    return msgspec.structs.replace(record, **changes)


TEXTS = st.just(CANARY)
EVIDENCE = st.lists(
    st.builds(Lines, TEXTS, st.lists(TEXTS)) | st.builds(Facts, TEXTS, st.dictionaries(TEXTS, TEXTS)), max_size=2
)
FIELDS = ["rule", "message", "expected", "found", "coverage", "why", "next_step", "look_again", "cause", "add"]
RECORDS = st.builds(
    record,
    st.sampled_from(list(Verdict)),
    item=st.sampled_from([*ITEMS, f"daily.local.shops.answers.{CANARY}".replace(".98.76.54", "-98-76-54")]),
    check=st.sampled_from(["checks/test_x.py::test_x", f"checks/local/test_shops.py::test_answers[{CANARY}]"]),
    title=st.just(f"Answers ({CANARY})"),
    **dict.fromkeys(FIELDS, TEXTS),
    worker=TEXTS,
    value=st.none() | st.just(12.0),
    limit=st.just(LIMIT),
    evidence=EVIDENCE,
    investigation=st.lists(st.builds(Step, TEXTS, TEXTS, EVIDENCE, TEXTS), max_size=2),
    audience=st.sampled_from(list(Audience)),
)


@settings(max_examples=30)
@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_public_form_contains_no_text_of_a_check(records):
    """In records, root causes, the command and the ending; nor in the line of it."""
    told = results(
        [_fitting(each) for each in records],
        url=f"https://{CANARY}",
        command=f"pytest -k {CANARY}",
        ended=f"stopped by {CANARY}",
        root_causes=[RootCause(CANARY, CANARY, CANARY, [CANARY], [each.item for each in records])],
    )
    assert CANARY.encode() in msgspec.json.encode(told)
    public = public_results(told, CATALOGUE)
    written = msgspec.json.encode(public)
    assert b"canary" not in written
    assert b"98-76-54" not in written
    assert [each.verdict for each in public.records] == [each.verdict for each in told.records]
    assert (public.verdict, public.counts, public.audience) == (told.verdict, told.counts, "public")
    assert public_results(public, CATALOGUE) == public
    line = line_of(public, report="x", slot=None)
    assert b"canary" not in msgspec.json.encode(line)
    assert line.audience == "public"
    old = public_line(line_of(told, report="x", slot=None), CATALOGUE, frozenset())
    assert b"canary" not in msgspec.json.encode(old)
    assert b"98-76-54" not in msgspec.json.encode(old)


def _fitting(each):
    """Of a check of somebody's own the parameters stand in its id, and nobody has called it public."""
    if "canary" in each.check:
        own = "daily.local.shops.answers.canary-alice-10-98-76-54"
        return msgspec.structs.replace(each, item=own, audience=Audience.TEAM)
    return msgspec.structs.replace(each, item=ITEMS[len(each.evidence) % len(ITEMS)])


def test_team_item_shows_verdict_and_catalogue_words_publicly():
    """No number, no evidence, and a command with its variables."""
    found = made(
        "monthly.access.mfa",
        verdict=Verdict.CRITICAL,
        message=f"{CANARY} has no second factor",
        value=1.0,
        limit=LIMIT,
        look_again=f"curl https://{CANARY}",
        public="Second factor: 1 without",
    )
    item = CATALOGUE.items["monthly.access.mfa"]
    shown = public_record(found, item)
    assert shown.message == "Second factor: out of bounds (details are in the team's report)"
    assert (shown.value, shown.limit, shown.evidence, shown.public) == (None, None, [], "")
    assert (shown.next_step, shown.look_again, shown.title) == (item.next_step, item.look_again, item.title)


def test_public_item_shows_value_and_public_evidence():
    """The rest stays with the team."""
    notes = Notes()
    notes.judge(85.0, LIMIT)
    notes.evidence += [Facts("Reads", {"a": "1"}, Audience.PUBLIC), Lines(CANARY, [CANARY])]
    shown = public_record(
        made("daily.kpi.cache-hit-rate", notes=notes), CATALOGUE.items["daily.kpi.cache-hit-rate"]
    )
    assert shown.message == "Hit rate: expected over 90 %, got 85 % (short of the target)"
    assert (shown.value, shown.below_target) == (85.0, True)
    assert shown.evidence == [Facts("Reads", {"a": "1"}, Audience.PUBLIC)]


def test_public_statement_is_shown_with_item_title():
    """In the words that ``say`` made."""
    notes = Notes()
    notes.judge.that(True, CANARY, expected=CANARY, found=CANARY, public=say("{} of {} healthy", 3, 3))
    assert made(notes=notes).public == "API health: 3 of 3 healthy"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unreachable(CANARY, service="Redis"), "API health: could not be measured: no answer from Redis"),
        (
            Denied(CANARY, service="Redis"),
            "API health: could not be measured: our credentials were not accepted by Redis",
        ),
        (
            TooLittleData(CANARY, service=CANARY),
            "API health: could not be measured: too little to judge by from what was asked",
        ),
        (NotConfigured(CANARY, setting=CANARY, add=CANARY), "API health: not configured"),
        (RuntimeError(CANARY), sentence("API health", Verdict.UNKNOWN)),
    ],
)
def test_public_unmeasured_reason_names_service_only(error, words):
    """Its own words may name a machine."""
    found = made(error=error)
    shown = public_record(found, CATALOGUE.items["daily.health.api"])
    assert shown.message == words
    assert "canary" not in str(msgspec.json.encode(shown))


def test_public_root_cause_is_shown_only_for_known_names():
    """A service, or a measurement of the suite; what somebody added stays with the team."""
    told = [
        made(error=Unreachable(CANARY, service="Redis"), cause="Redis", public_cause="Redis"),
        made("daily.redis.alive", error=Unreachable(CANARY, service="Redis"), cause=CANARY, public_cause=""),
    ]
    causes = [RootCause("Redis", CANARY, items=[told[0].item]), RootCause(CANARY, CANARY, items=[told[1].item])]
    public = public_results(results(told, root_causes=causes), CATALOGUE)
    assert [(cause.id, cause.items) for cause in public.root_causes] == [("Redis", ["daily.health.api"])]
    assert [each.cause for each in public.records] == ["Redis", ""]


def test_public_waiver_shows_end_date_only():
    """Those are the team's."""
    waiver = Waiver(when=NOW, who=CANARY, item="daily.health.api", until=NOW.date(), reason=CANARY, digest="")
    found = with_waiver(made(verdict=Verdict.CRITICAL), Waivers({waiver.item: waiver}, {}, NOW))
    assert CANARY in found.message
    assert (
        public_record(found, CATALOGUE.items["daily.health.api"]).message == "API health: waived until 2026-11-23"
    )


@pytest.mark.parametrize(
    ("check", "item", "title", "expected"),
    [
        ("checks/a.py::t[db-7]", "daily.local.a.t.db-7", "T (db-7)", ("daily.local.a.t", "checks/a.py::t", "T")),
        ("checks/a.py::t[é]", "daily.local.a.t", "T (é)", ("daily.local.a.t", "checks/a.py::t", "T")),
        ("../../home/alice/a.py::t", "daily.local.home.alice.a.t", "T", ("daily.local.a.t", "a.py::t", "T")),
        (
            "checks/a.py::t[/en/]",
            "daily.local.a.t.en-0a1b2c",
            "T (/en/)",
            ("daily.local.a.t", "checks/a.py::t", "T"),
        ),
        ("checks/a.py::t[x]", "daily.kpi.x", "T (x)", ("daily.kpi.x", "checks/a.py::t[x]", "T (x)")),
    ],
)
def test_public_form_hides_parameters_and_outside_paths_of_own_checks(check, item, title, expected):
    """They may be hosts or people; nor is the way to a file outside of the project."""
    assert public_names(item, check, title) == expected


def test_public_form_names_unreadable_file_without_its_path():
    """Outside of the project that names folders of a machine."""
    told = results([record()], unread=["checks/local/test_a.py", "../../home/alice/test_b.py"])
    public = public_results(told, CATALOGUE)
    assert public.unread == ["checks/local/test_a.py", "test_b.py"]
    assert public_line(line_of(told, report="x", slot=None), CATALOGUE, ()).unread == public.unread


def test_public_line_merges_cases_of_own_check_into_worst_verdict():
    """In the line of the run."""
    cases = [
        record(verdict, item=f"daily.local.a.t.{host}", check=f"checks/a.py::t[{host}]", title=f"T ({host})")
        for verdict, host in ((Verdict.OK, "db-6"), (Verdict.CRITICAL, "db-7"))
    ]
    line = line_of(public_results(results(cases), CATALOGUE), report="x", slot=None)
    assert {name: found.verdict for name, found in line.items.items()} == {"daily.local.a.t": "CRITICAL"}


def test_first_page_says_who_may_read_it(tmp_path):
    """In the page and in the summary, of all three kinds."""
    told = six_verdicts()
    words = {
        "team": readers(told),
        "private": readers(msgspec.structs.replace(told, private=True)),
        "public": readers(public_results(told, CATALOGUE)),
    }
    assert words["team"].startswith("For the team only: this report holds names, addresses and log lines. Its ")
    assert words["private"].endswith("because the target is private.")
    assert words["public"].startswith("Public report: verdicts")
    (tmp_path / "results.json").write_bytes(msgspec.json.encode(told))
    render_folder(tmp_path)
    for name in ("index.html", "summary.md"):
        text = (tmp_path / name).read_text()
        assert "For the team only" in text[: text.index("Root cause")]


def test_public_report_is_rewritten_without_other_files(tmp_path):
    """What lies beside the results stays."""
    (tmp_path / "run").mkdir()
    told = six_verdicts()
    (tmp_path / "run" / "results.json").write_bytes(msgspec.json.encode(told))
    (tmp_path / "run" / "load.json").write_text(CANARY)
    for_everybody(tmp_path / "run", tmp_path / "public", CATALOGUE)
    names = {file.name for file in (tmp_path / "public").iterdir()}
    render_folder(tmp_path / "run")
    assert names == {file.name for file in (tmp_path / "run").iterdir()} - {"load.json"}
    assert "index.html" in names
    assert read_results(tmp_path / "public") == public_results(told, CATALOGUE)


def test_public_form_keeps_readings_and_runbook_actions():
    """Counters are numbers by our names; a runbook's actions stand in our documents."""
    found = made(
        verdict=Verdict.CRITICAL,
        runbook="high-error-rates",
        resolution=[Action("Immediate", "Roll back.")],
        readings={"redis": Counted(at=NOW, counts={"keyspace_hits": 4.0})},
    )
    shown = public_record(found, CATALOGUE.items["daily.health.api"])
    assert (shown.resolution, shown.readings) == (found.resolution, found.readings)


def test_names_of_things_in_readings_are_digests_for_everybody():
    """By which a later run knows them again."""
    found = made(readings={"health": Counted(at=NOW, counts={"mailer": 3.0}, named=True)})
    (read,) = public_record(found, CATALOGUE.items["daily.health.api"]).readings.values()
    assert (read.counts, read.named) == ({digest_of("mailer"): 3.0}, False)
