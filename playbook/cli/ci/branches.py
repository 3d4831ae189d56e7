"""The two branches that outlive a job.

    history   the lines of every run: append-only, never force-pushed
    reports   the newest full reports: always one commit, so that old ones take no space

Each is a worktree of its own during the job. If another push came first, ours is retried on top of it.
"""

from __future__ import annotations

import base64
import os
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from playbook.core import door, lines
from playbook.core.environment import environment, for_program
from playbook.core.errors import UsageError
from playbook.history.runs import UNION

HISTORY = "history"
REPORTS = "reports"

_TRIES = 6
_READS = 3
_NO_SUCH_BRANCH = 2  # exit code of ls-remote
_SECONDS = 120  # for one git command
_MONTHLY = 12  # monthly reports kept whatever came later, as on the site
_LEFT_OUT = ("pytest-html.html",)  # as large as everything else together, and redundant
_STAMP = re.compile(r"(?P<of>.+)-(?P<at>\d{8}T\d{6}Z)(?:-(?P<number>\d+))?$")
_ON_GITHUB = re.compile(
    r"(?:https://(?:[^@/]*@)?github\.com/|(?:ssh://)?git@github\.com[:/])(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_README = "# History\n\nOne line a run, in `runs/`. Written by the workflows; lines are only ever added.\n"
# The first commit is identical everywhere, so that two first runs start one common history.
_BEGINNING = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
_WHO = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "github-actions[bot]",
    "GIT_COMMITTER_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
}
# No hooks and signatures: a signature waits for a passphrase, and a hook of this clone may come from anybody with
# write access, and would get the token.
_OWN = {"core.hooksPath": os.devnull, "commit.gpgSign": "false", "push.gpgSign": "false"}

# Environment variables that git may need: its own settings, the connection to a server, and an SSH agent.
_GIT_OWN = ("GIT_", "SSH_")
_OF_GIT = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *("XDG_CONFIG_HOME", "CURL_CA_BUNDLE"),
)

Say = Callable[[str], None]
Wait = Callable[[float], None]


class Branches:
    """The branches of a clone's ``origin``.

    Args:
        root: the clone.
        token: for ``origin`` over HTTPS, if it requires one; it is written to no file and no command line.
        wait: seconds between two attempts.
    """

    def __init__(self, root: Path, *, token: str = "", say: Say = lambda _: None, wait: Wait = time.sleep) -> None:
        self._root, self._say, self._wait = root, say, wait
        variables = environment()
        git = for_program(*_OF_GIT, *(name for name in variables if name.startswith(_GIT_OWN)))
        own = {**_OWN, **_authorisation(token, variables)}
        self._environment = {**git, **_WHO, "GIT_TERMINAL_PROMPT": "0", **_configuration(own, variables)}

    def fetch_history(self, folder: Path) -> None:
        """Check the branch out into a folder; if it does not exist yet, its first commit.

        Raises:
            UsageError: ``origin`` cannot be read, or the folder has unpushed changes.
        """
        self._check_out(folder, self._fetch(HISTORY) or self._beginning(UNION, _README))

    def adopt(self, folder: Path) -> None:
        """Check the branch out into a folder of lines that was created without it, and add those lines to it.

        Raises:
            UsageError: ``origin`` still cannot be read; the folder is unchanged.
        """
        alone = folder.with_name(f"{folder.name}-alone")
        folder.rename(alone)
        try:
            self.fetch_history(folder)
        except UsageError:
            shutil.rmtree(folder, ignore_errors=True)
            alone.rename(folder)
            raise
        for file in sorted(alone.rglob("*.jsonl")):
            for line in file.read_bytes().splitlines(keepends=True):
                lines.append(folder / file.relative_to(alone), line)
        shutil.rmtree(alone)

    def repository(self) -> str:
        """``owner/name`` where ``origin`` is on GitHub, by https or ssh; else empty."""
        address = self._try("remote", "get-url", "origin").stdout.strip()
        found = _ON_GITHUB.fullmatch(address)
        return found["name"] if found else ""

    def added(self, folder: Path) -> Iterator[tuple[Path, bytes]]:
        """What a push would add: each file with its lines that ``origin`` does not have.

        Raises:
            UsageError: ``origin`` cannot be read.
        """
        tip = self._fetch(HISTORY)
        for name in self._git("ls-files", "--cached", "--others", "--exclude-standard", "-z", at=folder).split(
            "\0"
        ):
            file = folder / name
            if not name or not file.is_file():
                continue
            there = self._try("show", f"{tip}:{name}") if tip else None
            known = set(there.stdout.splitlines()) if there and there.returncode == 0 else set()
            fresh = [line for line in file.read_text(errors="replace").splitlines() if line not in known]
            if fresh:
                yield Path(name), "".join(f"{line}\n" for line in fresh).encode()

    def push_history(self, folder: Path, message: str) -> bool:
        """Push what was added; False if there was nothing. Lines pushed concurrently by others are kept.

        Raises:
            UsageError: the push failed; nothing was lost on either side.
        """
        self._git("add", "--all", at=folder)
        if self._try("diff", "--cached", "--quiet", at=folder).returncode == 0:
            return False
        self._git("commit", "--quiet", "--message", message, at=folder)
        for number in range(1, _TRIES + 1):
            pushed = self._try("push", "--quiet", "origin", f"HEAD:refs/heads/{HISTORY}", at=folder)
            if pushed.returncode == 0:
                return True
            self._told(f"{HISTORY}: push {number} of {_TRIES}", number, _TRIES, pushed)
            fetched = self._try("fetch", "--quiet", "--no-tags", "origin", f"refs/heads/{HISTORY}", at=folder)
            if fetched.returncode == 0:
                self._merge(folder)
        raise UsageError(f"the branch {HISTORY} could not be pushed in {_TRIES} tries: {_output_of(pushed)}")

    def fetch_reports(self, folder: Path) -> None:
        """Check the branch out into a folder; an empty one if it does not exist yet.

        Raises:
            UsageError: as above.
        """
        self._check_out(folder, self._fetch(REPORTS) or self._beginning("", ""))

    def push_reports(
        self, folder: Path, new: Iterable[Path], keep: int, mend: Callable[[Path], None] = lambda _: None
    ) -> list[str]:
        """Replace the branch by one commit of its newest ``keep`` reports, including the new ones; their names.

        Args:
            mend: called with each kept report; may change it.

        Raises:
            UsageError: the push failed.
        """
        new = list(new)
        for number in range(1, _TRIES + 1):
            tip = self._fetch(REPORTS)
            self._check_out(folder, tip or self._beginning("", ""))
            for report in new:
                ignore = shutil.ignore_patterns(*_LEFT_OUT)
                shutil.copytree(report, folder / report.name, dirs_exist_ok=True, ignore=ignore)
            there = [path.name for path in folder.iterdir() if path.is_dir()]
            kept = newest(there, keep)
            for name in set(there) - set(kept):
                shutil.rmtree(folder / name)
            for name in kept:
                mend(folder / name)
            self._git("add", "--all", at=folder)
            tree = self._git("write-tree", at=folder)
            commit = self._git("commit-tree", tree, "-m", "The newest reports", at=folder)
            pushed = self._try(
                "push",
                "--quiet",
                f"--force-with-lease=refs/heads/{REPORTS}:{tip or ''}",
                "origin",
                f"{commit}:refs/heads/{REPORTS}",
                at=folder,
            )
            self._git("reset", "--quiet", "--hard", commit, at=folder)
            if pushed.returncode == 0:
                return kept
            self._told(f"{REPORTS}: push {number} of {_TRIES}", number, _TRIES, pushed)
        raise UsageError(f"the branch {REPORTS} could not be pushed in {_TRIES} tries: {_output_of(pushed)}")

    def _fetch(self, branch: str) -> str | None:
        """The newest commit of a branch, fetched without its ancestors; None if the branch does not exist."""
        for number in range(1, _READS + 1):
            asked = self._try("ls-remote", "--exit-code", "origin", f"refs/heads/{branch}")
            if asked.returncode == _NO_SUCH_BRANCH:
                return None
            if asked.returncode == 0:
                asked = self._try("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"refs/heads/{branch}")
            if asked.returncode == 0:
                return self._git("rev-parse", "FETCH_HEAD")
            self._told(f"{branch}: reading it, try {number} of {_READS},", number, _READS, asked)
        raise UsageError(f"origin cannot be read: {_output_of(asked)}")

    def _beginning(self, attributes: str, readme: str) -> str:
        entries = ""
        for name, text in ((".gitattributes", attributes), ("README.md", readme)):
            if text:
                entries += f"100644 blob {self._git('hash-object', '-w', '--stdin', given=text)}\t{name}\n"
        tree = self._git("mktree", given=entries)
        return self._git("commit-tree", tree, "-m", "The beginning", more=_BEGINNING)

    def _check_out(self, folder: Path, commit: str) -> None:
        if (folder / ".git").exists():
            if self._git("status", "--porcelain", at=folder):
                raise UsageError(
                    f"{folder} has changes that were never pushed: push them, or take the folder away"
                )
            self._git("checkout", "--quiet", "--detach", commit, at=folder)
            return
        self._git("worktree", "add", "--quiet", "--force", "--detach", str(folder.absolute()), commit)

    def _merge(self, folder: Path) -> None:
        merged = self._try("merge", "--quiet", "--no-edit", "FETCH_HEAD", at=folder)
        if merged.returncode != 0:
            self._try("merge", "--abort", at=folder)
            raise UsageError(
                f"the branch {HISTORY} cannot be merged with what others pushed: {_output_of(merged)}"
            )

    def _told(self, what: str, number: int, most: int, ended: subprocess.CompletedProcess[str]) -> None:
        """Report a failure, and wait before the next attempt: twice as long each time."""
        self._say(f"{what} failed: {_output_of(ended)}")
        if number < most:
            self._wait(random.uniform(0.5, 1.0) * 2 ** (number - 1))  # noqa: S311 - no secret hangs on it

    def _git(self, *arguments: str, at: Path | None = None, given: str = "", more: Mapping[str, str] = {}) -> str:
        ended = self._try(*arguments, at=at, given=given, more=more)
        if ended.returncode != 0:
            raise UsageError(f"git {arguments[0]} failed: {_output_of(ended)}")
        return ended.stdout.strip()

    def _try(
        self, *arguments: str, at: Path | None = None, given: str = "", more: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=at or self._root,
                env={**self._environment, **more},
                input=given,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UsageError(f"git {arguments[0]} did not end within {_SECONDS} s") from None
        except OSError as error:
            raise UsageError(f"git cannot be run: {error.strerror}") from None


def newest(names: Iterable[str], keep: int) -> list[str]:
    """The newest ``keep`` of these reports, the newest of each target and set, and a year of monthly ones; newest
    first.
    """
    stamped = sorted(((_key(name), name) for name in names), reverse=True)
    kept: list[str] = []
    seen: Counter[str] = Counter()
    for number, ((_, _, of), name) in enumerate(stamped):
        if number < keep or seen[of] < (_MONTHLY if of.endswith("-monthly") else 1):
            kept.append(name)
        seen[of] += 1
    return kept


def _key(name: str) -> tuple[str, int, str]:
    match = _STAMP.match(name)
    return (match["at"], int(match["number"] or 1), match["of"]) if match else ("", 0, name)


def _authorisation(token: str, environment: Mapping[str, str]) -> dict[str, str]:
    """As actions/checkout does it, but by environment variable: a header for one server only."""
    if not token:
        return {}
    server = environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {f"http.{server}/.extraheader": f"AUTHORIZATION: basic {basic}"}


def _configuration(own: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Git settings as environment variables, appended to existing ones."""
    existing = environment.get("GIT_CONFIG_COUNT", "")
    first = int(existing) if existing.isdecimal() else 0
    variables = {"GIT_CONFIG_COUNT": str(first + len(own))}
    for number, (name, value) in enumerate(own.items(), first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _output_of(ended: subprocess.CompletedProcess[str]) -> str:
    return door.line(ended.stderr or ended.stdout, 400) or f"exit code {ended.returncode}"
