"""How the process of a run ends, whatever its checks have done to it: in time, and with no code of a good run."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from playbook.core.verdict import EXIT_UNKNOWN

_WAIT = 10.0  # seconds that threads of the checks have to end, after everything else


def require_code() -> Callable[[], None]:
    """From now on ``os._exit(0)`` in this process ends it as UNKNOWN, until what is returned is called.

    It would leave no result. A child of a check may end as it likes.
    """
    usual, process = os._exit, os.getpid()

    def leave(status: int) -> None:
        usual(EXIT_UNKNOWN if status == 0 and os.getpid() == process else status)

    os._exit = leave  # type: ignore[assignment]
    return lambda: setattr(os, "_exit", usual)


def end_in_time(code: Callable[[], int]) -> None:
    """Do not wait for ever for threads that checks have left, as Python does for those that are no daemons."""
    left = [thread.name for thread in threading.enumerate() if not thread.daemon]
    if len(left) > 1:  # the main one is there
        threading.Thread(target=_leave, args=(code,), daemon=True).start()


def _leave(code: Callable[[], int]) -> None:
    threading.main_thread().join()  # pytest may have been called by a program that goes on
    time.sleep(_WAIT)
    names = ", ".join(sorted(one.name for one in threading.enumerate() if not one.daemon and one.is_alive()))
    with suppress(OSError, ValueError):
        sys.stderr.write(f"\nthreads that the checks have left are not waited for any longer: {names}\n")
        sys.stdout.flush()
    os._exit(code())
