"""A secret that a check, a plugin or Python itself blurts out in a run stands in no output of it."""

import base64
from urllib.parse import quote

import pytest

from playbook.core.door.decoding import plain
from tests.project import GOOD, Project

pytestmark = pytest.mark.slow

SECRET = "t0p/s3cret&canary+42"
LEAKS = """
import base64
import json
import logging
import os
import sys
import warnings
from urllib.parse import quote

SECRET = "t0p/s3cret&canary+42"

@check("daily.redis.alive")
def test_crashes():
    "It crashes with it, quoted, in base64, and in a chain."
    try:
        raise OSError(f"\\x1b]0;{SECRET}\\x07 {quote(SECRET, safe='')}")
    except OSError as error:
        raise ValueError(json.dumps({"auth": base64.b64encode(f"u:{SECRET}".encode()).decode()})) from error

@pytest.mark.daily
def test_warns(record_property, judge):
    "It warns, prints, logs and notes it."
    warnings.warn(f"with {SECRET}", stacklevel=1)
    print(SECRET)
    print(SECRET, file=sys.stderr)
    logging.getLogger("x").error(SECRET)
    record_property("note", f"{SECRET} \\ud83d")
    judge.that(True, f"A {SECRET}", expected=f"no {SECRET}", found=f"{SECRET}", warn=True)

@pytest.mark.daily
def test_asserts():
    "It asserts it."
    assert {"token": SECRET, "rest": "x" * 3000} == {}

@pytest.mark.daily
@pytest.mark.parametrize("word", [SECRET, "p\\xe4ss"])
def test_has_it_in_its_name(word):
    "Its id has it."
    assert word

@pytest.mark.daily
def test_skips():
    "It skips with it."
    pytest.skip(f"not with {SECRET}")

@pytest.fixture
def broken():
    raise RuntimeError(SECRET.upper())

@pytest.mark.daily
def test_has_a_broken_fixture(broken):
    "Its fixture fails."
"""
FORMS = [SECRET.lower(), base64.b64encode(f"u:{SECRET}".encode()).decode().lower()]


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with-workers"])
def test_no_output_of_a_run_shows_a_secret(project, workers):
    """Neither ours, nor those of pytest and its plugins, nor the terminal."""
    project.write(GOOD + LEAKS)
    (project.folder / "checks" / "test_broken.py").write_text(f"raise OSError({SECRET!r})\n")
    outputs = ["--junitxml=own/junit.xml", "--html=own/page.html", "--self-contained-html", *workers]
    ended = project.run(
        *("-m", "daily", "-rA", "-l", "--tb=long", "--log-cli-level=INFO", "-o", "junit_logging=all", *outputs),
        STAGING_REDIS_URL=f"rediss://:{quote(SECRET, safe='')}@cache.example:1",
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    texts = {"stdout": ended.stdout, "stderr": ended.stderr}
    for folder in ("reports", "own"):
        files = [file for file in (project.folder / folder).rglob("*") if file.is_file()]
        texts |= {str(file): file.read_text(encoding="utf-8") for file in files}
    assert len(texts) > 10
    shown = {name for name, text in texts.items() for form in FORMS if form in plain(text).lower()}
    assert shown == set()
    assert len(project.results().records) == 9
