"""Folders, and buckets of a real S3-speaking server on loopback (moto), which checks signatures where told to."""

import io
import os
import re
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import trustme

from playbook.clients import backups as module
from playbook.clients.backups import BackupStore, BucketStore, FolderStore, StoredFile, backup_store
from playbook.core.errors import Denied, Malformed, NotConfigured, Unreachable, UsageError
from playbook.settings.loading import load
from tests.security_table import lines_of_system
from tests.unit.loopback import answer, closed_port, hang_up, serve

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BUCKET = "portfolio"


def opened(connect=30.0, read=30.0, **section) -> BackupStore:
    """The client, made from settings as a run makes it."""
    overlay = {
        "targets": {"sandbox": {"backups": section, "time_limits": {"connect": connect, "read": read}}},
    }
    return backup_store(load("sandbox", environment={}, overlay=overlay))


def bucket(endpoint: str, location: str = f"s3://{BUCKET}/nightly", **section) -> BackupStore:
    keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    return opened(location=location, endpoint=endpoint, region="fra1", **(keys | section))


# --------------------------------------------------------------------------------------------------------- folders


def test_folder_lists_files_recursively(tmp_path):
    """Those below it too, with size and time in UTC; links are not files."""
    (tmp_path / "2026").mkdir()
    file = tmp_path / "2026" / "a.tar.gz"
    file.write_bytes(b"abc")
    os.utime(file, (1_795_316_400, 1_795_316_400))
    (tmp_path / "latest.tar.gz").symlink_to(file)
    store = opened(location=str(tmp_path))
    assert store.location == str(tmp_path)
    assert store.files() == [StoredFile("2026/a.tar.gz", 3, datetime(2026, 11, 22, 3, tzinfo=UTC))]


def test_folder_expands_home(tmp_path, monkeypatch):
    """As shells write it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert opened(location="~/backups").location == str(tmp_path / "backups")


def test_folder_reads_ranges(tmp_path):
    """And no more than is there."""
    (tmp_path / "a").write_bytes(b"0123456789")
    store = opened(location=str(tmp_path))
    assert store.read("a", 2, 3) == b"234"
    assert store.read("a", 8, 30) == b"89"


def test_missing_folder_is_unreachable(tmp_path):
    """The message names the setting, as a volume that is not mounted is no finding on the backups."""
    with pytest.raises(Unreachable) as caught:
        opened(location=str(tmp_path / "nowhere")).files()
    assert str(caught.value) == (
        f"Backups: expected to read {tmp_path}/nowhere (targets.sandbox.backups.location), "
        "got an error (no such file or directory)"
    )


def test_file_instead_of_folder_is_reported(tmp_path):
    """It is said."""
    (tmp_path / "a").touch()
    with pytest.raises(Unreachable, match=r"got an error \(not a directory\)"):
        opened(location=str(tmp_path / "a")).files()


def test_vanished_file_is_unreachable(tmp_path):
    """The job that removes old archives may be at work."""
    store = opened(location=str(tmp_path))
    with pytest.raises(Unreachable, match=r"got an error \(no such file or directory\)"):
        store.read("a", 0, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_unreadable_folder_is_denied(tmp_path):
    """Reached, but not permitted."""
    tmp_path.chmod(0)
    try:
        with pytest.raises(Denied, match="permission denied"):
            opened(location=str(tmp_path)).files()
    finally:
        tmp_path.chmod(0o700)


def test_permission_error_is_denied(tmp_path, monkeypatch):
    """Also where the tests run as root."""

    def forbidden(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(Denied, match="permission denied"):
        opened(location=str(tmp_path)).files()


def test_folder_with_too_many_files_is_malformed(tmp_path, monkeypatch):
    """A location that is far too wide would otherwise take all the time and memory there is."""
    monkeypatch.setattr(module, "MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(Malformed, match=r"expected at most 2 files in .*, got more"):
        opened(location=str(tmp_path)).files()


# --------------------------------------------------------------------------------------------------------- buckets


class Moto:
    """The server and what the tests put into it."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.asked: list[str] = []

    def __enter__(self):
        self._server.start()
        app = self._server._server.app

        def noting(environ, start_response):
            self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            return app(environ, start_response)

        self._server._server.app = noting
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())
        return self

    def __exit__(self, *_):
        self._server.stop()

    def ask(self, path: str, data: bytes, method: str) -> None:
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/octet-stream"}, method=method
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=50) as response:
            response.read()

    def put(self, key: str, data: bytes) -> None:
        self.ask(f"/{BUCKET}/{key}", data, "PUT")

    def check_signatures(self, on: bool) -> None:
        self.ask("/moto-api/reset-auth", b"0" if on else b"inf", "POST")


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as server:
        server.ask(f"/{BUCKET}", b"", "PUT")
        yield server


def test_bucket_lists_files_below_prefix(moto):
    """Names are relative to it, times are in UTC."""
    moto.put("nightly/a.tar.gz", b"abc")
    moto.put("nightly/2026/b.tar.gz", b"abcdef")
    moto.put("other/c.tar.gz", b"x")
    files = sorted(bucket(moto.url).files(), key=lambda file: file.name)
    assert [(file.name, file.size) for file in files] == [("2026/b.tar.gz", 6), ("a.tar.gz", 3)]
    assert abs((files[0].modified - datetime.now(UTC)).total_seconds()) < 60
    assert files[0].modified.tzinfo is UTC


def test_bucket_requests_match_security_table(moto):
    """A listing and ranges of an object; each line there is asked for, and no other request is made."""
    moto.put("nightly/asked.tar.gz", b"abcdef")
    moto.asked.clear()
    store = bucket(moto.url)
    (file,) = [each for each in store.files() if each.name == "asked.tar.gz"]
    with store.open(file) as stream:
        assert stream.read() == b"abcdef"
    table = [row.request for row in lines_of_system("Object storage")]
    held = {row: [asked for asked in moto.asked if _is_line(row, asked)] for row in table}
    assert all(held.values()), held
    assert not [asked for asked in moto.asked if not any(_is_line(row, asked) for row in table)]


def _is_line(row: str, asked: str) -> bool:
    """A key may have folders, and a listing ends in a slash or not."""
    pattern = re.escape(row).replace(r"\{bucket\}", BUCKET).replace(r"\{key\}", ".+")
    return re.fullmatch(f"{pattern}/?", asked) is not None


def test_bucket_without_prefix_lists_everything(moto):
    """A prefix is not needed."""
    moto.put("whole/a", b"1")
    for location in (f"s3://{BUCKET}", f"s3://{BUCKET}/"):
        assert "whole/a" in {file.name for file in bucket(moto.url, location).files()}


def test_listing_reads_all_pages(moto, monkeypatch):
    """The newest archive may stand on the last one."""
    monkeypatch.setattr(module, "_PAGE", 3)
    for number in range(8):
        moto.put(f"paged/{number}", b"")
    files = bucket(moto.url, f"s3://{BUCKET}/paged").files()
    assert sorted(file.name for file in files) == list("01234567")


def test_object_is_streamed_in_pieces(moto, monkeypatch):
    """Whole and in order, with no more in memory than one piece."""
    monkeypatch.setattr(module, "_PIECE", 1000)
    content = os.urandom(3456)
    moto.put("nightly/large", content)
    store = bucket(moto.url)
    asked: list[int] = []
    read = BucketStore.read

    def noted(self: BucketStore, name: str, start: int, length: int, *, within: float) -> bytes:
        asked.append(length)
        return read(self, name, start, length, within=within)

    monkeypatch.setattr(BucketStore, "read", noted)
    with store.open(StoredFile("large", len(content), datetime.now(UTC))) as stream:
        assert b"".join(iter(lambda: stream.read(700), b"")) == content
    assert max(asked) == 1000


def test_file_that_ends_before_its_listed_size_is_not_given(moto, tmp_path):
    """As by a proxy that cuts: what is there may be sound in itself, and the rest is not known."""
    (tmp_path / "short").write_bytes(b"0123")
    moto.put("nightly/short", b"0123")
    listed = StoredFile("short", 6, datetime.now(UTC))
    for store in (bucket(moto.url), FolderStore(str(tmp_path), "setting")):
        assert store.part(listed, 0, 4) == b"0123"
        told = r"expected the 6 bytes that .+ lists for short, got 4$"
        with store.open(listed) as stream, pytest.raises(Malformed, match=told):
            stream.read()


def test_bucket_reads_ranges(moto):
    """As a folder gives them."""
    moto.put("nightly/a", b"0123456789")
    store = bucket(moto.url)
    assert store.read("a", 2, 3) == b"234"
    assert store.read("a", 8, 30) == b"89"


def test_missing_bucket_is_unreachable(moto):
    """The message names the setting and the endpoint; another region has other buckets."""
    with pytest.raises(Unreachable) as caught:
        bucket(moto.url, "s3://nowhere/nightly").files()
    assert str(caught.value) == (
        "Backups: expected the bucket of s3://nowhere/nightly (targets.sandbox.backups.location) at "
        f"{moto.url.removeprefix('http://')}, got HTTP 404 NoSuchBucket"
    )
    assert caught.value.attempts == ("try 1: HTTP 404 NoSuchBucket",)


def test_vanished_object_is_malformed(moto):
    """Between the listing and the reading."""
    with pytest.raises(Malformed, match=r"expected gone.tar.gz of s3://.*, got HTTP 404 NoSuchKey"):
        bucket(moto.url).read("gone.tar.gz", 0, 1)


def test_unknown_credentials_are_denied_without_retry(moto):
    """Once, as a second try would end the same way; no key is in the message."""
    moto.check_signatures(True)
    try:
        with pytest.raises(Denied) as caught:
            bucket(moto.url).files()
        with pytest.raises(Denied, match="HTTP 403"):
            bucket(moto.url).read("a", 0, 1)
    finally:
        moto.check_signatures(False)
    assert "got HTTP 403 InvalidAccessKeyId" in str(caught.value)
    assert len(caught.value.attempts) == 1
    shown = str(caught.value) + repr(caught.value.attempts) + caught.value.hint
    assert ACCESS_KEY not in shown
    assert SECRET_KEY not in shown


def test_machine_credentials_are_not_used(moto, monkeypatch):
    """$AWS_… are for other programs."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-somebody-else")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with serve(answer("403 Forbidden")) as server, pytest.raises(Denied):
        bucket(server.url).files()
    assert ACCESS_KEY.encode() in server.requests[0]
    assert b"of-somebody-else" not in server.requests[0]


def test_bucket_sends_only_get(moto):
    """What a store can do, it does by reading."""
    with serve(answer("404 Not Found")) as server:
        store = bucket(server.url)
        for act in (store.files, lambda: store.read("a", 0, 1), lambda: store.open(a_file()).read(1)):
            with pytest.raises(Malformed):
                act()
    assert {request.split(b" ")[0] for request in server.requests} == {b"GET"}
    public = {name for name in dir(BackupStore) if not name.startswith("_")}
    assert public == {"files", "open", "part", "read"}


def a_file() -> StoredFile:
    return StoredFile("a", 10, datetime.now(UTC))


# ---------------------------------------------------------------------------------------------- when it goes wrong


def test_refused_connection_is_tried_three_times():
    """Spaced, and each try is shown."""
    host = f"127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable) as caught:
        bucket(f"http://{host}").files()
    assert str(caught.value) == (
        f"Backups: expected a listing of s3://{BUCKET}/nightly from {host}, got connection refused"
    )
    assert caught.value.attempts == tuple(f"try {n}: connection refused" for n in (1, 2, 3))


@pytest.mark.slow
def test_silent_service_is_unreachable_within_limit():
    """Within the time limits, all tries together."""
    with serve(lambda connection: server.silence(connection)) as server:  # noqa: PLW0108
        with pytest.raises(Unreachable, match="got no answer in time") as caught:
            bucket(server.url, connect=0.2, read=0.3).files()
        assert 1 <= len(caught.value.attempts) <= 3


def test_lost_connection_is_retried():
    """And what comes then counts."""
    listing = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    with serve(hang_up, answer("503 Slow Down"), answer(body=listing)) as server:
        assert bucket(server.url).files() == []
        assert len(server.requests) == 3


def test_busy_service_is_reported():
    """It answered, but not with what was asked for."""
    with serve(answer("503 Service Unavailable")) as server:
        with pytest.raises(Malformed, match="got HTTP 503") as caught:
            bucket(server.url).files()
        assert len(caught.value.attempts) == 3


def test_loopback_bypasses_proxy(monkeypatch):
    """The environment's proxy could not reach it."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with serve(answer("404 Not Found")) as server, pytest.raises(Malformed, match="HTTP 404"):
        bucket(server.url).files()


def test_html_page_instead_of_listing_is_malformed():
    """As a proxy or a wrong endpoint gives it."""
    with serve(answer(body=b"<!DOCTYPE html><p>Welcome")) as server, pytest.raises((Malformed, Unreachable)):
        bucket(server.url).files()


def test_private_authority_is_trusted_only_where_configured(tmp_path):
    """And only there."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listing = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    with serve(answer(body=listing), tls=context) as server:
        assert bucket(server.url, ca=str(tmp_path / "ca.pem")).files() == []
        with pytest.raises(Unreachable, match="a certificate that cannot be trusted") as caught:
            bucket(server.url).files()
        assert len(caught.value.attempts) == 1


# -------------------------------------------------------------------------------------------------------- settings


def test_missing_location_is_not_configured():
    """Without one, backups are not configured."""
    with pytest.raises(NotConfigured, match=r"targets.sandbox.backups.location is not set"):
        opened()


@pytest.mark.parametrize("key", ["access_key", "secret_key"])
def test_missing_bucket_key_is_named(key):
    """The one that is missing is named."""
    with pytest.raises(NotConfigured, match=f"targets.sandbox.backups.{key} is not set"):
        bucket("https://fra1.example", **{key: None})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"location": "ftp://host/backups"}, "expected a folder or s3://bucket/prefix, got ftp://…"),
        ({"location": "s3://"}, "expected a folder or s3://bucket/prefix, got s3://…"),
        (
            {"endpoint": "http://spaces.example"},
            "endpoint: expected https, got http, which is for this machine's own",
        ),
        ({"endpoint": "spaces.example"}, "endpoint: expected an address such as https://"),
        ({"endpoint": "https://key:word@spaces.example"}, "endpoint: expected an address such as https://fra1"),
        ({"ca": "/nowhere/ca.pem"}, "ca: /nowhere/ca.pem cannot be read: No such file"),
    ],
)
def test_invalid_backup_settings_are_usage_errors(section, message):
    """Keys never travel in the open, and no credentials are repeated."""
    with pytest.raises(UsageError) as caught:
        bucket(**({"endpoint": "https://spaces.example"} | section))
    assert message in str(caught.value)
    assert "word" not in str(caught.value)


def test_folder_stream_is_buffered(tmp_path):
    """It is a stream as any other."""
    (tmp_path / "a").write_bytes(b"0123456789")
    store = FolderStore(str(tmp_path), "setting")
    stream = store.open(a_file())
    assert isinstance(stream, io.BufferedReader)
    assert stream.read(4) == b"0123"
    assert stream.read() == b"456789"
