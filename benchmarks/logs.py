"""Speed of the log review compared with the playbook's manual commands: three greps over the same file.

    python -m benchmarks.logs [megabytes] [--only NAME]

Each kind of log is written to a file and read as a run reads it, newest first, within its limits. The greps read
the same file in the same run, with their output in a pipe. Ratios of CPU seconds are least affected by other load
on the machine. Where ripgrep is installed, three of it are compared, too.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from playbook.clients.log_files import FileLogs
from playbook.core.command_line import whole
from playbook.measure.logs.log_blocks import review_of
from playbook.settings.sections.target import Logs

GREPS = (["-E", " 5[0-9]{2} "], ["-i", "error"], ["-E", " (429|5[0-9]{2}) "])
ROUNDS = 3
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
PATHS = ("/", "/gallery", "/projects/lighthouse", "/api/health", "/assets/app-5f3c1a9e.css", "/favicon.ico")
Line = Callable[[datetime, Random], str]


def _stamp(at: datetime, random: Random) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{random.randrange(10**9):09d}Z"


def _access(at: datetime, random: Random, status: int) -> str:
    return (
        f"198.51.100.{random.randrange(256)} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"GET {random.choice(PATHS)} HTTP/1.1" {status} {random.randrange(40_000)} '
        f'"-" "{random.choice(BROWSERS)}"'
    )


def _error(at: datetime, random: Random) -> str:
    what = random.choice(
        (f"job {random.randrange(10**6)} failed: timeout after 30 s", "could not reach Redis: refused")
    )
    return f"image-worker {_stamp(at, random)} {at:%Y-%m-%d %H:%M:%S},123 ERROR worker: {what}"


def plain(at: datetime, random: Random) -> str:
    """App Platform's lines of a web server, a program and a worker; one in a hundred is an error."""
    kind = random.random()
    if kind < 0.01:
        return _error(at, random)
    stamp = _stamp(at, random)
    if kind < 0.25:
        status = random.choice((429, 500)) if kind < 0.013 else 200
        return f"image-optimizer {stamp} POST /api/image/optimize {status} {random.random() * 600:.3f} ms - 8121"
    if kind < 0.35:
        message = f"INFO worker: job {random.randrange(10**6)} finished in {random.randrange(900)} ms"
        return f"image-worker {stamp} {at:%Y-%m-%d %H:%M:%S},123 {message}"
    return f"portfolio-web {stamp} {_access(at, random, 502 if kind > 0.996 else 404 if kind > 0.98 else 200)}"


def nginx(at: datetime, random: Random) -> str:
    """A web server's own log."""
    return _access(at, random, 200 if random.random() > 0.01 else 500)


def unknown(at: datetime, random: Random) -> str:
    """Lines in an unknown format, with words that errors contain, too."""
    message = f"function checkout took {random.randrange(900)} ms for customer {random.randrange(10**6)}"
    return (
        f"order-service {_stamp(at, random)} {message} with timeout 3000, assigned to zone {random.randrange(30)}"
    )


def unknown_ids(at: datetime, random: Random) -> str:
    """The same, with an id on each line."""
    message = f"checkout took={random.randrange(900)} customer={random.randrange(10**6)} timeout=3000"
    return f"{at:%Y-%m-%d %H:%M:%S}.123 | order-service | {random.randrange(16**8):08x} | {message}"


def pino(at: datetime, random: Random) -> str:
    """JSON with the request and the answer as objects."""
    head = f'image-optimizer {_stamp(at, random)} {{"level":%d,"time":{int(at.timestamp() * 1000)},"pid":17'
    if random.random() < 0.01:
        return head % 50 + ',"err":{"type":"Error","message":"connect ECONNREFUSED 10.0.0.7"},"msg":"no cache"}'
    status = 503 if random.random() < 0.01 else 200
    request = (
        f'{{"method":"GET","url":"{random.choice(PATHS)}?w={random.randrange(2000)}","remoteAddress":"10.0.0.9"}}'
    )
    tail = (
        f'"res":{{"statusCode":{status}}},"responseTime":{random.random() * 300:.3f},"msg":"request completed"}}'
    )
    return f'{head % 30},"hostname":"web-1","reqId":"req-{random.randrange(10**6)}","req":{request},{tail}'


def flat(at: datetime, random: Random) -> str:
    """JSON with the status beside the path."""
    status = 503 if random.random() < 0.01 else 200
    return (
        f'portfolio-web {_stamp(at, random)} {{"level":"info","time":"{at:%Y-%m-%dT%H:%M:%S}.123Z","method":"GET",'
        f'"path":"{random.choice(PATHS)}","status":{status},"duration_ms":{random.random() * 300:.2f},'
        '"msg":"request"}'
    )


def outage(at: datetime, random: Random) -> str:
    """Half of the requests fail, and every tenth line is an error."""
    kind = random.random()
    if kind < 0.5:
        return f"portfolio-web {_stamp(at, random)} {_access(at, random, random.choice((502, 503, 504)))}"
    return _error(at, random) if kind < 0.6 else plain(at, random)


KINDS: dict[str, Line] = {
    "plain": plain,
    "nginx": nginx,
    "unknown": unknown,
    "unknown-ids": unknown_ids,
    "json": pino,
    "json-flat": flat,
    "outage": outage,
}


def lines(kind: Line, now: datetime, size: int) -> Iterator[str]:
    """About ``size`` bytes over the 23 hours before ``now``."""
    random = Random(11)  # noqa: S311 - the same each time
    start = now - timedelta(hours=23)
    sample = sum(len(kind(start, random)) + 1 for _ in range(1_000)) / 1_000
    total = int(size / sample)
    for number in range(total):
        yield kind(start + timedelta(hours=22.98) * (number / total), random) + "\n"


def used(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of this process and of its ended children, and elapsed seconds."""

    def now() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in both)

    before, started = now(), time.perf_counter()
    work()
    return now() - before, time.perf_counter() - started


def drained(command: list[str]) -> None:
    """Run a command and read its output."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while process.stdout.read(1 << 16):
            pass


def greps(program: list[str], file: Path) -> None:
    """The playbook's three, one after another."""
    for arguments in GREPS:
        drained([*program, *arguments, str(file)])


def review(file: Path, now: datetime) -> None:
    """Review a log as a run does."""
    stream = FileLogs((str(file),), Logs(most_seconds=3600, most_lines=1 << 40)).read(now - timedelta(hours=24))
    review_of(stream, now - timedelta(hours=24), now)
    assert not stream.problems, stream.problems


def compare(name: str, file: Path, size: int, now: datetime, *, packed: bool) -> None:
    """Print one line."""
    grep = ["zgrep", "-a"] if packed else ["grep", "-a"]
    ripgrep = shutil.which("rg")
    others: dict[str, list[str]] = {"3 greps": grep} | ({"3 × rg": ["rg", "-a", "-z"]} if ripgrep else {})
    best: dict[str, list[float]] = {}
    for _ in range(ROUNDS):  # in turn, and the best of each: the machine's other load affects all equally
        for who, work in [
            ("review", lambda: review(file, now)),
            *((other, lambda program=program: greps(program, file)) for other, program in others.items()),  # type: ignore[misc]
        ]:
            found = used(work)
            best[who] = [min(pair) for pair in zip(best.get(who, found), found, strict=True)]
    cpu, elapsed = best["review"]
    ratios = ", ".join(
        f"{cpu / best[who][0]:.2f} × {who} by CPU, {elapsed / best[who][1]:.2f} × by the clock" for who in others
    )
    print(f"{name:<12} {size / 1e6 / cpu:>6.0f} MB/s a core, {size / 1e6 / elapsed:>6.0f} by the clock: {ratios}")  # noqa: T201


def main() -> None:
    """Print a line for each kind of log."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.logs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("megabytes", nargs="?", type=whole(1), default=100, help="how much (default: %(default)s)")
    parser.add_argument("--only", choices=[*KINDS, "gz"], action="append", help="of these kinds")
    arguments = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in (KINDS | {"gz": plain}).items():
            if arguments.only and name not in arguments.only:
                continue
            file = Path(folder, f"{name}.log")
            with file.open("w", encoding="utf-8") as out:
                out.writelines(lines(kind, now, arguments.megabytes * 1_000_000))
            size = file.stat().st_size
            if name == "gz":
                with file.open("rb") as source, gzip.open(f"{file}.gz", "wb", compresslevel=6) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                file.unlink()
                file = Path(f"{file}.gz")
            compare(name, file, size, now, packed=name == "gz")
            file.unlink()
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    own, child = (
        resource.getrusage(who).ru_maxrss / unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"memory       {own:>6.0f} MiB at most, {child:.0f} of a child; {os.cpu_count()} processors")  # noqa: T201


if __name__ == "__main__":
    main()
