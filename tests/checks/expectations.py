"""What each fault of the sandbox makes the checks say: fault → item → (verdict, message as a regular expression).

Every item that is not named stays OK.
"""

from __future__ import annotations

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {}
