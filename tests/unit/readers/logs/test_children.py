"""Workers of uvicorn that are gone, in the lines of its supervisor, and those that end as planned."""

import pytest

from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.review import Reviewer

NOW = 1717016400.0  # 29 May 2024, 21:00 UTC
# uvicorn 0.38 with --workers 2 --limit-max-requests 4.
PLANNED = """
20:14:14 INFO:     Maximum request limit of 4 exceeded. Terminating process.
20:14:14 INFO:     Shutting down
20:14:14 INFO:     Waiting for application shutdown.
20:14:14 INFO:     Application shutdown complete.
20:14:14 INFO:     Finished server process [27030]
20:14:15 INFO:     Waiting for child process [27030]
20:14:15 INFO:     Child process [27030] died
20:14:15 INFO:     Started server process [27857]
"""
# The same with a worker that Linux killed for want of memory.
KILLED = """
20:20:01 INFO:     Waiting for child process [27857]
20:20:01 INFO:     Child process [27857] died
20:20:01 INFO:     Started server process [27980]
"""
REUSED = PLANNED.replace("20:14", "09:14").replace("27030", "27857")


def found(lines: str, *parts: str) -> tuple[int, int]:
    """Errors and fatal ones, which the review by blocks finds as well."""
    counts = []
    for reviewer in (Reviewer(NOW - 86_400, NOW), BlockReviewer(NOW - 86_400, NOW)):
        for number, part in enumerate((lines, *parts)):
            reviewer.begin_part(cut=number == 0 and bool(parts), joins=number > 0)
            texts = [line.split(" ", 1) for line in part.splitlines() if line]
            reviewer.extend([f"api 2024-05-29T{time}.000000000Z {text}" for time, text in texts])
        review = reviewer.result()
        counts.append((review.errors, review.fatal))
    assert counts[0] == counts[1]
    return counts[0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (PLANNED, 0),
        (KILLED, 1),
        (PLANNED + KILLED, 1),
        (REUSED + KILLED, 1),  # in a new container the numbers come again
        (KILLED + KILLED.replace("27857", "27858"), 2),
        (PLANNED.replace("INFO:     Child", "Child"), 0),
        (KILLED.replace("INFO:     Child", "Child"), 1),
        ('20:14:14 {"level":"info","message":"Child process [27857] died"}', 1),
        ("20:14:14 INFO:     Waiting for child process [27857]", 0),
    ],
)
def test_worker_that_is_gone_without_having_finished_is_fatal(lines: str, expected: int) -> None:
    assert found(lines) == (expected, expected)


@pytest.mark.parametrize(("since", "expected"), [("20:14:15", 1), ("20:20:01", 1), ("20:20:02", 0)])
def test_worker_that_finished_right_before_the_window_is_no_error(since: str, expected: int) -> None:
    hours, minutes, seconds = map(int, since.split(":"))
    begin = NOW - 21 * 3600 + hours * 3600 + minutes * 60 + seconds
    for reviewer in (Reviewer(begin, NOW), BlockReviewer(begin, NOW)):
        texts = [line.split(" ", 1) for line in (PLANNED + KILLED).splitlines() if line]
        reviewer.extend([f"api 2024-05-29T{time}.000000000Z {text}" for time, text in texts])
        assert reviewer.result().fatal == expected


def test_two_lines_in_two_blocks_belong_together() -> None:
    """A large file is read from its end."""
    first, last = PLANNED.split("20:14:15", 1)
    assert found(f"20:14:15{last}", first) == (0, 0)
