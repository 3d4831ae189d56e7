"""What comes due in the next two weeks."""

from datetime import timedelta

import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from playbook.history.people import waivers
from playbook.run.coming_due import coming_due
from playbook.settings.loading import load
from tests.history_factory import NOW, finding, run_line

CATALOGUE = read_catalogue()
NONE = waivers.none(NOW)


@pytest.fixture
def settings(tmp_path):
    return load("production", root=tmp_path, environment={})


def due(settings, runs=(), given=NONE):
    return [(one.what, one.at) for one in coming_due(settings, CATALOGUE, given, runs, NOW)]


def test_new_target_has_nothing_due(settings):
    """No runs, no ledgers, no windows."""
    assert due(settings) == []


def test_next_runs_and_the_first_certificate_expiry_are_listed(settings):
    """A set that has run comes again; days left count from the run that measured them; the nearest date comes
    first.
    """
    week_ago = NOW - timedelta(days=7)
    certificate = finding(Verdict.OK, value=12.0, limit={"warning": "< 21 days"})
    runs = [
        run_line({"weekly.security.certificate": certificate}, started=week_ago, set_name="weekly"),
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=3)),
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=3), target="staging"),
    ]
    assert due(settings, runs) == [
        ("The daily checks run", "2026-11-24T06:17:00Z"),
        ("The first certificate to end", "2026-11-28T09:00:00Z"),
        ("The weekly checks run", "2026-11-30T07:23:00Z"),
    ]


def test_waivers_and_planned_maintenance_are_listed_by_title(settings, tmp_path):
    """What is over, or more than two weeks away, is left out."""
    (tmp_path / "playbook.toml").write_text(
        "[maintenance]\nwindows = [\n"
        '{ name = "over", start = 2026-11-20T01:00:00Z, end = 2026-11-20T02:00:00Z },\n'
        '{ name = "larger Redis", start = 2026-11-25T01:00:00Z, end = 2026-11-25T02:00:00Z },\n'
        '{ name = "far away", start = 2027-11-25T01:00:00Z, end = 2027-11-25T02:00:00Z },\n]\n'
    )
    planned = load("production", root=tmp_path, environment={})
    until = (NOW + timedelta(days=2)).date()
    waiver = waivers.Waiver(item="weekly.docs.updated", who="Ada", reason="x", when=NOW, until=until, digest="")
    told = due(planned, given=waivers.Waivers({waiver.item: waiver}, {}, NOW))
    title = CATALOGUE.items[waiver.item].title
    assert (f"Waiver ends: {title}", "2026-11-26T00:00:00Z") in told
    assert ("Maintenance begins: larger Redis", "2026-11-25T01:00:00Z") in told
    assert not [what for what, _ in told if "over" in what or "far away" in what]
