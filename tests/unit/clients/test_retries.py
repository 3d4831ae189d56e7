"""The pauses between attempts, which other tests are without."""

from contextlib import suppress

from playbook.clients import retries


def test_attempts_are_spaced_further_and_further(monkeypatch):
    """The least that is waited before each: a service that is restarted has time for it."""
    monkeypatch.setattr(retries, "PAUSE", 0.01)
    waits = []
    with suppress(OSError):
        for attempt in retries.tries(lambda error: isinstance(error, OSError), within=60):
            waits.append(attempt.next_wait)
            with attempt:
                raise OSError("gone")
    assert waits == [0.01, 0.02, 0.04]
