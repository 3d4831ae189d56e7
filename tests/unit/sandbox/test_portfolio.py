"""The portfolio app and its Redis, healthy and with each of their faults, as seen from outside."""

import io
import json
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import redis
from PIL import Image
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError
from redis.retry import Retry

from sandbox.launcher import RunningSandbox, start
from sandbox.serving.seen import READER

pytestmark = pytest.mark.slow

SAMPLE = (Path(__file__).parents[3] / "playbook/data/sample.jpg").read_bytes()


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with start() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: RunningSandbox) -> RunningSandbox:
    """Healthy, whatever the test before did to it."""
    running.set_faults([])
    return running


@pytest.fixture
def web(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    target = sandbox.settings["web"]
    trust = ssl.create_default_context(cafile=target["ca"])
    with httpx.Client(base_url=target["url"], verify=trust, timeout=50, trust_env=False) as client:
        yield client


@pytest.fixture
def cache(sandbox: RunningSandbox) -> Iterator[redis.Redis]:
    with connect(sandbox) as client:
        yield client


def connect(sandbox: RunningSandbox, **options: object) -> redis.Redis:
    """As the website does, which may write; the suite's own user has the same password, and may not."""
    target = sandbox.settings["redis"]
    more = {"ssl_ca_certs": target["ca"], "decode_responses": True, "retry": Retry(NoBackoff(), 0)} | options
    return redis.Redis.from_url(target["url"].replace(f"//{READER}:", "//:"), **more)


def post(web: httpx.Client, image: bytes = SAMPLE, **fields: str) -> httpx.Response:
    return web.post("/api/image/optimize", files={"image": ("a.jpg", image)}, data=fields)


def fresh() -> bytes:
    """The sample in bytes that were never sent before; what follows a JPEG's end is ignored."""
    return SAMPLE + str(time.monotonic_ns()).encode()


# ------------------------------------------------------------------------------------------------------- pages


def test_homepage_has_security_headers(web):
    answer = web.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    for name in (
        "content-security-policy",
        "strict-transport-security",
        "x-content-type-options",
        "referrer-policy",
    ):
        assert name in answer.headers
    assert web.get("/assets/site.css").headers["content-type"].startswith("text/css")
    assert web.head("/").status_code == 200


def test_errors_are_json(web):
    assert web.get("/nowhere").status_code == 404
    assert web.get("/nowhere").json() == {"error": "Not Found"}
    assert web.get("/api/image/optimize").status_code == 405


def test_certificate_is_valid_only_for_own_authority(web):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(str(web.base_url), trust_env=False)


# ------------------------------------------------------------------------------------------------------ health


def test_health_lists_every_dependency(web):
    answer = web.get("/api/health")
    body = answer.json()
    assert answer.status_code == 200
    assert body["status"] == "healthy"
    assert set(body["dependencies"]) == {"redis", "image-optimizer", "image-worker"}
    assert {entry["status"] for entry in body["dependencies"].values()} == {"healthy"}
    assert 0 < body["dependencies"]["redis"]["latency_ms"] <= answer.elapsed.total_seconds() * 1000
    assert body["uptime"] > 86_400
    assert web.get("/api/image/health").json()["status"] == "healthy"


@pytest.mark.parametrize(
    ("fault", "status", "bad"),
    [
        ("health-degraded", 200, {"image-worker": "degraded"}),
        ("health-dependency-down", 503, {"image-worker": "unhealthy"}),
        ("image-service-unhealthy", 503, {"image-optimizer": "unhealthy"}),
        ("queue-backlog", 503, {"image-worker": "unhealthy"}),
        ("redis-gone", 503, {"redis": "unhealthy"}),
        ("redis-password-changed", 503, {"redis": "unhealthy"}),
    ],
)
def test_health_names_failing_component(sandbox, web, fault, status, bad):
    sandbox.set_faults([fault])
    answer = web.get("/api/health")
    statuses = {name: entry["status"] for name, entry in answer.json()["dependencies"].items()}
    assert answer.status_code == status
    assert answer.json()["status"] == "degraded"
    assert {name: says for name, says in statuses.items() if says != "healthy"} == bad
    image_service = 503 if fault == "image-service-unhealthy" else 200
    assert web.get("/api/image/health").status_code == image_service


def is_late_by(seconds: float, took: Iterable[float]) -> bool:
    """All by as much as that, and the fastest not by twice: a busy machine takes its own time on top of some."""
    took = list(took)
    return seconds <= min(took) < 2 * seconds


def test_delay_is_as_configured(sandbox, web):
    def seconds(*requests):
        """That each takes, all at the same time."""
        with ThreadPoolExecutor(len(requests)) as threads:
            asked = [threads.submit(request) for request in requests]
        return [one.result().elapsed.total_seconds() for one in asked]

    def homepage():
        return web.get("/")

    sandbox.set_faults(["homepage-slow"])
    assert is_late_by(2.5, seconds(homepage, homepage, homepage))
    sandbox.set_faults(["homepage-very-slow", "optimize-slow"])
    # One image: the worker takes them one after another.
    *pages, image = seconds(homepage, homepage, homepage, lambda: post(web))
    assert is_late_by(5.5, pages)
    assert is_late_by(6, [image])


def test_broken_homepage_answers_500(sandbox, web):
    sandbox.set_faults(["homepage-error"])
    assert web.get("/").status_code == 500


def test_gone_website_cuts_connections_and_returns(sandbox, web):
    assert web.get("/").status_code == 200  # the connection stays open
    sandbox.set_faults(["web-gone"])
    with pytest.raises(httpx.TransportError):
        web.get("/")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", web.base_url.port), 30)
    sandbox.set_faults([])
    assert web.get("/").status_code == 200


# ------------------------------------------------------------------------------------------------------ images


@pytest.mark.parametrize("name", ["webp", "avif", "jpeg"])
def test_image_is_optimised_once_then_cached(web, cache, name):
    image = fresh()
    before = cache.hgetall("image-processing-stats")
    first, second = post(web, image, format=name, width="320"), post(web, image, format=name, width="320")
    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert first.content == second.content
    picture = Image.open(io.BytesIO(first.content))
    picture.load()
    assert (picture.format, picture.size) == (name.upper(), (320, 213))
    assert first.headers["content-type"] == f"image/{name}"
    assert int(first.headers["x-optimized-size"]) == len(first.content) < len(image)
    assert int(first.headers["x-original-size"]) == len(image)
    after = cache.hgetall("image-processing-stats")
    for field in ("count", "success", f"{name}:count", f"{name}:success"):
        assert int(after[field]) == int(before[field]) + 1
    assert after["failure"] == before["failure"]
    assert cache.llen("image-processing-queue") == 0


def test_results_and_uploads_expire(web, cache):
    post(web, fresh())
    keys = [key for key in cache.scan_iter() if not key.startswith("image-processing")]
    assert keys
    assert all(0 < cache.ttl(key) <= 24 * 3600 for key in keys)


def test_ten_concurrent_uploads_are_served(web):
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: post(web, fresh()), range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10


@pytest.mark.parametrize(
    ("status", "message", "request_parts"),
    [
        (400, "the field image with a file is missing", {"data": {"format": "webp"}}),
        (400, "the field image with a file is missing", {"data": {"image": "text"}}),
        (400, "format must be one of", {"files": {"image": SAMPLE}, "data": {"format": "bmp"}}),
        (400, "width must be", {"files": {"image": SAMPLE}, "data": {"width": "1"}}),
        (415, "not a picture", {"files": {"image": b"hello"}}),
        (413, "larger than 10 MB", {"files": {"image": bytes(10 * 1024 * 1024 + 1)}}),
        (413, "larger than 10 MB", {"files": {"image": bytes(14 * 1024 * 1024)}}),
        (411, "must say its length", {"content": iter([b"--"])}),
    ],
    ids=["no-file", "text-field", "format", "width", "no-picture", "just-too-large", "too-large", "no-length"],
)
def test_invalid_upload_is_refused_in_json(web, cache, status, message, request_parts):
    before = cache.hgetall("image-processing-stats")
    answer = web.post("/api/image/optimize", **request_parts)
    assert answer.status_code == status
    assert message in answer.json()["error"]
    assert cache.hgetall("image-processing-stats") == before


def test_broken_optimiser_answers_500_and_counts_it(sandbox, web, cache):
    sandbox.set_faults(["optimize-broken"])
    before = int(cache.hget("image-processing-stats", "webp:failure"))
    answer = post(web)
    assert (answer.status_code, answer.json()) == (500, {"error": "image could not be processed"})
    assert int(cache.hget("image-processing-stats", "webp:failure")) == before + 1


def test_corrupt_result_does_not_open(sandbox, web):
    sandbox.set_faults(["optimize-corrupt"])
    answer = post(web)
    assert answer.status_code == 200
    with pytest.raises(OSError, match=r"truncated|cannot|decod|fail"):
        Image.open(io.BytesIO(answer.content)).load()


def test_larger_result_opens(sandbox, web):
    sandbox.set_faults(["optimize-larger-output"])
    answer = post(web)
    assert len(answer.content) > len(SAMPLE)
    Image.open(io.BytesIO(answer.content)).load()


def test_full_queue_refuses_uploads(sandbox, web, cache):
    sandbox.set_faults(["queue-backlog"])
    assert 179 <= cache.llen("image-processing-queue") <= 180  # the worker hangs on one of them
    answer = post(web)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"


def test_images_are_optimised_without_redis(sandbox, web):
    sandbox.set_faults(["redis-gone"])
    answer = post(web)
    assert (answer.status_code, answer.headers["x-cache"]) == (200, "BYPASS")


def test_metrics_count_requests(web):
    def count() -> dict[str, float]:
        rows = (line.rsplit(" ", 1) for line in web.get("/metrics").text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    before = count()
    post(web, fresh())
    web.get("/nowhere")
    after = count()

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    optimizer = 'component="image-optimizer"'
    assert grown(f'http_requests_total{{{optimizer},method="POST",route="/api/image/optimize",status="200"}}') == 1
    assert grown('http_requests_total{component="portfolio-web",method="GET",route="other",status="404"}') == 1
    assert grown(f'http_request_duration_seconds_count{{{optimizer},route="/api/image/optimize"}}') == 1
    assert grown('image_optimizations_total{format="webp",result="success"}') == 1
    assert after["image_queue_length"] == 0


# ------------------------------------------------------------------------------------------------------- Redis


def past_of(sandbox):
    """What yesterday's run has read; empty where there was none."""
    text = Path(sandbox.settings["history"]["readings"]).read_text()
    return json.loads(text) if text else {}


def test_server_reports_pretended_uptime(sandbox, cache):
    """Over any connection, and INFO stays whole; a server that has just been restarted has no past."""
    sandbox.set_faults([])
    told = cache.info()
    assert (told["uptime_in_days"], told["uptime_in_seconds"] // 86_400) == (200, 200)
    assert told["run_id"] == past_of(sandbox)["redis"]["origin"]
    assert {"redis_version", "used_memory", "cluster_enabled", "db0"} <= told.keys()
    assert cache.info("server")["uptime_in_days"] == 200
    sandbox.set_faults(["redis-unread-cache"])
    assert 90 <= cache.info()["uptime_in_seconds"] < 3_600
    assert past_of(sandbox) == {}


def test_two_hundred_days_of_hits_are_counted(sandbox, cache):
    """94.97 % since it counts, and hardly one read of today."""
    sandbox.set_faults(["redis-misses-today"])
    stats = cache.info("stats")
    share = 100 * stats["keyspace_hits"] / (stats["keyspace_hits"] + stats["keyspace_misses"])
    assert share == pytest.approx(94.97, abs=0.01)
    assert stats["keyspace_hits"] - past_of(sandbox)["redis"]["counts"]["keyspace_hits"] < 100


def test_failed_snapshot_stops_writes_until_switch(sandbox, cache):
    """By the server's own word, as with a full disk."""
    sandbox.set_faults(["redis-unsaved"])
    with pytest.raises(ResponseError, match="MISCONF"):
        cache.set("x", "y")
    assert cache.info("persistence")["rdb_last_bgsave_status"] == "err"
    sandbox.set_faults(["redis-memory-full"])
    with pytest.raises(OutOfMemoryError):
        cache.set("x", "y")
    sandbox.set_faults(["redis-replica-cut"])
    with pytest.raises(ReadOnlyError):
        cache.set("x", "y")
    assert cache.info("replication")["master_link_status"] == "down"
    sandbox.set_faults([])
    assert cache.set("x", "y")
    told = cache.info()
    assert (told["role"], told["rdb_last_bgsave_status"], told["keyspace_misses"] > 0) == ("master", "ok", True)


@pytest.mark.parametrize(
    ("fault", "rate"),
    [(None, 94.2), ("redis-cold-cache", 60), ("redis-lukewarm-cache", 75)],
    ids=["healthy", "cold", "lukewarm"],
)
def test_hit_rate_is_measured_by_server(sandbox, cache, fault, rate):
    """Since yesterday's run, which has put down what the server really counted until then."""
    sandbox.set_faults([fault] if fault else [])
    stats, before = cache.info("stats"), past_of(sandbox)["redis"]["counts"]
    hits, misses = (stats[name] - before[name] for name in ("keyspace_hits", "keyspace_misses"))
    assert before["keyspace_hits"] > 3_000
    assert hits + misses >= 20_000
    assert 100 * hits / (hits + misses) == pytest.approx(rate, abs=0.05)
    assert cache.info("commandstats")["cmdstat_get"]["calls"] >= 20_000


def test_restarted_server_has_no_earlier_reading(sandbox, cache):
    sandbox.set_faults(["redis-unread-cache"])
    stats = cache.info("stats")
    assert stats["keyspace_hits"] + stats["keyspace_misses"] < 10


def test_redis_latency_applies_once_per_request(sandbox):
    sandbox.set_faults(["redis-slow"])
    with connect(sandbox) as cache:
        cache.ping()
        took = []
        for _ in range(5):
            started = time.monotonic()
            cache.set("large", b"x" * 300_000, ex=5)
            took.append(time.monotonic() - started)
    assert is_late_by(0.4, took)


def test_changed_password_ends_existing_sessions(sandbox, cache):
    assert cache.ping()
    sandbox.set_faults(["redis-password-changed"])
    with pytest.raises((redis.ConnectionError, redis.AuthenticationError)):
        cache.ping()
    with pytest.raises(redis.AuthenticationError):
        cache.ping()


def test_gone_redis_refuses_and_returns(sandbox, cache):
    assert cache.ping()
    sandbox.set_faults(["redis-gone"])
    with pytest.raises(redis.ConnectionError):
        cache.ping()
    with pytest.raises(redis.ConnectionError, match="refused"):
        cache.ping()
    sandbox.set_faults([])
    assert cache.ping()


def test_app_reconnects_to_redis_after_cuts(sandbox, web):
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda _: post(web, fresh()), range(10)))
    sandbox.set_faults(["redis-gone"])
    sandbox.set_faults([])
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: web.get("/api/health"), range(10)))
    assert [answer.json()["status"] for answer in answers] == ["healthy"] * 10
    assert post(web, fresh()).headers["x-cache"] == "MISS"


def test_redis_requires_tls_authority_and_password(sandbox):
    url = sandbox.settings["redis"]["url"].replace(
        "//playbook:", "//:"
    )  # as the website's own user, who may write
    port = urlsplit(url).port
    plain = redis.Redis(port=port, socket_timeout=30, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.ConnectionError):
        plain.ping()
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        connect(sandbox, ssl_ca_certs=None).ping()
    authority = sandbox.settings["redis"]["ca"]
    for wrong in (f"rediss://:wrong@127.0.0.1:{port}/0", f"rediss://127.0.0.1:{port}/0"):
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(wrong, ssl_ca_certs=authority).ping()


def test_healthy_switch_undoes_every_fault(sandbox, web, cache):
    def shown() -> tuple[object, ...]:
        stats = cache.info("stats")
        return (
            cache.hgetall("image-processing-stats"),
            cache.llen("image-processing-queue"),
            cache.dbsize(),
            round(stats["keyspace_misses"] / stats["keyspace_hits"], 2),
            cache.config_get("requirepass"),
        )

    sandbox.set_faults([])
    healthy = shown()
    sandbox.set_faults(["queue-backlog", "redis-cold-cache", "image-failures", "optimize-broken", "redis-slow"])
    post(web)
    assert shown() != healthy
    sandbox.set_faults([])
    assert shown() == healthy
    assert web.get("/api/health").json()["status"] == "healthy"
    assert post(web).headers["x-cache"] == "MISS"


def test_next_world_has_no_connections_of_earlier_visitors(sandbox, web):
    """Many at once are many connections to Redis, and a fault may be about their number."""
    sandbox.set_faults(["redis-slow"])
    with ThreadPoolExecutor(20) as visitors:
        assert {answer.status_code for answer in visitors.map(web.get, ["/api/health"] * 20)} == {200}
    with connect(sandbox) as client:
        assert len(client.client_list()) > 15
    sandbox.set_faults([])
    with connect(sandbox) as client:
        assert len(client.client_list()) < 8
