"""What a client did wrong: web servers and frameworks call it an error, although nothing is wrong with the system.

Scanners ask every public site for what it does not have, send broken requests, and shake hands in old ways.
"""

from __future__ import annotations

import re

# nginx names the client at the end of a line, Apache before its message.
_NGINX = re.compile(
    r"(?:open\(\) \"[^\"]{0,4096}\" failed \((?:2|20|36): |\"[^\"]{0,4096}\" is not found \(2: "
    r"|access forbidden by rule|directory index of \"[^\"]{0,4096}\" is forbidden"
    r"|client intended to send too large |limiting (?:requests|connections)\b|no user/password was provided"
    r"|user \"[^\"]{0,256}\"(?:: password mismatch| was not found in )|\"Primary script unknown\""
    r"|client prematurely closed connection"
    r"|(?:recv|send|writev)\(\) failed \((?:32|104): [^)]{1,80}\) while (?:proxying upgraded connection"
    r"|sending (?:response )?to client|reading client request|keepalive)"
    r"|SSL_do_handshake\(\) failed \([^)]{0,400}\) while SSL handshaking(?! to )).{0,4096}, client: "
)
# Of cloudflared and Go's proxies, about a visitor who left.
_LEFT = re.compile(
    r"\bhttp: proxy error: context canceled\b"
    r"|\bstream \d{1,12} canceled by remote with error code 0\b"
    r"|\bIncoming request ended abruptly: context canceled\b"
)
# Of Go's servers: handshakes that a client broke off or began in its own way, and connections that it closed, from
# a server's own port to one that a client chose. What autocert could not do for a name of the site is not theirs.
_GO = re.compile(
    r"\bhttp: TLS handshake error from \S{1,80}: (?!acme/autocert: (?!missing |server name|host ))"
    r"|\bhttp2: server(?:: error reading preface from client| connection error from) "
    r"|\bwrite tcp\d? \S{2,64}:\d{2,4}->\S{2,64}:[3-6]\d{4}: write: (?:broken pipe|connection reset by peer)$"
)
_APACHE = re.compile(
    r"\[client [^\]]{2,80}\] (?:AH(?:00036|00126|00127|00128|00135|01264|01276|01617|01618|01630|01797|02042|02811"
    r"|10244):|AH01071: Got error 'Primary script unknown|File does not exist: |client denied by server "
    r"|script '[^']{0,4096}' not found or unable to stat|ModSecurity: (?:Access denied |Warning\. ))"
)
# Rails, Puma, Symfony, Laravel, Django, Express with its body-parser, Phoenix.
_FRAMEWORKS = re.compile(
    # Rails answers these with 4xx by itself (config.action_dispatch.rescue_responses).
    r"(?<![\w(:])ActionController::(?:RoutingError|BadRequest|UnknownHttpMethod|MethodNotAllowed|UnknownFormat"
    r"|MissingExactTemplate|ParameterMissing|InvalidAuthenticityToken|InvalidCrossOriginRequest) \("
    r"|(?<![\w(:])AbstractController::ActionNotFound \("
    r"|(?<![\w(:])Rack::QueryParser::(?:ParameterType|InvalidParameter)Error \("
    r"|^(?:F, \[[^\]]{10,60}\] FATAL -- : )?(?:\[[^\]]{1,64}\] ){0,9}ActiveRecord::RecordNotFound \("
    r"|(?<![\w(:])ActionDispatch::Http::(?:Parameters::ParseError|MimeNegotiation::InvalidType) \("
    r"|(?:Uncaught PHP Exception |\[object\] \()[\w\\]{0,160}"
    r"(?:NotFound|MethodNotAllowed|AccessDenied|BadRequest|Unauthorized|UnsupportedMediaType)HttpException\b"
    r"|\bInvalid HTTP_HOST header: |\bURIError: Failed to decode param |\bPayloadTooLargeError: "
    r"|\bHTTP parse error, malformed request(?: \(.{0,4096}\))?: #<Puma::HttpParserError"
    r"|\bBadRequestError: request aborted|\bPhoenix\.Router\.NoRouteError\b"
)
# Every match contains one of these: most errors contain none.
_NEEDED = (
    "client",
    "Action",
    "HttpException",
    "HTTP_HOST",
    "HttpParser",
    "URIError",
    "TooLarge",
    "BadRequest",
    "NoRoute",
    "RecordNotFound",
    "QueryParser",
    "AbstractController",
    " cancel",
    " handshake ",
    "http2: server",
    "write tcp",
)


# A page of the site itself has asked for it; browsers ask for icons that no page names.
_OWN_PAGE = re.compile(r", host: \"([^\"]{1,255})\", referrer: \"https?://\1(?::\d{1,5})?/")
_ICON = re.compile(r"/(?:favicon\.ico|apple-touch-icon[\w-]{0,40}\.png)\"")


# A request's own parameters, as Rails and Phoenix write them: anybody may send anything.
_PARAMETERS = re.compile(r"(?:\[[^\]]{1,64}\] ?){0,9}\s{0,8}Parameters: %?\{")
# A statement as Rails, Hibernate and Prisma write each of them: its names and values may be any words.
_STATEMENT = re.compile(
    r"(?:\[[^\]]{1,64}\] ?){0,9}\s{0,8}(?:Hibernate: (?:/\*|select|insert|update|delete|with|call)\b"
    r"|prisma:query |(?:[\w:]{1,80} ){1,4}\([\d.]{1,12}ms\) {1,2}(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b)"
)


def quotes(text: str) -> bool:
    """Whether a line only repeats what a client sent, or what is asked of a database."""
    if "Parameters: " in text and _PARAMETERS.match(text):
        return True
    is_asked = "Hibernate: " in text or "ms) " in text or "prisma:query " in text
    return is_asked and _STATEMENT.match(text) is not None


def at_fault(text: str) -> bool:
    """Whether an error is a client's alone: not a file that a page of the site itself asks for."""
    if not any([word in text for word in _NEEDED]):  # noqa: C419 - a generator takes longer
        return False
    if _NGINX.search(text):
        return not _OWN_PAGE.search(text) or bool(_ICON.search(text))
    return any(known.search(text) for known in (_APACHE, _FRAMEWORKS, _LEFT, _GO))
