"""Links: what counts as an answer, and when that none came says something."""

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
def test_what_is_an_answer(tmp_path, status, answers):
    """A login is one, and said."""
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
def test_what_stands_in_a_pages_place_is_no_answer(tmp_path, raw, found):
    """With whatever status it comes."""
    with serve(raw) as server:
        link = ask(tmp_path, documentation=server.url).documentation
    assert link.is_dead
    assert link.summary.startswith(found)


def test_a_challenge_tells_nothing_of_what_is_behind_it(tmp_path):
    """People pass it in a browser."""
    with serve(answer("403 Forbidden", cf_mitigated="challenge")) as server:
        link = ask(tmp_path, console=server.url).console
    assert not link.is_dead
    assert not link.coverage.enough


def test_of_a_large_document_the_beginning_is_enough(tmp_path):
    """It need not be read to its end, which may be far."""
    with serve(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"text " * 400_000)) as server:
        link = ask(tmp_path, documentation=server.url).documentation
    assert not link.is_dead


def test_a_redirect_is_followed(tmp_path):
    """And shown."""
    with serve(answer("302 Found", Location="/login"), answer(body=b"<p>Sign in")) as server:
        found = ask(tmp_path, grafana=server.url)
    assert found.grafana.redirects == (f"HTTP 302: {server.url} → {server.url}/login",)
    assert found.evidence()[0].rows[0][1] == f"{server.url}/login"


def test_a_dead_link_counts_while_another_answers(tmp_path):
    """Our own network is proven then; also by an answer that is an error."""
    with serve(answer("500 Oops")) as server:
        found = ask(tmp_path, console=server.url, status_page=DEAD)
    assert found.status_page.is_dead
    assert "connection refused" in found.status_page.summary


def test_no_answer_from_any(tmp_path):
    """It may be our own network."""
    found = ask(tmp_path, console=DEAD, status_page=DEAD)
    for name in ("console", "status_page"):
        with pytest.raises(Unreachable, match="got connection refused"):
            getattr(found, name)


def test_links_that_are_not_set(tmp_path):
    """Each by itself, with the line to add; the others are looked at."""
    with serve(answer(body=b"<p>A page")) as server:
        found = ask(tmp_path, console=server.url)
    assert not found.console.is_dead
    with pytest.raises(NotConfigured) as caught:
        _ = found.status_page
    assert caught.value.setting == "targets.staging.links.status_page"
    assert set(found.evidence()[1].facts) == {"Grafana", "Status page", "Documentation"}


def test_grafana_is_where_it_is_configured(tmp_path):
    """Its address is the link where none is set."""
    with serve(answer(body=b"<p>A page")) as server:
        overlay = {"targets": {"staging": {"grafana": {"url": server.url}}}}
        found = links(load("staging", root=tmp_path, environment={}, overlay=overlay))
    assert not found.grafana.is_dead


def test_a_link_to_the_websites_host_trusts_the_websites_own_authority(tmp_path):
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
