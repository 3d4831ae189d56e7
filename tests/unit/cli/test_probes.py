"""What the doctor makes of answers that look fine and are not what the checks need."""

import json
from datetime import UTC, datetime

import pytest

from playbook.cli.doctor import diagnose
from playbook.cli.probes import SERVICES, NotWell
from playbook.clients.grafana import Grafana
from playbook.core.clock import FixedClock
from playbook.core.errors import TooLittleData
from playbook.measure.redis.redis import RedisStats
from playbook.settings.loading import load
from tests.redis_factory import INFO, stats_of
from tests.unit.loopback import answer, serve

CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
HTML = {"Content_Type": "text/html"}
JSON = {"Content_Type": "application/json"}
APP = b"<!doctype html><title>Shop</title><div id=root></div><p>Our portfolio of photographs, made by hand.</p>"
LOGIN = (
    b"<!doctype html><title>Sign in</title><form method=post><input name=user>"
    b"<input type=password name=password></form>"
)


def probe(name):
    """The question to a service."""
    return next(service.probe for service in SERVICES if service.name == name)


def diagnosed(name, script, setting, **settings):
    """What the doctor says of a service that answers everything like this."""
    with serve(script) as server:
        environment = {setting: server.url, **settings}
        loaded = load("production", environment=environment)
        services = [service for service in SERVICES if service.name == name]
        (found,) = diagnose(loaded, CLOCK, environment, services)
        return found


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answer(body=APP, **HTML), "expected a health report from"),
        (answer(body=LOGIN, **HTML), "expected a health report from"),
        (answer(body=b'{"pictures": 5}', **JSON), "expected a health report from"),
        (answer("404 Not Found", body=b"no"), "got HTTP 404"),
    ],
    ids=["app", "login", "data", "none"],
)
def test_web_page_is_no_healthy_image_service(script, words):
    """As for the check, a report of its health is wanted."""
    found = diagnosed("Image API", script, "PRODUCTION_URL")
    assert not found.works
    assert words in found.found


def test_image_service_reporting_unhealthy_does_not_work():
    """Its own word counts."""
    found = diagnosed("Image API", answer("503 X", body=b'{"status": "unhealthy"}', **JSON), "PRODUCTION_URL")
    assert (found.reachable, found.permitted, found.works) == ("yes", "yes", False)
    assert "got HTTP 503, unhealthy" in found.found


def test_healthy_image_service_works():
    """With what it says."""
    found = diagnosed("Image API", answer(body=b'{"status": "healthy"}', **JSON), "PRODUCTION_URL")
    assert found.works, found.found
    assert found.found.startswith("/api/image/health answered HTTP 200, healthy")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answer(body=LOGIN, **HTML), "expected the homepage from"),
        (answer(body=b'{"error": "no such app"}', **JSON), "expected the homepage from"),
        (answer("403 Forbidden", body=b"no"), "got HTTP 403"),
    ],
    ids=["login", "error", "forbidden"],
)
def test_sign_in_page_is_not_the_website(script, words):
    """Though it comes with HTTP 200."""
    found = diagnosed("Website", script, "PRODUCTION_URL")
    assert not found.works
    assert words in found.found


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answer(body=APP, **HTML), "Prometheus"),
        (answer("404 Not Found", body=b"404 page not found"), "got HTTP 404"),
        (answer(body=json.dumps({"status": "success", "data": {"version": "2"}}).encode(), **JSON), "got JSON"),
    ],
    ids=["website", "another-service", "another-shape"],
)
def test_non_prometheus_answer_does_not_work(script, words):
    """Whatever it answers."""
    found = diagnosed("Prometheus", script, "PROMETHEUS_URL")
    assert not found.works
    assert words in found.found


def vector(*values):
    """A result of ``up``."""
    rows = [{"metric": {"job": f"j{n}"}, "value": [1_800_000_000, value]} for n, value in enumerate(values)]
    return answer(
        body=json.dumps({"status": "success", "data": {"resultType": "vector", "result": rows}}).encode(), **JSON
    )


def test_prometheus_without_app_targets_does_not_work():
    """It answers queries, and has nothing of the app; with all targets down it is not well either."""
    found = diagnosed("Prometheus", vector(), "PROMETHEUS_URL")
    assert not found.works
    assert "got no series" in found.found
    found = diagnosed("Prometheus", vector("0", "0"), "PROMETHEUS_URL")
    assert not found.works
    assert "got none of 2 scraped" in found.found
    assert diagnosed("Prometheus", vector("1", "0"), "PROMETHEUS_URL").works


class _Server:
    """A Redis that answers PING and INFO."""

    address = "127.0.0.1:6379"

    def __init__(self, info):
        self._info = info

    def ping(self):
        return 0.001

    def info(self):
        return self._info


def redis(**changes):
    """What the doctor finds of a server with this INFO."""
    info = {**INFO, **changes}
    stats = stats_of(info)
    assert isinstance(stats, RedisStats)
    return probe("Redis")(_Server(info), stats)


def test_redis_replica_does_not_work():
    """It answers PING and INFO, and refuses every write."""
    assert "PING 1.0 ms" in redis()
    replica = {"role": "slave", "master_host": "10.0.0.5", "master_link_status": "up", "slave_read_only": 1}
    with pytest.raises(NotWell, match="expected a primary that takes writes, got a read-only replica of"):
        redis(**replica, master_sync_in_progress=0)
    with pytest.raises(NotWell, match="got still loading"):
        redis(loading=1)


def test_redis_without_role_is_not_assumed_primary():
    """As for the check, it is not known."""
    with pytest.raises(TooLittleData, match="role"):
        redis(role="")


def test_grafana_with_failing_database_does_not_work(monkeypatch):
    """It says so itself."""
    monkeypatch.setattr(Grafana, "health", lambda _: ("failing", "12.0"))
    loaded = load("production", environment={})
    with pytest.raises(NotWell, match=r"Grafana 12\.0: expected its database to be ok, got failing"):
        probe("Grafana")(Grafana(None, loaded), loaded)


def test_folder_without_archives_is_no_backup_store(tmp_path):
    """Files of other names are none of the archives that the checks look for."""
    (tmp_path / "notes.txt").write_text("x")
    environment = {"BACKUP_LOCATION": str(tmp_path)}
    services = [service for service in SERVICES if service.name == "Backups"]
    (found,) = diagnose(load("production", environment=environment), CLOCK, environment, services)
    assert not found.works
    assert "got 1 file in" in found.found
