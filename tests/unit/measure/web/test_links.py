"""Links: which responses count as an answer, and when a missing answer is a finding."""

import ssl

import pytest
import trustme

from playbook.core.errors import NotConfigured, Unreachable
from playbook.measure.web.links import links
from playbook.settings.loading import load
from tests.unit.loopback import answer, closed_port, serve

DEAD = f"http://localhost:{closed_port()}"


def ask(tmp_path, **urls):
    overlay = {"targets": {"staging": {"links": urls}}, "time_limits": {"connect": 30, "read": 30}}
    return links(load("staging", root=tmp_path, environment={}, overlay=overlay))


@pytest.mark.parametrize(
    ("status", "answers"),
    [
        ("200 OK", True),
        ("204 No Content", False),
        ("206 Partial Content", False),
        ("302 Found", False),
        ("401 Unauthorized", True),
        ("403 Forbidden", True),
        ("404 Not Found", False),
        ("410 Gone", False),
        ("500 Oops", False),
    ],
)
def test_responses_that_count_as_an_answer(tmp_path, status, answers):
    """A login page does, and is noted."""
    with serve(answer(status, b"<h1>Console</h1>")) as server:
        link = ask(tmp_path, console=server.url).console
    assert link.is_dead is not answers
    assert link.summary.startswith(f"HTTP {status[:3]} from {server.url}")
    assert ("it asks for a login" in link.summary) is (status[:3] in {"401", "403"})


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (answer(), "an empty page"),
        (answer(body=b"<title>Application Error</title><p>Sorry"), "an error page, 'Application Error'"),
        (answer(body=b"<title>Welcome to nginx!</title><p>x"), "a server's default page, 'Welcome to nginx!'"),
        (answer("302 Found", Location="/on"), "HTTP 302, a redirect that leads on"),
    ],
)
def test_page_of_a_provider_is_no_answer(tmp_path, raw, found):
    """Whatever its status."""
    with serve(raw) as server:
        link = ask(tmp_path, documentation=server.url).documentation
    assert link.is_dead
    assert link.summary.startswith(found)


def test_challenge_leaves_a_link_unknown(tmp_path):
    """People pass it in a browser."""
    with serve(answer("403 Forbidden", cf_mitigated="challenge")) as server:
        link = ask(tmp_path, console=server.url).console
    assert not link.is_dead
    assert not link.coverage.enough


def test_beginning_of_a_large_document_is_enough(tmp_path):
    """The rest, which may be long, is not read."""
    with serve(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"text " * 400_000)) as server:
        link = ask(tmp_path, documentation=server.url).documentation
    assert not link.is_dead


def test_answer_that_cannot_be_read_leaves_the_other_links_known(tmp_path):
    """The page may be there for people; a dead link beside it is dead."""
    damaged = answer(body=b"no gzip at all", content_encoding="gzip")
    with serve(damaged) as server, serve(answer("404 Not Found")) as gone:
        found = ask(tmp_path, status_page=server.url, documentation=gone.url)
    assert not found.status_page.is_dead
    assert not found.status_page.coverage.enough
    assert found.documentation.is_dead


def test_redirect_is_followed(tmp_path):
    """And shown."""
    with serve(answer("302 Found", Location="/login"), answer(body=b"<p>Sign in")) as server:
        found = ask(tmp_path, grafana=server.url)
    assert found.grafana.redirects == (f"HTTP 302: {server.url} → {server.url}/login",)
    assert found.evidence()[0].rows[0][1] == f"{server.url}/login"


def test_dead_link_counts_while_another_answers(tmp_path):
    """That proves that our own network works; an answer that is an error proves it too."""
    with serve(answer("500 Oops")) as server:
        found = ask(tmp_path, console=server.url, status_page=DEAD)
    assert found.status_page.is_dead
    assert "connection refused" in found.status_page.summary


def test_no_answer_from_any_link_is_unknown(tmp_path):
    """Our own network may be the reason."""
    found = ask(tmp_path, console=DEAD, status_page=DEAD)
    for name in ("console", "status_page"):
        with pytest.raises(Unreachable, match="got connection refused"):
            getattr(found, name)


def test_missing_links_are_named(tmp_path):
    """Each with the line to add; the others are measured."""
    with serve(answer(body=b"<p>A page")) as server:
        found = ask(tmp_path, console=server.url)
    assert not found.console.is_dead
    with pytest.raises(NotConfigured) as caught:
        _ = found.status_page
    assert caught.value.setting == "targets.staging.links.status_page"
    assert set(found.evidence()[1].facts) == {"Grafana", "Status page", "Documentation"}


def test_grafana_link_comes_from_its_configuration(tmp_path):
    """Its address is the link if none is set."""
    with serve(answer(body=b"<p>A page")) as server:
        overlay = {"targets": {"staging": {"grafana": {"url": server.url}}}}
        found = links(load("staging", root=tmp_path, environment={}, overlay=overlay))
    assert not found.grafana.is_dead


def test_link_to_the_host_of_the_website_trusts_its_authority(tmp_path):
    """A private authority that the website is set to trust also signs what else is served there."""
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serve(answer(body=b"<p>A page"), tls=context) as server:
        overlay = {
            "targets": {
                "staging": {
                    "web": {"url": f"{server.url}/shop", "ca": str(file)},
                    "links": {"documentation": f"{server.url}/docs"},
                }
            }
        }
        found = links(load("staging", root=tmp_path, environment={}, overlay=overlay))
        assert not found.documentation.is_dead
        del overlay["targets"]["staging"]["web"]
        untrusted = links(load("staging", root=tmp_path, environment={}, overlay=overlay))
        with pytest.raises(Unreachable, match="a certificate that cannot be trusted"):
            _ = untrusted.documentation
