"""Times, ages and names as the site writes them. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from playbook.core.zones import beside

_LONGEST = 80


def slug(text: str) -> str:
    """A unique file name for a text: lower-case letters, digits, dots, dashes."""
    plain = re.sub("[^a-z0-9_.-]+", "-", text.lower()).strip(".-")[:_LONGEST]
    if plain and plain == text:
        return plain
    return f"{plain}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}".lstrip("-")


def anchor(text: str) -> str:
    """The same for an anchor on a page, which begins with a letter."""
    return f"r-{slug(text)}"


def when(moment: datetime, zone: str = "UTC") -> str:
    """``23 Nov 2026 06:17 UTC (07:17 in Berlin)``; UTC alone where that is the zone."""
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M} UTC{beside(moment, zone)}"


def short(moment: datetime) -> str:
    """``Mon 23 Nov 06:17``, for times within a few weeks, in UTC."""
    return f"{moment.astimezone(UTC):%a %-d %b %H:%M}"


def capital(text: str) -> str:
    """The text with its first letter capitalised."""
    return text[:1].upper() + text[1:]
