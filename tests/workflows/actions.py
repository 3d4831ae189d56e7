"""A local stand-in for GitHub Actions, as far as the workflows use it: jobs, steps, files, a few actions, one API.

Steps run with the declared shell in a fresh clone, with no variables but GitHub's and those that they declare.
Unknown features are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.workflows.expressions import Declared, as_text, condition, interpolate
from tests.workflows.github_api import Api
from tests.workflows.steps import Step, Steps, git

_WORKFLOW = {"name", "on", "permissions", "concurrency", "defaults", "env", "jobs"}
_JOB = {
    *("name", "needs", "if", "runs-on", "timeout-minutes", "environment", "permissions", "concurrency", "outputs"),
    *("steps", "uses", "with", "secrets", "env", "strategy"),
}
_STEP = {"name", "id", "if", "run", "uses", "with", "env", "shell", "timeout-minutes"}


@dataclass
class Job:
    """Result of one job."""

    name: str
    result: str = "skipped"
    steps: dict[str, Step] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class WorkflowRun:
    """Result of one run of a workflow.

    Attributes:
        artifacts: folder with a folder for each.
        attested: names of the files with an attestation of their origin.
    """

    jobs: dict[str, Job]
    summary: str
    artifacts: Path
    attested: list[str] = field(default_factory=list)

    def step(self, job: str, name: str) -> Step:
        """One step of one job."""
        return self.jobs[job].steps[name]


@dataclass
class Cancel:
    """Cancel the run during a step: as soon as a file matching this pattern exists in the workspace.

    The output of a step does not show its progress, as pipes are block-buffered.
    """

    step: str
    file: str


@dataclass
class Repository:
    """State at GitHub.

    Attributes:
        origin: bare repository.
        python: folder whose ``python`` has everything installed.
        secrets, variables: by environment; ``""`` for the whole repository.
        before: called before the first step of this name, to change the state at GitHub.
        pages: the published site.
        bytecode: what ``tests.workflows.bytecode`` has compiled of the repository, for each clone.
    """

    folder: Path
    origin: Path
    python: Path
    api: Api
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    default_branch: str = "main"
    token: str = "ghs_0123456789abcdef0123456789"
    runs: int = 0
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    bytecode: Path | None = None

    @property
    def pages(self) -> Path:
        """The published site."""
        return self.folder / "pages"

    def run(
        self,
        file: str,
        event: str,
        *,
        inputs: dict[str, Any] | None = None,
        schedule: str | None = None,
        ref: str = "main",
        cancel: Cancel | None = None,
    ) -> WorkflowRun:
        """Start a workflow by an event, and run it to its end.

        Args:
            ref: a branch; for a push, a tag.
        """
        self.runs += 1
        started = Run(self, file, event, inputs=inputs or {}, schedule=schedule, ref=ref, cancel=cancel)
        return started.through()


def read_workflow(file: Path) -> dict[str, Any]:
    """A workflow as YAML 1.2, in which ``on`` is a word."""
    workflow = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    _require_known(workflow, _WORKFLOW, file.name)
    return dict(workflow)


def _require_known(table: Iterable[str], known: set[str], where: str) -> None:
    unknown = set(table) - known
    if unknown:
        raise NotImplementedError(f"{where}: {', '.join(sorted(unknown))}")


class Run:
    """One run of a workflow: its jobs in order."""

    def __init__(
        self,
        repository: Repository,
        file: str,
        event: str,
        *,
        inputs: dict[str, Any],
        schedule: str | None,
        ref: str,
        cancel: Cancel | None,
    ) -> None:
        self.repository, self.file, self.cancel = repository, file, cancel
        self.folder = repository.folder / f"run-{repository.runs}"
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir(parents=True)
        self.summary = self.folder / "summary.md"
        self.cancelled = False
        self.attested: list[str] = []
        name = f"refs/{'tags' if event == 'push' else 'heads'}/{ref}"
        sha = git("rev-parse", f"{name}^{{commit}}", at=repository.origin)
        payload: dict[str, Any] = {"repository": {"default_branch": repository.default_branch}}
        if event == "schedule":
            payload = {"schedule": schedule}  # GitHub does not include the repository here
        self.github = Declared(event_name=event, event=payload, ref_name=ref, ref=name, sha=sha, run_attempt="1")
        self.github |= {"repository": "owner/playbook", "token": repository.token}
        self.workflow = self._read(file)
        trigger = self.workflow["on"][event]
        if event == "schedule" and schedule not in [each["cron"] for each in trigger]:
            raise ValueError(f"{file} has no schedule {schedule}")
        self.inputs = Declared(_given(_declared(self.workflow), inputs, by_hand=event == "workflow_dispatch"))

    def _read(self, file: str) -> dict[str, Any]:
        name = f"{self.github['sha']}:.github/workflows/{file}"
        path = self.folder / file
        path.write_text(git("show", name, at=self.repository.origin) + "\n", encoding="utf-8")
        return read_workflow(path)

    def through(self) -> WorkflowRun:
        """Run every job whose condition holds; return the results."""
        jobs = self._jobs(self.workflow, self.inputs, passed=None)
        summary = self.summary.read_text(encoding="utf-8") if self.summary.exists() else ""
        return WorkflowRun(jobs, summary, self.artifacts, self.attested)

    def _jobs(self, workflow: dict[str, Any], inputs: Declared, passed: dict[str, str] | None) -> dict[str, Job]:
        done: dict[str, Job] = {}
        for name, job in workflow["jobs"].items():  # each follows the jobs that it needs
            _require_known(job, _JOB, name)
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            results = {done[needed].result for needed in needs}
            status = {
                "success": results <= {"success"} and not self.cancelled,
                "failure": "failure" in results,
                "cancelled": self.cancelled,
            }
            values: dict[str, Any] = {
                "github": self.github,
                "inputs": inputs,
                "vars": self._variables(job, inputs),
                "needs": Declared(
                    {n: Declared(result=done[n].result, outputs=Declared(done[n].outputs)) for n in needs}
                ),
            }
            made = done[name] = Job(name)
            if not condition(job.get("if"), values, status):
                if "outputs" in job:
                    made.outputs = dict.fromkeys(job["outputs"], "")
                continue
            if "strategy" in job:
                raise NotImplementedError(f"{name}: strategy")
            if "uses" in job:
                self._called(job, values, done, made)
            else:
                self._job(workflow, job, values, passed, made)
        return done

    def _called(self, job: dict[str, Any], values: dict[str, Any], done: dict[str, Job], made: Job) -> None:
        start, _, file = str(job["uses"]).partition("/.github/workflows/")
        if start != "$":
            raise NotImplementedError(job["uses"])
        called = self._read(file)
        values = {**values, "secrets": self.repository.secrets.get("", {})}
        secrets = {name: as_text(interpolate(text, values)) for name, text in job.get("secrets", {}).items()}
        undeclared = set(secrets) - set(called["on"]["workflow_call"].get("secrets", {}))
        if undeclared:
            raise ValueError(f"{file} declares no secret {undeclared}")
        given = interpolate(job.get("with", {}), values)
        inputs = Declared(_given(called["on"]["workflow_call"].get("inputs", {}), given, by_hand=False))
        inner = self._jobs(called, inputs, secrets)
        done.update({f"{made.name}/{name}": each for name, each in inner.items()})
        made.result = _worst(each.result for each in inner.values())

    def _variables(self, job: dict[str, Any], inputs: Declared) -> dict[str, str]:
        environment = (
            interpolate(_environment(job), {"inputs": inputs}) if "${{ inputs" in _environment(job) else ""
        )
        known = self.repository.variables
        return {**known.get("", {}), **known.get(environment or _environment(job), {})}

    def _secrets(self, environment: str, passed: dict[str, str] | None) -> dict[str, Any]:
        known = self.repository.secrets
        here = known.get(environment, {}) if environment else {}
        if passed is None:
            return {**known.get("", {}), **here}
        return Declared({name: here.get(name, value) for name, value in passed.items()})

    def _job(
        self,
        workflow: dict[str, Any],
        job: dict[str, Any],
        values: dict[str, Any],
        passed: dict[str, str] | None,
        made: Job,
    ) -> None:
        environment = as_text(interpolate(_environment(job), values))
        values["secrets"] = self._secrets(environment, passed)
        workspace = self.folder / made.name / "workspace"
        workspace.mkdir(parents=True)
        (workspace.parent / "home").mkdir()
        defaults = workflow.get("defaults", {}).get("run", {})
        context = Steps(self, job=job, workspace=workspace, values=values, defaults=defaults)
        failed = False
        for number, step in enumerate(job["steps"]):
            _require_known(step, _STEP, made.name)
            status = {
                "success": not failed and not self.cancelled,
                "failure": failed,
                "cancelled": self.cancelled,
            }
            values["steps"] = Declared(context.outcomes)
            name = step.get("name") or step.get("uses", f"step {number}").partition("@")[0]
            if not condition(step.get("if"), values, status):
                done, outputs = Step(name, "skipped"), {}
            else:
                self.repository.before.pop(name, lambda: None)()
                done, outputs = context.carry_out(step, name, status)
            made.steps[name] = done
            failed = failed or done.outcome == "failure"
            if step.get("id"):
                context.outcomes[step["id"]] = Declared(outcome=done.outcome, outputs=outputs)
        made.result = "cancelled" if self.cancelled else "failure" if failed else "success"
        values["steps"] = Declared(context.outcomes)
        made.outputs = {name: as_text(interpolate(text, values)) for name, text in job.get("outputs", {}).items()}


def _declared(workflow: dict[str, Any]) -> dict[str, Any]:
    return dict((workflow["on"].get("workflow_dispatch") or {}).get("inputs", {}))


def _given(declared: dict[str, Any], given: dict[str, Any], *, by_hand: bool) -> dict[str, Any]:
    """Inputs with their defaults; a choice must be one of its options, and types must match the declaration."""
    unknown = set(given) - set(declared)
    if unknown:
        raise ValueError(f"no input {unknown}")
    made: dict[str, Any] = {}
    for name, about in declared.items():
        value = given.get(name)
        if value is None and not by_hand and "options" in about:
            made[name] = None  # a schedule has none
            continue
        if value is None:
            if about.get("required"):
                raise ValueError(f"input {name} is not given")
            value = about.get("default", "")
        if "options" in about and value not in about["options"]:
            raise ValueError(f"input {name} is none of its options: {value!r}")
        if isinstance(value, bool) != (about["type"] == "boolean"):
            raise ValueError(f"input {name} is no {about['type']}: {value!r}")
        made[name] = value
    return made


def _environment(job: dict[str, Any]) -> str:
    environment = job.get("environment", "")
    return str(environment["name"] if isinstance(environment, dict) else environment)


def _worst(results: Iterable[str]) -> str:
    order = ("failure", "cancelled", "success", "skipped")
    return min(results, key=order.index)
