"""The DigitalOcean client: what it reads, what each failure means, and that it can only read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from playbook.clients.digitalocean import DigitalOceanApi, digitalocean
from playbook.clients.digitalocean_types import App, Matrix, present
from playbook.core.errors import (
    Denied,
    Forbidden,
    Malformed,
    NotConfigured,
    TooLittleData,
    Unmeasured,
    Unreachable,
)
from playbook.settings.loading import load
from tests.unit.digitalocean import Simulator, running
from tests.unit.loopback import closed_port

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


@pytest.fixture
def script() -> Iterator[Callable[..., Scripted]]:
    """``script(*answers)`` starts a server that gives them."""
    with ExitStack() as stack:
        yield lambda *answers: stack.enter_context(Scripted(*answers).serve())


@pytest.fixture
def api(simulator: Simulator) -> DigitalOceanApi:
    return simulator.client()


class Scripted:
    """A plain HTTP server that gives scripted answers and notes what it was asked. The last answer repeats."""

    def __init__(self, *answers: Answer) -> None:
        self.limits = {"connect": 30.0, "read": 30.0}
        self.answers = list(answers)
        self.endpoint = ""  # set while it serves
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    def settings(self, **over: Any) -> Any:
        mine = {
            "endpoint": self.endpoint,
            "token": "dop_v1_secret",
            "app_id": "a",
            "redis_cluster_id": "c",
            **over,
        }
        overlay = {
            "targets": {"sandbox": {"kind": "sandbox", "digitalocean": mine}},
            "time_limits": self.limits,
        }
        return load("sandbox", environment={}, overlay=overlay)

    @property
    def api(self) -> DigitalOceanApi:
        return digitalocean(self.settings())

    @contextmanager
    def serve(self) -> Iterator[Scripted]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                script.asked.append(f"{self.command} {self.path}")
                script.headers.append(dict(self.headers))
                status, headers, body = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                slow = body.startswith(b"drip")
                for piece in [body[i : i + 1] for i in range(len(body))] if slow else [body]:
                    try:
                        self.wfile.write(piece)
                    except OSError:
                        return
                    time.sleep(0.3 if slow else 0)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def said(status: int, body: Any, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, names, json.dumps(body).encode()


APP = said(200, {"app": {"id": "a", "spec": {"name": "portfolio"}}})
BUSY = said(503, {"id": "service_unavailable", "message": "Later"})


class TestReading:
    def test_app(self, api, simulator):
        app = api.app()
        assert (app.id, app.spec.name, app.region.slug, app.tier_slug) == (
            simulator.state.app_id,
            "portfolio",
            "fra",
            "professional",
        )
        assert app.active_deployment
        assert app.active_deployment.phase == "ACTIVE"
        assert app.in_progress_deployment is None
        assert [c.name for c in (*app.spec.services, *app.spec.workers)] == [
            "portfolio-web",
            "image-optimizer",
            "image-worker",
        ]

    def test_deployments_to_the_end_of_the_pages(self, api, simulator):
        simulator.state.deployments *= 3
        assert [d.id for d in api.deployments()] == [d.id for d in simulator.state.deployments]

    def test_newest_deployments_only(self, api, simulator):
        newest = simulator.state.deployments
        many = [
            replace(newest[0], id=str(n), created_at=newest[0].created_at - timedelta(hours=n)) for n in range(450)
        ]
        simulator.state.deployments = many
        found = api.deployments(since=newest[0].created_at - timedelta(days=5))
        assert [d.id for d in found] == [str(n) for n in range(200)]
        assert found.coverage.enough
        assert found[0].commit == newest[0].commit
        many[7].created_at = newest[0].created_at + timedelta(hours=1)  # out of order: all pages are read
        assert len(api.deployments(since=newest[0].created_at - timedelta(days=5))) == 450

    def test_one_deployment_with_its_reason(self, api, simulator):
        made = simulator.state.deploy("ERROR", timedelta(minutes=9), ("BuildJobFailed", "It failed."))
        found = api.deployment(made.id)
        assert found.reason
        assert (found.reason.code, found.reason.message) == ("BuildJobFailed", "It failed.")

    def test_no_time_is_none(self, api, simulator):
        simulator.state.deploy("BUILDING", timedelta(minutes=2))
        assert api.deployments()[0].phase_last_updated_at is None

    def test_health_with_left_out_zeros(self, api, simulator):
        worker = simulator.state.component("image-worker")
        worker.ready, worker.state = 0, "UNKNOWN"
        found = next(c for c in api.health().components if c.name == "image-worker")
        assert (found.state, found.replicas_ready, found.replicas_desired, found.cpu_usage_percent) == (
            "UNKNOWN",
            0,
            1,
            0.0,
        )

    def test_health_without_its_wrapper(self, script):
        server = script(said(200, {"components": [{"name": "web", "state": "HEALTHY"}]}))
        assert server.api.health().components[0].state == "HEALTHY"

    @pytest.mark.parametrize("metric", ["cpu_percentage", "memory_percentage", "restart_count"])
    def test_metrics(self, api, metric):
        end = datetime.now(UTC)
        series = api.metric(metric, end - timedelta(hours=1), end)
        assert len(series) == 5
        assert all(len(one.samples) > 50 for one in series)
        assert all(0 <= value <= 100 for one in series for _, value in one.samples)

    def test_metrics_of_one_component(self, api):
        end = datetime.now(UTC)
        series = api.metric("cpu_percentage", end - timedelta(hours=1), end, "image-worker")
        assert {one.component for one in series} == {"image-worker"}

    def test_nan_is_a_number_to_parse(self, script):
        data = {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "NaN"], [2, "7.5"]]}]},
        }
        server = script(said(200, data))
        [series] = server.api.metric("cpu_percentage", datetime.now(UTC), datetime.now(UTC))
        assert series.samples[1] == (2.0, 7.5)

    def test_the_rest(self, api, simulator):
        assert len(api.alerts()) == 5
        assert {event["type"] for event in api.events()} == {"DEPLOYMENT", "AUTOSCALING"}
        assert api.bandwidth(datetime.now(UTC) - timedelta(days=1)) > 0
        assert api.trusted_sources() == [
            {**rule, "type": "app", "value": simulator.state.app_id} for rule in api.trusted_sources()
        ]
        assert (
            api.read("the balance", "billing:read", lambda pydo: pydo.balance.get())["account_balance"] == "0.00"
        )

    def test_cluster_without_its_password(self, api):
        cluster = api.cluster()
        assert cluster["engine"] == "valkey"
        assert "rediss://" not in json.dumps(cluster)
        assert "password" not in json.dumps(cluster)

    def test_rollback_is_only_asked_about(self, api, simulator):
        assert api.validate_rollback(simulator.state.deployments[1].id).valid
        refused = api.validate_rollback(simulator.state.deployments[-1].id)
        assert refused.error
        assert refused.error.code == "exceeded_revision_limit"

    def test_from_many_threads(self, api):
        with ThreadPoolExecutor(16) as pool:
            names = list(pool.map(lambda _: api.app().spec.name, range(48)))
        assert set(names) == {"portfolio"}


class TestLogSources:
    def test_live(self, api):
        assert "/logs?token=" in api.log_sources("image-worker", tail_lines=10).live_url

    def test_historic(self, api, simulator):
        simulator.state.logs_historic = True
        assert len(api.log_sources().historic_urls) == 2

    def test_the_arguments_that_pydo_lacks_are_sent(self, script):
        app = {"id": "a", "active_deployment": {"id": "d"}}
        answers = said(200, {"app": app}), said(200, {"live_url": "https://x"})
        server = script(*answers)
        server.api.log_sources("web", tail_lines=7)
        query = server.asked[1].partition("?")[2]
        assert sorted(query.split("&")) == ["component_name=web", "follow=false", "tail_lines=7", "type=RUN"]

    def test_phase_that_was_never_reached(self, api, simulator):
        simulator.state.deployments.clear()
        simulator.state.deploy("BUILDING", timedelta(minutes=1))
        with pytest.raises(TooLittleData, match=r"expected RUN logs of deployment .*, got none: HTTP 400"):
            api.log_sources()

    def test_no_deployment(self, api, simulator):
        simulator.state.deployments.clear()
        with pytest.raises(TooLittleData, match="expected a deployment that writes logs, got none"):
            api.log_sources()

    def test_deployment_that_was_replaced_meanwhile(self, script):
        def app(active: str) -> Answer:
            return said(200, {"app": {"id": "a", "active_deployment": {"id": active}}})

        refused = said(400, {"id": "bad_request", "message": "no RUN logs"})
        server = script(app("old"), refused, app("new"), said(200, {"live_url": "https://x"}))
        assert server.api.log_sources().live_url == "https://x"
        assert [asked.partition("?")[0] for asked in server.asked] == [
            "GET /v2/apps/a",
            "GET /v2/apps/a/deployments/old/logs",
            "GET /v2/apps/a",
            "GET /v2/apps/a/deployments/new/logs",
        ]

    def test_deployment_that_was_replaced_and_has_no_logs_either(self, script):
        apps = [said(200, {"app": {"id": "a", "active_deployment": {"id": active}}}) for active in ("old", "new")]
        refused = said(400, {"id": "bad_request", "message": "no RUN logs"})
        server = script(apps[0], refused, apps[1], refused)
        with pytest.raises(TooLittleData, match="expected RUN logs of deployment new, got none: HTTP 400"):
            server.api.log_sources()
        assert len(server.asked) == 4

    def test_no_address(self, script):
        app = {"id": "a", "active_deployment": {"id": "d"}}
        server = script(said(200, {"app": app}), said(200, {}))
        with pytest.raises(TooLittleData, match="got none"):
            server.api.log_sources()


CHANGES: dict[str, Callable[[Any], Any]] = {
    "apps.create": lambda pydo: pydo.apps.create(body={"spec": {"name": "x"}}),
    "apps.update": lambda pydo: pydo.apps.update("a", body={"spec": {"name": "x"}}),
    "apps.delete": lambda pydo: pydo.apps.delete("a"),
    "apps.create_deployment": lambda pydo: pydo.apps.create_deployment("a", body={"force_build": True}),
    "apps.cancel_deployment": lambda pydo: pydo.apps.cancel_deployment("a", "d"),
    "apps.restart": lambda pydo: pydo.apps.restart("a", body={}),
    "apps.create_rollback": lambda pydo: pydo.apps.create_rollback("a", body={"deployment_id": "d"}),
    "apps.commit_rollback": lambda pydo: pydo.apps.commit_rollback("a"),
    "apps.revert_rollback": lambda pydo: pydo.apps.revert_rollback("a"),
    "apps.assign_alert_destinations": lambda pydo: pydo.apps.assign_alert_destinations("a", "b", body={}),
    "databases.update_firewall_rules": lambda pydo: pydo.databases.update_firewall_rules("c", body={"rules": []}),
    "databases.destroy_cluster": lambda pydo: pydo.databases.destroy_cluster("c"),
    "databases.update_eviction_policy": lambda pydo: pydo.databases.update_eviction_policy(
        "c", body={"eviction_policy": "noeviction"}
    ),
    "domains.delete": lambda pydo: pydo.domains.delete("example.com"),
    "firewalls.update": lambda pydo: pydo.firewalls.update("f", body={"name": "x"}),
    "ssh_keys.create": lambda pydo: pydo.ssh_keys.create(body={"name": "x", "public_key": "x"}),
    "monitoring.delete_alert_policy": lambda pydo: pydo.monitoring.delete_alert_policy("p"),
    "registries.delete": lambda pydo: pydo.registries.delete("r"),
}


class TestReadOnly:
    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_nothing_that_changes_leaves(self, change, script):
        server = script(said(200, {}))
        with pytest.raises(Forbidden, match="could change something and was not sent"):
            server.api.read("a change", "app:update", change)
        assert server.asked == []

    def test_nothing_goes_elsewhere(self, script):
        server = script(said(200, {}))
        with pytest.raises(Forbidden, match="expected a request to"):
            server.api.read("a model", "genai:read", lambda pydo: pydo.inference.list_models())
        assert server.asked == []

    @pytest.mark.parametrize(
        "path", ["/v2/apps/a/rollback", "/v2/apps/a/rollback/validate/x", "/v2/apps/a/b/rollback/validate"]
    )
    def test_posts_that_only_look_like_the_harmless_one(self, path, api):
        from azure.core.rest import HttpRequest

        with pytest.raises(Forbidden):
            api.transport.send(HttpRequest("POST", api.transport.endpoint + path))

    def test_a_post_is_sent_once(self, script):
        server = script(BUSY)
        with pytest.raises(Unreachable):
            server.api.validate_rollback("d")
        assert server.asked == ["POST /v2/apps/a/rollback/validate"]


class TestFailures:
    def test_refused_connection(self):
        nobody = Scripted(APP)
        nobody.endpoint = f"http://localhost:{closed_port()}"
        api = nobody.api
        with pytest.raises(Unreachable, match=r"expected the app from localhost.*connection refused") as caught:
            api.app()
        assert len(caught.value.attempts) == 3
        assert "not a finding" in caught.value.hint

    def test_wrong_authority(self, simulator):
        with pytest.raises(Unreachable, match="a certificate that cannot be trusted") as caught:
            simulator.client(ca=None).app()
        assert len(caught.value.attempts) == 1

    @pytest.mark.parametrize(
        ("answer", "error", "says", "tries"),
        [
            ("unauthorized", Denied, ("HTTP 401 unauthorized", "token is wrong, expired or revoked"), 1),
            ("forbidden", Denied, ("HTTP 403 forbidden", "the scope app:read"), 1),
            ("throttled", Unreachable, ("HTTP 429 too_many_requests.*sent in 27 s", "in a few minutes"), 1),
            ("server-error", Unreachable, ("HTTP 500 server_error", "in a few minutes"), 3),
            ("garbage", Malformed, ("got text/html.*Just a moment", ""), 1),
        ],
    )
    def test_answers(self, simulator, answer, error, says, tries):
        message, hint = says
        simulator.state.answer = answer
        api = simulator.client()
        with pytest.raises(error, match=message) as caught:
            api.app()
        assert hint in caught.value.hint
        assert len(caught.value.attempts) == tries
        assert caught.value.service == "DigitalOcean API"

    @pytest.mark.parametrize("answer", ["unauthorized", "server-error", "garbage"])
    def test_tracebacks_stay_out_of_pydo(self, simulator, answer):
        """pytest would parse its 365,000 lines to show one of them."""
        simulator.state.answer = answer
        with pytest.raises(Unmeasured) as caught:
            simulator.client().app()
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert not [entry for entry in caught.traceback if "pydo" in str(entry.path)]

    def test_404_is_no_app(self, simulator):
        with pytest.raises(Malformed, match=r"HTTP 404 not_found.*no app with the id none") as caught:
            simulator.client(app_id="none").app()
        assert caught.value.hint == "Check targets.sandbox.digitalocean.app_id."

    def test_hints_name_the_variables(self, script):
        environment = {"DIGITALOCEAN_TOKEN": "t", "DO_PRODUCTION_APP_ID": "a"}
        server = script(said(401, {}), said(404, {}))
        overlay = {"targets": {"production": {"digitalocean": {"endpoint": server.endpoint}}}}
        api = digitalocean(load("production", environment=environment, overlay=overlay))
        with pytest.raises(Denied) as denied:
            api.app()
        with pytest.raises(Malformed) as missing:
            api.app()
        assert "Check DIGITALOCEAN_TOKEN or DIGITALOCEAN_ACCESS_TOKEN" in denied.value.hint
        assert missing.value.hint == "Check DO_PRODUCTION_APP_ID."

    def test_not_configured(self):
        with pytest.raises(NotConfigured) as caught:
            digitalocean(load("production", environment={"DIGITALOCEAN_TOKEN": "t"}))
        assert "DO_PRODUCTION_APP_ID" in caught.value.add

    def test_a_passing_failure_is_tried_again_and_noted(self, script):
        server = script(BUSY, APP)
        api = server.api
        assert api.app().spec.name == "portfolio"
        assert api.retried == ["the app: try 1: HTTP 503 service_unavailable (Later)"]

    @pytest.mark.slow
    def test_a_short_retry_after_is_waited_for(self, script):
        server = script(said(429, {}, retry_after="1"), APP)
        started = time.monotonic()
        assert server.api.app().id == "a"
        assert time.monotonic() - started >= 1

    def test_a_long_retry_after_is_not(self, script):
        server = script(said(429, {}, retry_after="3600"))
        started = time.monotonic()
        with pytest.raises(Unreachable, match="sent in 3,600 s"):
            server.api.app()
        assert time.monotonic() - started < 30
        assert len(server.asked) == 1

    @pytest.mark.slow
    def test_a_dripping_answer_ends_in_time(self, script):
        server = script((200, {"Content-Length": "9999"}, b"drip" * 50))
        server.limits = {"connect": 1.0, "read": 1.0}
        started = time.monotonic()
        with pytest.raises(Unreachable, match="no answer in time"):
            server.api.app()
        assert time.monotonic() - started < 30

    def test_a_cut_answer(self, script):
        server = script((200, {"Content-Length": "500"}, b'{"app": {"id"'))
        with pytest.raises(Unreachable, match="closed the connection before the answer was complete"):
            server.api.app()

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'"text"', b"null", b'{"app": 7}', b'{"app": {"spec": []}}', b"{}", b"\xff\xfe"],
        ids=str,
    )
    def test_other_shapes(self, body, script):
        server = script((200, {}, body))
        with pytest.raises(Malformed):
            server.api.app()

    @pytest.mark.parametrize(
        ("status", "headers", "got"),
        [
            (202, {}, "HTTP 202"),
            (206, {}, "HTTP 206"),
            (200, {"Content-Encoding": "gzip"}, "not gzip"),
            (401, {"Content-Encoding": "gzip"}, "HTTP 401"),
        ],
    )
    def test_an_answer_that_cannot_be_read(self, status, headers, got, script):
        server = script((status, headers, b'{"app": {}}'))
        with pytest.raises(Malformed if status < 300 else Denied, match=got):
            server.api.app()

    def test_a_redirect_is_not_followed(self, script):
        server = script(said(302, {}, Location="http://elsewhere.example/"))
        with pytest.raises(Malformed, match="HTTP 302"):
            server.api.app()
        assert len(server.asked) == 1

    def test_token_is_sent_and_never_shown(self, script):
        server = script(said(401, {}))
        with pytest.raises(Denied) as caught:
            server.api.app()
        assert "dop_v1_secret" not in repr(server.api) + str(caught.value) + str(caught.value.attempts)
        assert server.headers[0]["Authorization"] == "Bearer dop_v1_secret"


class TestPaging:
    def page(self, *ids: str, **links: str) -> Answer:
        pages = {name: f"https://api.example/v2/x?{query}" for name, query in links.items()}
        return said(
            200, {"deployments": [{"id": i} for i in ids], "links": {"pages": pages}, "meta": {"total": 9}}
        )

    def test_follows_numbers_not_addresses(self, script):
        server = script(self.page("1", next="page=2"), self.page("2"))
        found = server.api.deployments()
        assert [d.id for d in found] == ["1", "2"]
        assert "page=2" in server.asked[1]
        assert found.coverage.got == "2 deployments"  # of nine

    @pytest.mark.parametrize("following", ["page=1", "page=0"])
    def test_next_that_does_not_advance(self, following, script):
        found = script(self.page("1", next=following)).api.deployments()
        assert [d.id for d in found] == ["1"]
        assert f"page 1 leads to page {following[5:]}" in found.coverage.got

    def test_empty_page_that_has_a_next(self, script):
        server = script(self.page("1", next="page=2"), self.page(next="page=3"))
        assert "page 2 leads to page 3" in server.api.deployments().coverage.got

    def test_pages_without_end(self, script):
        server = script(self.page("1", next="no=number"))
        assert server.api.deployments().coverage.got == "1: more than 50 pages of 200"

    def test_what_comes_before_a_page_that_cannot_be_read_is_kept(self, script):
        found = script(
            self.page("1", next="page=2"), said(404, {"id": "not_found", "message": "No"})
        ).api.deployments()
        assert [d.id for d in found] == ["1"]
        assert found.coverage.got.startswith("1: DigitalOcean API: expected the deployments from localhost")

    def test_a_page_that_comes_twice_counts_once(self, script):
        page = self.page("1", "2", next="page=2")
        assert script(page, self.page("1", "2")).api.deployments().coverage.got == "2 deployments"

    @pytest.mark.parametrize(("totals", "whole"), [((9, 2), False), ((2, 2), True), ((2, 9), False)])
    def test_the_largest_count_of_all_pages_counts(self, totals, whole, script):
        first, second = (
            said(200, {"deployments": [{"id": str(number)}], "meta": {"total": total}})
            for number, total in enumerate(totals)
        )
        last = said(200, {"deployments": [], "meta": {"total": 2}})
        assert script(first, second, last).api.deployments().coverage.enough is whole

    @pytest.mark.parametrize("meta", [{}, {"meta": None}, {"meta": {}}, {"meta": {"total": "1"}}])
    def test_without_a_count_nobody_knows_whether_that_is_all(self, meta, script):
        found = script(said(200, {"deployments": [{"id": "1"}], "links": {}, **meta})).api.deployments()
        assert not found.coverage.enough

    @pytest.mark.parametrize("links", [{}, {"links": {}}, {"links": {"pages": {}}}, {"links": None}])
    def test_single_pages(self, links, script):
        body = {"deployments": [{"id": "1"}], "meta": {"total": 1}, **links}
        server = script(said(200, body))
        assert len(server.api.deployments()) == 1

    def test_total_without_links(self, script):
        first = said(200, {"deployments": [{"id": "1"}], "meta": {"total": 2}})
        second = said(200, {"deployments": [{"id": "2"}], "meta": {"total": 2}})
        server = script(first, second)
        assert [d.id for d in server.api.deployments()] == ["1", "2"]


class TestTolerance:
    def test_unknown_fields_and_words(self, script):
        app = {
            "id": "a",
            "new": 1,
            "live_url": None,
            "active_deployment": {"id": "d", "phase": "HIBERNATING", "progress": {"steps": None}},
            "pending_deployment": None,
        }
        server = script(said(200, {"app": app}))
        found = server.api.app()
        assert found == App(id="a", active_deployment=found.active_deployment)
        assert found.active_deployment
        assert found.active_deployment.phase == "HIBERNATING"

    def test_what_is_not_there(self):
        told = {"a": None, "b": "0001-01-01T00:00:00Z", "c": [None, {"d": None}], "e": 0, "droplet_ids": None}
        assert present(told) == {"c": [None, {}], "e": 0, "droplet_ids": []}

    @pytest.mark.parametrize(
        ("read", "key"),
        [
            (lambda api: api.app(), "app"),
            (lambda api: api.deployments(), "deployments"),
            (lambda api: api.health(), "app_health"),
            (lambda api: api.alerts(), "alerts"),
            (lambda api: api.trusted_sources(), "rules"),
            (lambda api: api.cluster(), "database"),
        ],
    )
    @pytest.mark.parametrize("body", [{}, {"links": {}}, {"KEY": None}, {"KEY": "x"}, {"KEY": 3}, {"KEY": [None]}])
    def test_an_answer_without_what_was_asked_for_is_not_none_of_it(self, read, key, body, script):
        told = {name.replace("KEY", key): value for name, value in body.items()}
        with pytest.raises(Malformed):
            read(script(said(200, told)).api)

    def test_an_error_that_comes_as_if_all_were_well(self, script):
        server = script(said(200, {"id": "not_found", "message": "The resource could not be found."}))
        with pytest.raises(Malformed, match=r"an error in an HTTP 2xx answer \(The resource"):
            server.api.health()

    def test_a_rollback_that_is_neither_valid_nor_refused(self, script):
        with pytest.raises(Malformed, match="neither valid nor error"):
            script(said(200, {})).api.validate_rollback("d")

    @pytest.mark.parametrize("usage", [[], None, [{"app_id": "b", "bandwidth_bytes": "5"}], [{"app_id": "a"}]])
    def test_a_day_without_a_figure_is_not_one_without_traffic(self, usage, script):
        assert script(said(200, {"app_bandwidth_usage": usage})).api.bandwidth(datetime.now(UTC)) is None

    def test_a_time_without_a_zone_could_be_of_any(self, script):
        body = {"deployments": [{"id": "1", "created_at": "2026-02-10T17:05:35"}], "meta": {"total": 1}}
        with pytest.raises(Malformed):
            script(said(200, body)).api.deployments()

    def test_nanoseconds(self, script):
        body = {"deployments": [{"id": "1", "created_at": "2026-02-10T17:05:35.572347485Z"}]}
        server = script(said(200, body))
        created = server.api.deployments()[0].created_at
        assert created == datetime(2026, 2, 10, 17, 5, 35, 572347, UTC)

    def test_status_of_a_matrix(self, script):
        assert Matrix(status="success").series == []
        server = script(said(200, {"status": "error"}))
        with pytest.raises(Malformed, match="status 'error'"):
            server.api.metric("cpu_percentage", datetime.now(UTC), datetime.now(UTC))
