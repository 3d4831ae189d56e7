"""What the own form of a dump shows of whether it is whole."""

from __future__ import annotations

from typing import NamedTuple


class Wholeness(NamedTuple):
    """Whether a dump is whole; without a problem and a doubt it is.

    Attributes:
        problem: what is wrong, to follow its name; empty where nothing is.
        doubt: why it is not known to be whole, to follow "got"; empty where it is.
    """

    problem: str = ""
    doubt: str = ""
