"""The environment, as threads and the programs that they start may have it."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """A copy of this process's variables.

    pytest changes one of them with every step of a test, in its own thread, while measurements run in theirs. A
    program that is started without an environment of its own gets the very one that changes, and cannot start
    where that happens at that moment ("Bad address"); and of ``dict(os.environ)`` a name can be gone before its
    value is looked up.
    """
    # The list of the names is made in one step.
    found = ((name, os.environ.get(name)) for name in list(os.environ))
    return {name: value for name, value in found if value is not None}
