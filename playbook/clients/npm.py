"""npm as a program: ``npm audit`` and ``npm outdated``. https://docs.npmjs.com/cli

npm runs in a private folder on copies of package.json and the lock file, so that the project is never written to;
without scripts, without the run's secrets in its environment, and with one overall time limit. Its JSON is read as
npm 7 to 11 write it, including errors, which have two formats.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from playbook.clients.npm_messages import AuditReport, Error, Failure, Lock, Locked, Outdated, Package, Project
from playbook.clients.npm_specs import counted, foreign, is_other, of_registry
from playbook.clients.project_files import OTHER_LOCKS, other_languages, rivals
from playbook.core import door
from playbook.core.budget import convert, read_json
from playbook.core.engine import client
from playbook.core.environment import for_program
from playbook.core.errors import Denied, Malformed, TooLittleData, Unmeasured, Unreachable
from playbook.settings.model import Settings

SERVICE = "npm"
PACKAGE = "package.json"
LOCK_FILES = ("npm-shrinkwrap.json", "package-lock.json")  # of both npm reads the first
MAX_FILE = 64 * 1024 * 1024
# Variables that npm needs beyond those of any program: its own configuration and network access. Nothing else is
# passed on.
_PASSED = (
    *("NODE_EXTRA_CA_CERTS", "NPM_TOKEN"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_NETWORK = re.compile(
    r"\b(ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT"
    r"|CERT_\w+|\w+_CERT\w*|DEPTH_ZERO_\w+|network timeout|socket hang up)\b"
)
# Only registries are taken from a project's .npmrc. Other lines name programs to run, or (workspaces=false) make
# npm report that nothing is outdated.
_WAY_TO_REGISTRY = re.compile(
    r"\s*(//|(@[^:=\s]+:)?registry\s*=|(https?-)?proxy\s*=|noproxy\s*=|ca(file)?\s*=|strict-ssl\s*=)"
)
_NAME = re.compile(r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-zA-Z0-9~_-][a-zA-Z0-9._~-]*")
_SAID = 200  # characters of npm's output that are shown
_STATUS = re.compile(r"\bE?([45]\d\d)\b")
_NO_AUDIT = re.compile(r"(?i)not (implemented|supported|found)|audit endpoint returned an error")
_LOOK = 0.2  # seconds between checks of npm's output size
_NEVER_THE_NEWEST = "0.0.0"
_NOTHING_OMITTED = ("--include=dev", "--include=optional", "--include=peer")
# https://github.com/advisories/GHSA-xvch-5gv4-984h
_WEAK_PACKAGE = {"name": "audit-of-the-audit", "version": "1.0.0", "dependencies": {"minimist": "0.0.8"}}
_KNOWN_TO_BE_WEAK = {
    PACKAGE: _WEAK_PACKAGE,
    LOCK_FILES[0]: {
        "name": "audit-of-the-audit",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": _WEAK_PACKAGE, "node_modules/minimist": {"version": "0.0.8"}},
    },
}
T = TypeVar("T")


@client(parts=("npm",))
def npm(settings: Settings) -> Npm:
    """npm in the target's Node project."""
    mine = settings.target.npm
    folder = settings.require(mine.project, "npm.project", "The Node project")
    return Npm(settings, Path(folder).resolve())


@dataclass(frozen=True)
class Npm:
    """One project. Thread-safe: each call has its own folder.

    Every method that runs npm raises:
        Unmeasured: npm is not installed.
        TooLittleData: the project has no package.json or no lock file.
        Unreachable: the registry cannot be reached, or npm did not finish in time.
        Denied: the registry does not accept npm's credentials.
        Malformed: any other answer of npm or the registry.
    """

    settings: Settings = field(repr=False)
    project: Path

    def audit(self) -> AuditReport:
        """Known vulnerabilities of everything in the lock file, including development dependencies."""
        output = self._run("audit", "--audit-level", "high", *_NOTHING_OMITTED)
        return self._as(AuditReport, output, "the report of npm audit")

    def knows_weaknesses(self) -> bool:
        """Whether an audit of a package with a known vulnerability finds it.

        A registry without advisories, or npm in offline mode, finds nothing and reports that all is well.
        """
        output = self._run("audit", *_NOTHING_OMITTED, files=_KNOWN_TO_BE_WEAK)
        return bool(self._as(AuditReport, output, "the report of npm audit").vulnerabilities)

    def outdated(self) -> dict[str, Outdated]:
        """The project's own dependencies as the registry has them now, by name.

        npm is shown version 0.0.0 of each, so that it lists everything that it looked up: packages missing from
        the registry are silently omitted. ``current`` therefore has to be taken from the lock file.
        """
        output = self._run("outdated", installed=dict.fromkeys(self.read().direct, _NEVER_THE_NEWEST))
        # For a package that is installed more than once npm gives a list; the first entry is the project's own. An
        # alias is named with what it stands for: "mini:minimist@0.0.8".
        flat = {
            name.partition(":")[0]: one[0] if isinstance(one, list) and one else one
            for name, one in output.items()
        }
        return self._as(dict[str, Outdated], flat, "the list of npm outdated")

    def read(self) -> Project:
        """Contents of package.json and the lock file."""
        package = self._as(Package, self._json(self._file(PACKAGE)), PACKAGE)
        whole = self._json(self._lock_file())
        lock = self._as(Lock, whole, "the lock file")
        wanted = {**package.devDependencies, **package.optionalDependencies, **package.dependencies}
        developing = package.devDependencies.keys() - {*package.optionalDependencies, *package.dependencies}
        direct = {name: name in developing for name, spec in wanted.items() if of_registry(spec)}
        locked = {
            name: (lock.packages.get(f"node_modules/{name}") or lock.dependencies.get(name) or Locked()).version
            for name in direct
        }
        return Project(
            direct=direct,
            locked=locked,
            elsewhere=tuple(wanted.keys() - direct),
            foreign=foreign(wanted, lock),
            packages=len(lock.packages.keys() - {""}) or counted(whole),
            form=lock.lockfileVersion,
            workspaces=tuple(package.workspaces),
            rivals=rivals(self.project, package.packageManager, package.devEngines),
            stale=tuple(name for name in direct if is_other(wanted[name], locked[name])),
            languages=other_languages(self.project),
        )

    # ------------------------------------------------------------------------------------------------- running npm

    def _run(
        self, *arguments: str, installed: Mapping[str, str] | None = None, files: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """npm's JSON. Its exit code is not conclusive: 1 means findings as well as a failure.

        Args:
            files: names and contents, instead of the project's.
            installed: packages that npm should find installed, by name. ``npm outdated`` takes current versions
                from there, and skips development dependencies that are missing.
        """
        command = self._command()
        own = (self._file(PACKAGE), self._lock_file())
        with self._copies(*own) as folder:
            for name, content in (files or {}).items():
                (folder / "project" / name).write_bytes(msgspec.json.encode(content))
            _pretend_installed(folder / "project", installed or {})
            options = ["--json", "--ignore-scripts", "--no-fund", "--no-update-notifier"]
            out, err = self._output([command, *arguments, *options], folder)
        try:
            output = read_json(out or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            output = None
        if not isinstance(output, dict):
            raise self._malformed(f"JSON from npm {arguments[0]}", door.quoted(out or err, _SAID))
        if "error" in output or ("message" in output and "auditReportVersion" not in output):
            raise self._explain(self._as(Failure, output, "an error"), arguments[0])
        if not out and err:
            raise self._malformed(f"JSON from npm {arguments[0]}", door.quoted(err, _SAID))
        return output

    def _output(self, command: list[str], folder: Path) -> tuple[bytes, bytes]:
        limit = self.settings.dependencies.time_limit
        until = time.monotonic() + limit
        # Unnamed files, checked while it runs: a pipe would hold any amount of output in memory.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                command,
                cwd=folder / "project",
                env=self._environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # npm starts child processes, which must end with it
            )
            try:
                runs = True
                while runs:
                    runs = _is_running(process, min(_LOOK, max(until - time.monotonic(), 0.0)))
                    if any(os.fstat(file.fileno()).st_size > MAX_FILE for file in (out, err)):
                        raise self._malformed(f"an answer of npm {command[1]}", f"more than {MAX_FILE:,} bytes")
                    if runs and time.monotonic() >= until:
                        raise Unreachable(
                            f"{SERVICE}: expected the end of npm {command[1]} within {limit:g} s, got none",
                            service=SERVICE,
                            hint="The registry may be slow: raise dependencies.time_limit if it always is.",
                        )
            finally:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            out.seek(0)
            err.seek(0)
            return out.read(), err.read()

    def _environment(self, folder: Path) -> dict[str, str]:
        """Only the variables that npm needs. With a configured registry, none of npm's own either."""
        mine = self.settings.target.npm
        kept = for_program(*_PASSED)
        variables = {
            "cache": str(folder / "cache"),
            "logs_max": "0",
            "offline": "false",
            "fetch_retries": "1",
            "fetch_retry_mintimeout": "200",
            "fetch_timeout": str(int(self.settings.dependencies.time_limit * 1000 / 2)),
            "git": "git",  # a project's .npmrc could name any program
            "node_options": "",
            "script_shell": "/bin/false",
            "audit": "true",
        }
        if mine.registry:
            kept = {name: value for name, value in kept.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
            kept["HOME"] = str(folder)
            variables |= {
                "registry": mine.registry,
                "userconfig": str(folder / "no-user"),
                "globalconfig": str(folder / "no-global"),
            }
        if mine.ca:
            variables["cafile"] = mine.ca
        return {**kept, "NO_COLOR": "1", **{f"npm_config_{name}": value for name, value in variables.items()}}

    def _command(self) -> str:
        name = self.settings.target.npm.command
        found = shutil.which(name)
        if not found:
            raise Unmeasured(
                f"{SERVICE}: expected the program {name}, got none of that name on this machine",
                service=SERVICE,
                hint="Install Node.js, or name the program in npm.command.",
            )
        return found

    @contextmanager
    def _copies(self, *files: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="playbook-npm-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "project").mkdir()
            for file in files:
                shutil.copyfile(file, folder / "project" / file.name)
            own = self.project / ".npmrc"
            if own.is_file():
                lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
                kept = "".join(f"{line}\n" for line in lines if _WAY_TO_REGISTRY.match(line))
                (folder / "project" / own.name).write_text(kept, encoding="utf-8")
            yield folder

    # ----------------------------------------------------------------------------------------- the project's files

    def _file(self, name: str) -> Path:
        file = self.project / name
        if not file.is_file():
            raise TooLittleData(
                f"{SERVICE}: expected {name} in {self.project}, got none",
                service=SERVICE,
                hint="Check npm.project: it is the folder of the Node project.",
            )
        return file

    def _lock_file(self) -> Path:
        for name in LOCK_FILES:
            if (self.project / name).is_file():
                return self.project / name
        found = [name for name in OTHER_LOCKS if (self.project / name).is_file()]
        other = f"{found[0]} of {OTHER_LOCKS[found[0]]}" if found else "none"
        names = " or ".join(reversed(LOCK_FILES))
        raise TooLittleData(
            f"{SERVICE}: expected a lock file ({names}) in {self.project}, got {other}",
            service=SERVICE,
            hint="npm reads no other than its own; Dependabot does."
            if found
            else "Make one with `npm install --package-lock-only`, and commit it.",
        )

    def _json(self, file: Path) -> Any:
        try:
            if file.stat().st_size > MAX_FILE:
                raise self._malformed(file.name, f"more than {MAX_FILE:,} bytes")
            return read_json(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))  # as npm reads them
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._malformed(file.name, f"a file that is not JSON: {error}") from None
        except OSError as error:
            raise self._malformed(file.name, f"{error.strerror}") from None

    # --------------------------------------------------------------------------------------------- what went wrong

    def _explain(self, failure: Failure, asked: str) -> Unmeasured:
        """The error for a failure of npm."""
        error = failure.error or Error()
        message = door.line(failure.message or error.summary or error.detail or error.code, _SAID)
        registry = urlsplit(self.settings.target.npm.registry or "").netloc or "the registry"
        whole = f"{error.code} {failure.message} {error.summary}"
        if error.code in ("ENOLOCK", "EAUDITNOLOCK"):
            return TooLittleData(
                f"{SERVICE}: expected a lock file in {self.project}, got {message}", service=SERVICE
            )
        status = failure.statusCode or next((int(found[1]) for found in (_STATUS.search(error.code),) if found), 0)
        if status in (401, 403):
            return Denied(
                f"{SERVICE}: expected npm's credentials to be accepted by {registry}, got {message}",
                service=SERVICE,
                hint="Check what ~/.npmrc holds for this registry.",
            )
        if _NETWORK.search(whole) or status >= 500 or status == 429:
            return Unreachable(
                f"{SERVICE}: expected npm {asked} to reach {registry}, got {message}",
                service=SERVICE,
                hint="This is about the way from this machine to the registry, not a finding on the project.",
            )
        hint = ""
        if asked == "audit" and (status in (400, 404, 405, 410, 501) or _NO_AUDIT.search(whole)):
            hint = "This registry answers no audits: name one that does in npm.registry, or rely on Dependabot."
        return self._malformed(f"an answer to npm {asked}", message or "an error without words", hint)

    def _malformed(self, expected: str, got: str, hint: str = "") -> Malformed:
        return Malformed(f"{SERVICE}: expected {expected}, got {got}", service=SERVICE, hint=hint)

    def _as(self, kind: type[T], value: Any, what: str) -> T:
        try:
            return convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            raise self._malformed(what, f"JSON of another shape: {error}") from None


def _is_running(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process is still running after waiting this long."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _pretend_installed(project: Path, versions: Mapping[str, str]) -> None:
    """Create package folders that contain only a name and a version."""
    for name, version in versions.items():
        if version and _NAME.fullmatch(name):  # the name is used as a path, so it must not lead elsewhere
            folder = project / "node_modules" / name
            folder.mkdir(parents=True)
            (folder / PACKAGE).write_bytes(msgspec.json.encode({"name": name, "version": version}))
