"""No-break spaces between numbers and units in the text of HTML pages, and nowhere else.

Not in attributes, which programs and tests read; nor in code, which is copied into a shell.
"""

from __future__ import annotations

import re

from playbook.core.wording import kept_together

_TAG = re.compile(r"(<[^>]*>)")
_AS_IT_IS = re.compile(r"<(/?)(?:code|pre|style|script|title|textarea)\b")


def units_kept(html: str) -> str:
    """The page with no-break spaces between numbers and units in its texts."""
    found, depth = [], 0
    for part in _TAG.split(html):
        if part.startswith("<"):
            if special := _AS_IT_IS.match(part):
                depth += -1 if special[1] else 1
        elif depth <= 0 and part:
            part = kept_together(part)  # noqa: PLW2901 - the text of this part
        found.append(part)
    return "".join(found)
