"""Sign-offs: what counts, until when, and messages of refused lines."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from playbook.core import ledger
from playbook.core.errors import UsageError
from playbook.core.judge import Judge
from playbook.core.sign_off import Rule
from playbook.core.verdict import Critical, Verdict
from playbook.history.people.attest import attest, read

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ITEM = "weekly.docs.updated"
RULES = {
    "weekly": Rule(timedelta(days=9), timedelta(days=2)),
    "weekly.special": Rule(timedelta(days=1), timedelta()),
}


@pytest.fixture
def book(tmp_path):
    """A ledger to sign in and to read."""

    class Book:
        file = tmp_path / "attestations.jsonl"

        def sign(self, *, ago=0.0, item=ITEM, **more):
            return attest(
                self.file,
                item,
                **{"who": "Ada", "note": "looked", "rule": RULES["weekly"], "root": tmp_path, **more},
                now=NOW - timedelta(days=ago),
            )

        def of(self, item=ITEM):
            known = {ITEM, "weekly.special"}
            return read(self.file, known=known, rules=RULES, now=NOW).of(item)

    return Book()


def judged(sign_off):
    judge = Judge()
    with suppress(Critical):
        judge.sign_off(sign_off)
    assert judge.leading
    return judge.leading.verdict, judge.leading.found


@pytest.mark.parametrize(
    ("ago", "verdict", "found"),
    [
        (0, Verdict.OK, "one by Ada on 2026-11-23, which expires in 9 days"),
        (6.9, Verdict.OK, "one by Ada on 2026-11-16, which expires in 2 days"),
        (7.5, Verdict.WARNING, "one by Ada on 2026-11-15, which expires in 36 h"),
        (9, Verdict.CRITICAL, "one by Ada on 2026-11-14, which expired 0 h ago"),
        (30, Verdict.CRITICAL, "one by Ada on 2026-10-24, which expired 21 days ago"),
    ],
)
def test_sign_off_counts_for_its_validity(book, ago, verdict, found):
    """With a warning before its end."""
    book.sign(ago=ago)
    assert judged(book.of()) == (verdict, found)


def test_unsigned_item_is_missing(book):
    """Sign-offs of other items do not count."""
    book.sign(item="weekly.special")
    assert judged(book.of()) == (Verdict.CRITICAL, "none")


@pytest.mark.parametrize(
    ("targets", "verdict", "found"),
    [
        (["shop-b"], Verdict.CRITICAL, "none (only for shop-b)"),
        (["shop-b", "staging"], Verdict.CRITICAL, "none (only for shop-b, staging)"),
        (["shop-a"], Verdict.OK, "one by Ada on 2026-11-23, which expires in 9 days"),
        (["shop-b", "shop-a"], Verdict.OK, "one by Ada on 2026-11-23, which expires in 9 days"),
        (["shop-*"], Verdict.OK, "one by Ada on 2026-11-23, which expires in 9 days"),
        ([], Verdict.OK, "one by Ada on 2026-11-23, which expires in 9 days"),  # an older line
    ],
)
def test_sign_off_for_another_target_does_not_count(book, targets, verdict, found):
    """Two shops have the same ledger, and only one of them was looked at."""
    book.sign(targets=targets)
    assert judged(read(book.file, known={ITEM}, rules=RULES, now=NOW, target="shop-a").of(ITEM)) == (
        verdict,
        found,
    )


def test_newest_line_counts_not_the_last(book):
    """A merge may have changed the order of lines."""
    book.sign(ago=1, who="Ada")
    book.sign(ago=5, who="Ben")
    assert book.of().newest.who == "Ada"


def test_item_may_have_its_own_validity(book):
    """Its rule precedes that of its set; a set without a rule is reported."""
    book.sign(ago=2, item="weekly.special")
    assert not book.of("weekly.special").valid
    with pytest.raises(UsageError, match=r"people\.sign_offs\.monthly is not set"):
        book.of("monthly.x")


def test_nobody_signs_for_longer_than_the_rule_allows(book):
    """Not even with a later date in a line with a correct digest."""
    fields = {
        "item": ITEM,
        "who": "Ada",
        "when": "2026-11-01T09:00:00Z",
        "note": "x",
        "expires": "2030-01-01T00:00:00Z",
    }
    ledger.append(book.file, fields)
    assert not book.of().valid


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("2026-11-24T09:00:00Z", "line 1 is dated 2026-11-24 09:00, in the future"),
        ("2026-11-23T09:00:00", "line 1 is damaged: Expected datetime with a timezone component - at $.when"),
    ],
)
def test_impossible_time_is_refused(book, when, problem):
    """With a message; a minute ahead is clock skew."""
    fields = {"item": ITEM, "who": "Ada", "note": "x", "expires": "2026-12-01T00:00:00Z"}
    ledger.append(book.file, {**fields, "when": when})
    assert judged(book.of()) == (Verdict.CRITICAL, f"none that is valid ({problem})")
    ledger.append(book.file, {**fields, "when": "2026-11-23T09:01:00Z"})
    assert book.of().valid


def test_unknown_item_is_refused(book):
    """The line belongs to no item."""
    book.sign(item="weekly.docs.updatd")
    assert book.of().refused == ("line 1 names weekly.docs.updatd, which is not an item of the playbook",)


def test_edited_evidence_is_refused(book, tmp_path):
    """The file is named; an older sign-off still counts, with a warning."""
    seen = tmp_path / "notes" / "minutes.md"
    seen.parent.mkdir()
    seen.write_text("all well")
    book.sign(ago=3)
    book.sign(evidence=[seen])
    assert judged(book.of())[0] is Verdict.OK
    seen.write_text("all unwell")
    verdict, found = judged(book.of())
    assert verdict is Verdict.WARNING
    assert found.endswith("(line 2 no longer holds: notes/minutes.md was changed since)")
    seen.unlink()
    assert book.of().refused == ("line 2 no longer holds: notes/minutes.md cannot be read",)


def test_evidence_must_be_beside_the_ledger(book, tmp_path):
    """A file elsewhere, a missing one and a folder are refused before anything is written."""
    with pytest.raises(UsageError, match="expected a file below"):
        book.sign(evidence=[tmp_path.parent / "elsewhere.md"])
    for path in (tmp_path / "missing.md", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            book.sign(evidence=[path])
    assert not book.file.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"who": " "}, "--by is empty"),
        ({"who": "TBD"}, "--by says nothing: 'TBD'"),
        ({"note": "-"}, "--note says nothing: '-'"),
        ({"note": "a\nb"}, "--note must be one line of plain text, got 'a\\nb'"),
    ],
)
def test_invalid_text_is_refused(book, change, sentence):
    """With one sentence."""
    with pytest.raises(UsageError) as caught:
        book.sign(**change)
    assert str(caught.value) == sentence


def test_replacement_for_a_sign_off_is_enough(book):
    """A delivered notification."""
    book.sign(ago=30)
    judge = Judge()
    judge.sign_off(book.of(), instead="delivered to Slack #ops on 2026-11-23")
    assert judge.leading
    assert judge.leading.verdict is Verdict.OK
    assert judge.leading.found == "delivered to Slack #ops on 2026-11-23"
