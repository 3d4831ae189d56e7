"""Rules of the workflow files: pinned actions, minimal permissions, named secrets, crons as in the settings."""

import re
from pathlib import Path

import pytest

from playbook.cli.ci import state
from playbook.core.secret import Secret
from playbook.report.handoff_public import HANDOFFS
from playbook.settings.files import DEFAULTS
from playbook.settings.loading import load
from tests.workflows.actions import read_workflow
from tests.written import CADENCES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
WORKFLOWS = {file.stem: read_workflow(file) for file in FILES}

# Set by the workflow itself, not configured by users.
FIXED = {
    "PLAYBOOK_DRILL_RECORDS": f"{state.HISTORY}/drills.jsonl",
    "PLAYBOOK_HANDOFFS": f"{state.HISTORY}/{HANDOFFS}",
}
_USES = re.compile(r"uses: (\S+)(?: # (.+))?$")
_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)
_SECRET = re.compile(r"secrets\.(\w+)")
_VARIABLE = re.compile(r"\$\{([A-Z_|]+)\}")


def steps_of(workflow):
    """(job's name, step) of every step."""
    return [(name, step) for name, job in workflow["jobs"].items() for step in job.get("steps", [])]


def test_every_action_is_pinned_by_its_commit():
    """With its version in a comment, and the same everywhere; our own workflows by this very commit."""
    used: dict[str, set[tuple[str, str]]] = {}
    for file in FILES:
        found = [_USES.search(line) for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line]
        assert found, file
        for match in found:
            assert match, file
            if not match[1].startswith("$/"):
                action, _, commit = match[1].partition("@")
                assert re.fullmatch(r"[0-9a-f]{40}", commit), f"{file.name}: {action} is not pinned by its commit"
                assert re.fullmatch(r"v\d+\.\d+\.\d+", match[2] or ""), f"{file.name}: {action}, no version"
                used.setdefault(action, set()).add((commit, match[2]))
    assert {action for action, commits in used.items() if len(commits) > 1} == set()
    assert set(used) == {
        *("actions/checkout", "actions/setup-python", "actions/upload-artifact"),
        *("actions/upload-pages-artifact", "actions/deploy-pages", "actions/download-artifact", "actions/attest"),
    }


def test_every_package_is_locked_by_its_hash():
    """Code that runs with the secrets is what was tested, including indirect dependencies, whatever an index
    serves.
    """
    installs = [
        step["run"]
        for name in ("run", "site", "load-workers", "group")
        for _, step in steps_of(WORKFLOWS[name])
        if "pip install" in step.get("run", "")
    ]
    assert len(installs) == 5
    assert all(run.endswith("--require-hashes --only-binary :all: -r requirements.lock") for run in installs)
    asked = set(_PINNED.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(asked) > 20
    assert asked <= set(_PINNED.findall(lock)), "requirements.txt is not what is locked: make lock"
    for entry in re.split(r"\n(?=\S)", lock):
        assert entry.startswith("#") or "--hash=sha256:" in entry, entry


def test_release_is_built_by_locked_packages_without_write_permission():
    """The build tool is third-party code: it may not publish, and the publishing job does not run it."""
    jobs = WORKFLOWS["release"]["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert set(jobs["publish"]["permissions"]) == {"contents", "id-token", "attestations"}
    assert [step["name"] for step in jobs["publish"]["steps"] if "run" in step] == ["Release"]
    assert not any("checkout" in step.get("uses", "") for step in jobs["publish"]["steps"])
    install = next(step["run"] for step in jobs["build"]["steps"] if step.get("name") == "Install")
    assert install.endswith("--require-hashes --only-binary :all: -r .ci/build.lock")
    lock = (ROOT / ".ci" / "build.lock").read_text(encoding="utf-8")
    developing = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert _PINNED.findall(lock)[0] in _PINNED.findall(developing), "make lock"


def test_every_supported_python_is_tested_and_macos_too():
    """From the oldest in pyproject.toml; CI's job with the real servers uses one."""
    matrix = WORKFLOWS["ci"]["jobs"]["versions"]["strategy"]["matrix"]
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert oldest
    assert matrix["python"][0] == oldest[1]
    minors = [int(version.partition(".")[2]) for version in matrix["python"]]
    assert minors == list(range(minors[0], minors[-1] + 1))
    on_macos = [each["python"] for each in matrix["include"] if each["on"].startswith("macos")]
    assert on_macos == [matrix["python"][0], matrix["python"][-1]]


def test_crons_match_the_settings():
    """Otherwise the site would report a missed run that was never due, or the reverse."""
    settings = load("sandbox", environment={}).schedule
    written = [each["cron"] for each in WORKFLOWS["schedule"]["on"]["schedule"]]
    assert written == [line for line in settings.cron.values() if line]
    beside = re.findall(r'cron: "(.+)" # (\w+)', (FOLDER / "schedule.yml").read_text(encoding="utf-8"))
    assert {name: line for line, name in beside} == {name: line for name, line in settings.cron.items() if line}
    assert all(int(line.split()[0]) % 2 for line in written)
    for name in ("schedule", "drills"):
        assert {each["timezone"] for each in WORKFLOWS[name]["on"]["schedule"]} == {settings.time_zone}


def test_choices_match_targets_sets_and_shapes():
    """Targets of the settings, sets with checks, shapes of load tests."""
    from playbook.readers.load.plan import SHAPES

    asked = WORKFLOWS["schedule"]["on"]["workflow_dispatch"]["inputs"]
    assert {"sandbox", "staging", "production"} == set(asked["target"]["options"])
    for target in asked["target"]["options"]:
        assert load(target, environment={}).target.name == target
    assert set(asked["set"]["options"]) <= CADENCES
    loaded = WORKFLOWS["load"]["on"]["workflow_dispatch"]["inputs"]
    assert tuple(loaded["shape"]["options"]) == SHAPES
    assert "production" not in loaded["target"]["options"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_empty_except_where_a_job_names_them(name):
    """A calling job grants exactly what the called jobs use together."""
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        if "uses" in job:
            taken: dict[str, str] = {}
            for inner in WORKFLOWS[Path(job["uses"]).stem]["jobs"].values():
                for what, how in inner["permissions"].items():
                    taken[what] = "write" if "write" in (how, taken.get(what)) else how
            assert job["permissions"] == taken


def test_each_write_permission_is_in_one_job():
    """The job with the system's secrets may push, but neither publish nor upload findings."""
    writes = {
        name: {what for what, how in job["permissions"].items() if how == "write"}
        for name, job in WORKFLOWS["run"]["jobs"].items()
    }
    assert writes == {"run": {"contents"}, "site": {"pages", "id-token"}, "code-scanning": {"security-events"}}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_have_time_limits_and_shells_fail_on_errors(name):
    """Each job has a time limit; a named shell has pipefail."""
    workflow = WORKFLOWS[name]
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60
    if any("run" in step for _, step in steps_of(workflow)) and name != "ci":
        assert workflow["defaults"]["run"]["shell"] == "bash"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_script_contains_an_expression(name):
    """Scripts get values as variables, so quotes in them are harmless."""
    assert not [step["run"] for _, step in steps_of(WORKFLOWS[name]) if "${{" in step.get("run", "")]


def test_each_step_gets_only_what_it_needs():
    """Only the run gets the system's secrets; only steps that fetch, push and query get the job's token."""
    with_secrets, with_token = set(), set()
    for job, step in (*steps_of(WORKFLOWS["run"]), *steps_of(WORKFLOWS["site"])):
        text = str(step)
        if _SECRET.search(text):
            with_secrets.add((job, step["name"]))
        if "github.token" in text:
            with_token.add((job, step["name"]))
    assert with_secrets == {("run", "Run")}
    assert with_token == {
        *(("run", "History"), ("run", "Push history")),
        *(("site", "History"), ("site", "Pages")),
        *(("code-scanning", "Reports"), ("code-scanning", "Findings")),
    }
    for job in (*WORKFLOWS["run"]["jobs"].values(), *WORKFLOWS["site"]["jobs"].values()):
        assert "env" not in job


@pytest.mark.parametrize("name", ["schedule", "load", "drills", "group"])
def test_secrets_are_declared_passed_and_used_by_name(name):
    """In three places, as GitHub requires; never all of them at once."""
    declared = set(WORKFLOWS["run"]["on"]["workflow_call"]["secrets"])
    (job,) = (job for job in WORKFLOWS[name]["jobs"].values() if "run.yml" in job.get("uses", ""))
    assert job["secrets"] == {secret: f"${{{{ secrets.{secret} }}}}" for secret in declared}
    assert set(_SECRET.findall(str(WORKFLOWS["run"]["jobs"]))) == declared
    assert not [secret for secret in declared if secret.startswith("GITHUB_")]  # GitHub refuses such names


def test_every_variable_of_the_settings_reaches_the_run():
    """A secret of the settings is a secret at GitHub; everything else is a variable, which can be read."""
    (step,) = (step for _, step in steps_of(WORKFLOWS["run"]) if step.get("id") == "run")
    files = [file for file in (DEFAULTS, ROOT / "playbook.toml") if file.is_file()]
    lines = [line.partition("#")[0] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    for names in _VARIABLE.findall("\n".join(lines)):
        first = names.split("|")[0]
        if first in FIXED:
            assert step["env"][first] == FIXED[first]
            continue
        assert first in step["env"], f"{first} is read by the settings, and run.yml does not pass it"
        kind = _kind(first)
        assert kind is None or f"{kind}." in step["env"][first], f"{first} is to be one of the {kind}"


def test_documentation_names_every_variable_and_secret():
    """Users follow docs/workflows.md; its times are those of the schedule."""
    text = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z_]+)`", text))
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", "".join(file.read_text(encoding="utf-8") for file in FILES)))
    assert used <= named, used - named
    assert named - used <= {"PLAYBOOK_TARGET", *FIXED}, named - used
    for line in load("sandbox", environment={}).schedule.cron.values():
        minute, hour = line.split()[:2]
        assert f"{int(hour):02}:{minute}" in text


def _kind(variable: str) -> str | None:
    """Secret or variable at GitHub; None where playbook.toml sets something else instead."""
    scheme = "rediss" if "REDIS" in variable else "https"
    value = f"{scheme}://{variable.lower().replace('_', '-')}.example"
    for target in ("production", "staging"):
        for found in _walk(load(target, root=ROOT, environment={variable: value})):
            if isinstance(found, Secret) and found.reveal() == value:
                return "secrets"
            if found == value:
                return "vars"
    return None


def _walk(value):
    if hasattr(value, "__struct_fields__"):
        value = [getattr(value, field) for field in value.__struct_fields__]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner)
    else:
        yield value


def test_run_only_waits_for_runs_of_the_same_set_and_target():
    """An emergency must not wait for a soak test; and a queue of one would drop the waiting run."""
    group = {"cancel-in-progress": False, "queue": "max"}
    run, site = WORKFLOWS["run"]["jobs"]["run"], WORKFLOWS["site"]["jobs"]["site"]
    assert run["concurrency"] == {
        "group": "run ${{ inputs.target }} ${{ inputs.set || inputs.cron }}${{ inputs.group }}${{ inputs.part }}",
        **group,
    }
    assert site["concurrency"] == {"group": "pages", **group}


def test_check_creates_no_deployment():
    """It has the secrets and rules of the environment, but no entry in its deployments."""
    assert WORKFLOWS["run"]["jobs"]["run"]["environment"] == {"name": "${{ inputs.target }}", "deployment": False}


def test_only_drills_may_change_their_target():
    """Manually on staging or the sandbox; the other workflows keep the default."""
    (drills,) = WORKFLOWS["drills"]["jobs"].values()
    assert (drills["with"]["set"], drills["with"]["allow-mutations"]) == ("mutates", True)
    assert drills["with"]["target"] == "${{ inputs.target || 'staging' }}"
    assert "production" not in WORKFLOWS["drills"]["on"]["workflow_dispatch"]["inputs"]["target"]["options"]
    for name in ("schedule", "load"):
        (job,) = (job for job in WORKFLOWS[name]["jobs"].values() if "uses" in job)
        assert "allow-mutations" not in job["with"]
    assert WORKFLOWS["run"]["on"]["workflow_call"]["inputs"]["allow-mutations"]["default"] is False


@pytest.mark.parametrize("target", ["production", "staging"])
def test_drills_are_stored_where_production_checks_read_them(target, tmp_path):
    """On the branch history, below the checkout. They restore the backups that they are judged for; without the
    variable nothing changes.
    """
    environment = {**FIXED, "BACKUP_LOCATION": "s3://nightly@fra1.example/portfolio"}
    found = load(target, root=tmp_path, environment=environment).target
    assert found.recovery.records == str(tmp_path / "data/history/drills.jsonl")
    assert found.backups.location == environment["BACKUP_LOCATION"]
    assert load(target, root=tmp_path, environment={}).target.recovery.records == str(tmp_path / "drills.jsonl")


def test_drills_run_before_the_checks_that_judge_them():
    """On the same days, and finished by then."""
    checks = {line.split(maxsplit=2)[2]: line for line in load("sandbox", environment={}).schedule.cron.values()}
    for each in WORKFLOWS["drills"]["on"]["schedule"]:
        minute, hour, day = each["cron"].split(maxsplit=2)
        before = checks[day].split()
        assert int(hour) * 60 + int(minute) + 90 <= int(before[1]) * 60 + int(before[0])


def test_later_steps_always_run_and_the_verdict_comes_last():
    """Also after a failure or a cancellation."""
    steps = WORKFLOWS["run"]["jobs"]["run"]["steps"]
    names = [step.get("name") for step in steps]
    after = steps[names.index("Run") + 1 :]
    assert [step["name"] for step in after] == [
        *("Artifact", "Report", "Page", "Summary", "Push history", "Lines", "Verdict")
    ]
    assert all("always()" in step["if"] for step in after)


def test_run_ends_before_its_job_and_set_before_its_step():
    """A run that hits the job's limit has five minutes to be stored, and is not published."""
    job = WORKFLOWS["run"]["jobs"]["run"]
    (step,) = (step for step in job["steps"] if step.get("id") == "run")
    assert load("sandbox", environment={}).running.limit_minutes < step["timeout-minutes"]
    assert step["timeout-minutes"] + 10 <= job["timeout-minutes"]


def test_repeated_job_uses_new_artifact_names():
    """GitHub keeps artifacts of earlier attempts, and deploys none if two have the same name."""
    names = []
    for _, step in (*steps_of(WORKFLOWS["run"]), *steps_of(WORKFLOWS["site"])):
        inputs = step.get("with", {})
        if inputs.get("archive") is False:
            assert (
                inputs["path"] == "${{ steps.artifact.outputs.page }}"
            )  # named after the run's report, which is unique
        elif "artifact" in step.get("uses", "") or "deploy-pages" in step.get("uses", ""):
            names.append(inputs.get("name") or inputs.get("artifact_name", ""))
    assert len(names) == 4
    assert all(name.endswith("-${{ github.run_attempt }}") for name in names), names
