"""The listing of a bucket (ListObjectsV2), read so that nothing but a whole listing counts as one.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html; MinIO, Ceph and DigitalOcean Spaces answer
alike. A page of a proxy, an error, or a page that says that there are more and not where, is no empty bucket.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit
from xml.etree import ElementTree as Xml

from playbook.clients.http import Answer, HttpClient
from playbook.clients.wire import Broken
from playbook.errors import Unreachable
from playbook.secret import Secret

PAGE = 1000  # the most that S3 lists at once
_EMPTY = hashlib.sha256(b"").hexdigest()
_CODE = re.compile(r"<Code>(\w+)</Code>")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>")
_ENDPOINT = re.compile(r"<Endpoint>([A-Za-z0-9.:-]+)</Endpoint>")
_ROOT = "ListBucketResult"


class Listed(NamedTuple):
    """One object: its key below the prefix, bytes, and when it was last written (UTC)."""

    name: str
    size: int
    modified: datetime


class Refusal(Exception):  # noqa: N818 - what it means is said by the store
    """What came instead of an answer.

    Attributes:
        status: of HTTP; 0 where there was no answer.
        code: S3's own word, e.g. ``NoSuchBucket``; may be empty.
        elsewhere: where the bucket is, as far as the service says it.
    """

    def __init__(self, status: int, code: str, reason: str, elsewhere: str = "") -> None:
        super().__init__(f"HTTP {status} {code}".strip() if status else reason)
        self.status = status
        self.code = code
        self.reason = reason
        self.elsewhere = elsewhere

    @property
    def denied(self) -> bool:
        """Our keys, or what they permit, are the reason."""
        return self.status in (401, 403) or self.code in _DENIALS


_DENIALS = {
    "AccessDenied",
    "AllAccessDisabled",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
}


class NoListingError(Exception):
    """It answered with something else than a whole listing; the message follows "got"."""


@dataclass(frozen=True)
class Bucket:
    """What lies below a prefix of a bucket, path style.

    Attributes:
        prefix: without a slash at its end; empty for the whole bucket.
    """

    client: HttpClient
    name: str
    prefix: str
    region: str
    access_key: Secret = field(repr=False)
    secret_key: Secret = field(repr=False)

    def page(self, token: str, size: int) -> tuple[list[Listed], str]:
        """The objects of one page, and the token of the next; empty where this is the last.

        Raises:
            Refusal: no answer, or an error.
            NoListingError: anything but a whole page of the listing that was asked for.
        """
        asked = {"list-type": "2", "max-keys": str(size), "encoding-type": "url"}
        asked |= {"prefix": f"{self.prefix}/"} if self.prefix else {}
        asked |= {"continuation-token": token} if token else {}
        root = _root(self._get(asked))
        told = {name: _text(root, name) for name in ("Name", "IsTruncated", "NextContinuationToken", "KeyCount")}
        if told["Name"] not in ("", self.name):
            raise NoListingError(f"that of another bucket, {told['Name']}")
        found = [self._listed(entry, _text(root, "EncodingType") == "url") for entry in root.findall("Contents")]
        folded = [_text(entry, "Prefix") for entry in root.findall("CommonPrefixes")]
        if told["KeyCount"] and told["KeyCount"] != str(len(found) + len(folded)):
            raise NoListingError(f"one with {len(found):,} of {told['KeyCount']} keys")
        if folded:  # nobody asked for a delimiter: what lies below is left out
            raise NoListingError(f"one that does not tell what lies below {folded[0]!r}")
        if root.find("Error") is not None:
            raise NoListingError("one with an error in it")
        following = told["NextContinuationToken"]
        if told["IsTruncated"].lower() not in ("true", "false"):
            raise NoListingError("one that does not say whether it is whole (IsTruncated)")
        if told["IsTruncated"].lower() == "false":
            following = ""
        elif not following or following == token:
            raise NoListingError("one that is cut off without saying how it goes on (NextContinuationToken)")
        return [one for one in found if not one.name.endswith("/")], following

    def _listed(self, entry: Xml.Element, encoded: bool) -> Listed:
        key, size, modified = (_text(entry, name) for name in ("Key", "Size", "LastModified"))
        key = unquote(key) if encoded else key
        start = f"{self.prefix}/" if self.prefix else ""
        if not key.startswith(start):
            raise NoListingError(f"one with {key!r}, which is not below {start}")
        try:
            if not key or not (size.isascii() and size.isdecimal()):
                raise ValueError
            when = datetime.fromisoformat(modified)
            when = when.replace(tzinfo=when.tzinfo or UTC)  # S3's times are of UTC, also where one does not say so
            return Listed(key.removeprefix(start), int(size), when.astimezone(UTC))
        except ValueError:
            raise NoListingError(f"an entry without key, size or time ({key!r}, {size!r}, {modified!r})") from None

    def _get(self, asked: dict[str, str]) -> Answer:
        query = "&".join(f"{name}={_quoted(asked[name])}" for name in sorted(asked))
        path = f"{urlsplit(self.client.base_url).path.rstrip('/')}/{quote(self.name, safe='-_.~')}"
        base = urlsplit(self.client.base_url)
        url = f"{base.scheme}://{base.netloc}{path}?{query}"
        try:
            answer = self.client.get(url, headers=self._signed(_host(base), path, query), retry="none")
        except Unreachable as error:
            broken = error.__cause__
            raise Refusal(0, "", broken.reason if isinstance(broken, Broken) else "no whole answer") from error
        text = answer.body[:4096].decode("utf-8", errors="replace")
        code = _CODE.search(text)
        if answer.status != 200 or (code and "<Error" in text and f"<{_ROOT}" not in text):
            place = _REGION.search(text) or _ENDPOINT.search(text)
            region = answer.headers.get("x-amz-bucket-region", "") or (place[1] if place else "")
            raise Refusal(answer.status, code[1] if code else "", "", region)
        return answer

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

    def all(self, size: int = PAGE) -> Iterator[Listed]:
        """Through all pages."""
        token, seen = "", set[str]()
        while True:
            found, token = self.page(token, size)
            for one in found:
                if one.name in seen:
                    raise NoListingError(f"one with {one.name!r} twice")
                seen.add(one.name)
            yield from found
            if not token:
                return


def _root(answer: Answer) -> Xml.Element:
    """The root of a listing, with the namespaces taken off."""
    beginning = answer.beginning
    lowered = beginning.lower()
    if "<!doctype html" in lowered or "<html" in lowered:
        raise NoListingError(f"an HTML page: {beginning!r}")
    # Entities could expand without end, and no service writes any.
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
        raise NoListingError(f"XML with a document type: {beginning!r}")
    try:
        root = Xml.fromstring(answer.body)  # noqa: S314 - without a document type
    except Xml.ParseError:
        kind = answer.headers.get("content-type", "").partition(";")[0] or "no content type"
        raise NoListingError(f"no whole XML ({kind}): {beginning!r}") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != _ROOT:
        raise NoListingError(f"XML of another kind, <{root.tag}>")
    return root


def _host(url: SplitResult) -> str:
    """As it is sent in the request's Host: without the port that goes without saying."""
    usual = {"http": 80, "https": 443}[url.scheme]
    return url.netloc.removesuffix(f":{usual}")


def _text(element: Xml.Element, name: str) -> str:
    return (element.findtext(name) or "").strip() if name != "Key" else element.findtext(name) or ""


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
