"""Meaning of Redis' error replies: state of the server, permissions, settings, or unknown.

The codes are those of Redis 2 to 8, Valkey, KeyDB, Dragonfly and hosted services (``src/server.c``,
``src/cluster.c``, ``src/networking.c``; https://redis.io/docs/latest/develop/reference/errors/,
https://upstash.com/docs/redis/troubleshooting/).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.trust import untrusted_hint
from playbook.clients.wire import reason_of
from playbook.core.budget import words
from playbook.core.errors import Denied, Malformed, Refused, Unmeasured, Unreachable

# The server reports that it cannot do its work.
STATES = {
    "BUSY": "See `SLOWLOG GET` for the script or module command that keeps it busy; SCRIPT KILL may end it.",
    "CLUSTERDOWN": "See `CLUSTER INFO` and `CLUSTER NODES` for the slots that are not served.",
    "LOADING": "Wait until its data are loaded (see `INFO persistence`), and see why it was restarted.",
    "MASTERDOWN": "See why this replica has lost its primary (`INFO replication`).",
    "MISCONF": "Look at its disk and its log: it cannot save, and so refuses every write.",
    "NOREPLICAS": "See why its replicas are away: with fewer than min-replicas-to-write it refuses writes.",
    "OOM": "Free memory, raise maxmemory, or let it evict (maxmemory-policy).",
    "READONLY": "This is a read-only replica: the address must lead to the primary.",
}
_STATE_WORDS = re.compile(
    r"max number of clients|max concurrent connections exceeded|max (daily |monthly )?requests? limit exceeded"
    r"|capacity quota exceeded|^out of memory|\bshutdown pending|is shutting down|server is (down|paused)",
    re.IGNORECASE,
)
_LIMIT_HINT = "Close clients that are not needed, or raise the limit that it names."

# Permissions of the user.
_RIGHTS = frozenset({"NOAUTH", "WRONGPASS", "NOPERM", "DENIED", "NOPROTO"})
_RIGHTS_WORDS = re.compile(
    r"invalid password|operation not permitted|no password is set|without any password configured"
    r"|authentication required|invalid username-password|unauthorized",
    re.IGNORECASE,
)
# The address leads to the wrong server.
_ELSEWHERE = {
    "MOVED": "one node of a cluster, and another one holds what was asked for",
    "ASK": "one node of a cluster, and what was asked for is on its way to another one",
    "TRYAGAIN": "one node of a cluster whose slots are just being moved",
    "CROSSSLOT": "one node of a cluster, which cannot answer about keys of several slots",
    "REDIRECT": "a replica that sends us on to its primary",
}
_UNKNOWN = re.compile(
    r"unknown command|unknown sub-?command|command is not available"
    r"|command not (supported|allowed|found|available)"
    r"|command is (not supported|not allowed|disabled)|unsupported command|not supported in this version"
    r"|unknown .* subcommand or wrong number",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,}(?= |$)")


class UnknownCommand(Malformed):
    """The server does not know the command, or its provider does not offer it."""


class NotAllowed(Denied):
    """The credentials are accepted, but this user may not use this command."""


def code_of(error: BaseException) -> str:
    """``MISCONF`` and the like; empty if the reply has no code, or does not come from the server."""
    code = getattr(error, "status_code", None)
    if code:
        return str(code)
    found = _CODE.match(str(error))
    return found[0] if found else ""


def words_of(error: BaseException) -> str:
    """The reply as the server sent it, including the code that the library removes."""
    code, text = code_of(error), str(error).strip().rstrip(".")
    if code in {"", "ERR"} or text.startswith(code):
        return text or type(error).__name__
    return f"{code} {text}"


def is_state(error: BaseException) -> bool:
    """Whether the server reports that it cannot do its work."""
    return code_of(error) in STATES or (_is_server_reply(error) and bool(_STATE_WORDS.search(str(error))))


def is_denied(error: BaseException) -> bool:
    """Whether it is about permissions."""
    from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError

    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
        return True
    return code_of(error) in _RIGHTS or (_is_server_reply(error) and bool(_RIGHTS_WORDS.search(str(error))))


def worth_another(error: BaseException) -> bool:
    """Whether a retry may help: a lost connection, or a server that is starting."""
    from redis.exceptions import ConnectionError as Lost

    lasting = any(isinstance(cause, ssl.SSLError) for cause in _causes(error))
    passing = isinstance(error, Lost) or code_of(error) == "TRYAGAIN"
    return passing and not lasting and not is_denied(error)


def reason_of_error(error: BaseException) -> str:
    """What happened, in words: a network error, or the server's own message."""
    from redis.exceptions import TimeoutError as TooSlow

    if isinstance(error, TooSlow):
        return "no answer in time"
    below = next((cause for cause in _causes(error) if isinstance(cause, OSError)), None)
    if below:
        return reason_of(below)[0]
    return words_of(error)


def explained(
    service: str, address: str, command: str, error: BaseException, attempts: tuple[str, ...]
) -> Unmeasured:
    """The error for a failed command: see ``ReadOnlyRedis.execute_command``."""
    from redis.exceptions import ConnectionError as Lost
    from redis.exceptions import InvalidResponse
    from redis.exceptions import TimeoutError as TooSlow

    reason, code = words(reason_of_error(error)), code_of(error)
    answer = f"{service}: expected an answer to {command} from {address}, got {reason}"
    if isinstance(error, InvalidResponse):  # raised by our parser or the library's; it may quote the answer
        return Malformed(answer, service=service, attempts=attempts)
    if is_denied(error):
        return _denied(service, address, command, code=code, reason=reason, attempts=attempts)
    if is_state(error):
        hint = STATES.get(code, _LIMIT_HINT)
        return Refused(answer, words=reason, service=service, hint=hint, attempts=attempts)
    if code in _ELSEWHERE:
        return Malformed(
            f"{answer}: this is {_ELSEWHERE[code]}",
            service=service,
            hint="Set the address of the server that holds it; clusters are not followed from node to node.",
            attempts=attempts,
        )
    if _is_server_reply(error) and _UNKNOWN.search(str(error)):
        return UnknownCommand(
            f"{service}: expected an answer to {command} from {address}, and this server does not know that "
            f"command ({reason})",
            service=service,
            hint="Hosted services leave some commands out; what needs this one cannot be judged there.",
            attempts=attempts,
        )
    lost = isinstance(error, Lost | TooSlow)
    hint = untrusted_hint(service, reason) or RUNNER_HINT if lost else ""
    return (Unreachable if lost else Malformed)(answer, service=service, hint=hint, attempts=attempts)


def _denied(
    service: str, address: str, command: str, *, code: str, reason: str, attempts: tuple[str, ...]
) -> Denied:
    hint = "Check the user and the password in the address, and what this user may do."
    if code == "DENIED":
        hint = (
            "It runs in protected mode and answers clients of its own machine only: give it a password "
            "(requirepass) and an address to bind to, or run this there."
        )
    kind = NotAllowed if code == "NOPERM" else Denied
    return kind(
        f"{service}: expected {address} to accept our credentials for {command}, got {reason}",
        service=service,
        hint=hint,
        attempts=attempts,
    )


def _is_server_reply(error: BaseException) -> bool:
    """Whether it is a reply of the server rather than a network error."""
    return not any(isinstance(cause, OSError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
