"""Runbooks and playbooks as teams write them: wikis, front matter, tables, and blocks of commands of all kinds."""

from datetime import UTC, date, datetime

import pytest

from checks.people import test_documents as checks
from playbook.core.clock import FixedClock
from playbook.history.people.roster import Contact
from playbook.measure.people.runbooks import runbooks
from playbook.readers.documents import read_document
from playbook.settings.loading import load
from tests.judged import judged

TODAY = date(2026, 11, 29)
DAY = date(2026, 11, 20)
BODY = "\n```bash\nkubectl get pods\n```\nExpected: all Running\n"
HEAD = "Owner: Ops\nReviewed: 2026-11-20\n"
HEADS = {
    "front-matter": "---\nowner: ops\nlast_reviewed: 2026-11-20\n---\n",
    "front-matter-dashes": "---\nowners: [ada, ben]\nlast-reviewed: 2026-11-20\n---\n",
    "front-matter-list": "---\nowners:\n  - ada\n  - ben\nreviewed_at: 2026-11-20\n---\n",
    "front-matter-camel": '---\nowner: "ops"\nlastReviewed: "2026-11-20T10:00:00Z"\n---\n',
    "front-matter-toml": '+++\nowner = "ops"\nreview_date = 2026-11-20\n+++\n',
    "document-owner": "**Document Owner**: Ops\n**Last Review Date**: 2026-11-20\n",
    "maintained": "Maintained by: Ops\nReviewed on: 2026-11-20\n",
    "responsible": "Responsible: Ops\nLast verified: 2026-11-20\n",
    "table-with-heads": "| Owner | Last reviewed |\n|---|---|\n| Ops | 2026-11-20 |\n",
    "side-by-side": "Owner: Ops | Last reviewed: 2026-11-20\n",
    "side-by-side-dots": "*Owner: Ops · Last reviewed: 2026-11-20*\n",
    "sections": "## Owner\n\nOps\n\n## Last reviewed\n\n2026-11-20\n",
    "symbols": "👤 Owner: Ops\n📅 Last reviewed: 2026-11-20\n",
    "by-whom": "Owner: Ops\nLast reviewed by Ada on 2026-11-20\n",
    "by-whom-with-a-comma": "Owner: Ops\nReviewed by: Ada, 20 November 2026\n",
    "slashes": "Owner: Ops\nReviewed: 2026/11/20\n",
    "american": "Owner: Ops\nReviewed: 11/20/2026\n",
    "html": "<b>Owner:</b> Ops<br>\n<b>Last reviewed:</b> 2026-11-20\n",
    "no-colon": "Owner: Ops\n*Last reviewed 2026-11-20*\n",
    "directly-responsible": "DRI: Ada\nReviewed: 2026-11-20\n",
    **{
        f"reviewed-{day}": f"Owner: Ops\nLast reviewed: {day}\n"
        for day in (
            *("Nov. 20, 2026", "20-Nov-2026", "20. November 2026", "20th of November 2026", "20. Nov. 2026"),
            *("Friday, 20 November 2026", "Fri 20 Nov 2026", "2026.11.20", "20.11.2026", "20-11-2026"),
            *("[2026-11-20](reviews.md)", "@ada on 2026-11-20", "Ada Novak (2026-11-20)"),
        )
    },
    "with-a-remark": "Owner: Ops\nReviewed: 2026-11-20, a failed link mended, outdated names replaced\n",
    "with-what-passed": "Owner: Ops\nLast tested: 2026-11-20 (passed, did not take long)\n",
    "british": "Owner: Ops\nReviewed: 20/11/2026\n",
}
BAD_HEADS = {
    "two-days": ("Owner: Ops\nReviewed: 11/10/2026\n", "no date of review"),
    "a-quarter": ("Owner: Ops\nReviewed: Q4 2026\n", "no date of review"),
    "updated-only": ("Owner: Ops\nLast updated: 2026-11-20\n", "no date of review"),
    "next-one": ("Owner: Ops\nNext review: 2026-11-20\n", "no date of review"),
    "overdue": ("Owner: Ops\nReviewed: Overdue since 2026-11-20\n", "no date of review"),
    "never": ("Owner: Ops\nReviewed: Never, planned 2026-11-20\n", "no date of review"),
    "no-such-day": ("Owner: Ops\nReviewed: 2026-11-31\n", "no date of review"),
    "frequency": ("Owner: Ops\nReview frequency: monthly\n", "no date of review"),
    "owner-to-fill-in": ("Owner: <team name>\nReviewed: 2026-11-20\n", "no owner"),
    "owner-struck-out": ("Owner: ~~Ada~~\nReviewed: 2026-11-20\n", "no owner"),
    "owner-who-left": ("Owner: none (Ada left)\nReviewed: 2026-11-20\n", "no owner"),
    "owner-left": ("Owner: Ben (left the company)\nReviewed: 2026-11-20\n", "no owner"),
    "owner-of-before": ("Owner: former ops team\nReviewed: 2026-11-20\n", "no owner"),
    "failed": ("Owner: Ops\nLast tested: 2026-11-20 (failed)\n", "no date of review"),
    "did-not-work": ("Owner: Ops\nLast verified: 2026-11-20 - the restore did not work\n", "no date of review"),
    "not-approved": ("Owner: Ops\nReviewed: 20 Nov 2026, not approved\n", "no date of review"),
    "to-be-rewritten": ("Owner: Ops\nReviewed: 2026-11-20; needs to be rewritten\n", "no date of review"),
    "owner-in-code": ("```\nOwner: Ops\n```\nReviewed: 2026-11-20\n", "no owner"),
}
COMMANDS = {
    "result": "```bash\nls\n```\nResult: a list\n",
    "output-below": "```bash\nls\n```\n\n```text\na b\n```\n",
    "sentence": "```bash\nls\n```\nYou should see all pods Running.\n",
    "sentence-of-the-command": "```bash\nls\n```\nThe output should be empty.\n",
    "comment": "```bash\nls   # expected: all Running\n```\n",
    "prompt": "```console\n$ ls\na b\n```\n",
    "no-language": "```\nls\n```\nExpected: a list\n",
    "no-language-with-output": "```\nls\n```\n\n```\na b\n```\n",
    "attribute": "```{.bash}\nls\n```\nExpected: a list\n",
    "sql": "```sql\nSELECT 1;\n```\nExpected: 1\n",
    "powershell": "```pwsh\nGet-Service\n```\nExpected: Running\n",
}
BAD_COMMANDS = {
    "none": ("Call Ada.\n", "no commands"),
    "output-alone": ("```text\na b\n```\nExpected: a b\n", "no commands"),
    "no-language": ("```\nls\n```\n", "no expected outcome of `ls`"),
    "warning": ("```bash\nrm x\n```\nYou should never do this at night.\n", "no expected outcome of `rm x`"),
    "long-command": ("```bash\n$ ls \\\n  -la\n```\n", "no expected outcome of `$ ls \\`"),
    "outcome-to-fill-in": ("```bash\nls\n```\nOutput: TBD\n", "no expected outcome of `ls`"),
}


def _problems(tmp_path, text):
    file = tmp_path / "runbook.md"
    file.write_text(f"# Runbook\n\n{text}", encoding="utf-8")
    document = read_document(file)
    return document, list(document.problems(TODAY))


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_owner_and_review_are_read(tmp_path, head):
    document, problems = _problems(tmp_path, head + BODY)
    assert (problems, document.reviewed) == ([], DAY)


def test_month_of_a_review_counts_from_its_first_day(tmp_path):
    for month in ("November 2026", "Nov 2026", "2026-11"):
        document, problems = _problems(tmp_path, f"Owner: Ops\nReviewed: {month}\n{BODY}")
        assert (problems, document.reviewed) == ([], date(2026, 11, 1))


@pytest.mark.parametrize(("head", "words"), BAD_HEADS.values(), ids=BAD_HEADS)
def test_missing_owner_or_review_is_found(tmp_path, head, words):
    """Whatever else stands there."""
    (problem,) = _problems(tmp_path, head + BODY)[1]
    assert problem.startswith(words)


@pytest.mark.parametrize("body", COMMANDS.values(), ids=COMMANDS)
def test_commands_with_their_outcome_are_read(tmp_path, body):
    assert _problems(tmp_path, f"{HEAD}\n{body}")[1] == []


@pytest.mark.parametrize(("body", "words"), BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_missing_commands_or_outcomes_are_found(tmp_path, body, words):
    """An output is no command, and no other sentence an outcome."""
    assert _problems(tmp_path, f"{HEAD}\n{body}")[1] == [words]


def test_version_of_a_document_is_read(tmp_path):
    """As in the foot of the operations playbook."""
    assert _problems(tmp_path, "**Document Version**: 1.0  \n**Owner**: Operations Team\n")[0].version == "1.0"


def test_runbooks_in_other_forms_are_not_read(tmp_path):
    """They may be out of date, and nobody would see it."""
    for name in ("db.md", "cache.adoc", "site/queue.rst", "archive/old.rst", "_parts/head.adoc", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# Runbook\n\n{HEAD}{BODY}", encoding="utf-8")
    overlay = {"people": {"runbooks": str(tmp_path)}}
    settings = load("sandbox", environment={}, overlay=overlay)
    found = runbooks(settings, FixedClock(datetime(2026, 11, 29, tzinfo=UTC)))
    verdict, message = judged(checks.test_runbooks_are_maintained, limits=settings.limits, runbooks=found)
    assert (str(verdict), found.unread) == ("UNKNOWN", ("cache.adoc", "queue.rst"))
    assert "expected all 3 runbooks, got 1 runbook (not cache.adoc)" in message
    for name in found.unread:
        next(tmp_path.rglob(name)).unlink()
    assert runbooks(settings, FixedClock(datetime(2026, 11, 29, tzinfo=UTC))).coverage.enough


@pytest.mark.parametrize(
    ("phone", "is_real"),
    [
        ("+44 7700 900123", False),
        ("+44 20 7946 0321", False),
        ("+44 113 496 0001", False),
        ("+44 20 7123 4568", True),
    ],
)
def test_numbers_for_films_reach_nobody(phone, is_real):
    """As in examples of rosters."""
    assert Contact(name="Ada", phone=phone).has_number is is_real
