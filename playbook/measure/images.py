"""Image optimisation, tried out: a photograph is posted and what comes back is opened."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from playbook.clients.web import ImageApi
from playbook.clients.wire import Phases
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import UsageError
from playbook.evidence import Facts
from playbook.limits import Reading
from playbook.measure.web import milliseconds
from playbook.settings import Settings

# What browsers show and an optimiser would deliver.
_FORMATS = {"AVIF": "image/avif", "WEBP": "image/webp", "JPEG": "image/jpeg", "PNG": "image/png"}
_JPEG_START = b"\xff\xd8"
_JPEG_COMMENT = b"\xff\xfe"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that was decoded to its last pixel.

    Attributes:
        format: as its own bytes say, e.g. ``WEBP``.
        width, height: in pixels, upright.
        size: bytes.
    """

    format: str
    width: int
    height: int
    size: int

    def __str__(self) -> str:
        return f"{self.format} {self.width} × {self.height}, {self.size:,} bytes"


@dataclass(frozen=True, slots=True)
class Optimization:
    """What became of the sample photograph.

    Attributes:
        status: HTTP status.
        original: what was posted.
        result: what came back; ``None`` where that is no whole image, and ``problem`` says what it is.
        declared: the answer's content type.
        cache: the answer's X-Cache, empty where there is none.
    """

    status: int
    original: Picture
    result: Picture | None
    problem: str
    declared: str
    cache: str
    phases: Phases
    attempts: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        """A whole image, of a kind and shape to put in the place of the original."""
        return not self.problem

    @property
    def summary(self) -> str:
        """What came back, or what is wrong with it."""
        return self.problem or str(self.result)

    @property
    def time(self) -> Reading:
        """Seconds from looking up the name to the last byte of the result."""
        return Reading(self.phases.total, f"one image of {self.original.size / 1024:,.0f} KiB")

    @property
    def saving(self) -> Reading:
        """Percent of the original's bytes that the result does without; negative where it is larger."""
        after = self.result.size if self.result else self.original.size
        share = 100 * (1 - after / self.original.size)
        return Reading(share, f"one image ({self.original.size:,} → {after:,} bytes)")

    def evidence(self) -> Facts:
        """Before and after, and how long it took."""
        facts = {
            "HTTP status": str(self.status),
            "Original": str(self.original),
            "Result": self.summary,
            "Content type": self.declared or "not given",
            "X-Cache": self.cache or "not given",
            "First byte": milliseconds(self.phases.first_byte),
            "Total": milliseconds(self.phases.total),
            "Tries": "; ".join(self.attempts),
        }
        return Facts("Image optimisation", facts)


@measurement(libraries=("PIL.Image", "PIL.ImageOps"))
def optimization(image_api: ImageApi, settings: Settings, clock: Clock) -> Optimization:
    """Posts the sample photograph to the optimise endpoint, and opens what comes back."""
    name, image = _sample(settings)
    original, problem = _decode(image)
    if original is None:
        setting = f"targets.{settings.target.name}.web.sample_image"
        raise UsageError(f"{setting}: expected an image, got {problem}")
    answer = image_api.optimize(_made_new(image, clock.now().isoformat()), name)
    if answer.status in (401, 403):
        answer.expect_ok()
    declared = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    result = None
    if answer.status == 200:
        result, problem = _decode(answer.body)
        problem = problem or _mismatch(original, result, declared)
    else:
        problem = f"HTTP {answer.status}: {answer.beginning}"
    return Optimization(
        status=answer.status,
        original=original,
        result=result,
        problem=problem,
        declared=declared,
        cache=answer.headers.get("x-cache", ""),
        phases=answer.phases,
        attempts=answer.attempts,
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


def _made_new(image: bytes, note: str) -> bytes:
    """The same picture in bytes never sent before: an answer from the cache would say nothing of the optimiser.

    A JPEG takes a comment; other formats are sent as they are, and X-Cache shows what came of it.
    """
    if not image.startswith(_JPEG_START):
        return image
    text = f"operations-playbook probe {note}".encode()
    return _JPEG_START + _JPEG_COMMENT + (len(text) + 2).to_bytes(2, "big") + text + image[len(_JPEG_START) :]


def _decode(data: bytes) -> tuple[Picture | None, str]:
    """The picture, or what the bytes are instead. All of it is decoded: headers can be right before nothing."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as opened:
            kind = opened.format or "unknown"
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return Picture(kind, upright.width, upright.height, len(data)), ""
    except UnidentifiedImageError:
        return None, f"{len(data):,} bytes that are no image"
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        return None, f"{len(data):,} bytes that cannot be decoded: {error}"


def _mismatch(original: Picture, result: Picture | None, declared: str) -> str:
    """Why the result cannot stand in for the original; empty where it can."""
    if result is None:
        return ""
    if result.format not in _FORMATS:
        return f"{result}, which is not one of {', '.join(_FORMATS)}"
    if declared != _FORMATS[result.format]:
        return f"{result}, declared as {declared or 'nothing'}"
    # One pixel of rounding, where the service scales down.
    height = original.height * result.width / original.width
    if result.width > original.width or abs(result.height - height) > 1:
        return f"{result}, for an original of {original.width} × {original.height}"
    return ""
