"""Test of image optimisation: a photograph is posted and the result is decoded."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from playbook.clients.answer import cache_hit
from playbook.clients.breakage import Kind
from playbook.clients.web import ImageApi
from playbook.clients.wire import Phases
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured, Unreachable, UsageError
from playbook.core.evidence import Facts
from playbook.core.limits import Reading
from playbook.core.wording import plural
from playbook.measure.images.pictures import FORMATS, Picture, decode, unlike
from playbook.measure.statements import Statement
from playbook.measure.web.web import milliseconds
from playbook.settings.model import Settings

_JPEG_START = b"\xff\xd8"
_JPEG_COMMENT = b"\xff\xfe"
# A segment APP1 with nothing but an EXIF orientation of 3: a camera that was held upside down.
_UPSIDE_DOWN = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
_PNG_HEAD = 8 + 4 + 4 + 13 + 4  # the signature and the first chunk, which holds the size
_QUICK = 2.0  # seconds; a slower endpoint is posted to once
_TOO_MANY = 429
_ROUNDED = 1  # pixel of tolerance where the service scales down


@dataclass(frozen=True, slots=True)
class Optimization:
    """Result of optimising the sample photograph.

    Attributes:
        status: HTTP status; ``None`` where there was no answer while the homepage answered.
        original: the posted image.
        result: the returned image; ``None`` where it is not a complete image, which ``problem`` describes.
        declared: content type of the response.
        cache: the response's X-Cache, empty where there is none.
        cached: the header that shows a cache hit; empty where none does.
        others: further results that are no worse: of two instances one may fail, and each request meets only one.
        upside_down: it is not turned as the EXIF orientation of what was sent says.
    """

    status: int | None
    original: Picture
    result: Picture | None
    problem: str
    declared: str
    cache: str
    cached: str
    phases: Phases
    attempts: tuple[str, ...]
    others: tuple[Optimization, ...] = ()
    upside_down: bool = False

    @property
    def coverage(self) -> Coverage:
        """One photograph, optimised just now; a cached response says nothing about the optimiser."""
        if self.cached:
            return lacking(
                "1 answer of a cache",
                expected="a photograph that was optimised just now",
                got=f"one from a cache ({self.cached})",
                hint="Let web.sample_image be a JPEG or PNG, as those are made new each time.",
            )
        return whole(f"{plural(len(self._all), 'photograph')}, compared tile by tile")

    @property
    def is_valid(self) -> bool:
        """Whether the result is complete, shows the same picture, and has a suitable format and size."""
        return not self.problem

    @property
    def summary(self) -> str:
        """The result, or what is wrong with it."""
        return self.problem or str(self.result)

    @property
    def upright(self) -> list[Statement]:
        """That a photograph is shown as the camera was held; empty where no such photograph came back."""
        turned = [one for one in self._all if one.upside_down]
        if not turned or not self.is_valid:
            return []
        found = "upside down, without the EXIF orientation that says so"
        subject = "Photograph of a camera that was held upside down"
        return [Statement(subject, False, "the picture upright", found, warn=True)]

    @property
    def time(self) -> Reading:
        """Seconds from the DNS lookup to the last byte of the result, the longest."""
        slowest = max(one.phases.total for one in self._all)
        return Reading(slowest, f"{self._count('slowest')} of {self.original.size / 1024:,.0f} KiB")

    @property
    def saving(self) -> Reading:
        """Percent of the original's bytes that are saved, the least; negative where the result is larger."""
        sizes = [(one.result.size if one.result else one.original.size, one.original.size) for one in self._all]
        after, before = max(sizes, key=lambda pair: pair[0] / pair[1])
        return Reading(100 * (1 - after / before), f"{self._count('largest')} ({before:,} → {after:,} bytes)")

    @property
    def _all(self) -> tuple[Optimization, ...]:
        return (self, *self.others)

    def _count(self, worst: str) -> str:
        return f"the {worst} of {len(self._all)} images" if self.others else "one image"

    def evidence(self) -> Facts:
        """Before and after, and the time taken."""
        facts = {
            "HTTP status": str(self.status or "none"),
            "Original": str(self.original),
            "Result": self.summary,
            "Content type": self.declared or "not given",
            "X-Cache": self.cache or "not given",
            "First byte": milliseconds(self.phases.first_byte),
            "Total": milliseconds(self.phases.total),
            "Tries": "; ".join(self.attempts),
        }
        if self.others:
            facts["Posted"] = f"{len(self._all)} times; the worst result is shown"
        return Facts("Image optimisation", facts)


@measurement(libraries=("PIL.Image", "PIL.ImageOps", "PIL.ImageCms", "PIL.ImageFilter", "PIL.ImageStat"))
def optimization(image_api: ImageApi, settings: Settings, clock: Clock) -> Optimization:
    """The result of posting the sample photograph to the optimise endpoint, the worse one of two.

    A balancer hands out requests in turn, so that one of two instances which fails is met. It is posted once more
    only where the first result is good and came soon; then as cameras store what they took upside down, by an EXIF
    orientation, which an optimiser that drops metadata has to carry out before.

    Raises:
        Unreachable: no answer, and none from the homepage either, or the fault may be on this machine.
    """
    name, image = _sample(settings)
    original, problem = decode(_with_comment(image, f"{clock.now().isoformat()} 1"))
    if original is None:
        setting = f"targets.{settings.target.name}.web.sample_image"
        raise UsageError(f"{setting}: expected an image, got {problem}")
    found: list[Optimization] = []
    with image_api.website.in_turn():
        for number, sent in enumerate((image, _upside_down(image)), 1):
            if not all(one.is_valid and one.phases.total < _QUICK for one in found):
                break
            photograph = _with_comment(sent, f"{clock.now().isoformat()} {number}")
            one = _posted(image_api, settings, photograph, name, original)
            if found and (one.cached or one.status == _TOO_MANY):
                break  # it only says that the same was posted before, or too soon
            found.append(one)
    worst = max(found, key=lambda one: (not one.is_valid, one.phases.total))
    return replace(worst, others=tuple(one for one in found if one is not worst))


def _posted(image_api: ImageApi, settings: Settings, image: bytes, name: str, original: Picture) -> Optimization:
    """One result; ``original`` is the photograph with its pixels as they are stored, whatever the EXIF says."""
    begin = time.monotonic()
    try:
        answer = image_api.optimize(image, name)
    except Unreachable as error:
        if error.kind != Kind.NO_ANSWER or not _serves_pages(image_api):
            raise
        return _unanswered(error, original, time.monotonic() - begin)
    if answer.status in (401, 403):
        answer.expect_ok()
    declared = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    result, problem, upside_down = None, "", False
    if answer.status != 200:
        problem = f"HTTP {answer.status}: {answer.beginning}"
    elif answer.body == image:
        problem = f"the very {len(image):,} bytes that were sent"
    else:
        result, problem = decode(answer.body)
        if result:
            width = settings.target.web.optimized_width
            shown = decode(image)[0] or original
            problem = _mismatch(shown, result, declared, width)
            upside_down = bool(problem) and not _mismatch(original, result, declared, width)
            problem = "" if upside_down else problem
    return Optimization(
        status=answer.status,
        original=original,
        result=result,
        problem=problem,
        declared=declared,
        cache=answer.headers.get("x-cache", ""),
        cached=cache_hit(answer.headers),
        phases=answer.phases,
        attempts=answer.attempts,
        upside_down=upside_down,
    )


def _serves_pages(image_api: ImageApi) -> bool:
    """Whether the homepage answers, so that neither the network nor the website as a whole is at fault."""
    try:
        return image_api.website.get(retry="none", cut=True).status < 400
    except Unmeasured:
        return False


def _unanswered(error: Unreachable, original: Picture, seconds: float) -> Optimization:
    """A photograph for which nothing came back, as where workers hang or die, while pages are served."""
    return Optimization(
        status=None,
        original=original,
        result=None,
        problem=f"{error.got}, while the homepage answers",
        declared="",
        cache="",
        cached="",
        phases=Phases(total=seconds),
        attempts=error.attempts,
    )


def _sample(settings: Settings) -> tuple[str, bytes]:
    configured = settings.target.web.sample_image
    if configured is None:
        return "sample.jpg", (files("playbook") / "data" / "sample.jpg").read_bytes()
    try:
        return Path(configured).name, Path(configured).read_bytes()
    except OSError as error:
        setting = f"targets.{settings.target.name}.web.sample_image"
        raise UsageError(f"{setting} names {configured}, which cannot be read: {error.strerror}") from None


def _upside_down(image: bytes) -> bytes:
    """The same pixels, to be shown upside down; unchanged where it is no JPEG, or has metadata of its own."""
    end = _end_of_head(image) if image.startswith(_JPEG_START) else 0
    return image[:end] + _UPSIDE_DOWN + image[end:] if end and b"Exif\0" not in image[:end] else image


def _end_of_head(image: bytes) -> int:
    """Where the segments APP0 to APP15 at the beginning of a JPEG end: some readers look for EXIF nowhere else."""
    end = len(_JPEG_START)
    while image[end : end + 1] == b"\xff" and 0xE0 <= image[end + 1] <= 0xEF:
        end += 2 + int.from_bytes(image[end + 2 : end + 4], "big")
    return end


def _with_comment(image: bytes, note: str) -> bytes:
    """The same picture in bytes never sent before: a cached response would say nothing about the optimiser.

    JPEG and PNG take a comment; other formats are sent unchanged, and the response headers show whether a cache
    was hit.
    """
    text = f"operations-playbook probe {note}".encode()
    if image.startswith(_JPEG_START):
        comment = _JPEG_COMMENT + (len(text) + 2).to_bytes(2, "big") + text
        end = _end_of_head(image)
        return image[:end] + comment + image[end:]
    if image.startswith(b"\x89PNG") and len(image) > _PNG_HEAD:
        chunk = b"tEXtComment\0" + text
        whole_chunk = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        return image[:_PNG_HEAD] + whole_chunk + image[_PNG_HEAD:]
    return image


# Used by some services for JPEG, and accepted by browsers.
_ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}


def _mismatch(original: Picture, result: Picture, declared: str, width: int | None) -> str:
    """Why the result cannot replace the original; empty where it can.

    Args:
        width: width to which the service scales wider pictures down; None where it keeps their size.
    """
    if result.format not in FORMATS:
        return f"{result}, which is not one of {', '.join(FORMATS)}"
    if _ALIASES.get(declared, declared) != FORMATS[result.format]:
        return f"{result}, declared as {declared or 'nothing'}"
    wanted = min(original.width, width or original.width)
    height = original.height * wanted / original.width
    if result.width != wanted or abs(result.height - height) > _ROUNDED:
        scaled = f", to be scaled to a width of {wanted}" if wanted != original.width else ""
        return f"{result}, for an original of {original.width} × {original.height}{scaled}"
    difference = unlike(original, result)
    return f"{result}, {difference}" if difference else ""
