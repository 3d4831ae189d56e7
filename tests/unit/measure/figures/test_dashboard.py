"""The dashboard: through Grafana, or its data source alone."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from playbook.clients.grafana import Dashboard
from playbook.clients.prometheus import Answered, Sample
from playbook.core.clock import FixedClock
from playbook.core.errors import Malformed, Unreachable
from playbook.measure.figures import dashboard as module
from playbook.settings.loading import load
from tests.judged import check, judged

CHECK = check("test_dashboard", "test_dashboard_shows_fresh_samples")
BOARD = Dashboard("po", "Portfolio Overview", 5, ("prometheus",))


class Store:
    """Returns the newest sample's time, or raises."""

    def __init__(self, newest, now=1000.0, service="Prometheus"):
        self._newest, self._now, self.service = newest, now, service

    def ask(self, expression, at=None, *, setting=""):
        if expression == "vector(1)":
            return Answered(self.service, expression, setting, [Sample({}, self._now, 1.0)], ())
        if not setting:
            sample = Sample({"job": "portfolio", "instance": "web-0"}, self._now, 10.0)
            return Answered(self.service, expression, setting, [sample], ())
        assert setting == "queries.newest_sample"
        if isinstance(self._newest, Exception):
            raise self._newest
        samples = [] if self._newest is None else [Sample({}, self._now, self._newest)]
        return Answered(self.service, expression, setting, samples, ())


class Reader:
    """Grafana with one dashboard or none."""

    def __init__(self, board, uid=None):
        self._board, self._uid = board, uid

    def health(self):
        return "ok", "12.3.0"

    def dashboard(self, title):
        return self._board

    def ailment(self, uid):
        return "" if uid == "tempo" else "ERROR: no route"

    def datasource_uid(self, stored):
        return self._uid or stored.datasources[0]


@pytest.fixture
def measured(monkeypatch):
    """``measured(store, board)`` measures; without Grafana it is not configured."""

    def measure(store, board=BOARD, *, grafana=True, uid=None, ours=1000.0):
        monkeypatch.setattr(module, "grafana", lambda _: Reader(board, uid))
        monkeypatch.setattr(module, "through", lambda reader, uid: store)
        monkeypatch.setattr(module, "prometheus", lambda _: store)
        section = {"grafana": {"url": "http://g"}} if grafana else {"prometheus": {"url": "http://p"}}
        settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": section}})
        return module.dashboard(settings, FixedClock(datetime.fromtimestamp(ours, UTC)))

    return measure


def test_age_is_by_the_clock_of_the_store(measured):
    """Never below zero."""
    view = measured(Store(newest=820.0))
    assert (view.age.value, view.is_there, view.problem) == (3.0, True, "")
    assert measured(Store(newest=1000.5)).age.value == 0.0
    assert view.evidence().facts == {
        "Dashboard": "there, with 5 panels",
        "Grafana": "12.3.0, database ok",
        "Data source": "Prometheus: answers",
        "Newest sample": "3.0 min old",
    }


def test_no_sample_in_a_day_is_reported(measured):
    """Without an age."""
    view = measured(Store(None))
    assert view.minutes is None
    assert math.isnan(view.age.value)
    assert view.age.coverage.expected == "samples of the last day"
    # Of a Rails product, whose metrics have other names: the message says which one to set.
    assert judged(CHECK, dashboard=view) == (
        "CRITICAL",
        "Data source: expected samples of the last day, got none of http_request_duration_seconds_bucket",
    )


def test_data_source_that_does_not_respond_to_grafana_is_a_failure(measured):
    """Grafana has just responded."""
    view = measured(
        Store(Unreachable("Prometheus through Grafana: expected an answer, got HTTP 502", service="P"))
    )
    assert view.problem == "HTTP 502"
    assert view.evidence().facts["Data source"] == "Prometheus: HTTP 502"


def test_wrong_data_source_in_the_settings_is_no_failure(measured):
    """The dashboard's own data source was not queried."""
    missing = Unreachable("P: expected an answer, got HTTP 404: Data source not found", service="P")
    assert measured(Store(missing), uid="prometheus").problem == "HTTP 404: Data source not found"
    with pytest.raises(Unreachable):
        measured(Store(missing), uid="typo")


def test_refused_query_is_no_failure(measured):
    """Our setting may be wrong. The age is then unknown, and what else is bad still counts."""
    store = Store(Malformed("P: expected a vector, got a bad query", service="P"))
    view = measured(store)
    assert not view.is_dated
    assert str(judged(CHECK, dashboard=view)[0]) == "UNKNOWN"
    ailing = replace(BOARD, others=("tempo", "loki"))
    assert judged(CHECK, dashboard=measured(store, ailing)) == (
        "CRITICAL",
        "Data source: expected an answer to Grafana, got ERROR: no route from loki",
    )


@pytest.mark.parametrize("unread", ["health", "dashboard"])
def test_failing_grafana_counts_although_not_all_of_it_answers(measured, monkeypatch, unread):
    """Its database is told by its health, and the dashboard by its search."""

    def refused(*_):
        raise Malformed("Grafana: expected JSON, got <html>", service="Grafana")

    monkeypatch.setattr(Reader, unread, refused)
    if unread == "health":
        assert str(judged(CHECK, dashboard=measured(Store(newest=820.0)))[0]) == "UNKNOWN"
        view = measured(Store(newest=820.0), board=None)
    else:
        verdict, message = judged(CHECK, dashboard=measured(Store(newest=820.0)))
        assert str(verdict) == "UNKNOWN"
        assert message.endswith("got nothing from Grafana: <html>; partial result: 12.3.0, database ok")
        monkeypatch.setattr(Reader, "health", lambda _: ("failing", "12.3.0"))
        view = measured(Store(newest=820.0))
    assert str(judged(CHECK, dashboard=view)[0]) == "CRITICAL"


def test_data_source_that_tells_nothing_does_not_hide_another(measured, monkeypatch):
    """It is neither good nor the one that fails."""

    def ailment(_, uid):
        if uid == "tempo":
            raise Malformed("Grafana: expected JSON, got <html>", service="Grafana")
        return "" if uid == "fine" else "ERROR: no route"

    monkeypatch.setattr(Reader, "ailment", ailment)
    view = measured(Store(newest=820.0), replace(BOARD, others=("tempo", "loki")))
    assert view.problem == "ERROR: no route from loki"
    view = measured(Store(newest=820.0), replace(BOARD, others=("tempo", "fine")))
    assert (view.problem, view.coverage.enough) == ("", False)


def test_missing_dashboard_is_a_failure(measured):
    """Its data source is then unknown, and not queried."""
    view = measured(Store(AssertionError("must not be asked")), board=None)
    assert (view.is_there, view.found) == (False, "no dashboard of that title")
    assert view.evidence().facts["Data source"] == "not asked"


def test_without_grafana_only_the_data_source_is_checked(measured):
    """The evidence says so; an unreachable one is then a connectivity issue."""
    view = measured(Store(newest=940.0), grafana=False)
    assert (view.is_there, view.age.value) == (True, 1.0)
    assert view.found == "not checked, as Grafana is not configured; only its data source was"
    with pytest.raises(Unreachable):
        measured(Store(Unreachable("away", service="P")), grafana=False)


@pytest.mark.parametrize(
    ("newest", "store", "ours", "enough"),
    [
        (990.0, 1000.0, 1000.0, True),
        (990.0, 1000.0, 1200.0, True),
        (990.0, 1000.0, 90_000.0, False),
        (90_000.0, 90_010.0, 1000.0, False),
        (4600.0, 1000.0, 1000.0, False),
    ],
)
def test_times_of_disagreeing_clocks_are_unknown(measured, newest, store, ours, enough):
    """A store with a stopped clock would look fresh for ever; future samples hide missing current ones."""
    assert measured(Store(newest, store), ours=ours).coverage.enough is enough


def test_two_dashboards_with_the_same_title_are_ambiguous(measured):
    """It is unknown which one people use."""
    board = replace(BOARD, alike=2)
    view = measured(Store(990.0), board)
    assert view.coverage.got == "2 of that title"
    assert 'folder = "…"' in view.coverage.hint


def test_dashboard_without_panels_is_a_failure(measured):
    """It exists only by name."""
    view = measured(Store(990.0), replace(BOARD, panels=0))
    assert (view.is_there, view.found) == (False, "there, with no panels")


def test_every_data_source_of_the_dashboard_must_respond(monkeypatch, measured):
    """Otherwise some panels stay empty."""

    def through(reader, uid):
        gone = Unreachable("P: expected an answer, got HTTP 502", service="P")
        return Store(990.0) if uid == "prometheus" else Away(gone)

    class Away(Store):
        def ask(self, expression, at=None, *, setting=""):
            raise self._newest

    measured(Store(990.0))
    monkeypatch.setattr(module, "through", through)
    board = replace(BOARD, datasources=("prometheus", "archive"))
    monkeypatch.setattr(module, "grafana", lambda _: Reader(board))
    overlay = {"targets": {"sandbox": {"grafana": {"url": "http://g"}}}}
    clock = FixedClock(datetime.fromtimestamp(1000, UTC))
    view = module.dashboard(load("sandbox", environment={}, overlay=overlay), clock)
    assert view.problem == "HTTP 502 from archive"


def test_data_source_of_another_kind_must_work(measured):
    """Its panels stay empty otherwise."""
    assert measured(Store(990.0), replace(BOARD, others=("tempo", "loki"))).problem == "ERROR: no route from loki"
    assert measured(Store(990.0), replace(BOARD, others=("tempo",))).problem == ""
