"""Stack traces: which lines belong to the error before them. Node, Python, Java and Go."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playbook.readers.logs import clients, levels, words

WITHIN = 5.0  # seconds between an error's first line and the last line that can belong to it
_TOGETHER = 0.2  # seconds between the lines of one message, where a platform notes when it read each
_LINES = 400

_FRAGMENTS = (
    "at ", "Caused by: ", "Suppressed: ", "... ", "goroutine ", "created by ", "During handling of the above",
    "The above exception was", "exit status ", "[signal ", "File \"", "[cause]: ", "r0 ", "rip ", "throw ",
    "(Background on this error at: ", "called `", "Emitted 'error' event ", "[previous exception] ",
)  # fmt: skip
EXCEPTION = re.compile(r"(?:Uncaught )?[\w$.\\]{0,160}(?:Error|Exception)(?: \[\w{1,64}\])?(?::(?: |$)| {0,4}$)")
_PYTHON_EXCEPTION = re.compile(r"[A-Za-z_][\w.]{0,160}(?::(?: |$)|$)")
_GO_FRAME = re.compile(r"[\w./*()-]{1,300}\([^)]{0,300}\)$|\S{1,300}\.go:\d+")
_RUST_PANIC = re.compile(r" panicked at \S+:\d+:$")  # its message is on the next line
# A line of Rails with nothing but its tags, and one of a Ruby stack trace.
_TAGS = re.compile(r"(?:\[[^\]]{1,64}\] {0,2}){0,9}\s{0,9}$")
_RUBY_FRAME = re.compile(r"\S:\d{1,6}:in ['`].{1,300}'$")
_NODE_ENDED = re.compile(r"Node\.js v\d+\.\d+")
# The level of an object that is printed over several lines: by Node's console, and as indented JSON.
_FIELD = re.compile(r"""[ {]{1,9}["']?(?:level|severity)["']?: ["'](\w{3,13})["'],?$""")
PYTHON = "Traceback (most recent call last)"
# Python's traceback of several exceptions, and what is before each of its lines but those of the single ones.
_GROUP = re.compile(r" {0,2}\+ Exception Group Traceback \(most recent call last\)")
_MARGIN = re.compile(r"^ {0,2}\| ")


@dataclass(slots=True)
class Trace:
    """An error that may continue. A warning is kept too, as a trace below it belongs to the warning.

    Attributes:
        stamped: its first line had its own time, so lines without one may be its text.
        adjacent: no other line of its component has come since.
        exception: the exception that the trace names.
        traced: frames have been seen.
        in_python: a Python traceback is open; its exception comes last.
    """

    time: float
    component: str
    level: int
    head: str
    stamped: bool
    adjacent: bool = True
    exception: str = ""
    traced: bool = False
    in_python: bool = False
    lines: int = 1

    def continues(self, level: int, text: str, time: float) -> bool:
        """Whether a line with a level of its own is a part of this error: Rails wrote each line of one with it."""
        again = self.adjacent and self.lines < _LINES and abs(time - self.time) <= WITHIN
        if not again or level < levels.ERROR or not (_TAGS.match(text) or _RUBY_FRAME.search(text)):
            return False
        self.lines += 1
        return True

    @property
    def is_blank(self) -> bool:
        """Whether it has no words yet, as the first line of Rails' errors."""
        return self.lines == 1 and _TAGS.match(self.head) is not None

    @property
    def message(self) -> str:
        """The first line with the exception of the trace."""
        if not self.exception or self.exception in self.head:
            return self.head
        return self.exception if _is_traceback(self.head) else f"{self.head}: {self.exception}"

    def absorbs(self, text: str, time: float, *, timed: bool) -> bool:
        """Add ``text``, a bare line, if it continues this error.

        Args:
            timed: the platform dates each line, so that the time is this line's own.
        """
        if _GROUP.match(self.head):
            text = _MARGIN.sub("", text, count=1)
        apart = abs(time - self.time)
        if apart > WITHIN or self.lines >= _LINES or (timed and self._hides(text, apart)):
            return False
        if self._belongs(text):
            if self.is_blank and _TAGS.match(text) is None:
                self.head = text
            self.lines += 1
            if self.lines == 2 and self.stamped and clients.at_fault(text):  # Rails' first line is empty
                self.level = levels.WARNING
            return True
        return False

    def _hides(self, text: str, apart: float) -> bool:
        """Whether this is a warning, and the text an error of its own: no trace, or one that came later."""
        if self.level >= levels.ERROR or self.in_python or begins(text) < levels.ERROR:
            return False
        is_trace = text.startswith(PYTHON) or EXCEPTION.match(text)
        return not is_trace or apart > _TOGETHER

    def _belongs(self, text: str) -> bool:
        if not text:
            return True
        return (
            self._is_frame(text)
            or self._names_exception(text)
            or self._is_more_text(text)
            or (self.adjacent and self.lines == 1 and _RUST_PANIC.search(self.head) is not None)
        )

    def _is_frame(self, text: str) -> bool:
        if _NODE_ENDED.match(text):  # printed by Node when an uncaught exception has ended it
            self.level = levels.FATAL
            return True
        if text.startswith(PYTHON):
            self.in_python = self.adjacent and (self.traced or not self.exception)
            self.traced = self.traced or self.in_python
            return self.in_python
        panic = self.head.startswith(("panic: ", "fatal error: ")) or "panic serving " in self.head
        go = panic and _GO_FRAME.match(text)
        if go or is_fragment(text):
            self.traced = True
            return True
        return False

    def _names_exception(self, text: str) -> bool:
        if self.in_python and _PYTHON_EXCEPTION.match(text):
            self.exception, self.in_python = text, False
            return True
        first = self.adjacent and not self.exception and not self.traced
        if first and EXCEPTION.match(text) and not words.crashed(text):
            self.exception = text
            return True
        return False

    def _is_more_text(self, text: str) -> bool:
        """A multi-line message: only a first line with its own time shows where the next entry begins."""
        if not (self.stamped and self.adjacent) or self.traced:
            return False
        return not EXCEPTION.match(text) and not words.crashed(text)


def _is_traceback(text: str) -> bool:
    """Whether Python's traceback of one exception, or of several, begins."""
    return text.startswith(PYTHON) or _GROUP.match(text) is not None


def is_fragment(text: str) -> bool:
    """Whether a line can only be part of a trace: indented, a frame, a closing brace."""
    return text[0] in " }^)" or text.startswith(_FRAGMENTS)


def may_go_on(text: str) -> bool:
    """Whether a line without its own time can belong to the previous one, or is an error itself."""
    return (
        not text
        or is_fragment(text)
        or bool(EXCEPTION.match(text))
        or text.startswith(PYTHON)
        or bool(begins(text))
    )


def begins(text: str) -> int:
    """Level of a bare line that begins a new error; NONE where it does not.

    A Python traceback without a log line above it is an uncaught exception, so it is fatal.
    """
    if _is_traceback(text):
        return levels.FATAL
    field = _FIELD.match(text) if text[:1] in (" ", "{") and "e" in text else None
    if field:
        level = levels.by_name(field[1])
        return level if level >= levels.ERROR else levels.NONE
    if not text or (is_fragment(text) and not EXCEPTION.match(text.lstrip())):
        return levels.NONE
    if clients.at_fault(text) or levels.is_expected(text):
        return levels.WARNING
    if EXCEPTION.match(text.lstrip()):
        return levels.FATAL if words.crashed(text) else levels.ERROR
    return levels.by_words(text)


def opened(time: float, component: str, level: int, text: str, *, stamped: bool) -> Trace:
    """A trace that begins with ``text``."""
    python = _is_traceback(text)
    return Trace(time, component, level, text, stamped, traced=python, in_python=python)
