"""The app, its live URL and its components, measured from the API's responses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import App
from playbook.core.clock import FixedClock
from playbook.core.coverage import Coverage
from playbook.core.engine import REGISTRY
from playbook.core.errors import Denied
from playbook.core.evidence import Facts, Table
from playbook.core.hosts import Hosts
from playbook.core.judge import Judge
from playbook.core.verdict import SEVERITY, Critical
from playbook.measure.app.app import NO_DEPLOYMENT, AppStatus, app, own_app
from playbook.measure.app.components import AppComponents, Component, app_components
from playbook.measure.app.jobs import AppJobs
from playbook.measure.app.live_url import LiveUrlAnswer, live_url_answer
from playbook.measure.app.restarts import KnownRestarts
from playbook.run.run import load_providers
from playbook.settings.loading import load
from tests.judged import check, judged
from tests.unit.digitalocean import Simulator, running
from tests.unit.loopback import answer, serve

load_providers()
PAGE = b"<!DOCTYPE html><title>Portfolio</title><h1>Photographs that load fast</h1><p>By somebody.</p>"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


def verdict(components: AppComponents) -> tuple[str, str]:
    said, message = judged(
        check("test_app", "test_every_component_is_healthy"),
        app_components=components,
        known_restarts=KnownRestarts(()),
        app_jobs=AppJobs(()),
    )
    return str(said), message


def active(status: AppStatus) -> str:
    answers = LiveUrlAnswer("https://x", 200, "HTTP 200", answered=True)
    judge = Judge()
    judge.add_coverage("app", status.coverage)
    with suppress(Critical):
        check("test_app", "test_app_is_active")(status, answers, judge)
    return str(min((one.verdict for one in judge.judgements), key=SEVERITY.index))


def measured(simulator: Simulator) -> AppStatus:
    return app(simulator.client(), simulator.settings(), FixedClock(simulator.state.now))


class TestIdentity:
    @pytest.mark.parametrize(
        ("url", "hosts", "app_hosts", "said"),
        [
            ("https://portfolio.example", (), ("portfolio.example", "portfolio-x.ondigitalocean.app"), "OK"),
            ("https://www.portfolio.example", (), ("portfolio.example",), "OK"),
            ("https://portfolio.example", (), ("www.portfolio.example",), "OK"),
            ("https://Portfolio.example:8443/de", (), ("portfolio.example",), "OK"),
            ("https://portfolio-x.ondigitalocean.app", (), ("portfolio-x.ondigitalocean.app",), "OK"),
            ("https://eu.portfolio.example", (), ("portfolio.example", "*.portfolio.example"), "OK"),
            ("https://portfolio.example", ("x.ondigitalocean.app",), ("x.ondigitalocean.app",), "OK"),
            ("https://münchen.example", (), ("xn--mnchen-3ya.example",), "OK"),
            ("https://xn--e1afmkfd.xn--p1ai", (), ("пример.рф",), "OK"),
            ("https://portfolio.example.", (), ("portfolio.example",), "OK"),
            ("https://portfolio.example", ("X.ondigitalocean.app.",), ("x.ondigitalocean.app",), "OK"),
            ("https://portfolio.example", ("photos.example",), ("www.photos.example",), "OK"),
            ("https://xn--e1afmkfd.xn--p1ai", (), ("shop.example",), "UNKNOWN"),
            ("https://пример.рф", (), ("shop.example",), "UNKNOWN"),
            ("https://portfolio.example", (), ("shop.example", "shop-y.ondigitalocean.app"), "UNKNOWN"),
            ("https://portfolio.example", (), ("staging.portfolio.example",), "UNKNOWN"),
            ("https://notportfolio.example", (), ("portfolio.example", "*.portfolio.example"), "UNKNOWN"),
            # Not known by name: a tunnel, a test, an app of workers alone.
            ("http://127.0.0.1:8080", (), ("shop.example",), "OK"),
            ("http://203.0.113.9", (), ("shop.example",), "OK"),
            ("http://portfolio.internal", (), ("shop.example",), "OK"),
            ("https://portfolio.example", (), (), "OK"),
        ],
    )
    def test_app_of_another_website(self, simulator, url, hosts, app_hosts, said):
        web = {"url": url, "hosts": list(hosts)}
        settings = load("production", environment={}, overlay={"targets": {"production": {"web": web}}})
        found = app(simulator.client(), settings, FixedClock(simulator.state.now))
        known = replace(found, hosts=Hosts.of(app_hosts).names)
        assert active(known) == said
        assert known.coverage.enough is (said == "OK")  # so is everything that is measured of its components

    def test_names_of_an_app(self, simulator, monkeypatch):
        """As the API's description gives them: with and without a scheme, and a domain with all below it."""
        spec = {"name": "shop", "domains": [{"domain": "Shop.example", "wildcard": True}]}
        addresses = {"live_url": "https://shop.example", "default_ingress": "shop-y.ondigitalocean.app"}
        body = {"id": "a", "spec": spec, **addresses}
        monkeypatch.setattr(DigitalOceanApi, "app", lambda self: msgspec.convert(body, App))
        found = app(simulator.client(), simulator.settings(), FixedClock(simulator.state.now))
        assert found.hosts == ("shop.example", "shop-y.ondigitalocean.app", "*.shop.example")

    def test_what_else_is_read_of_the_app_relies_on_it(self, simulator, monkeypatch):
        """The deployments of another app may be as good as they like."""
        web = {"url": "https://portfolio.example"}
        settings = load("production", environment={}, overlay={"targets": {"production": {"web": web}}})
        api = simulator.client()

        def coverage(**names: str) -> Coverage:
            monkeypatch.setattr(DigitalOceanApi, "app", lambda self: msgspec.convert({"id": "a", **names}, App))
            return own_app(api, settings).coverage

        assert coverage(live_url="https://portfolio.example").enough
        other = coverage(live_url="https://shop.example")
        assert (other.expected, other.got) == ("the app of portfolio.example", "one at shop.example")

    def test_names_that_cannot_be_read_are_no_error(self, simulator, monkeypatch):
        """A failed deployment counts nevertheless; a good one does not."""

        def refuse(_: DigitalOceanApi) -> App:
            raise Denied("the token needs the scope app:read", service="DigitalOcean")

        monkeypatch.setattr(DigitalOceanApi, "app", refuse)
        found = own_app(simulator.client(), simulator.settings()).coverage
        assert (found.enough, found.expected) == (False, "the app's names")

    @pytest.mark.parametrize("name", ["deployments", "deployment_review", "rollback_asked", "network_week"])
    def test_measurements_of_one_app_rely_on_whose_it_is(self, name):
        """The engine adds its coverage to theirs."""
        provider = REGISTRY[name]
        assert ("own_app" in provider.needs, "own_app" in provider.apart_from) == (True, False)


class TestApp:
    def test_healthy(self, simulator):
        status = measured(simulator)
        assert (status.name, status.phase, status.active) == ("portfolio", "ACTIVE", True)
        assert (status.region, status.tier) == ("Frankfurt (fra)", "professional")
        assert status.components == ("portfolio-web", "image-optimizer", "image-worker")
        assert status.age == timedelta(hours=29).total_seconds()
        assert status.in_progress == ""

    def test_evidence_shows_name_url_phase_and_region(self, simulator):
        shown = measured(simulator).evidence()
        assert isinstance(shown, Facts)
        assert shown.facts["Name"] == "portfolio"
        assert shown.facts["Phase"] == "ACTIVE"
        assert shown.facts["Live URL"] == simulator.live_url
        assert shown.facts["Region"] == "Frankfurt (fra)"
        assert "29 h ago" in shown.facts["Active deployment"]

    def test_one_in_progress(self, simulator):
        simulator.state.deploy("BUILDING", timedelta(minutes=2))
        status = measured(simulator)
        assert status.active
        assert status.in_progress == "BUILDING"
        assert isinstance(evidence := status.evidence(), Facts)
        assert evidence.facts["In progress"].startswith("BUILDING since ")

    def test_none_active(self, simulator):
        simulator.state.deployments.clear()
        status = measured(simulator)
        assert (status.active, status.phase, status.age) == (False, NO_DEPLOYMENT, None)
        assert status.evidence()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, "OK"),
            ({"phase": "SUPERSEDED"}, "CRITICAL"),
            ({"phase": "UNKNOWN"}, "UNKNOWN"),
            ({"phase": "HIBERNATING"}, "UNKNOWN"),
            ({"phase": NO_DEPLOYMENT}, "CRITICAL"),
            ({"in_progress": "TELEPORTING"}, "UNKNOWN"),
            ({"in_progress": "BUILDING"}, "OK"),
            ({"offline": "archived"}, "CRITICAL"),
            ({"offline": "in maintenance mode"}, "CRITICAL"),
            ({"pinned": "1f2e"}, "WARNING"),
            ({"domains": (("shop.example", "ERROR"),)}, "WARNING"),
            ({"domains": (("shop.example", "PENDING"),)}, "WARNING"),
            ({"domains": (("shop.example", "PARKED"),)}, "UNKNOWN"),
            ({"domains": (("shop.example", ""),)}, "UNKNOWN"),
            # A word of the other kind of phase says nothing either.
            ({"phase": "PENDING"}, "UNKNOWN"),
            ({"phase": ""}, "UNKNOWN"),
            ({"in_progress": "CONFIGURING"}, "UNKNOWN"),
            ({"domains": (("shop.example", "BUILDING"),)}, "UNKNOWN"),
            ({"domains": ()}, "OK"),
            ({"egress": "DEDICATED_IP", "addresses": (("203.0.113.20", "ASSIGNED"),)}, "OK"),
            ({"egress": "DEDICATED_IP", "addresses": (("203.0.113.20", "ASSIGNING"),)}, "WARNING"),
            ({"egress": "DEDICATED_IP", "addresses": (("203.0.113.20", "REMOVED"),)}, "WARNING"),
            ({"egress": "DEDICATED_IP", "addresses": ()}, "WARNING"),
            ({"egress": "DEDICATED_IP", "addresses": (("203.0.113.20", "UNKNOWN"),)}, "UNKNOWN"),
            ({"egress": "DEDICATED_IP", "addresses": (("203.0.113.20", "RESERVED"),)}, "UNKNOWN"),
            ({"egress": "NAT_GATEWAY"}, "UNKNOWN"),
            ({"addresses": (("203.0.113.20", "REMOVED"),)}, "OK"),
            ({"components": (), "others": ()}, "UNKNOWN"),
            ({"components": (), "others": ("docs",)}, "OK"),
        ],
    )
    def test_verdicts(self, simulator, changes, said):
        assert active(replace(measured(simulator), **changes)) == said


class TestLiveUrl:
    def test_page_is_an_answer(self, simulator):
        with serve(answer(body=PAGE)) as server:
            simulator.live_url = server.url
            found = live_url_answer(measured(simulator), simulator.settings())
        assert found.answered
        assert found.outcome == "HTTP 200"
        assert found.seconds is not None
        assert found.certainty.enough

    @pytest.mark.parametrize(
        ("raw", "outcome"),
        [
            (answer("404 Not Found", PAGE), "HTTP 404"),
            (answer("403 Forbidden", PAGE), "HTTP 403"),
            (answer("401 Unauthorized", PAGE), "HTTP 401"),
            (answer("499 Closed", PAGE), "HTTP 499"),
            (answer("500 Oops", PAGE), "HTTP 500"),
            (answer("204 No Content"), "HTTP 204"),
            (answer(), "an empty page"),
            (answer(body=b"no healthy upstream", Content_Type="text/plain"), "an error page that says"),
            (answer("302 Found", Location="/login"), "HTTP 302, a redirect that leads on"),
        ],
    )
    def test_what_is_no_page_fails(self, simulator, raw, outcome):
        with serve(raw) as server:
            simulator.live_url = server.url
            found = live_url_answer(measured(simulator), simulator.settings())
        assert found.failed
        assert found.outcome.startswith(outcome)

    def test_app_that_asks_who_is_there_answers(self, simulator):
        with serve(answer("401 Unauthorized", WWW_Authenticate="Basic")) as server:
            simulator.live_url = server.url
            found = live_url_answer(measured(simulator), simulator.settings())
        assert found.answered

    def test_challenge_is_not_known(self, simulator):
        with serve(answer("403 Forbidden", cf_mitigated="challenge")) as server:
            simulator.live_url = server.url
            found = live_url_answer(measured(simulator), simulator.settings())
        assert not found.failed
        assert not found.certainty.enough

    def test_refused(self, simulator):
        simulator.state.live_url_dead = True
        answer = live_url_answer(measured(simulator), simulator.settings())
        assert not answer.answered
        assert answer.outcome.startswith("connection refused (connect, after ")
        assert len(answer.attempts) == 3

    def test_untrusted(self, simulator, tmp_path: Path):
        with running(tmp_path) as other:
            simulator.live_url = other.service.url
            answer = live_url_answer(measured(simulator), simulator.settings())
        assert not answer.answered
        assert "certificate that cannot be trusted" in answer.outcome

    def test_none(self, simulator):
        simulator.live_url = ""
        answer = live_url_answer(measured(simulator), simulator.settings())
        assert (answer.answered, answer.outcome) == (False, "no live URL")
        assert answer.evidence()

    def test_app_of_workers_alone_has_none(self, simulator):
        """https://github.com/digitalocean/app_action/issues/265"""
        simulator.live_url = ""
        workers = replace(measured(simulator), is_reachable=False)
        assert live_url_answer(workers, simulator.settings()).answered


class TestComponents:
    def test_healthy(self, simulator):
        components = app_components(simulator.client(), measured(simulator), simulator.settings())
        assert all(component.well for component in components.worst_first)
        [shown] = components.evidence()
        assert isinstance(shown, Table)
        assert shown.rows[0][:3] == ["image-optimizer", "HEALTHY", "2 of 2"]

    def test_worst_first(self, simulator):
        simulator.state.component("image-optimizer").ready = 1
        simulator.state.component("image-worker").state = "UNHEALTHY"
        components = app_components(simulator.client(), measured(simulator), simulator.settings()).worst_first
        assert [c.name for c in components] == ["image-worker", "image-optimizer", "portfolio-web"]
        assert [c.well for c in components] == [False, False, True]

    def test_one_that_the_spec_names_and_nobody_reports(self, simulator):
        status = measured(simulator)
        del simulator.state.components[0]
        first = app_components(simulator.client(), status, simulator.settings()).worst_first[0]
        assert (first.name, first.state) == ("portfolio-web", "not reported")
        assert verdict(app_components(simulator.client(), status, simulator.settings())) == (
            "UNKNOWN",
            "portfolio-web: expected the health of all 3 components, "
            "got the health of 2 components (not of portfolio-web); partial result: not reported",
        )

    def test_none_at_all(self, simulator):
        simulator.state.components.clear()
        simulator.state.jobs.clear()
        assert (
            verdict(app_components(simulator.client(), measured(simulator), simulator.settings()))[0] == "UNKNOWN"
        )

    @pytest.mark.parametrize(
        ("state", "ready", "wanted", "well"),
        [
            ("HEALTHY", 2, 2, True),
            ("HEALTHY", 3, 2, True),
            ("HEALTHY", 1, 2, False),
            ("HEALTHY", 0, 0, False),
            ("UNHEALTHY", 2, 2, False),
            ("UNKNOWN", 1, 2, False),
            ("SLEEPING", 1, 2, False),
        ],
    )
    def test_well(self, state, ready, wanted, well):
        assert Component("web", state, ready, wanted).well is well

    @pytest.mark.parametrize(
        ("state", "ready", "wanted", "least", "said"),
        [
            ("HEALTHY", 2, 2, 2, "OK"),
            ("HEALTHY", 2, 0, 2, "UNKNOWN"),  # the wanted number was left out
            ("HEALTHY", 1, 1, 2, "UNKNOWN"),  # the spec requires two
            ("HEALTHY", 0, 0, 2, "CRITICAL"),
            ("UNKNOWN", 2, 2, 2, "UNKNOWN"),
            ("UNKNOWN", 0, 0, 2, "UNKNOWN"),
            ("SLEEPING", 2, 2, 2, "UNKNOWN"),
            ("healthy", 2, 2, 2, "UNKNOWN"),
            ("UNHEALTHY", 0, 0, 0, "CRITICAL"),
            ("HEALTHY", 0, 0, 0, "OK"),  # scaled to zero on purpose
            ("UNKNOWN", 0, 0, 0, "OK"),
            ("DOZING", 0, 0, 0, "UNKNOWN"),
            ("HEALTHY", 1, 1, 0, "OK"),
            ("HEALTHY", 0, 1, 0, "CRITICAL"),
        ],
    )
    def test_verdicts(self, state, ready, wanted, least, said):
        assert verdict(AppComponents((Component("web", state, ready, wanted, least=least),)))[0] == said

    def test_an_app_of_static_sites_alone_has_no_health(self):
        assert verdict(AppComponents((), others=2))[0] == "OK"

    def test_words(self):
        component = Component("web", "HEALTHY", 0, 1)
        assert component.expected == "HEALTHY with 1 of 1 replica ready"
        assert component.found == "HEALTHY with 0 of 1 replica ready"


def test_times_are_utc(simulator):
    assert measured(simulator).read_at.tzinfo is UTC
    assert isinstance(measured(simulator).deployed_at, datetime)
