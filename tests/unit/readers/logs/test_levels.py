"""Which lines are errors, and which only look like one."""

import re._constants as kinds
import re._parser as patterns
from random import Random

import pytest

from playbook.readers.logs import words
from playbook.readers.logs.dull import is_dull, sentence_of
from playbook.readers.logs.review import Reviewer

ERRORS = [
    "Error: connect ECONNREFUSED 127.0.0.1:6379",
    "TypeError: Cannot read properties of undefined (reading 'id')",
    "ERROR cannot write",
    "[ERROR] cannot write",
    "error: cannot write",
    "Error handling request GET /api",
    "request failed with error code 17",
    "10 errors in 5 s",
    "upload failed: error EPIPE",
    "error=ENOSPC while writing",
    "err=timeout while reading",
    "worker | ERROR | cannot write",
    "An exception occurred while optimising",
    "failed to handle error: boom",
    "java.lang.IllegalStateException: closed",
    "error = 0x80070005",
]
FATALS = [
    "panic: runtime error: index out of range [3] with length 3",
    "fatal error: all goroutines are asleep - deadlock!",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "Out of memory: Killed process 123 (node)",
    "Uncaught ReferenceError: x is not defined",
    "(node:12) UnhandledPromiseRejectionWarning: Error: boom",
    "ERROR UnhandledPromiseRejection: boom",
    'Exception in thread "main" java.lang.RuntimeException: boom',
    "Traceback (most recent call last):",
    "CRITICAL cannot write",
    "Segmentation fault (core dumped)",
    "container image-worker OOMKilled",
    "Killed",
]
NONE = [
    "error=0 warnings=0",
    "errors: 0",
    "0 errors",
    "finished with no errors",
    "no error",
    "without error",
    "zero errors found",
    'result {"errors":[]}',
    "error: null",
    "error=false",
    'error=""',
    "GET /errors/404.html",
    "serving /var/www/errors/500.html",
    "error.html rendered",
    "loaded error_handler.js",
    "on error retry is set",
    "error handler registered",
    "error rate 0.04 %",
    "INFO error budget left: 99 %",
    "WARN retrying after error",
    "[warn] error while reading, will retry",
    "INFO uncaughtException handler installed",
    "uncaughtException handler installed",
    "listening on port 5003",
    "took 503 ms",
    "wrote 500 bytes",
    "non-fatal condition",
    "ERROR: 0",
    "terrorist list updated",
    "design signal exited normally with exit 0",
]


def review(line: str):
    reviewer = Reviewer(0.0, 2e9)
    reviewer.add(f"web 2024-05-29T20:14:14Z {line}")
    return reviewer.result()


@pytest.mark.parametrize("line", ERRORS)
def test_error_is_counted_once(line):
    """One error, not fatal."""
    found = review(line)
    assert (found.errors, found.fatal) == (1, 0)


@pytest.mark.parametrize("line", FATALS)
def test_fatal_error_is_counted_as_fatal(line):
    """One error, which is fatal."""
    found = review(line)
    assert (found.errors, found.fatal) == (1, 1)


@pytest.mark.parametrize("line", NONE)
def test_line_that_resembles_an_error_is_none(line):
    """Also with a time of its own."""
    assert review(line).errors == 0
    assert review(f"2024-05-29 20:14:14 {line}").errors == 0


def made_of(pattern, random):
    """A text that matches a parsed pattern."""
    text = ""
    for kind, value in pattern:
        if kind in (kinds.LITERAL, kinds.NOT_LITERAL):
            text += chr(value) if kind is kinds.LITERAL else "a"
        elif kind is kinds.ANY:
            text += random.choice("ab 1.")
        elif kind is kinds.IN:
            what, which = random.choice(value)
            if what is kinds.NEGATE or any(one is kinds.NEGATE for one, _ in value):
                text += "q"
            elif what is kinds.LITERAL:
                text += chr(which)
            else:
                text += (
                    chr(random.randint(*which)) if what is kinds.RANGE else "7" if "DIGIT" in str(which) else "w"
                )
        elif kind is kinds.BRANCH:
            text += made_of(random.choice(value[1]), random)
        elif kind is kinds.SUBPATTERN:
            text += made_of(value[-1], random)
        elif kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            least, most, what = value
            text += "".join(made_of(what, random) for _ in range(random.randint(least, min(most, least + 3))))
    return text


def test_prefilter_passes_everything_the_patterns_match():
    """The words of the fast prefilter occur in every text that the patterns of errors match."""
    random, found = Random(1), 0
    for pattern, quick in ((words.CRASH, words.may_have_crashed), (words.WORDS, words.may_be_an_error)):
        tree = patterns.parse(pattern.pattern, pattern.flags)
        for number in range(3_000):
            text = made_of(tree, random)
            text = text.swapcase() if number % 3 else text
            if pattern.search(text) or pattern.search(text.lower()):
                found += 1
                assert quick(text), text
                if text[0].isascii() and text[0].isalpha() and text.isascii() and text.isprintable():
                    # Whatever its digits: the fast path never takes it for an ordinary sentence.
                    assert not is_dull(sentence_of(text.encode()).decode()), text
    assert found > 4_000
