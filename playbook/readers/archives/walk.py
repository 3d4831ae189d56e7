"""One pass through a streamed archive: every member in turn, then the end. Only names and sizes are kept.

tarfile alone is too lenient for this: it takes a damaged header, and a file without tar's end mark, for the end of
the archive, ignores what follows, and in stream mode (``r|gz``) does not compare gzip's checksum.
"""

from __future__ import annotations

import gzip
import lzma
import posixpath
import re
import tarfile
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO

import msgspec

from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.wording import plural
from playbook.readers.archives.about_dumps import Lack, of_left_out
from playbook.readers.archives.dump_statements import is_structure
from playbook.readers.archives.dump_times import Times
from playbook.readers.archives.headers import members_of
from playbook.readers.archives.inner_files import MAX_PACKED, InnerFile, inner_file
from playbook.readers.archives.inner_names import is_database_dump, is_of_redis
from playbook.readers.archives.manifest import LONGEST, SHAPE, ListedFile, Manifest, ShapeError, read_manifest
from playbook.readers.archives.streams import BLOCK, CHUNK, DamagedError, Reader, Unpacked, UnreadableError
from playbook.readers.archives.unfinished import unfinished

_MAX_LINKS = 40  # length of a chain of links
# Kinds of members besides files, folders, links and devices.
# https://www.gnu.org/software/tar/manual/html_node/Standard.html
DUMP_DIRECTORY, VOLUME_LABEL, OTHER_VOLUME = b"D", b"V", b"M"

# Limits of what is kept of all members together: a name of each, and about 400 bytes besides.
MAX_MEMBERS = 500_000
MAX_NAMES = 64 << 20  # characters
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".heic", ".tif", ".tiff")
_MANY_EMPTY = 10
HEAD = 64  # bytes of a picture that are looked at
_YEAR_2000, _YEAR_9000 = 946_684_800, 221_845_392_000  # some tars have no times, all alike
_PACKED_PART = re.compile(r"\.(?:gz|lz4|zst)$")
_ZEROS = 32  # bytes; AVIF and HEIC begin with three


@dataclass
class Walk:
    """One pass through an archive.

    Attributes:
        manifest_name: of the member that lists the others, in any folder; empty where none is required.
        sizes: bytes of each member; of duplicates, of the later, which a restore leaves.
        files: members with content: regular files and hard links.
        links: symbolic and hard links, with their targets.
        how: compression of the archive.
        require_time: raises OutOfTimeError at the time limit, as a hole of a sparse file needs no reading.
    """

    manifest_name: str
    sizes: dict[str, int] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    how: str = ""
    require_time: Callable[[], None] = lambda: None
    _manifest: bytes | None = None
    _understood: Manifest | ShapeError | None = None
    _base: str = ""
    _hard: set[str] = field(default_factory=set)
    _inner: dict[str, str] = field(default_factory=dict)
    _has_rows: dict[str, bool] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _tables: dict[str, dict[str, int]] = field(default_factory=dict)
    _belong: list[tuple[str, str]] = field(default_factory=list)
    _left_out: dict[str, Lack] = field(default_factory=dict)
    _to_unpack: int = MAX_PACKED
    _odd: list[str] = field(default_factory=list)
    _no_pictures: set[str] = field(default_factory=set)
    _elsewhere: int = 0
    _names: int = 0
    _noted: int = 0
    _made: dict[str, datetime] = field(default_factory=dict)
    _newest: float = 0.0

    def through(self, reader: Reader) -> None:
        """Visit every member and the end.

        Raises:
            DamagedError, OutOfTimeError, UnreadableError
        """
        try:
            self.require_time = reader.require_time
            unpacked = Unpacked(reader)
            self.how = unpacked.how
            for tar, member in members_of(unpacked):
                self.note(tar, member)
                self.visit(tar, member)
            if unpacked.last.strip(b"\0") or len(unpacked.last) != BLOCK:
                raise DamagedError(f"breaks off {self._place}, without tar's end mark")
            # Padding with zeros; at its end the checksum of gzip is compared.
            behind = False
            while piece := unpacked.read(CHUNK):
                behind = behind or bool(piece.strip(b"\0"))
            if behind:
                raise DamagedError("goes on after tar's end mark, with what no restore brings back")
        except EOFError:
            raise DamagedError(f"is cut off {self._place}") from None
        except gzip.BadGzipFile as error:
            if self.sizes and "Not a gzipped file" in str(error):
                raise DamagedError(f"goes on after its end with what is no gzip: {_lower(error)}") from None
            raise DamagedError(f"is no sound gzip file: {_lower(error)}") from None
        except tarfile.TarError as error:
            what = f"cannot be read {self._place}" if self.sizes else "holds no tar"
            raise DamagedError(f"{what}: {_lower(error)}") from None
        except (zlib.error, lzma.LZMAError) as error:
            raise DamagedError(f"cannot be unpacked {self._place}: {_lower(error)}") from None
        except OSError as error:
            if error.errno is not None or str(error) != "Invalid data stream":  # bzip2's only message
                raise
            raise DamagedError(f"cannot be unpacked {self._place}: {_lower(error)}") from None

    @property
    def _place(self) -> str:
        return f"after member {len(self.sizes):,}" if self.sizes else "at its beginning"

    def note(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Keep name, size and kind of a member; UnreadableError beyond the limits of what is kept."""
        self._names += len(member.name) + len(member.linkname)
        self._noted += 1
        if self._names > MAX_NAMES or self._noted > MAX_MEMBERS:
            much = f"{MAX_MEMBERS:,} members" if self._noted > MAX_MEMBERS else f"{MAX_NAMES:,} B of names"
            raise UnreadableError(f"an archive of over {much}")
        path = plain(member.name)
        self.sizes[path] = member.size
        self._newest = max(self._newest, float(member.mtime) if member.isfile() else 0.0)
        for known in (self.files, self._hard):
            known.discard(path)
        self.links.pop(path, None)
        if member.islnk():
            self.links[path] = plain(member.linkname)
            self._hard.add(path)
            self.files.add(path)
        elif member.issym():
            self.links[path] = plain(posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname)))
        elif member.isfile():
            self.files.add(path)
        elif member.type == DUMP_DIRECTORY:
            content = tar.extractfile(member)
            self._elsewhere += _left_out(content.read(LONGEST) if content else b"")
        elif not (member.isdir() or member.isdev() or member.type in (VOLUME_LABEL, OTHER_VOLUME)):
            self._odd.append(f"{member.name} of type {member.type.decode(errors='backslashreplace')}")
        if "GNU.dumpdir" in member.pax_headers:
            self._elsewhere += _left_out(member.pax_headers["GNU.dumpdir"].encode(errors="surrogateescape"))

    def visit(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Visit one member; its content can only be read now."""
        path = plain(member.name)
        is_manifest = self.is_manifest(member)
        inner = self.inner(member) if member.isfile() and not is_manifest else None
        if inner or is_manifest:
            content = tar.extractfile(member)
            assert content
            if not inner:
                self.keep_manifest(member, content)
                return
            while piece := content.read(CHUNK):
                self.require_time()
                inner.write(piece)
            self.keep_inner(path, inner)
        elif member.isfile() and is_picture(path):
            content = tar.extractfile(member)
            self.note_picture(path, content.read(HEAD) if content else b"")

    def keep_inner(self, path: str, inner: InnerFile) -> None:
        """Keep what is wrong with a dump or an archive in it, when it was made, and which files belong to it."""
        self._inner[path] = inner.problem
        self._has_rows.pop(path, None)  # of duplicate members the later one counts
        if inner.has_rows is not None:
            self._has_rows[path] = inner.has_rows
        self._tables[path] = inner.tables
        if inner.key:
            self._keys[path] = inner.key
        self._left_out.pop(path, None)
        if lack := inner.left_out:
            self._left_out[path] = lack
        if inner.made:
            self._made[path] = inner.made
        folder = path.rpartition("/")[0]
        self._belong += [(path, f"{folder}/{name}".lstrip("/")) for name in inner.beside]

    @property
    def times(self) -> Times:
        """What its dumps, its manifest and its files say of when they were made."""
        databases = tuple(sorted(filter(is_database_dump, self.files)))
        has_times = _YEAR_2000 < self._newest < _YEAR_9000
        newest = datetime.fromtimestamp(self._newest, UTC) if has_times else None
        listed = self.manifest()
        own = {f"{self._base}{self.manifest_name}": listed.made} if listed and listed.made else {}
        return Times({**self._made, **own}, databases, newest, self._keys, self._tables)

    def note_picture(self, path: str, head: bytes) -> None:
        """Keep whether a picture is none by its first bytes."""
        if is_no_picture(head):
            self._no_pictures.add(path)

    def inner(self, member: tarfile.TarInfo) -> InnerFile | None:
        """The reader of a dump or an archive in it; None for other members."""
        found, effort = inner_file(plain(member.name), member.size, self._to_unpack, self.require_time)
        self._to_unpack -= effort
        return found

    def is_manifest(self, member: tarfile.TarInfo) -> bool:
        """Whether it is the manifest: of several the one nearest to the top, and of those the last."""
        if not self.manifest_name or not member.isfile():
            return False
        folder, _, name = plain(member.name).rpartition("/")
        if name != self.manifest_name:
            return False
        return self._manifest is None or folder.count("/") + bool(folder) <= self._base.count("/")

    def keep_manifest(self, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        """Keep the manifest, or enough of it to know that it is too long."""
        self._manifest = content.read(LONGEST)
        self._understood = None
        self._base = plain(member.name).removesuffix(self.manifest_name)

    def manifest(self) -> Manifest | None:
        """The manifest, where it exists in a known format."""
        found = self._read()
        return found if isinstance(found, Manifest) else None

    def _read(self) -> Manifest | ShapeError:
        """The parsed manifest; parsed once, as it may be long.

        Without an entry for itself: it was not finished when its sum was made (``sha256sum * > SHA256SUMS``).
        """
        if self._understood is None:
            try:
                found = self._from_the_top(read_manifest(self._manifest or b""))
                others = [one for one in found.files if self.found_at(one) != self._own]
                self._understood = msgspec.structs.replace(found, files=others)
            except ShapeError as error:
                self._understood = error
        return self._understood

    def _from_the_top(self, found: Manifest) -> Manifest:
        """With the paths from the folder that all files have in common, where they are absolute and none of them
        is in the archive as it is: ``sha256sum /backup/work/* > /backup/work/SHA256SUMS``.
        """
        paths = [plain(one.path) for one in found.files]
        is_absolute = bool(paths) and all(path.startswith("/") for path in paths)
        if not is_absolute or any(self.found_at(one) in self.sizes for one in found.files):
            return found
        common = posixpath.commonpath([posixpath.dirname(path) for path in paths])
        files = [
            msgspec.structs.replace(one, path=posixpath.relpath(path, common))
            for one, path in zip(found.files, paths, strict=True)
        ]
        return msgspec.structs.replace(found, files=files)

    def problem(self, manifest: Manifest | None) -> str:
        """What is wrong with the members according to the manifest; empty where nothing is."""
        if self.manifest_name and self._manifest is None:
            return f"an archive without {self.manifest_name} among its {len(self.sizes):,} members"
        files = self._held_files
        if not files:
            only = f"nothing but its {self.manifest_name}" if self.manifest_name else "no file"
            return f"an archive that holds {only}" if self.sizes else "an archive without members"
        leading_nowhere = next((path for path in sorted(self._hard) if self.real(path) not in self.files), "")
        if leading_nowhere:
            target = self.links[leading_nowhere]
            return f"an archive whose {leading_nowhere} is a link to {target}, which is not in it"
        if manifest and manifest.failure:
            return f"an archive whose {self.manifest_name} says {manifest.failure}"
        differing = next(filter(None, map(self._difference, manifest.files if manifest else ())), "")
        if not differing and not any(self.sizes[self.real(path)] for path in files):
            return f"an archive with {plural(len(files), 'file')} but no content"
        cut = next((f"{path}, which {why}" for path, why in self._inner.items() if why and path in files), "")
        there = {*files, *(re.sub(_PACKED_PART, "", path) for path in files)}
        lost = next((pair for pair in self._belong if pair[0] in there and pair[1] not in there), None)
        if not cut and lost:
            cut = f"{lost[0]}, which lists {lost[1]}, which is not in it"
        cut = cut or unfinished(files) or self._without_rows(files)
        return differing or (f"an archive with {cut}" if cut else "") or self._without_pictures(files)

    def _without_rows(self, files: list[str]) -> str:
        """The dumps, where none of them holds a row; one whose rows cannot be looked for may hold some."""
        dumps = [path for path in filter(is_database_dump, files) if not (is_of_redis(path) or is_structure(path))]
        if not dumps or any(self._has_rows.get(path, True) for path in dumps):
            return ""
        return f"{' and '.join(dumps)}, in which no table has a row"

    def _without_pictures(self, files: list[str]) -> str:
        """A few pictures may be empty, as uploads that broke off; of most of them the backup failed."""
        pictures = [path for path in files if is_picture(path)]
        empty = sum(not self.sizes[self.real(path)] for path in pictures)
        other = sum(self.real(path) in self._no_pictures for path in pictures)
        for what, number in (("are empty", empty), ("are no pictures by their first bytes", other)):
            if number >= _MANY_EMPTY and number * 2 > len(pictures):
                return f"an archive in which {number:,} of {plural(len(pictures), 'picture')} {what}"
        return ""

    def _difference(self, listed: ListedFile) -> str:
        size = self.sizes.get(self.real(self.found_at(listed)))
        if size is None:
            return f"an archive without {listed.path}, which its {self.manifest_name} lists"
        if listed.bytes is not None and size != listed.bytes:
            return f"an archive whose {listed.path} is {size:,} B long, not {listed.bytes:,} B as listed"
        return ""

    @property
    def coverage(self) -> Coverage:
        """How much of the archive its manifest covers, and what of it is not understood."""
        total = understood(len(self._odd), len(self.sizes), "members", examples=self._odd)
        total += of_left_out(self._left_out.values(), self._elsewhere)
        if not self.manifest_name or self._manifest is None:
            return total
        manifest = self._read()
        if isinstance(manifest, ShapeError):
            return total + lacking(
                f"{self.manifest_name} not understood",
                expected=f"{self.manifest_name} as {SHAPE}",
                got=str(manifest),
                hint="Let the backup job write one of the two forms, or set backups.manifest to an empty text.",
            )
        listed = {self.found_at(one) for one in manifest.files}
        files = self._held_files
        return (
            total
            + understood(
                len(manifest.odd),
                len(manifest.odd) + len(manifest.files),
                f"entries of {self.manifest_name}",
                examples=manifest.odd,
            )
            + share(
                sum(path in listed for path in files),
                len(files),
                "files",
                what=f"the listing in {self.manifest_name}",
                note=next((f"{path} is not listed" for path in files if path not in listed), ""),
            )
        )

    @property
    def _held_files(self) -> list[str]:
        """The files except the manifest and its signatures and checksums."""
        return sorted(path for path in self.files if path != self._own and not path.startswith(f"{self._own}."))

    @property
    def _own(self) -> str:
        """The path of the manifest itself."""
        return f"{self._base}{self.manifest_name}" if self.manifest_name else "\0"

    def real(self, path: str) -> str:
        """The target of a link, a member itself otherwise; empty for a cycle of links."""
        for _ in range(_MAX_LINKS):
            if path not in self.links:
                return path
            path = self.links[path]
        return ""

    def found_at(self, listed: ListedFile) -> str:
        """The member that a manifest's entry names: relative to the manifest, or else from the top."""
        path = plain(listed.path)
        beside, top = self._base + path, path.lstrip("/")
        return beside if beside in self.sizes else path if path in self.sizes else top


def is_picture(path: str) -> bool:
    """Whether a member is a picture by its name."""
    return path.lower().endswith(_PICTURES)


def is_no_picture(head: bytes) -> bool:
    """Whether the first bytes are those of an error page, of JSON, or of a file that was never written."""
    return head.lstrip()[:1] in (b"{", b"<") or (len(head) > _ZEROS and not head.strip(b"\0"))


def plain(path: str) -> str:
    """A normalised member name. macOS writes accents as separate characters."""
    return unicodedata.normalize("NFC", path).removeprefix("./").rstrip("/")


def _left_out(entries: bytes) -> int:
    """How many files a folder of an incremental archive names but does not contain."""
    return sum(entry.startswith(b"N") for entry in entries.split(b"\0"))


def _lower(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
