"""The raw DigitalOcean client: pydo as its users know it, which sends GET only."""

import json

import pytest

from playbook.clients.digitalocean import digitalocean
from playbook.clients.libraries.pydo_client import open_pydo_client
from playbook.core.errors import Denied, Forbidden, Malformed, Unreachable
from playbook.settings.loading import load
from tests.unit.loopback import answer, closed_port, hang_up, serve


def client_of(url):
    """As of a target whose settings name this endpoint."""
    section = {"token": "t0ken", "app_id": "a", "endpoint": url}
    overlay = {
        "targets": {"staging": {"digitalocean": section}},
        "time_limits": {"connect": 30.0, "read": 30.0},
    }
    return open_pydo_client(digitalocean(load("staging", environment={}, overlay=overlay)))


def said(status, body):
    return answer(status, json.dumps(body).encode(), Content_Type="application/json")


def test_pydo_operations_work_with_own_token():
    """Its operations, with their parameters, and our token."""
    from pydo import Client

    with serve(said("200 OK", {"apps": [{"id": "a"}]})) as server:
        client = client_of(server.url)
        assert isinstance(client, Client)
        assert client.apps.list(page=2, per_page=5) == {"apps": [{"id": "a"}]}
    assert server.requests[0].startswith(b"GET /v2/apps?page=2&per_page=5 HTTP/1.1\r\n")
    assert b"Authorization: Bearer t0ken\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("change", "request_line"),
    [
        (lambda client: client.apps.create_deployment("a", body={}), "POST /v2/apps/a/deployments"),
        (lambda client: client.apps.delete("a"), "DELETE /v2/apps/a"),
        (lambda client: client.droplets.create(body={"name": "x"}), "POST /v2/droplets"),
        (lambda client: client.apps.update("a", body={"spec": {}}), "PUT /v2/apps/a"),
        # It changes nothing, and is the suite's own to send.
        (lambda client: client.apps.validate_rollback("a", body={}), "POST /v2/apps/a/rollback/validate"),
    ],
    ids=["deploy", "delete", "create", "update", "validate"],
)
def test_changing_operation_is_forbidden(change, request_line):
    """Before anything is sent; the sentence says who refuses, and why."""
    with serve(said("200 OK", {})) as server, pytest.raises(Forbidden) as caught:
        change(client_of(server.url))
    assert server.requests == []
    assert str(caught.value) == (
        f"DigitalOcean API: {request_line} could change something and was not sent: this suite sends GET only, "
        "so that no check can change what it looks at"
    )


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (
            said("404 Not Found", {"id": "not_found", "message": "No app"}),
            Malformed,
            r"HTTP 404 not_found \(No app\)",
        ),
        (said("401 Unauthorized", {"id": "unauthorized", "message": "No"}), Denied, "HTTP 401 unauthorized"),
        (said("403 Forbidden", {"id": "forbidden", "message": "No"}), Denied, "HTTP 403 forbidden"),
        (
            said("429 Slow", {"id": "too_many_requests", "message": "No"}),
            Unreachable,
            "HTTP 429 too_many_requests",
        ),
        (said("503 Busy", {"id": "service_unavailable", "message": "No"}), Unreachable, "HTTP 503"),
        (answer(body=b"<html>", Content_Type="text/html"), Malformed, "in JSON, got text/html: '<html>'"),
        (answer(body=b""), Malformed, "in JSON, got no content type: ''"),
        (hang_up, Unreachable, "the server closed the connection without an answer"),
    ],
    ids=["404", "401", "403", "429", "503", "html", "empty", "silent"],
)
def test_not_found_is_malformed_not_a_result(script, error, words):
    """pydo by itself hands a 404 back as if it were the app."""
    with serve(script) as server, pytest.raises(error, match=words) as caught:
        client_of(server.url).apps.get("a")
    assert "expected an answer to GET /v2/apps/a" in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_connection_failure_is_unreachable_and_not_logged(logged):
    """azure-core would write addresses and headers."""
    with pytest.raises(Unreachable, match=r"got connection refused \(connect, after"):
        client_of(f"http://127.0.0.1:{closed_port()}").apps.list()
    assert "t0ken" not in logged.getvalue()


def test_traceback_omits_pydo_frames():
    """pytest leaves its frames out: to show a line of it, all 365,000 are parsed."""
    with serve(hang_up) as server, pytest.raises(Unreachable) as caught:
        client_of(server.url).apps.get("a")
    shown = caught.traceback.filter(caught)
    assert any("pydo" in str(entry.path) for entry in caught.traceback)
    assert not any("pydo/operations" in str(entry.path) for entry in shown)
