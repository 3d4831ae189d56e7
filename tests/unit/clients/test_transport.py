"""What is taken from the HTTP library besides the clients' own way out."""

import gzip
from datetime import UTC, datetime

import pytest

from playbook.ci.github import pages
from playbook.clients.libraries.transport import fetch, httpx
from playbook.core.clock import FixedClock
from playbook.core.errors import UsageError
from playbook.core.secret import Secret
from playbook.notify.github_api import IssuesApi, Stopped
from playbook.settings.sections.incidents import IssueTracker
from tests.unit.loopback import answer, serve

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
BOMB = answer(body=gzip.compress(b"0" * 20_000_000), Content_Encoding="gzip")


def got_from(script, most):
    with serve(script) as server, httpx.Client(trust_env=False) as client:
        return fetch(client, "GET", f"{server.url}/x", most=most, params={"q": "1"})


def test_whole_answer_is_fetched_and_decoded():
    """Decompressed, with its status and headers, and as often to be read as one likes."""
    packed = answer(
        "404 None", gzip.compress(b'{"a": 1}'), Content_Encoding="gzip", Content_Type="application/json"
    )
    got = got_from(packed, most=8)
    assert (got.status_code, got.json(), got.headers["content-type"]) == (404, {"a": 1}, "application/json")
    assert (got.content, got.request.url.query) == (b'{"a": 1}', b"q=1")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (answer(body=b"x" * 101), "more than 100 bytes"),
        (BOMB, "more than 100 bytes"),
        (answer(body=b"plain", Content_Encoding="gzip"), "a body that is not gzip, as it says"),
    ],
    ids=["large", "bomb", "not-compressed"],
)
def test_too_large_or_unreadable_answer_is_httpx_error(script, reason):
    """One that all who speak HTTP catch."""
    with pytest.raises(httpx.DecodingError, match=reason):
        got_from(script, most=100)


def test_oversized_issue_answer_is_reported():
    """And is no crash of the notification."""
    with serve(BOMB) as server:
        api = IssuesApi(IssueTracker(repository="a/b", endpoint=server.url), Secret("t"), 30, FixedClock(NOW))
        with pytest.raises(Stopped, match=r"expected the open issues, got no answer \(DecodingError\)"):
            api.open_issues()


def test_oversized_pages_answer_is_reported():
    """By the job that asks for them."""
    with serve(BOMB) as server, pytest.raises(UsageError, match="got DecodingError: more than 4,194,304 bytes"):
        pages({"GITHUB_API_URL": server.url, "GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "t"})
