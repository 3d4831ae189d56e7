"""One POST to a secret address: it appears in no error, no redirect is followed, and the answer is not read."""

from __future__ import annotations

from collections.abc import Mapping

from playbook.clients.trust import context_for
from playbook.core.errors import UsageError
from playbook.core.secret import Secret
from playbook.notify.tries import Try, bounded

_AGAIN = frozenset({408, 425, 429})


def post(url: Secret, body: bytes, headers: Mapping[str, str], seconds: float) -> Try:
    """Send it once, within this many seconds in all."""
    from playbook.clients.transport import httpx

    def send() -> int:
        limits = httpx.Timeout(seconds)
        with (
            httpx.Client(verify=context_for(None, "Notifications"), timeout=limits) as client,
            client.stream("POST", url.reveal(), content=body, headers=dict(headers)) as answer,
        ):
            return answer.status_code

    try:
        return _meaning(bounded(send, seconds))
    except (TimeoutError, httpx.TimeoutException):
        return Try(f"no answer within {seconds:g} s", again=True)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        return Try("its address is invalid: expected https://…")
    except httpx.ConnectError as error:
        return Try(f"no connection ({_reason(error)})", again=True)
    except (UsageError, ValueError) as error:  # $SSL_CERT_FILE, or an invalid proxy, whose address it contains
        other = f"it could not be sent ({type(error).__name__}); check $HTTPS_PROXY and its like"
        return Try(str(error) if isinstance(error, UsageError) else other)
    except (httpx.HTTPError, OSError) as error:
        return Try(f"no whole answer ({type(error).__name__})", again=True)


def _meaning(status: int) -> Try:
    if 200 <= status < 300:
        return Try()
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
