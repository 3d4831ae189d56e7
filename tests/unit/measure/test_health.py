"""Health endpoints: every usual shape is understood, and none is guessed at."""

import pytest

from playbook.measure.health import Dependency, State, UnknownShapeError, read_report

GOOD, DEGRADED, BAD = State.HEALTHY, State.DEGRADED, State.UNHEALTHY


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (b'{"status": "ok"}', "ok", GOOD),
        (b'{"status": "Healthy", "uptime": 12.5}', "Healthy", GOOD),
        (b'{"status": "UP"}', "UP", GOOD),
        (b'{"status": "pass", "version": "1"}', "pass", GOOD),
        (b'{"state": "degraded"}', "degraded", DEGRADED),
        (b'{"health": "warn"}', "warn", DEGRADED),
        (b'{"healthy": false}', "false", BAD),
        (b'{"ok": true}', "true", GOOD),
        (b'{"status": "OUT_OF_SERVICE"}', "OUT_OF_SERVICE", BAD),
        (b'{"status": "not ready"}', "not ready", BAD),
        (b'{"ok": true, "status": "error"}', "error", BAD),
        (b'"healthy"', "healthy", GOOD),
        (b"true", "true", GOOD),
        (b"OK\n", "OK", GOOD),
        (b"Healthy.", "Healthy.", GOOD),
    ],
)
def test_the_services_own_word(body, status, state):
    """As object, as JSON text, as plain text."""
    report = read_report(body)
    assert (report.status, report.state, report.dependencies) == (status, state, ())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"status":"ok","dependencies":{"redis":"up","worker":"down"}}', id="words"),
        pytest.param(b'{"status":"ok","services":{"redis":true,"worker":false}}', id="booleans"),
        pytest.param(
            b'{"status":"ok","checks":{"redis":{"status":"pass"},"worker":{"status":"fail"}}}', id="objects"
        ),
        pytest.param(
            b'{"status":"ok","checks":[{"name":"redis","status":"ok"},{"name":"worker","state":"dead"}]}',
            id="list",
        ),
        pytest.param(
            b'{"status":"pass","checks":{"redis":[{"status":"pass"}],"worker":[{"status":"fail"}]}}', id="ietf"
        ),
        pytest.param(
            b'{"status":"UP","components":{"redis":{"status":"UP"},"worker":{"status":"DOWN"}}}', id="actuator"
        ),
        pytest.param(
            b'{"dependencies":{"redis":"ok"},"services":{"worker":"unhealthy"}}', id="two-lists-no-status"
        ),
    ],
)
def test_dependencies_in_every_shape(body):
    """One healthy, one not."""
    redis, worker = read_report(body).dependencies
    assert (redis.name, redis.state) == ("redis", GOOD)
    assert (worker.name, worker.state) == ("worker", BAD)


def test_a_remark_stands_beside_the_status():
    """An error's text, or how long the dependency took."""
    entries = b'{"a": {"status": "down", "error": "ECONNREFUSED"}, "b": {"ok": true, "latency_ms": 3.5}}'
    assert read_report(b'{"status": "ok", "dependencies": ' + entries + b"}").dependencies == (
        Dependency("a", "down", BAD, "ECONNREFUSED"),
        Dependency("b", "true", GOOD, "3.5 ms"),
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "an empty body"),
        (b'""', "a JSON value"),
        (b"<html>hello</html>", "the status '<html>hello</html>', which says neither"),
        (b'{"status": "purple"}', "the status 'purple', which says neither healthy nor unhealthy"),
        (b'{"status": ""}', "an object without a status, with status"),
        (b'{"uptime": 3}', "an object without a status, with uptime"),
        (b"{}", "with nothing in it"),
        (b"[]", "a JSON list"),
        (b"3", "a JSON number"),
        (b"null", "a JSON null"),
        (b'{"status": "ok", "checks": 3}', "checks as a number"),
        (b'{"status": "ok", "checks": {"redis": {"uptime": 3}}}', "no status for redis"),
        (b'{"status": "ok", "checks": {"redis": null}}', "no status for redis"),
        (b'{"status": "ok", "checks": {"redis": "???"}}', "redis '???', which says neither"),
        (b"\xff\xfe", "which says neither"),
    ],
)
def test_what_is_not_understood_is_not_guessed_at(body, message):
    """Neither as good nor as bad."""
    with pytest.raises(UnknownShapeError) as caught:
        read_report(body)
    assert message in str(caught.value)
