"""Times, ages and names as the site writes them. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from playbook.core.zones import beside

_LONGEST = 80


def slug(text: str) -> str:
    """A file's name of a text: small letters, digits, dots, dashes. Other texts never give the same."""
    plain = re.sub("[^a-z0-9_.-]+", "-", text.lower()).strip(".-")[:_LONGEST]
    if plain and plain == text:
        return plain
    return f"{plain}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}".lstrip("-")


def anchor(text: str) -> str:
    """The same for a place on a page, which begins with a letter."""
    return f"r-{slug(text)}"


def when(moment: datetime, zone: str = "UTC") -> str:
    """``23 Nov 2026 06:17 UTC (07:17 in Berlin)``; UTC alone where that is the zone."""
    return f"{moment:%-d %b %Y %H:%M} UTC{beside(moment, zone)}"


def short(moment: datetime) -> str:
    """``Mon 23 Nov 06:17``: within the last or next weeks."""
    return f"{moment:%a %-d %b %H:%M}"


def capital(text: str) -> str:
    """With a capital letter first."""
    return text[:1].upper() + text[1:]
