"""Errors over several lines in the words of real systems, read line by line and in whole blocks."""

import pytest

from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.review import Reviewer

NOW = 1717016400.0  # 29 May 2024, 21:00 UTC
PREFIX = "web 2024-05-29T20:14:14.250000000Z "
FATAL = "F, [2024-05-29T20:14:14.250000 #7] FATAL -- : [5f3c]"
ROUTING = 'ActionController::RoutingError (No route matches [GET] "/wp-login.php"):'

# What was written, and how many errors and crashes that is. Every line is understood.
STREAMS = {
    # Rails up to 6.0 wrote each line of an error with its level; scanners make every public site write the second.
    "rails-error": (
        [
            f"{FATAL}   ",
            f"{FATAL} Vips::Error (boom):",
            f"{FATAL}   ",
            f"{FATAL} app/models/photo.rb:3:in `resize'",
        ],
        (1, 1),
    ),
    "rails-unknown-route": (
        [f"{FATAL}   ", f"{FATAL} {ROUTING}", f"{FATAL}   ", f"{FATAL} actionpack (5.2.8) lib/x.rb:3:in `call'"],
        (0, 0),
    ),
    "rails-two-errors": ([f"{FATAL} Vips::Error (boom):", f"{FATAL} Vips::Error (again):"], (2, 2)),
    "rails-blank-line-alone": ([f"{FATAL}   "], (1, 1)),
    "rails-error-in-one-entry": (
        [f"{FATAL}   ", "[5f3c] Vips::Error (boom):", "[5f3c]   ", "[5f3c] app/models/photo.rb:3:in `resize'"],
        (1, 1),
    ),
    # Rails 6.1 in production, as it wrote it.
    "rails-parameter-missing": (
        [
            f"{FATAL}   ",
            "[5f3c] ActionController::ParameterMissing (param is missing or the value is empty: photo",
            "Did you mean?  controller",
            "               action):",
            "[5f3c]   ",
            "[5f3c] app/photos.rb:20:in `pm'",
        ],
        (0, 0),
    ),
    # As with Rails 8, whose logger states no level.
    "rails-exception-of-any-name": (
        [
            "[8bf341ee-0cc6-4368-9bcd-557bd1fffb02] Completed 500 Internal Server Error in 0ms (Allocations: 106)",
            "[8bf341ee-0cc6-4368-9bcd-557bd1fffb02]   ",
            "[8bf341ee-0cc6-4368-9bcd-557bd1fffb02] Boom (outer):",
            "[8bf341ee-0cc6-4368-9bcd-557bd1fffb02]   ",
            "[8bf341ee-0cc6-4368-9bcd-557bd1fffb02] app/photos.rb:18:in `nested'",
        ],
        (1, 0),
    ),
    "laravel-warning-with-two-exceptions": (
        [
            '[2024-05-29 20:14:14] production.WARNING: again {"exception":"[object] (Boom(code: 7): broken image',
            "second line at /app/x.php:6)",
            "[stacktrace]",
            "#0 /app/x.php(10): deep()",
            "#1 {main}",
            "",
            "[previous exception] [object] (InvalidArgumentException(code: 0): inner at /app/x.php:6)",
            "[stacktrace]",
            "#0 {main}",
            '"} ',
        ],
        (0, 0),
    ),
    "laravel": (
        [
            '[2024-05-29 20:14:14] production.ERROR: boom {"exception":"[object] (RuntimeException(code: 0))',
            "[stacktrace]",
            "#0 /app/artisan(3): handle()",
            "#1 {main}",
            '"} ',
        ],
        (1, 0),
    ),
    "node-error-event": (
        [
            "node:events:497",
            "      throw er; // Unhandled 'error' event",
            "Error: connect ECONNREFUSED 127.0.0.1:6379",
            "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
            "Emitted 'error' event on Redis instance at:",
            "    at silentEmit (/app/redis.js:1:1) {",
            "  errno: -111",
            "}",
            "Node.js v20.11.0",
        ],
        (1, 1),
    ),
    "rust-with-color-eyre": (
        ["The application panicked (crashed).", "Message:  boom", "Location: src/main.rs:3"],
        (1, 1),
    ),
    # As rsyslog keeps colours.
    "colours-in-a-file": (["redis said #033[31mbroken pipe#033[0m"] * 3, (3, 0)),
    "supervisor-and-its-programs": (
        ["2024-05-29 20:14:14,838 DEBG 'api' stdout output:", '{"level":50,"msg":"boom"}', ""],
        (1, 0),
    ),
    "jvm-that-starts": (
        ["Picked up JAVA_TOOL_OPTIONS: -XX:+ExitOnOutOfMemoryError", "[0.123s][info][gc] Using G1"],
        (0, 0),
    ),
}


@pytest.mark.parametrize("reviewer", [Reviewer, BlockReviewer])
@pytest.mark.parametrize(("lines", "expected"), STREAMS.values(), ids=STREAMS)
def test_error_over_several_lines_counts_once(reviewer, lines, expected):
    """After the platform's prefix; errors, crashes, and lines not understood."""
    review = reviewer(NOW - 86_400, NOW)
    review.extend([PREFIX + line for line in lines])
    found = review.result()
    assert (found.errors, found.fatal, found.strange) == (*expected, 0)


def test_error_of_rails_is_named_by_its_exception():
    """Its first line has nothing but tags."""
    review = Reviewer(NOW - 86_400, NOW)
    review.extend([PREFIX + line for line in STREAMS["rails-error-in-one-entry"][0]])
    ((_, kind),) = review.result().kinds
    assert kind.example == "[5f3c] Vips::Error (boom):"
