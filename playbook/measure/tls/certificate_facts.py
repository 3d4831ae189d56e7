"""Contents of one certificate, each part read independently, so that an unreadable one hides no other."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from playbook.clients.tls import SERVICE
from playbook.core.errors import Malformed
from playbook.measure.tls.certificate_dates import dates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography import x509

    T = TypeVar("T", bound=x509.ExtensionType)

# What Mozilla's guideline and the Baseline Requirements of the CA/Browser Forum (6.1.5, 7.1.3) still accept.
LEAST_RSA_BITS = 2048
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_WEAK_HASHES = frozenset({"md5", "sha1", "sha224"})
_OLD_SIGNATURES = {"1.2.840.113549.1.1.2": "md2", "1.2.840.113549.1.1.3": "md4"}
_CHAIN_LIMIT, _PATHS_LIMIT = 10, 200
_USUAL_DAYS = 90  # for which most authorities issue; the limits in days are meant for it


@dataclass(frozen=True, slots=True)
class Facts:
    """Contents of a certificate (DER).

    Attributes:
        subject, issuer: readable form: organisation and common name.
        names, addresses: DNS names and IP addresses that it is for; ``other_names`` counts those of other kinds.
        key, signature: readable form: ``RSA 2048``, ``sha256``.
        weak_key, weak_signature: what is too weak, in words; empty where nothing is.
        is_authority: it may sign others.
        may_not_sign: its key usage allows no signatures, with which a server proves since TLS 1.3, and with ECDHE
            before, that the key is its own.
        self_signed: it names itself as its issuer.
        must_staple: it requires a revocation status in the handshake.
        fetches_issuer: it has a URL of its issuer's certificate, which browsers fetch and other clients do not.
        unread: what could not be read or is of an unknown kind, in words.
    """

    der: bytes
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    other_names: int = 0
    key: str = ""
    weak_key: str = ""
    signature: str = ""
    weak_signature: str = ""
    is_authority: bool = False
    may_not_sign: bool = False
    self_signed: bool = False
    must_staple: bool = False
    fetches_issuer: bool = False
    unread: tuple[str, ...] = ()

    @property
    def term_days(self) -> int:
        """For how many days it is issued, a begun day counted as one."""
        return math.ceil((self.not_after - self.not_before) / timedelta(days=1))

    @property
    def term_share(self) -> float:
        """Its term as a share of the usual one, at most 1; an authority's own is not renewed by a program."""
        return 1.0 if self.is_authority or self.term_days < 1 else min(1.0, self.term_days / _USUAL_DAYS)


def facts_of(der: bytes, whose: str) -> Facts:
    """Contents of a certificate; Malformed where not even its dates can be read."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    try:
        found = _load(der)
        before, after = found.not_valid_before_utc, found.not_valid_after_utc
    except ValueError as error:
        dates = dates_of(der)
        if dates is None:
            raise Malformed(
                f"{SERVICE}: expected a certificate of {whose} that can be read, got {error}", service=SERVICE
            ) from error
        return Facts(der, "?", "?", *dates, unread=(f"all but its dates ({error})",))
    unread: list[str] = []
    subject, subject_der = _name(lambda: found.subject, unread)
    issuer, issuer_der = _name(lambda: found.issuer, unread)
    key, weak_key = _key(found, unread)
    signature, weak_signature = _signature(found, unread)
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    other = 0
    alternatives = _extension(found, x509.SubjectAlternativeName, unread)
    if alternatives is not None:
        names = tuple(alternatives.get_values_for_type(x509.DNSName))
        addresses = tuple(str(address) for address in alternatives.get_values_for_type(x509.IPAddress))
        other = len(list(alternatives)) - len(names) - len(addresses)
    constraints = _extension(found, x509.BasicConstraints, unread)
    usage = _extension(found, x509.KeyUsage, unread)
    features = _extension(found, x509.TLSFeature, unread)
    access = _extension(found, x509.AuthorityInformationAccess, unread)
    return Facts(
        der,
        subject,
        issuer,
        before,
        after,
        names=names,
        addresses=addresses,
        other_names=other,
        key=key,
        weak_key=weak_key,
        signature=signature,
        weak_signature=weak_signature,
        is_authority=bool(constraints and constraints.ca),
        may_not_sign=bool(usage and not usage.digital_signature),
        self_signed=bool(subject_der) and subject_der == issuer_der,
        must_staple=bool(features and x509.TLSFeatureType.status_request in list(features)),
        fetches_issuer=any(
            entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS for entry in access or ()
        ),
        unread=tuple(dict.fromkeys(unread)),
    )


def paths(sent: tuple[Facts, ...], authorities: tuple[bytes, ...]) -> Iterator[tuple[tuple[Facts, ...], bool]]:
    """Each chain from the first certificate to the top, and whether it ends at a trusted authority."""
    by_subject: dict[bytes, list[bytes]] = {}
    for der in authorities:
        with_subject = _subject(der)
        if with_subject:
            by_subject.setdefault(with_subject, []).append(der)
    trusted = frozenset(authorities)
    found = 0
    open_paths: list[tuple[Facts, ...]] = [(sent[0],)]
    while open_paths and found < _PATHS_LIMIT:
        path = open_paths.pop()
        last = path[-1]
        if last.der in trusted:
            found += 1
            yield path, True
            continue
        above = [link for link in sent[1:] if link not in path and _signed(last.der, link.der)]
        roots = [der for der in by_subject.get(_issuer(last.der), []) if _signed(last.der, der)]
        for der in roots:
            found += 1
            yield (*path, facts_of(der, "an authority")), True
        more = [(*path, link) for link in above if link.der not in roots and len(path) < _CHAIN_LIMIT]
        open_paths += more
        if not more and not roots:
            found += 1
            yield path, False


def _load(der: bytes) -> x509.Certificate:
    """Parse a certificate; ValueError where it is none, or of a version that does not exist."""
    from cryptography import x509

    with warnings.catch_warnings():  # cryptography warns about what it accepts today and will reject later
        warnings.simplefilter("ignore")
        try:
            return x509.load_der_x509_certificate(der)
        except x509.InvalidVersion as error:
            raise ValueError(str(error)) from None


@lru_cache(maxsize=1024)
def _subject(der: bytes) -> bytes:
    try:
        return _load(der).subject.public_bytes()
    except ValueError:
        return b""


def _issuer(der: bytes) -> bytes:
    try:
        return _load(der).issuer.public_bytes()
    except ValueError:
        return b""


def _signed(der: bytes, by: bytes) -> bool:
    """Whether a certificate is signed by another."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if der == by:
        return False
    try:
        _load(der).verify_directly_issued_by(_load(by))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _name(read: Callable[[], x509.Name], unread: list[str]) -> tuple[str, bytes]:
    """A name in readable form, and as it is compared; cryptography parses it only when it is read."""
    from cryptography.x509.oid import NameOID

    oids = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    try:
        name = read()
        parts = [str(part.value) for oid in oids for part in name.get_attributes_for_oid(oid)]
        return ", ".join(parts) or name.rfc4514_string() or "nobody", name.public_bytes()
    except ValueError as error:
        unread.append(f"a name ({error})")
        return "?", b""


def _extension(found: x509.Certificate, kind: type[T], unread: list[str]) -> T | None:
    from cryptography import x509

    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        unread.append(f"its extensions ({error})")
        return None


def _key(found: x509.Certificate, unread: list[str]) -> tuple[str, str]:
    """The key in readable form, and what is too weak about it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    try:
        key = found.public_key()
    except (UnsupportedAlgorithm, ValueError) as error:
        unread.append(f"its key ({error})")
        return "a kind that is not known here", ""
    match key:
        case rsa.RSAPublicKey():
            weak = key.key_size < LEAST_RSA_BITS
            return f"RSA {key.key_size}", f"RSA key of {key.key_size} bits" if weak else ""
        case ec.EllipticCurvePublicKey():
            weak = key.curve.name not in _CURVES
            return f"ECDSA {key.curve.name}", f"curve {key.curve.name}" if weak else ""
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}", f"DSA key of {key.key_size} bits"
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            return type(key).__name__.removesuffix("PublicKey"), ""
    name = type(key).__name__.removesuffix("PublicKey")
    unread.append(f"its key, of a kind that is not known here ({name})")
    return name, ""


def _signature(found: x509.Certificate, unread: list[str]) -> tuple[str, str]:
    """The signature in readable form, and what is too weak about it."""
    from cryptography.exceptions import UnsupportedAlgorithm

    oid = found.signature_algorithm_oid.dotted_string
    if oid in _OLD_SIGNATURES:
        return _OLD_SIGNATURES[oid], f"signature with {_OLD_SIGNATURES[oid]}"
    try:
        hash_ = found.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        unread.append(f"its signature, of a kind that is not known here ({oid})")
        return f"a kind that is not known here ({oid})", ""
    if hash_ is None:  # Ed25519 and similar have their own hashing
        return "EdDSA", ""
    return hash_.name, f"signature with {hash_.name}" if hash_.name in _WEAK_HASHES else ""
