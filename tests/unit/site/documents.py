"""Whether the links of a site lead somewhere, for tests."""

from __future__ import annotations

from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from tests.document import Document, WrittenDocument


def broken_links(files):
    """Links of every page that lead nowhere within the site, or out of it."""
    pages = {
        name: (WrittenDocument if name.startswith("runs/") else Document)(content)  # reports leave out end tags
        for name, content in files.items()
        if name.endswith(".html")
    }
    wrong = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            to = normpath(str(PurePosixPath(name).parent / unquote(parts.path))) if parts.path else name
            lost = parts.scheme or parts.netloc or link.startswith("/") or to not in files
            if lost or (parts.fragment and parts.fragment not in pages[to].ids):
                wrong.append((name, link))
    return pages, wrong
