"""The guard by itself: which addresses it allows, and how it spreads requests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from loadtests import guard as module
from loadtests.guard import Guard, Refused, parse_address, parse_host, strip
from playbook.core.errors import UsageError
from tests.unit.loadtests.plans import plan_of


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The guard's clock, which stands still: however slow the machine is, all is asked for at one moment."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def _open(**other: object) -> Guard:
    guard = Guard()
    guard.open(plan_of(8443, **other))
    return guard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost:8443", ("localhost", 8443)),
        ("LocalHost", ("localhost", None)),
        ("[::1]:80", ("::1", 80)),
        ("203.0.113.7:1", ("203.0.113.7", 1)),
    ],
)
def test_address_is_host_with_port(text: str, expected: tuple[str, int | None]) -> None:
    """In the spelling that connections use."""
    assert parse_address(text, "allowed") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/b",
        "user@host",
        "host:x",
        "host:99999",
        "host:",
        "host.",
        "h\u00f6st",
        "ho st",
        "http://host",
        "a\\b",
        "a\nb",
    ],
)
def test_invalid_address_names_setting(text: str) -> None:
    """One sentence names the setting."""
    with pytest.raises(UsageError, match="allowed: expected a host with its port"):
        parse_address(text, "allowed")


@pytest.mark.parametrize(
    "text",
    ["localhost", "ftp://localhost", "https://u:p@localhost", "https://localhost/", "//localhost", "https://"],
)
def test_plan_host_is_scheme_host_and_port(text: str) -> None:
    """No user, no path, no other scheme."""
    with pytest.raises(UsageError, match=r"host: expected|host with its port"):
        parse_host(text)


def test_nothing_is_allowed_before_plan() -> None:
    """Not even the host that the plan will have."""
    with pytest.raises(Refused, match="there is no plan yet"):
        Guard().check("http", "localhost", 8443)


def test_plan_host_must_be_allowed() -> None:
    """A plan that contradicts itself is refused as a whole."""
    with pytest.raises(UsageError, match="is not among the hosts that may be loaded"):
        _open(host="http://other:8443")


@pytest.mark.parametrize(
    ("scheme", "host", "port"),
    [
        ("https", "localhost", 8443),
        ("http", "localhost", 80),
        ("http", "localhost", 8444),
        ("http", "localhost.", 8443),
        ("http", "127.0.0.1", 8443),
        ("http", "localhost.example", 8443),
        ("http", "\uff4cocalhost", 8443),
        ("", "localhost", 8443),
        ("http", "", 8443),
        ("http", "localhost", None),
    ],
)
def test_only_planned_origin_is_allowed(scheme: str, host: str, port: int | None) -> None:
    """Whatever looks like it does not."""
    guard = _open()
    guard.check("http", "localhost", 8443)
    with pytest.raises(Refused, match="is not allowed"):
        guard.check(scheme, host, port)
    assert sum(guard.refused.values()) == 1


def test_refusal_reason_is_short_without_path() -> None:
    """What was asked for may be a secret or a page long."""
    guard = _open()
    with pytest.raises(Refused) as caught:
        guard.check("http", "x" * 5000, 1)
    assert len(str(caught.value)) < 200


def test_closed_guard_refuses_everything() -> None:
    """The first reason is kept."""
    guard = _open()
    guard.close("the test was interrupted")
    guard.close("something else")
    with pytest.raises(Refused, match="the test was interrupted"):
        guard.check("http", "localhost", 8443)


@pytest.mark.usefixtures("at_once")
def test_requests_over_cap_are_delayed() -> None:
    """A thousand at once under a cap of 100 a second are spread over ten seconds, a tenth of one at once."""
    guard = _open(most_requests_per_second=100.0)
    delays = [guard.delay() for _ in range(1000)]
    assert delays[-1] == pytest.approx(9.9, abs=0.02)
    assert guard.throttled == pytest.approx(990, abs=2)


@pytest.mark.usefixtures("at_once")
def test_workers_share_the_caps() -> None:
    """Each of four takes a quarter of both."""
    guard = _open(most_requests_per_second=100.0, most_users=10, workers=4)
    delays = [guard.delay() for _ in range(100)]
    assert delays[-1] == pytest.approx(3.9, abs=0.06)
    assert guard.most_users == 3


def test_idle_time_does_not_allow_a_burst(at_once: SimpleNamespace) -> None:
    """What was not used before does not count later."""
    guard = _open(most_requests_per_second=10.0)
    guard.delay()
    at_once.now += 60
    delays = [guard.delay() for _ in range(3)]
    assert delays[0] == 0
    assert delays[2] == pytest.approx(0.2)


def test_redirecting_variables_are_removed() -> None:
    """Locust's own and those of proxies, in any case; nothing else."""
    environment = {"LOCUST_HOST": "x", "HTTP_PROXY": "x", "https_proxy": "x", "No_Proxy": "x", "PATH": "/bin"}
    strip(environment)
    assert environment == {"PATH": "/bin"}
