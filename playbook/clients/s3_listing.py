"""A bucket, read-only: its listing (ListObjectsV2) and parts of its objects (GetObject with a range).

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html; MinIO, Ceph and DigitalOcean Spaces answer
in the same way. Only a complete listing counts: a proxy's page, an error, or a truncated page without a
continuation token is not an empty bucket. And no more of an answer is read than was requested: client libraries
read everything that a server sends, including error bodies.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit
from xml.etree import ElementTree as Xml

from playbook.clients.answer import Answer
from playbook.clients.http import HttpClient
from playbook.clients.wire import Broken
from playbook.core.errors import Unreachable
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits

PAGE = 1000  # the most that S3 lists at once
# Bytes of a page: a key has up to 1,024, which take three times as many characters when URL-encoded.
_LARGEST_PAGE = 4 << 20
_MOST_PAGES = 500  # a service may return fewer keys per page than requested, even none
_SHOWN = 120  # characters shown of an invalid key, size or time
_LEAST = 64 * 1024  # bytes read of an error, whatever was requested
_LARGEST = (1 << 63) - 1  # largest possible file size in bytes
_EMPTY = hashlib.sha256(b"").hexdigest()
_CODE = re.compile(r"<Code>(\w+)</Code>")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>")
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:\d{1,19}|\*)", re.ASCII)
_ENDPOINT = re.compile(r"<Endpoint>([A-Za-z0-9.:-]+)</Endpoint>")
_ROOT = "ListBucketResult"


class Listed(NamedTuple):
    """One object: its key below the prefix, bytes, and when it was last written (UTC)."""

    name: str
    size: int
    modified: datetime


class Refusal(Exception):  # noqa: N818 - what it means is said by the store
    """An answer other than the requested one.

    Attributes:
        status: HTTP status; 0 if there was no answer.
        code: S3's own code, e.g. ``NoSuchBucket``; may be empty.
        elsewhere: where the bucket is, if the service says so.
    """

    def __init__(self, status: int, code: str, reason: str, elsewhere: str = "") -> None:
        super().__init__(f"HTTP {status} {code}".strip() if status else reason)
        self.status = status
        self.code = code
        self.reason = reason
        self.elsewhere = elsewhere

    @property
    def denied(self) -> bool:
        """Whether the credentials or their permissions are the reason."""
        return not self.archived and (self.status in (401, 403) or self.code in _DENIALS)

    @property
    def archived(self) -> bool:
        """Whether the object is in a storage class from which it must be restored before it can be read."""
        return self.code == "InvalidObjectState"


_DENIALS = {
    "AccessDenied",
    "AllAccessDisabled",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
}


class NoListingError(Exception):
    """The answer is not a complete listing; the message follows "got"."""


class NoPartError(Exception):
    """The answer is not the requested part; the message follows "got"."""


@dataclass(frozen=True)
class Bucket:
    """A prefix of a bucket, path style.

    Attributes:
        prefix: without a trailing slash; empty for the whole bucket.
    """

    client: HttpClient
    name: str
    prefix: str
    region: str
    access_key: Secret = field(repr=False)
    secret_key: Secret = field(repr=False)

    def page(self, token: str, size: int, until: float = math.inf) -> tuple[list[Listed], str]:
        """Objects of one page, and the token of the next; empty on the last page.

        Raises:
            Refusal: no answer, or an error.
            NoListingError: anything but a complete page of the requested listing.
        """
        asked = {"list-type": "2", "max-keys": str(size), "encoding-type": "url"}
        asked |= {"prefix": f"{self.prefix}/"} if self.prefix else {}
        asked |= {"continuation-token": token} if token else {}
        query = "&".join(f"{name}={_quoted(asked[name])}" for name in sorted(asked))
        root = _root(self._get(until, _LARGEST_PAGE, query=query))
        fields = {name: _text(root, name) for name in ("Name", "IsTruncated", "NextContinuationToken", "KeyCount")}
        if fields["Name"] not in ("", self.name):
            raise NoListingError(f"that of another bucket, {fields['Name'][:_SHOWN]}")
        entries, encoded = root.findall("Contents"), _text(root, "EncodingType") == "url"
        if len(entries) > size:
            raise NoListingError(f"one of {len(entries):,} keys at once, where {size:,} were asked for")
        found = [self._listed(entry, encoded) for entry in entries]
        folded = [_text(entry, "Prefix") for entry in root.findall("CommonPrefixes")]
        if fields["KeyCount"] and fields["KeyCount"] != str(len(found) + len(folded)):
            raise NoListingError(f"one with {len(found):,} of {fields['KeyCount'][:_SHOWN]} keys")
        if folded:  # no delimiter was requested, so the objects below it are missing
            raise NoListingError(f"one that omits what is below {folded[0][:_SHOWN]!r}")
        if root.find("Error") is not None:
            raise NoListingError("one with an error in it")
        following = fields["NextContinuationToken"]
        if fields["IsTruncated"].lower() not in ("true", "false"):
            raise NoListingError("one that does not say whether it is whole (IsTruncated)")
        if fields["IsTruncated"].lower() == "false":
            following = ""
        elif not following or following == token:
            raise NoListingError("one that is cut off without saying how it goes on (NextContinuationToken)")
        # Consoles mark a folder by an empty object, also that of the prefix itself.
        return [one for one in found if one.name and not one.name.endswith("/")], following

    def _listed(self, entry: Xml.Element, encoded: bool) -> Listed:
        key, size, modified = (_text(entry, name) for name in ("Key", "Size", "LastModified"))
        key = unquote_plus(key) if encoded else key  # a space is sent as "+", a plus sign as "%2B"
        start = f"{self.prefix}/" if self.prefix else ""
        if not key.startswith(start):
            raise NoListingError(f"one with {key[:_SHOWN]!r}, which is not below {start}")
        try:
            if not key or not (size.isascii() and size.isdecimal()) or int(size) > _LARGEST:
                raise ValueError
            when = datetime.fromisoformat(modified)
            when = when.replace(tzinfo=when.tzinfo or UTC)  # S3's times are UTC even without a time zone
            return Listed(key.removeprefix(start), int(size), when.astimezone(UTC))
        except (ValueError, OverflowError):
            shown = ", ".join(repr(text[:_SHOWN]) for text in (key, size, modified))
            raise NoListingError(f"an entry without key, size or time ({shown})") from None

    def part(self, key: str, start: int, length: int, until: float = math.inf) -> bytes:
        """At most ``length`` bytes of an object from ``start``; fewer at its end.

        Raises:
            Refusal: no answer, or an error.
            NoPartError: another part, or too many bytes.
        """
        path = f"{self.prefix}/{key}" if self.prefix else key
        wanted = f"bytes={start}-{start + length - 1}"
        answer = self._get(until, length, key=path, part=wanted)
        if answer.status == 200:  # the whole object, which a service may return
            if start:
                raise NoPartError("all of it, from its beginning")
            return answer.body
        found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        if not found or (int(found[1]), int(found[2]) + 1) != (start, start + len(answer.body)):
            content_range = answer.headers.get("content-range", "")[:_SHOWN]
            raise NoPartError(f"{len(answer.body):,} B as {content_range!r} for {wanted!r}")
        return answer.body

    def _get(self, until: float, most: int, *, key: str = "", query: str = "", part: str = "") -> Answer:
        """The answer with a limit on its bytes; Malformed beyond it.

        Args:
            part: range of an object, in HTTP's format.
        """
        base = urlsplit(self.client.base_url)
        place = "/".join(quote(part, safe="/-_.~") for part in (self.name, key) if part)
        path = f"{base.path.rstrip('/')}/{place}"
        url = f"{base.scheme}://{base.netloc}{path}" + (query and f"?{query}")
        sent = self._signed(_host(base), path, query) | ({"Range": part} if part else {})
        try:
            answer = self._client(until).get(url, headers=sent, retry="none", max_body=max(most, _LEAST))
        except Unreachable as error:
            broken = error.__cause__
            raise Refusal(0, "", broken.reason if isinstance(broken, Broken) else "no whole answer") from error
        is_wanted = answer.status in ((200, 206) if part else (200,))
        text = answer.body[:4096].decode("utf-8", errors="replace")
        code = _CODE.search(text)
        if not is_wanted or (not key and code and "<Error" in text and f"<{_ROOT}" not in text):
            where = _REGION.search(text) or _ENDPOINT.search(text)
            region = answer.headers.get("x-amz-bucket-region", "") or (where[1] if where else "")
            raise Refusal(answer.status, code[1][:_SHOWN] if code else "", "", region[:_SHOWN])
        if len(answer.body) > most:
            raise NoPartError(f"{len(answer.body):,} B where {most:,} were asked for")
        return answer

    def _client(self, until: float) -> HttpClient:
        """A client limited to the remaining time."""
        limits, left = self.client.time_limits, max(until - time.monotonic(), 0.1)
        if left >= limits.connect + limits.read:
            return self.client
        return replace(
            self.client,
            time_limits=TimeLimits(connect=min(limits.connect, left / 2), read=min(limits.read, left / 2)),
        )

    def _signed(self, host: str, path: str, query: str) -> dict[str, str]:
        """AWS Signature Version 4 of a request without a body.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
        """
        now = datetime.now(UTC)
        stamp, day = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}"
        names = "host;x-amz-content-sha256;x-amz-date"
        headers = f"host:{host}\nx-amz-content-sha256:{_EMPTY}\nx-amz-date:{stamp}\n"
        canonical = "\n".join(("GET", path, query, headers, names, _EMPTY))
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key.reveal()}".encode()
        for part in (day, self.region, "s3", "aws4_request", text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        words = f"Credential={self.access_key.reveal()}/{scope},SignedHeaders={names},Signature={key.hex()}"
        return {
            "x-amz-content-sha256": _EMPTY,
            "x-amz-date": stamp,
            "Authorization": f"AWS4-HMAC-SHA256 {words}",
        }

    def all(self, size: int = PAGE, *, until: float = math.inf) -> Iterator[Listed]:
        """Objects of all pages.

        Args:
            until: value of ``time.monotonic()`` after which no further page is requested.
        """
        token, seen, tokens = "", set[str](), set[str]()
        while True:
            if len(tokens) > _MOST_PAGES or time.monotonic() > until:
                raise NoListingError(f"one without an end: {len(tokens):,} pages, {len(seen):,} keys")
            found, token = self.page(token, size, until)
            if token in tokens:
                raise NoListingError("one whose pages lead back to one that was read")
            tokens.add(token)
            for one in found:
                if one.name in seen:
                    raise NoListingError(f"one with {one.name[:_SHOWN]!r} twice")
                seen.add(one.name)
            yield from found
            if not token:
                return


class _DocumentTypeError(Exception):
    """A document type declaration. No service writes one, and its entities could expand without limit, in any
    encoding.
    """


class _Plain(Xml.TreeBuilder):
    """An XML tree without a document type."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _DocumentTypeError


def _root(answer: Answer) -> Xml.Element:
    """Root of a listing, without namespaces."""
    beginning = answer.beginning
    lowered = beginning.lower()
    if "<!doctype html" in lowered or "<html" in lowered:
        raise NoListingError(f"an HTML page: {beginning!r}")
    try:
        root = Xml.XML(answer.body, Xml.XMLParser(target=_Plain()))  # noqa: S314 - without a document type
    except _DocumentTypeError:
        raise NoListingError(f"XML with a document type: {beginning!r}") from None
    except (Xml.ParseError, LookupError, ValueError):  # also for an unknown encoding
        kind = answer.headers.get("content-type", "").partition(";")[0] or "no content type"
        raise NoListingError(f"no whole XML ({kind}): {beginning!r}") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != _ROOT:
        raise NoListingError(f"XML of another kind, <{root.tag[:_SHOWN]}>")
    return root


def _host(url: SplitResult) -> str:
    """Value of the Host header: without the default port."""
    usual = {"http": 80, "https": 443}[url.scheme]
    return url.netloc.removesuffix(f":{usual}")


def _text(element: Xml.Element, name: str) -> str:
    return (element.findtext(name) or "").strip() if name != "Key" else element.findtext(name) or ""


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
