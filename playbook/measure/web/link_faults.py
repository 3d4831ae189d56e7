"""What a link leads to in place of its page: another host's, an error, or nothing. Pure.

A login is accepted, and a link may lead to another host. A status page tells of outages and maintenance, and
documentation explains them: neither is taken for an error page because of such words in its text.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from playbook.clients.answer import Answer
from playbook.clients.breakage import private_of
from playbook.measure.web import page_short
from playbook.measure.web import page_words as words
from playbook.measure.web.page_parts import page_of, text_of
from playbook.measure.web.web_page import Fault, by_status, in_place_of_it, stand_in

Name = Literal["grafana", "console", "status_page", "documentation"]
LOGIN = (401, 403)  # a page that requires authentication exists
# Hosts that do not say whether a page is private or missing.
_SILENT_ON_PRIVATE = ("github.com", "gist.github.com", "bitbucket.org")
_TRADERS = re.compile(
    r"(?:.*\.)?(?:hugedomains|afternic|dan|sedo|sedoparking|undeveloped|buydomains|domainmarket|parkingcrew|bodis"
    r"|brandbucket|squadhelp|atom|above|uniregistry|domains?forsale|parklogic|dsparking"
    r"|dynadot|spaceship|namecheap|namesilo|porkbun)\.(?:com|net)"
)
# Sites of those who host status pages, to which one that is gone leads: their homepage, or one about the product.
# The pages of their customers have names of their own.
_HOSTERS = re.compile(
    r"(?:(?:www\.)?(?:statuspage\.io|instatus\.com|betterstack\.com|betteruptime\.com|uptimerobot\.com"
    r"|incident\.io|statuspal\.io|hund\.io|statuscake\.com|status\.io|freshworks\.com)"
    r"|www\.atlassian\.com(?=/software/statuspage))(?:/.*)?"
)
# What a refusal says where nobody is let in by a login: a bucket, a stopped app, an unknown host.
_NO_LOGIN = re.compile(
    r"<code>(?:accessdenied|nosuch\w+|allaccessdisabled|\w*disabled)</|web app is stopped|site (?:is )?disabled"
    r"|not configured to serve web traffic|error 10(?:0\d|1[46])\b|no such app"
)
# Words of a status page, in a page, a feed or JSON.
_OF_STATUS = re.compile(
    r"\boperational\b|\bincidents?\b|\buptime\b|\bdegraded\b|\boutages?\b|\ball (?:systems|services)\b"
    r"|\"indicator\"",
    re.IGNORECASE,
)
_ASKS_FOR_LOGIN = re.compile(
    r"auth(?:entication|orization) required|password|protected page|private|log ?in|sign ?in", re.IGNORECASE
)
_STATUS_TITLE = re.compile(r"\bstatus\b", re.IGNORECASE)


def fault_of_link(name: Name, url: str, answer: Answer) -> Fault | None:
    """What was returned instead of the page; None for a page or a login."""
    foreign = in_place_of_it(answer) or _led_away(url, answer)
    if foreign:
        return foreign
    if answer.status in LOGIN:
        return _without_login(answer)
    host = urlsplit(answer.url).hostname or ""
    if answer.status == 404 and host in _SILENT_ON_PRIVATE:
        return Fault(f"HTTP 404, which {host} also answers for what is private", uncertain=True)
    fault = by_status(answer) or stand_in(answer)
    return None if fault and (_is_login(fault) or _is_its_subject(name, answer, fault)) else fault


def _led_away(url: str, answer: Answer) -> Fault | None:
    """Where redirects have led, if to no page that anybody would link to."""
    wanted, came = urlsplit(url), urlsplit(answer.url)
    if not answer.redirects:
        return None
    host, before = came.hostname or "", wanted.hostname or ""
    if private_of([host]) and host != before:
        return Fault(f"a redirect to this machine's network, {host}", uncertain=True)
    if host != before and (_TRADERS.fullmatch(host) or came.path.startswith("/forsale/")):
        return Fault(f"a redirect to a trader of domains, {host}")
    if host != before and _HOSTERS.fullmatch(f"{host}{came.path}") and not words.LOGIN.search(came.path):
        return Fault(f"a redirect to the site of {host}")
    if words.AWAY.search(came.path) and not words.AWAY.search(wanted.path):
        return Fault(f"a redirect to a page for errors or maintenance, {came.path}")
    return None


def _without_login(answer: Answer) -> Fault | None:
    """Fault of a refusal that comes from no login: nobody gets beyond it."""
    fault = stand_in(answer) if answer.body.strip() else None
    if fault is None or fault.uncertain or _is_login(fault):
        return None
    dead = ("a parked", "a suspended", "a server's default", "a maintenance")
    return fault if fault.words.startswith(dead) or _NO_LOGIN.search(text_of(answer).casefold()) else None


def _is_login(fault: Fault) -> bool:
    """Whether it asks for a login or a password, which is accepted."""
    asks = fault.words.startswith(("a login", "a parked or suspended domain, ", "a site that is closed"))
    return asks and bool(_ASKS_FOR_LOGIN.search(fault.words))


def _is_its_subject(name: Name, answer: Answer, fault: Fault) -> bool:
    """Whether an error or a maintenance is what the page tells of."""
    page, by_text = page_of(answer), " that says " in fault.words
    maintenance = fault.words.startswith("a maintenance page")
    if answer.status != 200 or not (maintenance or fault.words.startswith("an error")):
        return False
    if name == "documentation":
        return by_text and len(page.text) > page_short.LONGEST
    if name != "status_page":
        return False
    titled = bool(_STATUS_TITLE.search(page.title))
    if by_text or fault.words.startswith("an error as JSON"):
        return bool(_OF_STATUS.search(text_of(answer))) or (maintenance and titled)
    return maintenance and titled
