"""Weekly review of the archives: nights covered, archives over age, and their verification."""

import gzip
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from checks.backups import test_backups as checks
from playbook.clients.backups import FolderStore
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied
from playbook.core.verdict import Verdict
from playbook.core.wording import moment
from playbook.measure.backups.backup_review import backup_verification
from playbook.measure.backups.backups import backup_listing
from playbook.measure.backups.retention import BackupRetention, backup_retention
from playbook.readers.archives.crc64 import crc64
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.measure.backups.test_backups import an_archive
from tests.unit.readers.archives.test_inspection import members_with_manifest, tar

NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    """Writes an archive made that many hours ago."""

    def write(hours, content=b"x"):
        made = NOW - timedelta(hours=hours)
        file = tmp_path / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz"
        file.write_bytes(content)
        os.utime(file, (made.timestamp(), made.timestamp()))

    return write


def measured(tmp_path, measure, kind=FolderStore, target=None, **recovery):
    sections = {"backups": {"location": str(tmp_path)}, "recovery": recovery, **(target or {})}
    overlay = {"targets": {"sandbox": sections}}
    settings = load("sandbox", environment={}, overlay=overlay)
    store, clock = kind(str(tmp_path), "backups.location"), FixedClock(NOW)
    listing = backup_listing(store, settings, clock)
    if measure is backup_retention:
        return backup_retention(listing, settings)
    return backup_verification(store, listing, settings, clock)


def kept(tmp_path, **recovery):
    return measured(tmp_path, backup_retention, **{"keep_nights": 5, **recovery})


def test_every_night_has_its_archive(tmp_path, write):
    """At about the same hour, and with more than one in a night."""
    for hours in (5, 29.7, 30, 52.1, 77, 101.4):
        write(hours)
    found = kept(tmp_path)
    assert found.missing == ()
    assert found.gaps.value == 0
    assert found.gaps.over == "(5 of 5 nights kept)"


def test_gap_is_named_by_its_night(tmp_path, write):
    """Nights before the oldest archive are unknown."""
    for hours in (5, 29, 77):
        write(hours)
    found = kept(tmp_path)
    assert found.gaps.value == 1
    assert found.gaps.over == "(3 of 4 nights kept; none for 2026-11-20)"


@pytest.mark.parametrize("size", [0, 45, 150])
def test_archive_with_nothing_in_it_keeps_no_night(tmp_path, write, size):
    """A job that failed often leaves a file of a few bytes."""
    for night in range(10):
        write(5 + 24 * night, b"x" * (size if night in (3, 4, 5) else 4000 + night))
    found = kept(tmp_path, keep_nights=10)
    assert found.gaps.value == 3
    assert found.gaps.over.startswith("(7 of 10 nights kept; none for 2026-11-19, 2026-11-18")


def test_archives_that_became_smaller_or_larger_for_good_are_kept(tmp_path, write):
    """For instance as images were moved elsewhere."""
    for night, size in enumerate((90, 100, 4000, 4000, 80)):
        write(5 + 24 * night, b"x" * size)
    assert kept(tmp_path).missing == ()


def test_gaps_of_a_job_are_not_filled_by_another_one(tmp_path, write):
    """Each is to be kept, since its first archive."""
    for night in range(10):
        write(5 + 24 * night)
        if night not in (2, 3, 4):
            made = NOW - timedelta(hours=5.5 + 24 * night)
            (tmp_path / f"db-{made:%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(b"x")
        if night < 6:
            made = NOW - timedelta(hours=6 + 24 * night)
            (tmp_path / f"mail-{made:%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(b"x")
    assert kept(tmp_path, keep_nights=10).gaps.over.startswith("(7 of 10 nights kept; none for 2026-11-20")


@pytest.mark.parametrize(("hours", "missing"), [(25.9, 0), (26.1, 1), (50.1, 2)])
def test_last_night_is_missing_when_its_archive_is_late(tmp_path, write, hours, missing):
    """Not before: the job may still be running."""
    for nights in range(5):
        write(hours + 24 * nights)
    assert kept(tmp_path).gaps.value == missing


def test_job_around_midnight_makes_no_gap(tmp_path, write):
    """Although it makes two archives on one day and none on the next."""
    for nights, minutes in enumerate((0, 35, -20, 40, -30)):
        write(8.33 + 24 * nights + minutes / 60)
    assert kept(tmp_path).missing == ()


def test_archives_over_age_are_reported(tmp_path, write):
    """The oldest by name."""
    for hours in (5, 29, 53, 77, 101, 24 * 36, 24 * 400):
        write(hours)
    found = kept(tmp_path, keep_most_days=35.0)
    assert found.over_age_words.startswith("2 archives, the oldest portfolio-20251018T")
    assert found.gaps.value == 0


def verdict(found):
    """Verdict of the weekly checks."""
    settings = load("sandbox", environment={})
    if isinstance(found, BackupRetention):
        return judged(checks.test_kept_backups_match_the_policy, settings, backup_retention=found)
    return judged(checks.test_newest_backups_match_their_manifests, settings, backup_verification=found)


def test_no_archive_is_unknown(tmp_path):
    """The daily check reports it."""
    for found in (kept(tmp_path), measured(tmp_path, backup_verification)):
        found_verdict, message = verdict(found)
        assert found_verdict is Verdict.UNKNOWN
        assert f"expected archives in {tmp_path}, got none" in message


def test_nights_before_the_first_archive_are_unknown_on_a_new_system(tmp_path, write):
    """On a system known for longer they are missing: they were removed, or never made."""
    for hours in (5, 29, 53):
        write(hours)
    assert verdict(kept(tmp_path)) == (
        Verdict.UNKNOWN,
        "Nights without a backup: expected all 5 nights, got 3 nights; partial result: 0 (3 of 3 nights kept)",
    )
    old = {"first_days": {"known_since": "2026-09-01T06:00:00Z"}}
    said, message = verdict(kept(tmp_path, target=old))
    assert said is Verdict.WARNING
    assert "got 2 (3 of 5 nights kept; none for 2026-11-19, 2026-11-18)" in message


def test_archives_copied_at_once_have_no_date(tmp_path):
    """Their modification time is that of the copy."""
    for name in "abc":
        (tmp_path / f"{name}.tar.gz").write_bytes(an_archive())
        os.utime(tmp_path / f"{name}.tar.gz", (NOW.timestamp() - 3600,) * 2)
    said, message = verdict(kept(tmp_path, keep_nights=1))
    assert said is Verdict.UNKNOWN
    assert "got 3 archives without a date that were all written about 2026-11-22 07:20 UTC" in message


def test_newest_archives_are_read(tmp_path, write):
    """As many as configured, newest first; the first broken one is reported."""
    for hours in (5, 29, 53):
        write(hours, an_archive())
    write(29, b"broken")
    found = measured(tmp_path, backup_verification, verify_newest=2, dump="")
    assert len(found.verified) == 2
    assert found.words.startswith("portfolio-20261121T032000Z.tar.gz: an archive that is no sound gzip file")
    assert verdict(found)[0] is Verdict.CRITICAL


def test_archives_in_order_are_ok(tmp_path, write):
    """All of them are read, with as many files as usual."""
    for hours in (5, 29, 53):
        write(hours, an_archive())
    found = measured(tmp_path, backup_verification, dump="")
    assert verdict(found)[0] is Verdict.OK
    assert found.coverage.words == found.read.words == "3 of 3 archives"


def test_large_archive_without_its_files_is_critical(tmp_path, write):
    """Its manifest agrees, as the job saw no more files."""
    files = {f"images/{number}": b"x" for number in range(20)}
    write(5, gzip.compress(tar(members_with_manifest({"dump": bytes(4000)}))))
    for hours in (29, 53):
        write(hours, gzip.compress(tar(members_with_manifest({"dump": b"x", **files}))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is Verdict.CRITICAL
    assert "got 9.1 % of usual over 2 archives before it (2 files, median 22)" in message


def test_too_little_time_is_unknown(tmp_path, write):
    """Unread archives do not count as good."""
    for hours in (5, 29, 53):
        write(hours, an_archive())
    found = measured(tmp_path, backup_verification, verify_seconds=1e-9)
    said, message = verdict(found)
    assert said is Verdict.UNKNOWN
    assert "expected reading to the end of all 3 archives, got reading to the end of 0 archives" in message


def test_unavailable_archive_hides_no_other(tmp_path, write):
    """A broken one beside it is still reported."""
    for hours in (5, 29, 53):
        write(hours, an_archive() if hours != 53 else b"broken")
    gone = next(tmp_path.glob("*20261121*"))

    class Store(FolderStore):
        def read(self, name, start, length, *, within):
            if name == gone.name:
                raise Denied("Backups: access denied", service="Backups")
            return super().read(name, start, length)

    assert verdict(measured(tmp_path, backup_verification, Store, dump=""))[0] is Verdict.CRITICAL
    next(tmp_path.glob("*20261120*")).write_bytes(an_archive())
    said, message = verdict(measured(tmp_path, backup_verification, Store, dump=""))
    assert said is Verdict.UNKNOWN
    assert f"expected {gone.name} to be read and reading" in message
    assert "an error (Backups: access denied)" in message


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize(
    ("stated", "is_wrong"),
    [
        (("{name}.{algorithm}", "{sum}  {name}\n"), False),
        (("{name}.{algorithm}", "{sum}  /srv/backup/{name}\n"), False),
        (("{name}.{algorithm}", "{sum}\n"), False),
        (("{algorithm}sums.txt", "{sum} *{name}\n"), False),
        (("CHECKSUMS", "{sum}  ./{name}\n"), False),
        (("{name}.{algorithm}", "{other}  {name}\n"), True),
        (("{name}.{algorithm}", "{other}\n"), True),
        (("{algorithm}sums.txt", "{other} *{name}\n"), True),
        (("CHECKSUMS", "{other}  another.tar.gz\n"), False),
        (("{name}.{algorithm}", "not made tonight\n"), False),
        (("{name}.log", "{other}  {name}\n"), False),
    ],
)
def test_archive_that_differs_from_its_sum_beside_it_is_critical(tmp_path, write, algorithm, stated, is_wrong):
    """As `sha256sum --check` says it; the archive itself is whole."""
    content = gzip.compress(tar(members_with_manifest({"dump.rdb": an_rdb(3)})))
    write(5, content)
    write(29, content)
    name = "portfolio-20261122T032000Z.tar.gz"
    right = hashlib.new(algorithm, content).hexdigest()
    values = {"name": name, "algorithm": algorithm, "sum": right, "other": right[::-1]}
    beside, text = (one.format(**values) for one in stated)
    (tmp_path / beside).write_text(text)
    said, message = verdict(measured(tmp_path, backup_verification))
    assert (said is Verdict.CRITICAL) is is_wrong, message
    assert ("an archive that differs from its sum in " in message) is is_wrong


def an_rdb(keys, ctime=None):
    """A Redis dump with this many keys, which says when it was made if that is given."""
    made = b"" if ctime is None else b"\xfa\x05ctime\xc2" + ctime.to_bytes(4, "little")
    content = b"REDIS0011" + made + b"\xfe\x00"
    content += b"".join(b"\x00\x01%c\x01x" % (97 + key) for key in range(keys)) + b"\xff"
    return content + crc64(content).to_bytes(8, "little")


def test_dump_that_lost_every_key_is_critical(tmp_path, write):
    """It is intact, and a restore of it succeeds."""

    def with_dump(keys):
        return gzip.compress(tar(members_with_manifest({"dump.rdb": an_rdb(keys), "images/a.webp": b"x" * 900})))

    for hours, keys in ((5, 0), (29, 7), (53, 6)):
        write(hours, with_dump(keys))
    said, message = verdict(measured(tmp_path, backup_verification))
    assert said is Verdict.CRITICAL
    assert "got portfolio-20261122T032000Z.tar.gz: an archive with a dump without any key, where one" in message
    write(29, with_dump(0))
    write(53, with_dump(0))
    assert verdict(measured(tmp_path, backup_verification))[0] is Verdict.OK


PG_DUMP = (
    b"-- PostgreSQL database dump\nCOPY public.a (b) FROM stdin;\n"
    + b"x\n" * 90
    + b"\\.\n\n-- PostgreSQL database dump complete\n--\n\n"
)


@pytest.mark.parametrize(
    ("newest", "before", "found"),
    [
        ([], ["db.sql"] * 3, "an archive without db.sql, which each of the 3 before it has"),
        (
            [],
            [f"dumps/shop-2026-11-{day}.sql" for day in (21, 20)],
            "an archive without dumps/shop-#-#-#.sql, which",
        ),
        (["dumps/shop-2026-11-22.sql"], [f"dumps/shop-2026-11-{day}.sql" for day in (21, 20)], ""),
        (["shop-01dec2026.sql"], ["shop-30nov2026.sql", "shop-29Nov2026.sql"], ""),
        (["marketing.sql"], ["mayflower.sql"] * 2, "without mayflower.sql, which"),  # neither is of a month
        ([], ["db.sql", ""], ""),  # it is not in each of them
        ([], ["db.sql"], ""),  # of one archive nobody knows what is usual
    ],
)
def test_dump_that_the_newest_archive_lacks_is_critical(tmp_path, write, newest, before, found):
    """The manifest is made of what the job has written, so it misses nothing; the pictures are the most of it."""

    def with_dumps(names):
        members = dict.fromkeys(filter(None, names), PG_DUMP) | {f"images/{n}.webp": b"x" * 900 for n in range(30)}
        return gzip.compress(tar(members_with_manifest(members)))

    write(5, with_dumps(newest))
    for night, name in enumerate(before, start=1):
        write(5 + 24 * night, with_dumps([name]))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert (said is Verdict.CRITICAL) is bool(found)
    assert found in message


def test_what_was_lost_some_nights_ago_is_critical(tmp_path, write):
    """Of a weekly check's seven archives the newest ones may have lost it, and so does each that follows."""
    pictures = {f"images/{n}.webp": b"x" * 900 for n in range(30)}
    for night in range(7):
        kept = pictures | ({} if night < 3 else {"db.sql": PG_DUMP})
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest(kept))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is Verdict.CRITICAL
    assert "without db.sql, which each of the 4 before the newest 3 has" in message


def test_dump_of_redis_is_no_row_of_another_one(tmp_path, write):
    """It is read by a reader of its own."""
    tables = PG_DUMP.replace(
        b"COPY public.a (b) FROM stdin;\n" + b"x\n" * 90 + b"\\.\n", b"CREATE TABLE public.a (b text);\n"
    )
    write(5, gzip.compress(tar(members_with_manifest({"db.sql": tables, "dump.rdb": an_rdb(3)}))))
    said, message = verdict(measured(tmp_path, backup_verification))
    assert said is Verdict.CRITICAL
    assert "db.sql, in which no table has a row" in message


KEYED = b"-- PostgreSQL database dump\n--\n\n\\restrict %s\n\n" + PG_DUMP + b"\\unrestrict %s\n\n"


@pytest.mark.parametrize("nights", [(0, 1, 2), (1, 1, 2)])
def test_archive_that_an_earlier_night_had_is_a_warning(tmp_path, write, nights):
    """As where a job uploads the file of the night before: its manifest says when that was made."""
    content = {"db.sql": PG_DUMP}
    files = json.loads(members_with_manifest(content)["manifest.json"])
    for night, made in enumerate(nights):
        manifest = files | {"created": (NOW - timedelta(hours=5 + 24 * made)).isoformat()}
        write(5 + 24 * night, gzip.compress(tar({"manifest.json": json.dumps(manifest).encode(), **content})))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    is_new = nights[0] == 0
    assert said is (Verdict.OK if is_new else Verdict.WARNING), message
    assert ("manifest.json of the archive of" in message) is not is_new


@pytest.mark.parametrize("keys", ["aa", "abca", "ab"])
def test_plain_dump_that_an_earlier_night_holds_is_a_warning(tmp_path, write, keys):
    """It does not say when it was made, but pg_dump writes a random key into each since August 2025."""
    for night, key in enumerate(keys):
        members = {f"shop-{night}.sql": KEYED % ((key * 63).encode(), (key * 63).encode())}
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest(members))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    same = keys[0] == keys[-1]
    assert said is (Verdict.WARNING if same else Verdict.OK), message
    made = NOW - timedelta(hours=5 + 24 * (len(keys) - 1))
    assert (f"shop-0.sql of the archive of {moment(made)}" in message) is same


@pytest.mark.parametrize("small", [1, 3, 5])
def test_what_became_small_some_nights_ago_is_critical(tmp_path, write, small):
    """The median of all earlier archives would be that of the small ones from the fourth on."""
    for night in range(7):
        count, rows = (20, 9) if night < small else (90, 9000)
        members = {"db.sql": _sql(rows), **_files("texts", count)}
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest(members))))
    found = measured(tmp_path, backup_verification, dump="")
    assert found.files.value == pytest.approx(24, abs=1)
    assert found.dumps[0][1].value < 1
    newest = "3 archives before the newest 4 (" if small == 5 else "6 archives before it ("
    assert found.files.over.startswith(newest)
    assert verdict(found)[0] is Verdict.CRITICAL


def _files(folder, count=3):
    return {f"{folder}/{number}.txt": b"x" * 900 for number in range(count)}


IMAGES = _files("images", 90)


def _sql(rows):
    return PG_DUMP.replace(b"x\n" * 90, b"x\n" * rows)


@pytest.mark.parametrize(
    ("newest", "before", "found"),
    [
        (
            {"db.sql": _sql(1)},
            [{"db.sql": _sql(9000)}] * 3,
            "Size of db.sql in the newest backup: expected at least 70 % of usual, got 0.6 %",
        ),
        (
            {"dumps/shop-22.sql": _sql(9)},
            [{"dumps/shop-21.sql": _sql(9000)}, {"dumps/shop-20.sql": _sql(9000)}],
            "Size of dumps/shop-#.sql in the newest backup: expected at least 70 % of usual, got 0.7 %",
        ),
        (
            {"forms.sqlite": b""},
            [{"forms.sqlite": b"SQLite format 3" + bytes(40_000)}] * 2,
            "Size of forms.sqlite in the newest backup: expected at least 70 % of usual, got 0 %",
        ),
        ({"db.sql": _sql(6500)}, [{"db.sql": _sql(9000)}] * 3, ""),  # a table was dropped
        ({"db.sql": _sql(1)}, [{"db.sql": _sql(900)}] * 3, ""),  # a small database may hold a few rows
        ({"db.sql": _sql(1)}, [{"db.sql": _sql(9000)}, *[{"db.sql": _sql(1)}] * 2], ""),  # it was emptied before
        ({"db.sql": _sql(1)}, [{"db.sql": _sql(9000)}], ""),  # of one archive nobody knows what is usual
        ({"cache.rdb": an_rdb(1)}, [{"cache.rdb": an_rdb(1) + bytes(90_000)}] * 2, ""),  # a cache may be emptied
    ],
)
def test_dump_that_lost_its_rows_is_critical(tmp_path, write, newest, before, found):
    """It is whole and ends as it should; the pictures are the most of the archive, which is as large as ever."""
    for night, members in enumerate([newest, *before]):
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest(IMAGES | members))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert found in message
    assert ("critical < 50 %" in message) is bool(found), message
    assert not found or said is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("newest", "before", "found"),
    [
        (IMAGES, [IMAGES | _files("config")] * 3, "an archive without config/, which each of the 3 before it has"),
        (_files("srv/images", 9), [_files("srv/images", 9) | _files("srv/app", 2)] * 2, "without srv/app/, which"),
        (
            IMAGES,
            [IMAGES | _files("config/nginx") | _files("config/app")] * 2,
            "an archive without config/, which",
        ),
        (
            _files("night-22/images", 90),
            [_files(f"night-{day}/images", 90) | _files(f"night-{day}/config") for day in (21, 20)],
            "an archive without night-#/config/, which",
        ),
        (IMAGES | _files("weekly/December"), [IMAGES | _files("weekly/November")] * 3, ""),
        (IMAGES | _files("2026_dez"), [IMAGES | _files("2026_nov")] * 3, ""),
        (IMAGES | _files("août"), [IMAGES | _files("juillet")] * 3, ""),
        (IMAGES | _files("setup"), [IMAGES | _files("decoder")] * 3, "without decoder/, which"),
        (_files("night-22/images"), [_files(f"night-{day}/images") for day in (21, 20)], ""),
        (IMAGES | _files("config"), [IMAGES | _files("config", 4)] * 2, ""),
        (IMAGES, [IMAGES | _files("config"), IMAGES], ""),  # it is not in each of them
        (IMAGES, [IMAGES | _files("config")], ""),  # of one archive nobody knows what is usual
        (IMAGES, [IMAGES | _files("tmp", 1)] * 3, ""),  # what passes may be gone
        # A person may remove a folder further down.
        (IMAGES | _files("app"), [IMAGES | _files("app") | _files("images/old")] * 3, ""),
    ],
)
def test_folder_that_the_newest_archive_lacks_is_critical(tmp_path, write, newest, before, found):
    """A mount that is missing leaves an empty folder, which the manifest does not list."""
    for night, members in enumerate([newest, *before]):
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest(members))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert (said is Verdict.CRITICAL) is bool(found), message
    assert found in message


def test_files_are_compared_with_those_of_the_same_job(tmp_path, write):
    """Each archive of a database has one file, and each of the images many."""
    many = {f"images/{number}.webp": b"x" for number in range(20)}
    for night in range(3):
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest({"shop": b"x"}))))
        made = NOW - timedelta(hours=6 + 24 * night)
        (tmp_path / f"images-{made:%Y%m%dT%H%M%SZ}.tar.gz").write_bytes(
            gzip.compress(tar(members_with_manifest(many)))
        )
    assert verdict(measured(tmp_path, backup_verification, dump=""))[0] is Verdict.OK


SQL = "-- MySQL dump 10.13  Distrib 8\n\nINSERT INTO `a` VALUES (1);\n-- Dump completed on {:%Y-%m-%d %H:%M:%S}\n"


@pytest.mark.parametrize(
    ("hours", "wanted"), [(0.0, Verdict.OK), (-9.0, Verdict.OK), (30.0, Verdict.OK), (60.0, Verdict.WARNING)]
)
@pytest.mark.parametrize("name", ["dump.rdb", "db/shop.sql"])
def test_old_dump_in_a_new_archive_is_a_warning(tmp_path, write, name, hours, wanted):
    """A job that goes on after its first step failed packs what it finds."""
    for before in (5, 29, 53):
        made = NOW - timedelta(hours=before + hours)
        dump = an_rdb(3, int(made.timestamp())) if name == "dump.rdb" else SQL.format(made).encode()
        write(before, gzip.compress(tar(members_with_manifest({name: dump, "images/a.webp": b"x" * 900}))))
    said, message = verdict(measured(tmp_path, backup_verification, dump="dump.rdb" if "rdb" in name else ""))
    assert said is wanted, message
    if wanted is Verdict.WARNING:
        assert f"expected each to be made for it, got {name} of 2026-11-19 15:20" in message


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ((6, 30, 54), Verdict.OK),
        ((30, 30, 54), Verdict.WARNING),  # the newest archive holds last night's dump
        ((6, 54, 54), Verdict.OK),  # the job works again
    ],
)
def test_dump_of_the_night_before_is_a_warning(tmp_path, write, made, wanted):
    """It is no two days older than its archive, and the archive before holds the very same one."""
    for before, hours in zip((5, 29, 53), made, strict=True):
        dump = SQL.format(NOW - timedelta(hours=hours)).encode()
        write(before, gzip.compress(tar(members_with_manifest({"db.sql": dump, "images/a.webp": b"x" * 900}))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is wanted, message
    assert wanted is Verdict.OK or "expected each to be made for it, got db.sql of" in message


@pytest.mark.parametrize(("apart", "wanted"), [(1, Verdict.OK), (24, Verdict.WARNING)])
def test_dump_of_one_night_may_be_in_several_archives_of_it(tmp_path, write, apart, wanted):
    """Archives of each hour contain the dump of the night."""
    dump = SQL.format(NOW - timedelta(hours=9)).encode()
    for number in range(3):
        write(5 + apart * number, gzip.compress(tar(members_with_manifest({"db.sql": dump}))))
    assert verdict(measured(tmp_path, backup_verification, dump=""))[0] is wanted


def test_dump_of_an_idle_redis_is_no_old_one(tmp_path, write):
    """It saves nothing as long as nothing changes."""
    dump = an_rdb(3, int((NOW - timedelta(hours=30)).timestamp()))
    for before in (5, 29):
        write(before, gzip.compress(tar(members_with_manifest({"dump.rdb": dump}))))
    assert verdict(measured(tmp_path, backup_verification, dump="dump.rdb"))[0] is Verdict.OK
