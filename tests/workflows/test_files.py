"""The workflow files keep to their rules: actions pinned, permissions least, secrets named, crons as settings."""

import re
from pathlib import Path

import pytest

from playbook.ci import state
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

# Where the workflow itself says it, and nobody sets it up.
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
    """With its version beside it, and the same one everywhere; a workflow of ours by this very commit."""
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
    """What stands next to the secrets is what was tested, all the way down, whatever an index says that day."""
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


def test_a_release_is_built_by_what_is_locked_where_nothing_may_be_written():
    """What builds it is a package of others: it has no right to publish, and what publishes runs none of it."""
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


def test_every_version_of_python_that_is_promised_is_tried_and_macos_too():
    """From the oldest that pyproject.toml names; CI's job with the real servers has one."""
    matrix = WORKFLOWS["ci"]["jobs"]["versions"]["strategy"]["matrix"]
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert oldest
    assert matrix["python"][0] == oldest[1]
    minors = [int(version.partition(".")[2]) for version in matrix["python"]]
    assert minors == list(range(minors[0], minors[-1] + 1))
    on_macos = [each["python"] for each in matrix["include"] if each["on"].startswith("macos")]
    assert on_macos == [matrix["python"][0], matrix["python"][-1]]


def test_the_crons_are_those_of_the_settings():
    """Else the site would call a run missed that was never due, or the other way round."""
    settings = load("sandbox", environment={}).schedule
    written = [each["cron"] for each in WORKFLOWS["schedule"]["on"]["schedule"]]
    assert written == [line for line in settings.cron.values() if line]
    beside = re.findall(r'cron: "(.+)" # (\w+)', (FOLDER / "schedule.yml").read_text(encoding="utf-8"))
    assert {name: line for line, name in beside} == {name: line for name, line in settings.cron.items() if line}
    assert all(int(line.split()[0]) % 2 for line in written)
    for name in ("schedule", "drills"):
        assert {each["timezone"] for each in WORKFLOWS[name]["on"]["schedule"]} == {settings.time_zone}


def test_the_choices_are_what_there_is():
    """Targets of the settings, sets that checks have, shapes of load tests."""
    from playbook.load.plan import SHAPES

    asked = WORKFLOWS["schedule"]["on"]["workflow_dispatch"]["inputs"]
    assert {"sandbox", "staging", "production"} == set(asked["target"]["options"])
    for target in asked["target"]["options"]:
        assert load(target, environment={}).target.name == target
    assert set(asked["set"]["options"]) <= CADENCES
    loaded = WORKFLOWS["load"]["on"]["workflow_dispatch"]["inputs"]
    assert tuple(loaded["shape"]["options"]) == SHAPES
    assert "production" not in loaded["target"]["options"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_none_but_where_a_job_names_them(name):
    """And a calling job gives what the called one's jobs take between them, and no more."""
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


def test_each_permission_to_write_has_its_one_job():
    """The job that holds the system's secrets may push, and neither publish nor file findings."""
    writes = {
        name: {what for what, how in job["permissions"].items() if how == "write"}
        for name, job in WORKFLOWS["run"]["jobs"].items()
    }
    assert writes == {"run": {"contents"}, "site": {"pages", "id-token"}, "code-scanning": {"security-events"}}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_jobs_end_and_shells_fail_on_the_first_error(name):
    """Each job has a time limit; a shell that is named has pipefail."""
    workflow = WORKFLOWS[name]
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60
    if any("run" in step for _, step in steps_of(workflow)) and name != "ci":
        assert workflow["defaults"]["run"]["shell"] == "bash"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_expression_stands_in_a_script(name):
    """Values reach scripts as variables, which no quote can break out of."""
    assert not [step["run"] for _, step in steps_of(WORKFLOWS[name]) if "${{" in step.get("run", "")]


def test_each_step_is_handed_what_it_needs_and_nothing_else():
    """Secrets of the system go to the run alone; the job's token to those that fetch, push and ask."""
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
    """In three places, as GitHub wants it; never all of them at once."""
    declared = set(WORKFLOWS["run"]["on"]["workflow_call"]["secrets"])
    (job,) = (job for job in WORKFLOWS[name]["jobs"].values() if "run.yml" in job.get("uses", ""))
    assert job["secrets"] == {secret: f"${{{{ secrets.{secret} }}}}" for secret in declared}
    assert set(_SECRET.findall(str(WORKFLOWS["run"]["jobs"]))) == declared
    assert not [secret for secret in declared if secret.startswith("GITHUB_")]  # GitHub takes no such names


def test_every_variable_of_the_settings_reaches_the_run():
    """What is a secret in the settings is one at GitHub; what is not is a variable, which can be looked at."""
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


def test_the_set_up_names_every_variable_and_secret():
    """docs/workflows.md is what people follow; the times there are those of the schedule."""
    text = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z_]+)`", text))
    used = set(re.findall(r"(?:vars|secrets)\.(\w+)", "".join(file.read_text(encoding="utf-8") for file in FILES)))
    assert used <= named, used - named
    assert named - used <= {"PLAYBOOK_TARGET", *FIXED}, named - used
    for line in load("sandbox", environment={}).schedule.cron.values():
        minute, hour = line.split()[:2]
        assert f"{int(hour):02}:{minute}" in text


def _kind(variable: str) -> str | None:
    """Where it belongs at GitHub; None where playbook.toml has something else in its place."""
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


def test_a_run_waits_only_for_runs_of_the_same_set_and_target():
    """An emergency is not queued behind a soak test; and a queue of one would drop the run that waits."""
    group = {"cancel-in-progress": False, "queue": "max"}
    run, site = WORKFLOWS["run"]["jobs"]["run"], WORKFLOWS["site"]["jobs"]["site"]
    assert run["concurrency"] == {
        "group": "run ${{ inputs.target }} ${{ inputs.set || inputs.cron }}${{ inputs.group }}${{ inputs.part }}",
        **group,
    }
    assert site["concurrency"] == {"group": "pages", **group}


def test_a_check_is_no_deployment_of_the_system_it_looks_at():
    """It has the secrets and the rules of the environment, and no line in its list of deployments."""
    assert WORKFLOWS["run"]["jobs"]["run"]["environment"] == {"name": "${{ inputs.target }}", "deployment": False}


def test_drills_may_change_what_they_are_run_on_and_nothing_else_may():
    """By hand on staging or the sandbox; the other workflows leave it at the default."""
    (drills,) = WORKFLOWS["drills"]["jobs"].values()
    assert (drills["with"]["set"], drills["with"]["allow-mutations"]) == ("mutates", True)
    assert drills["with"]["target"] == "${{ inputs.target || 'staging' }}"
    assert "production" not in WORKFLOWS["drills"]["on"]["workflow_dispatch"]["inputs"]["target"]["options"]
    for name in ("schedule", "load"):
        (job,) = (job for job in WORKFLOWS[name]["jobs"].values() if "uses" in job)
        assert "allow-mutations" not in job["with"]
    assert WORKFLOWS["run"]["on"]["workflow_call"]["inputs"]["allow-mutations"]["default"] is False


@pytest.mark.parametrize("target", ["production", "staging"])
def test_drills_are_kept_on_the_branch_history_where_checks_of_production_find_them(target):
    """And restore the same backups as those that they stand for; without the variable nothing changes."""
    environment = {**FIXED, "BACKUP_LOCATION": "s3://nightly@fra1.example/portfolio"}
    found = load(target, environment=environment).target
    assert found.recovery.records == "data/history/drills.jsonl"
    assert found.backups.location == environment["BACKUP_LOCATION"]
    assert load(target, environment={}).target.recovery.records == "drills.jsonl"


def test_drills_are_carried_out_before_the_checks_that_judge_them():
    """On the same days, and over by then."""
    checks = {line.split(maxsplit=2)[2]: line for line in load("sandbox", environment={}).schedule.cron.values()}
    for each in WORKFLOWS["drills"]["on"]["schedule"]:
        minute, hour, day = each["cron"].split(maxsplit=2)
        before = checks[day].split()
        assert int(hour) * 60 + int(minute) + 90 <= int(before[1]) * 60 + int(before[0])


def test_what_follows_the_run_happens_always_and_the_verdict_comes_last():
    """Also after a failure or a cancellation."""
    steps = WORKFLOWS["run"]["jobs"]["run"]["steps"]
    names = [step.get("name") for step in steps]
    after = steps[names.index("Run") + 1 :]
    assert [step["name"] for step in after] == [
        *("Artifact", "Report", "Page", "Summary", "Push history", "Lines", "Verdict")
    ]
    assert all("always()" in step["if"] for step in after)


def test_a_run_ends_before_its_job_and_a_set_before_its_step():
    """What is cut off by the job's limit has five minutes to be kept, and is not published."""
    job = WORKFLOWS["run"]["jobs"]["run"]
    (step,) = (step for step in job["steps"] if step.get("id") == "run")
    assert load("sandbox", environment={}).running.limit_minutes < step["timeout-minutes"]
    assert step["timeout-minutes"] + 10 <= job["timeout-minutes"]


def test_a_job_that_is_run_again_makes_artifacts_of_other_names():
    """GitHub keeps those of the attempts before, and deploys none of two that are called the same."""
    names = []
    for _, step in (*steps_of(WORKFLOWS["run"]), *steps_of(WORKFLOWS["site"])):
        given = step.get("with", {})
        if given.get("archive") is False:
            assert (
                given["path"] == "${{ steps.artifact.outputs.page }}"
            )  # named after the run's report, and no two are
        elif "artifact" in step.get("uses", "") or "deploy-pages" in step.get("uses", ""):
            names.append(given.get("name") or given.get("artifact_name", ""))
    assert len(names) == 4
    assert all(name.endswith("-${{ github.run_attempt }}") for name in names), names
