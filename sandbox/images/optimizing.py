"""Optimises one image with Pillow. Pure: bytes and options in, bytes out."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from sandbox.world.images import Mistake

MEDIA_TYPES = {"webp": "image/webp", "avif": "image/avif", "jpeg": "image/jpeg"}
_ACCEPTED = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF")
_MAX_PIXELS = 40_000_000
_MIN_WIDTH, _MAX_WIDTH = 16, 4096


class Refused(Exception):  # noqa: N818 - the request is at fault, not the optimiser
    """The request cannot be fulfilled; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Wishes:
    """Requested properties of the result.

    Attributes:
        format: a key of ``MEDIA_TYPES``.
        quality: 1 to 100.
        width: maximum in pixels; images are never enlarged.
    """

    format: str = "webp"
    quality: int = 80
    width: int | None = None

    @classmethod
    def parse(cls, fields: dict[str, str]) -> Wishes:
        """From the fields of a form.

        Raises:
            Refused: 400 with the field and its valid values.
        """
        name = fields.get("format", cls.format).lower().replace("jpg", "jpeg")
        if name not in MEDIA_TYPES:
            raise Refused(400, f"format must be one of {', '.join(MEDIA_TYPES)}")
        width = _number(fields, "width", _MIN_WIDTH, _MAX_WIDTH)
        return cls(name, _number(fields, "quality", 1, 100) or cls.quality, width)

    def cache_key(self, image: bytes) -> str:
        """Cache key of the result: depends on the picture and the options, not on its name."""
        wishes = "".join(f":{value}" for value in asdict(self).values() if value is not None)
        return f"img:{hashlib.sha256(image).hexdigest()[:32]}{wishes}"


def _number(fields: dict[str, str], name: str, least: int, most: int) -> int | None:
    text = fields.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise Refused(400, f"{name} must be a whole number from {least} to {most}")
    return int(text)


def optimize(image: bytes, wishes: Wishes) -> bytes:
    """The image in the requested format, upright, without metadata.

    Raises:
        Refused: 415 if it is not an image, 413 if it has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(image), formats=_ACCEPTED) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise Refused(413, f"image has more than {_MAX_PIXELS // 1_000_000} megapixels")
            upright = ImageOps.exif_transpose(opened)
            picture = upright.convert("RGBA" if _has_alpha(upright, wishes) else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise Refused(415, "image is not a picture that can be read") from error
    if wishes.width and wishes.width < picture.width:
        height = max(1, round(picture.height * wishes.width / picture.width))
        picture = picture.resize((wishes.width, height), Image.Resampling.LANCZOS)
    result = io.BytesIO()
    picture.save(result, wishes.format.upper(), quality=wishes.quality, **_OPTIONS[wishes.format])
    return result.getvalue()


_OPTIONS: dict[str, dict[str, Any]] = {
    "webp": {"method": 4},
    "avif": {"speed": 8},
    "jpeg": {"optimize": True, "progressive": True},
}


def _has_alpha(picture: Image.Image, wishes: Wishes) -> bool:
    return wishes.format != "jpeg" and picture.has_transparency_data


def mistaken(image: bytes, wishes: Wishes, mistake: Mistake) -> bytes:
    """A valid and smaller picture that is not the one that was sent."""
    with Image.open(io.BytesIO(image)) as opened:
        picture = opened if mistake == "stored" else ImageOps.exif_transpose(opened)
        picture = picture.convert("RGB")
    match mistake:
        case "grey":
            picture = Image.new("RGB", picture.size, (128, 128, 128))
        case "dot":
            picture = picture.resize((1, 1))
        case "another":
            picture = Image.effect_mandelbrot(picture.size, (-2, -1, 1, 1), 100).convert("RGB")
        case "blue":
            picture = Image.merge("RGB", picture.split()[::-1])
        case "covered":
            width, height = picture.size
            box = (width * 7 // 8, height * 7 // 8, width, height)
            ImageDraw.Draw(picture).rectangle(box, fill=(0, 0, 0))
    result = io.BytesIO()
    picture.save(result, wishes.format.upper(), quality=wishes.quality, **_OPTIONS[wishes.format])
    return result.getvalue()


def larger(image: bytes, wishes: Wishes) -> bytes:
    """A valid picture of the same size with more bytes than ``image``: the result of wrong settings."""
    with Image.open(io.BytesIO(image)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    result = io.BytesIO()
    picture.save(result, wishes.format.upper(), quality=100, **_WASTEFUL[wishes.format])
    return result.getvalue()


_WASTEFUL: dict[str, dict[str, Any]] = {
    "webp": {"lossless": True},
    "avif": {"subsampling": "4:4:4", "speed": 10},
    "jpeg": {"subsampling": 0},
}
