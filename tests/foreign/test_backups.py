"""Buckets and archives in the words and formats of real tools: AWS, Spaces, MinIO, Ceph; tar and relatives."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import unicodedata
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from checks.backups import test_backups as checks
from playbook.clients.backups import FolderStore
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Malformed, PlaybookError
from playbook.core.verdict import Verdict
from playbook.measure.backups.backup_review import backup_verification
from playbook.measure.backups.backups import backup_listing, backups
from playbook.measure.backups.stored_sets import divided, full_kinds, holds_all
from playbook.readers.archives import inner_files
from playbook.readers.archives.streams import OutOfTimeError
from playbook.settings.loading import load
from tests.judged import judged, judged_reading
from tests.unit.clients.test_backups import bucket
from tests.unit.loopback import answer, serve

NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
OK, CRITICAL, UNKNOWN = Verdict.OK, Verdict.CRITICAL, Verdict.UNKNOWN
CONTENT = {"dump/redis.txt": b"keys", "images/a.webp": bytes(range(256)) * 40, "images/b.webp": b"b" * 900}


# --------------------------------------------------------------------------------------------------------- buckets

AWS = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>portfolio</Name><Prefix>nightly/</Prefix>
<KeyCount>{count}</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>
{rest}</ListBucketResult>"""
ENTRY = """<Contents><Key>nightly/{name}</Key><LastModified>2026-11-22T03:02:11.000Z</LastModified>
<ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"""
ERROR = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>words</Message>{rest}<RequestId>4442587FB7D0A2F9</RequestId></Error>"""


def listing(*names, count=None, more="false", rest=""):
    entries = "".join(ENTRY.format(name=name, size=7) for name in names)
    return AWS.format(count=len(names) if count is None else count, more=more, rest=entries + rest).encode()


WHOLE = {
    "aws": (listing("a.tar.gz", "b%2Bc.tar.gz"), ["a.tar.gz", "b+c.tar.gz"]),
    "aws-with-a-space": (listing("of+the%3A22%2B23.tar.gz"), ["of the:22+23.tar.gz"]),
    "aws-empty": (listing(), []),
    "google-with-generations": (
        b"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>"
        b"<Name>portfolio</Name><Prefix>nightly/</Prefix><EncodingType>url</EncodingType><KeyCount>1</KeyCount>"
        b"<IsTruncated>false</IsTruncated><Contents><Key>nightly/a.tar.gz</Key><Generation>1763780531</Generation>"
        b"<MetaGeneration>1</MetaGeneration><LastModified>2026-11-22T03:02:11.402Z</LastModified>"
        b"<ETag>&quot;x&quot;</ETag><Size>7</Size></Contents></ListBucketResult>",
        ["a.tar.gz"],
    ),
    "spaces": (
        b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<Name>portfolio</Name><Prefix>nightly/</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
        b"<Contents><Key>nightly/a.tar.gz</Key><LastModified>2026-11-22T03:02:11.123Z</LastModified><ETag>x</ETag>"
        b"<Size>7</Size><StorageClass>STANDARD</StorageClass><Owner><ID>1</ID></Owner><Type>Normal</Type></Contents>"
        b"<Marker></Marker></ListBucketResult>",
        ["a.tar.gz"],
    ),
    "minio-with-folder-marks": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult '
        b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>portfolio</Name><Prefix>nightly/</Prefix>'
        b"<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>"
        b"<Key>nightly/2026/</Key><LastModified>2026-11-22T03:02:11Z</LastModified><Size>0</Size></Contents><Contents>"
        b"<Key>nightly/2026/a.tar.gz</Key><LastModified>2026-11-22T03:02:11Z</LastModified><Size>7</Size></Contents>"
        b"</ListBucketResult>",
        ["2026/a.tar.gz"],
    ),
    "ceph-without-namespace": (
        b"<ListBucketResult><Name>portfolio</Name><IsTruncated>False</IsTruncated><Contents><Key>nightly/a.tar.gz"
        b"</Key><LastModified>2026-11-22T03:02:11.000+00:00</LastModified><Size>7</Size></Contents></ListBucketResult>",
        ["a.tar.gz"],
    ),
}


def test_listing_time_without_zone_is_utc():
    """In any time zone of this machine."""
    body = listing("a.tar.gz").replace(b"02:11.000Z", b"02:11")
    with serve(answer(body=body)) as server:
        (found,) = bucket(server.url).files()
    assert found.modified == datetime(2026, 11, 22, 3, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(("body", "names"), WHOLE.values(), ids=WHOLE)
def test_complete_listing_is_read(body, names):
    """In the format of each service."""
    with serve(answer(body=body, Content_Type="application/xml")) as server:
        assert [file.name for file in bucket(server.url).files()] == names


NO_LISTINGS = {
    "login-page": (
        "200 OK",
        b"<!DOCTYPE html><html><title>Sign in</title></html>",
        "got an HTML page: '<!DOCTYPE",
    ),
    "html-without-doctype": (
        "200 OK",
        b"<html><body>Welcome to nginx!</body></html>",
        "got an HTML page: '<html>",
    ),
    "xhtml": ("200 OK", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "got an HTML page"),
    "json": ("200 OK", b'{"files": []}', "got no whole XML (no content type): '{\"files\": []}'"),
    "nothing": ("200 OK", b"", "got no whole XML"),
    "text": ("200 OK", b"OK", "got no whole XML (no content type): 'OK'"),
    "minio-console": ("200 OK", b"<!doctype html><html lang=en><title>MinIO Console", "got an HTML page"),
    "buckets": (
        "200 OK",
        b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
        "<ListAllMyBucketsResult>",
    ),
    "versions": ("200 OK", b"<ListVersionsResult/>", "got XML of another kind, <ListVersionsResult>"),
    "azure": (
        "200 OK",
        b"<EnumerationResults><Blobs/></EnumerationResults>",
        "of another kind, <EnumerationResults>",
    ),
    "webdav": ("207 Multi-Status", b'<D:multistatus xmlns:D="DAV:"/>', "got HTTP 207"),
    "cut-off-xml": ("200 OK", listing("a.tar.gz")[:-30], "got no whole XML"),
    "entities": ("200 OK", b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>', "got XML with a document type"),
    "bare-root": ("200 OK", b"<ListBucketResult/>", "got one that does not say whether it is whole (IsTruncated)"),
    "truncated-without-token": (
        "200 OK",
        listing("a.tar.gz", more="true"),
        "got one that is cut off without saying how it goes on (NextContinuationToken)",
    ),
    "old-ceph-with-marker": (
        "200 OK",
        listing("a.tar.gz", more="true", rest="<NextMarker>nightly/a.tar.gz</NextMarker>"),
        "got one that is cut off",
    ),
    "fewer-keys-than-counted": ("200 OK", listing("a.tar.gz", count=31), "got one with 1 of 31 keys"),
    "folders-folded": (
        "200 OK",
        listing("a.tar.gz", count=2, rest="<CommonPrefixes><Prefix>nightly/2026/</Prefix></CommonPrefixes>"),
        "got one that omits what is below 'nightly/2026/'",
    ),
    "error-within": (
        "200 OK",
        listing("a.tar.gz", rest="<Error><Code>InternalError</Code></Error>"),
        "got one with an error in it",
    ),
    "the-same-key-twice": ("200 OK", listing("a.tar.gz", "a.tar.gz"), "got one with 'a.tar.gz' twice"),
    "size-in-other-digits": ("200 OK", listing("a").replace(b">7<", ">٧<".encode()), "without key, size or time"),
    "another-bucket": (
        "200 OK",
        listing().replace(b"<Name>portfolio", b"<Name>staging"),
        "got that of another bucket, staging",
    ),
    "prefix-ignored": (
        "200 OK",
        listing("a.tar.gz").replace(b"<Key>nightly/", b"<Key>other/"),
        "got one with 'other/a.tar.gz', which is not below nightly/",
    ),
    "entry-without-size": (
        "200 OK",
        listing("a").replace(b"<Size>7</Size>", b""),
        "got an entry without key, size",
    ),
    "entry-without-time": ("200 OK", listing("a").replace(b"2026-11-22T", b"yesterday "), "got an entry without"),
    "no-such-bucket": (
        "404 Not Found",
        ERROR.format(code="NoSuchBucket", rest="").encode(),
        "HTTP 404 NoSuchBucket",
    ),
    "bucket-in-the-endpoint": ("404 Not Found", ERROR.format(code="NoSuchKey", rest="").encode(), "404 NoSuchKey"),
    "access-denied": (
        "403 Forbidden",
        ERROR.format(code="AccessDenied", rest="").encode(),
        "HTTP 403 AccessDenied",
    ),
    "error-with-200": ("200 OK", ERROR.format(code="InternalError", rest="").encode(), "HTTP 200 InternalError"),
    "denied-with-200": ("200 OK", ERROR.format(code="AccessDenied", rest="").encode(), "HTTP 200 AccessDenied"),
    "another-region": (
        "301 Moved Permanently",
        ERROR.format(code="PermanentRedirect", rest="<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>").encode(),
        "got HTTP 301 PermanentRedirect",
    ),
    "signed-for-another-region": (
        "400 Bad Request",
        ERROR.format(code="AuthorizationHeaderMalformed", rest="<Region>eu-west-1</Region>").encode(),
        "got HTTP 400 AuthorizationHeaderMalformed",
    ),
    "clock": (
        "403 Forbidden",
        ERROR.format(code="RequestTimeTooSkewed", rest="").encode(),
        "RequestTimeTooSkewed",
    ),
    "not-implemented": ("501 Not Implemented", ERROR.format(code="NotImplemented", rest="").encode(), "HTTP 501"),
}


@pytest.mark.parametrize(("status", "body", "message"), NO_LISTINGS.values(), ids=NO_LISTINGS)
def test_invalid_listing_is_no_empty_bucket(status, body, message):
    """The message names what it is; neither "no archives" nor OK."""
    with serve(answer(status, body)) as server, pytest.raises(PlaybookError) as caught:
        bucket(server.url).files()
    assert message in str(caught.value)
    assert type(caught.value).__name__ == (
        "Denied"
        if status.startswith("403") or "denied" in message.lower()
        else ("Unreachable" if "NoSuchBucket" in message else "Malformed")
    )


def test_mark_of_the_folder_itself_is_no_file():
    """Consoles create an empty object with the name of the prefix."""
    with serve(answer(body=listing("", "a.tar.gz", "2026/"))) as server:
        assert [file.name for file in bucket(server.url).files()] == ["a.tar.gz"]


def test_redirected_bucket_is_reported_with_its_region():
    """As AWS reports it, in the body or in a header."""
    for code, headers, rest in (
        ("PermanentRedirect", {"x_amz_bucket_region": "eu-west-1"}, ""),
        ("AuthorizationHeaderMalformed", {}, "<Region>eu-west-1</Region>"),
    ):
        body = ERROR.format(code=code, rest=rest).encode()
        with (
            serve(answer("301 Moved Permanently", body, **headers)) as server,
            pytest.raises(PlaybookError) as caught,
        ):
            bucket(server.url).files()
        assert caught.value.hint.endswith("It is in eu-west-1.")


def test_archive_in_glacier_is_not_a_matter_of_keys():
    """AWS lists it, and refuses it with 403 until it is restored."""
    body = ERROR.format(code="InvalidObjectState", rest="<StorageClass>GLACIER</StorageClass>").encode()
    with serve(answer("403 Forbidden", body)) as server, pytest.raises(PlaybookError) as caught:
        bucket(server.url).read("a.tar.gz", 0, 9)
    assert type(caught.value).__name__ == "Malformed"
    assert "a storage class such as Glacier" in caught.value.hint


def test_endless_pages_are_no_listing():
    """A server that returns the same token repeatedly."""
    page = listing("a.tar.gz", more="true", rest="<NextContinuationToken>x</NextContinuationToken>")
    with serve(answer(body=page)) as server, pytest.raises(PlaybookError, match="without saying how it goes on"):
        bucket(server.url).files()
    assert len(server.requests) == 2


def test_requests_are_signed_as_aws_does(monkeypatch):
    """Compared with the signature of its own library."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    from playbook.clients import s3_listing
    from tests.unit.clients.test_backups import ACCESS_KEY, SECRET_KEY

    with serve(answer(body=listing())) as server:
        assert bucket(server.url).files() == []
    head = server.requests[0].split(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:])
    lowered = {name.lower(): value for name, value in headers.items()}
    signed = AWSRequest("GET", server.url + head[0].split(" ")[1], headers={"host": lowered["host"]})
    stamp = lowered["x-amz-date"]
    signed.context["timestamp"] = stamp
    signed.headers["X-Amz-Date"] = stamp
    signed.headers["X-Amz-Content-SHA256"] = s3_listing._EMPTY
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "fra1")
    text = auth.string_to_sign(signed, auth.canonical_request(signed))
    assert lowered["authorization"].endswith(f"Signature={auth.signature(text, signed)}")


# -------------------------------------------------------------------------------------------------------- archives


@pytest.fixture
def folder(tmp_path):
    """The folder of files before packing, and that of the archive."""
    source = tmp_path / "source"
    for name, data in CONTENT.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(data)
    (tmp_path / "store").mkdir()
    return tmp_path


def listed(source, **changes):
    files = [
        {
            "path": path.relative_to(source).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(source.rglob("*"))
        if path.is_file()
    ]
    (source / "manifest.json").write_text(json.dumps({"files": files, **changes}), encoding="utf-8")


def packed(folder, *options, name="portfolio-{}.tar.gz"):
    """Packed by this machine's tar."""
    archive = folder / "store" / name.format("20261122T030000Z")
    subprocess.run(["tar", *options, "-cf", str(archive), "-C", str(folder / "source"), "."], check=True)
    return archive


def both(folder, **section):
    """Results of the daily and the weekly check, with two intact archives of the same night before it."""
    store = folder / "store"
    newest = sorted(store.iterdir())[-1]
    for night in (1, 2):
        made = NOW - timedelta(hours=9 * night)  # the dump of another night would be an old one
        shutil.copyfile(newest, store / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz")
    overlay = {
        "targets": {
            "sandbox": {
                "backups": {"location": str(store), "pattern": "portfolio-*", **section},
                "recovery": {"dump": "", "verify_newest": 3},
            }
        }
    }
    known = load("sandbox", environment={}, overlay=overlay)
    place, clock = FolderStore(str(store), "setting"), FixedClock(NOW)
    files = backup_listing(place, known, clock)
    daily = judged(
        checks.test_last_nights_backup_is_complete,
        limits=known.limits,
        backups=backups(place, files, known, Earlier()),
    )
    weekly = judged(
        checks.test_newest_backups_match_their_manifests,
        limits=known.limits,
        backup_verification=backup_verification(place, files, known, clock),
    )
    return daily, weekly


FORMS = {
    "gnu": ("-z", "--format=gnu"),
    "oldgnu": ("-z", "--format=oldgnu"),
    "pax": ("-z", "--format=posix"),
    "ustar": ("-z", "--format=ustar"),
    "v7": ("-z", "--format=v7"),
    "bzip2": ("-j",),
    "xz": ("-J",),
    "plain": (),
    "label": ("-z", "--label=nightly"),
    "blocking": ("-z", "-b1"),
    "large-blocks": ("-z", "-b512"),
    "xattrs": ("-z", "--format=posix", "--xattrs"),
    "sorted-by-name": ("-z", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"),
}


@pytest.mark.slow
@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
def test_archives_of_gnu_tar_are_ok(folder, options):
    """In all its formats, and whatever compression the name suggests."""
    listed(folder / "source")
    packed(folder, *options)
    daily, weekly = both(folder)
    assert daily[0] is OK, daily
    assert weekly[0] is OK, weekly


@pytest.mark.slow
def test_links_have_the_content_of_their_targets(folder):
    """Hard and symbolic ones: snapshot tools link unchanged files."""
    source = folder / "source"
    os.link(source / "images/a.webp", source / "images/again.webp")
    (source / "images/latest.webp").symlink_to("a.webp")
    (source / "current.webp").symlink_to("images/latest.webp")
    listed(source)
    packed(folder, "-z")
    daily, weekly = both(folder)
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


@pytest.mark.slow
def test_sparse_files_and_long_names_are_read(folder):
    """As GNU tar stores them."""
    source = folder / "source"
    with (source / "images" / "holes").open("wb") as file:
        file.seek(3_000_000)
        file.write(b"end")
    deep = source / ("d" * 90) / ("e" * 90)
    deep.mkdir(parents=True)
    (deep / ("f" * 200)).write_bytes(b"deep")
    listed(source)
    for form in ("gnu", "posix"):
        packed(folder, "-z", "-S", f"--format={form}")
        daily, weekly = both(folder)
        assert (daily[0], weekly[0]) == (OK, OK), (form, daily, weekly)


@pytest.mark.slow
def test_sha256sum_output_is_a_manifest(folder):
    """Of ``sha256sum`` and ``shasum -a 256``."""
    source = folder / "source"
    sums = [(hashlib.sha256(data).hexdigest(), name) for name, data in CONTENT.items()]
    for form in ("{0}  {1}\n", "{0} *./{1}\n", "SHA256 ({1}) = {0}\n"):
        (source / "SHA256SUMS").write_text("".join(form.format(*one) for one in sums))
        packed(folder, "-z")
        daily, weekly = both(folder, manifest="SHA256SUMS")
        assert (daily[0], weekly[0]) == (OK, OK), (form, daily, weekly)
    (source / "images/a.webp").write_bytes(b"another")
    packed(folder, "-z")
    assert both(folder, manifest="SHA256SUMS")[1][0] is CRITICAL


@pytest.mark.slow
def test_decomposed_accents_of_macos_are_the_same_name(folder):
    """bsdtar on a Mac writes them as separate characters."""
    source = folder / "source"
    (source / "images" / unicodedata.normalize("NFC", "café.webp")).write_bytes(b"x")
    listed(source)
    (source / "images" / unicodedata.normalize("NFC", "café.webp")).rename(
        source / "images" / unicodedata.normalize("NFD", "café.webp")
    )
    packed(folder, "-z")
    daily, weekly = both(folder)
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_incremental_archive_is_incomplete(folder, form):
    """GNU tar's second level; the first level is complete."""
    snapshot, form = folder / "snapshot", f"--format={form}"
    (folder / "source" / "manifest.json").unlink(missing_ok=True)
    packed(folder, "-z", form, f"--listed-incremental={snapshot}")
    assert both(folder, manifest="")[0][0] is OK
    (folder / "source" / "images" / "new.webp").write_bytes(b"n" * 20_000)
    packed(folder, "-z", form, f"--listed-incremental={snapshot}")
    for verdict, message in both(folder, manifest=""):
        assert verdict is UNKNOWN
        assert "expected an archive that holds everything" in message
        assert "got one that leaves out 3 files as unchanged since an earlier one" in message


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("zstd"), reason="there is no zstd on this machine")
def test_zstandard_archive_is_named(folder):
    """Python 3.11 cannot read it."""
    listed(folder / "source")
    packed(folder, "--zstd")
    for verdict, message in both(folder):
        assert verdict is UNKNOWN
        assert "got a Zstandard file" in message


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def manifest_of(content=CONTENT, change=lambda entry: entry, **fields):
    entries = [
        change({"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        for name, data in content.items()
    ]
    return json.dumps({"files": entries, **fields}).encode()


def with_manifest(manifest, content=CONTENT, more=()):
    return gzip.compress(tarred([("manifest.json", manifest), *content.items(), *more]))


def without(*keys):
    return lambda entry: {key: value for key, value in entry.items() if key not in keys}


SOUND = with_manifest(manifest_of())
# The archive; results of the daily and the weekly check; a part of the weekly check's message.
ARCHIVES = {
    "sound": (SOUND, OK, OK, ""),
    "in-two-gzip-members": (
        gzip.compress(gzip.decompress(SOUND)[:3000]) + gzip.compress(gzip.decompress(SOUND)[3000:]),
        OK,
        OK,
        "",
    ),
    "bzip2-named-gz": (bz2.compress(gzip.decompress(SOUND)), OK, OK, ""),
    "xz-named-gz": (lzma.compress(gzip.decompress(SOUND)), OK, OK, ""),
    "plain-named-gz": (gzip.decompress(SOUND), OK, OK, ""),
    "bzip2-cut-off": (bz2.compress(gzip.decompress(SOUND))[:-30], CRITICAL, CRITICAL, "is cut off"),
    "xz-cut-off": (lzma.compress(gzip.decompress(SOUND))[:-30], CRITICAL, CRITICAL, "is cut off"),
    "xz-damaged": (
        lzma.compress(gzip.decompress(SOUND))[:200] + b"x" + lzma.compress(gzip.decompress(SOUND))[201:],
        CRITICAL,
        CRITICAL,
        "cannot be unpacked",
    ),
    "plain-cut-off": (gzip.decompress(SOUND)[:5000], CRITICAL, CRITICAL, "cannot be read"),
    "garbage-behind-gzip": (SOUND + b"trailing", CRITICAL, CRITICAL, "goes on after its end with what is no gzip"),
    "zeros-behind-gzip": (SOUND + bytes(512), OK, OK, ""),
    "tar-behind-tar": (
        gzip.compress(gzip.decompress(SOUND) + tarred([("images/c.webp", b"c")])),
        CRITICAL,
        CRITICAL,
        "goes on after tar's end mark, with what no restore brings back",
    ),
    "empty-tar": (gzip.compress(bytes(10240)), CRITICAL, CRITICAL, ""),
    "gzip-of-nothing": (gzip.compress(b""), CRITICAL, CRITICAL, "holds no tar"),
    "zip": (b"PK\x03\x04" + bytes(300), UNKNOWN, UNKNOWN, "got a zip file"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(300), UNKNOWN, UNKNOWN, "got a 7-Zip file"),
    "age": (b"age-encryption.org/v1\n-> X25519", UNKNOWN, UNKNOWN, "got a file that age has encrypted"),
    "gpg-symmetric": (b"\x8c\x0d\x04\x09\x03\x02" + bytes(90), UNKNOWN, UNKNOWN, "OpenPGP has encrypted"),
    "gpg-armoured": (b"-----BEGIN PGP MESSAGE-----\n\n" + bytes(90), UNKNOWN, UNKNOWN, "OpenPGP has encrypted"),
    "openssl-enc": (b"Salted__" + bytes(90), UNKNOWN, UNKNOWN, "OpenSSL has encrypted"),
    "mysqldump": (
        gzip.compress(b"-- MySQL dump 10.13  Distrib 8.0.36\n--\n-- Dump completed on 2026-11-22  3:00:01\n"),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a dump of MySQL",
    ),
    "pg_dump-custom": (gzip.compress(b"PGDMP\x01\x0e" + bytes(90)), UNKNOWN, UNKNOWN, "a dump of PostgreSQL"),
    "pg_dump-custom-as-it-is": (b"PGDMP\x01\x0f" + bytes(90), UNKNOWN, UNKNOWN, "got a dump of PostgreSQL"),
    "pg_dump-plain-as-it-is": (
        b"--\n-- PostgreSQL database dump\n--\n\n\\restrict k7Yq\n",
        UNKNOWN,
        UNKNOWN,
        "got a dump of PostgreSQL",
    ),
    "rdb-as-it-is": (b"REDIS0011\xfa\tredis-ver" + bytes(90), UNKNOWN, UNKNOWN, "got a Redis dump"),
    "valkey-as-it-is": (b"VALKEY080\xfa" + bytes(90), UNKNOWN, UNKNOWN, "got a Valkey dump"),
    "sqlite-as-it-is": (b"SQLite format 3\0\x10\0" + bytes(90), UNKNOWN, UNKNOWN, "got an SQLite database"),
    "mongodump-archive-as-it-is": (b"m\xe2\x99\x81" + bytes(90), UNKNOWN, UNKNOWN, "got a dump of MongoDB"),
    "mysqldump-as-it-is": (b"-- MySQL dump 10.13  Distrib 8.0.40\n", UNKNOWN, UNKNOWN, "got a dump of MySQL"),
    "mysqlpump": (
        gzip.compress(b"-- Dump created by MySQL pump utility, version: 8.0.33\n\n-- Dump end time: Sun Nov 22\n"),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a dump of MySQL",
    ),
    "mydumper": (
        gzip.compress(b"/*!40101 SET NAMES utf8mb4*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n"),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a dump of MySQL",
    ),
    "phpmyadmin": (
        gzip.compress(b"-- phpMyAdmin SQL Dump\n-- version 5.2.1\n"),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a dump of MySQL",
    ),
    "sqlite-dump": (
        gzip.compress(b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n"),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a dump of SQLite",
    ),
    "xtrabackup": (b"XBSTCK01\0P\x10\0\0\0" + bytes(90), UNKNOWN, UNKNOWN, "xtrabackup or mariabackup"),
    "xtrabackup-packed": (
        gzip.compress(b"XBSTCK01\0P" + bytes(600)),
        UNKNOWN,
        UNKNOWN,
        "gzip file of a backup of",
    ),
    "vzdump": (b"VMA\0\0\0\0\x01" + bytes(90), UNKNOWN, UNKNOWN, "got a backup of Proxmox VE"),
    "pzstd": (b"\x50\x2a\x4d\x18\x04\0\0\0" + bytes(90), UNKNOWN, UNKNOWN, "got a Zstandard or LZ4 file"),
    "lzma-alone": (
        lzma.compress(gzip.decompress(SOUND), format=lzma.FORMAT_ALONE),
        UNKNOWN,
        UNKNOWN,
        "got an lzma file",
    ),
    "gpg-signed": (b"\xa3\x02" + bytes(90), UNKNOWN, UNKNOWN, "OpenPGP has signed"),
    "sequoia": (b"\xd2\xc0\x01" + bytes(90), UNKNOWN, UNKNOWN, "OpenPGP has encrypted"),
    "zip-in-parts": (b"PK\x07\x08PK\x03\x04" + bytes(90), UNKNOWN, UNKNOWN, "the first part of a zip file"),
    "cpio-odc": (b"070707" + b"0" * 90, UNKNOWN, UNKNOWN, "got a cpio archive"),
    "error-of-a-service-as-json": (gzip.compress(b'{"error": "denied"}'), CRITICAL, CRITICAL, "holds no tar"),
    "redis-dump": (
        gzip.compress(b"REDIS0011\xfa" + bytes(90) + b"\xff" + bytes(range(8))),
        UNKNOWN,
        UNKNOWN,
        "got a gzip file of a Redis dump",
    ),
    "html": (b"<!DOCTYPE html><title>503</title>", CRITICAL, CRITICAL, "no sound gzip file"),
    "manifest-of-another-shape": (
        with_manifest(json.dumps({name: {"size": len(data)} for name, data in CONTENT.items()}).encode()),
        UNKNOWN,
        UNKNOWN,
        "got JSON with 'dump/redis.txt', 'images/a.webp', 'images/b.webp'",
    ),
    "manifest-a-list": (with_manifest(json.dumps(list(CONTENT)).encode()), UNKNOWN, UNKNOWN, "JSON with a list"),
    "manifest-files-a-dictionary": (
        with_manifest(json.dumps({"files": dict.fromkeys(CONTENT, 1)}).encode()),
        UNKNOWN,
        UNKNOWN,
        "JSON with 'files' and no list of files",
    ),
    "manifest-files-names-only": (
        with_manifest(json.dumps({"files": list(CONTENT)}).encode()),
        UNKNOWN,
        UNKNOWN,
        'entries such as "dump/redis.txt"',
    ),
    "manifest-yaml": (with_manifest(b"files:\n- path: a\n"), UNKNOWN, UNKNOWN, "neither JSON nor lines of sums"),
    "manifest-of-nothing": (with_manifest(b""), UNKNOWN, UNKNOWN, "got an empty one"),
    "job-that-failed": (
        with_manifest(manifest_of(status="failed")),
        CRITICAL,
        CRITICAL,
        'says "status": "failed"',
    ),
    "job-that-was-cut-short": (
        with_manifest(manifest_of(complete=False)),
        CRITICAL,
        CRITICAL,
        'says "complete": false',
    ),
    "job-with-errors": (
        with_manifest(manifest_of(errors=["images: permission denied"])),
        CRITICAL,
        CRITICAL,
        'says "errors": ["images: permission denied"]',
    ),
    "job-without-errors": (with_manifest(manifest_of(status="ok", errors=[], failed=0, error=None)), OK, OK, ""),
    "manifest-with-byte-order-mark": (with_manifest(b"\xef\xbb\xbf" + manifest_of()), OK, OK, ""),
    "manifest-lists-no-file": (
        with_manifest(b'{"files": []}'),
        UNKNOWN,
        UNKNOWN,
        "expected the listing in manifest.json of all 3 files, got the listing in manifest.json of 0 files",
    ),
    "manifest-lists-half": (
        with_manifest(manifest_of(dict(list(CONTENT.items())[:2]))),
        UNKNOWN,
        UNKNOWN,
        "got the listing in manifest.json of 2 files (images/b.webp is not listed)",
    ),
    "only-a-manifest": (
        with_manifest(b'{"files": []}', {}),
        CRITICAL,
        CRITICAL,
        "holds nothing but its manifest.json",
    ),
    "manifest-with-sha512": (
        with_manifest(manifest_of(change=lambda entry: {**without("sha256")(entry), "sha512": "ab" * 64})),
        OK,
        CRITICAL,
        "differs from its sum",
    ),
    "manifest-with-blake2": (
        with_manifest(manifest_of(change=lambda entry: {**without("sha256")(entry), "b2": "ab" * 64})),
        OK,
        UNKNOWN,
        "checksums of 0 listed files",
    ),
    "manifest-with-md5-and-no-size": (
        with_manifest(manifest_of(change=lambda entry: {"path": entry["path"], "md5": "ab" * 16})),
        OK,
        CRITICAL,
        "differs from its sum",
    ),
    "manifest-with-crc-and-no-size": (
        with_manifest(manifest_of(change=lambda entry: {"path": entry["path"], "crc32": "ab" * 4})),
        UNKNOWN,
        UNKNOWN,
        "a list of files with entries such as",
    ),
    "manifest-without-sizes": (with_manifest(manifest_of(change=without("bytes"))), OK, OK, ""),
    "manifest-with-prefixed-sums": (
        with_manifest(manifest_of(change=lambda entry: {**entry, "sha256": f"sha256:{entry['sha256'].upper()}"})),
        OK,
        OK,
        "",
    ),
    "manifest-with-sums-in-base64": (
        with_manifest(
            manifest_of(change=lambda entry: {**entry, "sha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="})
        ),
        UNKNOWN,
        UNKNOWN,
        "a list of files with entries such as",
    ),
    "manifest-with-wrong-sums": (
        with_manifest(manifest_of(change=lambda entry: {**entry, "sha256": "0" * 64})),
        OK,
        CRITICAL,
        "differs from its sum",
    ),
    "manifest-in-other-case": (
        with_manifest(manifest_of(change=lambda entry: {**entry, "path": entry["path"].upper()})),
        CRITICAL,
        CRITICAL,
        "an archive without DUMP/REDIS.TXT",
    ),
    "web-manifest-below": (
        with_manifest(
            manifest_of({**CONTENT, "images/manifest.json": b"{}"}), {**CONTENT, "images/manifest.json": b"{}"}
        ),
        OK,
        OK,
        "",
    ),
    "signed-manifest": (with_manifest(manifest_of(), more=[("manifest.json.sig", b"-")]), OK, OK, ""),
    "member-twice-the-later-right": (
        gzip.compress(tarred([("manifest.json", manifest_of()), ("images/b.webp", b"old"), *CONTENT.items()])),
        OK,
        OK,
        "",
    ),
    "member-twice-the-later-wrong": (
        with_manifest(manifest_of(), more=[("images/b.webp", b"new")]),
        CRITICAL,
        CRITICAL,
        "images/b.webp is 3 B long, not 900 B as listed",
    ),
    "all-files-empty": (
        with_manifest(manifest_of(dict.fromkeys(CONTENT, b"")), dict.fromkeys(CONTENT, b"")),
        CRITICAL,
        CRITICAL,
        "an archive with 3 files but no content",
    ),
    "extra-file": (
        with_manifest(manifest_of(), more=[("images/c.webp", b"c")]),
        UNKNOWN,
        UNKNOWN,
        "is not listed",
    ),
    "apple-double": (
        with_manifest(manifest_of(), more=[("images/._a.webp", b"c")]),
        UNKNOWN,
        UNKNOWN,
        "not listed",
    ),
}


MYSQL = b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: db    Database: shop\n"
MYSQL_END = b"\n/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n-- Dump completed on 2026-11-22  3:00:02\n"
MARIADB = (
    b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\n"
    b"INSERT INTO `orders` VALUES (1);\n"
)
POSTGRESQL = b"--\n-- PostgreSQL database dump\n--\n\n\\restrict k7Yq\n\n-- Dumped from database version 16.11\n"
POSTGRESQL_END = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict k7Yq\n\n"
CLUSTER = b"--\r\n-- PostgreSQL database cluster dump\r\n--\r\n\r\nSET default_transaction_read_only = off;\r\n"
CLUSTER_END = b"--\r\n-- PostgreSQL database cluster dump complete\r\n--\r\n\r\n"
with sqlite3.connect(":memory:") as _memory:
    _memory.execute("CREATE TABLE orders (id INTEGER, text TEXT)")
    COPY = _memory.serialize()
SQLITE = b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE a(b);\n"
TABLE = b"\nDROP TABLE IF EXISTS `orders`;\nCREATE TABLE `orders` (\n  `id` int\n) ENGINE=InnoDB;\n"
ROWS = b"INSERT INTO `orders` VALUES (1,'a','2026-11-01'),(2,'b','2026-11-02');\n" * 200
PACKED = gzip.compress(POSTGRESQL + ROWS + os.urandom(3000).hex().encode() + POSTGRESQL_END)
REFUSED = b"mysqldump: Got error: 1045: Access denied for user 'backup'@'10.0.0.4' when trying to connect\n"
# Of the MySQL client 8 for a user without PROCESS, which writes a whole dump nevertheless.
MYSQLDUMP_WARNED = (
    b"mysqldump: Error: 'Access denied; you need (at least one of) the PROCESS privilege(s) for this operation' "
    b"when trying to dump tablespaces\n"
)
# gpg --symmetric: a packet with the salt, and one of 416 bytes with the data.
ENCRYPTED = b"\x8c\x0d\x04\x09\x03\x02" + bytes(9) + b"\xd2\xc0\xe0" + bytes(416)
# The name of a database's dump in the archive, its content, and what is wrong with it; empty where nothing is.
DUMPS = {
    "mysqldump": ("db/shop.sql", MYSQL + ROWS + MYSQL_END, ""),
    "dump-of-zeros": ("db/shop.sql", bytes(9000), "is empty"),
    "packed-dump-of-zeros": ("db/shop.sql.gz", gzip.compress(bytes(9000)), "is empty"),
    "mysqldump-of-nothing": ("db/shop.sql", MYSQL + MYSQL_END, "holds no table"),
    "mysqldump-of-an-empty-database": (
        "db/shop.sql",
        MYSQL + b"\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;\n\nUSE `shop`;\n" + MYSQL_END,
        "holds no table",
    ),
    "mysqldump-of-routines": (
        "db/code.sql",
        MYSQL
        + b"/*!50003 CREATE*/ /*!50020 DEFINER=`a`@`%`*/ /*!50003 PROCEDURE `p`() SELECT 1 */;;\n"
        + MYSQL_END,
        "",
    ),
    "mysqldump-without-rows": ("db/shop.sql", MYSQL + TABLE + MYSQL_END, "in which no table has a row"),
    "mysqldump-of-the-structure": ("db/shop-schema.sql", MYSQL + TABLE + MYSQL_END, ""),
    "mysqldump-with-rows": ("db/shop.sql", MYSQL + TABLE + ROWS + MYSQL_END, ""),
    "mysqldump-that-was-refused-a-table": (
        "db/shop.sql",
        MYSQL
        + TABLE
        + ROWS
        + MYSQL_END
        + b"mariadb-dump: Couldn't execute 'SHOW CREATE TABLE `orders`': Access denied (1142)\n",
        "holds a message of its program (mariadb-dump: Couldn't execute",
    ),
    "pg_dump-of-nothing": (
        "shop.sql",
        POSTGRESQL + b"CREATE SCHEMA public;\n\n" + POSTGRESQL_END,
        "holds no table",
    ),
    "pg_dump-without-rows": (
        "shop.sql",
        POSTGRESQL
        + b"\nCREATE TABLE public.a (b integer);\n\nCOPY public.a (b) FROM stdin;\n\\.\n"
        + POSTGRESQL_END,
        "in which no table has a row",
    ),
    "pg_dump-with-rows": (
        "shop.sql",
        POSTGRESQL
        + b"\nCREATE TABLE public.a (b integer);\n\nCOPY public.a (b) FROM stdin;\n1\n\\.\n"
        + POSTGRESQL_END,
        "",
    ),
    "sqlite-dump-of-nothing": (
        "shop.sql",
        b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n",
        "holds no table",
    ),
    "mysqldump-cut-off": ("db/shop.sql", MYSQL + ROWS, "breaks off, without the line '-- Dump completed'"),
    "mysqldump-with-its-warning": (
        "shop.sql",
        b"mysqldump: [Warning] Using a password on the command line interface can be insecure.\n"
        + MYSQL
        + ROWS
        + MYSQL_END,
        "",
    ),
    "mysqldump-that-lost-its-connection": (
        "shop.sql",
        MYSQL + ROWS + b"mysqldump: Error 2013: Lost connection to server during query when dumping table `a`\n",
        "breaks off",
    ),
    "mysqldump-that-was-refused": (
        "backup/db/shop.sql",
        REFUSED,
        "is an error instead of a dump (mysqldump: Got error: 1045: Access denied",
    ),
    "mysqldump-without-comments": ("shop.sql", b"/*!40101 SET NAMES utf8mb4 */;\n" + ROWS, ""),
    "mariadb-dump-cut-off": ("shop.sql", MARIADB + ROWS, "breaks off"),
    "mariadb-dump": ("shop.sql", MARIADB + ROWS + MYSQL_END, ""),
    "pg_dump": ("shop.sql", POSTGRESQL + ROWS + POSTGRESQL_END, ""),
    "pg_dump-cut-off": ("shop.sql", POSTGRESQL + ROWS, "without the line '-- PostgreSQL database dump complete'"),
    "pg_dump-that-was-refused": (
        "shop.sql",
        b'pg_dump: error: connection to server at "db" (10.0.0.3), port 5432 failed: FATAL:  too many clients\n',
        "is an error instead of a dump",
    ),
    "pg_dumpall-through-a-terminal": ("all.sql", CLUSTER + ROWS + CLUSTER_END, ""),
    "pg_dumpall-that-ended-after-a-database": ("all.sql", CLUSTER + POSTGRESQL + POSTGRESQL_END, "cluster dump"),
    "pg_dumps-behind-each-other": ("all.sql", (POSTGRESQL + ROWS + POSTGRESQL_END) * 2, ""),
    "custom-format": ("shop.dump", b"PGDMP\x01\x0f" + bytes(90), ""),
    "custom-format-empty": ("shop.dump", b"", "is empty"),
    "empty": ("db/shop.sql", b"", "db/shop.sql, which is empty"),
    "gzip-of-nothing": ("db/shop.sql.gz", gzip.compress(b""), "is empty"),
    "gzip-of-0-bytes": ("db/shop.sql.gz", b"", "is empty"),
    "gzip": ("db/database.sql.gz", PACKED, ""),
    "gzip-in-two": ("db/database.sql.gz", gzip.compress(POSTGRESQL + ROWS) + gzip.compress(POSTGRESQL_END), ""),
    "gzip-cut-off": ("db/database.sql.gz", PACKED[:-900], "is cut off"),
    "gzip-damaged": ("db/database.sql.gz", PACKED[:-8] + bytes(8), "is no sound gzip file"),
    "gzip-of-a-dump-cut-off": ("db/database.sql.gz", gzip.compress(MYSQL + ROWS), "breaks off"),
    "gzip-that-is-none": ("db/database.sql.gz", b"pg_dump: command not found\n", "is no sound gzip file"),
    "sqlite": ("shop.sql", SQLITE + ROWS + b"COMMIT;\n", ""),
    "sqlite-with-errors": ("shop.sql", SQLITE + ROWS + b"ROLLBACK; -- due to errors\n", "breaks off"),
    "encrypted": ("shop.sql.gz.gpg", ENCRYPTED, ""),
    "encrypted-cut-off": ("shop.sql.gz.gpg", ENCRYPTED[:-9], "is cut off"),
    "encrypted-empty": ("shop.sql.gz.gpg", b"", "is empty"),
    **{
        f"{form}-{what}": (f"db/shop.sql.{form}", pack(content), words)
        for form, pack in (("bz2", bz2.compress), ("xz", lzma.compress))
        for what, content, words in (
            ("whole", MYSQL + ROWS + MYSQL_END, ""),
            ("of-a-dump-cut-off", MYSQL + ROWS, "breaks off"),
            ("of-nothing", b"", "is empty"),
            ("of-an-error", REFUSED, "is an error instead of a dump (mysqldump: Got error: 1045: Access denied"),
            ("of-an-error-before-a-dump", MYSQLDUMP_WARNED + MYSQL + ROWS + MYSQL_END, ""),
            ("of-custom-format", b"PGDMP\x01\x0f" + bytes(90), ""),
        )
    },
    "bz2-in-two": ("shop.sql.bz2", bz2.compress(POSTGRESQL + ROWS) + bz2.compress(POSTGRESQL_END), ""),
    "xz-in-two": ("shop.sql.xz", lzma.compress(POSTGRESQL + ROWS) + lzma.compress(POSTGRESQL_END), ""),
    "bz2-cut-off": ("shop.sql.bz2", bz2.compress(os.urandom(350_000), 1)[:-900], "is cut off"),
    "xz-cut-off": ("shop.sql.xz", lzma.compress(MYSQL + ROWS + MYSQL_END)[:-30], "is cut off"),
    "xz-that-is-none": ("shop.sql.xz", b"pg_dump: command not found\n", "is no sound xz file"),
    "bz2-that-is-none": ("shop.sql.bz2", b"pg_dump: command not found\n", "is no sound bzip2 file"),
    # zstd and lz4, of standard input.
    "zst-of-nothing": ("shop.sql.zst", bytes.fromhex("28b52ffd240001000099e9d851"), "is empty"),
    "zst-without-sum-of-nothing": ("shop.sql.zst", bytes.fromhex("28b52ffd0058010000"), "is empty"),
    "lz4-of-nothing": ("shop.sql.lz4", bytes.fromhex("04224d186440a700000000055dcc02"), "is empty"),
    "zst-of-a-dump": (
        "shop.sql.zst",
        bytes.fromhex("28b52ffd0058") + ((len(MYSQL) << 3) + 1).to_bytes(3, "little") + MYSQL,
        "breaks off",
    ),
    "gz-of-an-sqlite-file": ("shop.dump.gz", gzip.compress(COPY), ""),
    "sqlite-file": ("shop.db", COPY, ""),
    "sqlite-file-cut-off": ("data/shop.sqlite3", COPY[:-5000], "is cut off after 3,192 of 8,192 B"),
    "sqlite-file-of-an-old-version": ("shop.db", b"SQLite format 3\0\x10\0" + bytes(300), ""),
    "empty-database-file": ("database/database.sqlite", b"", ""),
    "sample-in-the-source-of-a-program": ("html/vendor/cms/tests/sample.sql", MYSQL, ""),
    "empty-one-in-the-source-of-a-program": ("html/vendor/cms/install/none.sql", b"", ""),
    "statements-of-a-person": ("db/seed.sql", b"CREATE TABLE a (b int);\n", ""),
}


@pytest.mark.parametrize(("name", "data", "words"), DUMPS.values(), ids=DUMPS)
def test_dump_of_a_database_in_an_archive_is_whole(folder, name, data, words):
    """Its sum is right also where the program that wrote it has died."""
    content = {**CONTENT, name: data}
    archive = folder / "store" / "portfolio-20261122T030000Z.tar.gz"
    archive.write_bytes(with_manifest(manifest_of(content), content))
    for verdict, message in both(folder):
        assert (verdict is CRITICAL) == bool(words), message
        assert words in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (MYSQL + ROWS + MYSQL_END, ""),
        (MYSQL + ROWS, ""),
        (b"", "is empty"),
        (REFUSED, "is an error instead of a dump"),
    ],
)
@pytest.mark.parametrize("form", ["gz", "bz2", "xz"])
def test_beginning_of_a_long_packed_dump_is_read(folder, monkeypatch, form, content, words):
    """Its end is not, as all of it would have to be unpacked for that."""
    monkeypatch.setattr(inner_files, "_EFFORT", dict.fromkeys(("gz", "bz2", "xz"), 1 << 40))
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[form]
    files = {**CONTENT, f"shop.sql.{form}": pack(content)}
    archive = folder / "store" / "portfolio-20261122T030000Z.tar.gz"
    archive.write_bytes(with_manifest(manifest_of(files), files))
    for verdict, message in both(folder):
        assert (verdict is CRITICAL) == bool(words), message
        assert words in message


def test_time_is_looked_at_while_a_dump_is_unpacked():
    """A few kilobytes can stand for gigabytes."""

    def require_time():
        raise OutOfTimeError

    dump, _ = inner_files.inner_file("shop.sql.xz", 100, 1 << 20, require_time)
    assert dump
    with pytest.raises(OutOfTimeError):
        dump.write(lzma.compress(bytes(3_000_000)))


# What is intact and cannot be read here, and what it is called.
NOT_READ = {
    "lz4-legacy": (b"\x02\x21\x4c\x18" + bytes(300), "got an LZ4 file"),
    "lrzip": (b"LRZI\0\x06" + bytes(300), "got an lrzip file"),
    "snappy": (b"\xff\x06\0\0sNaPpY" + bytes(300), "got a Snappy file"),
    "dar": (b"\0\0\0\x7b" + bytes(range(1, 200)), "got an archive of dar"),
    "qcow2": (b"QFI\xfb\0\0\0\x03" + bytes(300), "got a qcow2 image"),
    "rclone-crypt": (b"RCLONE\0\0" + bytes(300), "rclone has encrypted"),
    "openssl-cms": (b"-----BEGIN CMS-----\nMIIB", "OpenSSL has encrypted"),
    "openssl-smime": (
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" + bytes(90),
        "OpenSSL has encrypted",
    ),
    "btrfs-send": (gzip.compress(b"btrfs-stream\0\x01" + bytes(90)), "gzip file of a stream of btrfs"),
    "redis-aof": (b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "got an append-only file of Redis"),
    "mysqldump-without-comments": (
        gzip.compress(b"\n/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n"),
        "gzip file of a dump of MySQL",
    ),
    "mysqldump-compact": (gzip.compress(b"/*!50503 SET character_set_client = utf8mb4 */;\n"), "a dump of MySQL"),
    "pg_dump-without-comments": (
        gzip.compress(b"SET statement_timeout = 0;\nSET lock_timeout = 0;\n"),
        "PostgreSQL",
    ),
    "age-in-gzip": (gzip.compress(b"age-encryption.org/v1\n-> X25519"), "a gzip file of a file that age has"),
    "gzip-in-gzip": (gzip.compress(SOUND), "got a gzip file of a gzip file"),
    "slapcat": (gzip.compress(b"dn: dc=example\nobjectClass: top\n"), "a dump of a directory (LDIF)"),
}


@pytest.mark.parametrize(("data", "words"), NOT_READ.values(), ids=NOT_READ)
def test_archive_of_another_form_is_named(folder, data, words):
    """It is not damaged, and nothing is known of it."""
    (folder / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(data)
    daily, weekly = both(folder)
    assert (daily[0], weekly[0]) == (UNKNOWN, UNKNOWN), (daily, weekly)
    assert words in weekly[1]


@pytest.mark.parametrize("case", ARCHIVES.values(), ids=ARCHIVES)
def test_archive_has_its_verdict(folder, case):
    """In the daily and the weekly check."""
    data, day, week, words = case
    (folder / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(data)
    daily, weekly = both(folder)
    assert (daily[0], weekly[0]) == (day, week), (daily, weekly)
    assert words in weekly[1]


def _linked(kind, name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (
            _linked(tarfile.LNKTYPE, "images/gone.webp", "images/nowhere.webp"),
            "is a link to images/nowhere.webp, which",
        ),
        (_linked(tarfile.LNKTYPE, "images/self.webp", "images/self.webp"), "is a link to images/self.webp"),
        (_linked(b"M", "images/rest.webp", ""), "is the rest of a file that began in another volume"),
        (_linked(b"Z", "images/odd.webp", ""), "members to be understood"),
    ],
)
def test_unusual_members_are_not_ok(folder, info, words):
    """Broken links, parts of files, unknown kinds of members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in {"manifest.json": manifest_of(), **CONTENT}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        archive.addfile(info)
    (folder / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(gzip.compress(out.getvalue()))
    weekly = both(folder)[1]
    assert weekly[0] is not OK
    assert words in weekly[1]


LAST = "portfolio-20261122T030000Z.tar.gz"
# How jobs name the parts of an archive, and the pattern that their owner sets.
PARTS = {
    "split": (("aa", "ab", "ac", "ad"), "{}.{}", "*.tar.gz.*"),
    "split-with-a-word": (("aa", "ab", "ac", "ad"), "{}.part{}", "portfolio-*"),
    "split-with-numbers": (("00", "01", "02", "03"), "{}.{}", "portfolio-*"),
    "numbers-from-one": (("001", "002", "003", "004"), "{}.{}", "*.tar.gz"),
    "rclone-and-others": (("1", "2", "3", "4"), "{}.part{}", "*.part1"),
}


def split(folder, numbers, form, data=SOUND):
    """Three nights, each in parts."""
    long = len(data) // len(numbers) + 1
    for night in range(3):
        made = datetime(2026, 11, 22, 3, tzinfo=UTC) - timedelta(days=night)
        for place, number in enumerate(numbers):
            file = folder / form.format(f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz", number)
            file.write_bytes(data[place * long : (place + 1) * long])
            os.utime(file, (made.timestamp() + 60 * place, made.timestamp() + 60 * place))


def listed_in(folder, **section):
    """What is in a folder, the folder, and the settings."""
    mine = {"backups": {"location": str(folder), **section}, "recovery": {"dump": "", "verify_newest": 3}}
    known = load("sandbox", environment={}, overlay={"targets": {"sandbox": mine}})
    place = FolderStore(str(folder), "setting")
    return backup_listing(place, known, FixedClock(NOW)), place, known


def daily_and_weekly(folder, **section):
    """Results of both checks."""
    files, place, known = listed_in(folder, **section)
    found = backups(place, files, known, Earlier())
    verified = backup_verification(place, files, known, FixedClock(NOW))
    weekly = checks.test_newest_backups_match_their_manifests
    return (
        judged(checks.test_last_nights_backup_is_complete, limits=known.limits, backups=found),
        judged(weekly, limits=known.limits, backup_verification=verified),
    )


@pytest.mark.parametrize(("numbers", "form", "pattern"), PARTS.values(), ids=PARTS)
def test_archive_in_parts_is_one_archive(tmp_path, numbers, form, pattern):
    """However they are named; without its last or a middle part it is damaged."""
    split(tmp_path, numbers, form)
    daily, weekly = daily_and_weekly(tmp_path, pattern=pattern)
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)
    for number in (numbers[-1], numbers[1]):
        split(tmp_path, numbers, form)
        (tmp_path / form.format(LAST, number)).unlink()
        daily, weekly = daily_and_weekly(tmp_path, pattern=pattern)
        assert (daily[0], weekly[0]) == (CRITICAL, CRITICAL), (daily, weekly)


def test_large_archive_in_parts_is_read_at_both_ends(tmp_path):
    """The last bytes may be in two parts."""
    split(tmp_path, ("aa", "ab", "ac", "ad"), "{}.{}", SOUND + bytes(1))
    known = FolderStore(str(tmp_path), "setting")
    [newest, *_] = sorted(divided(known.files(), "*")[0], key=lambda file: file.name, reverse=True)
    assert newest.name == LAST
    whole = SOUND + bytes(1)
    for start in (0, 1, len(whole) // 4, len(whole) - 9, len(whole)):
        for length in (1, 8, 300, len(whole)):
            assert known.part(newest, start, length) == whole[start : start + length]


def test_part_that_became_shorter_than_it_is_listed_is_unknown(tmp_path):
    """The bytes of the next part do not follow those that are left of it, and not all of it was given."""
    split(tmp_path, ("aa", "ab", "ac", "ad"), "{}.{}")
    known = FolderStore(str(tmp_path), "setting")
    [newest, *_] = sorted(divided(known.files(), "*")[0], key=lambda file: file.name, reverse=True)
    second = newest.parts[1]
    os.truncate(tmp_path / second.name, second.size - 1)
    told = f"expected the {second.size} bytes that .* lists for {re.escape(second.name)}, got {second.size - 1}$"
    with pytest.raises(Malformed, match=told):
        known.part(newest, 0, newest.size)
    with pytest.raises(Malformed, match=told):
        known.open(newest).read()


def test_archives_kept_in_turn_are_no_parts(tmp_path):
    """As savelog and logrotate number them, the newest first."""
    for night, number in enumerate(("01", "02", "03")):
        file = tmp_path / f"portfolio.tar.gz.{number}"
        file.write_bytes(SOUND)
        written = (NOW - timedelta(hours=5, days=night)).timestamp()
        os.utime(file, (written, written))
    assert daily_and_weekly(tmp_path, pattern="portfolio*")[0][0] is OK


CHAIN = {
    "duplicity-full.20261120T030000Z.vol1.difftar.gpg": 53,
    "duplicity-full.20261120T030000Z.vol2.difftar.gpg": 53,
    "duplicity-full.20261120T030000Z.manifest.gpg": 53,
    "duplicity-full-signatures.20261120T030000Z.sigtar.gpg": 53,
    "duplicity-inc.20261120T030000Z.to.20261121T030000Z.vol1.difftar.gpg": 29,
    "duplicity-inc.20261120T030000Z.to.20261121T030000Z.manifest.gpg": 29,
    "duplicity-inc.20261121T030000Z.to.20261122T030000Z.vol1.difftar.gpg": 5,
    "duplicity-inc.20261121T030000Z.to.20261122T030000Z.manifest.gpg": 5,
}
PG = {
    "archive/main/15-1/0000000100000000/000000010000000000000004-1b5e.gz": 0.2,
    "backup/main/backup.info": 5,
    "backup/main/20261121-030000F/backup.manifest": 29,
    "backup/main/20261121-030000F/pg_data/base/1/PG_VERSION.gz": 29,
    "backup/main/20261121-030000F_20261122-030000I/backup.manifest": 5,
    "backup/main/20261121-030000F_20261122-030000I/pg_data/global/pg_control.gz": 5,
}
LSN = "000000010000000000000"
LATEST = f"base_{LSN}007_D_{LSN}005"
WALG = {
    f"pg/{name}": hours
    for base, hours in ((f"base_{LSN}003", 53), (f"base_{LSN}005_D_{LSN}003", 29), (LATEST, 5))
    for name in (
        f"basebackups_005/{base}/tar_partitions/part_001.tar.lz4",
        f"basebackups_005/{base}/tar_partitions/part_002.tar.lz4",
        f"basebackups_005/{base}/tar_partitions/pg_control.tar.lz4",
        f"basebackups_005/{base}/metadata.json",
        f"basebackups_005/{base}_backup_stop_sentinel.json",
        f"wal_005/{LSN}0{hours}.lz4",
    )
}
SHELL = {
    f"shop-{night}/{name}": hours
    for night, hours in (("20261121", 29), ("20261122", 5))
    for name in ("@.json", "@.sql", "shop@a.sql", "shop@a@@0.tsv.zst", "shop@a@@0.tsv.zst.idx", "@.done.json")
}
COPIES = {
    f"2026-11-{night}_03-00-00/{name}": hours
    for night, hours in (("21", 29), ("22", 5))
    for name in ("backup-my.cnf", "ibdata1", "shop/a.ibd", "xtrabackup_info", "xtrabackup_checkpoints")
}
RESTIC = {"config": 900, "keys/3ac3a5": 900, "snapshots/8d10e0": 5, "data/3a/3ac3a5": 5, "index/77f0aa": 1}
FOLDERS = {
    f"shop-{night}-030000/{name}": hours
    for night, hours in (("20261121", 29), ("20261122", 5))
    for name in ("metadata", "shop-schema-create.sql.gz", "shop.a-schema.sql.gz", "shop.a.00000.sql.gz")
}


def _without(files, *parts):
    return {name: hours for name, hours in files.items() if not any(part in name for part in parts)}


# Hours since each file was written, what the daily check says (none: nothing can be said), and its words. An empty
# file is one of "empty" hours.
OTHER_FORMS = {
    "restic": (RESTIC, UNKNOWN, "got a repository of restic"),
    "restic-that-was-pruned-only": (RESTIC | {"snapshots/8d10e0": 60}, CRITICAL, "60 h"),
    "borg": (dict.fromkeys(("README", "config", "data/0/1", "hints.1", "index.1"), 5), UNKNOWN, "of Borg"),
    "kopia": (dict.fromkeys(("kopia.repository.f", "p/3ac/3a5.f", "q/8d1/0e0.f"), 5), UNKNOWN, "of Kopia"),
    "kopia-of-last-week": (dict.fromkeys(("kopia.repository.f", "p/3ac/3a5.f"), 170), CRITICAL, "170 h"),
    "duplicacy": ({"chunks/3a/c3a5": 5, "snapshots/shop/1": 5}, UNKNOWN, "of Duplicacy"),
    "barman": (dict.fromkeys(("main/base/20261122T030000/backup.info", "main/wals/x"), 5), UNKNOWN, "of Barman"),
    "duplicati": (
        dict.fromkeys(("duplicati-20261122T030000Z.dlist.zip", "duplicati-b1.dblock.zip"), 5),
        UNKNOWN,
        "",
    ),
    "rdiff-backup": ({"rdiff-backup-data/session_statistics.x.data": 5, "a.txt": 900}, UNKNOWN, "of rdiff-backup"),
    "rsnapshot": (
        {"daily.0/localhost/a.txt": 900, "daily.1/localhost/a.txt": 900},
        None,
        "snapshots of rsnapshot",
    ),
    "duplicity": (CHAIN, UNKNOWN, "volumes of duplicity"),
    "duplicity-broke-off": (_without(CHAIN, "22T030000Z.manifest"), CRITICAL, "29 h"),
    "duplicity-without-a-link": (
        _without(CHAIN, "20T030000Z.to"),
        CRITICAL,
        "chain a backup before it is missing",
    ),
    "duplicity-without-its-full-one": (_without(CHAIN, "full."), CRITICAL, "chain a backup before it is missing"),
    "duplicity-on-one-that-broke-off": (_without(CHAIN, "full.20261120T030000Z.man"), CRITICAL, "has not ended"),
    "duplicity-without-a-volume": (_without(CHAIN, "vol1.difftar.gpg"), CRITICAL, "without its volume 1"),
    "duplicity-emptied": (
        CHAIN | {"duplicity-full.20261120T030000Z.vol2.difftar.gpg": "empty"},
        CRITICAL,
        "0 bytes",
    ),
    "pgbackrest": (PG, UNKNOWN, "got a repository of pgBackRest"),
    "pgbackrest-archives-its-log-only": (_without(PG, "backup/main/20261121-030000F_"), CRITICAL, "29 h"),
    "pgbackrest-without-its-full-one": (_without(PG, "F/"), CRITICAL, "chain a backup before it is missing"),
    "wal-g": (WALG, UNKNOWN, "got a repository of WAL-G"),
    "wal-g-broke-off": (_without(WALG, f"{LATEST}_backup_stop"), CRITICAL, "29 h"),
    "wal-g-archives-its-log-only": (_without(WALG, LATEST), CRITICAL, "29 h"),
    "wal-g-without-its-full-one": (
        _without(WALG, f"base_{LSN}003"),
        CRITICAL,
        "chain a backup before it is missing",
    ),
    "wal-g-without-a-link": (
        _without(WALG, f"base_{LSN}005_D"),
        CRITICAL,
        "chain a backup before it is missing",
    ),
    "wal-g-without-a-part": (
        _without(WALG, f"{LATEST}/tar_partitions/part_001"),
        CRITICAL,
        f"{LATEST} without its volume 1",
    ),
    "wal-g-emptied": (
        WALG | {f"pg/basebackups_005/{LATEST}/tar_partitions/part_002.tar.lz4": "empty"},
        CRITICAL,
        "part_002.tar.lz4 of 0 bytes",
    ),
    "mysql-shell": (SHELL, UNKNOWN, "folders of MySQL Shell"),
    "mysql-shell-broke-off": (_without(SHELL, "22/@.done"), CRITICAL, "29 h"),
    "mysql-shell-emptied": (SHELL | {"shop-20261122/shop@a@@0.tsv.zst": "empty"}, CRITICAL, "0 bytes"),
    "xtrabackup": (COPIES, UNKNOWN, "folders of xtrabackup"),
    "xtrabackup-broke-off": (_without(COPIES, "22_03-00-00/xtrabackup_checkpoints"), CRITICAL, "29 h"),
    "mydumper": (FOLDERS, UNKNOWN, "folders of mydumper"),
    "mydumper-broke-off": (_without(FOLDERS, "22-030000/metadata"), CRITICAL, "29 h"),
    "mydumper-emptied": (FOLDERS | {"shop-20261122-030000/shop.a.00000.sql.gz": "empty"}, CRITICAL, "0 bytes"),
    "pg_dump": (dict.fromkeys(("shop/toc.dat", "shop/3338.dat.gz"), 5), UNKNOWN, "folders of pg_dump"),
}


@pytest.mark.parametrize(("files", "verdict", "words"), OTHER_FORMS.values(), ids=OTHER_FORMS)
@pytest.mark.parametrize("pattern", ["*", "portfolio-*", "*.tar.*"])
def test_other_form_of_a_program_is_neither_sound_nor_damaged(tmp_path, files, verdict, words, pattern):
    """Its files are no archives, but tell how old its newest backup is at least, and some names of a chain."""
    for name, hours in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"" if hours == "empty" else bytes(range(7, 99)))
        at = (NOW - timedelta(hours=5 if hours == "empty" else hours)).timestamp()
        os.utime(tmp_path / name, (at, at))
    listing, store, known = listed_in(tmp_path, pattern=pattern)
    if verdict is None:
        with pytest.raises(PlaybookError, match=words):
            backups(store, listing, known, Earlier())
    else:
        found = backups(store, listing, known, Earlier())
        told = judged(checks.test_last_nights_backup_is_complete, limits=known.limits, backups=found)
        assert (told[0], words in told[1]) == (verdict, True), told
    with pytest.raises(PlaybookError, match=r"got (?:a repository|volumes|snapshots|folders) of "):
        backup_verification(store, listing, known, FixedClock(NOW))


def test_nights_of_a_chain_are_not_compared_with_its_full_backup(tmp_path):
    """The levels of GNU tar, whose names do not tell: each but the first lists what it leaves out."""
    for night, level in ((3, 0), (2, 1), (1, 2), (0, 3)):
        left_out = b"".join(b"Np%d.webp\0" % number for number in range(20 if level else 0))
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            folder = tarfile.TarInfo("images/")
            folder.type, folder.size = b"D", len(left_out) + 1
            archive.addfile(folder, io.BytesIO(left_out + b"\0"))
            for number in range(1 if level else 20):
                new = tarfile.TarInfo(f"images/p{level}{number}.webp")
                new.size = 2000
                archive.addfile(new, io.BytesIO(bytes(range(1, 201)) * 10))
        name = f"portfolio-{NOW - timedelta(days=night, hours=5):%Y%m%dT%H%M%SZ}.tar.gz"
        (tmp_path / name).write_bytes(gzip.compress(out.getvalue()))
    for verdict, message in daily_and_weekly(tmp_path, pattern="portfolio-*", manifest=""):
        assert (verdict, "leaves out 20 files" in message) == (UNKNOWN, True), message


def test_dumps_beside_volumes_of_duplicity_are_judged_by_their_own_age(tmp_path):
    """The pattern names them; that duplicity goes on says nothing of their job."""
    for name, hours in {**CHAIN, "shop-20261121T030000Z.sql.gz": 29, "shop-20261120T030000Z.sql.gz": 53}.items():
        (tmp_path / name).write_bytes(gzip.compress(b"-- MySQL dump 10.13\n"))
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(tmp_path / name, (at, at))
    verdict, message = daily_and_weekly(tmp_path, pattern="shop-*.sql.gz")[0]
    assert (verdict, "29" in message) == (CRITICAL, True), message


def test_tar_beside_a_repository_is_read(tmp_path):
    """It is what the pattern names."""
    for name in RESTIC:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(range(7, 99)))
    for night in range(3):
        (tmp_path / f"portfolio-{NOW - timedelta(days=night, hours=5):%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(SOUND)
    assert daily_and_weekly(tmp_path)[0][0] is OK


BESIDE = [
    *(
        "{}.sha256",
        "{}.md5",
        "{}.asc",
        "{}.sig",
        "{}.sha256sum",
        "{}.log",
        "{}.minisig",
        "{}.sha256.asc",
        "{}.md5.txt",
    ),
    *("{}.json", "{}.manifest", "{}.OK", "{}.done", "{}.part", "{}.tmp", "{}.filepart", "{}~"),
]
BESIDE += [
    "portfolio-20261122T030000Z.log",
    "portfolio-20261122T030000Z.sha256",
    "portfolio-20261122T030000Z.snar",
]


@pytest.mark.parametrize("beside", BESIDE)
def test_file_beside_an_archive_is_no_archive(tmp_path, beside):
    """Its sum or signature, the job's log, or what is still being written, whose name the pattern matches too."""
    for night in range(3):
        made = datetime(2026, 11, 22, 3, tzinfo=UTC) - timedelta(days=night)
        name = f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz"
        (tmp_path / name).write_bytes(SOUND)
        other = beside.format(name).replace("20261122", f"{made:%Y%m%d}")
        summed = hashlib.new("md5" if "md5" in other else "sha256", SOUND).hexdigest()
        (tmp_path / other).write_text(f"{summed}  {name}\n")
    daily, weekly = daily_and_weekly(tmp_path, pattern="portfolio-*")
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


@pytest.mark.parametrize("made_by", [shutil.copy2, os.link])
def test_copy_of_the_newest_archive_under_a_name_of_its_own_is_ok(tmp_path, made_by):
    """Written within a minute of the time in the other's name."""
    for night in range(3):
        made = NOW - timedelta(days=night, hours=5)
        file = tmp_path / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz"
        file.write_bytes(SOUND)
        os.utime(file, (made.timestamp() + 40, made.timestamp() + 40))
    made_by(max(tmp_path.iterdir()), tmp_path / "portfolio-latest.tar.gz")
    daily, weekly = daily_and_weekly(tmp_path, pattern="portfolio-*")
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


def test_unfinished_archive_is_not_the_newest(tmp_path):
    """Of last night's there is only what rsync left."""
    for night in range(1, 4):
        made = NOW - timedelta(days=night, hours=5)
        (tmp_path / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(SOUND)
    (tmp_path / f"portfolio-{NOW - timedelta(hours=5):%Y%m%dT%H%M%SZ}.tar.gz.part").write_bytes(SOUND)
    assert daily_and_weekly(tmp_path, pattern="portfolio-*")[0][0] is CRITICAL


@pytest.mark.parametrize(
    "form",
    [
        "shop-{at}-incremental.tar.gz",
        "shop-{at}.incr.tar.gz",
        "shop_differential_{at}.tar.gz",
        "shop-cumulative-{at}.tar.gz",
        "shop-{at}-inc.tar.gz",
        "incrementals/shop-{at}.tar.gz",
    ],
)
def test_part_of_a_chain_is_no_whole_archive(tmp_path, form):
    """By its name: neither the other volumes nor the full backup are known to be there."""
    for night in range(3):
        made = NOW - timedelta(days=night, hours=5)
        before, at = (f"{one:%Y%m%dT%H%M%SZ}" for one in (made - timedelta(days=1), made))
        file = tmp_path / form.format(before=before, at=at)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(SOUND)
    daily, weekly = daily_and_weekly(tmp_path, pattern="*tar.gz")
    assert (daily[0], weekly[0]) == (UNKNOWN, UNKNOWN)
    assert "expected an archive that holds everything" in weekly[1]


@pytest.mark.parametrize(
    ("newest", "before", "is_whole"),
    [
        ("shop-cumulative-20261122.tar.gz", "", False),
        ("shop-20261122-inc.tar.gz", "shop-20261121-inc.tar.gz", False),
        ("shop-20261122.inc03.tar.gz", "", False),
        ("inc/shop-20261122.tar.gz", "", False),
        ("daily-inc/2026-11-22.tar.gz", "", False),
        ("diffs/shop-20261122.tar.gz", "", False),
        ("SHOP_DIF_20261122.bak", "", False),
        ("shop-20261122-increment.tar.gz", "", False),
        ("shop-inc-20261122.tar.gz", "shop-20261115.tar.gz", False),
        ("20261122-inc-shop.tar.gz", "20261115-shop.tar.gz", False),
        ("shop.20261122.delta.tar.gz", "shop.20261115.tar.gz", False),
        ("shop-l1-20261122.tar.gz", "shop-l0-20261115.tar.gz", False),
        ("acme-inc-20261122.tar.gz", "acme-inc-20261121.tar.gz", True),
        ("acme-inc/shop-20261122.tar.gz", "", True),
        ("delta-air-20261122.tar.gz", "delta-air-20261121.tar.gz", True),
        ("shop-d-20261122.tar.gz", "shop-20261121.tar.gz", True),
        ("shop-20261122.tar.gz", "shop-inc-20261121.tar.gz", True),
        ("shop-full-20261122.tar.gz", "shop-inc-20261121.tar.gz", True),
        ("different-20261122.tar.gz", "incident-20261121.tar.gz", True),
    ],
)
def test_names_of_incremental_archives_are_known(newest, before, is_whole):
    """Also without a full one beside, or beside one whose name says nothing."""
    assert holds_all(newest, full_kinds(filter(None, (newest, before)))).enough is is_whole


# The newest archive's name, the hours since it was written, and the verdict on its age: by its name, a copy apart.
NEWEST = {
    "gitlab": ("1795230000_2026_11_21_17.10.4-ee_gitlab_backup.tar", 29.3, CRITICAL),
    "gitlab-last-night": ("1795316400_2026_11_22_17.10.4_gitlab_backup.tar", 5.3, OK),
    "a-day-that-looks-like-a-time": ("shop-22-03-2026-11-22.tar.gz", 5880.0, CRITICAL),
    "day-first": ("shop-22-11-2026-03-15-00.tar.gz", 5.0, OK),
    "day-first-copied": ("shop-20-11-2026-03-15-00.tar.gz", 1.0, CRITICAL),
    "day-or-month-first": ("shop-08-11-2026.tar.gz", 336.3, CRITICAL),
    "day-or-month-first-copied": ("shop-11-08-2026.tar.gz", 1.0, CRITICAL),
    "discourse": ("shop-2026-11-22-030000-v20261018123456.tar.gz", 5.3, OK),
    "month-by-name": ("shop-22-Nov-2026.tar.gz", 5.3, OK),
    "month-by-name-copied": ("shop-15-Nov-2026.tar.gz", 1.0, CRITICAL),
    "from-day-to-day": ("shop-2026-11-15_2026-11-22.tar.gz", 5.3, OK),
    "javascript": ("2026-11-22T03-00-00-123Z.tar.gz", 5.3, OK),
}


@pytest.mark.parametrize(("name", "hours", "verdict"), NEWEST.values(), ids=NEWEST)
def test_age_by_the_name_of_a_real_tool(tmp_path, name, hours, verdict):
    """Whatever stands around the date."""
    (tmp_path / name).write_bytes(SOUND)
    written = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(tmp_path / name, (written, written))
    mine = {"backups": {"location": str(tmp_path), "pattern": "*"}}
    known = load("sandbox", environment={}, overlay={"targets": {"sandbox": mine}})
    place = FolderStore(str(tmp_path), "setting")
    found = backups(place, backup_listing(place, known, FixedClock(NOW)), known, Earlier())
    assert judged_reading(found.coverage, found.age, known.limits.backup_age)[0] == verdict


BAD_ENTRIES = st.one_of(
    st.just({"path": "images/gone.webp", "bytes": 1, "sha256": "0" * 64}),
    st.builds(lambda path: {"path": path}, st.sampled_from(list(CONTENT))),
    st.builds(lambda size: {"path": "images/b.webp", "bytes": size}, st.integers(901, 10**9) | st.just(-1)),
    st.builds(
        lambda text: {"path": "images/b.webp", "bytes": 900, "sha256": text}, st.text(min_size=1, max_size=70)
    ),
    st.none() | st.integers() | st.text() | st.lists(st.integers()),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4),
)


@effort(max_examples=40)
@given(entry=BAD_ENTRIES, at=st.integers(0, 3), replaces=st.booleans())
def test_one_bad_manifest_entry_anywhere_is_not_ok(tmp_path_factory, entry, at, replaces):
    """Any kind of entry, also in place of a good one."""
    manifest = msgspec.json.decode(manifest_of())
    if replaces:
        manifest["files"][at % 3] = entry
    else:
        manifest["files"].insert(at, entry)
    folder = tmp_path_factory.mktemp("p")
    (folder / "store").mkdir()
    (folder / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(
        with_manifest(json.dumps(manifest).encode())
    )
    assert both(folder)[1][0] is not OK


@effort(max_examples=30)
@given(data=st.data(), form=st.sampled_from(["gzip", "bzip2", "xz"]))
def test_one_changed_byte_of_the_content_is_not_ok(tmp_path_factory, data, form):
    """With any compression."""
    whole = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[form](gzip.decompress(SOUND))
    at = data.draw(st.integers(10, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    folder = tmp_path_factory.mktemp("b")
    (folder / "store").mkdir()
    (folder / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(changed)
    assert both(folder)[1][0] is not OK
