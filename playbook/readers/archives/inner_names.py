"""Which members of an archive are dumps, copies of databases and further archives, by their names. Pure."""

from __future__ import annotations

import re

from playbook.readers.archives.about_dumps import AOF, AOF_MANIFEST

# Deeper ones belong to the source of a program, whose samples may be empty or cut.
_MOST_FOLDERS = 2
# Folders that lead to databases and their dumps are not counted: those of a whole system, and all up to one named
# for backups, unless they are of programs.
_OF_SYSTEMS = frozenset({"var", "srv", "mnt", "media", "data", "root", "tmp", "lib", "home"})
_OF_BACKUPS = ("backup", "dump")
_OF_PROGRAMS = frozenset(
    {
        "node_modules",
        "vendor",
        "site-packages",
        "dist-packages",
        "test",
        "tests",
        "fixtures",
        "example",
        "examples",
    }
)
_NAME = re.compile(
    r"(?i)[^/]+\.(?:(?P<copy>sqlite3?|db|bak|backup|custom|xml|archive|bson|aof(?:\.manifest)?)"
    r"|(?P<text>sql|pgdump|psql|mysql)|(?P<binary>dump|rdb|tar|zip|7z)|t(?P<short>gz|bz2?|xz))"
    r"(?:\.(?P<packed>gz|bz2|xz|zst|lz4))?(?:\.(?P<sealed>gpg|pgp|age|enc))?|(?:blob_)?\d{1,10}\.dat\.(?P<part>gz|lz4|zst)"
    r"|[^/]+@[^/]*\.(?:tsv|csv|json)\.(?P<chunk>gz|zst)"
    r"|(?P<about>toc\.dat|metadata|backup_label|(?:xtrabackup|mariadb_backup)_(?:info|checkpoints)|@\.done\.json)"
)
_OF_REDIS = re.compile(r"(?i)\.(?:rdb|aof)(?:\.|$)")


def is_of_redis(path: str) -> bool:
    """Whether a file is a dump of Redis or a part of its append-only file, by its name."""
    return _OF_REDIS.search(path) is not None


def is_database_dump(path: str) -> bool:
    """Whether a member is the dump or the copy of a database, by its name."""
    found = name_of(path)
    if found is None or found["short"] or found["part"] or found["chunk"] or found["about"]:
        return False
    if (found["copy"] or "").lower() in (AOF, AOF_MANIFEST):  # their sizes change from night to night
        return False
    return (found["binary"] or "").lower() not in ("tar", "zip", "7z")


def name_of(path: str) -> re.Match[str] | None:
    *folders, name = path.split("/")
    found = _NAME.fullmatch(name)
    return found if found and _depth(folders) <= _MOST_FOLDERS else None


def _depth(folders: list[str]) -> int:
    """Number of folders that do not only lead to backups."""
    names = [folder.lower() for folder in folders]
    if not _OF_PROGRAMS.isdisjoint(names):
        return len(names)
    last = max(
        (place for place, name in enumerate(names, 1) if any(word in name for word in _OF_BACKUPS)), default=0
    )
    leading = next((place for place, name in enumerate(names) if name not in _OF_SYSTEMS), len(names))
    if "home" in names[:leading]:
        leading += 1  # that of an account
    return max(len(names) - max(last, leading), 0)
