"""The dead man's switch: told in time, tried again, and never in the way."""

import time

import pytest

from playbook.core.clock import FixedClock
from playbook.history import deliveries
from playbook.notify import ping
from tests.unit.loopback import answer, closed_port, serve
from tests.unit.notify.lines import START, settings_with

UUID = "3f2c8a10-s3cr3t"


@pytest.fixture
def said():
    """What was said."""
    return []


@pytest.mark.parametrize(
    ("signal", "path"),
    [("start", f"/{UUID}/start?rid=1"), ("success", f"/{UUID}?rid=1"), ("fail", f"/{UUID}/fail?rid=1")],
)
def test_each_signal_has_its_address(tmp_path, said, signal, path):
    """What stands behind the question mark stays there; the verdict goes along without secrets."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, ping_url=f"{server.url}/{UUID}?rid=1")
        ping(
            settings,
            "daily",
            signal,
            said.append,
            body=f"✕ CRITICAL {server.url}/{UUID}?rid=1",
            clock=FixedClock(START),
        )
        request = server.requests[0].decode()
    assert request.startswith(f"POST {path} HTTP/1.1")
    assert request.endswith("\r\n\r\n✕ CRITICAL [redacted]")
    assert said == []


def test_set_can_have_its_own_ping_address(tmp_path, said):
    """The others have the common one."""
    with serve(answer()) as common, serve(answer()) as own:
        settings = settings_with(tmp_path, ping_url=common.url, ping_urls={"daily": own.url})
        ping(settings, "daily", "start", said.append)
        ping(settings, "weekly", "start", said.append)
        assert (len(own.requests), len(common.requests)) == (1, 1)


def test_ping_is_retried_three_times_and_recorded(tmp_path, said):
    """A second apart and then two; what happened is said in a line, without the address."""
    clock = FixedClock(START)
    with serve(answer("500 Internal Server Error")) as server:
        settings = settings_with(tmp_path, ping_url=f"{server.url}/{UUID}")
        ping(settings, "daily", "fail", said.append, history=tmp_path / "h", clock=clock)
        assert len(server.requests) == 3
    assert (clock.now() - START).total_seconds() == 3
    assert said == ["ping (fail): not delivered, after 3 tries: HTTP 500"]
    (noted,) = deliveries.read(tmp_path / "h")
    assert (noted.what, noted.channel, noted.delivered, noted.attempts) == ("ping", "ping fail", False, 3)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/3f2c8a10-s3cr3t", "http://[::1/3f2c8a10-s3cr3t", "3f2c8a10-s3cr3t"]
)
def test_invalid_ping_address_is_harmless(tmp_path, said, url):
    """Nobody there, or no address at all."""
    settings = settings_with(tmp_path, ping_url=url.format(port=closed_port()))
    ping(settings, "daily", "success", said.append, clock=FixedClock(START))
    assert said[0].startswith("ping (success): not delivered, ")
    assert UUID not in said[0]


@pytest.mark.slow
def test_unresponsive_ping_server_is_abandoned(tmp_path, said):
    """Within the limit of a ping, three times."""
    with serve(answer()) as server:
        server.scripts = [server.drip(b"HTTP/1.1 200 OK\r\nX: ")]
        settings = settings_with(tmp_path, ping_url=server.url, ping_limit_seconds=0.2)
        begin = time.monotonic()
        ping(settings, "daily", "start", said.append, clock=FixedClock(START))
        assert time.monotonic() - begin < 30  # it hangs for ever
    assert said == ["ping (start): not delivered, after 3 tries: no answer within 0.2 s"]


def test_missing_ping_address_does_nothing(tmp_path, said):
    """And nothing is noted."""
    ping(settings_with(tmp_path), "daily", "start", said.append, history=tmp_path / "h")
    assert said == []
    assert not (tmp_path / "h").exists()


def test_unwritable_history_is_reported_by_ping(tmp_path, said):
    """And not raised."""
    (tmp_path / "h").write_text("in the way")
    with serve(answer()) as server:
        settings = settings_with(tmp_path, ping_url=server.url)
        ping(settings, "daily", "start", said.append, history=tmp_path / "h")
    assert said[0].startswith("ping (start): not noted: ")


def test_invalid_proxy_is_reported_without_address(tmp_path, said, monkeypatch):
    """And noted as every other failure."""
    monkeypatch.setenv("HTTP_PROXY", f"nonsense://user:{UUID}@proxy.example:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    settings = settings_with(tmp_path, ping_url="http://ping.example/x")
    ping(settings, "daily", "start", said.append, history=tmp_path / "h", clock=FixedClock(START))
    assert said == [
        "ping (start): not delivered, and not tried again: it could not be sent (ValueError); "
        "check $HTTPS_PROXY and its like"
    ]
    assert len(deliveries.read(tmp_path / "h")) == 1
