"""Pages with a success status that are not the homepage: what platforms show in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

_ERROR = (
    "<!DOCTYPE html><html><head><title>Application Error</title></head><body><p>An error occurred in the "
    "application and your page could not be served.</p></body></html>"
)
_CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and "
    "cookies to continue</noscript><script>window._cf_chl_opt = {};</script></body></html>"
)
_LOGIN = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form><input name=user>"
    "<input name=password type=password><button>Sign in</button></form></body></html>"
)
_ANOTHER = (
    "<!DOCTYPE html><html><head><title>Garden tools</title></head><body><h1>Spades and rakes</h1>"
    "<p>Everything for the garden, delivered within two days.</p></body></html>"
)


def stand_in_for_home(what: str) -> Response | None:
    """The answer in place of the homepage; None for the homepage itself."""
    match what:
        case "error page":
            return HTMLResponse(_ERROR)
        case "challenge":
            return HTMLResponse(_CHALLENGE, 403, {"cf-mitigated": "challenge"})
        case "login":
            return RedirectResponse("/login", 302)
        case "nothing":
            return HTMLResponse("")
        case "another page":
            return HTMLResponse(_ANOTHER)
        case _:
            return None


async def login(request: Request) -> Response:
    """A form that asks for a password."""
    return HTMLResponse(_LOGIN)
