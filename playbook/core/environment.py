"""The environment variables given to threads and to started programs."""

from __future__ import annotations

import os

# What any program may need: the search path, its owner's files, temporary folders, locale and time zone. No
# secrets, and nothing that redirects traffic, such as a proxy.
USUAL = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ"),
        *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "SYSTEMROOT"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
# What Python needs in addition, to find the modules of this process.
OF_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV")


def for_program(*more: str) -> dict[str, str]:
    """Variables for a started program: the usual ones, and the additional ones listed by name.

    Every program gets its environment from here. Other variables of this process, above all tokens and passwords,
    are not passed: the program could show them, pass them on, or be controlled by them.

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
    program started without an explicit environment inherits the one being changed, and fails to start if that
    happens at that moment ("Bad address"); in ``dict(os.environ)`` a name can be gone before its value is looked
    up.
    """
    # The list of names is made atomically.
    found = ((name, os.environ.get(name)) for name in list(os.environ))
    return {name: value for name, value in found if value is not None}
