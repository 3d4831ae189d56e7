"""What the checks say under the faults of sign-offs, roster, handoff, documents and maintenance."""

from __future__ import annotations

from tests.checks.expectations.phrases import ACCESS

NO_LEDGER = r"Sign-offs: expected the file attestations\.jsonl, which is not there"
NO_ROSTER = r"On-call roster: expected the file roster\.toml, which is not there"
TIME = r"[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d"
OVER = rf"Newer image library, {TIME} to ({TIME}|\d\d:\d\d) Europe/Berlin"
UNSIGNED = r"Sign-off of %s: expected a valid one, got none"
SIGNED_AFTER = rf"Sign-off %s: expected one after {OVER}, got %s"
TO_DO_AFTER = {
    "post_maintenance.documentation": "of the documents",
    "post_maintenance.stakeholders-notified": "that those concerned were told",
}
NO_SIGN_OFFS = r"Sign-offs: expected the file attestations\.jsonl, which is not there"
NO_POST_MORTEM = "Time without a post-mortem: expected"
NO_RUNS = rf"{NO_POST_MORTEM} runs in the history, got none, so past incidents are unknown; partial result: 0 .+"
STRANGER = r"On-call roster: rotations\.primary names zoe, who is not in people \(roster\.toml\)"
NO_PAGES = r"Handoff pages: expected the folder handoffs, which is not there \(No such file or directory\)"
LATE = r"Age of the weekly handoff page: expected at most 7\.5 days, got 8 days \(written \S+ \S+ UTC\)"
NO_RUNBOOKS = "Runbooks: expected documents in the folder runbooks, which "
LOCAL = r"\w{3} \d{4}-\d\d-\d\d \d\d:\d\d"
PHONES = (
    r"Contacts: expected name, telephone and e-mail of all, got no phone of Ben Okafor; no phone of Chiara Rossi"
)


def sign_off(item: str, found: str, expected: str = "a valid one") -> str:
    """The sentence on a sign-off."""
    return rf"Sign-off of {item}: expected {expected}, got {found}"


def waived(reason: str, was: str) -> tuple[str, str]:
    """What a waiver leaves of a finding."""
    return "WAIVED", rf"Waived until \d{{4}}-\d\d-\d\d by Ben Okafor \({reason}\): {was}"


def of_the_future(period: str) -> str:
    """The sentence on a page that cannot be."""
    return rf"Handoff pages: expected no page from the future, got a {period} one of \S+ \S+ UTC"


DOCS_UNSIGNED = sign_off("weekly.docs.updated", "none")
FIRST_DAY = r"on a system that was first checked on \d{4}-\d\d-\d\d$"
NEVER_SIGNED = r"Sign-off of \S+: expected a valid one, got none yet " + FIRST_DAY
NEVER_HANDED_OVER = r"%s: expected a %s page, got none yet " + FIRST_DAY

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "oncall-nobody": {
        "pre_maintenance.team-available": (
            "CRITICAL",
            r"On call in the window: expected two people with a telephone, got nobody as secondary",
        ),
        "emergency.who-to-call": (
            "WARNING",
            r"Whom to call: expected somebody who can be reached at each step, got for a P1 "
            r"\(there is no emergency now\): [^;]+; then nobody as secondary at [^;]+; then .+",
        ),
        "handoff.on-call": (
            "CRITICAL",
            r"On call: expected a primary and a secondary, got \w+ \w+ as primary and nobody as secondary",
        ),
    },
    "people-gone": {
        "emergency.stakeholders-notified": ("UNKNOWN", NO_LEDGER),
        "emergency.who-to-call": ("UNKNOWN", NO_ROSTER),
        "pre_maintenance.window": ("UNKNOWN", NO_LEDGER),
        "pre_maintenance.team-available": ("UNKNOWN", NO_ROSTER),
        **dict.fromkeys(TO_DO_AFTER, ("UNKNOWN", NO_LEDGER)),
        "weekly.docs.updated": ("UNKNOWN", NO_SIGN_OFFS),
        "weekly.team.notified": ("UNKNOWN", NO_SIGN_OFFS),
        "monthly.team.training": ("UNKNOWN", NO_SIGN_OFFS),
        "monthly.docs.contacts": ("UNKNOWN", NO_ROSTER),
        "monthly.docs.escalation": ("UNKNOWN", NO_ROSTER),
        "handoff.on-call": ("UNKNOWN", NO_ROSTER),
        "handoff.contacts": ("UNKNOWN", NO_ROSTER),
        "weekly.handoff": ("UNKNOWN", NO_PAGES),
        "handoff.weekly-page": ("UNKNOWN", NO_PAGES),
        "handoff.monthly-page": ("UNKNOWN", NO_PAGES),
        "monthly.docs.runbooks": ("UNKNOWN", NO_RUNBOOKS + "is not there"),
        "weekly.incidents.post-mortems": ("UNKNOWN", NO_RUNS),
        "monthly.docs.playbook": (
            "UNKNOWN",
            r"Playbook: expected to read playbook\.md, got an error \(no such file or directory\)",
        ),
        **dict.fromkeys(
            ACCESS, ("UNKNOWN", r"Sign-offs: expected the file attestations\.jsonl, which is not there")
        ),
    },
    "roster-damaged": {
        "emergency.who-to-call": (
            "UNKNOWN",
            r"On-call roster: rotations\.primary names zoe, who is not in people \(roster\.toml\)",
        ),
        "handoff.on-call": ("UNKNOWN", STRANGER),
        "handoff.contacts": ("UNKNOWN", STRANGER),
        "monthly.docs.contacts": ("UNKNOWN", STRANGER),
        "monthly.docs.escalation": ("UNKNOWN", STRANGER),
    },
    "maintenance-not-planned": {
        "pre_maintenance.window": (
            "CRITICAL",
            rf"Maintenance window: expected one that is ahead, got none; the last was {OVER}",
        ),
        **dict.fromkeys(
            ("pre_maintenance.team-available", "pre_maintenance.alerts-silenced"),
            ("UNKNOWN", rf"Maintenance: expected a maintenance window ahead, got {OVER}"),
        ),
    },
    "maintenance-unsigned": {
        "pre_maintenance.window": ("CRITICAL", UNSIGNED % r"pre_maintenance\.window"),
        "pre_maintenance.team-available": ("CRITICAL", UNSIGNED % r"pre_maintenance\.team-available"),
        **{item: ("CRITICAL", SIGNED_AFTER % (what, "none")) for item, what in TO_DO_AFTER.items()},
    },
    "maintenance-not-silenced": {
        "pre_maintenance.alerts-silenced": (
            "CRITICAL",
            r"Silences for the window: expected one on each alert that the work will set off, got "
            r"none on HighErrorRate",
        ),
    },
    "maintenance-silenced-long": {
        "pre_maintenance.alerts-silenced": (
            "WARNING",
            r"Silences for the window: expected none that outlasts it by more than 1 h, got the one on "
            r"HighErrorRate until .+ UTC",
        ),
    },
    "maintenance-slowed": {
        "post_maintenance.kpis-normal": (
            "WARNING",
            r"P95 response time: expected at most 2 s, got [34](\.\d+)? s over 4\d min \([\d,]+ requests\)",
        ),
    },
    "maintenance-just-over": {
        "pre_maintenance.window": (
            "WARNING",
            rf"Announcement: expected one after {OVER}, got one by Ben Okafor on .+",
        ),
        "pre_maintenance.team-available": (
            "WARNING",
            rf"Word of the team: expected one after {OVER}, got one by Ben Okafor on .+",
        ),
        "post_maintenance.kpis-normal": (
            "UNKNOWN",
            r"Error rate: expected at least 100 requests in \d min( \d+ s)?, got \d{1,2}"
            r"(; partial result: .+)?",
        ),
        **{
            item: ("CRITICAL", SIGNED_AFTER % (what, r"one by Ada Novak on \S+, which expires in 48 h"))
            for item, what in TO_DO_AFTER.items()
        },
    },
    "post-mortem-missing": {
        "weekly.incidents.post-mortems": (
            "CRITICAL",
            rf"{NO_POST_MORTEM} at most 2 days, got 9 days \(P1 Homepage response, recovered \S+ \S+ UTC, "
            r"page: none\) \(critical > 7 days\)",
        ),
    },
    "post-mortem-unfinished": {
        "weekly.incidents.post-mortems": (
            "WARNING",
            rf"{NO_POST_MORTEM} at most 2 days, got 3 days \(P1 Homepage response, recovered \S+ \S+ UTC, "
            r"page: 1 place still to be written\)",
        ),
    },
    "history-empty": {"weekly.incidents.post-mortems": ("UNKNOWN", NO_RUNS)},
    "attestation-missing": {
        "weekly.team.notified": ("CRITICAL", sign_off("weekly.team.notified", "none")),
        "monthly.team.training": ("CRITICAL", sign_off("monthly.team.training", "none")),
    },
    "attestation-expired": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off("weekly.docs.updated", r"one by Ada Novak on \S+, which expired 5 days ago"),
        ),
        "monthly.team.training": (
            "CRITICAL",
            sign_off("monthly.team.training", r"one by Chiara Rossi on \S+, which expired 24 days ago"),
        ),
    },
    "attestation-near-expiry": {
        "weekly.docs.updated": (
            "WARNING",
            sign_off(
                "weekly.docs.updated",
                r"one by Ada Novak on \S+, which expires in 24 h",
                expected="more than 2 days left",
            ),
        ),
    },
    "attestation-edited": {
        "weekly.team.notified": (
            "CRITICAL",
            sign_off(
                "weekly.team.notified",
                r"none that is valid \(line \d+ was edited: its digest does not match its content\)",
            ),
        ),
    },
    "attestation-evidence-edited": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off(
                "weekly.docs.updated",
                r"none that is valid \(line \d+ no longer holds: minutes\.md was changed since\)",
            ),
        ),
    },
    "attestation-future": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off("weekly.docs.updated", r"none that is valid \(line \d+ is dated \S+ \S+, in the future\)"),
        ),
    },
    "attestation-renewed-badly": {
        "weekly.docs.updated": (
            "WARNING",
            sign_off(
                "weekly.docs.updated",
                r"one by Ada Novak on \S+, which expires in 7 days"
                r" \(line \d+ was edited: its digest does not match its content\)",
                expected="no refused line",
            ),
        ),
    },
    "attestation-damaged": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off(
                "weekly.docs.updated",
                r"none that is valid \(line \d+ is damaged: a merge that git could not finish left it;"
                r" line \d+ is damaged: Input data was truncated\)",
            ),
        ),
    },
    "oncall-same-person": {
        "handoff.on-call": (
            "CRITICAL",
            r"On call: expected two different people, got (\w+ \w+) as primary and \1 as secondary",
        ),
    },
    "oncall-gap": {
        "handoff.on-call": (
            "WARNING",
            rf"On call: expected two people through the next 7 days,"
            rf" got nobody as secondary from {LOCAL} until {LOCAL}",
        ),
    },
    "contact-incomplete": {
        "handoff.contacts": ("CRITICAL", PHONES),
        "monthly.docs.contacts": ("CRITICAL", PHONES),
        "pre_maintenance.team-available": (
            "CRITICAL",
            r"On call in the window: expected two people with a telephone, "
            r"got no phone of (Ben Okafor|Chiara Rossi)(; no phone of (Ben Okafor|Chiara Rossi))?",
        ),
    },
    "escalation-incomplete": {
        "monthly.docs.escalation": (
            "CRITICAL",
            r"Escalation: expected somebody to call in time for P1 to P4,"
            r" got P1 may wait 1 h, and 15 min is the most; P2 goes no further than those on call;"
            r" nobody is called for P3",
        ),
    },
    "handoff-missing": {
        "weekly.handoff": ("CRITICAL", "Handoff of the week: expected a page, got none"),
        "handoff.weekly-page": ("CRITICAL", "Weekly page: expected one, got none"),
        "handoff.monthly-page": ("CRITICAL", "Monthly page: expected one, got none"),
    },
    "handoff-late": {
        "weekly.handoff": ("WARNING", LATE),
        "handoff.weekly-page": ("WARNING", LATE),
        "handoff.monthly-page": (
            "CRITICAL",
            r"Age of the monthly handoff page: expected at most 32 days, got 40 days \(written \S+ \S+ UTC\)"
            r" \(critical > 36 days\)",
        ),
    },
    "handoff-unreadable": {
        "handoff.weekly-page": ("CRITICAL", r"Weekly page: expected HTML and Markdown, got no \.html"),
        "handoff.monthly-page": ("CRITICAL", r"Monthly page: expected HTML and Markdown, got no \.html"),
    },
    "handoff-future": {
        "weekly.handoff": ("UNKNOWN", of_the_future("weekly")),
        "handoff.weekly-page": ("UNKNOWN", of_the_future("weekly")),
        "handoff.monthly-page": ("UNKNOWN", of_the_future("monthly")),
    },
    # A day more where midnight is between the making of the world and the look at it.
    "runbook-overdue": {
        "monthly.docs.runbooks": (
            "CRITICAL",
            r"Longest without a review: expected at most 35 days, got 18[01] days \(high-error-rates,"
            r" reviewed on \S+\) \(critical > 70 days\)",
        ),
    },
    "runbook-review-due": {
        "monthly.docs.runbooks": (
            "WARNING",
            r"Longest without a review: expected at most 35 days, got 4[23] days \(emergency, reviewed on \S+\)",
        ),
    },
    "runbook-incomplete": {
        "monthly.docs.runbooks": (
            "CRITICAL",
            r"Runbooks: expected owner, date of review, commands and outcomes in each,"
            r" got emergency: no owner; maintenance: no expected outcome of `pytest -m daily`",
        ),
    },
    "runbook-dead-link": {
        "monthly.docs.runbooks": (
            "CRITICAL",
            r"Links in runbooks: expected none to a missing file or heading, got emergency: recovery\.md",
        ),
    },
    "runbook-silent-link": {
        "monthly.docs.runbooks": (
            "WARNING",
            r"Links in runbooks: expected each to answer, got http://127\.0\.0\.1:9/dashboard: "
            r"connection refused .+",
        ),
    },
    "playbook-review-due": {
        "monthly.docs.playbook": (
            "WARNING",
            r"Age of the playbook's review: expected at most 35 days, got 42 days \(reviewed on \d{4}-\d\d-\d\d\)",
        ),
    },
    "playbook-overdue": {
        "monthly.docs.playbook": (
            "CRITICAL",
            r"Age of the playbook's review: expected at most 35 days, got 90 days "
            r"\(reviewed on \d{4}-\d\d-\d\d\) \(critical > 70 days\)",
        ),
    },
    "playbook-of-nobody": {
        "monthly.docs.playbook": (
            "CRITICAL",
            r"Playbook: expected owner, version and date of review, got no owner, no version",
        ),
    },
    "runbooks-gone": {"monthly.docs.runbooks": ("UNKNOWN", NO_RUNBOOKS + "holds none")},
    "waived": {
        "weekly.docs.updated": waived("Ada is back on Monday", rf"CRITICAL, {DOCS_UNSIGNED}"),
        "weekly.team.notified": waived(
            "Next meeting on Tuesday",
            "WARNING, "
            + sign_off(
                "weekly.team.notified",
                r"one by Ben Okafor on \S+, which expires in 24 h",
                expected="more than 2 days left",
            ),
        ),
    },
    "waiver-outgrown": {"weekly.docs.updated": ("CRITICAL", DOCS_UNSIGNED)},
    "waiver-expired": {"weekly.docs.updated": ("CRITICAL", DOCS_UNSIGNED)},
    "waiver-too-long": {"weekly.docs.updated": ("CRITICAL", DOCS_UNSIGNED)},
    "first-day": {
        **dict.fromkeys(
            (
                "weekly.docs.updated",
                "weekly.team.notified",
                "monthly.docs.contacts",
                "monthly.docs.escalation",
                "monthly.access.permissions",
                "monthly.access.mfa",
                "monthly.access.unused-accounts",
                "monthly.team.training",
            ),
            ("UNKNOWN", NEVER_SIGNED),
        ),
        "weekly.handoff": ("UNKNOWN", NEVER_HANDED_OVER % ("Handoff of the week", "weekly")),
        "handoff.weekly-page": ("UNKNOWN", NEVER_HANDED_OVER % ("Weekly page", "weekly")),
        "handoff.monthly-page": ("UNKNOWN", NEVER_HANDED_OVER % ("Monthly page", "monthly")),
    },
}
