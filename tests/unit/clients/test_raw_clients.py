"""Checks as somebody writes them who knows httpx, redis-py and pydo: five lines, and the verdict they mean."""

import json

import msgspec
import pytest

from tests.project import Project
from tests.unit.loopback import answer, closed_port, serve

pytestmark = pytest.mark.slow

HEAD = "import pytest\n\npytestmark = pytest.mark.daily\n"
HTTP = {
    "OK": """
def test_shop_is_open(httpx_client):
    response = httpx_client.get("/api/health")
    assert response.status_code == 200
    assert response.json()["shop"] == "open"
""",
    "CRITICAL": """
def test_shop_is_empty(httpx_client):
    assert httpx_client.get("/api/health").json() == {}, "somebody is in"
""",
    "UNKNOWN a write": """
def test_shop_takes_orders(httpx_client):
    response = httpx_client.post("/orders", json={"chairs": 3})
    assert response.status_code == 201
""",
    "OK after another has closed its own": """
def test_shop_is_open_still(httpx_client):
    httpx_client.close()
    assert httpx_client.is_closed

def test_shop_is_open_to_the_next(httpx_client):
    assert httpx_client.get("/api/health").is_success
""",
    "OK with a fixture of one's own": """
@pytest.fixture
def health(httpx_client):
    return httpx_client.get("/api/health").json()

def test_shop_tells_its_health(health):
    assert health["shop"] == "open"
""",
}
REDIS = '''
def test_jobs_are_few(redis_client):
    """No more than ten jobs wait."""
    with redis_client.pipeline() as pipe:
        jobs, _ = pipe.llen("jobs").get("shop").execute()
    assert jobs < 10

def test_jobs_are_gone(redis_client):
    redis_client.delete("jobs")
    assert redis_client.llen("jobs") == 0

def test_script_counts(redis_client):
    assert redis_client.eval("return #redis.call('KEYS', '*')", 0) < 10
'''
PYDO = """
def test_app_is_there(pydo_client):
    assert pydo_client.apps.get("a")["app"]["id"] == "a"

def test_no_droplet_is_forgotten(pydo_client):
    assert pydo_client.droplets.list()["droplets"] == []

def test_app_can_be_deployed(pydo_client):
    assert pydo_client.apps.create_deployment("a", body={"force_build": True})
"""


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


def run(project, text, **sections):
    """The record of each test of a file, by its title; ``sections`` are those of the target."""
    with (project.folder / "playbook.toml").open("a") as file:
        file.write("[time_limits]\nconnect = 20.0\nread = 20.0\n")
        for section, values in sections.items():
            lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
            file.write(f"[targets.staging.{section}]\n" + "\n".join(lines) + "\n")
    (project.folder / "checks" / "test_shop.py").write_text(HEAD + text)
    ended = project.run()
    assert "Traceback" not in ended.stderr, ended.stderr
    return {record.title: record for record in project.results().records}


@pytest.mark.parametrize("ending", HTTP)
def test_check_with_httpx_client_has_verdict(project, ending):
    """What it asserts is its verdict; what it may not send is UNKNOWN."""
    with serve(answer(body=b'{"shop": "open"}', Content_Type="application/json")) as server:
        records = run(project, HTTP[ending], web={"url": server.url})
    assert {str(record.verdict) for record in records.values()} == {ending.split()[0]}, records
    assert all(request.startswith(b"GET /api/health HTTP/1.1\r\n") for request in server.requests)
    if ending == "CRITICAL":
        (record,) = records.values()
        assert record.message.startswith("Shop is empty: expected httpx_client.get(")
        assert record.message.endswith("{'shop': 'open'} == {} (somebody is in)")
    if ending == "UNKNOWN a write":
        (record,) = records.values()
        assert record.message == (
            "Website: POST /orders could change something and was not sent: this suite sends GET, HEAD and "
            "OPTIONS only, so that no check can change what it looks at"
        )
        assert record.next_step.startswith("Nothing was changed.")
        assert server.requests == []


def test_unreachable_website_is_unknown_for_httpx_client(project):
    """As with every other client: no crash of the check, and no finding on the shop."""
    url = f"http://127.0.0.1:{closed_port()}"
    (record,) = run(project, HTTP["CRITICAL"], web={"url": url}).values()
    assert record.verdict == "UNKNOWN"
    assert record.message.startswith(f"Website: expected an answer from {url}/api/health, got connection refused")
    assert record.next_step.startswith("Check that the service runs")


def test_missing_website_is_not_configured_for_httpx_client(project):
    """And says what to add."""
    (record,) = run(project, HTTP["OK"]).values()
    assert record.verdict == "NOT CONFIGURED"
    assert "web.url" in record.message


def test_check_with_redis_client_can_only_read(project):
    """What reads is sent, by pipelines too; what could write or is a script is not."""

    def redis(connection):
        while connection.recv(65536):
            connection.sendall(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:3\r\n$4\r\nopen\r\n")

    with serve(redis, reader=lambda connection: b"") as server:
        project.environment["STAGING_REDIS_URL"] = server.url.replace("http", "redis")
        few, gone, script = run(project, REDIS, redis={"url": "${STAGING_REDIS_URL}"}).values()
    assert (few.verdict, few.found, few.rule) == ("OK", "3 < 10", "No more than ten jobs wait.")
    for record, command in ((gone, "DEL"), (script, "EVAL")):
        assert record.verdict == "UNKNOWN"
        assert record.message == (
            f"Redis: {command} was not sent: this suite sends only commands that are known to read, so that no "
            "check can change what it looks at"
        )


def test_check_with_pydo_client_can_only_get(project):
    """GET is sent; a 404 is never taken for the thing itself."""

    def api(connection):
        connection.sendall(replies.pop(0))

    replies = [
        answer(body=b'{"app": {"id": "a"}}', Content_Type="application/json"),
        answer("404 Not Found", b'{"id": "not_found", "message": "None"}', Content_Type="application/json"),
    ]
    with serve(api) as server:
        section = {"endpoint": server.url, "token": "${STAGING_TOKEN}", "app_id": "a"}
        project.environment["STAGING_TOKEN"] = "t0ken"
        deployed, there, droplets = run(project, PYDO, digitalocean=section).values()
    assert there.verdict == "OK"
    assert (droplets.verdict, "HTTP 404 not_found (None)" in droplets.message) == ("UNKNOWN", True)
    assert deployed.verdict == "UNKNOWN"
    assert "POST /v2/apps/a/deployments could change something and was not sent" in deployed.message
    assert "t0ken" not in msgspec.json.encode([there, droplets, deployed]).decode()
