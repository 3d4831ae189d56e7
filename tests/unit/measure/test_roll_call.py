"""What earlier runs have listed and this one does not: a name is missed until somebody gives it up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from playbook.core.counters import Counted
from playbook.measure.roll_call import kept, roll_call
from playbook.settings.sections.coverage import CoverageRules

NOW = datetime(2026, 11, 18, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = CoverageRules()


def after(*runs: set[str], every: timedelta = DAY, given_up: tuple[str, ...] = ()) -> str:
    """What the last of these runs misses, of which each compares with those of the last two days."""
    known: list[Counted] = []
    for number, names in enumerate(runs):
        at = NOW + number * every
        recent = [one for one in known if at - one.at <= timedelta(hours=RULES.counter_most_hours)]
        found = roll_call(names, at, recent, RULES, given_up=given_up)
        known.append(found.read)
    return found.words


ALL = {"db", "redis", "queue"}
LESS = ALL - {"redis"}


@pytest.mark.parametrize(
    ("runs", "missing"),
    [
        ([ALL], ""),
        ([ALL, ALL], ""),
        ([ALL, LESS], "redis"),
        ([ALL, set()], "db, queue, redis"),
        ([ALL, ALL, *[LESS] * 30], "redis"),  # until somebody says that it was given up
        ([LESS, ALL, LESS], ""),  # it was there once
        ([LESS, LESS, ALL, ALL, ALL, LESS], "redis"),
        ([ALL, LESS, LESS, LESS], ""),  # known from one run alone
        ([{"web-1", "web-2"}, {"web-3"}], ""),  # instances of one thing
        ([{"web-7d9f8b6c5-x2x4z"}, {"web-66d8c9c7f-qk2p9"}], ""),
        ([{"web-7d9f8b6c5-bcdfg"}, {"web-66d8c9c7f-qk2p9"}], ""),  # whose last part may be letters only
        ([{"web-bcdfgbcdf-bcdfg"}, {"web-66d8c9c7f-qk2p9"}], ""),
        ([{"Memory(hostname='shop-web')"}, {"Memory(hostname='shop-web-two')"}], ""),
        (
            [
                {"Disk(path='/', hostname='a')", "Disk(path='/srv', hostname='a')"},
                {"Disk(path='/', hostname='a')"},
            ],
            "disk-path-srv",
        ),
        ([{"10.0.0.5:6379"}, {"10.0.0.9:6379"}], ""),
        ([{"postgres 16.2"}, {"postgres 17"}], ""),
        ([{"mail.internal", "db"}, {"db"}], "mail-internal"),
        ([set("abcdefg"), set()], "a, b, c, d, e and 2 more"),
    ],
)
def test_names_of_earlier_runs_are_missed(runs, missing):
    assert after(*runs) == missing


def test_what_was_given_up_is_not_missed():
    assert after(ALL, ALL, LESS, given_up=("Redis",)) == ""
    assert after({"mail.internal"}, {"mail.internal"}, {"db"}, given_up=("mail.internal",)) == ""


def test_runs_at_once_make_nothing_usual():
    """A failing check is repeated after a minute."""
    assert after(ALL, ALL, LESS, LESS, LESS, LESS, every=timedelta(minutes=1)) == ""


def test_run_that_could_not_look_hands_on_what_is_usual():
    earlier = [Counted(at=NOW - DAY, counts={"redis": 3.0, "db": 1.0})]
    found = roll_call(None, NOW, earlier, RULES)
    assert (found.missing, found.read.counts) == ((), {"redis": 2.0})
    assert roll_call(LESS, NOW + DAY, [found.read], RULES).missing == ("redis",)


def test_runs_of_something_else_are_not_compared():
    earlier = [Counted(at=NOW - DAY, origin="other files", counts={"redis": 3.0})]
    assert roll_call(LESS, NOW, earlier, RULES, of="these files").missing == ()


def test_names_are_kept_without_numbers_and_identifiers():
    names = {
        "diskSpace": "diskspace",
        "cassandra:responseTime": "cassandra-responsetime",
        "api.log": "api",
        "nginx/error.log": "nginx-error",
        "api.err": "api-err",
        "neo4j": "neo4j",
        "3f2a9c1e-77aa-4c1d": "",
        "Größe": "größe",
        "a" * 90: "a" * 40,
        "": "",
    }
    assert {name: kept(name) for name in names} == names


def test_everybody_reads_digests_alone():
    """By which they are known again; what is common is named all the same."""
    names = {"ada.example": "ada-example", "redis": "redis", "db": "db"}
    read = roll_call(names, NOW, [], RULES).read
    assert sorted(read.counts) == sorted(names.values())
    public = read.for_everybody
    assert not {*public.counts} & {*names.values()}
    assert (public.for_everybody, roll_call(names, NOW + DAY, [public], RULES).missing) == (public, ())
    found = roll_call({"db"}, NOW + DAY, [public], RULES)
    assert found.words == "redis and 1 that is kept without its name"
    usual = roll_call(names, NOW + DAY, [public], RULES).read.for_everybody
    for day in range(2, 5):  # handed on from run to run
        later = roll_call({"db"}, NOW + day * DAY, [usual], RULES)
        assert later.words == found.words
        usual = later.read.for_everybody
    assert roll_call({"db"}, NOW + DAY, [public], RULES, given_up=("Redis", "ada.example")).missing == ()
