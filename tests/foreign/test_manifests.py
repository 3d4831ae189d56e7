"""Manifests in the words of real backup jobs, and sums in the formats of real tools."""

import gzip
import hashlib
import json

import pytest

from playbook.core.verdict import Verdict
from tests.foreign.test_backups import CONTENT, both, manifest_of, tarred, with_manifest

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
SUMS = [(hashlib.sha256(data).hexdigest(), name) for name, data in CONTENT.items()]
PLAIN = "".join(f"{digest}  {name}\n" for digest, name in SUMS)
OF_NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def store(tmp_path):
    """A folder for archives, as ``both`` expects it."""
    (tmp_path / "store").mkdir()
    return tmp_path


def results(store, data, **section):
    """Of the daily and the weekly check."""
    (store / "store" / "portfolio-20261122T030000Z.tar.gz").write_bytes(data)
    daily, weekly = both(store, **section)
    return (daily[0], weekly[0]), weekly[1]


@pytest.mark.parametrize(
    "said",
    [
        {"status": "completed with errors"},
        {"status": "PARTIALLY_FAILED"},
        {"status": "not ok"},
        {"status": "unsuccessful"},
        {"status": "InProgress"},
        {"status": "killed"},
        {"status": "skipped"},
        {"phase": "PartiallyFailed"},
        {"result": {"success": False}},
        {"job": {"state": "FAILED", "exit_code": 2}},
        {"exit_code": 2},
        {"exitCode": "1"},
        {"rc": 1},
        {"partial": True},
        {"hasErrors": True},
        {"error_count": 3},
        {"failed_tables": ["orders"]},
        {"success": 0},
        {"FilesWithError": 2},  # of Duplicati
        {"missing": ["images/1a2b.webp"]},
        {"unreadable_files": 3},
    ],
    ids=str,
)
def test_failed_job_is_critical_in_any_words(store, said):
    """In case and compounds as jobs write them, also one level below."""
    assert results(store, with_manifest(manifest_of(**said)))[0] == (CRITICAL, CRITICAL)


@pytest.mark.parametrize("state", ["success with warnings", "warning", "archived", "no changes", 1, ["a", "b"]])
def test_state_that_is_not_understood_is_unknown(store, state):
    """It may be a failure in other words: 1 is an exit code, or a flag that is set."""
    found, message = results(store, with_manifest(manifest_of(status=state)))
    assert found == (UNKNOWN, UNKNOWN)
    assert f'"status": {json.dumps(state)}' in message


@pytest.mark.parametrize(
    ("created", "verdict"),
    [
        ("2026-11-22T03:00:04Z", OK),
        ("2026-11-21T19:00:04-08:00", OK),
        ("2026-11-21 14:00:00", OK),  # of a machine west of Greenwich, without its zone
        ("2026-11-22", OK),
        ("2026-09-01T03:00:04Z", WARNING),
        ("2026-09-01 03:00:04.123+02:00", WARNING),
    ],
)
def test_manifest_that_is_much_older_than_its_archive_is_a_warning(store, created, verdict):
    """As where a job packs an old export every night."""
    assert results(store, with_manifest(manifest_of(created=created)))[0] == (verdict, verdict)


def test_manifest_with_two_lists_of_files_is_unknown(store):
    """Programs take the first or the last of them."""
    twice = manifest_of().replace(b'"files":', b'"files": [], "files":', 1)
    found, message = results(store, with_manifest(twice))
    assert found == (UNKNOWN, UNKNOWN), message


@pytest.mark.parametrize(
    "said",
    [
        {"status": "completed without errors", "errors": 0},
        {"status": "COMPLETED", "exit_code": 0, "hasErrors": False},
        {"status": "Successfully finished"},
        {"status": "OK (54 files, 0 failed)"},
        {"status": "started 03:00, done 03:05"},
        {"result": {"success": True, "errors": []}, "partial": False, "rc": "0"},
        {"status": "0", "error": "none", "failed": None},
        {"error_log": "/var/log/backup.log", "host": "shop", "dry_run": False},
    ],
    ids=str,
)
def test_successful_job_is_ok_in_any_words(store, said):
    assert results(store, with_manifest(manifest_of(**said)))[0] == (OK, OK)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + f"{OF_NOTHING}  SHA256SUMS\n",
        PLAIN + f"{OF_NOTHING}  ./SHA256SUMS\n",
        f"# by the nightly job\n\n{PLAIN}",
        f"\ufeff{PLAIN}".replace("\n", "\r\n"),
        PLAIN.replace("\n", "\0"),
        PLAIN.replace("  ", " "),
        "".join(f"SHA256({name})= {digest}\n" for digest, name in SUMS),
        "".join(f"SHA2-256({name})= {digest}\n" for digest, name in SUMS),
    ],
    ids=[
        "lists-itself",
        "lists-itself-by-find",
        "comment",
        "windows",
        "zero",
        "freebsd",
        "openssl-1",
        "openssl-3",
    ],
)
def test_sums_of_each_tool_are_read(store, text):
    """A list of sums that names itself was not finished then; a wrong sum is still found."""
    packed = gzip.compress(tarred([("SHA256SUMS", text.encode()), *CONTENT.items()]))
    assert results(store, packed, manifest="SHA256SUMS")[0] == (OK, OK)
    changed = {**CONTENT, "images/b.webp": b"B" * 900}
    packed = gzip.compress(tarred([("SHA256SUMS", text.encode()), *changed.items()]))
    assert results(store, packed, manifest="SHA256SUMS")[0] == (OK, CRITICAL)


def test_escaped_names_are_read(store):
    """sha256sum writes a backslash before the sum, and escapes in the name."""
    content = {"images/a\\b.webp": b"1", "images/a\nb.webp": b"2"}
    sums = [hashlib.sha256(data).hexdigest() for data in content.values()]
    text = f"\\{sums[0]}  images/a\\\\b.webp\n\\{sums[1]}  images/a\\nb.webp\n"
    packed = gzip.compress(tarred([("SHA256SUMS", text.encode()), *content.items()]))
    assert results(store, packed, manifest="SHA256SUMS")[0] == (OK, OK)


def _sums(algorithm, form, content):
    return "".join(form.format(hashlib.new(algorithm, data).hexdigest(), name) for name, data in content.items())


PLAIN_FORM = "{0}  {1}\n"


@pytest.mark.parametrize(
    ("algorithm", "form", "name"),
    [
        ("sha512", PLAIN_FORM, "SHA512SUMS"),
        ("sha512", "SHA512 ({1}) = {0}\n", "sums.sha512"),
        ("sha512", "SHA2-512({1})= {0}\n", "sha512.txt"),
        ("sha384", PLAIN_FORM, "SHA384SUMS"),
        ("sha1", PLAIN_FORM, "sha1sums.txt"),
        ("md5", PLAIN_FORM, "md5sums"),
        ("md5", "MD5 ({1}) = {0}\n", "CHECKSUM.MD5"),
    ],
)
@pytest.mark.parametrize("is_last", [True, False])
def test_sums_of_other_algorithms_are_compared(store, algorithm, form, name, is_last):
    """By the name of the list, wherever it is in the archive; a wrong sum and a missing file are found."""

    def packed(content):
        sums = (name, _sums(algorithm, form, CONTENT).encode())
        return gzip.compress(tarred([*content.items(), sums] if is_last else [sums, *content.items()]))

    assert results(store, packed(CONTENT), manifest=name)[0] == (OK, OK)
    changed = {**CONTENT, "images/b.webp": b"B" * 900}
    assert results(store, packed(changed), manifest=name)[0] == (OK, CRITICAL)
    less = {path: data for path, data in CONTENT.items() if path != "images/b.webp"}
    assert results(store, packed(less), manifest=name)[0] == (CRITICAL, CRITICAL)


def test_sums_of_an_unnamed_kind_behind_the_files_are_unknown(store):
    """When the list is read, the files have passed."""
    last = gzip.compress(tarred([*CONTENT.items(), ("SUMS", _sums("sha512", PLAIN_FORM, CONTENT).encode())]))
    found, message = results(store, last, manifest="SUMS")
    assert found == (OK, UNKNOWN)
    assert "got checksums of 0 listed files" in message


@pytest.mark.parametrize("folder", ["/backup/work/", "./"])
def test_sums_by_absolute_paths_are_read(store, folder):
    """``sha256sum /backup/work/* > SHA256SUMS``; tar stores the same files from that folder."""
    text = "".join(f"{digest}  {folder}{name}\n" for digest, name in SUMS)
    packed = gzip.compress(tarred([*CONTENT.items(), ("SHA256SUMS", text.encode())]))
    assert results(store, packed, manifest="SHA256SUMS")[0] == (OK, OK)
    less = [(path, data) for path, data in CONTENT.items() if path != "images/b.webp"]
    packed = gzip.compress(tarred([*less, ("SHA256SUMS", text.encode())]))
    assert results(store, packed, manifest="SHA256SUMS")[0] == (CRITICAL, CRITICAL)


def test_manifest_that_lists_itself_is_ok(store):
    """With the size that it had before it was written."""
    assert results(store, with_manifest(manifest_of({**CONTENT, "manifest.json": b""})))[0] == (OK, OK)


SIGNED = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

{}-----BEGIN PGP SIGNATURE-----

iQIzBAEBCgAdFiEE
=b2pB
-----END PGP SIGNATURE-----
"""


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        (SIGNED.format(PLAIN), (OK, OK)),
        (SIGNED.format(PLAIN).replace("\n", "\r\n"), (OK, OK)),
        (SIGNED.format(PLAIN.replace(SUMS[0][0], "0" * 64)), (OK, CRITICAL)),
        (SIGNED.format("".join(PLAIN.splitlines(keepends=True)[1:])), (UNKNOWN, UNKNOWN)),
        (SIGNED.format(PLAIN).partition("-----END")[0], (UNKNOWN, UNKNOWN)),
    ],
    ids=["whole", "of-windows", "with-a-wrong-sum", "without-a-file", "cut-off"],
)
def test_signed_list_is_read(store, text, verdicts):
    """Of ``gpg --clearsign SHA256SUMS``."""
    archive = gzip.compress(tarred([("manifest.json", text.encode()), *CONTENT.items()]))
    assert results(store, archive)[0] == verdicts
