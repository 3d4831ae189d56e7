"""`ci setup`: dry by default, asks before each step, and each refusal of GitHub is one sentence."""

import argparse
from pathlib import Path

import pytest

from playbook.cli.ci.setup import NEEDED, setup
from playbook.core.errors import UsageError
from tests.unit.cli.ci.hub import ALL, TOKEN, hub

ROOT = Path(__file__).resolve().parents[4]
pytestmark = pytest.mark.slow
URL = "https://portfolio.example"


class Calling:
    """The command against a stand-in of GitHub."""

    def __init__(self, github):
        self.github, self.said, self.asked = github, [], []
        self.answers = "y"
        self.environment = {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": "owner/playbook",
        }
        self.environment |= {"PRODUCTION_URL": URL, "DO_PRODUCTION_APP_ID": "4f6c71e2"}

    def run(self, *, write=False, target="production", repository=""):
        """Its exit code; what it said stands in ``said``."""
        self.said, self.asked = [], []
        options = argparse.Namespace(write=write, target=target, repository=repository)
        return setup(options, ROOT, self.said.append, self.environment, self._ask)

    def _ask(self, question):
        self.asked.append(question)
        if not self.answers:
            raise EOFError
        return self.answers


@pytest.fixture
def calling():
    """A repository in which nothing is set up."""
    with hub() as github:
        yield Calling(github)


def test_setup_without_write_only_lists_steps(calling):
    """Also what it never does: secrets, with the command for each."""
    calling.github.workflows["schedule.yml"] = "disabled_fork"
    assert calling.run() == 0
    assert (calling.github.written, calling.asked) == ([], [])
    assert calling.said[:6] == [
        "owner/playbook, environment production: nothing is changed",
        "would create the environment production, whose secrets only the branch main can read",
        "would switch Pages on, published by the workflows "
        "(the site of a public repository is public, and that of a private one may be)",
        f"would set the variable PRODUCTION_URL of production to {URL}",
        "would set the variable DO_PRODUCTION_APP_ID of production to 4f6c71e2",
        "would switch on the schedule of schedule.yml, which is off (disabled_fork)",
    ]
    told = "\n".join(calling.said)
    assert "Not set in this environment, so not there either: DO_REDIS_CLUSTER_ID, STAGING_URL, " in told
    assert "gh secret set DIGITALOCEAN_TOKEN --env production --repo owner/playbook" in told
    assert calling.said[-1] == "Add --write to perform these steps; each is confirmed first."


def test_setup_performs_confirmed_steps_completely(calling):
    """Pages come before the variables, so that the address of the site is one of them."""
    calling.github.workflows["drills.yml"] = "disabled_inactivity"
    assert calling.run(write=True) == 0
    assert len(calling.asked) == 6
    assert calling.asked[0] == (
        "Create the environment production, whose secrets only the branch main can read? [y/N] "
    )
    made = calling.github.environments["production"]
    assert made["branches"] == ["main"]
    assert made["variables"] == {
        "PRODUCTION_URL": URL,
        "DO_PRODUCTION_APP_ID": "4f6c71e2",
        "PLAYBOOK_SITE_URL": "https://owner.github.io/playbook/",
    }
    assert calling.github.pages == "workflow"
    assert set(calling.github.workflows.values()) == {"active"}

    calling.github.written.clear()
    made["secrets"] += ["DIGITALOCEAN_TOKEN"]
    assert calling.run(write=True) == 0
    assert (calling.github.written, calling.asked) == ([], [])
    assert calling.said[-1] == "Everything is set up."
    assert "gh secret set DIGITALOCEAN_TOKEN" not in "\n".join(calling.said)


@pytest.mark.parametrize("answer", ["n", "", "yes please"])
def test_unconfirmed_step_is_skipped(calling, answer):
    """Also where nobody is there to answer; each is asked by itself."""
    calling.answers = answer
    assert calling.run(write=True) == 1
    assert calling.github.written == []
    assert len(calling.asked) == 4
    assert calling.said.count("left as it is: switch Pages on, published by the workflows") == 1


def test_environment_with_own_rules_is_left_unchanged(calling):
    """One that waits for reviewers makes every scheduled run wait, which is said."""
    calling.github.environments["production"] = {
        "branches": None,
        "rules": ["required_reviewers"],
        "variables": {"PRODUCTION_URL": "https://old.example"},
        "secrets": [],
    }
    calling.github.pages = "legacy"
    assert calling.run(write=True) == 0
    assert ("PUT", "/environments/production") not in calling.github.written
    assert (
        f"done: change the variable PRODUCTION_URL of production from https://old.example to {URL}" in calling.said
    )
    assert "done: have Pages published by the workflows and no longer from a branch" in calling.said
    assert "The environment production requires reviewers, so each scheduled run waits for one." in calling.said


def test_environment_without_branches_is_fixed(calling):
    """Where a call before ended between its two requests."""
    calling.github.environments["production"] = {"branches": [], "rules": [], "variables": {}, "secrets": []}
    assert calling.run(write=True) == 0
    assert calling.github.environments["production"]["branches"] == ["main"]
    assert calling.said[1] == "done: allow the branch main to use the environment production"


def test_variables_are_read_from_all_pages(calling):
    """None of those on the second page is set twice, which GitHub refuses."""
    many = {f"OTHER_{number}": "x" for number in range(40)} | {
        "PRODUCTION_URL": URL,
        "DO_PRODUCTION_APP_ID": "4f6c71e2",
    }
    calling.github.environments["production"] = {
        "branches": ["main"],
        "rules": [],
        "variables": many,
        "secrets": [],
    }
    calling.run()
    assert not [line for line in calling.said if line.startswith("would set the variable PRODUCTION")]


@pytest.mark.parametrize(
    ("permission", "sentences"),
    [
        (
            "Administration",
            [
                "The token may not create the environment production, whose secrets only the branch main can "
                "read: give it Administration: write for owner/playbook.",
                "The token may not switch Pages on, published by the workflows: give it Pages: write and "
                "Administration: write for owner/playbook.",
            ],
        ),
        (
            "Environments",
            ["The token may not see the variables of production: give it Environments: read for owner/playbook."],
        ),
        ("Pages", ["The token may not see whether Pages are on: give it Pages: read for owner/playbook."]),
        (
            "Actions",
            [
                "The token may not see the environment production: give it Actions: read for owner/playbook.",
                "The token may not see the workflows: give it Actions: read for owner/playbook.",
            ],
        ),
    ],
)
def test_missing_permission_is_named_and_other_steps_continue(calling, permission, sentences):
    """Each permission that is asked for is needed, and what can be done without it is done."""
    del calling.github.may[permission]
    calling.github.workflows["drills.yml"] = "disabled_fork"
    assert calling.run(write=True) == 1
    for sentence in sentences:
        assert sentence in calling.said
    assert any(line.startswith("done: ") for line in calling.said)
    assert {f"{name}: write" for name, how in ALL.items() if how == "write"} == set(NEEDED)


@pytest.mark.parametrize(
    ("status", "message", "sentence"),
    [
        (
            422,
            "Validation Failed",
            "GitHub refused to create the environment production, whose secrets only the branch main can read: "
            "HTTP 422 (Validation Failed).",
        ),
        (
            403,
            "API rate limit exceeded for user ID 1.",
            "GitHub accepts no more requests now (API rate limit exceeded for user ID 1); call this again later.",
        ),
        (
            404,
            "Not Found",
            "GitHub found nothing to create the environment production, whose secrets only the branch main can "
            "read: the token needs Administration: write for owner/playbook.",
        ),
    ],
)
def test_github_refusal_is_one_sentence(calling, status, message, sentence):
    """With what GitHub said."""
    calling.github.refuses["PUT", "/environments/production"] = (status, message)
    assert calling.run(write=True) == 1
    assert sentence in calling.said


@pytest.mark.parametrize(
    ("changes", "options", "sentence"),
    [
        ({"GITHUB_TOKEN": ""}, {}, "ci setup: expected a fine-grained token for owner/playbook in $GITHUB_TOKEN"),
        (
            {"GITHUB_REPOSITORY": ""},
            {},
            "ci setup: origin is not a repository on GitHub; name it with --repository",
        ),
        ({}, {"target": "sandbox"}, "ci setup: the sandbox needs nothing"),
        ({}, {"repository": "owner/other"}, "GitHub does not know owner/other, or the token is not for it"),
    ],
)
def test_missing_prerequisite_is_one_sentence_with_code_4(calling, changes, options, sentence):
    """In one sentence, with exit code 4."""
    calling.environment |= changes
    with pytest.raises(UsageError, match=sentence.replace("$", r"\$")):
        calling.run(write=True, **options)
    assert calling.github.written == []


def test_rejected_token_stops_setup_at_once(calling):
    """It does not matter how many steps there would be."""
    calling.environment["GITHUB_TOKEN"] = "expired"
    with pytest.raises(UsageError, match="GitHub does not accept the token: it is wrong, expired or revoked"):
        calling.run()
