"""What a check asserts where pytest does not hear it: by methods of a TestCase, in tasks that nothing awaits."""

from __future__ import annotations

import functools
import inspect
import logging
import traceback
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_METHODS = [name for name in dir(unittest.TestCase) if name.startswith("assert")]


@contextmanager
def methods_told(case: object, tell: Callable[[str], None]) -> Iterator[None]:
    """Tell the name of each asserting method of a TestCase that holds, which pytest's own hook does not see.

    One that another one calls is a part of it, and one of ``setUp`` is no judgement.
    """
    if not isinstance(case, unittest.TestCase):
        yield
        return
    told = _Told(tell, case._testMethodName)
    usual = {name: vars(case)[name] for name in _METHODS if name in vars(case)}
    for name in _METHODS:
        setattr(case, name, told.wrapped(name, getattr(case, name)))
    try:
        yield
    finally:
        for name in _METHODS:
            delattr(case, name)
        vars(case).update(usual)


class _Told:
    def __init__(self, tell: Callable[[str], None], test: str) -> None:
        self._tell, self._test = tell, test
        self._depth = 0

    def wrapped(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def asserted(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                result = method(*args, **kwargs)
            finally:
                self._depth -= 1
            if not self._depth and self._is_within_the_test():
                self._tell(name)
            return result

        return asserted

    def _is_within_the_test(self) -> bool:
        frame = inspect.currentframe()
        while frame and frame.f_code.co_name != self._test:
            frame = frame.f_back
        return frame is not None


class LostTasks(logging.Handler):
    """Keeps the error of a task or a future of asyncio that nothing has awaited, if it comes from a folder.

    asyncio only logs it, when the task is collected as garbage.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.ERROR)
        self._folder = folder
        self.found: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or self.found:
            return
        frames = traceback.walk_tb(error.__traceback__)
        if any(Path(frame.f_code.co_filename).is_relative_to(self._folder) for frame, _ in frames):
            self.found = error


@contextmanager
def lost_tasks(folder: Path) -> Iterator[LostTasks]:
    """While the context is open, the errors of tasks are kept."""
    logger, handler = logging.getLogger("asyncio"), LostTasks(folder)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
