"""The stand-in for GitHub Actions follows GitHub's rules, so that tests on it are meaningful."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflows.actions import Cancel, Repository
from tests.workflows.github_api import github_api

pytestmark = pytest.mark.slow

_HEAD = """
name: Small
on:
  workflow_dispatch:
    inputs:
      word: { type: string, default: "" }
permissions: {}
defaults: { run: { shell: bash } }
jobs:
"""


@pytest.fixture
def repository(tmp_path):
    """A function that makes a repository with one workflow of these jobs."""
    with github_api() as api:
        yield lambda jobs: _repository(tmp_path, api, _HEAD + jobs)


def _repository(folder: Path, api, text: str) -> Repository:
    origin, seed = folder / "origin.git", folder / "seed"
    (seed / ".github" / "workflows").mkdir(parents=True)
    (seed / ".github" / "workflows" / "small.yml").write_text(text, encoding="utf-8")
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "first"],
        ["clone", "--quiet", "--bare", ".", str(origin)],
    ):
        subprocess.run(["git", *command], cwd=seed, check=True, timeout=120)
    return Repository(folder, origin, Path(sys.executable).parent, api)


def test_failing_pipe_fails_the_step_and_always_steps_run(repository):
    """With pipefail; outputs and conditions as at GitHub; the next job runs only if its condition allows it."""
    run = repository("""
  one:
    runs-on: x
    permissions: { contents: read }
    outputs: { said: "${{ steps.a.outputs.said }}" }
    steps:
      - { name: A, id: a, run: 'echo "said=$WORD" >> "$GITHUB_OUTPUT"', env: { WORD: "${{ inputs.word }}" } }
      - { name: B, run: false | true }
      - { name: C, run: echo never }
      - { name: D, if: "${{ always() && steps.a.outcome == 'success' }}", run: 'echo "[${HIDDEN-unset}]"' }
  two: { needs: one, runs-on: x, permissions: {}, steps: [{ name: E, run: echo }] }
  three: { needs: one, if: "${{ !cancelled() }}", runs-on: x, permissions: {}, steps: [{ name: F, run: exit 3 }] }
""").run("small.yml", "workflow_dispatch", inputs={"word": "hello"})
    one = run.jobs["one"]
    assert {name: step.outcome for name, step in one.steps.items()} == {
        "A": "success",
        "B": "failure",
        "C": "skipped",
        "D": "success",
    }
    assert one.outputs == {"said": "hello"}
    assert one.steps["D"].log == "[unset]\n"
    assert {name: job.result for name, job in run.jobs.items()} == {
        "one": "failure",
        "two": "skipped",
        "three": "failure",
    }


def test_cancellation_signals_only_the_step_and_always_steps_run(repository):
    """The signal reaches the step's own process; a shell in between would not pass it on."""
    run = repository("""
  one:
    runs-on: x
    permissions: {}
    steps:
      - name: Long
        id: long
        run: exec python3 -c 'import time; open("begun", "w"); time.sleep(60)'
      - { name: Never, run: echo }
      - { name: Always, if: "${{ always() }}", run: echo }
  two: { needs: one, if: "${{ !cancelled() }}", runs-on: x, permissions: {}, steps: [{ name: E, run: echo }] }
""").run("small.yml", "workflow_dispatch", cancel=Cancel("long", "begun"))
    assert [step.outcome for step in run.jobs["one"].steps.values()] == ["cancelled", "skipped", "success"]
    assert run.jobs["one"].result == "cancelled"
    assert run.jobs["two"].result == "skipped"


def test_step_output_contains_commands_unless_stopped(repository):
    """Old ones still work, anywhere in a line; forbidden ones fail the step. As in the runner."""
    run = repository("""
  one:
    runs-on: x
    permissions: {}
    outputs: { said: "${{ steps.a.outputs.said }}", old: "${{ steps.a.outputs.old }}" }
    steps:
      - name: A
        id: a
        run: |
          echo ' ::set-output name=said::forged'
          echo 'it answered ##[set-output name=old;]forged'
          echo '::stop-commands::word'
          echo '##[set-env name=x]y'
          echo '::set-output name=said::no'
          echo '::word::'
      - { name: B, run: 'echo "got ##[set-env name=x]y"' }
""").run("small.yml", "workflow_dispatch")
    assert run.jobs["one"].outputs == {"said": "forged", "old": "forged"}
    assert [step.outcome for step in run.jobs["one"].steps.values()] == ["success", "failure"]


@pytest.mark.parametrize(
    "job",
    [
        "one: { runs-on: x, container: y, steps: [] }",
        "one: { runs-on: x, steps: [{ run: echo, continue-on-error: true }] }",
        "one: { runs-on: x, strategy: {}, steps: [] }",
        "one: { uses: ./.github/workflows/small.yml }",
    ],
    ids=["container", "continue-on-error", "matrix", "by-path"],
)
def test_unsupported_features_are_refused(repository, job):
    """They are not skipped."""
    with pytest.raises(NotImplementedError):
        repository(f"  {job}\n").run("small.yml", "workflow_dispatch")


def test_undeclared_input_or_action_is_refused(repository):
    """As GitHub does at the start of a workflow, or as it should for an action that is not pinned here."""
    small = repository("""
  one: { runs-on: x, permissions: {}, steps: [{ uses: somebody/something@1234 }] }
""")
    with pytest.raises(ValueError, match="no input"):
        small.run("small.yml", "workflow_dispatch", inputs={"other": "x"})
    with pytest.raises(KeyError):
        small.run("small.yml", "workflow_dispatch")
