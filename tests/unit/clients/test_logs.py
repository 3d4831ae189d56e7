"""Reading logs: from the API's stream and texts, and from files."""

import gzip
import json
import os
import threading
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from websockets.sync.server import serve as websocket

from playbook.clients.digitalocean_types import App, LogUrls, Series
from playbook.clients.log_api import ApiLogs
from playbook.clients.log_files import FileLogs
from playbook.clients.logs import logs
from playbook.clients.restart_counts import RestartCounts
from playbook.core.errors import Denied, Malformed, NotConfigured, TooLittleData, Unreachable
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from playbook.settings.sections.target import Logs
from tests.security_table import lines_of_system
from tests.unit.digitalocean import running
from tests.unit.loopback import answer, closed_port, serve

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=24)
TOKEN = "t0ken-that-nobody-may-see"
LIMITS = TimeLimits(connect=30, read=30)


def everything(stream):
    """All lines of all parts."""
    return [line for part in stream.parts for line in part]


# ----------------------------------------------------------------------------------------------------------- files


def write(file, data, at=NOW):
    file.write_bytes(data)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def test_globbed_and_compressed_files_are_read_newest_first(tmp_path):
    """Whether a file is compressed is seen by its content; old ones are left alone; each counts once."""
    write(tmp_path / "portfolio.log", b"new\nnewer\n")
    write(tmp_path / "portfolio.log.1", gzip.compress(b"older\n"), NOW - timedelta(hours=3))
    write(tmp_path / "portfolio.log.2.gz", gzip.compress(b"too old\n"), NOW - timedelta(hours=25))
    (tmp_path / "portfolio.log.d").mkdir()
    stream = FileLogs((f"{tmp_path}/*.log*", f"{tmp_path}/portfolio.log"), Logs()).read(SINCE)
    assert everything(stream) == ["new", "newer", "older"]
    assert stream.source.startswith("2 of 3 files that match ")


def test_truncated_file_is_read_with_problem(tmp_path):
    """What was read counts, and the problem is named."""
    text = "".join(f"{os.urandom(8).hex()} line {number}\n" for number in range(50_000)).encode()
    rest = gzip.compress(text)[:-200_000]
    file = write(tmp_path / "a.log.gz", rest)
    stream = FileLogs((f"{tmp_path}/*.gz",), Logs()).read(SINCE)
    lines = everything(stream)
    there = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(rest).decode()
    assert 1_000 < len(lines) < 50_000
    assert lines == there.splitlines()
    assert [problem.split(":")[0] for problem in stream.problems] == [
        f"{file} is damaged, its compressed data end in the middle"
    ]


def test_pattern_without_match_is_unreachable(tmp_path):
    """Said with the pattern."""
    with pytest.raises(Unreachable, match=r"expected files that match .*/\*\.log, got no file that matches"):
        FileLogs((f"{tmp_path}/*.log",), Logs()).read(SINCE)


def test_partly_matching_patterns_are_a_problem(tmp_path):
    """The rest is read, and the problem is named; so is a link that leads nowhere."""
    write(tmp_path / "a.log", b"x\n")
    (tmp_path / "b.log").symlink_to(tmp_path / "nowhere")
    stream = FileLogs((f"{tmp_path}/*.log", f"{tmp_path}/*.txt"), Logs()).read(SINCE)
    assert everything(stream) == ["x"]
    assert stream.problems == [
        f"{tmp_path}/b.log is not there any more, or leads nowhere",
        f"no further file matches {tmp_path}/*.txt",
    ]


def test_only_old_files_are_too_little_data(tmp_path):
    """Nothing has been written for a day: that is no quiet day."""
    write(tmp_path / "a.log", b"x\n", NOW - timedelta(hours=30))
    with pytest.raises(
        TooLittleData, match=r"got 1 older file; the newest is .*a.log, last written 2024-05-28 15:00"
    ):
        FileLogs((f"{tmp_path}/*.log",), Logs()).read(SINCE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_named_first(tmp_path):
    """Named, before anything else is read."""
    file = write(tmp_path / "a.log", b"x\n")
    file.chmod(0)
    with pytest.raises(Unreachable, match=f"expected to read {file}, got Permission denied"):
        FileLogs((f"{tmp_path}/*.log",), Logs()).read(SINCE)


def test_unknown_compression_is_named(tmp_path):
    """Its bytes are not taken for lines."""
    write(tmp_path / "a.log.xz", b"\xfd7zXZ")
    stream = FileLogs((f"{tmp_path}/*",), Logs()).read(SINCE)
    assert everything(stream) == []
    assert "only gzip is understood" in stream.problems[0]


def test_line_limit_applies_to_all_files_once(tmp_path):
    """Reading ends at the most lines, once for all files."""
    for name in "abc":
        write(tmp_path / f"{name}.log", b"x\n" * 1000)
    stream = FileLogs((f"{tmp_path}/*.log",), Logs(most_lines=1500)).read(SINCE)
    assert 1500 <= len(everything(stream)) < 1800
    assert stream.problems == ["reading stopped after 1,500 lines (logs.most_lines), with more to read"]


# ------------------------------------------------------------------------------------------------------------- api


def counts(*values, begin=0.0):
    """Samples of a count of restarts, one each 15 minutes from so many seconds after the window's begin."""
    return [(SINCE.timestamp() + begin + 900 * number, float(value)) for number, value in enumerate(values)]


ONCE_STARTED = (("portfolio-web", counts(0, 0, 0)), ("image-worker", counts(2, 2, 2)))
CRASHED = (("portfolio-web", counts(0, 0, 0)), ("image-worker", counts(2, 2, 3)))


class Api:
    """As much of the DigitalOcean client as is needed."""

    def __init__(self, *, live="", historic=(), crashed=None, restarts=ONCE_STARTED):
        self._urls = LogUrls(live_url=live, historic_urls=list(historic))
        self._crashed, self._restarts = crashed, restarts

    def log_sources(self, *, kind="RUN"):
        found = self._urls if kind == "RUN" else self._crashed
        if isinstance(found, Exception):
            raise found
        assert found is not None, "nothing was restarted"
        return found

    def metric(self, name, start, end):
        assert (name, start) == ("restart_count", SINCE)
        assert end > start
        if isinstance(self._restarts, Exception):
            raise self._restarts
        return [
            Series(component=component, instance=f"{component}-{number}", samples=samples)
            for number, (component, samples) in enumerate(self._restarts)
        ]

    def app(self):
        spec = {"services": [{"name": "portfolio-web"}], "workers": [{"name": "image-worker"}]}
        # A spec whose deployment failed: its components write no lines, and those of the other still do.
        wanted = {"services": [{"name": "portfolio-next"}]}
        active = {"id": "2", "phase": "ACTIVE", "spec": spec}
        return msgspec.convert({"id": "1", "spec": wanted, "active_deployment": active}, App)


def api_logs(*, live="", historic=(), wanted=None, limits=LIMITS, **crashes):
    source = ApiLogs(Api(live=live, historic=historic, **crashes), wanted or Logs(), limits, None)
    return source.read(SINCE)


def test_restarts_are_asked_for_once_in_a_run():
    """By the logs and by the app's components, a moment apart; a refusal is no answer."""
    asked = []

    class Counting(Api):
        def metric(self, name, start, end):
            asked.append(end - start)
            return super().metric(name, SINCE, end)

    kept, day = RestartCounts(), timedelta(days=1)
    with pytest.raises(Unreachable):
        kept.of(Counting(restarts=Unreachable("gone", service="x")), SINCE, SINCE + day)
    first = kept.of(Counting(), SINCE, SINCE + day)
    assert kept.of(Counting(), SINCE, SINCE + day + timedelta(seconds=3)) is first
    kept.of(Counting(), SINCE, SINCE + 7 * day)
    assert asked == [day, day, 7 * day]


def test_lines_are_expected_of_the_components_in_effect():
    """Those of a spec whose deployment failed do not run."""
    stream = api_logs(historic=("http://localhost:9/never-read",))
    assert (stream.serving, stream.expected) == (("portfolio-web",), ("portfolio-web", "image-worker"))


@contextmanager
def streaming(handler):
    """A WebSocket server on loopback; gives the address as the API would."""
    with websocket(handler, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/logs?token={TOKEN}"


def frame(text):
    return json.dumps({"data": text})


def test_live_stream_ends_with_normal_close():
    """One frame, one line; a frame may hold several, or be something else; the token is sent, no header is."""
    asked = []

    def handler(connection):
        asked.append((connection.request.path, connection.request.headers.get("Authorization")))
        for text in (frame("one\n"), frame("two\nthree\r\n"), frame("\n"), "garbage", '{"other": 1}'):
            connection.send(text)

    with streaming(handler) as url:
        stream = api_logs(live=url, historic=["http://localhost:1/never-asked"])
        assert everything(stream) == ["one", "two", "three", ""]
    assert stream.problems == ["2 frames of the live stream were not as documented"]
    assert asked == [(f"/logs?token={TOKEN}", None)]


def said(*lines):
    """A handler that sends these lines."""

    def handler(connection):
        for line in lines:
            connection.send(frame(f"{line}\n"))

    return handler


@pytest.mark.parametrize(
    "restarts",
    [
        CRASHED,
        (("portfolio-web", counts(0, 0)), ("image-worker", counts(3, 0, 0))),  # a count that began anew
        (("portfolio-web", counts(0, 0)), ("image-worker", counts(1, 1, begin=50_000))),  # an instance of today
        (("portfolio-web", counts(0, 0)),),  # the worker is not counted
        (),
        Denied("DigitalOcean API: expected restarts, got HTTP 403", service="DigitalOcean API"),
        Malformed("DigitalOcean API: expected restarts, got 404", service="DigitalOcean API"),
    ],
)
def test_lines_of_crashed_instances_are_read_too(restarts):
    """The log of what runs has none of them."""
    with streaming(said("one")) as url, streaming(said("FATAL out of memory")) as crashed:
        stream = api_logs(live=url, crashed=LogUrls(live_url=crashed), restarts=restarts)
        assert everything(stream) == ["one", "FATAL out of memory"]
    assert stream.problems == []
    assert "started again" in stream.source


def test_log_of_crashed_instances_is_not_asked_for_without_restarts():
    """A count that was there before and stays is of an earlier day."""
    with streaming(said("one")) as url:
        stream = api_logs(live=url, crashed=None)
        assert everything(stream) == ["one"]
    assert (stream.problems, stream.source) == ([], "DigitalOcean's live log stream")


NO_PHASE = TooLittleData("expected RUN_RESTARTED logs, got none: HTTP 400", service="DigitalOcean API")
NOT_FOUND = Malformed("DigitalOcean API: expected the logs, got not_found", service="DigitalOcean API")
DOWN = Unreachable("DigitalOcean API: expected the logs, got HTTP 503", service="DigitalOcean API")


@pytest.mark.parametrize(
    ("restarts", "crashed", "problem"),
    [
        (CRASHED, NO_PHASE, "of image-worker that the platform started again: the platform has none"),
        (CRASHED, NOT_FOUND, "of image-worker that the platform started again: not_found"),
        (CRASHED, DOWN, "of image-worker that the platform started again: HTTP 503"),
        (CRASHED, LogUrls(historic_urls=["http://127.0.0.1:1/x"]), "of image-worker that the platform started"),
        (CRASHED, "empty", "no line is in them"),
        (CRASHED, "the same", "started again: the log of what runs in its place"),
        ((), NO_PHASE, ""),
        # A count that began anew may be that of another instance.
        ((("portfolio-web", counts(0, 0)), ("image-worker", counts(3, 0, 0))), NO_PHASE, ""),
        ((("portfolio-web", counts(0, 0)), ("image-worker", counts(3, 0, 1))), NO_PHASE, "the platform has none"),
        ((), NOT_FOUND, ""),
        ((), "empty", ""),
        ((), "the same", ""),
        ((), DOWN, "crashed, if any did (no count of restarts of image-worker, portfolio-web): HTTP 503"),
    ],
)
def test_unread_log_of_crashed_instances_is_a_problem(restarts, crashed, problem):
    """Where none is known to have crashed, that the platform has no such log is its answer."""
    with streaming(said("one")) as url, streaming(said()) as empty:
        found = {"empty": LogUrls(live_url=empty), "the same": LogUrls(live_url=url)}
        stream = api_logs(
            live=url,
            crashed=found.get(crashed, crashed) if isinstance(crashed, str) else crashed,
            restarts=restarts,
        )
        assert everything(stream) == ["one"]
    assert [problem in one for one in stream.problems] == ([True] if problem else [])


def test_interrupted_live_stream_is_a_problem():
    """What came counts, and the problem is named; without a line it is no measurement."""

    def handler(connection):
        connection.send(frame("one\n"))
        connection.close(1011)

    with streaming(handler) as url:
        stream = api_logs(live=url)
        assert everything(stream) == ["one"]
        assert stream.problems == ["the live stream broke off (1011) after 1 lines"]
    with (
        streaming(lambda connection: connection.close(1011)) as url,
        pytest.raises(Unreachable, match=r"got none: it broke off \(1011\)"),
    ):
        everything(api_logs(live=url))


@pytest.mark.slow
def test_endless_live_stream_ends_at_limit():
    """Silence is waited out once, endless lines until the bound."""
    done = threading.Event()

    def silent(connection):
        connection.send(frame("one\n"))
        done.wait(50)

    with streaming(silent) as url:
        stream = api_logs(live=url, limits=TimeLimits(connect=30, read=2))
        assert everything(stream) == ["one"]
        done.set()
    assert stream.problems == ["the live stream gave no line for 2 s and did not end after 1 lines"]

    def endless(connection):
        while True:
            connection.send(frame("x\n" * 100))

    with streaming(endless) as url:
        stream = api_logs(live=url, wanted=Logs(most_lines=10**12, most_seconds=2))
        assert everything(stream)
    assert "logs.most_seconds" in stream.problems[0]


def test_live_stream_that_cannot_open_is_reported_without_token():
    """Refused, forbidden or something else: said with the tries, never with the token."""
    with pytest.raises(Unreachable, match=r"got connection refused$") as caught:
        api_logs(live=f"https://localhost:{closed_port()}/logs?token={TOKEN}")
    assert len(caught.value.attempts) == 3
    assert TOKEN not in str(caught.value) + "".join(caught.value.attempts)
    with serve(answer("403 Forbidden")) as server, pytest.raises(Denied, match=r"localhost:\d+, got HTTP 403"):
        api_logs(live=f"{server.url}/logs?token={TOKEN}")
    with serve(answer("503 Busy")) as server, pytest.raises(Unreachable, match="got HTTP 503") as caught:
        api_logs(live=f"{server.url}/logs?token={TOKEN}")
    assert len(caught.value.attempts) == 3
    with pytest.raises(Malformed, match="expected an http or ws address"):
        api_logs(live="ftp://localhost/logs")


def test_all_historic_texts_are_read_without_authorization():
    """Every historic address belongs to the log; also where the live stream cannot be opened."""
    with serve(answer(body=b"one\ntwo\n"), answer(body=b"three")) as server:
        live = f"http://localhost:{closed_port()}/logs?token={TOKEN}"
        stream = api_logs(live=live, historic=[f"{server.url}/a?token=x", f"{server.url}/b"])
        assert everything(stream) == ["one", "two", "three"]  # from the last address to the first
    assert [problem.split(":")[0] for problem in stream.problems] == [
        "the live stream could not be opened, so older texts were read"
    ]
    assert TOKEN not in stream.problems[0]
    assert b"authorization" not in b"".join(server.requests).lower()


def test_unreadable_text_is_a_problem():
    """One of several is a problem, all of them are no measurement."""
    with serve(answer(body=b"one\n"), answer("403 Expired")) as server:
        stream = api_logs(historic=[f"{server.url}/a?{TOKEN}", f"{server.url}/b?{TOKEN}"])
        assert everything(stream) == ["one"]
    assert len(stream.problems) == 1
    assert "got HTTP 403" in stream.problems[0]
    assert TOKEN not in stream.problems[0]
    with serve(answer("403 Expired")) as server, pytest.raises(Denied, match="got HTTP 403"):
        everything(api_logs(historic=[f"{server.url}/a"]))
    with pytest.raises(Unreachable, match="got connection refused") as caught:
        everything(api_logs(historic=[f"http://localhost:{closed_port()}/a?{TOKEN}"]))
    assert TOKEN not in str(caught.value)


def test_interrupted_text_is_a_problem():
    """What came counts, and the problem is named."""
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none\ntwo\n"
    with serve(cut, answer(body=b"three\n")) as server:
        stream = api_logs(historic=[f"{server.url}/a", f"{server.url}/b"])
        assert everything(stream) == ["one", "two", "three"]
    assert "after 2 lines" in stream.problems[0]


def test_compressed_text_is_decoded():
    """As stores send what was put there so; one that is not as it says is a problem, with what came of it."""
    packed = gzip.compress(b"one\ntwo\n")
    good = answer(body=packed, Content_Encoding="gzip")
    with serve(answer(body=packed[:-9], Content_Encoding="gzip"), good) as server:
        stream = api_logs(historic=[f"{server.url}/a", f"{server.url}/b"])
        assert everything(stream)[-2:] == ["one", "two"]
    assert [problem.partition(", got ")[2] for problem in stream.problems] == [
        "a body in gzip that breaks off after 2 lines"
    ]


# ------------------------------------------------------------------------------------------------- both, as set up


def test_log_files_need_no_digitalocean():
    """And without a pattern, the line to add is named."""
    settings = mine(source="files", files=["/var/log/x*.log"])
    assert isinstance(logs(settings, RestartCounts()), FileLogs)
    with pytest.raises(NotConfigured, match=r"targets\.staging\.logs\.files is not set"):
        logs(mine(source="files"), RestartCounts())
    with pytest.raises(NotConfigured, match=r"targets\.staging\.digitalocean\.token is not set"):
        logs(mine(), RestartCounts())


def mine(**section):
    """Settings of a target with this ``logs`` section, and no DigitalOcean."""
    return load("staging", environment={}, overlay={"targets": {"staging": {"logs": section}}})


@pytest.mark.parametrize("historic", [False, True])
def test_simulator_logs_are_read_completely(tmp_path, historic, monkeypatch):
    """The whole way over TLS by the private authority: all that the sandbox's components wrote, in order."""
    with running(tmp_path) as simulator:
        simulator.state.logs_historic = historic
        store = simulator.context.logs
        moment = store.now()
        monkeypatch.setattr(store, "now", lambda: moment)
        stream = logs(simulator.settings(), RestartCounts()).read(SINCE)
        parts = [list(part) for part in stream.parts]
        expected = list(store.lines())
        asked = simulator.context.seen.told()["digitalocean"]
    (text,) = lines_of_system("DigitalOcean log texts")
    assert (text.request in asked) is historic, "SECURITY.md says so"
    assert [line for part in reversed(parts) for line in part] == expected
    assert len(expected) > 5000
    assert stream.problems == []
    assert stream.serving == ("portfolio-web", "image-optimizer")
    assert stream.expected == ("portfolio-web", "image-optimizer", "image-worker")
