"""feed.xml: events of incidents, as an Atom feed (RFC 4287). Pure.

Ids are UUIDs derived from the events, so they do not depend on where or when the site is built.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from playbook.core.clock import iso
from playbook.core.page_words import capital
from playbook.history.incidents import Event, Incident
from playbook.report.page import shown
from playbook.site.views import Site

_ATOM = "http://www.w3.org/2005/Atom"
# Older ones are on the page of incidents.
MOST_ENTRIES = 100
# Namespace of the feed's ids.
_SPACE = uuid.UUID("0d5a3c1e-6f5e-5b7a-9a52-0f6d7f1f3c11")


def feed(site: Site, page_of: Callable[[Incident], str], base_url: str = "") -> bytes:
    """The document, newest entry first. Without ``base_url`` its links are relative."""
    base = f"{base_url.rstrip('/')}/" if base_url else ""
    happened = sorted(
        ((event, incident) for incident in site.incidents for event in incident.events),
        key=lambda pair: (pair[0].at, pair[0].id),
        reverse=True,
    )[:MOST_ENTRIES]
    root = Element("feed", xmlns=_ATOM)
    names = ", ".join(target.name for target in site.targets)
    _text(root, "title", f"Incidents of {names or 'no target yet'}")
    _text(root, "id", _id("feed", names))
    _text(root, "updated", iso(happened[0][0].at if happened else _newest(site)))
    SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{base}feed.xml")
    SubElement(root, "link", rel="alternate", type="text/html", href=f"{base}incidents.html")
    _text(SubElement(root, "author"), "name", "Operations playbook")
    _text(root, "generator", "playbook")
    for event, incident in happened:
        root.append(_entry(event, incident, incident.title, f"{base}{page_of(incident)}"))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(event: Event, incident: Incident, title: str, address: str) -> Element:
    entry = Element("entry")
    _text(entry, "title", f"{capital(event.what)}: {title} ({incident.target})")
    _text(entry, "id", _id(incident.target, event.id))
    _text(entry, "published", iso(event.at))
    _text(entry, "updated", iso(event.at))
    SubElement(entry, "link", rel="alternate", type="text/html", href=address)
    SubElement(entry, "category", term=event.what)
    SubElement(entry, "category", term=str(incident.worst))
    SubElement(entry, "content", type="text").text = str(shown(event.text))
    return entry


def _newest(site: Site) -> datetime:
    return site.runs[-1].finished if site.runs else site.now


def _id(*parts: str) -> str:
    name = "\n".join(parts).encode(errors="replace").decode()
    return uuid.uuid5(_SPACE, name).urn


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = str(shown(text))
