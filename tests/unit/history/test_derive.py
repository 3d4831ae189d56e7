"""Incidents by the settings of a target: rules, maintenance windows in local time, and recipients."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playbook.core import door
from playbook.core.catalogue import read_catalogue
from playbook.core.errors import UsageError
from playbook.core.verdict import Verdict
from playbook.history.derive import incidents_of, rules_of, windows_of
from playbook.history.runs import Finding, RunLine
from playbook.settings.loading import load

START = datetime(2026, 3, 2, 6, 17, tzinfo=UTC)


def settings_of(tmp_path, text, target="production", **environment):
    """The incident settings of a playbook.toml."""
    (tmp_path / "playbook.toml").write_text(f'[targets.production]\nkind = "production"\n{text}', encoding="utf-8")
    return load(target, root=tmp_path, environment=environment)


def test_default_rules_apply_unless_a_target_has_its_own(tmp_path):
    """Two bad daily runs, one bad run of the other sets; sets run on demand open none; a target may have its own
    rules.
    """
    rules = rules_of(settings_of(tmp_path, ""))
    needed = {name: rules.needed(f"{name}.item") for name in ("daily", "weekly", "monthly", "links", "own")}
    assert needed == {"daily": 2, "weekly": 1, "monthly": 1, "links": 0, "own": 1}
    rules = rules_of(settings_of(tmp_path, "[targets.production.incidents]\nbad_runs = { daily = 1 }\n"))
    assert (rules.needed("daily.item"), rules.needed("weekly.item")) == (1, 1)


@pytest.mark.parametrize("wrong", ["good_runs = 0", "bad_runs = { daily = -1 }", "reopen_hours = 1e9", "x = 1"])
def test_senseless_rule_is_refused(tmp_path, wrong):
    """The message names the rule."""
    with pytest.raises(UsageError, match="incidents"):
        settings_of(tmp_path, f"[incidents]\n{wrong}\n")


def test_only_runs_of_the_target_count(tmp_path):
    """And only its own windows."""
    runs = [
        RunLine(
            id=f"{target}-{n}",
            target=target,
            kind="production",
            set="daily",
            started=START + n * timedelta(days=1),
            finished=START + n * timedelta(days=1),
            verdict=Verdict.CRITICAL,
            exit_code=1,
            executed=1,
            floor=1,
            items={"daily.redis.alive": Finding(verdict=Verdict.CRITICAL)},
        )
        for target in ("production", "sandbox")
        for n in range(2)
    ]
    window = 'windows = [{ name = "w", start = 2026-03-03T06:00:00, end = 2026-03-03T07:00:00 }]'
    settings = settings_of(tmp_path, f"[targets.production.maintenance]\n{window}\n")
    (one,) = incidents_of(settings, runs)
    assert (one.target, one.events[0].quiet) == ("production", True)


BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        # The clocks skip an hour: 02:30 becomes 03:30.
        (BERLIN, "2026-03-29T02:30:00", "2026-03-29T04:00:00", "2026-03-29 01:30 to 2026-03-29 02:00"),
        (BERLIN, "2026-03-29T01:30:00", "2026-03-29T03:00:00", "2026-03-29 00:30 to 2026-03-29 01:00"),
        (NEW_YORK, "2026-03-08T02:30:00", "2026-03-08T04:00:00", "2026-03-08 07:30 to 2026-03-08 08:00"),
        # An hour occurs twice: the first is meant, and an offset selects one of them.
        (BERLIN, "2026-10-25T02:15:00", "2026-10-25T02:45:00", "2026-10-25 00:15 to 2026-10-25 00:45"),
        (BERLIN, "2026-10-25T01:30:00", "2026-10-25T03:00:00", "2026-10-24 23:30 to 2026-10-25 02:00"),
        (BERLIN, "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00", "2026-10-25 01:30 to 2026-10-25 02:00"),
        (NEW_YORK, "2026-11-01T01:30:00", "2026-11-01T02:00:00", "2026-11-01 05:30 to 2026-11-01 07:00"),
        (NEW_YORK, "2026-11-01T01:30:00-05:00", "2026-11-01T02:00:00", "2026-11-01 06:30 to 2026-11-01 07:00"),
    ],
)
def test_windows_at_both_ends_of_summer_time_are_converted(tmp_path, zone, start, end, expected):
    """One function converts them, also for the check before a maintenance."""
    lines = f'time_zone = "{zone}"\nwindows = [{{ name = "w", start = {start}, end = {end} }}]'
    (window,) = windows_of(settings_of(tmp_path, f"[targets.production.maintenance]\n{lines}\n"))
    assert f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}" == expected
    assert window.start.tzinfo is UTC
    assert window.target == "production"


def test_window_that_the_skipped_hour_reverses_is_refused(tmp_path):
    """02:30 that night is 03:30."""
    window = '{ name = "w", start = 2026-03-29T02:30:00, end = 2026-03-29T03:00:00 }'
    lines = f'time_zone = "{BERLIN}"\nwindows = [{window}]'
    with pytest.raises(UsageError, match="lies in the hour that the clocks skip"):
        settings_of(tmp_path, f"[targets.production.maintenance]\n{lines}\n")


# ------------------------------------------------------------------------------------------------------ recipients


def test_recipients_come_from_the_environment(tmp_path):
    """Each address is a secret, never shown and redacted everywhere; an unset one is absent."""
    text = (
        '[notifications]\napprise = ["${SLACK_WEBHOOK_URL}", "${MAIL_URL}"]\n'
        '[notifications.ping_urls]\nweekly = "${WEEKLY}"\n'
    )
    told = settings_of(
        tmp_path, text, MAIL_URL="mailtos://u:p4ssw@example.com", WEEKLY="https://ping/w"
    ).notifications
    assert [each.reveal() for each in told.apprise] == ["mailtos://u:p4ssw@example.com"]
    assert told.ping_for("daily") is None
    assert told.ping_for("weekly").reveal() == "https://ping/w"
    variables = {
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/a/b/c",
        "PLAYBOOK_PING_URL": "https://ping/d",
        "PLAYBOOK_WEBHOOK_URL": "https://hook/x",
        "PLAYBOOK_WEBHOOK_SECRET": "s3cr3t",
        "PLAYBOOK_ISSUES_TOKEN": "ghp_x",
    }
    settings = settings_of(tmp_path, "", GITHUB_REPOSITORY="o/r", **variables)
    assert not any(value in door.text(f"got {value}") for value in variables.values() if len(value) > 5)
    assert not any(value in repr(settings.notifications) for value in variables.values())
    assert settings.notifications.github.repository == "o/r"


@pytest.mark.parametrize(
    "wrong",
    [
        '[notifications]\napprise = ["https://hooks.slack.com/services/a/b/c"]',
        '[notifications]\nping_url = "https://hc-ping.com/x"',
        '[notifications.webhook]\nurl = "https://hook.example/x"',
        '[notifications.github]\ntoken = "ghp_x"',
        '[targets.production.notifications.ping_urls]\ndaily = "https://hc-ping.com/x"',
    ],
)
def test_address_in_the_file_is_refused(tmp_path, wrong):
    """The message names its place, without its text."""
    with pytest.raises(UsageError, match=r"notifications\..* must come from the environment") as caught:
        settings_of(tmp_path, wrong)
    assert "example" not in str(caught.value).replace(str(tmp_path), "")


@pytest.mark.parametrize(
    "wrong", ["apprise = 3", "tries = 0", "time_limit_seconds = 0", 'link = ["x"]', "github = 1", "webhok = {}"]
)
def test_senseless_recipient_setting_is_refused(tmp_path, wrong):
    """In one sentence."""
    with pytest.raises(UsageError, match="notifications"):
        settings_of(tmp_path, f"[notifications]\n{wrong}\n")


def test_sets_run_on_demand_open_no_incidents():
    """Every catalogue set without a schedule: no later run would close an incident."""
    settings = load(root=Path("/nowhere"), environment={})
    sets = {item.partition(".")[0] for item in read_catalogue().items}
    rules = rules_of(settings)
    scheduled = {name for name, cron in settings.schedule.cron.items() if cron}
    assert {name for name in sets if rules.needed(f"{name}.x")} == scheduled
