"""Whether the links of a site lead somewhere, for tests."""

from __future__ import annotations

from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from tests.document import Document, WrittenDocument


def page_of(name, content):
    """One page of a site; reports leave out end tags."""
    return (WrittenDocument if name.startswith("runs/") else Document)(content)


def broken_links(files):
    """All pages, and their links that lead nowhere within the site, or out of it."""
    pages = {name: page_of(name, content) for name, content in files.items() if name.endswith(".html")}
    return pages, wrong_of(pages, files, pages.__getitem__)


def links_broken_on(name, files):
    """The same of one page alone."""
    pages = {name: page_of(name, files[name])}
    return wrong_of(pages, files, lambda other: page_of(other, files[other]))


def wrong_of(pages, files, page_at):
    """The links of some pages, with their page, that lead to no file or to no element of it."""
    wrong = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            to = normpath(str(PurePosixPath(name).parent / unquote(parts.path))) if parts.path else name
            lost = parts.scheme or parts.netloc or link.startswith("/") or to not in files
            if lost or (parts.fragment and parts.fragment not in page_at(to).ids):
                wrong.append((name, link))
    return wrong
