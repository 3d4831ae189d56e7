"""``python -m playbook ci setup``: what docs/workflows.md has people click, by GitHub's API, where a token may.

Looks first, and says what it would do; with ``--write`` it asks before each step. What is as it should be stays
so, and an environment that has rules of its own is left alone. No secret is read or sent: for those it says the
command.

https://docs.github.com/en/rest/deployments/environments, https://docs.github.com/en/rest/actions/variables,
https://docs.github.com/en/rest/pages/pages and https://docs.github.com/en/rest/actions/workflows
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playbook.cli.ci import github
from playbook.core import door
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_OK
from playbook.settings.loading import load
from playbook.settings.model import SANDBOX

Say = Callable[[str], None]
Ask = Callable[[str], str]
Json = dict[str, Any]
Request = tuple[github.Method, str, Json | None]  # method, path, body

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
LEFT = 1  # exit code: something was refused or declined
_RUN = Path(".github/workflows/run.yml")
_VARIABLE = re.compile(r"\$\{\{ vars\.(\w+) \}\}")
_SECRET = re.compile(r"\$\{\{ secrets\.(\w+) \}\}")
_NOT_OF_AN_ENVIRONMENT = re.compile(r"PLAYBOOK_(WHOLE_ARTIFACT|CODE_SCANNING|TARGET)$")
_SITE_URL = "PLAYBOOK_SITE_URL"
_SCHEDULED = re.compile(r"^on:.*?^  schedule:$", re.MULTILINE | re.DOTALL)
_OFF = ("disabled_fork", "disabled_inactivity", "disabled_manually")
_PER_PAGE = 30  # the most that GitHub gives of variables
_MOST_PAGES = 20
_YES = ("y", "yes")

ADMINISTRATION, ENVIRONMENTS, PAGES, ACTIONS = (
    "Administration: write",
    "Environments: write",
    "Pages: write",
    "Actions: write",
)
NEEDED = (ACTIONS, ADMINISTRATION, ENVIRONMENTS, PAGES)


class _RefusedError(Exception):
    """GitHub does not do it; one sentence."""


@dataclass(frozen=True)
class Step:
    """Something that is not as it should be, and what mends it.

    Attributes:
        what: as it follows "would" and "may not": ``create the environment production``.
        needs: the permission of a fine-grained token for it.
        requests: method, path and body of each, in order.
        note: what to know before saying yes.
    """

    what: str
    needs: str
    requests: tuple[Request, ...]
    note: str = ""


@dataclass
class _Setup:
    """One call of the command."""

    environment: Mapping[str, str]
    repository: str
    target: str
    say: Say
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    branch: str = ""

    # ----------------------------------------------------------------------------------------------- what there is

    def steps(self, variables: list[str], secrets: list[str], scheduled: list[str]) -> Iterator[Step]:
        """What is left to do, in order. Each part is looked at once those before it are done."""
        self._look_at_repository()
        for part in (
            self._environment_step,
            self._pages_step,
            lambda: self._variable_steps(variables),
            lambda: self._workflow_steps(scheduled),
            lambda: self._secrets_left(secrets),
        ):
            try:
                yield from part()
            except _RefusedError as refusal:
                self.refused.append(str(refusal))

    def _look_at_repository(self) -> None:
        try:
            repository = self._read("", "see the repository", "Metadata: read")
        except _RefusedError as refusal:
            raise UsageError(str(refusal)) from None
        if repository is None:
            raise UsageError(
                f"GitHub does not know {self.repository}, or the token is not for it: choose it under "
                "Repository access of the token, or name another with --repository"
            )
        self.branch = str(repository.get("default_branch") or "main")

    def _environment_step(self) -> Iterator[Step]:
        path = f"environments/{quote(self.target, safe='')}"
        there = self._read(path, f"see the environment {self.target}", "Actions: read")
        rules = (there or {}).get("protection_rules") or []
        policy: Request = ("POST", f"{path}/deployment-branch-policies", {"name": self.branch})
        if self._lets_nobody_in(path, there):
            yield Step(
                f"allow the branch {self.branch} to use the environment {self.target}", ADMINISTRATION, (policy,)
            )
            return
        if there is not None and rules:
            self.notes.append(f"The environment {self.target} exists with its own rules, which are kept.")
            if any(rule.get("type") == "required_reviewers" for rule in rules):
                self.notes.append(
                    f"The environment {self.target} requires reviewers, so each scheduled run waits for one."
                )
            return
        body = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
        verb = "create" if there is None else "limit"
        yield Step(
            f"{verb} the environment {self.target}, whose secrets only the branch {self.branch} can read",
            ADMINISTRATION,
            (("PUT", path, body), policy),
        )

    def _lets_nobody_in(self, path: str, there: Json | None) -> bool:
        """It is limited to named branches, and names none: what is left where the second request failed."""
        if not ((there or {}).get("deployment_branch_policy") or {}).get("custom_branch_policies"):
            return False
        policies = self._read(
            f"{path}/deployment-branch-policies", "see which branches it lets in", "Actions: read"
        )
        return policies is not None and policies.get("branch_policies") == []

    def _variable_steps(self, names: list[str]) -> Iterator[Step]:
        path = f"environments/{quote(self.target, safe='')}/variables"
        known = self._listed(path, "variables", f"see the variables of {self.target}", "Environments: read")
        left = []
        for name in names:
            value = self.environment.get(name, "").strip()
            if name == _SITE_URL and not value:
                with suppress(_RefusedError):  # which was said before
                    value = str((self._pages() or {}).get("html_url") or "")
            if not value:
                left += [] if name in known else [name]
            elif name not in known:
                body = {"name": name, "value": value}
                yield Step(
                    f"set the variable {name} of {self.target} to {value}", ENVIRONMENTS, (("POST", path, body),)
                )
            elif known[name] != value:
                yield Step(
                    f"change the variable {name} of {self.target} from {known[name]} to {value}",
                    ENVIRONMENTS,
                    (("PATCH", f"{path}/{name}", {"value": value}),),
                )
        if left:
            self.notes.append(
                f"Not set in this environment, so not there either: {', '.join(left)}. Set those that you have."
            )

    def _pages_step(self) -> Iterator[Step]:
        there = self._pages()
        who = "the site of a public repository is public, and that of a private one may be"
        if there is None:
            yield Step(
                "switch Pages on, published by the workflows",
                f"{PAGES} and {ADMINISTRATION}",
                (("POST", "pages", {"build_type": "workflow"}),),
                who,
            )
        elif there.get("build_type") != "workflow":
            yield Step(
                "have Pages published by the workflows and no longer from a branch",
                f"{PAGES} and {ADMINISTRATION}",
                (("PUT", "pages", {"build_type": "workflow"}),),
                who,
            )

    def _workflow_steps(self, scheduled: list[str]) -> Iterator[Step]:
        known = self._listed("actions/workflows", "workflows", "see the workflows", "Actions: read")
        for path in scheduled:
            if known.get(path) in _OFF:
                yield Step(
                    f"switch on the schedule of {Path(path).name}, which is off ({known[path]})",
                    ACTIONS,
                    (("PUT", f"actions/workflows/{Path(path).name}/enable", None),),
                )

    def _secrets_left(self, names: list[str]) -> Iterator[Step]:
        path = f"environments/{quote(self.target, safe='')}/secrets"
        known = self._listed(
            path, "secrets", f"see the names of the secrets of {self.target}", "Environments: read"
        )
        left = [name for name in names if name not in known]
        if left:
            self.notes.append(
                "Set the secrets that you use: "
                + "; ".join(f"gh secret set {name} --env {self.target} --repo {self.repository}" for name in left)
            )
        yield from ()

    def _pages(self) -> Json | None:
        return self._read("pages", "see whether Pages are on", "Pages: read")

    # ---------------------------------------------------------------------------------------------------- requests

    def _read(self, path: str, what: str, needs: str) -> Json | None:
        """What is there; None where nothing is."""
        status, answer = github.ask("GET", path, self.environment)
        if status == 404:
            return None
        if status != 200:
            raise _RefusedError(self._sentence(status, answer, what, needs))
        return answer

    def _listed(self, path: str, key: str, what: str, needs: str) -> dict[str, str]:
        """Of each of a listing its value, or state, by its name or path; all pages."""
        found: dict[str, str] = {}
        for page in range(1, _MOST_PAGES + 1):
            listing = self._read(f"{path}?per_page={_PER_PAGE}&page={page}", what, needs) or {}
            items = listing.get(key)
            if not isinstance(items, list):
                break  # the environment is not there yet
            for item in items:
                found[str(item.get("path") or item.get("name"))] = str(
                    item.get("state") or item.get("value") or ""
                )
            if len(items) < _PER_PAGE:
                break
        return found

    def do(self, step: Step) -> None:
        """Carry a step out; _RefusedError where GitHub does not."""
        for method, path, body in step.requests:
            status, answer = github.ask(method, path, self.environment, body)
            if not 200 <= status < 300:
                raise _RefusedError(self._sentence(status, answer, step.what, step.needs))

    def _sentence(self, status: int, told: Json, what: str, needs: str) -> str:
        message = door.line(str(told.get("message", "")), 200).rstrip(".")
        if status == 401:
            return "GitHub does not accept the token: it is wrong, expired or revoked."
        if status == 403 and "rate limit" in message:
            return f"GitHub accepts no more requests now ({message}); call this again later."
        if status == 403 and "accessible" in message:
            return f"The token may not {what}: give it {needs} for {self.repository}."
        if status == 404:
            return f"GitHub found nothing to {what}: the token needs {needs} for {self.repository}."
        return f"GitHub refused to {what}: HTTP {status}{f' ({message})' if message else ''}."


def setup(
    options: argparse.Namespace, root: Path, say: Say, environment: Mapping[str, str], ask: Ask = input
) -> int:
    """Say what is not set up yet; with ``options.write`` set it up, step by step, each after a yes.

    Exit code 1 where something was refused or declined.

    Raises:
        UsageError: no token, no repository, no workflow, or a target that is none.
    """
    if load(options.target, root=root, environment=environment).target.kind == SANDBOX:
        raise UsageError(
            "ci setup: the sandbox needs nothing; choose the target that the schedules check (--target)"
        )
    token = next((environment[name] for name in TOKENS if environment.get(name)), "")
    repository = options.repository or environment.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise UsageError("ci setup: origin is not a repository on GitHub; name it with --repository OWNER/NAME")
    if not token:
        raise UsageError(
            f"ci setup: expected a fine-grained token for {repository} in ${TOKENS[0]}, with {', '.join(NEEDED)} "
            "and nothing else; delete it afterwards"
        )
    given = {**environment, "GITHUB_TOKEN": token, "GITHUB_REPOSITORY": repository}
    work = _Setup(given, repository, options.target, say)
    say(f"{repository}, environment {options.target}" + ("" if options.write else ": nothing is changed"))
    variables, secrets, scheduled = _named(root)
    done = left = 0
    for step in work.steps(variables, secrets, scheduled):
        if not options.write:
            say(f"would {step.what}{f' ({step.note})' if step.note else ''}")
            left += 1
        elif not _agreed(step, ask):
            say(f"left as it is: {step.what}")
            left += 1
        else:
            try:
                work.do(step)
                say(f"done: {step.what}")
                done += 1
            except _RefusedError as refusal:
                work.refused.append(str(refusal))
    for line in (*work.refused, *work.notes):
        say(line)
    if not options.write and left:
        say("Add --write to perform these steps; each is confirmed first.")
    if not (done or left or work.refused):
        say("Everything is set up.")
    return LEFT if work.refused or (options.write and left) else EXIT_OK


def _agreed(step: Step, ask: Ask) -> bool:
    try:
        note = f" ({step.note})" if step.note else ""
        return ask(f"{step.what[0].upper()}{step.what[1:]}?{note} [y/N] ").strip().lower() in _YES
    except EOFError:
        return False


def _named(root: Path) -> tuple[list[str], list[str], list[str]]:
    """Variables and secrets that a run takes from its environment, and the workflows with a schedule."""
    try:
        text = (root / _RUN).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"ci setup: expected {_RUN} here, in a clone of the playbook: {error.strerror}") from None
    variables = [name for name in dict.fromkeys(_VARIABLE.findall(text)) if not _NOT_OF_AN_ENVIRONMENT.match(name)]
    secrets = list(dict.fromkeys(_SECRET.findall(text)))
    folder = root / _RUN.parent
    scheduled = [
        str(_RUN.parent / file.name)
        for file in sorted(folder.glob("*.yml"))
        if _SCHEDULED.search(file.read_text(encoding="utf-8"))
    ]
    return variables, secrets, scheduled
