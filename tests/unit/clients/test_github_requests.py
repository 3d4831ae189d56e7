"""Requests to GitHub: what is tried again, how long a rate limit is waited for, and how large an answer may be."""

import gzip
from datetime import UTC, datetime

import pytest

from playbook.cli.ci.github import pages
from playbook.clients.answer import Answer
from playbook.clients.github_requests import GitHubRequests, is_limited, reason_of, seconds_to_wait
from playbook.core.clock import FixedClock
from playbook.core.errors import Malformed, Unreachable, UsageError
from playbook.core.secret import Secret
from playbook.notify.github_api import IssuesApi, Stopped
from playbook.settings.model import TimeLimits
from playbook.settings.sections.incidents import IssueTracker
from tests.unit.loopback import answer, closed_port, serve

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
BOMB = answer(body=gzip.compress(b"0" * 20_000_000), Content_Encoding="gzip")
FAILS = answer("500 Internal Server Error", b"{}")
LIMIT = answer("403 Forbidden", b'{"message": "API rate limit exceeded"}', retry_after="40")


def requests_to(url: str, patience: float = 0.0) -> GitHubRequests:
    limits = TimeLimits(connect=30.0, read=30.0)
    return GitHubRequests(url, Secret("t0ken"), time_limits=limits, clock=FixedClock(NOW), patience=patience)


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("PUT", 2), ("PATCH", 2), ("POST", 1)])
def test_only_what_may_come_twice_is_tried_again(method, tries):
    with serve(FAILS, answer(body=b"{}")) as server:
        client = requests_to(server.url)
        got = client.get("x") if method == "GET" else client.send(method, "x", {"a": 1})
        assert len(server.requests) == tries
    assert got.status == (200 if tries == 2 else 500)


def test_sent_object_is_json_with_the_token():
    with serve(answer("201 Created", b"{}")) as server:
        requests_to(server.url).send("POST", "repos/a/b/issues", {"title": "é"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /repos/a/b/issues HTTP/1.1")
    assert b"Authorization: Bearer t0ken" in head
    assert b"Content-Type: application/json" in head
    assert body == '{"title":"é"}'.encode()


@pytest.mark.parametrize(
    ("patience", "tries", "status"),
    [(0.0, 1, 403), (39.0, 1, 403), (40.0, 2, 200)],
    ids=["none", "less", "enough"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rate_limit_is_waited_for_as_far_as_patience_goes(method, patience, tries, status):
    """Of a POST too, which GitHub has not carried out then."""
    with serve(LIMIT, answer(body=b"{}")) as server:
        client = requests_to(server.url, patience)
        got = client.get("x") if method == "GET" else client.send("POST", "x", {})
        assert (len(server.requests), got.status) == (tries, status)


def test_patience_is_one_for_all_requests():
    with serve(LIMIT, answer(body=b"{}"), LIMIT) as server:
        client = requests_to(server.url, 60.0)
        assert client.get("x").status == 200
        assert is_limited(client.get("x"))


def test_absurd_reset_is_not_believed():
    """A number of thousands of digits is no time, so it is a minute."""
    refusal = answer("403 Forbidden", b"{}", x_ratelimit_remaining="0", x_ratelimit_reset="9" * 5000)
    with serve(refusal) as server:
        assert seconds_to_wait(requests_to(server.url).get("x"), NOW) == 60


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "40", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}, 40),
        ({"retry-after": "Mon, 23 Nov 2026 07:00:30 GMT"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "soon"}, 60),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795417290"}, 90),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0"}, 1),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "9999999999"}, 60),
        ({}, 60),
    ],
    ids=["both", "date", "now", "words", "reset", "past", "secondary", "nothing"],
)
def test_seconds_to_wait_are_those_asked_for_or_a_minute(headers, seconds):
    """A secondary limit says when the primary one is reset, which is not what to wait for."""
    assert seconds_to_wait(Answer("GitHub", 429, headers, b"", ""), NOW) == seconds


def test_reason_names_no_address():
    with pytest.raises(Unreachable) as caught:
        requests_to(f"http://localhost:{closed_port()}/secret-path").get("x")
    assert reason_of(caught.value) == "connection refused"


def test_bomb_is_malformed():
    with serve(BOMB) as server, pytest.raises(Malformed, match="got more than 16,777,216 bytes") as caught:
        requests_to(server.url).get("x")
    assert reason_of(caught.value) == "more than 16,777,216 bytes"


def test_bomb_in_place_of_the_issues_stops_the_run_in_words():
    """And is no crash of the notification."""
    with serve(BOMB) as server:
        api = IssuesApi(IssueTracker(repository="a/b", endpoint=server.url), Secret("t"), 30, FixedClock(NOW))
        with pytest.raises(Stopped, match="expected the open issues, got an answer of more than 16,777,216 bytes"):
            api.open_issues()


def test_bomb_in_place_of_the_pages_is_told_in_words():
    """By the job that asks for them."""
    with serve(BOMB) as server, pytest.raises(UsageError, match="got more than 16,777,216 bytes"):
        pages({"GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "t"})


@pytest.mark.parametrize("token", ["ghp_\u2013", "ghp_a\nb"], ids=["dash", "line-break"])
def test_token_that_is_none_is_not_shown(token):
    """The library would quote it."""
    with (
        serve(answer()) as server,
        pytest.raises(UsageError, match="expected an answer of GitHub's API") as caught,
    ):
        pages({"GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": token})
    assert "ghp_" not in str(caught.value)
