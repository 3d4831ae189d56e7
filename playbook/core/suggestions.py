"""The known word that somebody may have meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """``; did you mean 'redis'?`` where a known word is close; empty otherwise.

    Args:
        likeness: from 0 to 1, how alike they must be: ``difflib``'s ratio.
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
    return f"; did you mean {close[0]!r}?" if close else ""
