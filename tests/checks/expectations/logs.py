"""What the checks say under the faults of logs."""

from __future__ import annotations

from tests.checks.expectations.phrases import (
    DAY_OF_LOGS,
    EXHAUSTED,
    FAILING,
    LOG_ITEMS,
    LOGINS,
    SUSPICIOUS,
    without_logs,
)

ONE_CRASH = rf"Crashes and fatal errors in the logs: expected none, got 1 over {DAY_OF_LOGS} \(critical > 0\)"
NO_LOGS = r"Logs: expected lines of the last 24 hours from DigitalOcean's live log stream, got none at all"


def unknown(expected: str, got: str) -> dict[str, tuple[str, str]]:
    """Nothing bad was seen, and not enough of the logs; both checks say so of their first figure."""
    return {
        item: ("UNKNOWN", rf"{subject}: expected {expected}, got {got}; partial result: .*")
        for item, subject in (
            ("daily.logs.errors", "Crashes and fatal errors in the logs"),
            ("daily.logs.http-errors", "HTTP 5xx in the logs"),
        )
    }


TOO_FEW_LOGS = (
    r"New errors since the maintenance: expected lines of at least 12 of 24 h before it.*, "
    r"got lines of 0 h before it.*; partial result: none"
)
SUBJECTS = {SUSPICIOUS: "Refused requests of one source in an hour", LOGINS: "Passwords"}
NO_LINES = r"Logs: expected lines from DigitalOcean's live log stream, got none at all"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "log-errors": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected none, got 3 over {DAY_OF_LOGS}"),
        "post_maintenance.no-new-errors": (
            "CRITICAL",
            r"New errors since the maintenance: expected none, got 3 × image-worker: ERROR worker: .+",
        ),
    },
    "log-error-flood": {
        "daily.logs.errors": (
            "CRITICAL",
            rf"Errors in the logs: expected none, got \d\d over {DAY_OF_LOGS} \(critical > 50\)",
        ),
    },
    "log-fatal": {"daily.logs.errors": ("CRITICAL", ONE_CRASH)},
    "log-oom": {
        "daily.logs.errors": ("CRITICAL", ONE_CRASH),
        f"{FAILING}.error-patterns": ("CRITICAL", ONE_CRASH),
        f"{EXHAUSTED}.symptoms": ("CRITICAL", ONE_CRASH.replace("Crashes and fatal errors", "Out of memory")),
    },
    "component-crashing": {
        "daily.logs.errors": ("CRITICAL", ONE_CRASH),
        f"{FAILING}.error-patterns": ("CRITICAL", ONE_CRASH),
        f"{EXHAUSTED}.symptoms": ("CRITICAL", ONE_CRASH.replace("Crashes and fatal errors", "Out of memory")),
    },
    "crash-logs-lost": unknown(
        r"all of the logs to be read",
        r"logs of instances of image-worker that the platform started again: the platform has none",
    ),
    "log-hostile": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected none, got 1 over {DAY_OF_LOGS}"),
    },
    "log-5xx-burst": {
        "daily.logs.http-errors": (
            "CRITICAL",
            r"HTTP 5xx in the logs: expected at most 1 %, got \d\.\d+ % over 24 h \(16\d of [\d,]+ requests "
            r"that portfolio-web logged\) \(critical > 5 %\)",
        ),
    },
    "log-5xx-hour": {
        "daily.logs.http-errors": (
            "WARNING",
            r"HTTP errors by hour: expected at most 10 × 5xx and at most 10 × 429 in an hour, "
            r"got \d+ × 5xx at \d\d:00–\d\d:00 UTC \(usually 0\).*",
        ),
    },
    "log-429-burst": {
        "daily.logs.http-errors": (
            "WARNING",
            r"HTTP 429 in the logs: expected at most 5 %, got 2\d\.\d+ % over 24 h \(54\d of [\d,]+ requests, "
            r"without \d+ of health probes\)",
        ),
    },
    "logs-silent": {
        **dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
        **without_logs(NO_LINES),
    },
    "logs-gone": {
        **dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
        "post_maintenance.no-new-errors": ("UNKNOWN", TOO_FEW_LOGS),
        f"{FAILING}.symptoms": ("UNKNOWN", NO_LOGS),
        f"{FAILING}.error-patterns": ("UNKNOWN", NO_LOGS),
        f"{EXHAUSTED}.symptoms": ("UNKNOWN", NO_LOGS),
        "optimization.costs.logs": ("UNKNOWN", NO_LOGS),
        **without_logs(NO_LINES),
    },
    "log-files-gone": {
        **dict.fromkeys(
            LOG_ITEMS, ("UNKNOWN", r"Logs: expected files that match /\S+\*\.log\*, got no file that matches")
        ),
        **without_logs(r"Logs: expected files that match /\S+\*, got no file that matches"),
    },
    # In ten quiet minutes the worker may have had nothing to do, and has then written nothing.
    "logs-short": {
        **unknown(
            r"lines of at least 21\.6 of 24 h(?: and lines of all 3 components)?",
            r"lines of [12] h(?: and lines of 2 components \(none of image-worker\))?",
        ),
        "post_maintenance.no-new-errors": ("UNKNOWN", TOO_FEW_LOGS),
        "optimization.costs.logs": (
            "WARNING",
            r"Logs kept: expected lines of at least 21\.6 of the last 24 hours, got lines of [12] h",
        ),
        **{
            item: (
                "UNKNOWN",
                rf"{subject}: expected log lines of at least 151\.2 of 168 h, got log lines of [12] h;"
                r" partial result: .+",
            )
            for item, subject in SUBJECTS.items()
        },
    },
    "logs-damaged": {
        **unknown(
            r"lines without a break from whatever usually writes them and all of the logs to be read",
            r"no line of any component from \d\d \w{3} \d\d:\d\d to \d\d:\d\d UTC \([\w ]+\) "
            r"and /\S+/portfolio\.log\.2\.gz is damaged, "
            r"its compressed data end in the middle: [\d,]+ lines were read up to there",
        ),
        **{
            item: (
                "UNKNOWN",
                rf"{subject}: expected (log lines of at least 151\.2 of 168 h and )?everything to be read, got .*"
                r"/\S+/portfolio\.log\.2\.gz is damaged, .+",
            )
            for item, subject in SUBJECTS.items()
        },
    },
    "log-source-silent": unknown(
        r"lines without a break from whatever usually writes them",
        r"no line of image-worker since \d\d \w{3} \d\d:\d\d UTC \(5 h[\w ]*\) while others went on",
    ),
    "log-component-mute": unknown(
        r"lines of all 3 components.*", r"lines of 2 components \(none of image-optimizer\).*"
    ),
    "log-file-silent": unknown(
        r"lines without a break from whatever usually writes them",
        r"no line of portfolio-jobs\.log since \d\d \w{3} \d\d:\d\d UTC \(26 h[\w ]*\) while others went on",
    ),
    "log-clock-off": {
        "daily.logs.errors": (
            "CRITICAL",
            r"Clock of the logs: expected at most 30 s, got ([3-5]\d\d|600)(\.\d)? s "
            r"\(the newest line is that far ahead\) \(critical > 300 s\)",
        ),
    },
    "log-strange-format": unknown(r"at most 1 % of lines not understood", r"40\d of [\d,]+, e\.g\. '.*"),
    "log-5xx-behind-bound": {
        "daily.logs.http-errors": (
            "CRITICAL",
            r"HTTP 5xx in the logs: expected at most 1 %, got 9\d\.\d+ % over 24 h "
            r"\(60,\d\d\d of [\d,]+ requests that portfolio-web logged\) \(critical > 5 %\)",
        ),
        "daily.logs.errors": (
            "UNKNOWN",
            r".* reading stopped after 61,000 lines \(logs\.most_lines\), with more to read.*",
        ),
    },
    "log-files-old": {
        "optimization.costs.logs": (
            "WARNING",
            r"Log files over age: expected none older than 30 days, got 3 files with \d+ B, the oldest "
            r"portfolio\.log\.6\.gz, 1[12]\d days old",
        ),
    },
}
