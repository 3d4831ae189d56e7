"""Runbooks as documents: what each lacks, and which links are dead."""

import math
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.core.errors import Unreachable
from playbook.measure.people import runbooks as runbooks_module
from playbook.measure.people.runbooks import MOST_LINKS, runbooks
from playbook.readers.documents import read_document
from playbook.settings.loading import load
from tests.http_server import serving

TODAY = date(2026, 11, 23)
WHOLE = """# When it burns

Owner: Operations team
Reviewed: 2026-11-01

1. **Look.** See [the other](other.md#what-comes-next) and [here](#when-it-burns).
   ```bash
   # what happens
   curl -s $URL
   ```
   Expected: an answer.
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with one complete runbook and one that it links to."""
    (tmp_path / "burns.md").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "other.md").write_text(WHOLE + "\n## What comes next?\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def measure(folder, tmp_path_factory):
    """The measurement on that folder."""
    root = tmp_path_factory.mktemp("project")

    def run(**people):
        settings = load(root=root, environment={})
        settings = msgspec.structs.replace(
            settings, people=msgspec.structs.replace(settings.people, runbooks=str(folder), **people)
        )
        return runbooks(settings, FixedClock(datetime(2026, 11, 23, 9, tzinfo=UTC)))

    return run


def test_complete_runbook_lacks_nothing(folder):
    """Owner, date, commands, outcomes, links."""
    found = read_document(folder / "burns.md")
    assert (found.owner, found.reviewed, found.commands) == ("Operations team", date(2026, 11, 1), 1)
    assert found.links == ("other.md#what-comes-next", "#when-it-burns")
    assert list(found.problems(TODAY)) == []
    assert list(found.dead_links()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("Owner: Operations team", ""), "no owner"),
        (("Owner: Operations team", "Owner:"), "no owner"),
        (("Operations team", "TBD"), "no owner"),
        (("Operations team", "<your team>"), "no owner"),
        (("Owner: Operations team", "| Owner | Reviewed |"), "no owner"),
        (("Owner: Operations team", "<!-- Owner: Operations team -->"), "no owner"),
        (("2026-11-01", "last week"), "no date of review (expected one such as 2026-11-20, got last week)"),
        (("2026-11-01", "11/01/2026"), "no date of review"),
        (("2026-11-01", "2026-13-01"), "no date of review"),
        (("2026-11-01", "YYYY-MM-DD"), "no date of review"),
        (("Expected: an answer.", "Expected: TBD"), "no expected outcome of `curl -s $URL`"),
        (("Expected: an answer.", "Expected: …"), "no expected outcome of `curl -s $URL`"),
        (("2026-11-01", "2026-12-01"), "reviewed in the future, on 2026-12-01"),
        (("```bash", "```text"), "no commands"),
        # As a file system leaves a file that was being written when the power failed.
        (("an answer.", "an answer.\0\0\0\0"), "NUL bytes in its text"),
        (
            (
                "Reviewed: 2026-11-01\n",
                "<<<<<<< HEAD\nReviewed: 2026-11-01\n=======\nReviewed: 2026-09-01\n>>>>>>> b1c2d3e\n",
            ),
            "both sides of a merge that git could not finish",
        ),
        (("Expected: an answer.", "Expected:"), "no expected outcome of `curl -s $URL`"),
        (
            ("   Expected: an answer.\n", "   ```bash\n   ls\n   ```\n   Expected: files.\n"),
            "no expected outcome of `c",
        ),
    ],
)
def test_missing_part_of_a_runbook_is_reported(folder, change, problem):
    """One at a time; an outcome belongs to the block before it."""
    file = folder / "burns.md"
    file.write_text(WHOLE.replace(*change), encoding="utf-8")
    (found,) = read_document(file).problems(TODAY)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "head",
    [
        "**Owner:** Operations team\n**Reviewed:** 2026-11-01",
        "- Owner: Operations team\n- Last reviewed: 2026-11-01 (Ada)",
        "| Owner | Operations team |\n| Reviewed | 1 November 2026 |",
        "owner : Operations team\r\nreviewed : Nov 1, 2026",
        "> *Owner*: Operations team  \n> *Review date*: 01.11.2026",
        "Owner: Operations team\nReview: every month\nReviewed: 1st November 2026",
    ],
)
def test_head_is_read_however_it_is_written(folder, head):
    """As people write Markdown."""
    file = folder / "burns.md"
    file.write_text(
        WHOLE.replace("Owner: Operations team\nReviewed: 2026-11-01", head), encoding="utf-8", newline=""
    )
    found = read_document(file)
    assert (found.owner, found.reviewed) == ("Operations team", date(2026, 11, 1))
    assert list(found.problems(TODAY)) == []


@pytest.mark.parametrize(
    "block",
    [
        "```bash title=Look\nls\n```\nExpected: files.\n",
        "~~~sh\nls\n~~~\nExpected: none.\n",
        "````console\n$ cat x.md\n```\ntext\n```\n````\n**Expected output:**\n```\nfiles\n```\n",
        "```yaml title=x\n[a](nowhere.md)\n```\n",
    ],
)
def test_block_is_read_however_it_is_fenced(folder, block):
    """What follows it is read, too."""
    file = folder / "burns.md"
    file.write_text(f"{WHOLE}\n{block}\nSee [x](gone.md).\n", encoding="utf-8")
    found = read_document(file)
    assert list(found.problems(TODAY)) == []
    assert list(found.dead_links()) == ["gone.md"]


@pytest.mark.parametrize(
    "link",
    [
        "my%20notes.md",
        "<my notes.md>",
        "/other.md",
        "other.md?plain=1#L3",
        "other.md#twice-1",
        "other.md#see-here",
        "other.md#named",
        "other.md#underlined",
    ],
)
def test_living_link_is_not_dead(folder, link):
    """Encoded, from the root of the repository, to a line, and to headings as GitHub names them."""
    (folder / "my notes.md").write_text("# Notes\n", encoding="utf-8")
    headings = '\n## Twice\n## Twice ##\n## See [here](x.md)\n<a id="named"></a>\n\nUnderlined\n----------\n'
    (folder / "other.md").write_text(WHOLE + "\n## What comes next?\n" + headings, encoding="utf-8")
    (folder / "burns.md").write_text(f"{WHOLE}\n[x]({link})\n", encoding="utf-8")
    assert list(read_document(folder / "burns.md").dead_links()) == []


@pytest.mark.parametrize(
    ("written", "dead"),
    [
        ('<a href="gone.md">x</a>', "gone.md"),
        ("[x](https://grafana.example.com/d/1)", "https://grafana.example.com/d/1"),
        ("[x](https://TODO)", "https://TODO"),
        ("[x](https://[host]/d)", "https://[host]/d"),
        ("[x](other.md#twice-2)", "other.md#twice-2"),
        ("`[x](gone.md)` <!-- [x](gone.md) -->", ""),
    ],
)
def test_dead_link_is_found_in_other_words(measure, folder, written, dead):
    """In HTML, to an example, and to a heading that is there once less; one that is not shown does not count."""
    (folder / "burns.md").write_text(f"{WHOLE}\n{written}\n", encoding="utf-8")
    assert measure().dead_links == ([f"burns: {dead}"] if dead else [])


def test_runbooks_in_folders_below_are_read(measure, folder):
    """One that is put away, and an overview, are not; a folder's own page has the folder's name."""
    for name in ("redis/restart.md", "web/README.md", "archive/old.md", "_drafts/new.md", "README.md", "more.MD"):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("# Nothing yet\n", encoding="utf-8")
    found = measure()
    assert [each.name for each in found.documents] == ["burns", "more", "other", "restart", "web"]
    assert "restart: no owner" in found.problems


@pytest.mark.parametrize("link", ["gone.md", "other.md#nowhere", "#nowhere", "../gone/"])
def test_link_to_nothing_is_dead(folder, link):
    """Also to a heading; links in commands do not count."""
    file = folder / "burns.md"
    file.write_text(WHOLE.replace("other.md#what-comes-next", link).replace("$URL", "[x](y)"), encoding="utf-8")
    assert list(read_document(file).dead_links()) == [link]


@pytest.mark.parametrize(
    "written",
    [
        '[x](gone.md "What it was")',
        "[x](<gone.md>)",
        "[x][old]\n\n[old]: gone.md",
        '[x][old]\n\n  [old]: <gone.md> "What it was"',
    ],
)
def test_link_is_found_however_it_is_written(folder, written):
    """With a title, in brackets, or defined elsewhere."""
    file = folder / "burns.md"
    file.write_text(f"{WHOLE}\n{written}\n", encoding="utf-8")
    assert list(read_document(file).dead_links()) == ["gone.md"]


@pytest.mark.parametrize("written", ["![a picture](gone.png)", "[ ] to do", "[^1]: a footnote", "array[0]: x"])
def test_other_brackets_are_not_links(folder, written):
    """Pictures, boxes, footnotes and code."""
    file = folder / "burns.md"
    file.write_text(f"{WHOLE}\n{written}\n", encoding="utf-8")
    assert list(read_document(file).dead_links()) == []


def test_links_beyond_the_most_are_lacking(measure, folder, monkeypatch):
    """They may be dead."""
    monkeypatch.setattr(runbooks_module, "_try", lambda link, settings: "")
    for count, enough in ((MOST_LINKS, True), (MOST_LINKS + 2, False)):
        links = " ".join(f"<http://localhost/{number}>" for number in range(count))
        (folder / "burns.md").write_text(f"{WHOLE}\n{links}\n", encoding="utf-8")
        assert measure().coverage.enough is enough
    assert measure().coverage.got == "2 more"
    assert measure().untried == ()


def test_oldest_review_is_judged(measure, folder):
    """Its runbook is named."""
    (folder / "other.md").write_text(WHOLE.replace("2026-11-01", "2026-10-01"), encoding="utf-8")
    found = measure()
    assert found.review_age.value == 53
    assert found.review_age.over == "(other, reviewed on 2026-10-01)"


def test_without_any_date_the_age_is_unknown(measure, folder):
    """The check is CRITICAL before that."""
    for file in folder.glob("*.md"):
        file.write_text(WHOLE.replace("2026-11-01", ""), encoding="utf-8")
    age = measure().review_age
    assert math.isnan(age.value)
    assert not age.coverage.enough


@pytest.mark.parametrize("remove", [True, False])
def test_no_runbooks_are_unreachable(measure, folder, remove):
    """An empty folder says nothing about runbooks."""
    for file in folder.glob("*.md"):
        file.unlink()
    if remove:
        folder.rmdir()
    with pytest.raises(Unreachable, match="is not there" if remove else "holds none"):
        measure()


@pytest.fixture
def server():
    """Returns 404 for /gone, and an error page with status 200 for /moved; records the requests."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = b"<title>404 Not Found</title><p>Sorry" if self.path == "/moved" else b"<p>Dashboard"
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with serving(Handler) as url:
        yield url, asked


def test_only_links_to_loopback_are_tried(measure, folder, server):
    """Anybody can write a link into a document; others are requested only if configured."""
    url, asked = server
    links = f"\n[a]({url}/there) [b]({url}/gone) [m]({url}/moved) [c](https://outside.example/) <https://localhost.example/>\n"
    (folder / "burns.md").write_text(WHOLE + links, encoding="utf-8")
    found = measure()
    assert found.silent == (f"{url}/gone: HTTP 404", f"{url}/moved: an error page, '404 Not Found'")
    assert found.untried == ("https://outside.example/", "https://localhost.example/")
    assert asked == ["/there", "/gone", "/moved"]
