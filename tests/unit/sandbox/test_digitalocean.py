"""The DigitalOcean simulator behaves as the API does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from playbook.core.clock import FixedClock
from sandbox.world.app import DigitalOceanState
from sandbox.world.app_history import RUNNING
from tests.unit.digitalocean import Simulator, healthy, running

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


@pytest.fixture(scope="module")
def connection(shared: Simulator) -> Iterator[httpx.Client]:
    context = shared.context.ca.client_context()
    with httpx.Client(base_url=shared.service.url, verify=context, trust_env=False, timeout=50) as client:
        yield client


@pytest.fixture
def get(simulator: Simulator, connection: httpx.Client) -> Any:
    """GET with the right token; ``get(path, params) -> Response``."""
    headers = {"Authorization": f"Bearer {simulator.service.token}"}
    return lambda path, **params: connection.get(path, params=params or None, headers=headers)


@pytest.fixture
def app_path(simulator: Simulator) -> str:
    return f"/v2/apps/{simulator.state.app_id}"


class TestHistory:
    def test_tells_of_fourteen_months(self):
        state = DigitalOceanState.healthy(NOW)
        recent = [d for d in state.deployments if d.created_at > NOW - timedelta(days=60)]
        assert 35 <= len(recent) <= 45
        assert state.deployments[-1].cause == "initial deployment"
        assert state.deployments[-1].created_at == state.created_at
        assert [d.created_at for d in state.deployments] == sorted(
            (d.created_at for d in state.deployments), reverse=True
        )

    def test_has_one_active_deployment_and_one_repaired_failure(self):
        phases = [d.phase for d in DigitalOceanState.healthy(NOW).deployments]
        assert phases[0] == "ACTIVE"
        assert phases.count("ERROR") == 1
        assert set(phases[1:]) == {"SUPERSEDED", "ERROR"}
        assert phases[phases.index("ERROR") - 1] == "SUPERSEDED"
        assert not set(phases) & RUNNING

    @pytest.mark.parametrize("days", range(0, 366, 7))
    def test_holds_on_any_day(self, days):
        state = DigitalOceanState.healthy(NOW + timedelta(days=days))
        assert all(d.ended_at and d.created_at < d.ended_at <= state.now for d in state.deployments)

    def test_ids_stay_the_same(self):
        first, second = DigitalOceanState.healthy(NOW), DigitalOceanState.healthy(NOW)
        assert [d.id for d in first.deployments] == [d.id for d in second.deployments]


class TestAnswers:
    def test_wrong_token(self, connection, app_path):
        answer = connection.get(app_path, headers={"Authorization": "Bearer wrong"})
        assert answer.status_code == 401
        assert answer.json().keys() == {"id", "message", "request_id"}
        assert answer.json()["id"] == "unauthorized"

    def test_missing_scope(self, simulator, get, app_path):
        simulator.state.missing_scopes.add("billing:read")
        assert get("/v2/customers/my/balance").json()["id"] == "forbidden"
        assert get(app_path).status_code == 200

    @pytest.mark.parametrize(
        "path", ["/v2/apps/none", "/v2/apps/none/deployments", "/v2/databases/none", "/v2/no"]
    )
    def test_unknown_things(self, get, path):
        answer = get(path)
        assert answer.status_code == 404
        assert answer.json()["id"] == "not_found"

    def test_rate_headers(self, get, app_path):
        headers = get(app_path).headers
        assert headers["ratelimit-limit"] == "5000"
        assert int(headers["ratelimit-remaining"]) < 5000
        assert int(headers["ratelimit-reset"]) > datetime.now(UTC).timestamp()

    def test_too_many_requests(self, simulator, get, app_path):
        simulator.state.per_minute = 3
        answers = [get(app_path) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["id"] == "too_many_requests"
        assert int(answers[-1].headers["retry-after"]) > 0
        assert "retry-after" not in answers[0].headers

    def test_gone_and_back_on_the_same_port(self, simulator, get, app_path):
        world = healthy(datetime.now(UTC))
        world.gone.add("digitalocean")
        simulator.show(world)
        with pytest.raises(httpx.TransportError):
            get(app_path)
        simulator.reset()
        assert get(app_path).status_code == 200


class TestPaging:
    def test_twenty_by_default(self, simulator, get, app_path):
        page = get(f"{app_path}/deployments").json()
        assert len(page["deployments"]) == 20
        assert page["meta"] == {"total": len(simulator.state.deployments)}
        assert page["links"]["pages"].keys() == {"next", "last"}

    def test_links_lead_through_all_of_them(self, simulator, get, app_path):
        address, found = f"{app_path}/deployments?per_page=7", []
        while address:
            page = get(address).json()
            found += [deployment["id"] for deployment in page["deployments"]]
            address = page["links"]["pages"].get("next", "")
        assert found == [deployment.id for deployment in simulator.state.deployments]

    def test_last_page_leads_back(self, simulator, get, app_path):
        page = get(f"{app_path}/deployments", page=5, per_page=20).json()
        assert page["links"]["pages"].keys() == {"first", "prev"}
        assert page["links"]["pages"]["prev"].startswith(f"{simulator.service.url}{app_path}/deployments?")

    def test_at_most_two_hundred(self, simulator, get, app_path):
        simulator.state.deployments *= 4
        assert len(get(f"{app_path}/deployments", per_page=1000).json()["deployments"]) == 200

    def test_single_pages_have_two_shapes(self, get):
        assert get("/v2/apps").json()["links"] == {"pages": {}}
        assert get("/v2/account/keys").json()["links"] == {}

    def test_wrong_page(self, get, app_path):
        assert get(f"{app_path}/deployments", page="x").status_code == 422


class TestApp:
    def test_has_no_name_or_phase_of_its_own(self, get, app_path):
        app = get(app_path).json()["app"]
        assert not {"name", "phase"} & app.keys()
        assert app["spec"]["name"] == "portfolio"
        assert app["active_deployment"]["phase"] == "ACTIVE"

    def test_deployment_in_progress_is_shown_beside_the_active_one(self, simulator, get, app_path):
        simulator.state.deploy("DEPLOYING", timedelta(minutes=4))
        app = get(app_path).json()["app"]
        assert app["active_deployment"]["phase"] == "ACTIVE"
        assert app["in_progress_deployment"]["phase"] == "DEPLOYING"
        assert app["in_progress_deployment"]["phase_last_updated_at"] == "0001-01-01T00:00:00Z"

    def test_failed_step_says_why(self, simulator, get, app_path):
        failed = simulator.state.deploy("ERROR", timedelta(minutes=25), ("BuildJobFailed", "It failed."))
        deployment = get(f"{app_path}/deployments/{failed.id}").json()["deployment"]
        step = deployment["progress"]["steps"][0]
        assert (step["status"], step["reason"]["code"]) == ("ERROR", "BuildJobFailed")

    def test_health_leaves_zeros_out(self, simulator, get, app_path):
        worker = simulator.state.component("image-worker")
        worker.ready, worker.state = 0, "UNKNOWN"
        components = get(f"{app_path}/health").json()["app_health"]["components"]
        assert {"name": "image-worker", "replicas_desired": 1} in components

    def test_live_url_that_nobody_listens_on(self, simulator, get, app_path):
        simulator.state.live_url_dead = True
        with pytest.raises(httpx.ConnectError):
            httpx.get(get(app_path).json()["app"]["live_url"], trust_env=False)

    @pytest.mark.parametrize(
        ("index", "expected"), [(1, None), (40, "exceeded_revision_limit"), ("failed", "incompatible_result")]
    )
    def test_rollback(self, simulator, connection, app_path, index, expected):
        if index == "failed":
            simulator.state.deploy("ERROR", timedelta(minutes=25))
            index = 0
        body = {"deployment_id": simulator.state.deployments[index].id}
        headers = {"Authorization": f"Bearer {simulator.service.token}"}
        said = connection.post(f"{app_path}/rollback/validate", json=body, headers=headers).json()
        assert said["valid"] is (expected is None)
        assert said.get("error", {}).get("code") == expected

    def test_bandwidth_is_a_text(self, get, app_path):
        assert (
            int(get(f"{app_path}/metrics/bandwidth_daily").json()["app_bandwidth_usage"][0]["bandwidth_bytes"])
            > 1e9
        )


class TestMonitoring:
    def ask(self, simulator, get, name="cpu_percentage", hours=1.0, **params):
        end = datetime.now(UTC).timestamp()
        query = {"app_id": simulator.state.app_id, "start": int(end - hours * 3600), "end": int(end), **params}
        return get(f"/v2/monitoring/metrics/apps/{name}", **query).json()["data"]

    def test_matrix_by_component_and_instance(self, simulator, get):
        data = self.ask(simulator, get)
        assert data["resultType"] == "matrix"
        assert sorted(entry["metric"]["app_component_instance"] for entry in data["result"]) == [
            "image-optimizer-0",
            "image-optimizer-1",
            "image-worker-0",
            "portfolio-web-0",
            "portfolio-web-1",
        ]
        assert 55 <= len(data["result"][0]["values"]) <= 60
        at, value = data["result"][0]["values"][0]
        assert isinstance(at, int)
        assert isinstance(value, str)

    @pytest.mark.parametrize(
        ("name", "least", "most"), [("cpu_percentage", 35, 56), ("memory_percentage", 48, 62)]
    )
    def test_healthy_values(self, simulator, get, name, least, most):
        values = [float(v) for entry in self.ask(simulator, get, name, 48)["result"] for _, v in entry["values"]]
        assert least <= min(values) <= max(values) <= most

    def test_longer_ranges_have_longer_steps(self, simulator, get):
        moments = [at for at, _ in self.ask(simulator, get, hours=300)["result"][0]["values"]]
        assert {b - a for a, b in pairwise(moments)} == {3600}

    def test_two_weeks_are_kept(self, simulator, get):
        asked = datetime.now(UTC).timestamp()
        moments = [at for at, _ in self.ask(simulator, get, hours=1000)["result"][0]["values"]]
        assert asked - moments[0] <= 14 * 86_400

    def test_one_component(self, simulator, get):
        data = self.ask(simulator, get, app_component="image-worker")
        assert [entry["metric"]["app_component"] for entry in data["result"]] == ["image-worker"]

    @pytest.mark.parametrize("over", [{"app_component": "none"}, {"app_id": "none"}])
    def test_unknown_is_empty(self, simulator, get, over):
        assert self.ask(simulator, get, **over)["result"] == []

    def test_memory_growth_ends_where_it_is(self, simulator, get):
        simulator.state.component("image-worker").memory_growth = 2.0
        data = self.ask(simulator, get, "memory_percentage", 24 * 7, app_component="image-worker")
        values = [float(value) for _, value in data["result"][0]["values"]]
        assert values[-1] - values[0] == pytest.approx(14, abs=3)
        assert values[-1] == pytest.approx(52, abs=3)

    def test_restarts(self, simulator, get):
        simulator.state.component("image-worker").restarts = 4
        data = self.ask(simulator, get, "restart_count", 24, app_component="image-worker")
        assert data["result"][0]["values"][-1][1] == "4"


class TestBilling:
    @pytest.fixture(autouse=True)
    def noon(self, simulator, monkeypatch):
        """Two questions about money are asked at one moment; what it has come to changes by the hour."""
        monkeypatch.setattr(simulator.context, "clock", FixedClock(NOW))
        simulator.show(healthy(NOW))

    @pytest.mark.parametrize(
        ("now", "count"),
        [
            (datetime(2026, 11, 26, 12, tzinfo=UTC), 14),
            (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), 13),
            (datetime(2027, 3, 1, tzinfo=UTC), 15),
        ],
    )
    def test_there_is_an_invoice_of_every_month_since_the_first(self, simulator, monkeypatch, get, now, count):
        """How many calendar months 425 days touch differs by the day of the month."""
        monkeypatch.setattr(simulator.context, "clock", FixedClock(now))
        simulator.show(healthy(now))
        periods = [invoice["invoice_period"] for invoice in get("/v2/customers/my/invoices").json()["invoices"]]
        first = simulator.state.created_at
        months = [first.year * 12 + first.month - 1 + number for number in range(count)]
        assert periods == [f"{month // 12}-{month % 12 + 1:02}" for month in reversed(months)]
        assert months[-1] + 1 == now.year * 12 + now.month - 1

    def test_money_is_text_and_adds_up(self, get):
        invoices = get("/v2/customers/my/invoices").json()["invoices"]
        items = get(f"/v2/customers/my/invoices/{invoices[0]['invoice_uuid']}").json()["invoice_items"]
        assert f"{sum(float(item['amount']) for item in items):.2f}" == invoices[0]["amount"]

    def test_balance_is_the_preview(self, get):
        balance = get("/v2/customers/my/balance").json()
        preview = get("/v2/customers/my/invoices").json()["invoice_preview"]
        assert balance["month_to_date_usage"] == preview["amount"]
        assert isinstance(balance["account_balance"], str)


class TestLogs:
    def sources(self, simulator, get, kind="RUN", deployment=None, **params):
        deployment = deployment or simulator.state.active_deployment
        path = f"/v2/apps/{simulator.state.app_id}/deployments/{deployment.id}/logs"
        return get(path, type=kind, **params)

    def opened(self, simulator, url):
        """In one thread: a TLS connection that two read and write at once, as the other client does, can hang."""
        context = simulator.context.ca.client_context()
        return connect(url.replace("https", "wss", 1), ssl=context, proxy=None, open_timeout=50)

    def lines(self, simulator, url):
        async def read():
            async with self.opened(simulator, url) as socket:
                found = [json.loads(frame) async for frame in socket]
                with pytest.raises(ConnectionClosedOK):
                    await socket.recv()
            return found

        found = asyncio.run(read())
        assert all(frame.keys() == {"data"} and frame["data"].endswith("\n") for frame in found)
        return [frame["data"].rstrip("\n") for frame in found]

    def test_live_frames_end_normally(self, simulator, get):
        url = self.sources(simulator, get, tail_lines=50).json()["live_url"]
        lines = self.lines(simulator, url)
        assert len(lines) == 50
        assert {line.split(" ")[0] for line in lines} <= {"portfolio-web", "image-optimizer", "image-worker"}

    def test_one_component(self, simulator, get):
        url = self.sources(simulator, get, tail_lines=5, component_name="image-worker").json()["live_url"]
        assert {line.split(" ")[0] for line in self.lines(simulator, url)} == {"image-worker"}

    def test_following(self, simulator, get):
        url = self.sources(simulator, get, tail_lines=0, follow="true").json()["live_url"]

        async def follow():
            async with self.opened(simulator, url) as socket:
                # Where all of the sandbox writes: a line is never added while its end is being looked for.
                simulator.loop.call_soon_threadsafe(simulator.context.logs.append, "portfolio-web", "a new line")
                async with asyncio.timeout(50):
                    while "a new line" not in await socket.recv():
                        pass

        asyncio.run(follow())

    def test_a_reader_that_leaves_harms_nobody(self, simulator, get, app_path):
        url = self.sources(simulator, get).json()["live_url"]

        async def leave():
            async with self.opened(simulator, url) as socket:
                await socket.recv()
                socket.transport.abort()

        asyncio.run(leave())
        assert get(app_path).status_code == 200

    def test_wrong_token_is_refused(self, simulator):
        async def knock():
            async with self.opened(simulator, f"{simulator.service.url}/logs?token=wrong"):
                pass

        with pytest.raises(InvalidStatus):
            asyncio.run(knock())

    def test_historic_texts_together_are_the_log(self, simulator, get, connection):
        simulator.state.logs_historic = True
        urls = self.sources(simulator, get, tail_lines=40).json()["historic_urls"]
        assert len(urls) == 2
        texts = [connection.get(url).text for url in urls]
        assert sum(text.count("\n") for text in texts) == 40

    def test_historic_texts_are_of_one_moment(self, simulator, get, connection, monkeypatch):
        """What is written while they are read moves no line from one text to the other, and loses none."""
        simulator.state.logs_historic = True
        store = simulator.context.logs
        moment = store.now()
        monkeypatch.setattr(store, "now", lambda: moment)
        urls = self.sources(simulator, get).json()["historic_urls"]
        expected = list(store.lines())
        texts = []
        for url in urls:
            moment += timedelta(hours=1)
            store.append("portfolio-web", "too late")
            texts.append(connection.get(url).text)
        assert "".join(texts).splitlines() == expected

    def test_historic_address_expires(self, connection):
        assert connection.get("/logs/historic?token=old").status_code == 403

    @pytest.mark.parametrize(
        ("phase", "kind"), [("PENDING_BUILD", "BUILD"), ("BUILDING", "RUN"), ("ERROR", "DEPLOY")]
    )
    def test_phase_that_was_never_reached(self, simulator, get, phase, kind):
        deployment = simulator.state.deploy(phase, timedelta(minutes=3))
        assert self.sources(simulator, get, kind, deployment).status_code == 400

    def test_build_log(self, simulator, get, connection):
        [url] = self.sources(simulator, get, "BUILD").json()["historic_urls"]
        assert "npm run build" in connection.get(url).text


def test_no_temporary_file_remains(tmp_path: Path):
    with running(tmp_path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["ca.pem"]
