"""What the faults of the logs make the checks say."""

from __future__ import annotations

LOG_ITEMS = ("daily.logs.errors", "daily.logs.http-errors")
DAY_OF_LOGS = r"24 h \([\d,]+ lines\)"
ONE_CRASH = rf"Crashes and fatal errors in the logs: expected none, got 1 over {DAY_OF_LOGS} \(critical > 0\)"
NO_LOGS = r"Logs: expected lines of the last 24 hours from DigitalOcean's live log stream, got none at all"


ERROR_ON_THE_SIDE = {
    "daily.logs.errors": (
        "OK or WARNING",
        rf"Errors in the logs: expected none, got \d{{1,2}} over {DAY_OF_LOGS}",
    )
}


def unknown(expected: str, got: str) -> dict[str, tuple[str, str]]:
    """Nothing bad was seen, and not enough of the logs; both checks say so of their first figure."""
    return {
        item: ("UNKNOWN", rf"{subject}: expected {expected}, got {got}; what was seen gives .*")
        for item, subject in (
            ("daily.logs.errors", "Crashes and fatal errors in the logs"),
            ("daily.logs.http-errors", "HTTP 5xx in the logs"),
        )
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "log-errors": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected none, got 3 over {DAY_OF_LOGS}"),
    },
    "log-error-flood": {
        "daily.logs.errors": (
            "CRITICAL",
            rf"Errors in the logs: expected none, got \d\d over {DAY_OF_LOGS} \(critical > 50\)",
        ),
    },
    "log-fatal": {"daily.logs.errors": ("CRITICAL", ONE_CRASH)},
    "log-oom": {"daily.logs.errors": ("CRITICAL", ONE_CRASH)},
    "log-hostile": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected none, got 1 over {DAY_OF_LOGS}"),
    },
    "log-5xx-burst": {
        "daily.logs.http-errors": (
            "CRITICAL",
            r"HTTP 5xx in the logs: expected at most 1 %, got \d\.\d+ % over 24 h \(16\d of [\d,]+ requests\)"
            r" \(critical > 5 %\)",
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
            r"HTTP 429 in the logs: expected at most 5 %, got 2\d\.\d+ % over 24 h \(64\d of [\d,]+ requests\)",
        ),
    },
    "logs-silent": dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
    "logs-gone": dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
    "log-files-gone": dict.fromkeys(
        LOG_ITEMS, ("UNKNOWN", r"Logs: expected files that match /\S+\*\.log\*, got no file that matches")
    ),
    # In ten quiet minutes the worker may have had nothing to do, and has then written nothing.
    "logs-short": unknown(
        r"lines of at least 21\.6 of 24 h(?: and lines of all 3 components)?",
        r"lines of [12] h(?: and lines of 2 components \(none of image-worker\))?",
    ),
    "logs-damaged": unknown(
        r"lines without a break from whatever usually writes them and all of the logs to be read",
        r"no line of any component from \d\d \w{3} \d\d:\d\d to \d\d:\d\d UTC \([\w ]+\) "
        r"and /\S+/portfolio\.log\.2\.gz is damaged, "
        r"its compressed data end in the middle: [\d,]+ lines were read up to there",
    ),
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
            r"Clock of the logs: expected at most 30 s, got (59\d|600)(\.\d)? s "
            r"\(the newest line is that far ahead\) \(critical > 300 s\)",
        ),
    },
    "log-strange-format": unknown(r"at most 1 % of lines not understood", r"40\d of [\d,]+, e\.g\. '.*"),
    "log-5xx-behind-bound": {
        "daily.logs.http-errors": (
            "CRITICAL",
            r"HTTP 5xx in the logs: expected at most 1 %, got 9\d\.\d+ % over 24 h "
            r"\(60,\d\d\d of [\d,]+ requests\)"
            r" \(critical > 5 %\)",
        ),
        "daily.logs.errors": (
            "UNKNOWN",
            r".* reading stopped after 61,000 lines \(logs\.most_lines\), with more to read.*",
        ),
    },
}
