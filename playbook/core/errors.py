"""Why a check could not give a verdict on the system.

    PlaybookError
    ├── UsageError          settings or command line are wrong; the run ends with code 4
    │   └── UnknownTarget   the settings have no target of this name
    ├── NotConfigured       this target does not say where the thing is; NOT CONFIGURED
    ├── Forbidden           the suite refused to do something that is not read-only; UNKNOWN
    └── Unmeasured          could not be measured; UNKNOWN, never a failure of the system
        ├── Unreachable     no connection, or no answer in time
        ├── Denied          reached, but our credentials were not accepted
        ├── Malformed       an answer that differs from the documented one
        ├── Refused         reached, and it reports that it cannot work: what can be judged, is
        └── TooLittleData   an answer, but too little to judge by

Each message is one sentence that names the service, what was expected and what came instead.
"""

from __future__ import annotations

from playbook.core.wording import clause_of


class PlaybookError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(PlaybookError):
    """A setting or option is wrong. The message names the setting, the file and what was expected."""


class UnknownTarget(UsageError):  # noqa: N818
    """The settings have no target of this name; it may have existed earlier."""


class NotConfigured(PlaybookError):  # noqa: N818 - named as the verdict it becomes
    """The chosen target does not say where to find a service.

    Attributes:
        setting: dotted path of the missing setting, e.g. ``targets.production.redis.url``.
        add: the line or variable to add, ready to paste.
    """

    def __init__(self, message: str, *, setting: str, add: str) -> None:
        super().__init__(message)
        self.setting = setting
        self.add = add


class Skipped(NotConfigured):
    """The check declares itself not applicable here (``pytest.skip``)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, setting="", add="")


class ExpectedFailure(PlaybookError):  # noqa: N818 - not an error of the suite
    """A failure that the check itself expects (``pytest.mark.xfail``)."""


class Forbidden(PlaybookError):  # noqa: N818
    """The suite was asked for something that could change the operated system."""


class Unmeasured(PlaybookError):  # noqa: N818
    """Something could not be measured.

    Attributes:
        service: the service as an operator calls it, e.g. ``Redis``.
        hint: what to do about it, one sentence, possibly empty.
        attempts: one line for each attempt.
    """

    def __init__(self, message: str, *, service: str, hint: str = "", attempts: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.service = service
        self.hint = hint
        self.attempts = attempts

    @property
    def clause(self) -> str:
        """The message as part of another sentence."""
        return clause_of(str(self))

    @property
    def got(self) -> str:
        """What was got in place of what was expected; the whole message where it does not tell them apart."""
        return str(self).partition("got ")[2] or str(self)


class Unreachable(Unmeasured):
    """No connection, or no answer within the time limit: a connectivity issue, not a finding.

    Attributes:
        kind: how it failed, one of ``playbook.clients.breakage.Kind``; empty where the client does not know.
        redirects: earlier answers, one line for each hop.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str,
        hint: str = "",
        attempts: tuple[str, ...] = (),
        kind: str = "",
        redirects: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, service=service, hint=hint, attempts=attempts)
        self.kind = kind
        self.redirects = redirects


class Denied(Unmeasured):
    """The service rejected our credentials (401, 403, NOAUTH, NOPERM)."""


class Malformed(Unmeasured):
    """The service's answer differs from its documentation."""


class Refused(Unmeasured):
    """The service reports that it cannot work now: memory full, loading, no primary.

    That is a statement about the system. A measurement whose check can judge it passes it on as a value; otherwise
    the request counts as not measured.

    Attributes:
        words: the service's own message.
    """

    def __init__(self, message: str, *, words: str, service: str, hint: str = "", attempts: tuple[str, ...] = ()):
        super().__init__(message, service=service, hint=hint, attempts=attempts)
        self.words = words


def away(error: BaseException | None) -> str:
    """The service that an error reports as unreachable or refusing us; empty otherwise."""
    return error.service if isinstance(error, Unreachable | Denied) else ""


class TooLittleData(Unmeasured):
    """The service answered, but with too little to judge by (no samples, no requests, NaN)."""
