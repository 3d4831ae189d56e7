"""The environment, as threads and the programs that they start may have it."""

from __future__ import annotations

import os

# What any program may need of where it runs: to find others, its owner's files, room for its own, words and times.
# Secrets are none of it, and nothing that leads elsewhere, such as a proxy.
USUAL = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ"),
        *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "SYSTEMROOT"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
# What Python needs besides, so that it finds the modules that this process has.
OF_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV")


def for_program(*more: str) -> dict[str, str]:
    """The variables for a program that is started: the usual ones, and those that it needs besides, by name.

    Every program gets its environment from here. What else this process knows, tokens and passwords above all, is
    none of its business: it could show them, hand them on, or be told by them to do something else.

        ==================  ======================================================================
        guard shell         the usual ones
        Valkey, Redis       the usual ones
        sandbox             the usual ones, Python's
        readers of logs     the usual ones, Python's
        Locust              the usual ones, Python's, its plan and its parent
        git                 the usual ones, git's and ssh's own, the way to a server
        npm                 the usual ones, its certificates, its token, the way to the registry
        restore scripts     the usual ones, ``PLAYBOOK_DRILL``, those of ``recovery.restore_variables``
        ==================  ======================================================================
    """
    wanted = USUAL.union(more)
    return {name: value for name, value in environment().items() if name in wanted}


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
