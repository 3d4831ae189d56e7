"""The places of an item: each is a line of a file in which it stands."""

import sys

import pytest

from playbook.cli.where import places, run_where
from playbook.core.catalogue import shipped
from playbook.core.errors import UsageError
from tests.project import ROOT

ITEM = "daily.kpi.cache-hit-rate"


def test_where_lists_every_place_of_an_item():
    """From its entry in the catalogue to what is expected under a fault."""
    found = places(ITEM, ROOT)
    for place in found:
        assert (ROOT / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1], place
    named = {(place.what, place.name) for place in found}
    assert {
        ("catalogue", ""),
        ("check", "test_cache_answers_most_reads"),
        ("measurement", "redis_stats"),
        ("limit", "cache_hit_rate"),
        ("fault", "redis-cold-cache"),
        ("expected", "redis-cold-cache: CRITICAL"),
        ("expected", "redis-gone: UNKNOWN"),
    } <= named
    assert any(place.what == "unit test" for place in found)


def test_every_item_has_catalogue_entry_and_check():
    """None is missed, however it is written."""
    for item in shipped().items:
        found = {place.what for place in places(item, ROOT)}
        assert {"catalogue", "check"} <= found, item


def test_unknown_item_is_one_sentence_with_suggestion():
    """With the one that was meant."""
    with pytest.raises(UsageError, match=r"where: expected an item .+ did you mean 'daily.kpi.cache-hit-rate'\?"):
        run_where("daily.kpi.cache-hit", ROOT, print)


def test_missing_checkout_is_one_sentence(tmp_path):
    """An installed suite has no faults to name."""
    with pytest.raises(UsageError, match="expected to be called in a checkout of the suite"):
        run_where(ITEM, tmp_path, print)


def test_search_path_of_the_process_is_left_as_it_was(monkeypatch):
    """As where the command is a program of its own: the checkout is on it only while its proofs are read."""
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", str(ROOT))])
    before = list(sys.path)
    assert any(place.what == "expected" for place in places(ITEM, ROOT))
    assert sys.path == before
