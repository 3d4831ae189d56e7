"""The steps of a job: scripts, run with their shell in a clone, and a few actions that are faked."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.waiting import sharers
from tests.workflows.bytecode import lay_beside
from tests.workflows.expressions import Declared, as_text, interpolate

if TYPE_CHECKING:
    from tests.workflows.actions import Run

_SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
_STEP_SECONDS = 280
# Seconds between SIGINT, SIGTERM and SIGKILL, as at GitHub on an idle machine.
_INTERRUPTED, _TERMINATED = 7.5, 2.5
_INSTALL = "python -m pip install "


@dataclass
class Step:
    """Result of one step; ``environment`` holds its variables besides GitHub's own."""

    name: str
    outcome: str
    log: str = ""
    environment: dict[str, str] = field(default_factory=dict)


class Steps:
    """The steps of one job, one after the other, in one workspace."""

    def __init__(
        self,
        run: Run,
        *,
        job: dict[str, Any],
        workspace: Path,
        values: dict[str, Any],
        defaults: dict[str, Any],
    ) -> None:
        self.run, self.job, self.workspace = run, job, workspace
        self.values, self.defaults = values, defaults
        self.outcomes: dict[str, Declared] = {}
        self.path = f"{run.repository.folder / 'programs'}:/usr/local/bin:/usr/bin:/bin"

    def carry_out(self, step: dict[str, Any], name: str, status: dict[str, bool]) -> tuple[Step, dict[str, str]]:
        """Run one step; return its result and its outputs."""
        if "uses" in step:
            action, _, _ = str(step["uses"]).partition("@")
            given = interpolate(step.get("with", {}), self.values, status)
            try:
                return Step(name, "success"), _ACTIONS[action](self, given)
            except AssertionError as error:
                return Step(name, "failure", log=str(error)), {}
        environment = {
            key: as_text(interpolate(text, self.values, status)) for key, text in step.get("env", {}).items()
        }
        script = as_text(interpolate(step["run"], self.values, status))
        if script.startswith(_INSTALL):
            assert (self.workspace / script.split()[-1]).is_file()
            return Step(name, "success", "left out: everything is installed"), {}
        return self._shell(step, name, script, environment)

    def _shell(
        self, step: dict[str, Any], name: str, script: str, environment: dict[str, str]
    ) -> tuple[Step, dict[str, str]]:
        files = self.workspace.parent / "files"
        files.mkdir(exist_ok=True)
        number = len(list(files.iterdir()))
        script_file, output = files / f"{number}.sh", files / f"{number}.output"
        script_file.write_text(script + "\n", encoding="utf-8")
        output.touch()
        command = [*_SHELLS[step.get("shell", self.defaults.get("shell"))], str(script_file)]
        github, repository = self.run.github, self.run.repository
        inner = {
            "PATH": self.path,
            "HOME": str(self.workspace.parent / "home"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": repository.api.url,
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.run.summary),
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_REF": github["ref"],
            "GITHUB_SHA": github["sha"],
            **environment,
        }
        with subprocess.Popen(
            command,
            cwd=self.workspace,
            env=inner,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            log = self._watch(process, step)
        assert script_file.exists()
        outputs, failed = _commanded(log)
        if self.run.cancelled and process.returncode != 0:
            outcome = "cancelled"
        else:
            outcome = "success" if process.returncode == 0 and not failed else "failure"
        for secret in filter(None, [repository.token, *dict(self.values["secrets"]).values()]):
            log = log.replace(secret, "***")
        return Step(name, outcome, log, environment), outputs | _outputs(output)

    def _watch(self, process: subprocess.Popen[str], step: dict[str, Any]) -> str:
        cancel = self.run.cancel
        if cancel and cancel.step == step.get("id"):
            threading.Thread(target=self._cancel_when_there, args=(process, cancel.file), daemon=True).start()
        try:
            log, _ = process.communicate(timeout=_STEP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return log

    def _cancel_when_there(self, process: subprocess.Popen[str], pattern: str) -> None:
        while process.poll() is None:
            if any(self.workspace.glob(pattern)):
                self.run.cancelled = True
                _cancel(process)
                return
            time.sleep(0.05)


def _cancel(process: subprocess.Popen[str]) -> None:
    """Like a runner: signal only the step's own process, and none of its children, then with more force."""
    for number, seconds in ((signal.SIGINT, _INTERRUPTED), (signal.SIGTERM, _TERMINATED), (signal.SIGKILL, 0.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        until = time.monotonic() + seconds * sharers()
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)


def _checkout(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    assert given == {"persist-credentials": False}, "the token must not stay in the clone"
    origin = f"file://{context.run.repository.origin}"
    branch = context.run.github["ref_name"]
    git("clone", "--quiet", "--depth=1", "--branch", branch, origin, ".", at=context.workspace)
    if context.run.repository.bytecode:
        lay_beside(context.workspace, context.run.repository.bytecode)
    return {}


def _setup_python(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    if set(given) != {"python-version"}:
        assert set(given) == {"python-version", "cache", "cache-dependency-path"}
        assert (context.workspace / given["cache-dependency-path"]).is_file()
    context.path = f"{context.run.repository.python}:{context.path}"
    return {}


def _upload_artifact(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    assert set(given) <= {"name", "path", "if-no-files-found", "retention-days", "archive"}
    if given.get("archive") is False:  # a single file, which names the artifact
        file = context.workspace / given["path"]
        _store(file, context.run.artifacts / file.name)
        return {"artifact-url": f"https://github.example/artifacts/{file.name}"}
    assert not set(given["name"]) & set('":<>|*?\r\n\\/'), "not a name for an artifact"
    # Relative to the part without wildcards; folders include their content; hidden files are omitted.
    root = context.workspace / given["path"].partition("*")[0]
    found = [path for path in context.workspace.glob(given["path"].rstrip("/")) if not path.is_symlink()]
    files = [file for path in found for file in (path, *path.rglob("*")) if file.is_file()]
    assert files or given["if-no-files-found"] == "warn"
    for file in files:
        name = file.relative_to(root)
        assert not set(str(name)) & set('":<>|*?\r\n\\'), f"{name} cannot be in an artifact"
        if not any(part.startswith(".") for part in name.parts):
            _store(file, context.run.artifacts / given["name"] / name)
    return {"artifact-url": f"https://github.example/artifacts/{given['name']}"}


def _download_artifact(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    assert set(given) == {"name", "path"}
    shutil.copytree(context.run.artifacts / given["name"], context.workspace / given["path"], dirs_exist_ok=True)
    return {}


def _attest(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    """Record what was attested; GitHub signs it."""
    permissions = context.job["permissions"]
    assert permissions["attestations"] == permissions["id-token"] == "write"
    for pattern in given["subject-path"].split():
        found = sorted(context.workspace.glob(pattern))
        assert found, f"{pattern} is not there"
        context.run.attested += [file.name for file in found]
    return {}


def _store(file: Path, to: Path) -> None:
    assert not to.exists(), f"{to} is there already"
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file, to)


def _upload_pages(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    site = context.workspace / given["path"]
    assert (site / "index.html").is_file(), "no site"
    shutil.copytree(site, context.run.artifacts / given["name"])
    return {}


def _deploy_pages(context: Steps, given: dict[str, Any]) -> dict[str, str]:
    permissions = context.job["permissions"]
    assert permissions["pages"] == permissions["id-token"] == "write"
    assert context.run.repository.api.pages, "Pages are not enabled"
    shutil.rmtree(context.run.repository.pages, ignore_errors=True)
    shutil.copytree(context.run.artifacts / given["artifact_name"], context.run.repository.pages)
    return {"page_url": "https://owner.github.io/playbook/"}


_ACTIONS: dict[str, Callable[[Steps, dict[str, Any]], dict[str, str]]] = {
    "actions/checkout": _checkout,
    "actions/setup-python": _setup_python,
    "actions/upload-artifact": _upload_artifact,
    "actions/download-artifact": _download_artifact,
    "actions/attest": _attest,
    "actions/upload-pages-artifact": _upload_pages,
    "actions/deploy-pages": _deploy_pages,
}


# Commands in a step's output: current ones at the beginning of a line, old ones anywhere in it.
_COMMAND = re.compile(
    r"^\s*::(?P<name>[\w-]+)(?: (?P<with>[^:]*))?::(?P<data>.*)"
    r"|##\[(?P<old>[\w-]+)(?: (?P<has>[^\]]*))?\](?P<rest>.*)"
)


def _commanded(log: str) -> tuple[dict[str, str], bool]:
    """Outputs set in a log, and whether it fails its step; nothing counts between stop-commands and its token.

    https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
    """
    outputs, failed, stopped = {}, False, ""
    for line in log.splitlines():
        match = _COMMAND.search(line)
        if not match:
            continue
        name, data = match["name"] or match["old"], match["data"] or match["rest"] or ""
        if stopped:
            stopped = "" if name == stopped else stopped
        elif name == "stop-commands":
            stopped = data
        elif name == "set-output":
            outputs[(match["with"] or match["has"] or "").removeprefix("name=").rstrip(";")] = data
        elif name in {"set-env", "add-path"}:
            failed = True  # forbidden since 2020
    return outputs, failed


def _outputs(file: Path) -> dict[str, str]:
    outputs = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.partition("=")
        if not sign:
            raise NotImplementedError(f"output {line!r}")
        outputs[name] = value
    return outputs


def git(*arguments: str, at: Path) -> str:
    """Output of git; RuntimeError where it fails."""
    ended = subprocess.run(["git", *arguments], cwd=at, capture_output=True, text=True, timeout=60, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"git {' '.join(arguments)}: {ended.stderr}")
    return ended.stdout.strip()
