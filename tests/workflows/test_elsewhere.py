"""Schedules outside GitHub: systemd, cron, a container and App Platform run the same sets at the same times."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from playbook.history import runs as history
from playbook.settings.loading import load
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SCHEDULE = load("sandbox", environment={}).schedule
CRON, ZONE = SCHEDULE.cron, SCHEDULE.time_zone
SETS = sorted(CRON)
DAYS = dict(zip("0123456", ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), strict=True))
DESCRIPTION = Path(os.environ.get("PLAYBOOK_DO_OPENAPI", ""))

# systemd calls an exposure of 2 and less "OK"; a service without any setting has 9.6.
LARGEST_EXPOSURE = 2.0


def on_calendar(cron: str) -> str:
    """A cron line in systemd's notation, as far as ours need it."""
    minute, hour, day, month, weekday = cron.split()
    assert month == "*"
    date = f"*-*-{int(day):02}" if day != "*" else "*-*-*"
    return f"{DAYS[weekday] + ' ' if weekday != '*' else ''}{date} {int(hour):02}:{int(minute):02}:00 {ZONE}"


@pytest.mark.parametrize("name", SETS)
def test_systemd_timers_match_the_schedule(name):
    """Otherwise a run would count as missed that was never due, or the reverse."""
    text = (DEPLOY / "systemd" / f"playbook-{name}.timer").read_text(encoding="utf-8")
    assert f"\nOnCalendar={on_calendar(CRON[name])}\n" in text
    assert f"\nUnit=playbook@{name}.service\n" in text
    assert "\nPersistent=true\n" in text


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units_and_rates_the_service_as_confined(tmp_path):
    """It knows every setting; permissions that a run does not need are removed."""
    for file in (DEPLOY / "systemd").iterdir():
        text = file.read_text(encoding="utf-8").replace("/opt/playbook/.venv/bin/python", sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    for file in tmp_path.iterdir():
        ended = _systemd("verify", "--man=no", str(file))
        assert (ended.returncode, ended.stderr.strip()) == (0, ""), ended.stderr
    output = _systemd("security", "--offline=true", str(tmp_path / "playbook@.service")).stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", output)
    assert exposure
    assert float(exposure[1]) <= LARGEST_EXPOSURE, output


def _systemd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"LANG": "C.UTF-8"},
    )


def crontab() -> tuple[dict[str, str], dict[str, str]]:
    """The crontab's variables, and by set its line as it would be run."""
    variables, commands = {}, {}
    for line in (DEPLOY / "cron" / "playbook").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Z_]+)=(.*)$", line):
            variables[match[1]] = match[2].strip('"')
        elif line and not line.startswith("#"):
            *when, user, command = line.split(maxsplit=6)
            (name,) = (name for name, cron in CRON.items() if cron == " ".join(when))
            assert user == "playbook"
            assert "%" not in command, "cron takes it for the end of a line"
            commands[name] = command
    return variables, commands


@pytest.mark.slow
def test_cron_runs_each_set_on_schedule_with_the_variables_of_its_file(tmp_path):
    """As cron does: its variables, its shell, and nothing else."""
    variables, commands = crontab()
    assert sorted(commands) == SETS
    assert (variables["CRON_TZ"], variables["SHELL"]) == (ZONE, "/bin/bash")
    told = tmp_path / "told"
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\necho "$PLAYBOOK_TARGET $REDIS_URL $*" >>{told}\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "environment").write_text(
        "PLAYBOOK_TARGET='production'\nREDIS_URL='rediss://u:p$w@h'\n", encoding="utf-8"
    )

    def here(text: str) -> str:
        for there in ("/opt/playbook", "/etc/playbook", "/var/lib/playbook"):
            text = text.replace(there, str(tmp_path))
        return text

    environment = {name: here(value) for name, value in variables.items()} | {"PATH": "/usr/bin:/bin"}
    for name in SETS:
        shell = [variables["SHELL"], "-c", here(commands[name])]
        subprocess.run(shell, env=environment, cwd=tmp_path, timeout=60, check=True)
    kept = f"--scheduled --reports {tmp_path}/reports --history {tmp_path}/history"
    assert told.read_text(encoding="utf-8").splitlines() == [
        f"production rediss://u:p$w@h -m playbook run {name} {kept}" for name in SETS
    ]


def jobs() -> dict[str, dict[str, object]]:
    """The jobs in the App Platform spec, by set."""
    spec = YAML(typ="safe").load((DEPLOY / "app-platform" / "playbook.yaml").read_text(encoding="utf-8"))
    return {job["name"]: dict(job) for job in spec["jobs"]}


def test_app_platform_jobs_match_the_schedule():
    """In the same time zone, with the image of this repository, and with secrets as secrets."""
    assert sorted(jobs()) == SETS
    for name, job in jobs().items():
        assert job["kind"] == "SCHEDULED"
        assert job["schedule"] == {"cron": CRON[name], "time_zone": ZONE}
        assert job["run_command"] == f"playbook-run {name} production"
        assert (ROOT / str(job["dockerfile_path"])).is_file()
        for variable in job["envs"]:  # type: ignore[attr-defined]
            secret = re.search(r"TOKEN|REDIS_URL|PING", variable["key"]) is not None
            assert (variable.get("type") == "SECRET") == secret, variable["key"]


@pytest.mark.skipif(not DESCRIPTION.is_file(), reason="$PLAYBOOK_DO_OPENAPI names no file with DigitalOcean's API")
def test_app_spec_matches_the_api_description():
    """Except for the kind SCHEDULED, its schedule and its time-out, which doctl knows and the description
    lacks.
    """
    description = json.loads(gzip.decompress(DESCRIPTION.read_bytes()))
    spec = YAML(typ="safe").load((DEPLOY / "app-platform" / "playbook.yaml").read_text(encoding="utf-8"))
    for job in spec["jobs"]:
        job.update(kind="POST_DEPLOY")
        del job["schedule"], job["timeout"]
        for alert in job["alerts"]:
            assert alert == {"rule": "JOB_INVOCATION_FAILED"}
        del job["alerts"]
    schema = {"$ref": "#/components/schemas/app_spec", "components": description["components"]}
    jsonschema.Draft202012Validator(schema).validate(spec)


def test_image_is_complete_unprivileged_and_without_secrets():
    """Its packages are the locked ones."""
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (?!--from)(?:--\S+ )*(\S+) \S+$", text, re.MULTILINE):
        assert (ROOT / source).exists(), source
    assert "--require-hashes --only-binary :all: -r /tmp/requirements.lock" in text
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert not re.search(r"(TOKEN|SECRET|PASSWORD|KEY)=", text)
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv", "playbook.toml", "people/*", "data", "reports"} <= set(ignored)


@pytest.mark.slow
def test_image_contains_its_bill_of_materials():
    """Made inside the image: from the installed packages, with dpkg's list where there is one."""
    ended = subprocess.run(
        [sys.executable, DEPLOY / "container" / "sbom.py"], capture_output=True, text=True, timeout=60, check=True
    )
    bill = json.loads(ended.stdout)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert bill["metadata"]["component"]["name"] == "operations-playbook"
    references = [each["bom-ref"] for each in bill["components"]]
    assert len(references) == len(set(references)) > 20
    known = {each["name"]: each["version"] for each in bill["components"] if each["purl"].startswith("pkg:pypi/")}
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert {name: known.get(name) for name in pinned} == pinned
    debian = [each for each in bill["components"] if each["purl"].startswith("pkg:deb/")]
    assert bool(debian) == bool(shutil.which("dpkg-query"))
    containerfile = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    assert "python deploy/container/sbom.py > /playbook/sbom.cdx.json" in containerfile


@pytest.mark.slow
def test_missing_image_builder_is_reported(tmp_path):
    """It is no failure: content and start of the image are tested here."""
    shell, folder = shutil.which("bash"), tmp_path / "programs"
    assert shell
    folder.mkdir()
    (folder / "dirname").symlink_to(str(shutil.which("dirname")))
    ended = subprocess.run(
        [shell, ROOT / ".ci" / "image"],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == (
        "image: not built (no buildah); a dry run by tests/workflows/test_elsewhere.py is all that it had\n"
    )


@pytest.fixture
def image(tmp_path) -> Path:
    """The image's folder: the files tracked by git, and what Python has compiled of them, which takes it long."""
    folder = tmp_path / "app"
    for name in (
        "checks",
        "conftest.py",
        "pytest.ini",
        "playbook",
        "sandbox",
        "loadtests",
        "docs",
        "deploy",
        "people",
    ):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


def started(image: Path, *arguments: str, origin: Path, **more: str) -> subprocess.Popen[str]:
    """The image's entry point, with only the variables of a container."""
    return subprocess.Popen(
        ["sh", str(image / "deploy" / "container" / "playbook-run"), *arguments],
        cwd=image,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(image.parent),
            "PLAYBOOK_HISTORY_REPOSITORY": origin.as_uri(),
            "PLAYBOOK_HISTORY_TOKEN": "canary-of-the-history",
            **more,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def bare(folder: Path) -> Path:
    """An empty repository."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True, timeout=60)
    return folder


def lines_of(origin: Path, folder: Path) -> history.History:
    """Content of the branch history."""
    command = ["git", "clone", "--quiet", "--branch=history", str(origin), str(folder)]
    subprocess.run(command, check=True, timeout=60)
    return history.read(folder)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_container_run_pushes_its_line_and_ends_with_the_runs_code(image, tmp_path):
    """The next container, without any file of the first, adds to it; the token reaches no run."""
    origin = bare(tmp_path / "origin.git")
    for _ in range(2):
        process = started(image, "links", "sandbox", origin=origin)
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output
        assert "canary-of-the-history" not in output
        for kept in ("data", ".git", "reports"):
            shutil.rmtree(image / kept)
    found = lines_of(origin, tmp_path / "clone")
    assert [run.verdict for run in found.runs] == ["OK", "OK"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_container_without_its_history_runs_and_fails(image, tmp_path):
    """A run that could not be stored is no success, whatever its verdict."""
    process = started(image, "links", "sandbox", origin=tmp_path / "away.git")
    output, _ = process.communicate(timeout=240)
    assert process.returncode not in (0, 1), output
    assert list((image / "reports").glob("sandbox-links-*/index.html"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_stopped_container_pushes_its_results(image, tmp_path):
    """A platform sends SIGTERM before it kills."""
    origin = bare(tmp_path / "origin.git")
    process = started(image, "load", "sandbox", origin=origin)
    wait_for(lambda: any(image.glob("reports/*/load.json")) or process.poll() is not None, "the load")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=240)
    assert process.returncode != 0, output
    (run,) = lines_of(origin, tmp_path / "clone").runs
    assert (run.set, run.verdict) == ("load", "UNKNOWN")
