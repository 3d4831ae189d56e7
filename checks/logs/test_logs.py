"""Logs: no critical errors, and no unusual number of failed or throttled requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.logs.logs import LogReview
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.logs


@pytest.mark.daily
@pytest.mark.item("daily.logs.errors", runbook="high-error-rates")
def test_logs_show_no_critical_errors(log_review: LogReview, limits: Limits, judge: Judge) -> None:
    """No crash and no fatal error in the logs of 24 hours (any other error is a warning, over 50 are critical).

    Errors count however little of the day was read. Their absence counts only if enough of the 24 hours have
    lines, of every source that usually writes, and nearly all lines were understood; UNKNOWN otherwise. Lines
    dated in the future come from a clock that is off, and are accepted within the allowed clock skew.
    """
    judge(log_review.fatal, limits.log_fatal)
    judge(log_review.errors, limits.log_errors)
    judge(log_review.ahead, limits.clock_skew, subject="Clock of the logs")


@pytest.mark.daily
@pytest.mark.item("daily.logs.http-errors", runbook="high-error-rates")
def test_few_requests_fail_or_are_throttled(log_review: LogReview, limits: Limits, judge: Judge) -> None:
    """At most 1 % of requests are answered 5xx and 5 % 429, recently and over 24 hours, and no hour stands out.

    An hour with far more 429 or 5xx than the other hours of the day is a warning. UNKNOWN: access lines are
    missing for a component that serves requests, or stop for an hour.
    """
    judge(log_review.server_errors, limits.log_server_errors)
    judge(log_review.server_errors_lately, limits.log_server_errors, subject="HTTP 5xx lately")
    judge(log_review.throttled, limits.log_throttled)
    judge.that(
        not log_review.unusual,
        "HTTP errors by hour",
        expected=log_review.usual,
        found=log_review.unusual or "no more than that",
        warn=True,
        coverage=log_review.requests_coverage,
    )
