"""A product without some parts, in whole runs of pytest and of the commands."""

import pytest

from playbook.cli.doctor import Service, diagnose
from playbook.core.catalogue import read_catalogue
from playbook.core.clock import FixedClock
from playbook.history.runs import read
from playbook.settings.loading import load
from tests.project import GOOD, WARNED, Project

pytestmark = pytest.mark.slow

WITHOUT = '[targets.staging]\nwithout = ["redis", "staging"]\n[targets.staging.floors]\ndaily = 1\n'
OF_REDIS = """
@check("daily.redis.alive")
def test_of_redis(redis_ping, judge):
    "It is about Redis alone."
    judge.that(True, "x", expected="y", found="z")

@check("daily.clock.skew")
@pytest.mark.part("redis")
def test_marked(judge):
    "It says that it is about Redis."
    judge.that(True, "x", expected="y", found="z")
"""
OF_BOTH = """
@check("daily.probe.homepage")
def test_of_both(redis_ping, attestations, judge):
    "It is about Redis and something else."
    assert redis_ping is None
    judge.that(True, "x", expected="y", found="z")
"""
OWN = """
import pytest

pytestmark = pytest.mark.daily

def test_own(redis):
    "It wants Redis."
    assert redis.ping()

def test_asked_later(request):
    "It asks for it by name."
    assert request.getfixturevalue("redis")
"""


@pytest.fixture
def project(tmp_path):
    """Without Redis; the markers as the project's own pytest.ini has them."""
    made = Project(tmp_path)
    (tmp_path / "playbook.toml").write_text(WITHOUT)
    ini = tmp_path / "pytest.ini"
    ini.write_text(ini.read_text() + "    part(name): part\n")
    return made


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_absent_part_is_left_out_and_reported_once(project, workers):
    """Neither OK nor UNKNOWN nor NOT CONFIGURED; with workers of xdist too."""
    project.write(GOOD + OF_REDIS)
    ended = project.run("-m", "daily", *workers)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    results = project.results()
    assert {record.item: str(record.verdict) for record in results.records} == {"daily.health.api": "OK"}
    assert [(part.part, part.items) for part in results.left_out] == [
        ("redis", ["daily.clock.skew", "daily.redis.alive"]),
        ("staging", []),
    ]
    assert ended.stdout.count("not part of this product: redis (2 items), staging") == 1
    (line,) = read(project.folder / "reports" / "history").runs
    assert line.gone == {"daily.clock.skew", "daily.redis.alive"}


def test_run_without_remaining_checks_is_not_ok(project):
    """It is said why, and pytest's own code stays."""
    project.write(OF_REDIS)
    ended = project.run()
    assert ended.returncode == 5
    assert "not part of this product: redis (2 items), staging" in ended.stdout


def test_check_of_several_parts_is_judged_on_remaining(project):
    """What is absent is None to it."""
    project.write(OF_BOTH)
    (project.folder / "people").mkdir()
    (project.folder / "people" / "signed.jsonl").touch()
    with (project.folder / "playbook.toml").open("a") as file:
        file.write('[targets.staging.people]\nattestations = "people/signed.jsonl"\n')
    project.run()
    (record,) = project.results().records
    assert (record.item, str(record.verdict)) == ("daily.probe.homepage", "OK"), record.message


def test_own_check_of_absent_part_is_left_out(project):
    """One that asks later says that it does not apply."""
    (project.folder / "checks" / "local").mkdir()
    (project.folder / "checks" / "local" / "test_own.py").write_text(OWN)
    project.write(GOOD)
    project.run()
    results = project.results()
    assert results.left_out[0].items == ["daily.local.own.own"]
    verdicts = {record.item: (str(record.verdict), record.message) for record in results.records}
    assert verdicts["daily.local.own.asked-later"] == (
        "NOT CONFIGURED",
        "redis is about what is not part of this product (targets.staging.without)",
    )


def test_unknown_part_affects_only_its_file(project):
    """As any mistake in one does; with the list."""
    project.write(GOOD)
    project.write(WARNED.replace('@check("', '@pytest.mark.part("rediss")\n@check("'), name="test_mistaken")
    assert project.run().returncode == 10
    found = {str(record.verdict): record.message for record in project.results().records}
    assert found.keys() == {"OK", "UNKNOWN"}
    assert "expected some of images, worker, redis" in found["UNKNOWN"]
    assert "did you mean 'redis'?" in found["UNKNOWN"]


def test_floor_still_requires_existing_parts(project):
    """But what is there must be measured."""
    text = project.folder / "playbook.toml"
    text.write_text(WITHOUT.replace("daily = 1", "daily = 99"))
    project.write(GOOD + OF_REDIS)
    ended = project.run()
    assert ended.returncode == 10
    there = len(read_catalogue().ids_of("daily")) - 2  # Redis, and the clocks that are marked so here
    assert f"a verdict on this set needs {there} (" in " ".join(ended.stdout.split())


def test_doctor_skips_absent_parts(tmp_path):
    """It is said once, and not as missing."""

    def redis_works(redis):
        raise AssertionError("asked")

    (tmp_path / "playbook.toml").write_text('[targets.production]\nwithout = ["redis"]\n')
    settings = load("production", root=tmp_path, environment={})
    services = [Service("Redis", (("redis.url",),), redis_works), Service("Page", ((),), lambda: "there")]
    found = list(diagnose(settings, FixedClock(None), {}, services))
    assert [one.service for one in found] == ["Page"]


def test_doctor_lists_absent_parts(tmp_path, capsys, monkeypatch):
    """With how many items of the whole playbook that leaves out."""
    from playbook.__main__ import main

    (tmp_path / "playbook.toml").write_text('[targets.production]\nwithout = ["images", "npm"]\n')
    monkeypatch.chdir(tmp_path)
    for name in ("PRODUCTION_URL", "REDIS_URL", "DIGITALOCEAN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    main(["doctor", "--target", "production"])
    said = capsys.readouterr().out
    assert said.count("not part of this product: images (") == 1
    assert "npm (1 item)" in said
    assert "Image API" not in said
