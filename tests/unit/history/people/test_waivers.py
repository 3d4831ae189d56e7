"""Waivers: what is waived until when, and what remains visible of a finding."""

from datetime import UTC, date, datetime, timedelta

import pytest

from playbook.core import ledger
from playbook.core.clock import FixedClock
from playbook.core.errors import UsageError
from playbook.core.evidence import Facts, Lines
from playbook.core.verdict import Verdict
from playbook.history.people.waivers import Waivers, limited, none, read, waive
from playbook.history.runs import append
from playbook.run.recorder import with_waiver
from playbook.run.run import Run, add_up, begun_now
from playbook.settings.loading import load
from tests.factories import record
from tests.history_factory import finding, run_line

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ITEM = "daily.example.0"


@pytest.fixture
def book(tmp_path):
    """A ledger to waive in and to read."""

    class Book:
        file = tmp_path / "waivers.jsonl"

        def waive(self, until="2026-11-30", *, at=NOW, item=ITEM, **more):
            day = date.fromisoformat(until)
            fields = {"reason": "it moves", "who": "Ada", "most_days": 30, "covers": "CRITICAL", **more}
            return waive(self.file, item, until=day, now=at, **fields)

        def read(self, at=NOW):
            return read(self.file, known={ITEM, "daily.example.1"}, most_days=30, now=at)

    return Book()


@pytest.mark.parametrize(
    ("targets", "verdict"),
    [
        (["shop-b"], Verdict.CRITICAL),
        (["shop-a"], Verdict.WAIVED),
        (["shop-*"], Verdict.WAIVED),
        ([], Verdict.WAIVED),
    ],
)
def test_finding_accepted_on_another_target_is_not_waived(book, targets, verdict):
    """Two shops have the same ledger. Older lines name none of them."""
    book.waive(targets=targets)
    found = read(book.file, known={ITEM}, most_days=30, now=NOW, target="shop-a")
    assert with_waiver(record(Verdict.CRITICAL), found).verdict is verdict


@pytest.mark.parametrize("was", [Verdict.CRITICAL, Verdict.WARNING, Verdict.UNKNOWN])
def test_waived_finding_stays_visible(book, was):
    """With the finding, by whom, until when and why."""
    book.waive()
    waived = with_waiver(record(was), book.read())
    assert waived.verdict is Verdict.WAIVED
    assert waived.message == f"Waived until 2026-11-30 by Ada (it moves): {was}, {record(was).message}"
    (waiver,) = (each for each in waived.evidence if isinstance(each, Facts))
    assert waiver.facts["Without it"] == f"{was}: {record(was).message}"


@pytest.mark.parametrize(
    ("accepted", "waived"),
    [
        ("WARNING", {Verdict.WARNING}),
        ("UNKNOWN", {Verdict.UNKNOWN}),
        ("CRITICAL", {Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL}),
    ],
)
def test_waiver_covers_nothing_worse_than_what_was_accepted(book, accepted, waived):
    """A worse finding keeps its verdict, and shows the waiver that does not cover it.

    Whoever accepted that something is not measured has not accepted what is then measured.
    """
    book.waive(covers=accepted)
    for verdict in (Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL):
        found = with_waiver(record(verdict), book.read())
        assert found.verdict is (Verdict.WAIVED if verdict in waived else verdict)
        titles = [each.title for each in found.evidence if isinstance(each, Facts)]
        if verdict not in waived:
            assert titles == [f"Waiver of {accepted}, which does not cover {verdict}"]


def _past(*verdicts, item=ITEM, until=NOW):
    """Runs that found these one after the other, the last one an hour before a moment."""
    hours = range(len(verdicts), 0, -1)
    return [
        run_line({item: finding(verdict)}, started=until - timedelta(hours=ago))
        for ago, verdict in zip(hours, verdicts, strict=True)
    ]


@pytest.mark.parametrize(
    ("found", "accepted"),
    [
        ([Verdict.WARNING], "WARNING"),
        ([Verdict.CRITICAL, Verdict.UNKNOWN], "UNKNOWN"),
        ([Verdict.WARNING, Verdict.CRITICAL], "CRITICAL"),
        ([Verdict.WARNING, Verdict.WAIVED, Verdict.WAIVED], "WARNING"),  # a waiver was renewed
        ([Verdict.CRITICAL, Verdict.OK], None),  # waived ahead of what was planned
        ([], None),
    ],
)
def test_older_waiver_covers_what_had_been_found(book, found, accepted):
    """A line of before says not what was accepted, but the history does. Later runs change nothing about it."""
    _of_before(book)
    later = _past(Verdict.CRITICAL, until=NOW + timedelta(hours=8))
    other = _past(Verdict.UNKNOWN, item="daily.example.1")
    waivers = limited(book.read(), lambda _: [*_past(*found), *other, *later])
    assert waivers.newest[ITEM].covers == accepted
    expected = Verdict.WAIVED if accepted in {None, "CRITICAL"} else Verdict.CRITICAL
    assert with_waiver(record(Verdict.CRITICAL), waivers).verdict is expected


def test_history_is_read_only_for_older_waivers(book):
    """Which is long for those who have a thousand targets."""
    book.waive()
    assert limited(book.read(), lambda _: pytest.fail("was read")) == book.read()


def _of_before(book, item=ITEM):
    """A line as it was written before lines said what they accept."""
    fields = {"item": item, "who": "A", "when": "2026-11-23T09:00:00Z", "until": "2026-11-30", "reason": "x"}
    book.file.write_bytes(ledger.sealed(fields))


def test_run_limits_older_waivers_by_its_history(book, tmp_path):
    """Of the target, in the folder that the run compares itself with."""
    item = "daily.redis.alive"
    _of_before(book, item)
    (tmp_path / "playbook.toml").write_text(
        f'[targets.production.people]\nwaivers = "{book.file.name}"\n', encoding="utf-8"
    )
    for line in _past(Verdict.WARNING, item=item):
        append(tmp_path / "history", line)
    settings = load("production", root=tmp_path, environment={})
    run = Run(settings, FixedClock(NOW), history=tmp_path / "history")
    assert run.waivers.newest[item].covers == "WARNING"


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.NOT_CONFIGURED])
def test_result_that_is_no_finding_is_unchanged(book, verdict):
    """A waiver makes nothing worse, and configures nothing."""
    book.waive()
    assert with_waiver(record(verdict), book.read()) == record(verdict)


def test_other_items_are_not_waived(book):
    """Only the named one is."""
    book.waive(item="daily.example.1")
    assert with_waiver(record(Verdict.CRITICAL), book.read()) == record(Verdict.CRITICAL)


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), Verdict.WAIVED),
        (datetime(2026, 12, 1, tzinfo=UTC), Verdict.CRITICAL),
    ],
)
def test_waiver_counts_to_the_end_of_its_day(book, at, verdict):
    """Then it waives nothing, and the record shows it as expired."""
    book.waive()
    found = with_waiver(record(Verdict.CRITICAL), book.read(at))
    assert found.verdict is verdict
    assert ("Expired" in found.evidence[0].title) is (verdict is Verdict.CRITICAL)


def test_newer_decision_replaces_an_older_one(book):
    """So an exception can be ended early."""
    book.waive("2026-12-20", at=NOW - timedelta(days=3))
    book.waive("2026-11-23", at=NOW - timedelta(days=1))
    assert book.read().active(ITEM).until == date(2026, 11, 23)
    assert book.read(NOW + timedelta(days=2)).active(ITEM) is None
    assert book.read(NOW + timedelta(days=2)).expired(ITEM)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2026-11-22", "has passed; today is 2026-11-23"),
        ("2026-12-24", "is too far ahead: 2026-12-23 is the latest"),
    ],
)
def test_impossible_day_is_refused(book, until, sentence):
    """Before anything is written."""
    with pytest.raises(UsageError, match=sentence):
        book.waive(until)
    assert not book.file.exists()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"until": "2027-11-23"}, "line 1 reaches 365 days ahead, and 30 is the most"),
        ({"when": "2026-11-25T00:00:00Z"}, "line 1 is dated 2026-11-25 00:00, in the future"),
        ({"item": "daily.nothing"}, "line 1 names daily.nothing, which is not an item of the playbook"),
        ({"digest": "sha256:0"}, "line 1 was edited: its digest does not match its content"),
        ({"covers": "OK"}, "line 1 is damaged: Invalid enum value 'OK' - at $.covers"),
        ({"until": "soon"}, "line 1 is damaged: Invalid RFC3339 encoded date - at $.until"),
    ],
)
def test_refused_line_waives_nothing_and_is_shown(book, change, problem):
    """With the finding that it was meant for."""
    fields = {
        "item": ITEM,
        "who": "A",
        "when": "2026-11-23T08:00:00Z",
        "until": "2026-11-30",
        "reason": "x",
        **change,
    }
    line = ledger.sealed(fields)
    if "digest" in change:
        line = line.replace(b'"reason": "x"', b'"reason": "y"')
    book.file.write_bytes(line)
    found = with_waiver(record(Verdict.CRITICAL), book.read())
    assert found.verdict is Verdict.CRITICAL
    assert found.evidence == [Lines("Refused lines of the ledger of waivers", [problem])]


def test_waived_check_does_not_count_towards_the_floor(tmp_path):
    """Nor does a run in which everything is waived become OK."""
    settings = load(root=tmp_path, environment={})

    def verdict(*verdicts, floor):
        records = [record(each, number) for number, each in enumerate(verdicts)]
        begun = begun_now(settings, set_name="daily", command="", started=NOW, floor=floor, partial=False)
        return add_up(begun, records, finished=NOW).verdict

    assert verdict(Verdict.OK, Verdict.WAIVED, floor=2) is Verdict.OK
    assert verdict(Verdict.OK, Verdict.WAIVED, floor=3) is Verdict.UNKNOWN
    assert verdict(Verdict.WAIVED, floor=1) is Verdict.UNKNOWN


def test_no_ledger_waives_nothing():
    """And shows nothing."""
    assert with_waiver(record(Verdict.CRITICAL), none(NOW)) == record(Verdict.CRITICAL)


def test_unreadable_ledger_is_reported():
    """Beside the finding."""
    found = with_waiver(record(Verdict.CRITICAL), Waivers({}, {"": ["it may not be read"]}, NOW))
    assert isinstance(found.evidence[0], Lines)
    assert not any(isinstance(each, Facts) for each in found.evidence)
