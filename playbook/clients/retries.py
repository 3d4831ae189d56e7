"""Retries that are bounded, spaced and visible. Only for reads: what changes something is never repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

ATTEMPTS = 3
PAUSE = 0.1  # seconds before the second attempt, doubled for each further one, and up to as many more by chance
_MOST_DIGITS = 11


def seconds_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that an answer asks to wait before the next request, by its Retry-After; None where it does not say.

    The header has a number of seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after). A date
    is compared with the answer's own Date, as the server's clock may differ from ours.

    Args:
        headers: names in lower case.
        now: our own time, for an answer without a Date.
    """
    text = headers.get("retry-after", "").strip()
    if is_count(text):
        return float(text)
    until = _date(text)
    return None if until is None else max((until - (_date(headers.get("date", "")) or now)).total_seconds(), 0.0)


def is_count(text: str) -> bool:
    """Whether it is a number of at most eleven ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _date(text: str) -> datetime | None:
    """A date as headers have it; None for any other text."""
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def tries(
    again: Callable[[Exception], bool | float], *, within: float, attempts: int = ATTEMPTS
) -> Iterator[AbstractContextManager[None]]:
    """Context managers for the attempts, as ``stamina.retry_context`` yields them.

    Args:
        again: whether an exception is worth a retry; a number is the seconds to wait before it.
        within: seconds after which no further attempt is made.
        attempts: maximum number of attempts, including the first.
    """
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    # stamina would log each retry; here every attempt is in the error or the evidence.
    set_on_retry_hooks(())
    return iter(
        stamina.retry_context(
            on=again, attempts=attempts, timeout=within, wait_initial=PAUSE, wait_max=1.0, wait_jitter=PAUSE
        )
    )
