"""Links: what counts as an answer, and when that none came says something."""

import pytest

from playbook.errors import NotConfigured, Unreachable
from playbook.measure.links import links
from playbook.settings import load
from tests.unit.loopback import answer, closed_port, hang_up, serve

DEAD = f"http://localhost:{closed_port()}"


def ask(tmp_path, **urls):
    overlay = {"targets": {"staging": {"links": urls}}, "time_limits": {"connect": 30, "read": 30}}
    return links(load("staging", root=tmp_path, environment={}, overlay=overlay))


@pytest.mark.parametrize(
    ("status", "answers"),
    [
        ("200 OK", True),
        ("204 No Content", True),
        ("401 Unauthorized", True),
        ("403 Forbidden", True),
        ("404 Not Found", False),
        ("410 Gone", False),
        ("500 Oops", False),
    ],
)
def test_what_is_an_answer(tmp_path, status, answers):
    """A login is one, and said."""
    with serve(answer(status)) as server:
        link = ask(tmp_path, console=server.url).console
    assert link.answers is answers
    assert link.summary.startswith(f"HTTP {status[:3]} from {server.url}")
    assert ("it asks for a login" in link.summary) is (status[:3] in {"401", "403"})


@pytest.mark.parametrize("first", [answer("405 Method Not Allowed"), answer("404 Not Found"), hang_up])
def test_get_where_head_does_not_do(tmp_path, first):
    """Servers that know no HEAD, answer it wrongly, or hang up on it."""
    heads = [first] * 3 if first is hang_up else [first]
    with serve(*heads, answer(body=b"a page")) as server:
        link = ask(tmp_path, documentation=server.url).documentation
    assert (link.answers, link.method) == (True, "GET")
    assert server.requests[0].startswith(b"HEAD ")


def test_a_redirect_is_followed(tmp_path):
    """And shown."""
    with serve(answer("302 Found", Location="/login"), answer()) as server:
        found = ask(tmp_path, grafana=server.url)
    assert found.grafana.redirects == (f"HTTP 302: {server.url} → {server.url}/login",)
    assert found.evidence()[0].rows[0][1] == f"{server.url}/login"


def test_a_dead_link_counts_while_another_answers(tmp_path):
    """Our own network is proven then; also by an answer that is an error."""
    with serve(answer("500 Oops")) as server:
        found = ask(tmp_path, console=server.url, status_page=DEAD)
    assert not found.status_page.answers
    assert "connection refused" in found.status_page.summary


def test_no_answer_from_any(tmp_path):
    """It may be our own network."""
    found = ask(tmp_path, console=DEAD, status_page=DEAD)
    for name in ("console", "status_page"):
        with pytest.raises(Unreachable, match="got connection refused"):
            getattr(found, name)


def test_links_that_are_not_set(tmp_path):
    """Each by itself, with the line to add; the others are looked at."""
    with serve(answer()) as server:
        found = ask(tmp_path, console=server.url)
    assert found.console.answers
    with pytest.raises(NotConfigured) as caught:
        _ = found.status_page
    assert caught.value.setting == "targets.staging.links.status_page"
    assert set(found.evidence()[1].facts) == {"Grafana", "Status page", "Documentation"}


def test_grafana_is_where_it_is_configured(tmp_path):
    """Its address is the link where none is set."""
    with serve(answer()) as server:
        overlay = {"targets": {"staging": {"grafana": {"url": server.url}}}}
        found = links(load("staging", root=tmp_path, environment={}, overlay=overlay))
    assert found.grafana.answers
