"""One POST to a secret address: it appears in no error, and no redirect is followed."""

from __future__ import annotations

from collections.abc import Mapping

from playbook.clients.trust import context_for
from playbook.core.errors import UsageError
from playbook.core.secret import Secret
from playbook.notify.refusals import LONGEST, refusal
from playbook.notify.tries import Try, bounded

_AGAIN = frozenset({408, 425, 429})


def post(url: Secret, body: bytes, headers: Mapping[str, str], seconds: float) -> Try:
    """Send it once, within this many seconds in all."""
    from playbook.clients.transport import httpx

    answered: list[int] = []

    def send() -> tuple[int, bytes]:
        limits = httpx.Timeout(seconds)
        with (
            httpx.Client(verify=context_for(None, "Notifications"), timeout=limits) as client,
            client.stream("POST", url.reveal(), content=body, headers=dict(headers)) as answer,
        ):
            answered.append(answer.status_code)
            content = b""
            for piece in answer.iter_bytes(LONGEST):
                content += piece
                if len(content) >= LONGEST:
                    break
            return answer.status_code, content[:LONGEST]

    try:
        return _meaning(*bounded(send, seconds))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, UsageError) as error:
        if not answered:
            return _unanswered(error, seconds)
        # Where the status is of success it has the message, and a second one would be a duplicate.
        cut = Try(f"HTTP {answered[0]}, but no whole answer ({type(error).__name__})")
        return cut if 200 <= answered[0] < 300 else _meaning(answered[0], b"")


def _unanswered(error: Exception, seconds: float) -> Try:
    from playbook.clients.transport import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Try(f"no answer within {seconds:g} s", again=True)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | UnicodeError):
        return Try("its address is invalid: expected https://…")
    if isinstance(error, httpx.ConnectError):
        return Try(f"no connection ({_reason(error)})", again=True)
    if isinstance(error, UsageError):  # $SSL_CERT_FILE
        return Try(str(error))
    if isinstance(error, ValueError):  # an invalid proxy, whose address it contains
        return Try(f"it could not be sent ({type(error).__name__}); check $HTTPS_PROXY and its like")
    return Try(f"no whole answer ({type(error).__name__})", again=True)


def _meaning(status: int, content: bytes) -> Try:
    if 200 <= status < 300:
        said = refusal(content)
        return Try(f"HTTP {status}, but the answer is {said}") if said else Try()
    if 300 <= status < 400:
        return Try(f"HTTP {status}: a redirect, which is not followed")
    return Try(f"HTTP {status}", again=status >= 500 or status in _AGAIN)


def _reason(error: Exception) -> str:
    """The system's message; a library's could contain the address."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
