"""An issue for each incident: one, kept up to date, closed with it, also with concurrent runs."""

import threading
from datetime import timedelta

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.history import deliveries, handling
from playbook.history.runs import Finding
from playbook.notify import tell
from playbook.notify.github_api import IssuesApi, NotKept
from tests.security_table import lines_of_system, path_matches
from tests.unit.loopback import answer, serve
from tests.unit.notify.github_fake import LABEL, REPOSITORY, TOKEN, Refusal, github
from tests.unit.notify.lines import CRIT, DAY, OK, REDIS, START, UNK, keep, run, settings_with


@pytest.fixture
def folder(tmp_path):
    """A history with an incident that opened with the second run."""
    return keep(tmp_path / "history", run(0, {REDIS: CRIT}), run(1, {REDIS: CRIT}))


@pytest.fixture
def keep_issues(tmp_path):
    """Bring the issues to what the history says on a day; what was said."""

    def make(fake, folder, days, **more):
        said = []
        settings = settings_with(
            tmp_path, github={"repository": REPOSITORY, "token": TOKEN, "endpoint": fake.url}, **more
        )
        tell(settings, folder, said.append, FixedClock(START + days * DAY))
        assert TOKEN not in "".join(said)
        return said

    return make


def bad(message, **more):
    """A critical finding."""
    return Finding(verdict=CRIT, message=message, **more)


def test_incident_opens_updates_and_closes_one_issue(folder, keep_issues):
    """Opened once, edited when something changes, closed with a comment; without news nothing is changed."""
    with github() as fake:
        assert keep_issues(fake, folder, 1) == ["GitHub: issue 1 is opened for Redis alive: out of bounds"]
        (issue,) = fake.issues
        assert issue["title"] == "sandbox: Redis alive: out of bounds"
        assert issue["labels"][0]["name"] == LABEL
        assert issue["body"].startswith("<!-- playbook-incident ")
        assert "**CRITICAL** since 2026-03-02 06:17 UTC, on sandbox." in issue["body"]
        assert keep_issues(fake, folder, 1) == []
        assert len(fake.writes()) == 1
        keep(folder, run(2, {REDIS: bad("Redis: expected 1 ms, got 900 ms")}))
        keep_issues(fake, folder, 2)
        assert "got 900 ms" in issue["body"]
        assert fake.comments == {}
        keep(folder, run(3, {REDIS: OK}))
        assert keep_issues(fake, folder, 3)[-1] == (
            "GitHub: issue 1 is closed: Redis alive: within bounds again, after 3 days"
        )
        assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
        (comment,) = fake.comments[1]
        assert "recovered**: Redis alive: within bounds again, after 3 days" in comment["body"]
        keep_issues(fake, folder, 4)
        assert len(fake.comments[1]) == 1
    assert [(each.to, each.what) for each in deliveries.read(folder)] == [("GitHub issue 1", "issue")] * 2


def test_relapse_opens_new_issue_or_comments_on_open_one(folder, keep_issues):
    """Closed ones are not looked at; where the recovery was never told, the issue is still open."""
    with github() as fake:
        keep_issues(fake, folder, 1)
        keep(folder, run(2, {REDIS: OK}), run(3, {REDIS: CRIT}), run(4, {REDIS: CRIT}))
        keep_issues(fake, folder, 4)
        (issue,) = fake.issues
        assert "reopened**" in fake.comments[1][0]["body"]
        assert "Came back: 1 ×" in issue["body"]
        keep(folder, run(5, {REDIS: OK}))
        keep_issues(fake, folder, 5)
        keep(folder, run(6, {REDIS: CRIT}), run(7, {REDIS: CRIT}))
        keep_issues(fake, folder, 7)
        assert [each["state"] for each in fake.issues] == ["closed", "open"]
        assert 2 not in fake.comments


def test_worsened_incident_gets_comment_on_the_same_issue(tmp_path, keep_issues):
    """Its title says what is wrong now."""
    folder = keep(tmp_path / "h", run(0, {REDIS: UNK}), run(1, {REDIS: UNK}))
    with github() as fake:
        keep_issues(fake, folder, 1)
        keep(folder, run(2, {REDIS: CRIT}))
        keep_issues(fake, folder, 2)
        (issue,) = fake.issues
        assert issue["state"] == "open"
        assert issue["title"].endswith(": out of bounds")
        assert issue["body"].splitlines()[1].startswith("**CRITICAL** since ")
        (comment,) = fake.comments[1]
        assert "escalated**" in comment["body"]


def test_manually_closed_issue_stays_closed(folder, keep_issues):
    """They know; it is opened again with a relapse only."""
    with github() as fake:
        keep_issues(fake, folder, 1)
        fake.issues[0]["state"] = "closed"
        keep(folder, run(2, {REDIS: CRIT}))
        keep_issues(fake, folder, 2)
        assert len(fake.issues) == 1


def test_issue_is_found_on_any_page_and_others_are_untouched(tmp_path, folder, keep_issues):
    """Pull requests, other labels, other targets, and fingerprints that nobody knows stay as they are."""
    with github(size=2) as fake:
        mark = "<!-- playbook-incident 0123456789ab target={} -->"
        fake.add("a pull request", mark.format("sandbox"), LABEL, pull_request={"url": "x"})
        fake.add("another target's", mark.format("production"), LABEL)
        fake.add("not known", mark.format("sandbox"), LABEL)
        fake.add("without a mark", "text", LABEL)
        fake.add("without the label", mark.format("sandbox"))
        keep_issues(fake, folder, 1)
        keep_issues(fake, keep(tmp_path / "copy", run(0, {REDIS: CRIT}), run(1, {REDIS: CRIT})), 1)
        assert [each["number"] for each in fake.open()] == [1, 2, 3, 4, 5, 6]
        assert fake.writes() == [("POST", f"/repos/{REPOSITORY}/issues")]


# ----------------------------------------------------------------------------------------------------------- races


def test_concurrent_runs_keep_lower_issue_number(tmp_path, folder, keep_issues):
    """The other is closed with a pointer, whichever run sees it."""
    other = keep(tmp_path / "other", run(0, {REDIS: CRIT}), run(1, {REDIS: CRIT}))
    with github() as fake:
        # msgspec learns a class when it first meets it, which two threads must not do at once.
        keep_issues(fake, keep(tmp_path / "well", run(0, {REDIS: OK})), 0)
        both = threading.Barrier(2, timeout=60)

        def meanwhile():
            both.wait()  # neither is made before both were asked for

        fake.meanwhile = meanwhile
        runs = [threading.Thread(target=keep_issues, args=(fake, where, 1)) for where in (folder, other)]
        for thread in runs:
            thread.start()
        for thread in runs:
            thread.join(60)
        first, second = fake.issues
        assert (first["state"], second["state"], second["state_reason"]) == ("open", "closed", "not_planned")
        assert second["body"].startswith("Duplicate of #1")
        assert fake.comments == {}


def test_leftover_duplicate_is_closed_by_next_run(folder, keep_issues):
    """As when the run that made it was killed."""
    with github() as fake:
        keep_issues(fake, folder, 1)
        fake.add("again", fake.issues[0]["body"], LABEL)
        assert "GitHub: issue 2 is closed as a duplicate of 1" in keep_issues(fake, folder, 1.1)
        assert [each["number"] for each in fake.open()] == [1]


def test_interrupted_update_is_completed_once(folder, keep_issues):
    """A comment whose closing failed is not made again."""
    with github() as fake:
        keep_issues(fake, folder, 1)
        keep(folder, run(2, {REDIS: OK}))
        fake.refusals = [Refusal("PATCH", 422, "Validation Failed")]
        assert "notifications: GitHub: expected issue 1 changed, got HTTP 422 (Validation Failed)" in (
            keep_issues(fake, folder, 2)
        )
        assert len(fake.open()) == 1
        keep_issues(fake, folder, 2.1)
        assert fake.open() == []
        assert len(fake.comments[1]) == 1


# ---------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("POST", 429, "You have exceeded a secondary rate limit", {"retry-after": "20"}),
        Refusal("POST", 403, "You have exceeded a secondary rate limit"),
        Refusal("GET", 403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0"}),
        Refusal("GET", 502, "Bad Gateway"),
    ],
    ids=["retry-after", "a minute", "reset", "bad gateway"],
)
def test_short_retry_after_is_waited_for(folder, keep_issues, refusal):
    """Within the same run, where that is soon."""
    with github(refusals=[refusal]) as fake:
        keep_issues(fake, folder, 1)
        assert len(fake.open()) == 1


def test_long_retry_after_is_left_to_next_run(folder, keep_issues):
    """Said and noted, and done then."""
    far = Refusal("POST", 403, "API rate limit exceeded", {"retry-after": "1800"})
    with github(refusals=[far]) as fake:
        (line,) = keep_issues(fake, folder, 1)
        assert "the next request may be sent in 1,800 s, so the next run does the rest" in line
        assert fake.issues == []
        keep_issues(fake, folder, 1.1)
        assert len(fake.issues) == 1
    first, second = deliveries.read(folder)
    assert (first.delivered, second.delivered) == (False, True)


def test_writes_are_spaced_and_limited(tmp_path, keep_issues):
    """A second apart; sixty in a run, and the rest in the next."""
    items = {f"daily.item.{number}": bad("bad") for number in range(70)}
    folder = keep(tmp_path / "h", run(0, items), run(1, items))
    with github() as fake:
        assert "60 changes were made; the rest is left to the next run" in keep_issues(fake, folder, 1)[-1]
        assert len(fake.issues) == 60
        keep_issues(fake, folder, 1.1)
        assert len(fake.open()) == 70


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal("GET", 404, "Not Found"), r"HTTP 404 (Not Found); check notifications.github.repository"),
        (Refusal("GET", 403, "Resource not accessible by integration"), "the token may write issues there"),
        (Refusal("GET", 410, "Issues are disabled"), "issues are switched off in this repository"),
        (
            Refusal("GET", 301, "Moved Permanently"),
            "renamed or moved: set notifications.github.repository to its new name",
        ),
        (Refusal("POST", 500, "Server Error"), "expected a new issue, got HTTP 500 (Server Error)"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Refusal) else "",
)
def test_each_refusal_names_the_action(folder, keep_issues, refusal, words):
    """In a sentence; what creates something is not sent again."""
    with github(refusals=[refusal]) as fake:
        (line,) = keep_issues(fake, folder, 1)
        assert words in line
        assert len(fake.requests) == (2 if refusal.method == "POST" else 1)


def test_token_without_label_permission_is_reported(folder, keep_issues):
    """Else there would be a new issue with each run."""
    with github(sets_labels=False) as fake:
        assert "did not get its label" in keep_issues(fake, folder, 1)[-1]
        keep_issues(fake, folder, 1.1)
        assert len(fake.issues) == 1


def test_one_failing_issue_does_not_block_others(tmp_path, keep_issues):
    """It is named."""
    items = {"daily.a": bad("x"), "daily.b": bad("x")}
    folder = keep(tmp_path / "h", run(0, items), run(1, items))
    with github(refusals=[Refusal("POST", 422, "Validation Failed")]) as fake:
        assert "HTTP 422" in keep_issues(fake, folder, 1)[-1]
        assert len(fake.issues) == 1


def test_next_page_on_other_host_is_refused(tmp_path):
    """The token would go along."""
    with serve(answer()) as other, serve() as server:
        server.scripts = [answer("200 OK", b"[]", link=f'<{other.url}/x>; rel="next"')]
        settings = settings_with(
            tmp_path, github={"repository": REPOSITORY, "token": TOKEN, "endpoint": server.url}
        ).notifications.github
        with pytest.raises(NotKept, match="all pages of the open issues, but the next page is on another host"):
            IssuesApi(settings, settings.token, 60.0, FixedClock(START)).open_issues()
        assert not other.requests


@pytest.mark.slow
@pytest.mark.parametrize("how", ["drips", "is silent"])
def test_unresponsive_github_is_abandoned(folder, tmp_path, how):
    """A request with all its attempts has one limit, whether nothing comes or a byte now and then."""
    said = []
    with serve(answer()) as server:
        server.scripts = [server.drip(b"HTTP/1.1 200 OK\r\nX: ") if how == "drips" else server.silence]
        tracker = {"repository": REPOSITORY, "token": TOKEN, "endpoint": server.url}
        settings = settings_with(tmp_path, github=tracker, time_limit_seconds=0.2)
        tell(settings, folder, said.append, FixedClock(START + DAY))
    assert said == ["notifications: GitHub: expected the open issues, got no answer within 0.2 s"]


def test_invalid_repository_is_named_by_setting(folder, tmp_path):
    """By the setting's name."""
    said = []
    settings = settings_with(tmp_path, github={"repository": "no/such/../thing", "token": TOKEN})
    tell(settings, folder, said.append, FixedClock(START + DAY))
    assert "expected notifications.github.repository as owner/name" in said[0]


# -------------------------------------------------------------------------------------------------------- the text


def test_issue_text_has_no_mentions_and_no_secrets(tmp_path, keep_issues):
    """Nor can it pass for another incident, or break the list."""
    mark = "<!-- playbook-incident 0123456789ab target=sandbox -->"
    said = f"@ada #12 {mark} [x](http://a.example) hunter2-secret\n# big"
    folder = keep(tmp_path / "h", run(0, {REDIS: bad(said)}), run(1, {REDIS: bad(said)}))
    with github() as fake:
        keep_issues(fake, folder, 1, webhook={"secret": "hunter2-secret"})
        text = fake.issues[0]["title"] + fake.issues[0]["body"]
        assert "@ada" not in text
        assert "hunter2" not in text
        assert text.count("<!-- playbook-incident") == 1
        assert "\n# big" not in text
        keep_issues(fake, folder, 1.1, webhook={"secret": "hunter2-secret"})
        assert len(fake.writes()) == 1


def test_maintenance_window_delays_issue(folder, keep_issues, tmp_path):
    """Until it is over, where it is still bad then."""
    window = {"name": "Redis", "start": START + DAY - timedelta(hours=1), "end": START + DAY + timedelta(hours=2)}
    with github() as fake:
        tracker = {"repository": REPOSITORY, "token": TOKEN, "endpoint": fake.url}
        settings = settings_with(tmp_path, maintenance={"windows": [window]}, github=tracker)
        tell(settings, folder, print, FixedClock(START + DAY))
        assert fake.issues == []
        tell(settings, folder, print, FixedClock(START + DAY + timedelta(hours=2)))
        assert len(fake.issues) == 1


def test_issue_of_flapping_incident_is_bounded(tmp_path, keep_issues):
    """Only the newest events; a comment of more than GitHub takes would be refused for ever."""
    folder = keep(tmp_path / "h", *(run(n, {REDIS: OK if n % 3 == 2 else bad("x" * 390)}) for n in range(200)))
    more = {"incidents": {"reopen_hours": 100, "bad_runs": {"daily": 1}}}
    with github() as fake:
        keep_issues(fake, folder, 199, **more)
        keep_issues(fake, folder, 199, **more)
        assert len(fake.issues) == 1
        assert fake.comments == {}
        assert len(fake.issues[0]["body"]) < 65_536


def test_invalid_token_is_reported_without_its_value(tmp_path, folder):
    """As one that was copied with a dash of another kind; no word of it is shown."""
    said = []
    token = "ghp_s3cr3t\u2013token"
    with github() as fake:
        mine = {"repository": REPOSITORY, "token": token, "endpoint": fake.url}
        tell(settings_with(tmp_path, github=mine), folder, said.append, FixedClock(START + DAY))
    assert said == [
        "notifications: GitHub: notifications.github.token contains characters that are not allowed in a token; "
        "set it again"
    ]


def test_issue_of_ignored_item_is_closed(tmp_path, folder, keep_issues):
    """Its incident is no more, so nothing would close it. A run without its history closes none."""
    with github() as fake:
        keep_issues(fake, folder, 1)
        assert keep_issues(fake, tmp_path / "none", 1) == []
        assert len(fake.open()) == 1
        said = keep_issues(fake, folder, 2, incidents={"ignore": [REDIS]})
        assert said == ["GitHub: issue 1 is closed, as its items are ignored"]
        assert fake.open() == []
        assert "incidents.ignore" in fake.comments[1][0]["body"]


def test_github_requests_match_security_table(tmp_path, keep_issues):
    """From the opening over getting worse to the recovery, also of a private target."""
    folder = keep(tmp_path / "history", run(0, {REDIS: UNK}), run(1, {REDIS: UNK}))
    with github(private=True) as fake:
        keep_issues(fake, folder, 1, private=True)
        keep(folder, run(2, {REDIS: CRIT}))
        keep_issues(fake, folder, 2, private=True)
        keep(folder, run(3, {REDIS: OK}))
        keep_issues(fake, folder, 3, private=True)
    asked = {f"{method} {path}" for method, path, _ in fake.requests}
    table = [row.request for row in lines_of_system("GitHub issues")]
    assert [row for row in table if not any(path_matches(row, each) for each in asked)] == []
    assert [each for each in asked if not any(path_matches(row, each) for row in table)] == []


@pytest.mark.parametrize("private", [True, False, None], ids=["private", "public", "not-said"])
def test_private_details_go_only_to_private_repository(tmp_path, keep_issues, private):
    """A repository of unknown visibility counts as public; the other channels still get the message."""
    told = bad("Redis: expected an answer from 10.1.2.3, got none")
    runs = [run(number, {REDIS: told}) for number in (0, 1)]
    folder = keep(tmp_path / "history", *(msgspec.structs.replace(each, audience="team") for each in runs))
    with github(private=private) as fake:
        said = keep_issues(fake, folder, 1, private=True)
    assert ("10.1.2.3" in fake.issues[0]["body"]) is (private is True)
    assert any("is not known to be private" in line for line in said) is (private is not True)


def comment_of(login, days, body="on it", kind="User"):
    """A comment as GitHub lists it."""
    at = START + days * DAY
    return {"body": body, "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "user": {"login": login, "type": kind}}


def commented(fake, folder, keep_issues, comment, **more):
    """The issue's text after a comment, and what the history holds of what was done."""
    keep_issues(fake, folder, 1, **more)
    fake.comments[1] = [comment]
    fake.issues[0]["comments"] = 1
    said = keep_issues(fake, folder, 2, **more)
    return fake.issues[0]["body"], handling.read(folder, "sandbox")[0], said


def test_comment_of_person_acknowledges_incident(folder, keep_issues):
    """At the time when it was written, once, and without the person where everybody reads the history."""
    with github() as fake:
        body, acts, said = commented(fake, folder, keep_issues, comment_of("ada", 1.5))
        assert "- Acknowledged: 2026-03-03 18:17 UTC" in body
        (act,) = acts
        assert (act.what, act.when, act.who, act.note) == ("ack", START + 1.5 * DAY, "", "")
        assert act.via == "GitHub issue 1"
        assert "a comment on issue 1 acknowledges Redis alive: out of bounds" in said[0]
        keep_issues(fake, folder, 3)
        assert len(handling.read(folder, "sandbox")[0]) == 1


def test_private_history_keeps_commenter(folder, keep_issues):
    """Only the team reads it."""
    with github(private=True) as fake:
        _, (act,), _ = commented(fake, folder, keep_issues, comment_of("ada", 1.5), private=True)
        assert (act.who, act.note) == ("ada", "on it")


@pytest.mark.parametrize(
    "comment",
    [
        comment_of("renovate[bot]", 1.5),
        comment_of("actions", 1.5, kind="Bot"),
        comment_of("ada", 1.5, body="<!-- ab12-escalated-x -->2026: escalated"),
        comment_of("ada", 0.5),
        {"body": "on it"},
        {**comment_of("ada", 1.5), "user": {"login": "ada"}},
        comment_of("ada", 1.5, kind="Mannequin"),
    ],
    ids=["bot", "app", "ours", "before it opened", "of nobody", "of no type", "of another type"],
)
def test_bot_and_old_comments_do_not_acknowledge(folder, keep_issues, comment):
    """Programs', our own, those of an earlier time, and those that GitHub does not say to be a user's."""
    with github() as fake:
        body, acts, _ = commented(fake, folder, keep_issues, comment)
        assert "- Not acknowledged yet: comment here to acknowledge it" in body
        assert acts == []
