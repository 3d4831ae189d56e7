"""The time of an archive, from the naming schemes of backup jobs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbook.readers.archives.dating import DOUBTFUL, date_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 22, 3, 7, tzinfo=UTC)
THREE = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BY_UTC = "name, taken as UTC"


@pytest.mark.parametrize(
    ("name", "made", "source"),
    [
        ("portfolio-backup-20261122T030000Z.tar.gz", THREE, "name"),
        ("backup-2026-11-22T03:00:00Z.tar.gz", THREE, "name"),
        ("backup-2026-11-22T03-00-00.123Z.tar.gz", THREE, "name"),
        ("backup-20261122T040000+0100.tar.gz", THREE, "name"),
        ("backup-2026-11-21T22:00:00-05:00.tar.gz", THREE, "name"),
        ("backup_2026-11-22_03-00-00.tar.gz", THREE, BY_UTC),
        ("backup-20261122-030000.tar.gz", THREE, BY_UTC),
        ("backup-20261122_0300.tgz", THREE, BY_UTC),
        ("backup-20261122030000.tar.gz", THREE, BY_UTC),
        ("backup 2026-11-22 03h00.tar.gz", THREE, BY_UTC),
        ("backup-1795316400.tar.gz", THREE, "name"),
        ("backup-1795316400000.tar.gz", THREE, "name"),
        ("from-20261121T030000Z-to-20261122T030000Z.tar.gz", THREE, "name"),
        ("2026-11-22T03:00:00Z/portfolio.tar.gz", THREE, "name"),
        ("backup-2026-11-22T03-00-00-123Z.tar.gz", THREE, "name"),
        ("backup-2026-11-22_03-00-AM.zip", THREE, BY_UTC),
        ("backup-20261122-0300-pm2.tar.gz", THREE, BY_UTC),
        ("backup-11.22.2026_03-00-00_shop.tar.gz", THREE, BY_UTC),
        ("backup-2026-11-21_03-00 p.m..zip", THREE - timedelta(hours=12), BY_UTC),
        ("shop_22-11-2026_03-00.sql.gz", THREE, BY_UTC),
        ("shop-22-11-2026-03-00-00.tar.gz", THREE, BY_UTC),
        ("shop_11-22-2026_03-00.bak", THREE, BY_UTC),
        ("shop-22-03-2026-11-22.tar.gz", datetime(2026, 3, 22, 11, 22, tzinfo=UTC), BY_UTC),
        ("shop_05.11.2026_03-00.bak", datetime(2026, 11, 5, 3, 0, tzinfo=UTC), DOUBTFUL),
        ("shop_12.11.2026_03-00.bak", datetime(2026, 11, 12, 3, 0, tzinfo=UTC), BY_UTC),
        ("10.0.10.12-2026-11-22-030000.tgz", THREE, BY_UTC),
        ("22_11_2026.tgz", WRITTEN, "date in its name, time of writing"),
        ("1795230000_2026_11_21_17.10.4-ee_gitlab_backup.tar", THREE - timedelta(days=1), "name"),
        ("1795316400_2026_11_22_18.11.0_gitlab_backup.tar", THREE, "name"),
        ("account-1612345678-20261122T030000Z.tar.gz", THREE, "name"),
        ("shop-2026-11-22-030000-v20261018123456.tar.gz", THREE, BY_UTC),
        ("shop-v20261018-2026-11-22-030000.tar.gz", THREE, BY_UTC),
        ("shop-v20261122.tar.gz", WRITTEN, "date in its name, time of writing"),
        ("2026-11-15_2026-11-22.tar.gz", WRITTEN, "date in its name, time of writing"),
        ("2026-11-21_202611.tar.gz", datetime(2026, 11, 21, 20, 26, 11, tzinfo=UTC), BY_UTC),
        ("2026-Nov-22--0300.zip", THREE, BY_UTC),
        ("shop_22Nov2026_03-00.tar.gz", THREE, BY_UTC),
        ("shop-Sun-22-November-2026.tar.gz", WRITTEN, "date in its name, time of writing"),
        ("shop-Nov-15-2026.tar.gz", datetime(2026, 11, 15, tzinfo=UTC), "date in its name"),
        ("shop_5_Sept_2026.tar.gz", datetime(2026, 9, 5, tzinfo=UTC), "date in its name"),
        ("shop-31-Feb-2026.tar.gz", WRITTEN, "time of writing"),
        ("mayor-2026-11-22-0300.tar.gz", THREE, BY_UTC),
        ("march2026-11-22-0300.tar.gz", THREE, BY_UTC),
        ("portfolio-2026.11.22.tar.gz", WRITTEN, "date in its name, time of writing"),
        ("portfolio-20261122.tar.gz", WRITTEN, "date in its name, time of writing"),
        ("portfolio-20261120.tar.gz", datetime(2026, 11, 20, tzinfo=UTC), "date in its name"),
        ("portfolio.tar.gz", WRITTEN, "time of writing"),
        ("portfolio-v2.tar.gz", WRITTEN, "time of writing"),
        ("portfolio-20261341T030000Z.tar.gz", WRITTEN, "time of writing"),
        ("portfolio-20260231T030000Z.tar.gz", WRITTEN, "time of writing"),
        ("portfolio-2026112203.tar.gz", WRITTEN, "time of writing"),
        ("backup_2611220300.tar", THREE, BY_UTC),
        ("backup_user-data_2611220300.tgz", THREE, BY_UTC),
        ("backup_shop.example_user-data_2611210300_2611220300.tzst", THREE, BY_UTC),
        ("domains/shop.example/backup_user-data_2003010300.tgz", datetime(2020, 3, 1, 3, tzinfo=UTC), BY_UTC),
        ("backup_2613220300.tar", WRITTEN, "time of writing"),
        ("customer_2104051230.tar", WRITTEN, "time of writing"),
        ("portfolio-20271122T030000Z.tar.gz", WRITTEN, "time of writing"),
    ],
)
def test_time_is_read_from_the_name(name, made, source):
    """Also with a time zone, as a date only, with the year last, with a version behind it, and as seconds since
    1970; an impossible date is ignored.
    """
    assert date_of(name, WRITTEN, NOW) == (made, source)


def test_time_without_zone_uses_the_configured_zone():
    """Summer time included."""
    berlin = ZoneInfo("Europe/Berlin")
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert date_of("b-20261122-030000.tar.gz", WRITTEN, later, berlin).time == THREE - timedelta(hours=1)
    assert date_of("b-20260722-030000.tar.gz", WRITTEN, later, berlin) == (
        datetime(2026, 7, 22, 1, 0, tzinfo=UTC),
        "name, taken as Europe/Berlin",
    )


def test_day_and_month_are_told_apart_by_the_time_of_writing():
    """As both orders are usual."""
    for month, day in ((11, 5), (5, 11)):
        written = datetime(2026, month, day, 3, 7, tzinfo=UTC)
        assert date_of("shop_05-11-2026_03-00.bak", written, NOW).time == written.replace(minute=0)
