"""Duration of verifying a backup, compared with the playbook's commands: ``tar -t``, ``sha256sum`` and ``gzip
-t``.

    python -m benchmarks.backups [megabytes] [--rounds N]

An archive like those of the portfolio is made: a manifest with checksums, and images, whose content does not
compress. The suite reads it once, as the check does, and hashes each file in it; by hand it is unpacked twice, and
``sha256sum`` hashes the packed archive. They take turns; CPU seconds of all processes, and the cheapest round
counts. Needs tar, gzip and sha256sum.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks._measuring import ROOT, by_turns, cost_of, environment_of
from playbook.core.command_line import whole

FILE = 400_000  # bytes of an image
WANTED = 1.0  # ratio to the commands
MANIFEST = "manifest.json"
BY_HAND = 'tar -tzf "$0" > /dev/null && sha256sum "$0" > /dev/null && gzip -t "$0"'
VERIFY = f"""
import os, sys
from datetime import UTC, datetime
from playbook.readers.archives.verification import Wanted, verify

with open(sys.argv[1], "rb") as stream:
    wanted = Wanted(manifest="{MANIFEST}", dump="")
    found = verify(stream, os.path.getsize(sys.argv[1]), wanted, now=datetime.now(UTC), seconds=3600)
sys.exit(str(found) if found.problems or not found.whole or found.files != int(sys.argv[2]) else 0)
"""


def make(file: Path, size: int) -> int:
    """Write an archive of about ``size`` bytes; return the number of its files."""
    paths = [f"images/{number:06}.webp" for number in range(math.ceil(size / FILE))]
    listed = [{"path": path, "bytes": FILE, "sha256": hashlib.sha256(_image(path)).hexdigest()} for path in paths]
    manifest = {
        "schema": 1,
        "application": "portfolio",
        "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "bytes": FILE * len(paths),
        "counts": {"files": len(paths), "images": len(paths), "redis_keys": 0},
        "files": listed,
    }
    with tarfile.open(file, "w:gz", compresslevel=1) as tar:
        for path in (MANIFEST, *paths):
            content = json.dumps(manifest).encode() if path == MANIFEST else _image(path)
            member = tarfile.TarInfo(path)
            member.size, member.mtime = len(content), int(datetime.now(UTC).timestamp())
            tar.addfile(member, io.BytesIO(content))
    return len(paths) + 1


def _image(path: str) -> bytes:
    """Reproducible content for a path, as incompressible as a picture."""
    return Random(path).randbytes(FILE)  # noqa: S311


def main() -> None:
    """Print CPU seconds of both, and the ratio."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backups",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("megabytes", nargs="?", type=whole(1), default=200, help="how much (default: %(default)s)")
    parser.add_argument("--rounds", type=whole(1), default=5, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    environment = environment_of()
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name, "backup.tar.gz")
        files = make(archive, options.megabytes * 1_000_000)
        size = archive.stat().st_size / 1e6
        start = [sys.executable, "-c", "import playbook.readers.archives.verification"]
        found = by_turns(
            options.rounds,
            {
                "by hand": lambda: cost_of(["sh", "-c", BY_HAND, str(archive)], environment).cpu,
                "verified": lambda: (
                    cost_of([sys.executable, "-c", VERIFY, str(archive), str(files)], environment, folder=ROOT).cpu
                ),
                "start": lambda: cost_of(start, environment, folder=ROOT).cpu,
            },
        )
    ratio = found["verified"] / found["by hand"]
    print(  # noqa: T201
        f"{size:,.0f} MB, {files:,} files: verified in {found['verified']:.2f} CPU s, of which "
        f"{found['start']:.2f} s start Python; tar -t, sha256sum and gzip -t {found['by hand']:.2f} s: "
        f"{ratio:.2f} x (at most {WANTED:g} x wanted)"
    )


if __name__ == "__main__":
    main()
